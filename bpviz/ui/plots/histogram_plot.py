"""A histogram: how many values lie where, with the mean and what is beyond telling."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.framed_plot import FramedPlot
from bpviz.ui.style import Theme, guard, scaled_font

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BINS: Final = 31
HEIGHT: Final = 104
HEADING: Final = 22
FOOT: Final = 17


def bins_of(values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return counts [31] and edges [32] of the finite `values`; none where there are none.

    A range that begins near 0 begins at 0; equal values stand in the middle of a range of their
    own.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    low, high = float(finite.min()), float(finite.max())
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        room = 0.5 * abs(low) or 0.5
        low, high = low - room, high + room
    counts, edges = np.histogram(finite, bins=BINS, range=(low, high))
    return counts.astype(np.int64), edges


class HistogramPlot(FramedPlot):
    """Bars over a line of numbers; the one under the mouse says how many values it holds."""

    def __init__(self, theme: Theme, title: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, HEIGHT, parent)
        self._title = title
        self._about = ""
        self._color = theme.positive
        self._digits = 4
        self._counts, self._edges = bins_of(np.empty(0))
        self.setMouseTracking(True)
        self.setAccessibleName(title)

    @property
    def counts(self) -> IntArray:
        """How many values lie in each bin."""
        return self._counts

    @property
    def about(self) -> str:
        """What the heading says of the values."""
        return self._about

    def show_values(self, values: FloatArray, color: str) -> None:
        """Show how `values` are distributed."""
        self._counts, self._edges = bins_of(values)
        self._color = color
        finite = values[np.isfinite(values)]
        if not values.size:
            self._about = "none"
        elif not finite.size:
            self._about = "no finite value"
        else:
            with np.errstate(over="ignore"):
                mean, spread = float(finite.mean()), float(finite.std())
            self._about = (
                f"{grouped(values.size)}   mean {self._text(mean)}   σ {self._text(spread)}"
            )
            if finite.size < values.size:
                self._about += f"   {grouped(values.size - finite.size)} not finite"
        self.setAccessibleDescription(self._about)
        self.update()

    def set_digits(self, digits: int) -> None:
        """Write numbers with `digits` significant digits, 4 at most."""
        self._digits = min(4, digits)
        self.update()

    def _text(self, value: float) -> str:
        return format_number(value, self._digits, trim=True)

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(8, HEADING * self._scale, -8, -FOOT * self._scale)

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame, heading, bars and the numbers under them."""
        theme, painter = self._theme, QPainter(self)
        self.paint_frame(painter)
        scale = self._scale
        bold = scaled_font(self.font(), 11.5 * scale, bold=True)
        plain = scaled_font(self.font(), 11 * scale)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(9, 15 * scale), self._title)
        used = QFontMetricsF(bold).horizontalAdvance(self._title) + 20
        painter.setFont(plain)
        painter.setPen(QColor(theme.muted))
        metrics = QFontMetricsF(plain)
        about = metrics.elidedText(
            self._about, Qt.TextElideMode.ElideRight, self.width() - used - 8
        )
        painter.drawText(
            QPointF(self.width() - 9 - metrics.horizontalAdvance(about), 15 * scale), about
        )
        if len(self._counts):
            self._paint_bars(painter, self._area())
            self._paint_foot(painter, self._area())
        painter.end()

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QPen(QColor(self._theme.border)))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        wide = area.width() / len(self._counts)
        tallest = max(1, int(self._counts.max()))
        for place, count in enumerate(self._counts.tolist()):
            if count:
                # Rare values must stay visible beside common ones.
                tall = max(1.5, area.height() * count / tallest)
                left = area.left() + place * wide
                bar = QRectF(left, area.bottom() - tall, max(1.0, wide - 1.0), tall)
                painter.fillRect(bar, QColor(self._color))

    def _paint_foot(self, painter: QPainter, area: QRectF) -> None:
        low, high = float(self._edges[0]), float(self._edges[-1])
        metrics = QFontMetricsF(painter.font())
        y = area.bottom() + 13 * self._scale
        painter.setPen(QColor(self._theme.muted))
        first, last = self._text(low), self._text(high)
        painter.drawText(QPointF(area.left(), y), first)
        painter.drawText(QPointF(area.right() - metrics.horizontalAdvance(last), y), last)
        if low < 0.0 < high:
            x = area.left() + area.width() * -low / (high - low)
            painter.setPen(QPen(QColor(self._theme.text), 1.0, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            clear = metrics.horizontalAdvance(first) + 10
            if clear < x - area.left() < area.width() - metrics.horizontalAdvance(last) - 10:
                painter.drawText(QPointF(x - metrics.horizontalAdvance("0") / 2, y), "0")

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the bar under the mouse holds."""
        area = self._area()
        place = int((event.position().x() - area.left()) / area.width() * len(self._counts))
        if len(self._counts) and 0 <= place < len(self._counts):
            low, high = float(self._edges[place]), float(self._edges[place + 1])
            text = f"{grouped(self._counts[place])} from {self._text(low)} to {self._text(high)}"
            QToolTip.showText(event.globalPosition().toPoint(), text, self)

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Say no more."""
        super().leaveEvent(event)
        QToolTip.hideText()
