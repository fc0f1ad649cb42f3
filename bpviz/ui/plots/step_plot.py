"""The error of a central difference against its step, both logarithmic: two ways to go wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bpviz.engine.gradcheck import StepError
from bpviz.ui.plots.framed_plot import FramedPlot
from bpviz.ui.style import Theme, guard, scaled_font

HEIGHT: Final = 168
LEFT, TOP, RIGHT, BOTTOM = 44, 22, 10, 26
# An error of exactly nothing has no place on a logarithmic axis but the bottom.
LOWEST: Final = 1e-20


def logarithm(value: float) -> float:
    """Return log₁₀ of a size; nan where it is not finite."""
    return math.log10(max(value, LOWEST)) if math.isfinite(value) else math.nan


class StepPlot(FramedPlot):
    """Draws measured errors as dots, with the shares of truncation and rounding as lines."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, HEIGHT, parent)
        self._errors: Sequence[StepError] = ()
        self._chosen = -1
        self._range = (-12.0, 0.0)
        self.setObjectName("step_plot")
        self.setAccessibleName("Error against step size")

    def show_errors(self, errors: Sequence[StepError], chosen: int) -> None:
        """Show these errors, one of them marked (−1: none)."""
        self._errors, self._chosen = errors, chosen
        heights = [logarithm(each.error) for each in errors]
        known = [height for height in heights if math.isfinite(height)]
        low, high = (min(known), max(known)) if known else (-12.0, 0.0)
        self._range = (math.floor(low) - 0.3, max(math.ceil(high), math.floor(low) + 2) + 0.3)
        self.update()

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame, axes, lines and dots."""
        painter = QPainter(self)
        frame = self.paint_frame(painter)
        scale = self._scale
        area = frame.adjusted(LEFT * scale, TOP * scale, -RIGHT * scale, -BOTTOM * scale)
        if self._errors:
            self._paint_axes(painter, area)
            painter.setClipRect(area.adjusted(-4, -4, 4, 4))
            self._paint_line(painter, area, _truncation, self._theme.positive)
            self._paint_line(painter, area, _rounding, self._theme.negative)
            painter.setClipping(False)
            # All lie inside, and the ring around the one chosen reaches over the rim.
            self._paint_dots(painter, area)
        self._paint_key(painter, frame)
        painter.end()

    def _at(self, area: QRectF, step: float, error: float) -> QPointF:
        first, last = (logarithm(self._errors[place].step) for place in (0, -1))
        low, high = self._range
        x = area.left() + area.width() * (logarithm(step) - first) / ((last - first) or 1.0)
        y = area.bottom() - area.height() * (logarithm(error) - low) / (high - low)
        return QPointF(x, y)

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        font = scaled_font(self.font(), 10 * self._scale)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        low, high = self._range
        for power in _ticks(low, high, 5):
            y = self._at(area, self._errors[0].step, 10.0**power).y()
            painter.setPen(QColor(self._theme.grid))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            self._paint_power(painter, metrics, power, area.left() - 6, y, right=True)
        first, last = (logarithm(self._errors[place].step) for place in (0, -1))
        for power in _ticks(first, last, 6):
            x = self._at(area, 10.0**power, 1.0).x()
            self._paint_power(painter, metrics, power, x, area.bottom() + 12 * self._scale)

    def _paint_power(
        self,
        painter: QPainter,
        metrics: QFontMetricsF,
        power: int,
        x: float,
        y: float,
        *,
        right: bool = False,
    ) -> None:
        text = f"1e{power}".replace("-", "−")
        width = metrics.horizontalAdvance(text)
        painter.setPen(QColor(self._theme.muted))
        left = x - width if right else x - width / 2
        painter.drawText(QPointF(left, y + metrics.capHeight() / 2), text)

    def _paint_line(
        self, painter: QPainter, area: QRectF, of: Callable[[StepError], float], color: str
    ) -> None:
        path = QPainterPath()
        for each in self._errors:
            if not math.isfinite(of(each)) or of(each) <= 0.0:
                continue
            at = self._at(area, each.step, of(each))
            if path.elementCount():
                path.lineTo(at)
            else:
                path.moveTo(at)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(color), 1.6 * self._scale, Qt.PenStyle.DashLine))
        painter.drawPath(path)

    def _paint_dots(self, painter: QPainter, area: QRectF) -> None:
        theme, size = self._theme, 2.4 * self._scale
        painter.setPen(Qt.PenStyle.NoPen)
        for place, each in enumerate(self._errors):
            if not math.isfinite(each.error):
                continue
            painter.setBrush(QColor(theme.warning if each.is_kink else theme.text))
            at = self._at(area, each.step, each.error)
            painter.drawEllipse(at, size, size)
            if place == self._chosen:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(theme.accent), 2.0))
                painter.drawEllipse(at, 2.4 * size, 2.4 * size)
                painter.drawLine(QPointF(at.x(), area.top()), QPointF(at.x(), area.bottom()))
                painter.setPen(Qt.PenStyle.NoPen)

    def _paint_key(self, painter: QPainter, frame: QRectF) -> None:
        font = scaled_font(self.font(), 11 * self._scale)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        x, y = frame.left() + 10.0, frame.top() + 16 * self._scale
        for text, color in (
            ("● error", self._theme.text),
            ("- - rounding", self._theme.negative),
            ("- - truncation", self._theme.positive),
        ):
            painter.setPen(QColor(color))
            painter.drawText(QPointF(x, y), text)
            x += metrics.horizontalAdvance(text) + 14 * self._scale


def _truncation(error: StepError) -> float:
    return error.truncation


def _rounding(error: StepError) -> float:
    return error.rounding


def _ticks(low: float, high: float, most: int) -> list[int]:
    first, last = math.ceil(low), math.floor(high)
    apart = max(1, math.ceil((last - first + 1) / most))
    return list(range(first, last + 1, apart))
