"""Dots that flow along the edges a step uses, and the one clock that moves them."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.pens import state_color
from bpviz.ui.canvas.shown import Shown, State
from bpviz.ui.canvas.strokes import draw_pixmap_at
from bpviz.ui.style import Theme, guard, mix

FLOW_LEVEL: Final = 3.0
SPEED: Final = 85.0
SPACING: Final = 46.0
SMALLEST, LARGEST = 2.6, 5.4
MOST_DOTS: Final = 600
TICK: Final = 16
# A picture of a dot is drawn larger than shown, so that zooming in keeps it round.
_PICTURE: Final = 48


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
    """Draws dots on edges: with the values in forward, against the edges for gradients."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._geometry: Geometry | None = None
        self._shown: Shown | None = None
        self._edges: IntArray = np.zeros(0, np.int64)
        self._owner: IntArray = np.zeros(0, np.int64)
        self._start: FloatArray = np.zeros(0)
        self._hidden_boxes: FloatArray = np.zeros((0, 4))
        self._travelled = 0.0
        self._direction = 1.0
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

    @property
    def direction(self) -> float:
        """1 where dots go with the edges, −1 where they go against them."""
        return self._direction

    def show_flow(
        self, geometry: Geometry, shown: Shown, hidden_boxes: FloatArray, theme: Theme
    ) -> None:
        """Let dots flow where the step is; not inside `hidden_boxes` [B, 4], where numbers are."""
        self.prepareGeometryChange()
        self._geometry, self._shown, self._theme = geometry, shown, theme
        self._hidden_boxes = hidden_boxes
        self._direction = -1.0 if shown.phase in ("backward", "reduce") else 1.0
        moves = shown.phase in ("forward", "loss", "backward")
        self._edges = np.flatnonzero(shown.active_edges & _carries(shown) & moves)
        self._spread()
        self.update()

    def advance_by(self, seconds: float) -> None:
        """Move all dots on by `seconds`."""
        self._travelled = (self._travelled + seconds * SPEED) % SPACING
        self.update()

    def dots(self) -> tuple[FloatArray, IntArray]:
        """Return where dots are now, [M, 2], and the edge of each, [M]."""
        if self._geometry is None or not len(self._owner):
            return np.zeros((0, 2)), np.zeros(0, np.int64)
        length = self._geometry.lengths[self._owner]
        place = self._start + self._direction * self._travelled
        share = np.where(length > 0, place / np.maximum(length, 1e-9), 0.0)
        inside = (share >= 0.0) & (share <= 1.0)
        owner = self._owner[inside]
        points = self._geometry.along(owner, share[inside])
        seen = ~self._is_hidden(points)
        return points[seen], owner[seen]

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all edges with dots."""
        if self._geometry is None or not len(self._edges):
            return QRectF()
        points = self._geometry.points[self._edges]
        low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
        return QRectF(low[0], low[1], *(high - low)).adjusted(-9, -9, 9, 9)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the dots, one call per colour."""
        shown, points_owner = self._shown, self.dots()
        points, owner = points_owner
        if shown is None or not len(points):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        radius = SMALLEST + (LARGEST - SMALLEST) * np.sqrt(shown.strength[owner])
        state = shown.edges.state[owner]
        for kind in np.unique(state):
            here = state == kind
            picture = _dot(self._dot_color(int(kind)), self._theme)
            draw_pixmap_at(painter, points[here], picture, radius[here] * 2 / _PICTURE)

    def _dot_color(self, state: int) -> str:
        assert self._shown is not None
        if state in (State.NOT_COMPUTED, State.ZERO):
            return self._theme.phase_color(self._shown.phase)
        return state_color(self._theme, self._shown.overlay, state)

    def _spread(self) -> None:
        """Give every edge its dots, evenly spaced; fewer where there would be too many."""
        assert self._geometry is not None
        lengths = self._geometry.lengths[self._edges]
        count = np.ceil(lengths / SPACING).astype(np.int64) + 1
        if count.sum() > MOST_DOTS and self._shown is not None:
            order = np.argsort(-self._shown.strength[self._edges], kind="stable")
            kept = order[np.cumsum(count[order]) <= MOST_DOTS]
            self._edges, count = self._edges[kept], count[kept]
        self._owner = np.repeat(self._edges, count)
        first = np.repeat(np.cumsum(count) - count, count)
        number = (np.arange(len(self._owner)) - first).astype(np.float64)
        # Against the edge the row of dots begins one spacing further out.
        self._start = number * SPACING if self._direction < 0 else (number - 1) * SPACING

    def _is_hidden(self, points: FloatArray) -> BoolArray:
        hidden = np.zeros(len(points), np.bool_)
        for left, top, right, bottom in self._hidden_boxes:
            x, y = points[:, 0], points[:, 1]
            hidden |= (x > left) & (x < right) & (y > top) & (y < bottom)
        return hidden


def _carries(shown: Shown) -> BoolArray:
    """Return which edges carry something now: what is exactly zero does not flow."""
    carries: BoolArray = shown.edges.state != State.ZERO
    return carries


def _dot(color: str, theme: Theme) -> QPixmap:
    picture = QPixmap(_PICTURE, _PICTURE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(mix(color, "#ffffff" if theme.dark else "#000000", 0.12)))
    painter.drawEllipse(QRectF(1.0, 1.0, _PICTURE - 2.0, _PICTURE - 2.0))
    painter.end()
    return picture
