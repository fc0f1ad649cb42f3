"""Product and max units in compiled code.

A unit's terms are w·a of its edges, in their order. Nothing is divided: the product of the other
factors is made of products from both ends, as in `calls`. `header`: see `numba_plan.Field`.
"""

from __future__ import annotations

from bpviz.engine.numba_plan import PRODUCT, Field
from bpviz.engine.numba_vectors import (
    LANES,
    Vector,
    absolute,
    compiled,
    integer,
    load,
    number,
    put,
    splat,
    store,
    total,
    where_less,
)


@compiled
def term_pre_activation(header: int, row: int, lanes: int) -> None:
    """Write z = Π (w·a) or max (w·a) of the unit of `row`."""
    z_row = row * integer(header, Field.STRIDE)
    first, stop = _terms_of(header, row)
    is_product = integer(integer(header, Field.COMBINE), row) == PRODUCT
    for lane in range(0, lanes, LANES):
        z = _term(header, first, lane)
        for edge in range(first + 1, stop):
            term = _term(header, edge, lane)
            z = z * term if is_product else where_less(z, term, term, z)
        store(integer(header, Field.Z), z_row + lane, z)


@compiled
def _terms_of(header: int, row: int) -> tuple[int, int]:
    starts = integer(header, Field.TERM_START)
    return integer(starts, row), integer(starts, row + 1)


@compiled
def _term(header: int, edge: int, lane: int) -> Vector:
    weight = number(integer(header, Field.THETA), integer(integer(header, Field.TERM_PLACE), edge))
    source = integer(integer(header, Field.TERM_ROW), edge) * integer(header, Field.STRIDE)
    return weight * load(integer(header, Field.A), source + lane)


@compiled
def send_terms_back(header: int, row: int, lanes: int) -> None:
    """Write ∂w = Σ factor · a of the unit's edges, and add factor · w to ∂loss/∂a.

    `factor` is ∂loss/∂(w·a): δ times the other factors, or δ at the first maximal edge.
    """
    first, stop = _terms_of(header, row)
    is_product = integer(integer(header, Field.COMBINE), row) == PRODUCT
    if not integer(header, Field.ADDS):
        for edge in range(first, stop):
            place = integer(integer(header, Field.TERM_PLACE), edge)
            put(integer(header, Field.GRADIENT), place, 0.0)
    for lane in range(0, lanes, LANES):
        d = load(integer(header, Field.D), row * integer(header, Field.STRIDE) + lane)
        if is_product:
            _write_products(header, first, stop, lane)
        winner = _winner(header, first, stop, lane)
        for edge in range(first, stop):
            if is_product:
                at = (edge - first) * LANES
                before = load(integer(header, Field.BEFORE), at)
                factor = d * (before * load(integer(header, Field.AFTER), at))
            else:
                distance = absolute(winner - float(edge - first))
                factor = where_less(distance, splat(0.5), d, splat(0.0))
            _send(header, edge, lane, factor)


@compiled
def _send(header: int, edge: int, lane: int, factor: Vector) -> None:
    place = integer(integer(header, Field.TERM_PLACE), edge)
    source = integer(integer(header, Field.TERM_ROW), edge)
    at = source * integer(header, Field.STRIDE) + lane
    gradient, g = integer(header, Field.GRADIENT), integer(header, Field.G)
    part = total(factor * load(integer(header, Field.A), at))
    put(gradient, place, number(gradient, place) + part)
    if integer(integer(header, Field.SEEDED), source):
        weight = number(integer(header, Field.THETA), place)
        store(g, at, load(g, at) + factor * weight)


@compiled
def _write_products(header: int, first: int, stop: int, lane: int) -> None:
    """Write the products of the terms before and after each."""
    product = splat(1.0)
    for edge in range(first, stop):
        store(integer(header, Field.BEFORE), (edge - first) * LANES, product)
        product = product * _term(header, edge, lane)
    product = splat(1.0)
    for edge in range(stop - 1, first - 1, -1):
        store(integer(header, Field.AFTER), (edge - first) * LANES, product)
        product = product * _term(header, edge, lane)


@compiled
def _winner(header: int, first: int, stop: int, lane: int) -> Vector:
    """Return the place among the unit's edges of the first maximal one."""
    largest, winner = _term(header, first, lane), splat(0.0)
    for edge in range(first + 1, stop):
        term = _term(header, edge, lane)
        winner = where_less(largest, term, splat(float(edge - first)), winner)
        largest = where_less(largest, term, term, largest)
    return winner
