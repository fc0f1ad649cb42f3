"""The line of a derivation while it is rewritten: a sum of terms, each with what is left to do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bpviz.explain.explanation import Line
from bpviz.explain.expression import (
    Absolute,
    Expression,
    Function,
    Number,
    Partial,
    Power,
    Product,
    Rest,
    Sum,
    Symbol,
    evaluate,
    leaves,
    product,
    unwrapped,
)
from bpviz.explain.latex import to_latex
from bpviz.explain.text import to_text

# Of a longer sum the strongest terms are shown, and what the others come to.
MOST_TERMS = 6
UNBRACKETED = (Symbol, Number, Power, Function, Absolute)


@dataclass(frozen=True)
class Fact:
    """What a rule put in the place of what: left = right."""

    left: Expression
    right: Expression
    more: int = 0


@dataclass(frozen=True)
class Step(Line):
    """A line of a derivation; `fact` is what its rule says here, and of how many alike."""

    fact: Fact | None = None


@dataclass(frozen=True)
class Term:
    """Factors times the derivative that is still to be taken, which is of node's a or z.

    `piece` is None where none is left. `cancels` is what the factors come to once the slope of
    the node has cancelled against the loss.
    """

    factors: tuple[Expression, ...]
    piece: Expression | None = None
    node: int = -1
    kind: str = ""
    cancels: Expression | None = None

    @property
    def tree(self) -> Expression:
        """The term as a tree."""
        pieces = () if self.piece is None else (self.piece,)
        return unwrapped(product(*self.factors, *pieces))

    @property
    def coefficient(self) -> Expression:
        """The factors as a tree."""
        return unwrapped(product(*self.factors))

    def times(self, *factors: Expression, **changes: object) -> Term:
        """Return the term with more factors, and other changes."""
        return replace(self, factors=(*self.factors, *factors), **changes)  # type: ignore[arg-type]


def derivative(of: Expression, by: Symbol, value: float) -> Expression:
    """Return ∂of/∂by of any tree; its number is given."""
    of = unwrapped(of)
    if isinstance(of, Symbol):
        return Partial(of, by, value)
    text, latex = to_text(of), to_latex(of)
    if not isinstance(of, UNBRACKETED):
        text, latex = f"({text})", rf"\left({latex}\right)"
    return Partial(Symbol(text, latex, evaluate(of)), by, value)


def strongest(parts: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return the parts of a sum; of more than a few the strongest, in order, and the rest.

    Parts that are folded already join the rest.
    """
    folded = [part for part in parts if _folds(part)]
    if not folded and len(parts) <= MOST_TERMS + 1:
        return tuple(parts)
    plain = [part for part in parts if not _folds(part)]
    values = [evaluate(part) for part in plain]
    ranked = sorted(range(len(plain)), key=lambda place: -abs(values[place]))
    rest = [values[place] for place in ranked[MOST_TERMS:]]
    count = len(rest) + sum(map(_folds, folded))
    kept = [plain[place] for place in sorted(ranked[:MOST_TERMS])]
    return (*kept, Rest(count, math.fsum([*rest, *map(evaluate, folded)])))


def _folds(part: Expression) -> int:
    """Return how many terms of a sum are folded in a part of it: 0 where it is a term itself."""
    first = part.factors[0] if isinstance(part, Product) and part.factors else part
    return first.count if isinstance(first, Rest) and first.noun == "terms" else 0


def added(parts: Sequence[Expression]) -> Expression:
    """Return the sum of the parts, folded where it is long; none gives 0."""
    if not parts:
        return Number(0.0)
    kept = strongest(parts)
    return kept[0] if len(kept) == 1 else Sum(kept)


def size(expression: Expression) -> int:
    """Return how many leaves a tree has."""
    return sum(1 for _ in leaves(expression))


@dataclass
class Rewriting:
    """The lines so far and the terms of the last one; `left` and `value` are those of each line.

    Between `hold` and `release` rules are gathered into one line.
    """

    left: Expression
    value: float
    terms: list[Term] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    _held: list[str] | None = None

    def line(self, rule: str, terms: Iterable[Term], fact: Fact | None = None) -> None:
        """Go on to these terms by this rule; a line that changes nothing is left out."""
        self.terms = list(terms)
        if self._held is not None:
            self._held += [rule] if rule not in self._held else []
            return
        self.show(rule, added([term.tree for term in self.terms]), fact)

    def show(self, rule: str, right: Expression, fact: Fact | None = None) -> None:
        """Add a line as it is; one that says the same as the line before is left out."""
        before = self.steps[-1].right if self.steps else self.left
        # Another number of leaves is another line, told faster than by what both say.
        if size(right) != size(before) or to_text(right) != to_text(before):
            self.steps.append(Step(self.left, right, self.value, rule, fact=fact))

    def each(
        self,
        rule: str,
        chosen: Callable[[Term], bool],
        change: Callable[[Term], list[Term]],
        *,
        whole: Callable[[Term], list[Term]] | None = None,
        more: Sequence[Term] = (),
    ) -> None:
        """Rewrite the chosen terms; what became of the first piece is the line's fact.

        Where `change` leaves out what joins the terms `more`, `whole` tells all of it.
        """
        terms: list[Term] = []
        fact: Fact | None = None
        for term in self.terms:
            if not chosen(term):
                terms.append(term)
                continue
            changed = change(term)
            terms += changed
            if self._held is not None:
                continue
            if fact is None and term.piece is not None:
                news = changed if whole is None else whole(term)
                fact = Fact(term.piece, added([_without(term, new).tree for new in news]))
            elif fact is not None:
                fact = replace(fact, more=fact.more + 1)
        self.line(rule, [*terms, *more], fact)

    @property
    def holds(self) -> bool:
        """Whether rules are being gathered."""
        return self._held is not None

    def hold(self) -> None:
        """Begin to gather rules."""
        self._held = []

    def release(self) -> None:
        """Write one line with the rules gathered."""
        rules, self._held = self._held or [], None
        if rules:
            self.line(", ".join(rules), self.terms)


def _without(before: Term, after: Term) -> Term:
    # What is new in a term: its factors beyond those it had.
    return replace(after, factors=after.factors[len(before.factors) :])
