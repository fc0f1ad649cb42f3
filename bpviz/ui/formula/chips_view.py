"""Quantities as chips: small rounded boxes, each with a name and its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from bpviz.explain.expression import Partial, Symbol
from bpviz.ui.formula.boxes import Hit, Piece, row
from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.page import Card, Page
from bpviz.ui.formula.terms_view import TermsView
from bpviz.ui.formula.typesetter import Typesetter
from bpviz.ui.style import Theme


class Chip(NamedTuple):
    """A quantity to show, and the name of the colour around it."""

    leaf: Symbol | Partial
    tone: str


class ChipsView(TermsView):
    """Shows chips in lines, as many as are needed."""

    def __init__(
        self, theme: Theme, font: FormulaFont | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, font, parent)
        self._chips: tuple[Chip, ...] = ()
        self._typesetter = Typesetter(self._glyphs)
        self._made_for = -1
        self.setObjectName("chips")
        self.setAccessibleName("Quantities used")

    @property
    def chips(self) -> tuple[Chip, ...]:
        """What is shown."""
        return self._chips

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Show these chips; the same ones again cost nothing."""
        if tuple(chips) != self._chips:
            self._chips = tuple(chips)
            self.lay_out()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        page, size = Page(), max(8, round(0.82 * self.type_size))
        if self._made_for != self._digits:
            self._made_for = self._digits
            self._typesetter = Typesetter(self._glyphs, self._digits)
        typesetter = self._typesetter
        gap, pad, high = 0.4 * size, 0.7 * size, 1.9 * size
        x = y = 0.0
        for chip in self._chips:
            name = typesetter.box(chip.leaf, size if isinstance(chip.leaf, Symbol) else size - 3)
            inside = row([Piece(name), Piece(typesetter.number(chip.leaf.value, size), pad)])
            height = max(high, inside.height + 0.7 * size)
            if x and x + inside.width + 2 * pad > width:
                x, y = 0.0, page.height + gap
            card = Card(x, y, inside.width + 2 * pad, height)
            page.cards.append(card)
            drop = (height - inside.height) / 2 + inside.ascent
            page.put(inside, x + pad, y + drop)
            if chip.leaf.reference is not None:
                page.hits.append(Hit(*card, chip.leaf.reference))
            x += card.width + gap
            page.height = max(page.height, y + height)
        return page

    def mark_shape(self, hit: Hit) -> tuple[QRectF, float]:
        """Return the chip, whose frame stays as it is."""
        rect = QRectF(hit.x, hit.y, hit.width, hit.height).adjusted(2.0, 2.0, -2.0, -2.0)
        return rect, rect.height() / 2

    def paint_backdrop(self, painter: QPainter) -> None:
        """Paint the chips, each in the colour of its sign."""
        painter.setBrush(QColor(self._theme.field))
        for card, chip in zip(self._page.cards, self._chips, strict=False):
            painter.setPen(QColor(getattr(self._theme, chip.tone)))
            rect = QRectF(*card).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
