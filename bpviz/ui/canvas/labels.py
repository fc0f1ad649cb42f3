"""The numbers on edges: small boxes at free places along them, never over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.card import BELOW_SIZE, CIRCLE_TEXT, SQUARE_TEXT
from bpviz.ui.canvas.geometry import RADIUS, BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.style import Theme, guard, scaled_font

LABEL_LEVEL: Final = 2.0
TEXT_SIZE: Final = 12.0
LINE_HEIGHT: Final = 15.0
GAP: Final = 4.0
# Below this zoom the texts can't be read and are left out.
LABELS_FROM: Final = 0.55
# Above this many edges in the network only those that matter now have a label.
ALL_LABELS_LIMIT: Final = 60
# So often is the arrangement tried anew where labels are left over.
ROUNDS: Final = 8
# A label keeps this far from other edges, where it can.
_AWAY: Final = 14.0
_PLACES: Final = np.linspace(0.12, 0.88, 39)


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


def place_labels(
    geometry: Geometry, wanted: Sequence[int], size: tuple[float, float]
) -> dict[int, tuple[float, float]]:
    """Return the middle of each label that finds a place; earlier ones of `wanted` choose first.

    A label is centred on its own edge, and overlaps no node, none of a node's texts and no other
    label. Places near the middle that cover little of other edges are taken first.
    """
    edges = np.asarray(wanted, np.int64)
    if not len(edges):
        return {}
    places = np.tile(_PLACES, len(edges))
    centres = geometry.along(np.repeat(edges, len(_PLACES)), places)
    centres = centres.reshape(len(edges), len(_PLACES), 2)
    half = np.array(size) / 2
    free = ~_overlaps(centres, half + GAP, _obstacles(geometry))
    cost = np.abs(_PLACES - 0.5)[None, :] + 0.16 * _covered(geometry, edges, centres, half + _AWAY)
    chosen = _best_arrangement(centres, free, cost, 2 * half + GAP)
    return {
        int(edges[row]): (float(centres[row, place, 0]), float(centres[row, place, 1]))
        for row, place in chosen.items()
    }


def _best_arrangement(
    centres: FloatArray, free: BoolArray, cost: FloatArray, apart: FloatArray
) -> dict[int, int]:
    """Return row → place of the arrangement that holds most labels.

    Greedy, those with the fewest free places first; those left over go first in the next round.
    """
    order = sorted(range(len(free)), key=lambda row: (int(free[row].sum()), row))
    best: dict[int, int] = {}
    for _ in range(ROUNDS):
        chosen = _arranged(order, centres, free, cost, apart)
        if len(chosen) > len(best):
            best = chosen
        left = [row for row in order if row not in chosen]
        if not any(free[row].any() for row in left):
            break
        order = left + [row for row in order if row in chosen]
    return best


def _arranged(
    order: list[int], centres: FloatArray, free: BoolArray, cost: FloatArray, apart: FloatArray
) -> dict[int, int]:
    """Give each row of `order` in turn its cheapest place that is still open."""
    chosen: dict[int, int] = {}
    for row in order:
        open_ = free[row].copy()
        for other, place in chosen.items():
            open_ &= (np.abs(centres[row] - centres[other, place]) >= apart).any(axis=1)
        if open_.any():
            chosen[row] = int(np.argmin(np.where(open_, cost[row], np.inf)))
    return chosen


def _obstacles(geometry: Geometry) -> FloatArray:
    """Return the boxes [B, 4] of all nodes and of the texts over and under them."""
    x, y = geometry.positions.T
    left, right = np.full((2, len(x)), CIRCLE_TEXT / 2)
    # Texts under squares reach away from the edges: see `paint_card`.
    left[geometry.is_square] = SQUARE_TEXT - RADIUS
    right[geometry.is_square] = RADIUS
    if geometry.has_loss:
        left[-1], right[-1] = right[-1], left[-1]
    shapes = np.stack([x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS], axis=1)
    below = np.stack([x - left, y + RADIUS, x + right, y + RADIUS + 12.0 + BELOW_SIZE], axis=1)
    circles = ~geometry.is_square
    over = CIRCLE_TEXT / 2 + 10.0
    above = np.stack([x - over, y - RADIUS - 25.0, x + over, y - RADIUS], axis=1)[circles]
    return np.concatenate([shapes, below, above])


def _overlaps(centres: FloatArray, half: FloatArray, boxes: FloatArray) -> BoolArray:
    """Return which boxes of half size `half` around `centres` [E, P, 2] touch any of `boxes`."""
    hit = np.zeros(centres.shape[:2], np.bool_)
    x, y = centres[..., 0], centres[..., 1]
    for left, top, right, bottom in boxes:
        hit |= (
            (x + half[0] > left)
            & (x - half[0] < right)
            & (y + half[1] > top)
            & (y - half[1] < bottom)
        )
    return hit


def _covered(
    geometry: Geometry, edges: IntArray, centres: FloatArray, half: FloatArray
) -> FloatArray:
    """Return how many points of other edges are within `half` of each place [E, P]."""
    count = np.zeros(centres.shape[:2])
    lines = geometry.points
    if lines.shape[1] == 2:
        return count
    for edge, points in enumerate(lines):
        apart = np.abs(centres[:, :, None, :] - points[None, None, :, :])
        inside = (apart[..., 0] < half[0]) & (apart[..., 1] < half[1])
        count += np.where(edges[:, None] == edge, 0, inside.sum(axis=2))
    return count


class LabelLayer(QGraphicsItem):
    """Draws all labels of edges in one item."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        super().__init__()
        self._theme = theme
        self._font = font
        self._size = (0.0, 0.0)
        self.labels: tuple[Label, ...] = ()
        self.setZValue(LABEL_LEVEL)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a label's box."""
        return self._size

    def show_labels(
        self, labels: tuple[Label, ...], size: tuple[float, float], theme: Theme
    ) -> None:
        """Draw `labels`, boxes of `size`, from now on."""
        if labels == self.labels and size == self._size and theme is self._theme:
            return
        self.prepareGeometryChange()
        self.labels, self._size, self._theme = labels, size, theme
        self.update()

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
        plain = scaled_font(self._font, TEXT_SIZE)
        bold = scaled_font(self._font, TEXT_SIZE, bold=True)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.label))
        border = QPen(QColor(theme.node_border), 1.0)
        border.setCosmetic(True)
        for label in self.labels:
            painter.setPen(border)
            box = QRectF(label.x - width / 2, label.y - height / 2, width, height)
            painter.drawRoundedRect(box, 5.0, 5.0)
        for label in self.labels:
            text = label.text
            painter.setPen(QColor(theme.muted))
            self._line(painter, plain, text.first, label.x, label.y - LINE_HEIGHT / 2)
            painter.setPen(QColor(text.color))
            self._line(painter, bold, text.second, label.x, label.y + LINE_HEIGHT / 2)

    def _line(self, painter: QPainter, font: QFont, text: str, x: float, y: float) -> None:
        metrics = QFontMetricsF(font)
        width = metrics.horizontalAdvance(text)
        room = self._size[0] - 6.0
        if width > room:
            font = scaled_font(font, font.pixelSize() * room / width, bold=font.bold())
            metrics = QFontMetricsF(font)
            width = metrics.horizontalAdvance(text)
        painter.setFont(font)
        painter.drawText(QPointF(x - width / 2, y + metrics.capHeight() / 2), text)
