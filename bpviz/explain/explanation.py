"""What an explanation consists of: a title, a sentence and the lines of its derivation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bpviz.explain.expression import Expression, Number, with_numbers
from bpviz.explain.latex import to_latex
from bpviz.explain.numbers import format_number, latex_number
from bpviz.explain.text import to_text

MOST_LINES = 3


@dataclass(frozen=True)
class Line:
    """One step of a derivation: left = symbols = numbers = result.

    `result` is the trace's number. `rule` names the rule used. `brief` is how the sentence
    writes the line up to its numbers ("z = Σ w·a + b"); "" writes it out in symbols.
    """

    left: Expression
    right: Expression
    result: float
    rule: str = ""
    brief: str = ""
    relation: str = "="

    @property
    def numbers(self) -> Expression:
        """The right side with its numbers put in."""
        return with_numbers(self.right)

    def text(self, digits: int = 4) -> str:
        """Return the line as text: the brief form, the numbers, the result."""
        head = self.brief or f"{to_text(self.left)} {self.relation} {to_text(self.right, digits)}"
        parts = [head, to_text(self.numbers, digits)]
        parts.append(format_number(self.result, digits, trim=True))
        if parts[-2] == parts[-1]:
            parts.pop(-2)
        if parts[0].endswith(f"{self.relation} {parts[-1]}"):
            parts.pop()
        joint = f" {self.relation} " if self.relation not in parts[0] else " = "
        return joint.join(parts[:2]) + "".join(f" = {part}" for part in parts[2:])

    def latex(self, digits: int = 4) -> str:
        """Return the line as LaTeX: symbols, numbers, result."""
        relation = r"\leftarrow" if self.relation == "←" else "="
        parts = [to_latex(self.right, digits), to_latex(self.numbers, digits)]
        parts.append(latex_number(self.result, digits))
        kept = [part for place, part in enumerate(parts) if part not in parts[:place]]
        return f"{to_latex(self.left)} {relation} {' = '.join(kept)}"


@dataclass(frozen=True)
class Explanation:
    """A frame explained: title, one sentence in words and numbers, and the lines behind it.

    The last line is the one that the frame is about; where a frame only tells something there
    are no lines. `more` counts lines like these that were not made.
    """

    title: str
    sentence: str
    lines: tuple[Line, ...] = ()
    more: int = 0

    @property
    def symbols(self) -> Expression:
        """The main formula in symbols."""
        return self.lines[-1].right if self.lines else Number(0.0)

    @property
    def numbers(self) -> Expression:
        """The main formula with its numbers put in."""
        return with_numbers(self.symbols)

    @property
    def result(self) -> float:
        """What the main formula comes to."""
        return self.lines[-1].result if self.lines else 0.0

    @property
    def tree(self) -> Expression:
        """The main formula in symbols; another name for `symbols`."""
        return self.symbols


def explained(
    title: str, words: str, lines: Sequence[Line], digits: int, *, more: int = 0
) -> Explanation:
    """Return an explanation whose sentence is the words, then the first lines as text.

    `more` counts lines that were not even made.
    """
    shown = [line.text(digits) for line in lines[:MOST_LINES]]
    left_out = len(lines) - len(shown) + more
    if left_out:
        shown.append(f"… ({left_out} more)")
    sentence = f"{words}: {', '.join(shown)}" if shown else words
    return Explanation(title, sentence, tuple(lines), more)
