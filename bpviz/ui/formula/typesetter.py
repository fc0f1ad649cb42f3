"""Expression trees as boxes: fractions, brackets that grow, signs, and where lines may break."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bpviz.explain.expression import (
    FUNCTIONS,
    Absolute,
    Expression,
    Fraction,
    Function,
    Given,
    Maximum,
    Minimum,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Rest,
    Sum,
    Symbol,
    unwrapped,
)
from bpviz.explain.numbers import MINUS
from bpviz.ui.formula.boxes import (
    NO_BREAK,
    Box,
    Metrics,
    Piece,
    Style,
    broken,
    column,
    over,
    referring,
    row,
    scripted,
    text_box,
)
from bpviz.ui.formula.names import fenced, name_box, name_pieces, rooted, script_size
from bpviz.ui.numbers import format_number, localised

# How the brackets round what is derived are written.
BRACKET, CLOSING = r"\left(", r"\right)"
PLUS_SPACE: Final = 0.24
DOT_SPACE: Final = 0.19
# So many names and texts are kept, in one typesetter.
MOST_NAMES: Final = 2_000
MOST_TEXTS: Final = 4_000
COMPOSITE: Final = (
    Sum, Product, Fraction, Power, Negative, Given, Rest, Partial, Function,
)  # fmt: skip


def signed(expression: Expression) -> tuple[bool, Expression]:
    """Return whether `expression` begins with a minus, and what follows it."""
    expression = unwrapped(expression)
    match expression:
        case Number(value=value, text="") if value < 0.0:
            return True, replace(expression, value=-value)
        case Negative(term):
            return True, term
        case Product((first, *rest)) if not isinstance(unwrapped(first), Sum):
            negative, positive = signed(first)
            return negative, Product((positive, *rest)) if negative else expression
        case Given(term, condition):
            negative, positive = signed(term)
            return negative, Given(positive, condition) if negative else expression
        case _:
            return False, expression


def flat(terms: Iterable[Expression]) -> Iterator[Expression]:
    """Iterate over terms of a sum; a sum among them needs no brackets and is taken apart."""
    for term in map(unwrapped, terms):
        if isinstance(term, Sum):
            yield from flat(term.terms)
        else:
            yield term


class Typesetter:
    """Makes boxes of expressions, numbers with up to `digits` significant digits.

    Fractions whose parts are wider than `width` pixels get these broken into lines.
    """

    def __init__(self, metrics: Metrics, digits: int = 4, width: float = math.inf) -> None:
        self._metrics = metrics
        self._digits = digits
        self._width = width
        self._names: dict[tuple[str, int], Box] = {}
        self._texts: dict[tuple[str, Style, int, str], Box] = {}

    @property
    def metrics(self) -> Metrics:
        """What tells how large texts are."""
        return self._metrics

    def box(self, expression: Expression, size: int) -> Box:
        """Return `expression` in one line, at a type size in pixels."""
        return row(self.pieces(expression, size))

    def text(self, text: str, style: Style, size: int, tone: str = "") -> Box:
        """Return plain words; those that return from line to line are measured once."""
        key = (text, style, size, tone)
        made = self._texts.get(key)
        if made is None:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            made = self._texts[key] = text_box(self._metrics, text, style, size, tone)
        return made

    def name(self, latex: str, size: int) -> Box:
        """Return a name; those that return from line to line are made once."""
        key = (latex, size)
        if key not in self._names:
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            self._names[key] = name_box(self._metrics, latex, size)
        return self._names[key]

    def number(self, value: float, size: int, style: Style = "roman", tone: str = "") -> Box:
        """Return a number; an exponent is written as a power of ten."""
        text = format_number(value, self._digits, trim=True)
        mantissa, _, exponent = text.partition("e")
        if not exponent or not math.isfinite(value):
            return self.text(text, style, size, tone)
        ten = self.text(f"{mantissa}·10", style, size, tone)
        small = self.text(exponent, style, script_size(size), tone)
        return scripted(ten, None, small, size)

    def pieces(self, expression: Expression, size: int, level: int = 0) -> list[Piece]:
        """Return `expression` as a row; breaks inside of it begin at `level`."""
        expression = unwrapped(expression)
        match expression:
            case Sum(terms):
                return self._sum(terms, size, level)
            case Product(factors):
                return self._product(factors, size, level)
            case Negative():
                return self._negated(expression, size, level)
            case Function(name, argument, _) if name != "sqrt":
                name_piece = Piece(self.name(FUNCTIONS[name].latex, size))
                return [name_piece, *self._fenced(argument, size, level + 1, "()")]
            case Absolute(term):
                return self._fenced(term, size, level + 1, "||")
            case Maximum(terms) | Minimum(terms):
                word = "max" if isinstance(expression, Maximum) else "min"
                return self._listed(word, terms, size, level + 1)
            case Given(term, condition):
                words = self.text(f"[{condition}]", "roman", script_size(size) + 1, "muted")
                if isinstance(unwrapped(term), Sum):
                    inside = self._fenced(term, size, level + 1, "()")
                else:
                    inside = self.pieces(term, size, level)
                return [*inside, Piece(words, 0.35 * size)]
            case Partial() if self._is_wide(expression, size):
                return self._operated(expression, size, level)
            case _:
                return [Piece(self._leaf(expression, size))]

    def _is_wide(self, partial: Partial, size: int) -> bool:
        long = partial.of.latex.startswith(BRACKET) and partial.of.latex.endswith(CLOSING)
        return long and self._leaf(partial, size).width > self._width

    def _operated(self, partial: Partial, size: int, level: int) -> list[Piece]:
        """Return ∂/∂w (…) in the place of a fraction that has no room: it can be broken."""
        d = self.text("∂", "italic", size)
        below = row([Piece(d), Piece(self.name(partial.by.latex, size), 0.03 * size)])
        operator = referring(over(d, below, size), partial.reference)
        latex = partial.of.latex.removeprefix(BRACKET).removesuffix(CLOSING)
        inside = [
            piece._replace(level=min(piece.level + level + 1, NO_BREAK))
            for piece in name_pieces(self._metrics, latex, size)
        ]
        return [Piece(operator), *fenced(self._metrics, inside, "()", size)]

    def _leaf(self, expression: Expression, size: int) -> Box:
        match expression:
            case Symbol(_, latex, _, reference):
                return referring(self.name(latex, size), reference)
            case Partial(of, by, _, reference):
                d = Piece(self.text("∂", "italic", size))
                above, below = (
                    row([d, Piece(self.name(each.latex, size), 0.03 * size)]) for each in (of, by)
                )
                return referring(over(above, below, size), reference)
            case Number(value, reference, text, _):
                written = self.text(localised(text), "roman", size) if text else None
                return referring(written or self.number(value, size), reference)
            case Rest():
                return self._rest(expression, size)
            case Fraction(numerator, denominator):
                return over(self._block(numerator, size), self._block(denominator, size), size)
            case Power(base, exponent):
                return self._power(base, exponent, size)
            case Function("sqrt", argument, _):
                return rooted(self._metrics, self._block(argument, size), size)
            case _:
                raise TypeError(f"no box for {type(expression).__name__}")

    def _block(self, expression: Expression, size: int) -> Box:
        lines = broken(self.pieces(expression, size), self._width)
        return lines[0] if len(lines) == 1 else column(lines, 0.3 * size)

    def _rest(self, rest: Rest, size: int) -> Box:
        value = format_number(rest.value, self._digits, trim=True)
        known = f": {value}" if rest.shown else ""
        words = f"… ({rest.count} more {rest.noun}{known})"
        return self.text(words, "roman", script_size(size) + 2, "muted")

    def _sum(self, terms: tuple[Expression, ...], size: int, level: int) -> list[Piece]:
        made: list[Piece] = []
        for term in flat(terms):
            if not made:
                # The minus of a first number belongs to it.
                made += self.pieces(term, size, level + 1)
                continue
            negative, body = signed(term)
            lay = self._operand if negative else self.pieces
            first, *rest = lay(body, size, level + 1)
            made.append(self._operator(MINUS if negative else "+", size, level))
            made += [first._replace(space=PLUS_SPACE * size), *rest]
        return made or [Piece(self.text("0", "roman", size))]

    def _operator(self, sign: str, size: int, level: int) -> Piece:
        return Piece(self.text(sign, "roman", size), PLUS_SPACE * size, level)

    def _product(self, factors: tuple[Expression, ...], size: int, level: int) -> list[Piece]:
        if not factors:
            return [Piece(self.text("1", "roman", size))]
        made: list[Piece] = []
        for factor in factors:
            inner = unwrapped(factor)
            if isinstance(inner, Sum) or (made and signed(inner)[0]):
                inside = self._fenced(inner, size, level + 1, "()")
            else:
                inside = self.pieces(inner, size, level + 1)
            if made:
                space = DOT_SPACE * size
                made.append(Piece(self.text("·", "roman", size), space, level + 1))
                inside = [inside[0]._replace(space=space), *inside[1:]]
            made += inside
        return made

    def _negated(self, expression: Expression, size: int, level: int) -> list[Piece]:
        _, term = signed(expression)
        minus = Piece(self.text(MINUS, "roman", size))
        first, *rest = self._operand(term, size, level)
        return [minus, first._replace(space=0.04 * size), *rest]

    def _operand(self, term: Expression, size: int, level: int) -> list[Piece]:
        """Return what stands behind a minus: a sum, or another minus, needs brackets."""
        inner = unwrapped(term)
        if isinstance(inner, Sum) or signed(inner)[0]:
            return self._fenced(inner, size, level + 1, "()")
        return self.pieces(inner, size, level)

    def _fenced(self, inside: Expression, size: int, level: int, signs: str) -> list[Piece]:
        return fenced(self._metrics, self.pieces(inside, size, level), signs, size)

    def _listed(
        self, word: str, terms: tuple[Expression, ...], size: int, level: int
    ) -> list[Piece]:
        inside: list[Piece] = []
        for term in terms:
            first, *rest = self.pieces(term, size, level + 1)
            if inside:
                inside.append(Piece(self.text(",", "roman", size)))
                first = first._replace(space=0.2 * size, level=level)
            inside += [first, *rest]
        name = Piece(self.text(word, "roman", size))
        return [name, *fenced(self._metrics, inside, "()", size)]

    def _power(self, base: Expression, exponent: Expression, size: int) -> Box:
        inner = unwrapped(base)
        pieces = self.pieces(inner, size)
        written = isinstance(inner, Number) and "e" in format_number(inner.value, self._digits)
        if isinstance(inner, COMPOSITE) or signed(inner)[0] or written:
            pieces = fenced(self._metrics, pieces, "()", size)
        return scripted(row(pieces), None, self.box(exponent, script_size(size)), size)
