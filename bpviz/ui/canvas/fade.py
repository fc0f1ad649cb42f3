"""What is not connected to the node under the pointer fades, and comes back when it leaves."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.edge_layer import EDGE_LEVEL
from bpviz.ui.canvas.geometry import BoolArray, Geometry, IntArray
from bpviz.ui.canvas.node_item import FAINT
from bpviz.ui.canvas.pens import LEVELS, Pens, levels
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.strokes import draw_lines, solid, strokes
from bpviz.ui.style import guard

FADE_LEVEL: Final = EDGE_LEVEL + 0.5
# How much of what is faded is covered by the canvas's colour.
VEIL: Final = 0.78
_MARGIN: Final = 30.0


class FadeLayer(QGraphicsItem):
    """A veil over all edges, with those of one node drawn over it.

    The edges below stay as they are, so that the pointer can go from node to node over thousands.
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._edges: IntArray = np.zeros(0, np.int64)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(FADE_LEVEL)
        self.setVisible(False)

    def show_over(self, picture: Picture, edges: IntArray) -> None:
        """Veil all of `picture`'s edges but `edges`."""
        self.prepareGeometryChange()
        self._picture, self._edges = picture, edges
        self.setVisible(True)
        self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all edges."""
        if self._picture is None:
            return QRectF()
        left, top, right, bottom = self._picture.geometry.bounds
        box = QRectF(left, top, right - left, bottom - top)
        return box.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the veil, then the node's own edges."""
        if self._picture is None:
            return
        geometry, shown, theme = self._picture.geometry, self._picture.shown, self._picture.theme
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(theme.canvas)
        veil.setAlphaF(VEIL)
        painter.fillRect(option.exposedRect.intersected(self.boundingRect()), veil)
        pens, plain = Pens(theme, shown.overlay), not geometry.is_curved
        bucket = levels(shown.edges.state, shown.strength)[self._edges]
        for kind in np.unique(bucket):
            edges = self._edges[bucket == kind]
            painter.setPen(pens.pen(int(kind), zoom, plain=plain))
            state = int(kind) // LEVELS
            draw_lines(
                painter, solid(geometry, edges) if plain else strokes(geometry, edges, state)
            )


class Fader:
    """Fades a picture but for one node, its edges and its neighbours."""

    def __init__(self, scene: QGraphicsScene) -> None:
        self.layer = FadeLayer()
        self._node = -1
        scene.addItem(self.layer)

    @property
    def is_on(self) -> bool:
        """Whether something is faded now."""
        return self._node >= 0

    def show(self, picture: Picture, node: int) -> None:
        """Fade what is not connected to `node`; −1 fades nothing."""
        if node < 0 and self._node < 0:
            return
        self._node = node
        if node < 0:
            self.layer.setVisible(False)
            _brighten(picture, None, None)
        else:
            edges = own_edges(picture.geometry, node)
            self.layer.show_over(picture, edges)
            _brighten(picture, kept_nodes(picture.geometry, node), edges)


def _brighten(picture: Picture, nodes: BoolArray | None, edges: IntArray | None) -> None:
    """Let only these nodes and these edges' labels stay bright; None stands for all."""
    for node, item in picture.node_items.items():
        item.setOpacity(1.0 if nodes is None or nodes[node] else FAINT)
    picture.node_layer.set_faded(None if nodes is None else ~nodes)
    picture.label_layer.set_bright(None if edges is None else frozenset(edges.tolist()))


def own_edges(geometry: Geometry, node: int) -> IntArray:
    """Return the edges into and out of `node`, those to the loss included."""
    return np.flatnonzero((geometry.source == node) | (geometry.target == node))


def kept_nodes(geometry: Geometry, node: int) -> BoolArray:
    """Return which of all nodes, the loss included, are `node` or have an edge with it."""
    kept = np.zeros(len(geometry.positions), np.bool_)
    edges = own_edges(geometry, node)
    kept[geometry.source[edges]] = True
    kept[geometry.target[edges]] = True
    if 0 <= node < len(kept):
        kept[node] = True
    return kept
