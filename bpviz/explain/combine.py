"""What a unit makes of its incoming edges, and how that changes with each of them, as trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bpviz.explain.expression import (
    Expression,
    Given,
    Maximum,
    Product,
    Rest,
    Sum,
    Symbol,
    number,
)
from bpviz.explain.symbols import Leaves

LIMIT = 6
BRIEF = {"sum": "Σ w·a", "product": "Π w·a", "max": "max(w·a)"}


def folded(
    count: int,
    make: Callable[[int], Expression],
    rest: Callable[[range], float],
    noun: str = "terms",
) -> tuple[Expression, ...]:
    """Return the parts made from 0 … count − 1; beyond `LIMIT` they are folded into one.

    `rest(range)` gives what the folded parts come to. A single part is never folded.
    """
    if count <= LIMIT + 1:
        return tuple(make(place) for place in range(count))
    kept = tuple(make(place) for place in range(LIMIT))
    return (*kept, Rest(count - LIMIT, rest(range(LIMIT, count)), noun))


def edge_value(leaves: Leaves, edge: int) -> float:
    """Return w·a of an edge."""
    trace = leaves.trace
    source, _ = leaves.ends(edge)
    weight = trace.theta[trace.program.edge_slot[edge]]
    return float(weight * trace.a[leaves.sample, source])


def edge_term(leaves: Leaves, edge: int) -> Product:
    """Return w·a of an edge as a tree."""
    return Product((leaves.weight(edge), leaves.value(leaves.ends(edge)[0])))


def pre_activation(leaves: Leaves, node: int) -> Expression:
    """Return z of a unit in terms of its incoming edges."""
    unit, edges = leaves.unit(node), leaves.incoming(node)

    def make(place: int) -> Expression:
        return edge_term(leaves, edges[place])

    def value(place: int) -> float:
        return edge_value(leaves, edges[place])

    if unit.combine == "product":
        parts = folded(len(edges), make, lambda rest: math.prod(map(value, rest)), "factors")
        return Product(parts)
    if unit.combine == "max":
        return Maximum(folded(len(edges), make, lambda rest: max(map(value, rest))))
    terms = folded(len(edges), make, lambda rest: math.fsum(map(value, rest)))
    return Sum((*terms, leaves.bias(node)) if unit.has_bias else terms)


def brief_pre_activation(leaves: Leaves, node: int) -> str:
    """Return how z is written for short: "z = Σ w·a + b"."""
    unit = leaves.unit(node)
    if not leaves.incoming(node):
        return "z = b" if unit.has_bias else "z"
    return f"z = {BRIEF[unit.combine]}" + (" + b" if unit.has_bias else "")


def by_source(leaves: Leaves, edge: int) -> Expression:
    """Return ∂z/∂a along an edge: of the target's z by the source's a."""
    return _through(leaves, edge, leaves.weight(edge))


def by_weight(leaves: Leaves, edge: int) -> Expression:
    """Return ∂z/∂w of an edge: of the target's z by its weight."""
    return _through(leaves, edge, leaves.value(leaves.ends(edge)[0]))


def _through(leaves: Leaves, edge: int, own: Symbol) -> Expression:
    _, target = leaves.ends(edge)
    combine = leaves.unit(target).combine
    if combine == "sum":
        return own
    edges = leaves.incoming(target)
    if combine == "max":
        if edge == winner(leaves, edges):
            return Given(own, "the largest")
        return Given(number(0.0), "not the largest")
    others = [other for other in edges if other != edge]
    parts = folded(
        len(others),
        lambda place: edge_term(leaves, others[place]),
        lambda rest: math.prod(edge_value(leaves, others[place]) for place in rest),
        "factors",
    )
    return Product((own, *parts))


def winner(leaves: Leaves, edges: Sequence[int]) -> int:
    """Return the first of the edges with the largest w·a."""
    return max(edges, key=lambda edge: edge_value(leaves, edge))
