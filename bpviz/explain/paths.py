"""Every path from a parameter to the loss, with the product of the derivatives along it.

The gradient of a sample is the sum over these paths. There may be astronomically many: they are
counted, and their sum is known, without walking them.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bpviz.engine.backprop import Trace
from bpviz.explain.combine import by_source, by_weight
from bpviz.explain.explanation import Line
from bpviz.explain.expression import (
    Expression,
    Number,
    Partial,
    Product,
    Rest,
    Sum,
    evaluate,
)
from bpviz.explain.formulas import difference_to_target, loss_derivative
from bpviz.explain.influence import Influence
from bpviz.explain.joining import fused, loss_place
from bpviz.explain.names import NamedLeaves
from bpviz.model.network import activation_name
from bpviz.model.session import Notation

MOST_PATHS = 200
# Of a longer product the first and the last factors are shown, and what the others come to.
MOST_FACTORS, LAST_FACTORS = 40, 10


@dataclass(frozen=True)
class Path:
    """One path from the parameter to the loss.

    `nodes` are the units it goes through, `edges` those between them, preceded by the weight's
    own edge where the parameter is a weight: all as positions in the network. `factors` are the
    derivatives along it from the loss down to the parameter, as a text writes the chain rule, and
    `formulas` the same factors in terms of weights and values; `value` is their product.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    factors: tuple[Partial, ...]
    formulas: tuple[Expression, ...]
    value: float

    @property
    def product(self) -> Product:
        """The product of the derivatives along the path, folded where it is long."""
        return Product(_folded(self.factors))

    @property
    def formula(self) -> Product:
        """The same product in terms of weights and values."""
        return Product(_folded(self.formulas))


@dataclass(frozen=True)
class Paths:
    """The paths of a parameter for one sample, the strongest first.

    `shown` holds those with the largest |value| (equal ones in no certain order; the order is
    exact up to the rounding of products), `count` says how many there are in all. `total` is the
    gradient of the sample, the sum over all paths, and `rest` what those not shown come to.
    """

    gradient: Partial
    shown: tuple[Path, ...]
    count: int
    total: float

    @property
    def rest(self) -> float:
        """What the paths that are not shown come to together: total − shown."""
        if len(self.shown) == self.count:
            return 0.0
        return math.fsum([self.total, *(-path.value for path in self.shown)])

    @property
    def line(self) -> Line:
        """The gradient as the sum over the paths."""
        terms: list[Expression] = [path.product for path in self.shown]
        if len(self.shown) < self.count:
            terms.append(Rest(self.count - len(self.shown), self.rest, "paths"))
        right = Number(0.0) if not terms else terms[0] if len(terms) == 1 else Sum(tuple(terms))
        return Line(self.gradient, right, self.total, "sum over paths")


def _folded(factors: Sequence[Expression]) -> tuple[Expression, ...]:
    if len(factors) <= MOST_FACTORS + 1:
        return tuple(factors)
    head, tail = MOST_FACTORS - LAST_FACTORS, len(factors) - LAST_FACTORS
    between = math.prod(map(evaluate, factors[head:tail]))
    rest = Rest(len(factors) - MOST_FACTORS, between, "factors")
    return (*factors[:head], rest, *factors[tail:])


def paths(
    trace: Trace,
    node: int,
    edge: int,
    sample: int = 0,
    notation: Notation | None = None,
    most: int = MOST_PATHS,
) -> Paths:
    """Return the paths from the weight of `edge` or the bias of `node` to the loss of a sample.

    One of `node` and `edge` is −1. A shared parameter starts paths at each of its members. Of more
    than `most` paths the strongest are given: a best-first search whose bound for the rest of a
    path is the largest product of local derivatives that any way to the loss has, so that paths
    come out in falling order of |value|.
    """
    leaves = NamedLeaves(trace, sample, notation, edge)
    search = _Search(Influence(leaves, node, edge))
    loss = leaves.loss(sample) if len(trace.batch) > 1 else leaves.loss()
    gradient = Partial(loss, search.influence.by, search.influence.gradient)
    shown = tuple(search.path(found) for found in search.strongest(most))
    return Paths(gradient, shown, search.count, search.influence.gradient)


@dataclass(frozen=True)
class _Walk:
    # From member `start` over units: the value of the factors so far, whether it has arrived.
    start: int
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    value: float
    arrived: bool = False


class _Search:
    """Counts the paths of a parameter and finds the strongest."""

    def __init__(self, influence: Influence) -> None:
        self.influence = influence
        self.leaves = influence.leaves
        trace = self.leaves.trace
        self._local = trace.local_gradients(self.leaves.sample)
        level = trace.program.node_level
        self._ticket = itertools.count()
        self._ways: dict[int, int] = {}
        self._best: dict[int, float] = {}
        for node in sorted(influence.carriers, key=lambda node: -int(level[node])):
            onward = self._onward(node)
            ends = self._end(node)
            self._ways[node] = sum(self._ways[head] for _, head in onward) + (ends is not None)
            steps = [self._step(node, edge) * self._best[head] for edge, head in onward]
            # An end's factor reaches from z to the loss.
            reach = [abs(step) for step in steps] + ([] if ends is None else [abs(ends)])
            self._best[node] = max(reach, default=0.0)

    @property
    def count(self) -> int:
        """How many paths there are."""
        return sum(self._ways.get(head, 0) for head in self._heads())

    def strongest(self, most: int) -> list[_Walk]:
        """Return up to `most` complete walks in falling order of |value|."""
        queue: list[tuple[float, int, int, _Walk]] = []
        for start, head in enumerate(self._heads()):
            if head in self._ways:
                _, edge = self.influence.members[start]
                edges = (edge,) if edge >= 0 else ()
                self._push(queue, _Walk(start, (head,), edges, self._first(start)))
        found: list[_Walk] = []
        while queue and len(found) < most:
            *_, walk = heapq.heappop(queue)
            if walk.arrived:
                found.append(walk)
                continue
            here = walk.nodes[-1]
            end = self._end(here)
            if end is not None:
                done = _Walk(walk.start, walk.nodes, walk.edges, walk.value * end, True)
                self._push(queue, done)
            for edge, head in self._onward(here):
                value = walk.value * self._step(here, edge)
                onward = _Walk(walk.start, (*walk.nodes, head), (*walk.edges, edge), value)
                self._push(queue, onward)
        return found

    def path(self, walk: _Walk) -> Path:
        """Return a complete walk with its factors, from the loss down to the parameter."""
        leaves, by = self.leaves, self.influence.by
        first, last = walk.nodes[0], walk.nodes[-1]
        factors, formulas = self._ending(last)
        between = walk.edges[1:] if self.influence.edges else walk.edges
        for place in range(len(between) - 1, -1, -1):
            source, target = walk.nodes[place], walk.nodes[place + 1]
            local = float(self._local[between[place]])
            factors.append(Partial(leaves.z(target), leaves.value(source), local))
            formulas.append(by_source(leaves, between[place]))
            factors.append(Partial(leaves.value(source), leaves.z(source), self._slope(source)))
            formulas.append(self._slope_formula(source))
        factors.append(Partial(leaves.z(first), by, self._first(walk.start)))
        _, edge = self.influence.members[walk.start]
        formulas.append(by_weight(leaves, edge) if edge >= 0 else Number(1.0))
        value = math.prod(factor.value for factor in factors)
        return Path(walk.nodes, walk.edges, tuple(factors), tuple(formulas), value)

    def _push(self, queue: list[tuple[float, int, int, _Walk]], walk: _Walk) -> None:
        # Among equals the longest first, so that walks that lead to nothing don't pile up.
        bound = abs(walk.value) * (1.0 if walk.arrived else self._best[walk.nodes[-1]])
        heapq.heappush(queue, (-bound, -len(walk.nodes), next(self._ticket), walk))

    def _heads(self) -> list[int]:
        return [
            self.leaves.ends(edge)[1] if edge >= 0 else node
            for node, edge in self.influence.members
        ]

    def _first(self, start: int) -> float:
        """Return ∂z/∂w of a member's unit by the member itself."""
        _, edge = self.influence.members[start]
        if edge < 0:
            return 1.0
        source, _ = self.leaves.ends(edge)
        return float(
            self.leaves.term_slopes[edge] * self.leaves.trace.a[self.leaves.sample, source]
        )

    def _onward(self, node: int) -> list[tuple[int, int]]:
        found = []
        for edge in self.leaves.outgoing(node):
            head = self.leaves.ends(edge)[1]
            if head in self.influence.carriers:
                found.append((edge, head))
        return found

    def _slope(self, node: int) -> float:
        return float(self.leaves.trace.slope[self.leaves.sample, node])

    def _slope_formula(self, node: int) -> Expression:
        plain = activation_name(self.leaves.unit(node).activation) == "identity"
        return Number(1.0) if plain else self.leaves.slope(node)

    def _step(self, node: int, edge: int) -> float:
        # From z of the node to z of the edge's target.
        return self._slope(node) * float(self._local[edge])

    def _end(self, node: int) -> float | None:
        """Return ∂E/∂z of an output, from the loss alone; None for other units."""
        network = self.leaves.network
        if network.nodes[node].id not in network.outputs:
            return None
        return math.prod(factor.value for factor in self._ending(node)[0])

    def _ending(self, node: int) -> tuple[list[Partial], list[Expression]]:
        leaves, network = self.leaves, self.leaves.network
        place = loss_place(leaves, network.outputs.index(network.nodes[node].id))
        if fused(leaves, node):
            # The slope cancels against the loss; taken apart it could get lost.
            formula = difference_to_target(place)
            return [Partial(leaves.loss(), leaves.z(node), evaluate(formula))], [formula]
        formula = loss_derivative(leaves.trace.training.loss, place)
        a, z, slope = leaves.value(node), leaves.z(node), self._slope(node)
        factors = [Partial(leaves.loss(), a, evaluate(formula)), Partial(a, z, slope)]
        return factors, [formula, self._slope_formula(node)]
