"""One item that draws all edges from arrays, in a few calls, one for each pen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import FloatArray, Geometry, IntArray
from bpviz.ui.canvas.pens import LEVELS, Pens, levels, line_pen, width_of
from bpviz.ui.canvas.shown import Shown, State
from bpviz.ui.canvas.strokes import DASH, DASH_GAP, DOT, DOT_GAP, KeptStrokes, draw_lines, solid
from bpviz.ui.style import Theme, guard, mix

EDGE_LEVEL: Final = 1.0
# Above this many edges lines are drawn without antialiasing.
SMOOTH_LIMIT: Final = 2_000
# While something moves, only as many edges are drawn as fit into this many seconds.
MOVING_BUDGET: Final = 0.010
_FIRST_COST: Final = 1.5e-6
_MARGIN: Final = 24.0
NO_EDGES: Final = np.zeros(0, np.int64)


@dataclass(frozen=True)
class _Batch:
    """Lines that one pen draws: the edges of one bucket."""

    bucket: int
    edges: IntArray
    lines: FloatArray


class EdgeLayer(QGraphicsItem):
    """Draws every edge of a network.

    Few edges are curves, as wide as their number is large; many are plain lines, as strong in
    colour. While the picture moves, the strongest that can be drawn in time are.
    """

    def __init__(self, geometry: Geometry, shown: Shown, theme: Theme) -> None:
        super().__init__()
        self._geometry = geometry
        self._shown = shown
        self._theme = theme
        self._pens = Pens(theme, shown.overlay)
        self._selected = self._lit_path = NO_EDGES
        self._hovered = -1
        self._moving = False
        self._still = False
        self._cost = _FIRST_COST
        self._bucket: NDArray[np.int64] = np.zeros(0, np.int64)
        # Placing nodes makes these anew, so they tell whether anything lies elsewhere.
        self._points: FloatArray = np.zeros((0, 2, 2))
        self._kept = KeptStrokes(geometry)
        self._batches: list[_Batch] | None = None
        self._cache: tuple[QTransform, QPixmap] | None = None
        # Where the kept picture is no longer right.
        self._dirty = QRectF()
        self._painted_at: QTransform | None = None
        self.share_drawn = 1.0
        self.paint_count = 0
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(EDGE_LEVEL)
        self.show_edges(geometry, shown, theme)

    def show_edges(self, geometry: Geometry, shown: Shown, theme: Theme) -> None:
        """Draw these edges from now on."""
        bucket = levels(shown.edges.state, shown.strength)
        changed = None
        if theme is self._theme and shown.overlay == self._shown.overlay:
            changed = self._changed(geometry, shown, bucket)
        self._geometry, self._shown, self._theme = geometry, shown, theme
        self._points, self._bucket = geometry.points, bucket
        if changed is None:
            self._pens = Pens(theme, shown.overlay)
            self.prepareGeometryChange()
            self._forget()
        elif len(changed):
            self._batches = None
            if 2 * len(changed) < len(bucket):
                box = self._box(changed)
                self._dirty = self._dirty.united(box)
                self.update(box)
            else:
                self._forget()

    def _changed(
        self, geometry: Geometry, shown: Shown, bucket: NDArray[np.int64]
    ) -> IntArray | None:
        """Return the edges that look different, None where all lie elsewhere."""
        if geometry is not self._geometry or geometry.points is not self._points:
            return None
        active = shown.active_edges != self._shown.active_edges
        return np.flatnonzero((bucket != self._bucket) | active)

    def _box(self, edges: IntArray) -> QRectF:
        """Return the box around all that is drawn of some edges."""
        points = self._points[edges]
        low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
        box = QRectF(low[0], low[1], *(high - low))
        return box.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN) & self.boundingRect()

    def mark(self, selected: IntArray, hovered: int, path: IntArray = NO_EDGES) -> None:
        """Draw the `selected` edges, the one under the pointer (−1: none), and a `path` as such."""
        same = np.array_equal(selected, self._selected) and np.array_equal(path, self._lit_path)
        if hovered != self._hovered or not same:
            self._selected, self._hovered, self._lit_path = selected, hovered, path
            self._forget()

    def set_moving(self, moving: bool) -> None:
        """Say whether the picture moves and must be drawn in time."""
        if moving != self._moving:
            self._moving = moving
            self.share_drawn = 1.0
            self._forget()

    def set_still(self, still: bool) -> None:
        """Say whether the edges stay as they are while dots move over them: they are then kept."""
        self._still = still

    @property
    def is_plain(self) -> bool:
        """Whether edges are thin straight lines."""
        return not self._geometry.is_curved

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all edges."""
        left, top, right, bottom = self._geometry.bounds
        box = QRectF(left, top, right - left, bottom - top)
        return box.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the edges: from the kept picture while only dots move, as paths into files."""
        self.paint_count += 1
        if not len(self._geometry.source):
            return
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        # Qt draws thin clipped lines several times faster, pixel for pixel the same.
        painter.setClipRect(self.boundingRect(), Qt.ClipOperation.IntersectClip)
        if widget is None and not self.is_plain:
            self._paint_paths(painter)
        elif widget is not None and self._may_keep(painter):
            self._paint_kept(painter, zoom, widget)
        else:
            self._paint_lines(painter, option.exposedRect, zoom)

    def _forget(self) -> None:
        self._batches = self._cache = self._painted_at = None
        self._dirty = QRectF()
        self.update()

    def _may_keep(self, painter: QPainter) -> bool:
        """Whether the edges stay as they are: dots move over them, or only nodes have changed."""
        before, self._painted_at = self._painted_at, QTransform(painter.worldTransform())
        rests = self.is_plain and not self._moving
        return self._still or (rests and before == self._painted_at)

    # -- lines ---------------------------------------------------------------------------------

    def _paint_lines(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        began = time.perf_counter()
        smooth = len(self._geometry.source) <= SMOOTH_LIMIT
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
        everything = exposed.contains(self.boundingRect())
        batches = self._all_batches() if everything or not self.is_plain else self._seen(exposed)
        self._paint_underlays(painter, zoom)
        for batch in batches:
            painter.setPen(self._pens.pen(batch.bucket, zoom, plain=self.is_plain))
            draw_lines(painter, batch.lines)
        drawn = sum(len(batch.edges) for batch in batches)
        if self._moving and drawn > 100:
            cost = (time.perf_counter() - began) / drawn
            self._cost += 0.3 * (cost - self._cost)

    def _all_batches(self) -> list[_Batch]:
        if self._batches is None:
            self._batches = self._made(np.arange(len(self._geometry.source)))
        return self._batches

    def _seen(self, exposed: QRectF) -> list[_Batch]:
        """Return batches of those edges only whose boxes touch what is exposed."""
        near = exposed.adjusted(-2, -2, 2, 2)
        edges = self._geometry.edges_in(near.left(), near.top(), near.right(), near.bottom())
        return self._made(edges)

    def _made(self, edges: IntArray) -> list[_Batch]:
        edges = self._in_time(edges)
        if not len(edges):
            return []  # the view may look at a place without any
        bucket = self._bucket[edges]
        order = np.argsort(bucket, kind="stable")
        edges, bucket = edges[order], bucket[order]
        found, first = np.unique(bucket, return_index=True)
        made = []
        for kind, part in zip(found, np.split(edges, first[1:]), strict=True):
            made.append(_Batch(int(kind), part, self._strokes(part, int(kind) // LEVELS)))
        return made

    def _strokes(self, edges: IntArray, state: int) -> FloatArray:
        if self.is_plain:
            return solid(self._geometry, edges)
        if not self._kept.is_of(self._geometry):
            self._kept = KeptStrokes(self._geometry)
        return self._kept.of(edges, state)

    def _in_time(self, edges: IntArray) -> IntArray:
        """Return the strongest of `edges` that can be drawn in time; all of them when idle."""
        room = int(MOVING_BUDGET / max(self._cost, 1e-9))
        if not self._moving or not self.is_plain or len(edges) <= room:
            self.share_drawn = 1.0
            return edges
        self.share_drawn = room / len(edges)
        strongest = np.argpartition(-self._shown.strength[edges], room)[:room]
        return np.sort(edges[strongest])

    def _paint_underlays(self, painter: QPainter, zoom: float) -> None:
        """Paint what lies behind lines: the glow of what the step uses, selection, hover."""
        if not self.is_plain:
            for bucket, edges in self._active_by_bucket():
                painter.setPen(self._pens.glow(bucket, zoom))
                draw_lines(painter, solid(self._geometry, edges))
        theme = self._theme
        hovered = np.array([self._hovered] if self._hovered >= 0 else [], np.int64)
        for edges, share, extra in (
            (self._lit_path, 0.75, 9.0),
            (self._selected, 0.6, 6.0),
            (hovered, 0.3, 6.0),
        ):
            for width in np.unique(self._widths(edges)):
                chosen = edges[self._widths(edges) == width]
                color = QColor(mix(theme.canvas, theme.accent, share))
                painter.setPen(line_pen(color, float(width) + extra, zoom))
                draw_lines(painter, solid(self._geometry, chosen))

    def _widths(self, edges: IntArray) -> FloatArray:
        return np.array([width_of(int(bucket)) for bucket in self._bucket[edges]], np.float64)

    def _active_by_bucket(self) -> list[tuple[int, IntArray]]:
        active = np.flatnonzero(self._shown.active_edges)
        bucket = self._bucket[active] // LEVELS * LEVELS
        return [(int(kind), active[bucket == kind]) for kind in np.unique(bucket)]

    # -- kept picture --------------------------------------------------------------------------

    def _paint_kept(self, painter: QPainter, zoom: float, widget: QWidget) -> None:
        transform = QTransform(painter.worldTransform())
        ratio = widget.devicePixelRatioF()
        size = widget.size() * ratio
        if self._cache is None or self._cache[0] != transform or self._cache[1].size() != size:
            picture = QPixmap(size)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            inside = QPainter(picture)
            inside.setTransform(transform)
            inside.setClipRect(self.boundingRect())
            self._paint_lines(inside, self.boundingRect(), zoom)
            inside.end()
            self._cache = (transform, picture)
        elif not self._dirty.isEmpty():
            self._mend(self._cache[1], transform, zoom)
        self._dirty = QRectF()
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(0, 0, self._cache[1])
        painter.restore()

    def _mend(self, picture: QPixmap, transform: QTransform, zoom: float) -> None:
        """Paint the part of a kept picture anew in which edges have changed."""
        whole = transform.mapRect(self._dirty).toAlignedRect()
        inside = QPainter(picture)
        inside.setClipRect(QRectF(whole))
        inside.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        inside.fillRect(whole, Qt.GlobalColor.transparent)
        inside.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        inside.setTransform(transform)
        back, _ = transform.inverted()
        self._paint_lines(inside, back.mapRect(QRectF(whole)), zoom)
        inside.end()

    # -- files ---------------------------------------------------------------------------------

    def _paint_paths(self, painter: QPainter) -> None:
        """Paint each edge as one curve with a true dash pattern: small, editable files."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_underlays(painter, 1e3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for batch in self._all_batches():
            width = width_of(batch.bucket)
            pen = line_pen(self._pens.color(batch.bucket), width, 1e3)
            dash = {State.NEGATIVE: (DASH, DASH_GAP), State.STALE: (DOT, DOT_GAP)}
            state = batch.bucket // LEVELS
            if state in dash:
                pen.setDashPattern([length / width for length in dash[state]])
            painter.setPen(pen)
            for edge in batch.edges:
                painter.drawPath(self._path(int(edge)))
            if state == State.NOT_COMPUTED:
                draw_lines(painter, batch.lines)

    def _path(self, edge: int) -> QPainterPath:
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self._geometry.controls[edge]
        path = QPainterPath()
        path.moveTo(x1, y1)
        path.cubicTo(x2, y2, x3, y3, x4, y4)
        return path
