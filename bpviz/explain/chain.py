"""The derivation of ∂E/∂w for one parameter, from the definition of the loss to a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.explain.expression import (
    HALF,
    Absolute,
    Expression,
    Fraction,
    Function,
    Number,
    Partial,
    Product,
    Rest,
    Sum,
    Symbol,
    evaluate,
    number,
    power,
)
from bpviz.explain.influence import Influence
from bpviz.explain.joining import penalty_factors, sample_gradients, whole_batch
from bpviz.explain.levels import Gap, Levels, last_line
from bpviz.explain.names import NamedLeaves
from bpviz.explain.rewriting import MOST_TERMS, Fact, Rewriting, Step, Term, added, derivative
from bpviz.explain.text import to_text
from bpviz.model.session import Notation

__all__ = ["Derivation", "Deriving", "Fact", "Gap", "Section", "Step", "derive"]

# Other samples of the batch whose last line is shown; each is a derivation of its own, so that
# only one is where more edges than these depend on the parameter.
MOST_SAMPLES = 5
MANY_EDGES = 1_000


@dataclass(frozen=True)
class Section:
    """A stretch of a derivation: left = … = … = result, one step a line.

    `gaps` tell where lines are left out; `note` says what else is.
    """

    title: str
    left: Expression
    steps: tuple[Step, ...]
    result: float
    gaps: tuple[Gap, ...] = ()
    note: str = ""

    @property
    def folded(self) -> int:
        """How many lines are left out."""
        return sum(gap.lines for gap in self.gaps)

    def gap_at(self, step: int) -> Gap | None:
        """Return what is left out before a step, if anything is."""
        return next((gap for gap in self.gaps if gap.at == step), None)


@dataclass(frozen=True)
class Derivation:
    """All sections for one parameter; `gradient` is ∂E/∂w of the whole objective.

    `name` is the edge's name or, for a bias, the unit's id; `shared` the names of all edges or
    units that hold the same value. `sample` is the place in the batch that is derived in full.
    """

    name: str
    parameter: Symbol
    gradient: Partial
    sections: tuple[Section, ...]
    shared: tuple[str, ...]
    sample: int

    @property
    def result(self) -> float:
        """The gradient, from the trace."""
        return self.gradient.value


def derive(
    trace: Trace,
    node: int,
    edge: int,
    sample: int = 0,
    notation: Notation | None = None,
    start: int = 0,
) -> Derivation:
    """Return the derivation of the gradient of the weight of `edge` or the bias of `node`.

    One of `node` and `edge` is −1; `sample` is the place in the batch to derive in full. With one
    sample and no penalty there is one section; else one for the objective, the samples, and what
    they come to together. Of many layers only some have their lines: those from the `start`-th
    middle one on; each `Gap` tells the start that shows its own.
    """
    work = Deriving(trace, node, edge, sample, notation, start)
    work.work(lambda: False)
    return work.result


class Deriving:
    """The work of `derive`, which can be done in slices."""

    def __init__(
        self,
        trace: Trace,
        node: int,
        edge: int,
        sample: int = 0,
        notation: Notation | None = None,
        start: int = 0,
    ) -> None:
        self._steps = _derived(NamedLeaves(trace, sample, notation, edge), node, edge, start)
        self._share = 0.0
        self._result: Derivation | None = None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self._share

    @property
    def ended(self) -> bool:
        """Whether all is done."""
        return self._result is not None

    @property
    def result(self) -> Derivation:
        """The derivation, once it has ended."""
        assert self._result is not None
        return self._result

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` returns True, or to the end."""
        while self._result is None:
            try:
                self._share = next(self._steps)
            except StopIteration as end:
                self._result = end.value
                self._share = 1.0
                return
            if until():
                return


def _derived(
    leaves: NamedLeaves, node: int, edge: int, start: int
) -> Generator[float, None, Derivation]:
    """Yield how much is done; return the derivation."""
    influence = Influence(leaves, node, edge)
    batch = _Batch(leaves, influence, node, edge)
    if batch.plain:
        sections = [(yield from _sample_section(influence, batch.gradient, "", start, 1.0))]
    else:
        title = f"Sample {leaves.sample + 1}" if batch.count > 1 else "The loss"
        left = batch.of_sample(leaves.sample, influence.gradient)
        part = 1.0 / (1.0 + len(batch.other_places))
        own = yield from _sample_section(influence, left, title, start, part)
        sections = [batch.objective(), own]
        for done, each in enumerate(batch.others(), 2):
            sections.append(each)
            yield done * part
        sections.append(batch.together())
    names = [
        leaves.network.edges[edge].name if edge >= 0 else leaves.network.nodes[node].id
        for node, edge in influence.members
    ]
    name = leaves.network.edges[edge].name if edge >= 0 else leaves.network.nodes[node].id
    shared = tuple(names) if len(names) > 1 else ()
    return Derivation(name, influence.by, batch.gradient, tuple(sections), shared, leaves.sample)


def _sample_section(
    influence: Influence, left: Partial, title: str, start: int, part: float
) -> Generator[float, None, Section]:
    levels = Levels(influence, left, start)
    for share in levels.write():
        yield part * share
    rewriting = levels.rewriting
    worked_out = added([_worked_out(term) for term in rewriting.terms])
    numbers = rewriting.steps[-1].numbers if rewriting.steps else None
    if numbers is None or to_text(worked_out, 10) != to_text(numbers, 10):
        rewriting.show("each factor worked out", worked_out)
    return Section(title, left, tuple(rewriting.steps), evaluate(left), tuple(levels.gaps))


def _worked_out(term: Term) -> Expression:
    factors = tuple(Number(evaluate(factor)) for factor in term.factors)
    return factors[0] if len(factors) == 1 else Product(factors)


class _Batch:
    """The objective of a batch: its samples joined, and the penalties."""

    def __init__(self, leaves: NamedLeaves, influence: Influence, node: int, edge: int) -> None:
        self.leaves = leaves
        self.influence = influence
        self.place = (node, edge)
        self.count = len(leaves.trace.batch)
        training = leaves.trace.training
        trained = edge >= 0 and leaves.network.edges[edge].trainable
        self.penalties = [factor for factor in penalty_factors(leaves) if trained and factor.value]
        self.mean = training.batch_reduction == "mean" and self.count > 1
        found = leaves.batch_gradient(node, edge)
        name = "J" if self.penalties else leaves.loss_name
        value = leaves.trace.loss + leaves.trace.penalty * bool(self.penalties)
        objective = Symbol(name, name, value, found.of.reference)
        self.gradient = Partial(objective, influence.by, found.value, found.reference)

    @property
    def plain(self) -> bool:
        """Whether the objective is the loss of one sample."""
        return self.count == 1 and not self.penalties

    def of_sample(self, sample: int, value: float) -> Partial:
        """Return ∂Eᵢ/∂w of a sample."""
        leaves = self.leaves
        loss = leaves.loss(sample) if self.count > 1 else leaves.loss()
        return Partial(loss, self.influence.by, value)

    def objective(self) -> Section:
        """Return the lines from ∂J/∂w to the ∂Eᵢ/∂w of the samples."""
        rewriting = Rewriting(self.gradient, self.gradient.value)
        by, total = self.influence.by, self.gradient.value
        losses: list[Expression] = [self._loss(sample) for sample in range(len(self._values))]
        inside = self._joined(self._with_rest(losses, self._rest_loss))
        if self.penalties:
            inside = Sum((inside, Symbol("P", "P", float(self.leaves.trace.penalty))))
        rewriting.show("definition of the objective", derivative(inside, by, total))
        changes = self._joined(self._parts())
        penalty = [derivative(term, by, evaluate(slope)) for term, slope in self._slopes()]
        rule = "sum rule, constant factor rule" if self.mean else "sum rule"
        rule += ", constant rule" if penalty else ""
        rewriting.show(rule, Sum((changes, *penalty)) if penalty else changes)
        if penalty:
            slopes = [slope for _, slope in self._slopes()]
            rewriting.show("penalty rule", Sum((changes, *slopes)))
        return Section("The objective", self.gradient, tuple(rewriting.steps), total)

    @property
    def other_places(self) -> list[int]:
        """The other samples whose last line is shown."""
        places = [place for place in range(len(self._values)) if place != self.leaves.sample]
        large = np.count_nonzero(self.influence.depending) > MANY_EDGES
        return places[: 1 if large else MOST_SAMPLES]

    def others(self) -> Iterator[Section]:
        """Yield the last lines of the other samples."""
        shown = self.other_places
        more = len(self._values) - 1 - len(shown)
        for sample in shown:
            influence = Influence(self.leaves.at(sample), *self.place)
            left = self.of_sample(sample, influence.gradient)
            steps = last_line(influence, left).steps[-1:]
            alike = tuple(replace(step, rule="the same rules", fact=None) for step in steps)
            note = f"{more} more samples are derived in the same way"
            is_last = more > 0 and sample == shown[-1]
            title = f"Sample {sample + 1}"
            yield Section(title, left, alike, left.value, note=note if is_last else "")

    def together(self) -> Section:
        """Return the last line: all numbers put into the objective's gradient."""
        changes = self._joined(self._parts())
        slopes = [slope for _, slope in self._slopes()]
        right = Sum((changes, *slopes)) if slopes else changes
        rule = "mean over the batch" if self.mean else "sum over the batch"
        if self.count == 1:
            rule = "penalty"
        elif slopes:
            rule += ", penalty"
        step = Step(self.gradient, right, self.gradient.value, rule)
        return Section("Together", self.gradient, (step,), self.gradient.value)

    @cached_property
    def _values(self) -> list[float]:
        parts = [sample_gradients(self.leaves, *member) for member in self.influence.members]
        return [math.fsum(values) for values in zip(*parts, strict=True)]

    def _loss(self, sample: int) -> Symbol:
        return self.leaves.loss(sample) if self.count > 1 else self.leaves.loss()

    def _parts(self) -> Expression:
        values = self._values
        parts: list[Expression] = [self.of_sample(at, value) for at, value in enumerate(values)]
        if whole_batch(self.leaves):
            return self._with_rest(parts, 0.0)
        slopes = sum(evaluate(slope) for _, slope in self._slopes())
        total = (self.gradient.value - slopes) * (self.count if self.mean else 1)
        return self._with_rest(parts, total - sum(values))

    def _with_rest(self, parts: list[Expression], rest: float) -> Expression:
        # The first samples in full; a trace may lack some, whose sum is known nevertheless.
        kept = parts[:MOST_TERMS] if len(parts) > MOST_TERMS + 1 else parts
        folded = [*map(evaluate, parts[len(kept) :]), rest]
        if self.count == len(kept):
            return added(kept)
        return Sum((*kept, Rest(self.count - len(kept), math.fsum(folded), "samples")))

    @property
    def _rest_loss(self) -> float:
        trace = self.leaves.trace
        if whole_batch(self.leaves):
            return 0.0
        total = trace.loss * (self.count if self.mean else 1)
        return total - float(trace.loss_per_sample.sum())

    def _joined(self, total: Expression) -> Expression:
        if not self.mean:
            return total
        return Product((Fraction(number(1.0), number(self.count)), total))

    def _slopes(self) -> list[tuple[Expression, Expression]]:
        weight = self.influence.by
        found: list[tuple[Expression, Expression]] = []
        for factor in self.penalties:
            if factor.text == "λ₂":
                term = Product((HALF, factor, power(weight, 2.0)))
                found.append((term, Product((factor, weight))))
            else:
                size = Function("sign", weight)
                found.append((Product((factor, Absolute(weight))), Product((factor, size))))
        return found
