"""The head over each layer: its name and size, − and + to change that, + between two layers."""

from __future__ import annotations

from itertools import pairwise
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.model.layers import Layer, layers
from bpviz.model.network import Network, replacements
from bpviz.ui.canvas.geometry import RADIUS, Geometry
from bpviz.ui.canvas.kept import KeptPicture
from bpviz.ui.canvas.letters import Face, Letters
from bpviz.ui.style import Theme, guard

HEAD_LEVEL: Final = 5.5
HEIGHT, BUTTON = 24.0, 24.0
# Width of a head with the size in words, and without.
FULL, SHORT = 156.0, 108.0
# The heads stand this far above the uppermost node of all layers.
ABOVE: Final = RADIUS + 38.0
# Below the first zoom heads are short, and larger the smaller the drawing; below the last unseen.
FULL_FROM: Final = 0.7
SIZES: Final = ((FULL_FROM, 1.0), (0.52, 1.5), (0.4, 1.8), (0.0, 2.1))
SMALLEST_ZOOM: Final = 0.25
# A layer whose nodes do not stand in a column has no head.
COLUMN: Final = 70.0
TEXT_SIZE: Final = 11.5
# What two heads keep free between them, the share of a narrow one that − and + take each, and the
# least width.
BETWEEN, BUTTON_SHARE, NARROWEST = 8.0, 0.24, 40.0
# Free beside a head's text, in all.
TEXT_MARGIN: Final = 6.0

What = Literal["select", "grow", "shrink", "insert"]


class Part(NamedTuple):
    """A part of a head that can be pressed: what it does, to the layer of which node."""

    what: What
    node: str
    box: QRectF
    text: str


class HeadsItem(QGraphicsItem):
    """Draws the heads of a network's layers, and tells which part of them lies at a point."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        super().__init__()
        self._theme = theme
        self._letters = Letters(font)
        self._network: Network | None = None
        self._layers: tuple[Layer, ...] = ()
        self._lit: Part | None = None
        self._scale = 1.0
        self._kept = KeptPicture()
        self.parts: tuple[Part, ...] = ()
        self.setZValue(HEAD_LEVEL)

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_heads(self, network: Network, geometry: Geometry) -> None:
        """Draw the heads of `network`, whose nodes lie as in `geometry`."""
        before = self._network
        if before is None or not (before is network or _same_layers(before, network)):
            self._layers = layers(network)
        self._network = network
        parts = parts_of(self._layers, geometry, self._scale)
        if parts != self.parts:
            self.prepareGeometryChange()
            self.parts, self._lit = parts, None
            self.update()

    def set_zoom(self, zoom: float) -> bool:
        """Keep the heads legible at pixels per scene unit; return whether they are others then."""
        scale = next(size for least, size in SIZES if zoom >= least)
        changed = scale != self._scale
        self._scale = scale
        return changed

    def part_at(self, at: QPointF, zoom: float) -> Part | None:
        """Return the part at a point of the scene, None where there is none."""
        if zoom < SMALLEST_ZOOM or not self.isVisible():
            return None
        return next((part for part in self.parts if part.box.contains(at)), None)

    def light(self, part: Part | None) -> None:
        """Light the part under the pointer."""
        if part != self._lit:
            self._lit = part
            self.update()

    def text_face(self, part: Part, zoom: float) -> Face | None:
        """Return in which letters a part's text fits between its borders; None for none."""
        room = part.box.width() - TEXT_MARGIN * self._scale
        return self._letters.fitting(part.text, TEXT_SIZE * self._scale, room, zoom)

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all heads."""
        box = QRectF()
        for part in self.parts:
            box = box.united(part.box)
        return box.adjusted(-2, -2, 2, 2) if self.parts else box

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the heads."""
        if option.levelOfDetailFromTransform(painter.worldTransform()) < SMALLEST_ZOOM:
            return
        look = (self.parts, self._lit, self._theme, self._scale)
        self._kept.paint(painter, widget, look, self.boundingRect(), self._paint_parts)

    def _paint_parts(self, painter: QPainter) -> None:
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        zoom = painter.worldTransform().m11()
        for part in self.parts:
            lit = part == self._lit
            painter.setPen(QPen(QColor(theme.accent if lit else theme.border), 1.0))
            painter.setBrush(QColor(theme.hover if lit else theme.panel))
            painter.drawRoundedRect(part.box, 5.0, 5.0)
            painter.setPen(QColor(theme.text if lit or part.what != "insert" else theme.muted))
            face = self.text_face(part, zoom)
            if face is not None:
                painter.setFont(face.font)
                painter.drawText(part.box, Qt.AlignmentFlag.AlignCenter, part.text)


def _same_layers(before: Network, after: Network) -> bool:
    """Whether two networks have the same layers for sure, from a look at what was replaced."""
    return (
        before.nodes is after.nodes
        and before.outputs == after.outputs
        and before.edge_index is after.edge_index
        and all(
            one.trainable == other.trainable
            for one, other in replacements(before.edges, after.edges)
        )
    )


def parts_of(found: tuple[Layer, ...], geometry: Geometry, scale: float = 1.0) -> tuple[Part, ...]:
    """Return all parts of the heads of `found`, from left to right, `scale` times as large."""
    columns = [(layer, x) for layer in found if (x := _column(layer, geometry)) is not None]
    if not columns:
        return ()
    middles = np.array([x for _, x in columns])
    width, is_narrow = _width(middles, scale)
    places = geometry.positions[: geometry.node_count]
    near = np.abs(places[:, :1] - middles).min(axis=1) <= width / 2 + RADIUS
    button, height = min(BUTTON * scale, width * BUTTON_SHARE), HEIGHT * scale
    y = float(places[near, 1].min()) - ABOVE - height
    parts: list[Part] = []
    for layer, x in columns:
        text = _head_text(layer, in_words=scale == 1.0, is_narrow=is_narrow)
        parts += _head(layer, QRectF(x - width / 2, y, width, height), button, text)
    for (left, x), (right, x2) in pairwise(columns):
        if set(right.sources) == set(left.ids) and x2 > x:
            # Where there is no room between the heads, the button stands above.
            fits = x2 - x >= width + 1.3 * button
            top = y if fits else y - height - 4.0 * scale
            box = QRectF((x + x2 - button) / 2, top, button, height)
            parts.append(Part("insert", left.ids[0], box, "+"))
    return tuple(parts)


def _width(middles: NDArray[np.float64], scale: float) -> tuple[float, bool]:
    """Return how wide heads over columns at `middles` are, and whether they are rather narrow.

    Two of them never touch, as near as their columns are.
    """
    wanted = (FULL if scale == 1.0 else SHORT) * scale
    steps = np.diff(np.sort(middles))
    room = float(steps[steps > 1.0].min(initial=np.inf)) - BETWEEN * scale
    width = max(min(wanted, room), NARROWEST)
    return width, width < SHORT * scale


def _column(layer: Layer, geometry: Geometry) -> float | None:
    """Return the middle of a layer's column, None where its nodes stand in none."""
    x = geometry.positions[[geometry.index[each] for each in layer.ids], 0]
    low, high = float(x.min()), float(x.max())
    return (low + high) / 2 if high - low <= COLUMN else None


def _head_text(layer: Layer, *, in_words: bool, is_narrow: bool) -> str:
    """Return the name and the size of a layer: a word more or less for the room there is."""
    count = len(layer.ids)
    if layer.kind != "hidden":
        name = layer.kind.removesuffix("puts") if is_narrow else layer.kind
        return f"{name} · {count}"
    if is_narrow:
        return f"{layer.number} · {count}"
    units = (" unit" if count == 1 else " units") if in_words else ""
    return f"layer {layer.number} · {count}{units}"


def _head(layer: Layer, box: QRectF, button: float, text: str) -> list[Part]:
    node = layer.ids[0]
    return [
        Part("shrink", node, QRectF(box.left(), box.top(), button, box.height()), "−"),
        Part("select", node, box.adjusted(button, 0.0, -button, 0.0), text),
        Part("grow", node, box.adjusted(box.width() - button, 0.0, 0.0, 0.0), "+"),
    ]


def tip_of(part: Part) -> str:
    """Return what a press on a part does."""
    return {
        "select": "Select this layer",
        "grow": "Add a node to this layer; all other weights stay",
        "shrink": "Remove the last node of this layer; all other weights stay",
        "insert": "Add a layer between these two",
    }[part.what]
