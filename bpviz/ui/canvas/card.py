"""The card of a node: its shape with name, value and formula, painted from plain texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QTransform

from bpviz.ui.canvas.geometry import HALF_SQUARE, RADIUS
from bpviz.ui.canvas.letters import LEAST_PIXELS, Letters, draw_centred, draw_text
from bpviz.ui.style import Theme, mix

GLOW: Final = 11.0
CORNER: Final = 9.0
NAME_SIZE, VALUE_SIZE, DETAIL_SIZE, BELOW_SIZE, ABOVE_SIZE = 14.0, 15.0, 11.0, 14.0, 11.0
SQUARE_BELOW_SIZE: Final = 12.0
# What of a card is legible, by device pixels per scene unit.
ALL_TEXT_FROM: Final = 0.55
VALUE_FROM: Final = 0.42
NAME_FROM: Final = 0.3
# Between the parts of a line; where it has no room for all of them it shows the first.
PARTS_JOIN: Final = "   "
# The largest width of the lines over and under a circle, and of the line under a square.
ABOVE_TEXT, CIRCLE_TEXT = 136.0, 116.0
SQUARE_TEXT: Final = 160.0
# The middles of the lines over and under a node, and from where to where they reach.
_BELOW, _ABOVE = RADIUS + 19.0, -RADIUS - 17.0
BELOW_BAND: Final = (RADIUS + 9.0, RADIUS + 29.0)
_SHORT_ROOM: Final = 2 * RADIUS - 8.0
ABOVE_BAND: Final = (-RADIUS - 25.0, -RADIUS - 9.0)


@dataclass(frozen=True)
class Card:
    """All that is drawn of a node. Texts that are empty are left out.

    `details` are the formula's text in several lengths, the best first. `ring` is the colour of
    the glow of the node where the step stands; `lit` of the nodes that it uses; `offered` tells
    whether an edge being drawn may end here ("yes", "no", "").
    """

    is_square: bool
    name: str
    value: str = ""
    value_color: str = ""
    details: tuple[str, ...] = ()
    below: str = ""
    below_color: str = ""
    above: str = ""
    above_color: str = ""
    border: str = "plain"
    ring: str = ""
    lit: str = ""
    selected: bool = False
    hovered: bool = False
    offered: str = ""
    is_loss: bool = False


def card_bounds() -> QRectF:
    """Return the box, around the node's centre, that a card never leaves."""
    return QRectF(-200.0, -RADIUS - 30.0, 400.0, 2 * RADIUS + 66.0)


def shape_bounds() -> QRectF:
    """Return the box, around the node's centre, of a card's shape with all that glows round it."""
    reach = RADIUS + GLOW + 3.0
    return QRectF(-reach, -reach, 2 * reach, 2 * reach)


def paint_card(
    painter: QPainter,
    card: Card,
    theme: Theme,
    letters: Letters,
    zoom: float,
    heat: QImage | None = None,
) -> None:
    """Paint `card` around the painter's origin; `zoom` is device pixels per scene unit.

    A `heat` map fills the shape behind the texts, which then all have the colour of plain text.
    """
    paint_halo(painter, card, theme)
    paint_body(painter, card, theme, theme.node if heat is None else _heat_brush(heat, card))
    on_heat = heat is not None
    paint_name(painter, card, theme, letters, zoom, on_heat=on_heat)
    paint_numbers(painter, card, theme, letters, zoom, on_heat=on_heat)


def paint_name(
    painter: QPainter, card: Card, theme: Theme, letters: Letters, zoom: float, *, on_heat: bool
) -> None:
    """Paint a card's name, where it is legible: large where it stands alone."""
    if zoom < NAME_FROM:
        return
    texts = _Texts(painter, letters, zoom)
    painter.setPen(QColor(theme.text))
    if zoom >= ALL_TEXT_FROM:
        texts.name(card.name, -18.0, _inner_room(card) * 0.8, NAME_SIZE)
    elif _has_short_value(card, zoom, on_heat=on_heat):
        texts.name(card.name, -14.0, _SHORT_ROOM * 0.8, 19.0)
    else:
        texts.name(card.name, 0.0, _SHORT_ROOM, 22.0)


def paint_numbers(
    painter: QPainter, card: Card, theme: Theme, letters: Letters, zoom: float, *, on_heat: bool
) -> None:
    """Paint what is legible of a card's other texts; `on_heat` where a heat map is behind them."""
    texts = _Texts(painter, letters, zoom)
    if zoom < ALL_TEXT_FROM:
        if _has_short_value(card, zoom, on_heat=on_heat):
            painter.setPen(QColor(card.value_color or theme.text))
            texts.line(card.value, 12.0, _SHORT_ROOM, 19.0, bold=True)
        return
    room = _inner_room(card)
    painter.setPen(QColor(theme.text if on_heat or not card.value_color else card.value_color))
    texts.line(card.value, 1.0, room, VALUE_SIZE, bold=True)
    painter.setPen(QColor(theme.text if on_heat else theme.muted))
    texts.detail(card.details, room * 0.88)
    if card.below:
        painter.setPen(QColor(card.below_color or theme.muted))
        _paint_below(texts, card)
    if card.above:
        painter.setPen(QColor(card.above_color or theme.muted))
        room = ABOVE_TEXT - 2.0
        if not texts.line(card.above, _ABOVE, room, ABOVE_SIZE):
            texts.line(card.above.partition(PARTS_JOIN)[0], _ABOVE, room, ABOVE_SIZE)


def _inner_room(card: Card) -> float:
    return 2 * (HALF_SQUARE if card.is_square else RADIUS) - 12.0


def _has_short_value(card: Card, zoom: float, *, on_heat: bool) -> bool:
    """Whether a value stands under the name in large letters."""
    return bool(card.value) and not on_heat and zoom >= VALUE_FROM


def _paint_below(texts: _Texts, card: Card) -> None:
    """Paint the line under a node: centred under a circle, reaching outwards under a square.

    Left of the inputs and right of the loss there are no edges.
    """
    if not card.is_square:
        texts.line(card.below, _BELOW, CIRCLE_TEXT - 2.0, BELOW_SIZE, bold=True)
        return
    room = SQUARE_TEXT - 2.0
    face = texts.letters.fitting(card.below, SQUARE_BELOW_SIZE, room, texts.zoom, bold=True)
    if face is not None:
        x = -RADIUS if card.is_loss else RADIUS - face.width(card.below)
        draw_text(texts.painter, face, card.below, x, _BELOW)


@dataclass(frozen=True)
class _Texts:
    """Draws a card's lines, each centred at a height."""

    painter: QPainter
    letters: Letters
    zoom: float

    def line(
        self, text: str, middle: float, room: float, size: float, *, bold: bool = False
    ) -> bool:
        """Draw a line with a number, smaller where `room` is less; return whether that is legible.

        A number is never cut; the tip over the node tells what is not drawn.
        """
        if not text:
            return True
        face = self.letters.fitting(text, size, room, self.zoom, bold=bold)
        if face is not None:
            draw_centred(self.painter, face, text, 0.0, middle)
        return face is not None

    def name(
        self, text: str, middle: float, room: float, size: float, *, bold: bool = True
    ) -> None:
        """Draw a name, with an ellipsis where it can't be made small enough."""
        if not text or self.line(text, middle, room, size, bold=bold):
            return
        face = self.letters.face(max(LEAST_PIXELS / self.zoom, 0.42 * size), bold=bold)
        draw_centred(self.painter, face, face.elided(text, room), 0.0, middle)

    def detail(self, variants: tuple[str, ...], room: float) -> None:
        """Draw the first of several formulas that fits, the last where none does."""
        face = self.letters.face(DETAIL_SIZE)
        fitting = [text for text in variants if face.width(text) <= room * 1.05]
        for text in (fitting or variants[-1:])[:1]:
            self.name(text, 19.5, room, DETAIL_SIZE, bold=False)


def paint_shape(painter: QPainter, card: Card, grow: float) -> None:
    """Paint a card's outline, `grow` further out, with the painter's pen and brush."""
    if card.is_square:
        size = HALF_SQUARE + grow
        corner = CORNER + max(grow, 0.0)
        painter.drawRoundedRect(QRectF(-size, -size, 2 * size, 2 * size), corner, corner)
    else:
        painter.drawEllipse(QPointF(0.0, 0.0), RADIUS + grow, RADIUS + grow)


def paint_halo(painter: QPainter, card: Card, theme: Theme) -> None:
    """Paint what glows round a card's shape."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if card.offered == "yes":
        painter.setBrush(QColor(mix(theme.canvas, theme.success, 0.3)))
        paint_shape(painter, card, 8.0)
    elif card.ring:
        painter.setBrush(QColor(mix(theme.canvas, card.ring, 0.24 if theme.dark else 0.17)))
        paint_shape(painter, card, GLOW)
    if card.selected:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent), 2.0))
        paint_shape(painter, card, 5.0)


def paint_body(
    painter: QPainter, card: Card, theme: Theme, fill: str | QBrush | None = None
) -> None:
    """Paint a card's shape, filled with a colour or a brush, or not at all."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, isinstance(fill, QBrush))
    if isinstance(fill, QBrush):
        painter.setBrush(fill)
    elif fill is None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        is_refused = card.offered == "no"
        painter.setBrush(QColor(mix(theme.canvas, fill, 0.5) if is_refused else fill))
    painter.setPen(_border(card, theme))
    paint_shape(painter, card, 0.0)


def _border(card: Card, theme: Theme) -> QPen:
    pen = QPen(QColor(theme.node_border), 1.4)
    if card.border == "not_computed":
        pen = QPen(QColor(mix(theme.canvas, theme.not_computed, 0.8)), 1.2)
        pen.setDashPattern([4.0, 4.0])
    elif card.border == "stale":
        pen = QPen(QColor(theme.stale), 1.6)
        pen.setDashPattern([1.2, 2.4])
    elif card.border == "non_finite":
        pen = QPen(QColor(theme.non_finite), 3.5)
    if card.offered == "yes":
        pen = QPen(QColor(theme.success), 2.4)
    elif card.ring and card.border != "non_finite":
        pen = QPen(QColor(card.ring), 3.0)
    elif card.lit and card.border in ("plain", "not_computed"):
        pen = QPen(QColor(card.lit), 2.0)
    elif card.hovered and card.border == "plain":
        pen = QPen(QColor(theme.muted), 1.8)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _heat_brush(heat: QImage, card: Card) -> QBrush:
    """Return a brush that stretches `heat` over the node's shape."""
    size = HALF_SQUARE if card.is_square else RADIUS
    brush = QBrush(heat)
    across, up = 2 * size / heat.width(), 2 * size / heat.height()
    brush.setTransform(QTransform(across, 0.0, 0.0, up, -size, -size))
    return brush
