"""The letters of the drawing: one font at every size, and texts made small enough for their room.

A text is never cut: where it would have to be smaller than anyone can read it is left out.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from bpviz.ui.style import scaled_font

# A text made smaller is left out where it would be fewer device pixels high than these.
LEAST_PIXELS: Final = 4.5
# So many different texts are measured once for all; numbers are added up from their letters.
_MOST_KEPT: Final = 2_000
_NUMERIC: Final = frozenset("0123456789.,−—∞e =")


class Face:
    """A font at one size, and how wide texts are in it."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.half_cap = self._metrics.capHeight() / 2
        """Half the height of a capital: what a line's middle is over its baseline."""
        self._widths: dict[str, float] = {}

    def width(self, text: str) -> float:
        """Return how wide a text is, in the font's pixels."""
        found = self._widths.get(text)
        if found is not None:
            return found
        if len(text) > 1 and _NUMERIC.issuperset(text):
            return sum(map(self.width, text))
        if len(self._widths) >= _MOST_KEPT:
            self._widths.clear()
        width = self._widths[text] = self._metrics.horizontalAdvance(text)
        return width

    def elided(self, text: str, room: float) -> str:
        """Return as much of a text as fits into `room`, with an ellipsis where that isn't all."""
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)


class Letters:
    """All faces of one font, in normal and bold, by their height in whole pixels."""

    def __init__(self, font: QFont) -> None:
        self._base = font
        self._faces: dict[tuple[int, bool], Face] = {}

    def face(self, size: float, *, bold: bool = False) -> Face:
        """Return the font at a height of `size` pixels."""
        key = (max(1, round(size)), bold)
        face = self._faces.get(key)
        if face is None:
            face = self._faces[key] = Face(scaled_font(self._base, key[0], bold=bold))
        return face

    def fitting(
        self, text: str, size: float, room: float, zoom: float, *, bold: bool = False
    ) -> Face | None:
        """Return the largest face up to `size` in which `text` is no wider than `room`.

        None where it would be illegible at `zoom` device pixels per unit.
        """
        face = self.face(size, bold=bold)
        width = face.width(text)
        if width <= room:
            return face
        # Letters get narrower by whole pixels too, so the share of the width is only a guess.
        pixels = min(int(size * room / width) + 1, round(size) - 1)
        while pixels >= 1 and pixels * zoom >= LEAST_PIXELS:
            face = self.face(pixels, bold=bold)
            if face.width(text) <= room:
                return face
            pixels -= 1
        return None


def draw_text(painter: QPainter, face: Face, text: str, x: float, middle: float) -> None:
    """Draw a line of text that begins at `x`, its capitals' middle at height `middle`."""
    painter.setFont(face.font)
    painter.drawText(QPointF(x, middle + face.half_cap), text)


def draw_centred(painter: QPainter, face: Face, text: str, x: float, middle: float) -> None:
    """Draw a line of text around `x`, its capitals' middle at height `middle`."""
    draw_text(painter, face, text, x - face.width(text) / 2, middle)
