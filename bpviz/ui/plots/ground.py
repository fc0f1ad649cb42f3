"""The ground that points stand on: two axes over an area, their ticks, places and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from bpviz.ui.plots.axes import tick_texts
from bpviz.ui.plots.scales import Span, linear_ticks, round_up
from bpviz.ui.style import Theme, scaled_font, text_scale

FloatArray = NDArray[np.float64]

MARGINS: Final = (30, 8, 8, 18)


@dataclass(frozen=True)
class Ground:
    """An area of a widget that shows the ranges `across` and `up`, with the axes' titles."""

    area: QRectF
    across: Span
    up: Span
    titles: tuple[str, str] = ("", "")

    @classmethod
    def of(
        cls, rect: QRectF, spans: tuple[Span, Span], titles: tuple[str, str], font: QFont
    ) -> Ground:
        """Return the ground inside `rect`, with room for ticks as large as `font` asks for."""
        left, top, right, bottom = (each * text_scale(font) for each in MARGINS)
        return cls(rect.adjusted(left, top, -right, -bottom), *spans, titles)

    def place_of(self, x: float, y: float) -> QPointF:
        """Return where the numbers (x, y) stand."""
        area, (left, right), (low, high) = self.area, self.across, self.up
        return QPointF(
            area.left() + area.width() * (x - left) / (right - left),
            area.bottom() - area.height() * (y - low) / (high - low),
        )

    def data_of(self, at: QPointF) -> tuple[float, float]:
        """Return the numbers at a place, rounded to what a pixel can tell."""
        area, (left, right), (low, high) = self.area, self.across, self.up
        x = left + (right - left) * (at.x() - area.left()) / area.width()
        y = low + (high - low) * (area.bottom() - at.y()) / area.height()
        return _rounded(x, self.across, area.width()), _rounded(y, self.up, area.height())

    def nearest(self, places: FloatArray, at: QPointF) -> tuple[int, float]:
        """Return which of `places` [D, 2], D > 0, is nearest to `at`, and how many pixels off."""
        zero, one = self.place_of(0.0, 0.0), self.place_of(1.0, 1.0)
        x = zero.x() + (one.x() - zero.x()) * places[:, 0]
        y = zero.y() + (one.y() - zero.y()) * places[:, 1]
        far = np.hypot(x - at.x(), y - at.y())
        return int(far.argmin()), float(far.min())

    def inside(self, at: QPointF) -> QPointF:
        """Return the place of the area that is nearest to `at`."""
        area = self.area
        return QPointF(
            min(max(at.x(), area.left()), area.right()),
            min(max(at.y(), area.top()), area.bottom()),
        )

    def paint(self, painter: QPainter, theme: Theme, base: QFont) -> None:
        """Paint area, grid, ticks and titles."""
        area = self.area
        painter.fillRect(area, QColor(theme.canvas))
        font = scaled_font(base, 10 * text_scale(base))
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        places = linear_ticks(self.across, 4)
        for value, text in zip(places, tick_texts(places), strict=True):
            x = self.place_of(value, self.up.low).x()
            painter.setPen(QColor(theme.border if value == 0.0 else theme.grid))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(QColor(theme.muted))
            wide = metrics.horizontalAdvance(text)
            left = min(x - wide / 2, area.right() - wide)
            painter.drawText(QPointF(left, area.bottom() + 2 + metrics.ascent()), text)
        places = linear_ticks(self.up, 4)
        for value, text in zip(places, tick_texts(places), strict=True):
            y = self.place_of(self.across.low, value).y()
            painter.setPen(QColor(theme.border if value == 0.0 else theme.grid))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(theme.muted))
            left = area.left() - 4 - metrics.horizontalAdvance(text)
            y = max(y + metrics.capHeight() / 2, area.top() + metrics.capHeight())
            painter.drawText(QPointF(left, min(y, area.bottom())), text)
        painter.setPen(QColor(theme.text))
        wide = metrics.horizontalAdvance(self.titles[0])
        painter.drawText(QPointF(area.right() - wide - 3, area.bottom() - 4), self.titles[0])
        painter.drawText(
            QPointF(area.left() + 4, area.top() + 1 + metrics.ascent()), self.titles[1]
        )


def span_around(values: FloatArray) -> Span:
    """Return a range of round numbers with room around `values`."""
    if not len(values):
        return Span(-1.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if low >= -0.05 and high <= 1.05:
        return Span(-0.25, 1.25)
    reach = round_up(max(abs(low), abs(high)) * 1.05)
    if low < 0.0 < high and min(-low, high) > 0.25 * reach:
        return Span(-reach, reach)
    room = 0.08 * (high - low) or 0.5 * max(abs(low), 1.0)
    return Span(low - room, high + room)


def _rounded(value: float, span: Span, pixels: float) -> float:
    """Return `value` with no more decimals than a pixel of the area can tell."""
    digits = math.ceil(-math.log10((span.high - span.low) / max(1.0, pixels)))
    return round(value, digits) + 0.0
