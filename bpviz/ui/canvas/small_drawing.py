"""Paints a network a few fingers wide: the canvas's layout and colours, without any text."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from bpviz.ui.canvas.geometry import RADIUS, BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.multiples import JOINED, Coloured, Tile
from bpviz.ui.canvas.overlays import Overlay
from bpviz.ui.canvas.pens import LEVELS, Pens, levels, state_color
from bpviz.ui.canvas.shown import State
from bpviz.ui.canvas.strokes import draw_lines, pieces
from bpviz.ui.style import Theme, mix, scaled_font

# Up to this many edges are curves, dashed for a minus; up to the next one straight lines; more
# are left out, and nodes are cells.
CURVE_LIMIT: Final = 90
LINE_LIMIT: Final = 500
# Nodes of more than these are painted as plain cells.
SHAPE_LIMIT: Final = 60
LARGEST_RADIUS: Final = 9.0
SMALLEST_RADIUS: Final = 2.0
# A node this large has room for the mark of a hidden number.
MARK_FROM: Final = 4.5
_EVERY: Final = 4
# Lengths of dashes and dots and of the gaps between them, in pixels.
_DASHES: Final = MappingProxyType({State.NEGATIVE: (5.0, 2.5), State.STALE: (1.5, 2.0)})
_MARGIN: Final = 4.0


def _heights() -> IntArray:
    """Return by bucket how high its lines lie: the strongest of either sign on top."""
    state, level = np.divmod(np.arange((State.POSITIVE + 1) * LEVELS), LEVELS)
    signed = state > State.NON_FINITE
    heights: IntArray = np.where(signed, (level + 1) * LEVELS + state, state)
    return heights


_HEIGHT: Final = _heights()


def has_shapes(geometry: Geometry) -> bool:
    """Whether nodes are painted as they are on the canvas, not as plain cells."""
    return len(geometry.positions) <= SHAPE_LIMIT


def has_lines(geometry: Geometry) -> bool:
    """Whether edges are painted at all."""
    return 0 < len(geometry.source) <= LINE_LIMIT


class SmallDrawing:
    """One network's layout at one size; `paint` puts the numbers of one tile onto it."""

    def __init__(
        self,
        geometry: Geometry,
        theme: Theme,
        overlay: Overlay,
        box: QRectF,
        font: QFont,
        ratio: float = 1.0,
    ) -> None:
        """Lay the drawing out into `box`, at `ratio` device pixels per pixel."""
        self._theme, self._overlay = theme, overlay
        self._pens = Pens(theme, overlay)
        self._colors: dict[tuple[Overlay, int], QColor] = {}
        self._made_pens: dict[int, QPen] = {}
        self._font = font
        self._squares, self._has_loss = geometry.is_square.tolist(), geometry.has_loss
        self._ratio = ratio
        self._pictures: dict[tuple[bool, int, int, bool, bool], QPixmap] = {}
        self._dashed: dict[tuple[int, int], FloatArray] = {}
        left, top, right, bottom = geometry.bounds
        room = box.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
        scale = min(room.width() / wide, room.height() / high, LARGEST_RADIUS / RADIUS)
        middle = np.array([left + wide / 2, top + high / 2])
        centre = np.array([room.center().x(), room.center().y()])
        self.radius = min(max(RADIUS * scale, SMALLEST_RADIUS), LARGEST_RADIUS)
        self._reach = float(np.ceil(self.radius + 3.0))
        self.centres: FloatArray = (geometry.positions - middle) * scale + centre
        # Cells of one column never cover each other.
        self._half_height = min(self.radius, max(_least_gap(self.centres) / 2, 0.5))
        count = len(geometry.source)
        self.has_edges = has_lines(geometry)
        self._is_fine = count <= CURVE_LIMIT
        self._geometry, self._box = geometry, box
        self._factor, self._shift = scale, centre - middle * scale
        self._has_shapes = has_shapes(geometry)
        self._array = PrimitiveArray(QLineF, 4)
        self._lines: FloatArray = np.zeros((0, 1, 4))
        if self.has_edges:
            points = geometry.points[:, ::_EVERY] if self._is_fine else geometry.points[:, (0, -1)]
            points = (points - middle) * scale + centre
            self._lines = np.concatenate([points[:, :-1], points[:, 1:]], axis=2)

    def edge_color(self, tile: Tile, edge: int) -> QColor:
        """Return the colour of an edge."""
        bucket = levels(tile.shown.edges.state, tile.shown.strength)
        return self._pens.color(int(bucket[edge]), plain=True)

    def paint(self, painter: QPainter, tile: Tile) -> None:
        """Paint edges, then nodes."""
        if self.has_edges:
            self._paint_edges(painter, tile)
        if self._has_shapes:
            self._paint_shapes(painter, tile)
        else:
            self._paint_cells(painter, tile)

    def _paint_edges(self, painter: QPainter, tile: Tile) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._is_fine)
        painter.setClipRect(self._box)  # Qt draws thin clipped lines several times faster
        bucket = levels(tile.shown.edges.state, tile.shown.strength)
        order = np.argsort(_HEIGHT[bucket], kind="stable")
        sorted_buckets = bucket[order]
        ends = [*(np.flatnonzero(np.diff(sorted_buckets)) + 1).tolist(), len(order)]
        begin = 0
        for end in ends:
            kind = int(sorted_buckets[begin])
            painter.setPen(self._pen(kind))
            draw_lines(painter, self._strokes(order[begin:end], kind // LEVELS), self._array)
            begin = end
        painter.setClipping(False)

    def _strokes(self, edges: IntArray, state: int) -> FloatArray:
        """Return the lines [M, 4] of `edges`, dashed or dotted as their state looks."""
        dash = _DASHES.get(state) if self._is_fine else None
        if dash is None:
            return self._lines[edges].reshape(-1, 4)
        return np.concatenate([self._dashes(edge, state, *dash) for edge in edges.tolist()])

    def _dashes(self, edge: int, state: int, size: float, gap: float) -> FloatArray:
        """Return an edge as dashes of a size and gap in pixels, made once."""
        found = self._dashed.get((edge, state))
        if found is None:
            one, per = np.array([edge]), 1.0 / self._factor
            lines = pieces(self._geometry, one, size * per, gap * per)
            found = lines * self._factor + np.concatenate([self._shift, self._shift])
            self._dashed[(edge, state)] = found
        return found

    def _pen(self, bucket: int) -> QPen:
        """Return the pen of a bucket's lines, made once."""
        pen = self._made_pens.get(bucket)
        if pen is None:
            pen = self._made_pens[bucket] = self._new_pen(bucket)
        return pen

    def _new_pen(self, bucket: int) -> QPen:
        state = bucket // LEVELS
        pen = QPen(self._pens.color(bucket, plain=True))
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        wide = self._is_fine and state == State.NON_FINITE
        pen.setWidthF(2.4 if wide else 1.0)
        return pen

    def color(self, overlay: Overlay, bucket: int) -> QColor:
        """Return the colour of a node's number in a bucket, see `levels`."""
        found = self._colors.get((overlay, bucket))
        if found is None:
            theme, (state, level) = self._theme, divmod(bucket, LEVELS)
            color, share = state_color(theme, overlay, state), 1.0
            if state in (State.POSITIVE, State.NEGATIVE):
                share = 0.25 + 0.75 * level / (LEVELS - 1)
            elif state in (State.NOT_COMPUTED, State.ZERO, State.STALE):
                share = {State.NOT_COMPUTED: 0.0, State.ZERO: 0.08}.get(state, 0.45)
            found = self._colors[(overlay, bucket)] = QColor(mix(theme.canvas, color, share))
        return found

    def _paint_shapes(self, painter: QPainter, tile: Tile) -> None:
        """Paste each node's picture: many are alike, in this drawing and in the others."""
        fill = _buckets(tile.fill).tolist()
        ring = _ring_buckets(tile, len(fill)).tolist()
        hidden, last = tile.fill.numbers.hidden, len(fill) - 1
        marked = [False] * len(fill) if hidden is None else hidden.tolist()
        for node, (x, y) in enumerate(self.centres.tolist()):
            # A whole batch has no values: only its loss has one.
            is_bare = tile.sample == JOINED and not (self._has_loss and node == last)
            look = (self._squares[node], fill[node], ring[node], marked[node], is_bare)
            picture = self._pictures.get(look)
            if picture is None:
                picture = self._pictures[look] = self._picture(*look)
            painter.drawPixmap(QPointF(x - self._reach, y - self._reach), picture)

    def _picture(
        self, is_square: bool, fill: int, ring: int, is_hidden: bool, is_bare: bool
    ) -> QPixmap:
        """Return the picture of a node with the numbers of these buckets."""
        picture = QPixmap(*[round(2 * self._reach * self._ratio)] * 2)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter, r = QPainter(picture), self.radius
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self._reach - r, self._reach - r, 2 * r, 2 * r)
        draw = painter.drawRect if is_square else painter.drawEllipse
        painter.setBrush(self.color("values", fill))
        painter.setPen(self._border(fill // LEVELS, is_bare=is_bare))
        draw(box)
        if ring // LEVELS not in (State.NOT_COMPUTED, State.ZERO):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.color("gradients", ring), max(1.4, 0.36 * r)))
            draw(box.adjusted(-1, -1, 1, 1))
        if is_hidden and r >= MARK_FROM:
            painter.setFont(scaled_font(self._font, 1.7 * r, bold=True))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "?")
        painter.end()
        return picture

    def _border(self, state: int, *, is_bare: bool) -> QPen:
        """Return the pen around a node: states look as on the canvas."""
        theme = self._theme
        pen = QPen(QColor(theme.node_border), 1.0)
        if is_bare:
            return pen
        if state == State.NOT_COMPUTED:
            pen = QPen(QColor(mix(theme.canvas, theme.not_computed, 0.8)), 1.0)
            pen.setDashPattern([2.0, 2.0])
        elif state == State.STALE:
            pen = QPen(QColor(theme.stale), 1.2)
            pen.setDashPattern([1.2, 1.8])
        elif state == State.ZERO:
            pen = QPen(QColor(theme.zero), 1.2)
        elif state == State.NON_FINITE:
            pen = QPen(QColor(theme.non_finite), 2.4)
        return pen

    def _paint_cells(self, painter: QPainter, tile: Tile) -> None:
        """Paint nodes as plain cells, one call for each colour; where δ is known, by δ."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        half = np.array([self.radius, self._half_height])
        boxes = np.concatenate(
            [self.centres - half, np.broadcast_to(2 * half, self.centres.shape)], axis=1
        )
        fill = _buckets(tile.fill)
        by_error = self._by_error(tile)
        for overlay, bucket, chosen in (
            ("values", fill, ~by_error),
            ("gradients", _ring_buckets(tile, len(fill)), by_error),
        ):
            places = np.flatnonzero(chosen)
            for kind in np.unique(bucket[places]).tolist():
                color = self.color("gradients" if overlay == "gradients" else "values", kind)
                if kind // LEVELS == State.NOT_COMPUTED:
                    color = QColor(mix(self._theme.canvas, self._theme.not_computed, 0.35))
                painter.setBrush(color)
                _draw_boxes(painter, boxes[places[bucket[places] == kind]])

    @staticmethod
    def _by_error(tile: Tile) -> BoolArray:
        """Return which cells show δ: all whose δ is known, where gradients are shown."""
        by_error = np.zeros(len(tile.fill.strength), np.bool_)
        if tile.ring is not None:
            state = tile.ring.numbers.state
            by_error[: len(state)] = state != State.NOT_COMPUTED
        return by_error


def _ring_buckets(tile: Tile, count: int) -> IntArray:
    found = np.zeros(count, np.int64)
    if tile.ring is not None:
        own = _buckets(tile.ring)
        found[: len(own)] = own
    return found


def _least_gap(centres: FloatArray) -> float:
    """Return the least distance between nodes that stand one above the other; inf for none."""
    order = np.lexsort((centres[:, 1], np.round(centres[:, 0])))
    apart = np.diff(centres[order], axis=0)
    below = (np.abs(apart[:, 0]) < 1.0) & (apart[:, 1] > 0.0)
    return float(apart[below, 1].min(initial=np.inf))


def _buckets(coloured: Coloured) -> IntArray:
    return levels(coloured.numbers.state, coloured.strength)


def _draw_boxes(painter: QPainter, boxes: FloatArray) -> None:
    """Draw `boxes` [M, 4] (left, top, width, height) in one call."""
    array = PrimitiveArray(QRectF, 4)
    array.resize(len(boxes))
    array.ndarray()[:] = boxes
    painter.drawRects(*array.drawargs())
