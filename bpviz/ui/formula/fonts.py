"""The glyphs of formulas: STIX Two Math where ziamath is installed, else the system's serif."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF, QPainterPath

from bpviz.ui.formula.boxes import Extent, Style

FAMILY: Final = "STIX Two Math"
FILE: Final = "STIXTwoMath-Regular.ttf"
# Sizes are measured once, at a size where rounding does not matter, and scale from there.
MEASURED_AT: Final = 1000
# Accents, and the letters of scripts in which neighbours change each other's forms.
JOINING: Final = re.compile("[\u0300-\u036f\u0590-\u1dff\u2e80-\uffff\U00010000-\U0010ffff]")
BOLD_ZERO: Final = 0x1D7CE
ITALIC_CAPITAL, ITALIC_SMALL, ITALIC_GREEK = 0x1D434, 0x1D44E, 0x1D6FC
# The places in Unicode's mathematical italics that stand elsewhere.
ITALIC_OTHERS: Final = {"h": "ℎ", "∂": "\U0001d715", "ℓ": "ℓ"}


def math_letters(text: str, style: Style) -> str:
    """Return `text` in Unicode's mathematical letters of `style`, as math fonts have them."""
    if style == "roman":
        return text
    return "".join(_bold(sign) if style == "bold" else _italic(sign) for sign in text)


def _bold(sign: str) -> str:
    return chr(BOLD_ZERO + int(sign)) if sign in "0123456789" else sign


def _italic(sign: str) -> str:
    if sign in ITALIC_OTHERS:
        return ITALIC_OTHERS[sign]
    for first, last, start in (
        ("A", "Z", ITALIC_CAPITAL),
        ("a", "z", ITALIC_SMALL),
        ("α", "ω", ITALIC_GREEK),
    ):
        if first <= sign <= last:
            return chr(start + ord(sign) - ord(first))
    return sign


class FormulaFont:
    """Measures texts and makes the fonts and outlines to draw them with.

    `family` is that of a font with mathematical letters; "" stands for the system's serif.
    """

    def __init__(self, family: str | None = None) -> None:
        self._family = math_family() if family is None else family
        self._extents: dict[tuple[str, Style], Extent] = {}
        self._fonts: dict[tuple[Style, int], QFont] = {}
        self._outlines: dict[str, QPainterPath] = {}

    @property
    def is_mathematical(self) -> bool:
        """Whether the font has mathematical letters."""
        return bool(self._family)

    def extent(self, text: str, style: Style) -> Extent:
        """Return how far `text` reaches in shares of the type size."""
        if JOINING.search(text) is not None:
            # Letters that join are measured together.
            return self._sign(text, style)
        width = ascent = descent = 0.0
        for sign in text:
            one = self._extents.get((sign, style)) or self._sign(sign, style)
            width += one.width
            ascent, descent = max(ascent, one.ascent), max(descent, one.descent)
        return Extent(width, ascent, descent)

    def font(self, style: Style, size: int) -> QFont:
        """Return the font of `style` at `size` pixels."""
        key = (style, size)
        if key not in self._fonts:
            self._fonts[key] = self._made(style, size)
        return self._fonts[key]

    def shown(self, text: str, style: Style) -> str:
        """Return `text` as it has to be written in the font of `style`."""
        return math_letters(text, style) if self._family else text

    def outline(self, sign: str) -> QPainterPath:
        """Return the outline of a sign, to be stretched."""
        if sign not in self._outlines:
            path = QPainterPath()
            path.addText(0.0, 0.0, self.font("roman", MEASURED_AT), sign)
            self._outlines[sign] = path
        return self._outlines[sign]

    def _sign(self, text: str, style: Style) -> Extent:
        key = (text, style)
        if key not in self._extents:
            metrics = QFontMetricsF(self.font(style, MEASURED_AT))
            shown = self.shown(text, style)
            ink = metrics.tightBoundingRect(shown)
            width = metrics.horizontalAdvance(shown)
            sizes = (width, max(0.0, -ink.top()), max(0.0, ink.bottom()))
            self._extents[key] = Extent(*(each / MEASURED_AT for each in sizes))
        return self._extents[key]

    def _made(self, style: Style, size: int) -> QFont:
        font = QFont(self._family) if self._family else QFont()
        if not self._family:
            font.setStyleHint(QFont.StyleHint.Serif)
            font.setFamilies(["serif"])
            font.setItalic(style == "italic")
            font.setBold(style == "bold")
        font.setPixelSize(size)
        font.setKerning(False)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        return font


def math_family() -> str:
    """Return the family of the font for mathematics, loaded if it must be; "" without one."""
    if QFontDatabase.hasFamily(FAMILY):
        return FAMILY
    path = _font_file()
    if path is None or QFontDatabase.addApplicationFont(str(path)) < 0:
        return ""
    return FAMILY


def _font_file() -> Path | None:
    # The package is only looked up: importing it would take longer than drawing.
    found = find_spec("ziamath")
    for folder in found.submodule_search_locations or () if found is not None else ():
        path = Path(folder) / "fonts" / FILE
        if path.is_file():
            return path
    return None
