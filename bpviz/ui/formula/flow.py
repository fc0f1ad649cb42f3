"""What pages of many formulas are put together from: lines that break, rows, captions. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bpviz.explain.expression import Expression
from bpviz.ui.formula.boxes import Box, Piece, broken
from bpviz.ui.formula.page import Card, Page
from bpviz.ui.formula.typesetter import Typesetter

# Formulas that fit in no other way are set smaller, down to this share.
SMALLEST_SHARE: Final = 0.6
CAPTION_SHARE: Final = 0.74
# Lines that go on with the one above begin further right, in shares of the type size.
INDENT: Final = 1.2


class Flow:
    """Puts formulas and words below each other on a page `width` pixels wide.

    `size` is the type size in pixels; `y` is where the next thing goes.
    """

    def __init__(self, typesetter: Typesetter, size: int, width: float) -> None:
        self.page = Page(width=width)
        self.typesetter = typesetter
        self.size, self.width = size, width
        self.y = 0.0

    def skip(self, share: float) -> None:
        """Leave a gap, in shares of the type size."""
        self.y += round(share * self.size)

    def caption(self, words: str, x: float, width: float, tone: str = "muted") -> float:
        """Put small words at `x`, broken into lines `width` wide; return how high they are."""
        top = self.y
        for line in self.words_in(words, self.caption_size, width, tone):
            self.page.put(line, x, top + line.ascent)
            top += line.height + 0.25 * self.size
        return top - self.y

    @property
    def caption_size(self) -> int:
        """The type size of captions."""
        return max(9, round(CAPTION_SHARE * self.size))

    def words_in(self, words: str, size: int, width: float, tone: str = "") -> list[Box]:
        """Return words in lines no wider than `width`, all as high."""
        space = 0.25 * size
        pieces = [
            Piece(self.typesetter.text(word, "roman", size, tone), space, 0)
            for word in words.split()
        ]
        if not pieces:
            return []
        # All lines of words are as high as one with all kinds of letters.
        tall = self.typesetter.text("Åg", "roman", size)
        return [
            Box(line.width, tall.ascent, tall.descent, line.ink, line.parts)
            for line in broken(pieces, width)
        ]

    def fitted(
        self, expression: Expression, width: float, before: Sequence[Piece] = ()
    ) -> list[Box]:
        """Return `expression` behind what comes `before`, in lines no wider than `width`.

        It is set smaller where it does not fit otherwise.
        """
        size = self.size
        while True:
            pieces = self.typesetter.pieces(expression, size)
            first = pieces[0]._replace(space=0.28 * size) if before else pieces[0]
            line = [*before, first, *pieces[1:]]
            boxes = broken(line, width)
            if len(boxes) > 1:
                boxes = broken(line, width - INDENT * self.size)
            indent = INDENT * self.size if len(boxes) > 1 else 0.0
            fits = max(box.width for box in boxes) <= width - indent
            if fits or size - 1 < SMALLEST_SHARE * self.size:
                return boxes
            size -= 1

    def put_lines(self, boxes: Sequence[Box], x: float) -> float:
        """Put boxes below each other, all but the first indented; return how high they are."""
        indent = INDENT * self.size
        top = self.y
        for place, box in enumerate(boxes):
            self.page.put(box, x + (indent if place else 0.0), top + box.ascent)
            top += box.height + 0.4 * self.size
        return top - self.y - 0.4 * self.size

    def band(self, top: float) -> None:
        """Make everything from `top` down to here a row to choose."""
        self.page.bands.append(Card(0.0, top, self.width, self.y - top))

    def finished(self) -> Page:
        """Return the page."""
        self.page.height = self.y
        return self.page
