"""Dots that flow along the edges a step uses, and the one clock that moves them."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.dots import MOST_A_SECOND, Dots, dot_unit
from bpviz.ui.canvas.geometry import HALF_SQUARE, RADIUS, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.overlays import strength_of
from bpviz.ui.canvas.pens import state_color
from bpviz.ui.canvas.shown import Numbers, Shown, State
from bpviz.ui.canvas.stream import Stream
from bpviz.ui.canvas.strokes import draw_pixmap_at
from bpviz.ui.style import Theme, guard, mix

# Over the nodes, so that dots are seen to arrive; no path leads over a node's text.
FLOW_LEVEL: Final = 4.5
SMALLEST, LARGEST = 3.2, 6.2
TICK: Final = 16
# How far from a node's rim the sum of what comes back goes round, in how many pieces.
AROUND, PIECES = 5.0, 16
MOST_LARGER: Final = 1.5
# Dots a second where a learner is to predict how much flows.
HIDDEN_RATE: Final = 2.0
# A picture of a dot is drawn larger than shown, so that zooming in keeps it round.
# Shrunk to less than about a quarter a round picture would look square, so it is held in sizes.
_PICTURES: Final = (12, 24, 48)
_RIM: Final = 1 / 8


class Clock(QObject):
    """Ticks while something moves; `ticked` carries the seconds since the tick before."""

    ticked = Signal(float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._on_timeout)
        self._last = 0.0

    @property
    def is_running(self) -> bool:
        """Whether the clock ticks."""
        return self._timer.isActive()

    def set_running(self, running: bool) -> None:
        """Start or stop the clock."""
        if running and not self._timer.isActive():
            self._last = time.perf_counter()
            self._timer.start()
        elif not running and self._timer.isActive():
            self._timer.stop()

    def _on_timeout(self) -> None:
        now = time.perf_counter()
        # After a pause of the whole program dots go on from where they were.
        self.ticked.emit(min(now - self._last, 0.1))
        self._last = now


class FlowLayer(QGraphicsItem):
    """Draws dots on edges: with the values in forward, against the edges for gradients.

    The number of dots a second is proportional to what flows, on one scale. Where several parts
    come back to a node, dots of their sum go on around it: of parts with one sign as many as come.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: Shown | None = None
        self._stream = Stream()
        self._hidden_boxes: FloatArray = np.zeros((0, 4))
        self._edges: IntArray = np.zeros(0, np.int64)
        self._amounts = self._totals = Numbers.none(0)
        self._pictures: dict[tuple[str, Theme, int], QPixmap] = {}
        self.unit = 0.0
        """What one dot a second stands for, 0 where that is not known."""
        self.parts, self.sums = Dots(), Dots()
        """The dots on `edges`, and those around the nodes where parts meet."""
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(FLOW_LEVEL)

    @property
    def flows(self) -> bool:
        """Whether there are dots to move."""
        return bool(len(self._edges))

    @property
    def edges(self) -> IntArray:
        """The edges that have dots."""
        return self._edges

    def show_flow(
        self,
        geometry: Geometry,
        shown: Shown,
        stream: Stream,
        hidden_boxes: FloatArray,
        theme: Theme,
    ) -> None:
        """Let dots flow where the step is; not inside `hidden_boxes` [B, 4], where numbers are."""
        self.prepareGeometryChange()
        self._shown, self._stream, self._theme = shown, stream, theme
        self._hidden_boxes = hidden_boxes
        edges = self._edges = np.flatnonzero(stream.carries)
        self._amounts, lengths = stream.amount.at(edges), geometry.lengths[edges]
        self.unit = dot_unit(self._amounts.sizes, lengths)
        points = geometry.points[edges]
        if stream.goes_back:
            points = points[:, ::-1]
        self.parts.lay(points, lengths, self._rates(self._amounts), edges)
        signed = (stream.sums.state == State.NEGATIVE) | (stream.sums.state == State.POSITIVE)
        nodes = stream.nodes[signed]
        self._totals = stream.sums.at(np.flatnonzero(signed))
        self.sums.lay(*_ways_around(geometry, nodes), self._rates(self._totals), nodes)
        self.update()

    def _rates(self, numbers: Numbers) -> FloatArray:
        """Return how many dots a second stand for `numbers`."""
        rates = np.where(numbers.state == State.NOT_COMPUTED, HIDDEN_RATE, MOST_A_SECOND)
        if self.unit:
            rates = np.where(numbers.is_finite, numbers.sizes / self.unit, rates)
        return rates

    def advance_by(self, seconds: float) -> None:
        """Move all dots on by `seconds`."""
        self.parts.advance(seconds)
        self.sums.advance(seconds)
        self.update()

    def dots(self) -> tuple[FloatArray, IntArray]:
        """Return where dots on edges are now, [M, 2], and the edge of each, [M]."""
        points, track = self._seen(self.parts)
        return points, self._edges[track]

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all paths of dots."""
        paths = [dots.points.reshape(-1, 2) for dots in (self.parts, self.sums)]
        points = np.concatenate(paths)
        if not len(points):
            return QRectF()
        low, high = points.min(axis=0), points.max(axis=0)
        return QRectF(low[0], low[1], *(high - low)).adjusted(-9, -9, 9, 9)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the dots, one call per colour."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # Where the drawing is small, dots are not as small.
        zoom = painter.worldTransform().m11()
        larger = min(max(1.0 / max(zoom, 1e-9), 1.0), MOST_LARGER)
        for dots, numbers in ((self.parts, self._amounts), (self.sums, self._totals)):
            points, track = self._seen(dots)
            radius = SMALLEST + (LARGEST - SMALLEST) * np.sqrt(self._strength(numbers))[track]
            radius *= larger
            state = numbers.state[track]
            for kind in np.unique(state):
                here = state == kind
                size = picture_size(2 * zoom * float(radius[here].max()))
                picture = self._picture(self._color(int(kind)), size)
                draw_pixmap_at(painter, points[here], picture, radius[here] * 2 / size)

    def _strength(self, numbers: Numbers) -> FloatArray:
        """Return how large dots of `numbers` are, 0 to 1: against the largest in the network."""
        is_logarithmic = self._shown is not None and self._shown.look.is_logarithmic
        return strength_of(numbers.sizes, self._stream.largest, is_logarithmic=is_logarithmic)

    def _color(self, state: int) -> str:
        if state in (State.NOT_COMPUTED, State.ZERO):
            return self._theme.phase_color(self._shown.phase if self._shown else "")
        return state_color(self._theme, "gradients" if self._stream.goes_back else "values", state)

    def _picture(self, color: str, size: int) -> QPixmap:
        key = (color, self._theme, size)
        if key not in self._pictures:
            self._pictures[key] = _dot(*key)
        return self._pictures[key]

    def _seen(self, dots: Dots) -> tuple[FloatArray, IntArray]:
        """Return the places of the dots that no number covers, and the path of each."""
        points, track = dots.places()
        hidden = np.zeros(len(points), np.bool_)
        for left, top, right, bottom in self._hidden_boxes:
            x, y = points[:, 0], points[:, 1]
            hidden |= (x > left) & (x < right) & (y > top) & (y < bottom)
        return points[~hidden], track[~hidden]


def _ways_around(geometry: Geometry, nodes: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return ways over `nodes` [M], from right to left, as points [M, S, 2]; and their lengths."""
    angle = np.linspace(0.0, np.pi, PIECES + 1)
    across, up = np.cos(angle), np.sin(angle)
    # A superellipse keeps off a square's corners.
    out = (across**6 + up**6) ** (-1 / 6)
    square = (HALF_SQUARE + AROUND) * np.stack([across * out, -up * out], axis=1)
    circle = (RADIUS + AROUND) * np.stack([across, -up], axis=1)
    shapes = np.where(geometry.is_square[nodes, None, None], square, circle)
    lengths = np.hypot(*np.moveaxis(np.diff(shapes, axis=1), 2, 0)).sum(axis=1)
    return geometry.positions[nodes][:, None, :] + shapes, lengths


def picture_size(pixels: float) -> int:
    """Return how large a picture of a dot is held that is drawn `pixels` wide."""
    return next((size for size in _PICTURES if size >= pixels), _PICTURES[-1])


def _dot(color: str, theme: Theme, size: int) -> QPixmap:
    rim = _RIM * size
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # A rim of the ground's colour sets dots off from the line of their own colour.
    painter.setPen(QPen(QColor(theme.canvas), rim))
    painter.setBrush(QColor(mix(color, theme.text, 0.35)))
    painter.drawEllipse(QRectF(0, 0, size, size).adjusted(rim, rim, -rim, -rim))
    painter.end()
    return picture
