"""The numbers on edges: small boxes at free places along them, never over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.letters import Letters, draw_centred
from bpviz.ui.canvas.room import obstacles
from bpviz.ui.style import Theme, guard, scaled_font

LABEL_LEVEL: Final = 2.0
# How strong labels of faded edges are still drawn.
FAINT: Final = 0.25
TEXT_SIZE: Final = 12.0
LINE_HEIGHT: Final = 15.0
GAP: Final = 4.0
# Below this zoom the texts can't be read and are left out.
LABELS_FROM: Final = 0.55
# Above this many edges in the network only those that matter now have a label.
ALL_LABELS_LIMIT: Final = 30
# So often may a label push others out of its place.
PUSHES: Final = 150
# Where not all labels find a place they are tried at these sizes.
SCALES: Final = (1.0, 0.87, 0.75)
# A label keeps this far from other edges, where it can.
_AWAY: Final = 14.0
_PLACES: Final = np.linspace(0.12, 0.88, 33)


class LabelText(NamedTuple):
    """The two lines of a label; `color` is that of the second."""

    first: str
    second: str
    color: str


@dataclass(frozen=True)
class Label:
    """A label at its place: the middle of its box in scene units."""

    edge: int
    x: float
    y: float
    text: LabelText


def box_size(font: QFont, digits: int) -> tuple[float, float]:
    """Return width and height of every label with numbers of `digits` digits.

    The size is the same for all, so that labels stay in place while numbers change.
    """
    metrics = QFontMetricsF(scaled_font(font, TEXT_SIZE, bold=True))
    longest = "∂ −0.0" + "0" * digits
    return metrics.horizontalAdvance(longest) + 12.0, 2 * LINE_HEIGHT + 4.0


class Spot(NamedTuple):
    """Where a label's middle is, in scene units and as a share of its edge's length."""

    x: float
    y: float
    share: float


def place_labels(
    geometry: Geometry, wanted: Sequence[int], size: tuple[float, float]
) -> dict[int, Spot]:
    """Return the middle of each label that finds a place.

    A label is centred on its own edge, and overlaps no node, none of a node's texts and no other
    label. Places near the middle that are clear of other edges are taken first.
    """
    edges = np.asarray(wanted, np.int64)
    if not len(edges):
        return {}
    places = np.tile(_PLACES, len(edges))
    centres = geometry.along(np.repeat(edges, len(_PLACES)), places)
    half = np.array(size) / 2
    free = ~_overlaps(centres, half + GAP, obstacles(geometry))
    cost = np.abs(places - 0.5) + 0.16 * _near_edges(geometry, edges, centres, half + _AWAY)
    shape = (len(edges), len(_PLACES))
    clash = _within(centres, centres, 2 * half + GAP)
    chosen = _best_arrangement(clash, free.reshape(shape), cost.reshape(shape))
    return {
        int(edges[row]): Spot(
            float(centres[place, 0]), float(centres[place, 1]), float(places[place])
        )
        for row, place in chosen.items()
    }


def follow_edges(
    geometry: Geometry, spots: Mapping[int, Spot], size: tuple[float, float]
) -> dict[int, Spot]:
    """Return the labels carried along by edges that moved; those in the way are left out."""
    edges = np.array(list(spots), np.int64)
    if not len(edges):
        return {}
    shares = np.array([spot.share for spot in spots.values()])
    centres = geometry.along(edges, shares)
    half = np.array(size) / 2
    free = ~_overlaps(centres, half, obstacles(geometry))
    clash = _within(centres, centres, 2 * half)
    kept: list[int] = []
    for row in np.flatnonzero(free):
        if not clash[row, kept].any():
            kept.append(int(row))
    return {
        int(edges[row]): Spot(float(centres[row, 0]), float(centres[row, 1]), float(shares[row]))
        for row in kept
    }


def fit_labels(
    geometry: Geometry, wanted: Sequence[int], size: tuple[float, float]
) -> tuple[dict[int, Spot], float]:
    """Return `place_labels`, and the scale of `size`: the largest at which all find a place.

    Where they never all do, it is the scale at which most do.
    """
    best: dict[int, Spot] = {}
    best_scale = 1.0
    for scale in SCALES:
        places = place_labels(geometry, wanted, (size[0] * scale, size[1] * scale))
        if len(places) > len(best):
            best, best_scale = places, scale
        if len(best) == len(wanted):
            break
    return best, best_scale


def _best_arrangement(clash: BoolArray, free: BoolArray, cost: FloatArray) -> dict[int, int]:
    """Return row → place (row · P + number) of the best arrangement, of those tried.

    A label that finds all its places taken pushes out what stands in the way of its best one;
    what was pushed out often is harder to push out again, so that the search ends. `clash`
    [E·P, E·P] tells which places exclude one another, `free` and `cost` [E, P] judge each.
    """
    width = free.shape[1]
    waiting = sorted(np.flatnonzero(free.any(axis=1)), key=lambda row: int(free[row].sum()))
    pushed = np.zeros(len(free))
    chosen: dict[int, int] = {}
    best: dict[int, int] = {}
    for _ in range(PUSHES + len(waiting)):
        if not waiting:
            break
        row = int(waiting.pop(0))
        others = np.array(list(chosen), np.int64)
        taken = np.array(list(chosen.values()), np.int64)
        against = clash[row * width : (row + 1) * width][:, taken]
        price = against @ (1.0 + pushed[others]) + cost[row]
        place = int(np.argmin(np.where(free[row], price, np.inf)))
        for other in others[against[place]]:
            del chosen[int(other)]
            pushed[other] += 1.0
            waiting.append(other)
        chosen[row] = row * width + place
        if len(chosen) > len(best):
            best = dict(chosen)
    return best


def _overlaps(centres: FloatArray, half: FloatArray, boxes: FloatArray) -> BoolArray:
    """Return which boxes of half size `half` around `centres` [M, 2] touch any of `boxes`."""
    x, y = centres[:, 0, None], centres[:, 1, None]
    left, top, right, bottom = boxes.T
    across = (x + half[0] > left) & (x - half[0] < right)
    hit: BoolArray = (across & (y + half[1] > top) & (y - half[1] < bottom)).any(axis=1)
    return hit


def _within(first: FloatArray, second: FloatArray, reach: FloatArray) -> BoolArray:
    """Return which points [M, K] of `first` [M, 2], `second` [K, 2] are nearer than `reach`."""
    near: BoolArray = (np.abs(first[:, 0, None] - second[:, 0]) < reach[0]) & (
        np.abs(first[:, 1, None] - second[:, 1]) < reach[1]
    )
    return near


def _near_edges(
    geometry: Geometry, edges: IntArray, centres: FloatArray, half: FloatArray
) -> FloatArray:
    """Return how many points of other edges are within `half` of each of `centres` [E·P]."""
    lines = geometry.points
    if lines.shape[1] == 2:
        return np.zeros(len(centres))
    inside = _within(centres, lines.reshape(-1, 2), half)
    per_edge = inside.reshape(len(centres), len(lines), -1).sum(axis=2)
    own = np.repeat(edges, len(centres) // len(edges))
    count: FloatArray = (per_edge.sum(axis=1) - per_edge[np.arange(len(own)), own]).astype(float)
    return count


class LabelLayer(QGraphicsItem):
    """Draws all labels of edges in one item."""

    def __init__(self, theme: Theme, letters: Letters) -> None:
        super().__init__()
        self._theme = theme
        self._letters = letters
        self._size = (0.0, 0.0)
        self._scale = 1.0
        self._bright: frozenset[int] | None = None
        self.labels: tuple[Label, ...] = ()
        self.setZValue(LABEL_LEVEL)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a label's box."""
        return self._size

    def show_labels(
        self, labels: tuple[Label, ...], size: tuple[float, float], scale: float, theme: Theme
    ) -> None:
        """Draw `labels`, boxes of `size`, with texts at `scale`, from now on."""
        if labels == self.labels and size == self._size and theme is self._theme:
            return
        self.prepareGeometryChange()
        self.labels, self._size, self._scale, self._theme = labels, size, scale, theme
        self.update()

    def set_bright(self, edges: frozenset[int] | None) -> None:
        """Draw the labels of all but these edges faintly; None for all bright."""
        if edges != self._bright:
            self._bright = edges
            self.update()

    def _opacity(self, label: Label) -> float:
        return 1.0 if self._bright is None or label.edge in self._bright else FAINT

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all labels."""
        if not self.labels:
            return QRectF()
        x = [label.x for label in self.labels]
        y = [label.y for label in self.labels]
        width, height = self._size
        box = QRectF(min(x), min(y), max(x) - min(x), max(y) - min(y))
        return box.adjusted(-width, -height, width, height)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the labels, where the zoom lets them be read."""
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if zoom < LABELS_FROM or not self.labels:
            return
        theme, (width, height) = self._theme, self._size
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.label))
        border = QPen(QColor(theme.node_border), 1.0)
        border.setCosmetic(True)
        for label in self.labels:
            painter.setOpacity(self._opacity(label))
            painter.setPen(border)
            box = QRectF(label.x - width / 2, label.y - height / 2, width, height)
            painter.drawRoundedRect(box, 5.0, 5.0)
        for label in self.labels:
            painter.setOpacity(self._opacity(label))
            painter.setPen(QColor(theme.muted))
            self._line(painter, label, zoom, bold=False)
            painter.setPen(QColor(label.text.color))
            self._line(painter, label, zoom, bold=True)

    def _line(self, painter: QPainter, label: Label, zoom: float, *, bold: bool) -> None:
        """Draw a label's first line, or its second, in `bold`."""
        text = label.text.second if bold else label.text.first
        room = self._size[0] - 6.0 * self._scale
        face = self._letters.fitting(text, TEXT_SIZE * self._scale, room, zoom, bold=bold)
        if face is not None:
            down = LINE_HEIGHT * self._scale / (2 if bold else -2)
            draw_centred(painter, face, text, label.x, label.y + down)
