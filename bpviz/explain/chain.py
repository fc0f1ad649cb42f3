"""The derivation of ∂E/∂w for one parameter, from the definition of the loss to a number."""

from __future__ import annotations

import math
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
from bpviz.explain.loss_rules import open_loss
from bpviz.explain.names import NamedLeaves
from bpviz.explain.rewriting import MOST_TERMS, Fact, Rewriting, Step, Term, added, derivative
from bpviz.explain.text import to_text
from bpviz.explain.unit_rules import open_units
from bpviz.model.session import Notation

__all__ = ["Derivation", "Fact", "Section", "Step", "derive"]

# Of a longer derivation the beginning and the end are shown.
MOST_LINES = 48
LINES_AT_END = 12
# Levels from the loss on, and before the parameter, that get a line for each rule.
LEVELS_IN_FULL = 2
# Other samples of the batch whose last line is shown; each is a derivation of its own, so that
# only one is where more edges than these depend on the parameter.
MOST_SAMPLES = 5
MANY_EDGES = 1_000


@dataclass(frozen=True)
class Section:
    """A stretch of a derivation: left = … = … = result, one step a line.

    `folded` lines are left out after the first `fold_at`; `note` says so, and what else is.
    """

    title: str
    left: Expression
    steps: tuple[Step, ...]
    result: float
    fold_at: int = 0
    folded: int = 0
    note: str = ""


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
    trace: Trace, node: int, edge: int, sample: int = 0, notation: Notation | None = None
) -> Derivation:
    """Return the derivation of the gradient of the weight of `edge` or the bias of `node`.

    One of `node` and `edge` is −1; `sample` is the place in the batch to derive in full. With one
    sample and no penalty there is one section; else one for the objective, the samples, and what
    they come to together.
    """
    leaves = NamedLeaves(trace, sample, notation, edge)
    influence = Influence(leaves, node, edge)
    batch = _Batch(leaves, influence, node, edge)
    if batch.plain:
        sections = [_sample_section(influence, batch.gradient, "")]
    else:
        title = f"Sample {sample + 1}" if batch.count > 1 else "The loss"
        left = batch.of_sample(sample, influence.gradient)
        sections = [batch.objective(), _sample_section(influence, left, title)]
        sections += batch.others()
        sections.append(batch.together())
    names = [
        leaves.network.edges[edge].name if edge >= 0 else leaves.network.nodes[node].id
        for node, edge in influence.members
    ]
    own = leaves.network.edges[edge].name if edge >= 0 else leaves.network.nodes[node].id
    shared = tuple(names) if len(names) > 1 else ()
    return Derivation(own, influence.by, batch.gradient, tuple(sections), shared, sample)


def rewritten(influence: Influence, left: Expression) -> Rewriting:
    """Return the lines from ∂E/∂w of a sample to a formula without derivatives."""
    result = evaluate(left)
    rewriting = Rewriting(left, result)
    open_loss(rewriting, influence)
    level = influence.leaves.trace.program.node_level
    levels: dict[int, set[int]] = {}
    for node in influence.carriers:
        levels.setdefault(int(level[node]), set()).add(node)
    for place, here in enumerate(sorted(levels, reverse=True)):
        brief = LEVELS_IN_FULL <= place < len(levels) - 1
        if brief:
            rewriting.hold()
        open_units(rewriting, influence, frozenset(levels[here]))
        if brief:
            rewriting.release()
    return rewriting


def _sample_section(influence: Influence, left: Partial, title: str) -> Section:
    rewriting = rewritten(influence, left)
    worked_out = added([_worked_out(term) for term in rewriting.terms])
    numbers = rewriting.steps[-1].numbers if rewriting.steps else None
    if numbers is None or to_text(worked_out, 10) != to_text(numbers, 10):
        rewriting.show("each factor worked out", worked_out)
    return _folded(Section(title, left, tuple(rewriting.steps), evaluate(left)))


def _worked_out(term: Term) -> Expression:
    factors = tuple(Number(evaluate(factor)) for factor in term.factors)
    return factors[0] if len(factors) == 1 else Product(factors)


def _folded(section: Section) -> Section:
    count = len(section.steps)
    if count <= MOST_LINES + 1:
        return section
    head = MOST_LINES - LINES_AT_END
    left_out = section.steps[head : count - LINES_AT_END]
    rules = ", ".join(dict.fromkeys(rule for step in left_out for rule in step.rule.split(", ")))
    return replace(
        section,
        steps=(*section.steps[:head], *section.steps[count - LINES_AT_END :]),
        fold_at=head,
        folded=len(left_out),
        note=f"{len(left_out)} lines are left out: {rules}, over and over, one layer after another",
    )


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

    def others(self) -> list[Section]:
        """Return the last lines of the other samples."""
        found: list[Section] = []
        places = [place for place in range(len(self._values)) if place != self.leaves.sample]
        large = np.count_nonzero(self.influence.depending) > MANY_EDGES
        for sample in places[: 1 if large else MOST_SAMPLES]:
            influence = Influence(self.leaves.at(sample), *self.place)
            left = self.of_sample(sample, influence.gradient)
            steps = rewritten(influence, left).steps[-1:]
            alike = replace(steps[0], rule="the same rules", fact=None) if steps else None
            shown = (alike,) if alike else ()
            found.append(Section(f"Sample {sample + 1}", left, shown, left.value))
        more = len(places) - len(found)
        if found and more:
            note = f"{more} more samples are derived in the same way"
            found[-1] = replace(found[-1], note=note)
        return found

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
