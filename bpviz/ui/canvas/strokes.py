"""Lines of edges as arrays: solid, dashed, dotted and hatched, ready for one drawLines call."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import numpy as np
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF
from PySide6.QtGui import QPainter, QPixmap

from bpviz.ui.canvas.geometry import FloatArray, Geometry, IntArray
from bpviz.ui.canvas.shown import State

DASH, DASH_GAP = 9.0, 5.0
DOT, DOT_GAP = 2.5, 4.5
_DASHES: Final = MappingProxyType({State.NEGATIVE: (DASH, DASH_GAP), State.STALE: (DOT, DOT_GAP)})
HATCH, HATCH_GAP = 0.0, 30.0
HATCH_SIZE: Final = 3.6
# Among more edges than this hatching would be a fog.
HATCH_LIMIT: Final = 80
# Pieces of a curve overlap by this much, so that no wedge opens where they meet.
_OVERLAP: Final = 0.5


def strokes(geometry: Geometry, edges: IntArray, state: int) -> FloatArray:
    """Return the lines [M, 4] (x1, y1, x2, y2) that draw `edges` as numbers in `state` look."""
    if state in _DASHES:
        return pieces(geometry, edges, *_DASHES[state])
    lines = solid(geometry, edges)
    if state == State.NOT_COMPUTED and len(geometry.source) <= HATCH_LIMIT:
        return np.concatenate([lines, _hatches(geometry, edges)])
    return lines


class KeptStrokes:
    """The strokes of all edges of a geometry in each state, made once for where they lie."""

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry
        # Placing nodes makes these anew, so they tell whether anything lies elsewhere.
        self._points = geometry.points
        self._kept: dict[tuple[float, float] | None, tuple[FloatArray, IntArray]] = {}

    def is_of(self, geometry: Geometry) -> bool:
        """Whether these are the strokes of a geometry, as its edges lie now."""
        return geometry is self._geometry and geometry.points is self._points

    def of(self, edges: IntArray, state: int) -> FloatArray:
        """Return what `strokes` does."""
        if state == State.NOT_COMPUTED:
            return strokes(self._geometry, edges, state)
        dash = _DASHES.get(state)
        if dash not in self._kept:
            self._kept[dash] = self._made(dash)
        lines, first = self._kept[dash]
        begin = first[edges]
        count = first[edges + 1] - begin
        # The numbers begin, begin + 1, … of each edge's lines, one edge after another.
        behind = np.cumsum(count) - count
        places = np.arange(count.sum()) + np.repeat(begin - behind, count)
        found: FloatArray = lines[places]
        return found

    def _made(self, dash: tuple[float, float] | None) -> tuple[FloatArray, IntArray]:
        """Return the lines of all edges, and where each edge's begin, with their number behind."""
        edges = np.arange(len(self._geometry.source))
        if dash is None:
            lines = solid(self._geometry, edges)
            return lines, np.arange(len(edges) + 1) * (self._geometry.points.shape[1] - 1)
        owner, _, _ = _marks(self._geometry, edges, *dash)
        first = np.searchsorted(owner, np.arange(len(edges) + 1))
        return pieces(self._geometry, edges, *dash), first


def solid(geometry: Geometry, edges: IntArray) -> FloatArray:
    """Return the unbroken lines of `edges`, [M, 4]."""
    points = geometry.points[edges]
    if points.shape[1] == 2:
        return points.reshape(-1, 4)
    lines = np.concatenate([points[:, :-1], points[:, 1:]], axis=2)
    ahead = lines[..., 2:] - lines[..., :2]
    size = np.maximum(np.hypot(ahead[..., 0], ahead[..., 1]), 1e-9)
    lines[:, :-1, 2:] += (ahead / size[..., None] * _OVERLAP)[:, :-1]
    return lines.reshape(-1, 4)


def draw_lines(painter: QPainter, lines: FloatArray, array: PrimitiveArray | None = None) -> None:
    """Draw `lines` [M, 4] with the painter's pen in one call; `array` is room to use again."""
    if not len(lines):
        return
    array = PrimitiveArray(QLineF, 4) if array is None else array
    array.resize(len(lines))
    array.ndarray()[:] = lines
    painter.drawLines(*array.drawargs())


def draw_pixmap_at(
    painter: QPainter,
    centres: FloatArray,
    pixmap: QPixmap,
    scale: FloatArray | float,
    parts: FloatArray | None = None,
) -> None:
    """Draw `pixmap`, `scale` [M] times its size, around each of `centres` [M, 2] in one call.

    Of each only its part (left, top, width, height) of `parts` [M, 4], where that is given.
    """
    if not len(centres):
        return
    array = PrimitiveArray(QPainter.PixmapFragment, 10)
    array.resize(len(centres))
    fields = array.ndarray()
    fields[:, 0:2] = centres
    whole = (0.0, 0.0, pixmap.width(), pixmap.height())
    fields[:, 2:6] = whole if parts is None else parts
    fields[:, 6] = fields[:, 7] = scale
    fields[:, 8:10] = (0.0, 1.0)
    pointer, count = array.drawargs()
    painter.drawPixmapFragments(pointer, count, pixmap)


def _marks(
    geometry: Geometry, edges: IntArray, size: float, gap: float
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return edge and begin and end (share of its length) of marks set at even distances."""
    lengths = np.maximum(geometry.lengths[edges], 1e-9)
    period = size + gap
    count = np.maximum((lengths + gap) // period, 1).astype(np.int64)
    owner = np.repeat(np.arange(len(edges)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    number = np.arange(len(owner)) - first
    # The rest is shared between both ends, so that marks sit in the middle.
    rest = (lengths - count * period + gap) / 2
    begin = (rest[owner] + number * period) / lengths[owner]
    return edges[owner], begin, begin + size / lengths[owner]


def pieces(geometry: Geometry, edges: IntArray, size: float, gap: float) -> FloatArray:
    """Return `edges` as dashes [M, 4] of length `size` with gaps between, in scene units."""
    owner, begin, end = _marks(geometry, edges, size, gap)
    lines: FloatArray = np.concatenate(
        [geometry.along(owner, begin), geometry.along(owner, end)], axis=1
    )
    return lines


def _hatches(geometry: Geometry, edges: IntArray) -> FloatArray:
    owner, middle, _ = _marks(geometry, edges, HATCH, HATCH_GAP)
    centre = geometry.along(owner, middle)
    slant = np.array([HATCH_SIZE * 0.6, -HATCH_SIZE])
    lines: FloatArray = np.concatenate([centre - slant, centre + slant], axis=1)
    return lines
