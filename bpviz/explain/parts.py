"""A node's name taken apart for formulas: a letter with what stands above and below it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bpviz.explain.latex import escaped
from bpviz.model.names import LOWER, LOWERED, PLAIN, RAISED

RAISE: Final = str.maketrans(PLAIN, RAISED)
TO_PLAIN: Final = str.maketrans(RAISED + LOWERED, PLAIN + PLAIN)
# A name such as x, x₁, a²₁, h₁,₂ or r_h: a letter with what stands above and below it.
QUANTITY: Final = re.compile(
    rf"([A-Za-z])([{RAISED}]{{0,2}})([{LOWERED}]{{0,3}}(?:,[{LOWERED}]{{1,3}})?|_[A-Za-z0-9]{{1,6}})"
)
COUNTED: Final = re.compile("[0-9,]*")
# Indices and signs within any other name.
PARTS: Final = re.compile(rf"([{RAISED}]+|[{LOWERED}]+(?:,[{LOWERED}]+)*|[→σ])")
SPECIAL: Final = {"→": r" \to ", "σ": r"\sigma "}


class Name(NamedTuple):
    """A letter with an upper and a lower index; the letter is "" where the name is no such."""

    letter: str
    upper: str
    lower: str
    whole: str

    def text(self, letter: str) -> str:
        """Return `letter` with these indices, as text."""
        upper = self.upper.translate(RAISE)
        if COUNTED.fullmatch(self.lower):
            return f"{letter}{upper}{self.lower.translate(LOWER)}"
        return f"{letter}{upper}_{self.lower}"

    def latex(self, letter: str) -> str:
        """Return `letter` with these indices, as LaTeX."""
        upper = f"^{{{self.upper}}}" if self.upper else ""
        return f"{letter}{upper}" + (f"_{{{self.lower}}}" if self.lower else "")

    @property
    def whole_latex(self) -> str:
        """The name itself as LaTeX."""
        return self.latex(self.letter) if self.letter else words(self.whole)


def name_of(name: str) -> Name:
    """Return the parts of a name as texts have it."""
    match = QUANTITY.fullmatch(name)
    if not match:
        return Name("", "", "", name)
    lower = match[3].translate(TO_PLAIN).removeprefix("_")
    return Name(match[1], match[2].translate(TO_PLAIN), lower, name)


def words(name: str) -> str:
    """Return any name for LaTeX's math mode, upright."""
    return "".join(map(_word, filter(None, PARTS.split(name))))


def _word(part: str) -> str:
    if part in SPECIAL:
        return SPECIAL[part]
    if part[0] in RAISED or part[0] in LOWERED:
        sign = "^" if part[0] in RAISED else "_"
        return f"{{}}{sign}{{{part.translate(TO_PLAIN)}}}"
    return rf"\text{{{escaped(part)}}}"
