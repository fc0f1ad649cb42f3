"""Every path from a parameter to the loss, with the product of the derivatives along it.

The gradient of a sample is the sum over these paths. There may be astronomically many: they are
counted, and their sum is known, without walking them.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

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
    own edge where the parameter is a weight: all as positions in the network. `numbers` are the
    derivatives along it from the loss down to the parameter, as a text writes the chain rule;
    `value` is their product. `factor` writes one of them: as a derivative, and in terms of
    weights and values.
    """

    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    numbers: tuple[float, ...]
    factor: Callable[[int], tuple[Partial, Expression]]

    @cached_property
    def value(self) -> float:
        """The product of all factors."""
        return math.prod(self.numbers)

    @property
    def factors(self) -> tuple[Partial, ...]:
        """All derivatives along the path."""
        return tuple(self.factor(place)[0] for place in range(len(self.numbers)))

    @property
    def formulas(self) -> tuple[Expression, ...]:
        """The same factors in terms of weights and values."""
        return tuple(self.factor(place)[1] for place in range(len(self.numbers)))

    @cached_property
    def product(self) -> Product:
        """The product of the derivatives along the path, folded where it is long."""
        return Product(self._folded(0))

    @cached_property
    def formula(self) -> Product:
        """The same product in terms of weights and values."""
        return Product(self._folded(1))

    def _folded(self, form: int) -> tuple[Expression, ...]:
        # Only what is shown is written: a path may have thousands of factors.
        count = len(self.numbers)
        head, tail = MOST_FACTORS - LAST_FACTORS, count - LAST_FACTORS
        if count <= MOST_FACTORS + 1:
            return tuple(self.factor(place)[form] for place in range(count))
        rest = Rest(count - MOST_FACTORS, math.prod(self.numbers[head:tail]), "factors")
        first = [self.factor(place)[form] for place in range(head)]
        return (*first, rest, *(self.factor(place)[form] for place in range(tail, count)))


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


class _Walk(NamedTuple):
    # The beginning of a path: its last unit, the edge that led there from the walk before, and
    # the value of the factors so far.
    node: int
    value: float
    edge: int = -1
    before: _Walk | None = None
    start: int = -1

    def steps(self) -> tuple[tuple[int, ...], tuple[int, ...], int]:
        """Return the units and the edges between them, and the member it starts at."""
        nodes, edges, walk = [], [], self
        while walk.before is not None:
            nodes.append(walk.node)
            edges.append(walk.edge)
            walk = walk.before
        return (walk.node, *reversed(nodes)), tuple(reversed(edges)), walk.start


class _Choice(NamedTuple):
    # A way on from a unit: the largest |value| of all paths that it begins, its edge and head
    # (−1: the loss), and the value of the step.
    reach: float
    edge: int
    head: int
    step: float


class _Search:
    """Counts the paths of a parameter and finds the strongest."""

    def __init__(self, influence: Influence) -> None:
        self.influence = influence
        self.leaves = influence.leaves
        trace = self.leaves.trace
        self._local = trace.local_gradients(self.leaves.sample).tolist()
        self._slopes = trace.slope[self.leaves.sample].tolist()
        self._outputs = frozenset(trace.program.output_nodes.tolist())
        level = trace.program.node_level
        self._ways: dict[int, int] = {}
        self._choices: dict[int, list[_Choice]] = {}
        for node in sorted(influence.carriers, key=lambda node: -int(level[node])):
            self._look_on(node)

    def _look_on(self, node: int) -> None:
        """Note the ways on from a unit, the strongest first; those of its heads are known."""
        choices, ways = [], 0
        slope = self._slopes[node]
        for edge in self.leaves.outgoing(node):
            head = self.leaves.ends(edge)[1]
            if head in self._ways:
                step = slope * self._local[edge]
                choices.append(_Choice(abs(step) * self._choices[head][0].reach, edge, head, step))
                ways += self._ways[head]
        if node in self._outputs:
            end = math.prod(self._end(node))
            choices.append(_Choice(abs(end), -1, -1, end))
            ways += 1
        choices.sort(key=lambda choice: -choice.reach)
        self._ways[node], self._choices[node] = ways, choices

    @property
    def count(self) -> int:
        """How many paths there are."""
        return sum(self._ways.get(head, 0) for head in self._heads())

    def strongest(self, most: int) -> list[_Walk]:
        """Return up to `most` complete walks in falling order of |value|.

        A walk is taken on by its strongest way, and waits with its next: so the queue grows by
        one with each step, however many ways there are.
        """
        queue: list[tuple[float, int, int, _Walk, int]] = []
        ticket = itertools.count()

        def push(walk: _Walk, place: int, depth: int) -> None:
            choices = self._choices[walk.node]
            if place < len(choices):
                # Among equals the longest first, so that walks that lead to nothing don't pile up.
                bound = abs(walk.value) * choices[place].reach
                heapq.heappush(queue, (-bound, -depth, next(ticket), walk, place))

        for start, head in enumerate(self._heads()):
            if head in self._ways:
                push(_Walk(head, self._first(start), start=start), 0, 0)
        found: list[_Walk] = []
        while queue and len(found) < most:
            _, depth, _, walk, place = heapq.heappop(queue)
            push(walk, place + 1, -depth)
            choice = self._choices[walk.node][place]
            if choice.head < 0:
                found.append(walk)
            else:
                value = walk.value * choice.step
                push(_Walk(choice.head, value, choice.edge, walk), 0, 1 - depth)
        return found

    def path(self, walk: _Walk) -> Path:
        """Return a complete walk with its factors, from the loss down to the parameter."""
        nodes, between, start = walk.steps()
        end = self._end(nodes[-1])
        numbers = list(end)
        for place in range(len(between) - 1, -1, -1):
            numbers += (self._local[between[place]], self._slopes[nodes[place]])
        numbers.append(self._first(start))
        _, edge = self.influence.members[start]
        edges = (edge, *between) if edge >= 0 else between

        def factor(place: int) -> tuple[Partial, Expression]:
            if place < len(end):
                return self._ending(nodes[-1])[place]
            if place == len(numbers) - 1:
                return self._beginning(nodes[0], start)
            step, is_slope = divmod(place - len(end), 2)
            at = len(between) - 1 - step
            return (
                self._slope(nodes[at]) if is_slope else self._edge(between[at], nodes[at : at + 2])
            )

        return Path(nodes, edges, tuple(numbers), factor)

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

    def _beginning(self, node: int, start: int) -> tuple[Partial, Expression]:
        leaves, (_, edge) = self.leaves, self.influence.members[start]
        formula = by_weight(leaves, edge) if edge >= 0 else Number(1.0)
        return Partial(leaves.z(node), self.influence.by, self._first(start)), formula

    def _edge(self, edge: int, ends: Sequence[int]) -> tuple[Partial, Expression]:
        source, target = ends
        z, a = self.leaves.z(target), self.leaves.value(source)
        return Partial(z, a, self._local[edge]), by_source(self.leaves, edge)

    def _slope(self, node: int) -> tuple[Partial, Expression]:
        leaves = self.leaves
        plain = activation_name(leaves.unit(node).activation) == "identity"
        partial = Partial(leaves.value(node), leaves.z(node), self._slopes[node])
        return partial, Number(1.0) if plain else leaves.slope(node)

    def _end(self, node: int) -> tuple[float, ...]:
        """Return the numbers of the factors from the loss to z of an output."""
        return tuple(factor.value for factor, _ in self._ending(node))

    def _ending(self, node: int) -> list[tuple[Partial, Expression]]:
        leaves, network = self.leaves, self.leaves.network
        place = loss_place(leaves, network.outputs.index(network.nodes[node].id))
        if fused(leaves, node):
            # The slope cancels against the loss; taken apart it could get lost.
            formula = difference_to_target(place)
            return [(Partial(leaves.loss(), leaves.z(node), evaluate(formula)), formula)]
        formula = loss_derivative(leaves.trace.training.loss, place)
        by_value = Partial(leaves.loss(), leaves.value(node), evaluate(formula))
        return [(by_value, formula), self._slope(node)]
