"""The loss curve as a figure on any painter: for files, sharp at every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from bpviz.ui.plots.axes import tick_texts
from bpviz.ui.plots.scales import (
    FloatArray,
    Span,
    drawable,
    iteration_span,
    linear_ticks,
    loss_span,
    thinned,
    ticks,
)
from bpviz.ui.style import Theme, scaled_font

LEFT: Final = 74.0
RIGHT: Final = 24.0
TOP: Final = 44.0
BOTTOM: Final = 50.0
FLAGS_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
FLAGS_CENTER: Final = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)


@dataclass(frozen=True)
class LossSeries:
    """What is drawn: losses over iterations; `test` is empty without test rows."""

    iteration: Sequence[int]
    train: Sequence[float]
    test: Sequence[float]


@dataclass(frozen=True)
class _Axes:
    """Where the plot stands in the figure, and what its axes span."""

    box: QRectF
    across: Span
    up: Span

    def place(self, x: float, y: float) -> QPointF:
        """Return where the point (x, y) of the data lies."""
        right = (x - self.across.low) / (self.across.high - self.across.low)
        above = (y - self.up.low) / (self.up.high - self.up.low)
        return QPointF(
            self.box.left() + right * self.box.width(),
            self.box.bottom() - above * self.box.height(),
        )


def paint_loss(
    painter: QPainter,
    rect: QRectF,
    series: LossSeries,
    theme: Theme,
    *,
    logarithmic: bool = False,
    font: QFont | None = None,
) -> None:
    """Paint axes, key and curves into `rect`."""
    base = font or painter.font()
    chosen = thinned(len(series.iteration))
    x = np.asarray(series.iteration, dtype=np.float64)[chosen]
    lines = [("train", theme.positive, Qt.PenStyle.SolidLine, _shown(series.train, chosen))]
    if len(series.test) == len(series.iteration) and len(x):
        test = _shown(series.test, chosen)
        lines.append(("test", theme.negative, Qt.PenStyle.DashLine, test))
    drawn = [(name, color, style, drawable(y, logarithmic)) for name, color, style, y in lines]
    axes = _Axes(
        rect.adjusted(LEFT, TOP, -RIGHT, -BOTTOM),
        iteration_span(int(x[-1]) if len(x) else 0),
        loss_span(np.concatenate([y for *_, y in drawn]), logarithmic),
    )
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(rect, QColor(theme.window))
    _paint_axes(painter, axes, theme, base, logarithmic)
    painter.setFont(scaled_font(base, 14, bold=True))
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(axes.box.left(), rect.top() + 27), "Loss")
    left = axes.box.left() + 56
    for name, color, style, y in drawn:
        pen = QPen(QColor(color), 2.0, style, Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QLineF(left, rect.top() + 22, left + 30, rect.top() + 22))
        painter.setFont(scaled_font(base, 13))
        painter.drawText(QPointF(left + 38, rect.top() + 27), name)
        left += 96
        _paint_line(painter, axes, x, y, pen)
    painter.restore()


def _shown(values: Sequence[float], chosen: NDArray[np.int64]) -> FloatArray:
    return np.array([values[index] for index in chosen], dtype=np.float64)


def _paint_axes(
    painter: QPainter, axes: _Axes, theme: Theme, base: QFont, logarithmic: bool
) -> None:
    box = axes.box
    painter.setFont(scaled_font(base, 12))
    up = ticks(axes.up, logarithmic, max(2, int(box.height() / 45)))
    for tick, text in zip(up, tick_texts(up, logarithmic), strict=True):
        y = axes.place(axes.across.low, tick).y()
        painter.setPen(QPen(QColor(theme.grid), 1.0))
        painter.drawLine(QLineF(box.left(), y, box.right(), y))
        painter.setPen(QColor(theme.muted))
        place = QRectF(box.left() - LEFT, y - 10, LEFT - 8, 20)
        painter.drawText(place, FLAGS_RIGHT, text)
    across = linear_ticks(axes.across, max(2, int(box.width() / 110)))
    for tick, text in zip(across, tick_texts(across), strict=True):
        x = axes.place(tick, axes.up.low).x()
        painter.setPen(QPen(QColor(theme.border), 1.0))
        painter.drawLine(QLineF(x, box.bottom(), x, box.bottom() + 4))
        painter.setPen(QColor(theme.muted))
        place = QRectF(x - 50, box.bottom() + 7, 100, 18)
        painter.drawText(place, FLAGS_CENTER, text)
    place = QRectF(box.left(), box.bottom() + 26, box.width(), 20)
    painter.drawText(place, FLAGS_CENTER, "iteration")
    painter.setPen(QPen(QColor(theme.border), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawLine(QLineF(box.bottomLeft(), box.bottomRight()))
    painter.drawLine(QLineF(box.topLeft(), box.bottomLeft()))


def _paint_line(painter: QPainter, axes: _Axes, x: FloatArray, y: FloatArray, pen: QPen) -> None:
    """Paint a curve; where a value has no place there is a gap, a lone point is a dot."""
    breaks = np.flatnonzero(~np.isfinite(y))
    painter.save()
    painter.setClipRect(axes.box.adjusted(-2, -2, 2, 2))
    for part_x, part_y in zip(np.split(x, breaks), np.split(y, breaks), strict=True):
        fits = np.isfinite(part_y)
        points = [
            axes.place(float(a), float(b)) for a, b in zip(part_x[fits], part_y[fits], strict=True)
        ]
        painter.setPen(pen)
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))
        elif points:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(pen.color())
            painter.drawEllipse(points[0], 3.5, 3.5)
    painter.restore()
