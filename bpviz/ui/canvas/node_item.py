"""The items of nodes: one each in a small network, one layer for all in a large one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.card import (
    GLOW,
    NAME_FROM,
    Card,
    card_bounds,
    paint_body,
    paint_card,
    paint_halo,
    paint_name,
    paint_numbers,
    shape_bounds,
)
from bpviz.ui.canvas.geometry import RADIUS, BoolArray, Geometry, IntArray
from bpviz.ui.canvas.heat_shapes import HeatDots, HeatShape
from bpviz.ui.canvas.kept import KeptPicture, can_paste
from bpviz.ui.canvas.letters import Letters
from bpviz.ui.canvas.pens import state_color
from bpviz.ui.canvas.shown import Shown, State
from bpviz.ui.canvas.strokes import draw_pixmap_at
from bpviz.ui.style import Theme, guard, mix

# Up to this many visible nodes are drawn with their texts.
CARD_LIMIT: Final = 500
NODE_LEVEL: Final = 4.0
# How strong what is faded is still drawn.
FAINT: Final = 0.3


class NodeItem(QGraphicsItem):
    """Draws the card it was handed; owns no timer and knows no model."""

    def __init__(self, card: Card, theme: Theme, letters: Letters) -> None:
        super().__init__()
        self.card = card
        self._theme = theme
        self._letters = letters
        self._heat: QImage | None = None
        self._heat_shape = HeatShape()
        self._kept = KeptPicture()
        self.setZValue(NODE_LEVEL)

    def show_heat(self, heat: QImage | None) -> None:
        """Draw this heat map behind the texts from now on; its pixels may have changed."""
        self._heat = heat
        self._heat_shape.renew()
        self.update()

    def show_card(self, card: Card, theme: Theme) -> None:
        """Draw `card` from now on."""
        if card != self.card or theme is not self._theme:
            self.card, self._theme = card, theme
            self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around the node and its texts."""
        return card_bounds()

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the card, with as much text as is legible."""
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        card, theme, heat = self.card, self._theme, self._heat
        if not can_paste(painter, widget):
            paint_card(painter, card, theme, self._letters, zoom, heat)
            return
        on_heat = heat is not None
        if heat is not None:
            paint_halo(painter, card, theme)
            self._heat_shape.paint(painter, widget, heat, is_square=card.is_square)
        self._kept.paint(painter, widget, self._look(), shape_bounds(), self._paint_still)
        paint_numbers(painter, card, theme, self._letters, zoom, on_heat=on_heat)

    def _look(self) -> tuple[object, ...]:
        """Return all that the parts that stay while numbers change depend on."""
        card = self.card
        marks = (card.border, card.ring, card.lit, card.selected, card.hovered, card.offered)
        return (marks, card.is_square, card.name, bool(card.value), self._theme, self._heat is None)

    def _paint_still(self, painter: QPainter) -> None:
        """Paint what stays while numbers and heat map change: the shape and the name."""
        card, theme, on_heat = self.card, self._theme, self._heat is not None
        zoom = painter.worldTransform().m11()
        if not on_heat:
            paint_halo(painter, card, theme)
        paint_body(painter, card, theme, None if on_heat else theme.node)
        paint_name(painter, card, theme, self._letters, zoom, on_heat=on_heat)


class NodeLayer(QGraphicsItem):
    """Draws all nodes of a large network: as dots, or as cards once few enough are visible."""

    def __init__(self, theme: Theme, letters: Letters) -> None:
        super().__init__()
        self._theme = theme
        self._letters = letters
        self._geometry: Geometry | None = None
        self._shown: Shown | None = None
        self._marked: IntArray = np.zeros(0, np.int64)
        self._special: IntArray = np.zeros(0, np.int64)
        self._heat: Sequence[QImage] = ()
        self._card: Callable[[int], Card] | None = None
        self._faded: BoolArray | None = None
        self._heat_dots = HeatDots()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(NODE_LEVEL)

    def show_nodes(
        self,
        geometry: Geometry,
        shown: Shown,
        marked: IntArray,
        special: IntArray,
        card: Callable[[int], Card],
        theme: Theme,
    ) -> None:
        """Draw `geometry`'s nodes; `marked` ones are selected, `card` makes the card of one.

        The cards of `special` ones are like no other's; all others are alike where kind and state
        are, as long as nothing can be read on them.
        """
        self.prepareGeometryChange()
        self._geometry, self._shown, self._marked = geometry, shown, marked
        self._special = special
        self._card, self._theme = card, theme
        self.update()

    def show_heat(self, images: Sequence[QImage]) -> None:
        """Draw these heat maps, where there are few enough nodes for them."""
        self._heat = images
        self._heat_dots.renew()
        self.update()

    def set_faded(self, faded: BoolArray | None) -> None:
        """Draw the nodes where `faded` [N] faintly; None for no such."""
        if faded is not None or self._faded is not None:
            self._faded = faded
            self.update()

    def _opacity(self, node: int) -> float:
        is_faded = self._faded is not None and node < len(self._faded) and self._faded[node]
        return FAINT if is_faded else 1.0

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all nodes."""
        if self._geometry is None:
            return QRectF()
        left, top, right, bottom = self._geometry.bounds
        return QRectF(left, top, right - left, bottom - top).adjusted(-100, -40, 100, 70)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint what is exposed."""
        if self._geometry is None or self._shown is None or self._card is None:
            return
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        seen = option.exposedRect.adjusted(-100, -80, 100, 80)
        x, y = self._geometry.positions.T
        visible = np.flatnonzero(
            (x >= seen.left()) & (x <= seen.right()) & (y >= seen.top()) & (y <= seen.bottom())
        )
        if len(visible) > CARD_LIMIT:
            opacity = np.array([self._opacity(node) for node in visible.tolist()])
            for each in np.unique(opacity):
                painter.setOpacity(float(each))
                self._paint_dots(painter, visible[opacity == each], zoom)
            painter.setOpacity(1.0)
            return
        if zoom < NAME_FROM and (self._faded is None or not self._heat):
            visible = self._paint_alike(painter, visible, zoom)
        for node in visible.tolist():
            painter.save()
            painter.setOpacity(self._opacity(int(node)))
            painter.translate(x[node], y[node])
            heat = self._heat[node] if node < len(self._heat) else None
            paint_card(painter, self._card(node), self._theme, self._letters, zoom, heat)
            painter.restore()

    def _paint_alike(self, painter: QPainter, visible: IntArray, zoom: float) -> IntArray:
        """Paste the picture of one at all nodes that look alike; return those that look like none.

        No name is legible, so kind and state are all that tells nodes apart.
        """
        geometry, shown, card = self._geometry, self._shown, self._card
        assert geometry is not None
        assert shown is not None
        assert card is not None
        own = visible[visible < geometry.node_count]
        alike = own[~np.isin(own, self._special)]
        look = 4 * shown.value.state[alike].astype(np.int64)
        look += 2 * geometry.is_square[alike] + shown.active_nodes[alike]
        if self._heat:
            size = self._picture_size(zoom)
            self._heat_dots.paint(painter, geometry, alike, self._heat, zoom, size)
        for kind in np.unique(look):
            here = alike[look == kind]
            picture = self._picture(card(int(here[0])), zoom)
            draw_pixmap_at(painter, geometry.positions[here], picture, 1.0 / zoom)
        return visible[~np.isin(visible, alike)]

    @staticmethod
    def _picture_size(zoom: float) -> int:
        return int(2 * (RADIUS + GLOW) * zoom) + 3

    def _picture(self, card: Card, zoom: float) -> QPixmap:
        """Return the picture of a card without texts; hollow where heat maps lie behind it."""
        size = self._picture_size(zoom)
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        inside = QPainter(picture)
        inside.translate(size / 2, size / 2)
        inside.scale(zoom, zoom)
        paint_halo(inside, card, self._theme)
        paint_body(inside, card, self._theme, None if self._heat else self._theme.node)
        inside.end()
        return picture

    def _paint_dots(self, painter: QPainter, visible: IntArray, zoom: float) -> None:
        """Paste one picture per colour of dot at every node: no text and no path per node."""
        assert self._geometry is not None
        assert self._shown is not None
        count = self._geometry.node_count
        state = np.full(len(self._geometry.positions), State.ZERO, np.int64)
        state[:count] = self._shown.value.state
        selected = np.zeros(len(state), np.bool_)
        selected[self._marked] = True
        size = max(2.0 * RADIUS * zoom, 3.0)
        for kind in np.unique(state[visible]):
            for marked in (False, True):
                here = visible[(state[visible] == kind) & (selected[visible] == marked)]
                if len(here):
                    dot = _dot(self._theme, int(kind), size, marked=marked)
                    centres = self._geometry.positions[here]
                    draw_pixmap_at(painter, centres, dot, 1.0 / zoom)


def _dot(theme: Theme, state: int, size: float, *, marked: bool) -> QPixmap:
    picture = QPixmap(int(size) + 4, int(size) + 4)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = state_color(theme, "values", state)
    painter.setPen(QColor(theme.accent if marked else color))
    painter.setBrush(QColor(theme.accent if marked else mix(theme.canvas, color, 0.6)))
    painter.drawEllipse(QRectF(2.0, 2.0, size, size))
    painter.end()
    return picture
