"""The lines of a derivation put on a page: equal signs below each other, hits, cards. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from bpviz.explain.expression import Expression, Number
from bpviz.ui.formula.boxes import Box, Drawn, Hit, Piece, broken, hits, inks, referring, row
from bpviz.ui.formula.typesetter import Typesetter

# Formulas that fit in no other way are set smaller, down to this share.
SMALLEST_SHARE: Final = 0.62
WIDEST_LEFT: Final = 0.42


@dataclass(frozen=True)
class FormulaLine:
    """One line: left = right. Lines without a left side go on with the last one that has one.

    A "result" is a number, set larger and in the colour `tone`; "numbers" and "result" stand on
    a card. `caption` is set small over the line.
    """

    right: Expression
    left: Expression | None = None
    relation: str = "="
    role: Literal["symbols", "numbers", "result"] = "symbols"
    tone: str = ""
    caption: str = ""


class Card(NamedTuple):
    """A rounded rectangle behind lines."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Page:
    """Everything that is drawn, and where its terms are; `bands` are rows to choose from."""

    width: float = 0.0
    height: float = 0.0
    drawn: list[Drawn] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    bands: list[Card] = field(default_factory=list)

    def put(self, box: Box, x: float, y: float) -> None:
        """Draw `box` with the left end of its baseline at (x, y)."""
        self.drawn += inks(box, x, y)
        self.hits += hits(box, x, y)
        self.width = max(self.width, x + box.width)


def lay_out(lines: Iterable[FormulaLine], typesetter: Typesetter, size: int, width: float) -> Page:
    """Return the lines at a type size in pixels on a page `width` pixels wide."""
    setting = _Setting(typesetter, size, width)
    for line in lines:
        setting.add(line)
    return setting.finished()


class _Setting:
    """Puts one line after the other on a page."""

    def __init__(self, typesetter: Typesetter, size: int, width: float) -> None:
        self._page = Page()
        self._typesetter = typesetter
        self._size, self._width = size, width
        self._pad = round(0.55 * size)
        self._y = 0.0
        self._column = 0.0
        self._waiting: Box | None = None
        self._card_from: float | None = None
        self._caption_shown = ""

    def add(self, line: FormulaLine) -> None:
        """Put `line` below all others."""
        size = self._size
        on_card = line.role != "symbols"
        pieces = self._pieces(line, size)
        if not on_card:
            self._close_card()
        inside = self._card_from is not None
        # On one card several lines share the rule that is named above it.
        caption = "" if inside and line.caption == self._caption_shown else line.caption
        if self._y:
            self._y += round(0.5 * size if line.left is None or caption else 0.9 * size)
        if caption:
            self._caption(caption, self._pad if inside else 0.0)
        if on_card and self._card_from is None:
            self._card_from = self._y
            self._y += 0.6 * size
            if line.left is None and not self._fits(line, pieces):
                # Rather further left than broken.
                self._column = self._pad
        if line.left is not None:
            self._left(line.left)
        self._right(line, pieces)

    def finished(self) -> Page:
        """Return the page."""
        self._close_card()
        self._page.height = self._y
        return self._page

    def _caption(self, words: str, x: float) -> None:
        self._caption_shown = words
        size = max(9, round(0.74 * self._size))
        box = self._typesetter.text(words, "roman", size, "muted")
        self._page.put(box, x, self._y + box.ascent)
        self._y += box.height + round(0.5 * self._size)

    def _left(self, left: Expression) -> None:
        """Put the left side; the equal signs stand behind it, or below it where it is long."""
        box = self._typesetter.box(left, self._size)
        if box.width <= WIDEST_LEFT * self._width:
            self._column = self._pad + box.width + 0.3 * self._size
            self._waiting = box
            return
        self._page.put(box, self._pad, self._y + box.ascent)
        self._y += box.height + 0.45 * self._size
        self._column = self._pad + 0.6 * self._size
        self._waiting = None

    def _right(self, line: FormulaLine, pieces: Sequence[Piece]) -> None:
        boxes, relation, x = self._fitted(line, pieces)
        left = self._waiting if line.left is not None else None
        for place, box in enumerate(boxes):
            ascent, descent = box.ascent, box.descent
            if place == 0:
                both = [relation, *([left] if left else [])]
                ascent = max(ascent, *(each.ascent for each in both))
                descent = max(descent, *(each.descent for each in both))
            baseline = self._y + ascent
            if place == 0:
                if left is not None:
                    self._page.put(left, self._pad, baseline)
                self._page.put(relation, self._column, baseline)
            self._page.put(box, x, baseline)
            self._y = baseline + descent
            if place < len(boxes) - 1:
                self._y += 0.38 * self._size

    def _pieces(self, line: FormulaLine, size: int) -> list[Piece]:
        if line.role != "result":
            return self._typesetter.pieces(line.right, size)
        assert isinstance(line.right, Number)
        box = self._typesetter.number(line.right.value, round(size * 1.15), "bold", line.tone)
        return [Piece(referring(box, line.right.reference))]

    def _fitted(
        self, line: FormulaLine, pieces: Sequence[Piece]
    ) -> tuple[Sequence[Box], Box, float]:
        """Return the right side's lines, its relation, and where it begins; smaller if it must."""
        size = self._size
        while True:
            relation = self._typesetter.text(line.relation, "roman", size)
            x = self._column + relation.width + 0.3 * size
            room = self._width - x - self._pad
            boxes = broken(pieces, room)
            fits = max(box.width for box in boxes) <= room
            if fits or size - 1 < SMALLEST_SHARE * self._size:
                return boxes, relation, x
            size -= 1
            pieces = self._pieces(line, size)

    def _fits(self, line: FormulaLine, pieces: Sequence[Piece]) -> bool:
        """Whether the line stands in one piece behind an equal sign in the column."""
        sign = self._typesetter.text(line.relation, "roman", self._size).width + 0.3 * self._size
        return self._column + sign + row(pieces).width + self._pad <= self._width

    def _close_card(self) -> None:
        if self._card_from is None:
            return
        self._y += round(0.6 * self._size)
        card = Card(0.0, self._card_from, self._width, self._y - self._card_from)
        self._page.cards.append(card)
        self._card_from = None
