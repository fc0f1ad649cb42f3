"""Readers that turn written formulas back into numbers: a grammar of their own, no tree.

What explanations write as text, as LaTeX and as a drawing is read sign by sign and computed. Names
are looked up; what a formula doesn't write (an activation's parameter, a folded rest among
symbols) is handed over in the order in which it occurs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bpviz.explain.expression import (
    FUNCTIONS,
    Expression,
    Function,
    Number,
    Partial,
    Rest,
    Symbol,
    children,
)
from bpviz.ui.formula.boxes import Box, Fence, Rule, Text

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e−?\d+)?")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")
BY_TEXT = {row.text: row for row in FUNCTIONS.values()}
LATEX_NAMES = {row.latex: row.text for row in FUNCTIONS.values()}


def nodes(tree: Expression) -> Iterator[Expression]:
    """Iterate over a tree, parents before their parts, from left to right."""
    yield tree
    for part in children(tree):
        yield from nodes(part)


@dataclass
class Unwritten:
    """What the formula of a tree leaves out."""

    rests: list[float] = field(default_factory=list)
    parameters: list[float] = field(default_factory=list)


def unwritten(tree: Expression) -> Unwritten:
    """Return what the tree's formula leaves out, in order."""
    found = list(nodes(tree))
    return Unwritten(
        [each.value for each in found if isinstance(each, Rest)],
        [each.parameter for each in found if isinstance(each, Function)],
    )


Names: TypeAlias = Mapping[str, Sequence[float]]


def names_in(tree: Expression) -> Names:
    """Return the names in a tree's text, each with its values in the order of its places.

    One name may stand for several: that of a weight that units share, in each of their parts.
    """
    return _named((_text_of(each), each) for each in nodes(tree))


def latex_names_in(tree: Expression) -> Names:
    """Return the names in a tree's LaTeX, each with its values in the order of its places."""
    return _named((_latex_of(each), each) for each in nodes(tree))


def _named(pairs: Iterator[tuple[str, Expression]]) -> Names:
    found: dict[str, list[float]] = {}
    for name, each in pairs:
        if isinstance(each, (Symbol, Partial)) or (isinstance(each, Number) and name):
            found.setdefault(name, []).append(each.value)
    return found


def _text_of(leaf: Expression) -> str:
    match leaf:
        case Partial(of, by):
            return f"∂{of.text}/∂{by.text}"
        case Symbol(text) | Number(text=text):
            return text
    return ""


def _latex_of(leaf: Expression) -> str:
    match leaf:
        case Partial(of, by):
            return rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}"
        case Symbol(latex=latex) | Number(latex=latex):
            return latex
    return ""


class Reader:
    """Reads one line of text; `value` is what it comes to."""

    def __init__(self, text: str, names: Names, left_out: Unwritten) -> None:
        self._text, self._at = text, 0
        ordered = sorted(names.items(), key=lambda pair: -len(pair[0]))
        self._names = [(name, list(values)) for name, values in ordered]
        self._rests, self._parameters = list(left_out.rests), list(left_out.parameters)

    @property
    def value(self) -> float:
        """Read everything; no sign and no name may be left."""
        found = self._sum()
        assert self._at == len(self._text), self._text[self._at :]
        left = [name for name, values in self._names if values]
        assert not [*left, *self._rests, *self._parameters]
        return found

    def _take(self, sign: str) -> bool:
        self._skip()
        if self._text.startswith(sign, self._at):
            self._at += len(sign)
            return True
        return False

    def _skip(self) -> None:
        while self._text.startswith(" ", self._at):
            self._at += 1

    def _need(self, sign: str) -> None:
        assert self._take(sign), f"{sign} expected before {self._text[self._at :]}"

    def _sum(self) -> float:
        parts = [self._product()]
        while True:
            if self._take("+"):
                parts.append(self._product())
            elif self._take("−"):
                parts.append(-self._product())
            else:
                return math.fsum(parts)

    def _product(self) -> float:
        found = self._signed()
        while True:
            if self._take("·"):
                found *= self._signed()
            elif self._take("/"):
                found /= self._signed()
            else:
                return found

    def _signed(self) -> float:
        return -self._signed() if self._take("−") else self._power()

    def _power(self) -> float:
        base = self._atom()
        raised = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+").match(self._text, self._at)
        if raised:
            self._at = raised.end()
            exponent = raised.group().translate(RAISED).replace("−", "-")
            base = math.pow(base, float(exponent))
        elif self._take("^"):
            base = math.pow(base, self._signed())
        while self._take("["):
            # A condition says why, and changes nothing.
            self._at = self._text.index("]", self._at) + 1
        return base

    def _atom(self) -> float:
        for sign, close in (("(", ")"), ("|", "|")):
            if self._take(sign):
                inner = self._sum()
                self._need(close)
                return abs(inner) if sign == "|" else inner
        if self._take("…"):
            return self._rest()
        for name, values in self._names:
            if values and self._take(name):
                return values.pop(0)
        for word, join in (("max(", max), ("min(", min)):
            if self._take(word):
                return join(self._listed())
        for word, row in sorted(BY_TEXT.items(), key=lambda pair: -len(pair[0])):
            if self._take(f"{word}("):
                parameter = self._parameters.pop(0)
                argument = self._sum()
                self._need(")")
                return row.value(argument, parameter)
        found = NUMBER.match(self._text, self._at)
        assert found, f"no number: {self._text[self._at :]}"
        self._at = found.end()
        return float(found.group().replace("−", "-"))

    def _listed(self) -> list[float]:
        found = [self._sum()]
        while self._take(","):
            found.append(self._sum())
        self._need(")")
        return found

    def _rest(self) -> float:
        said = re.compile(r"\s*\((\d+) more \w+(?:: ([^)]*))?\)").match(self._text, self._at)
        assert said, self._text[self._at :]
        self._at = said.end()
        held = self._rests.pop(0)
        return held if said[2] is None else Reader(said[2], {}, Unwritten()).value


def text_value(text: str, names: Names, left_out: Unwritten) -> float:
    """Return what a line of text comes to."""
    return Reader(text, names, left_out).value


def latex_value(latex: str, names: Names, left_out: Unwritten) -> float:
    """Return what a formula in LaTeX comes to."""
    text, values = latex, dict[str, Sequence[float]]()
    for place, (name, value) in enumerate(sorted(names.items(), key=lambda pair: -len(pair[0]))):
        # Names first: fractions and brackets within them are no arithmetic.
        mark = f"⟨{place}⟩"
        text, values[mark] = _put(text, name, mark), value
    return Reader(_plain(text), values, left_out).value


def _put(text: str, name: str, mark: str) -> str:
    # A letter within a command, or within another mark, is no name.
    pattern = rf"(?<![A-Za-z\\⟨]){re.escape(name)}(?![A-Za-z_⟩'])" if name else "$^"
    return re.sub(pattern, mark.replace("\\", r"\\"), text)


def _plain(latex: str) -> str:
    """Return the commands that formulas are made of as the signs that the reader knows."""
    text = re.sub(r"\\dots\\ \\text\{(.*?)\}(?!\$)", lambda found: "… " + found[1], latex)
    text = text.replace("$", "")
    text = re.sub(r"\\ \[[^]]*\]", "[·]", text)
    for command, sign in (
        (r"\left|", "|"), (r"\right|", "|"), (r"\left", ""), (r"\right", ""),
        (r"\cdot", "·"), (r"\max", "max"), (r"\min", "min"),
    ):  # fmt: skip
        text = text.replace(command, sign)
    for command, word in sorted(LATEX_NAMES.items(), key=lambda pair: -len(pair[0])):
        if command not in ("h", r"\sqrt"):
            text = text.replace(command, word)
    text = text.replace("-", "−")
    return _unbraced(text)


def _unbraced(text: str) -> str:
    """Return fractions, roots and powers in braces as quotients, calls and powers in brackets."""
    while (at := max(text.rfind(r"\frac"), text.rfind(r"\sqrt"), text.rfind("^{"))) >= 0:
        start = text.index("{", at)
        end = _closing(text, start)
        first = text[start + 1 : end]
        if text[at] == "^":
            text = f"{text[:at]}^({first}){text[end + 1 :]}"
        elif text.startswith(r"\sqrt", at):
            text = f"{text[:at]}√({first}){text[end + 1 :]}"
        else:
            last = _closing(text, end + 1)
            text = f"{text[:at]}(({first})/({text[end + 2 : last]})){text[last + 1 :]}"
    return text


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place
    raise AssertionError(f"no end: {text[start:]}")


def drawn_text(box: Box) -> str:
    """Return what a drawing without names says, read from where its parts stand."""
    if isinstance(box.ink, Text):
        return box.ink.text
    if isinstance(box.ink, Fence):
        return box.ink.sign
    if box.ink is not None:
        return ""
    kinds = [isinstance(part.box.ink, Rule) for part in box.parts]
    if kinds == [False, True, False]:
        above, bar, below = box.parts
        root = above.box.ink
        if isinstance(root, Fence) and root.sign == "√":
            return f"√({drawn_text(below.box)})"
        assert above.y < bar.y < below.y, "a numerator stands over its bar"
        return f"(({drawn_text(above.box)})/({drawn_text(below.box)}))"
    found = ""
    for part in box.parts:
        inside = drawn_text(part.box)
        assert part.y <= 0.0, "there is nothing low without a name"
        found += f"^({inside})" if part.y < 0.0 else inside
    return found
