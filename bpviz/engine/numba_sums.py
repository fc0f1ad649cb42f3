"""Sum units in compiled code: z = Σ w·a, what comes back to a unit, and the gradients of weights.

A function works on all columns that one vector takes, of one row of the matrices, from `lane` on.
`header`: see `numba_plan.Field`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bpviz.engine.numba_plan import Field
from bpviz.engine.numba_vectors import (
    LANES,
    Vector,
    compiled,
    folded,
    inlined,
    integer,
    load,
    loader,
    number,
    put,
    splatter,
    store,
    total,
    totals,
)

# work(header, row, lane), or (header, row, lanes) for a whole row.
OnRow: TypeAlias = Callable[[int, int, int], None]
Read: TypeAlias = Callable[[int, int], Vector]


def _pre_activation(read: Read, all_of: Callable[[float], Vector]) -> OnRow:
    @compiled
    def pre_activation(header: int, row: int, lane: int) -> None:
        theta, a = integer(header, Field.THETA), integer(header, Field.A)
        stride = integer(header, Field.STRIDE)
        starts = integer(header, Field.IN_START)
        z = all_of(0.0)
        for run in range(integer(starts, row), integer(starts, row + 1)):
            place = integer(integer(header, Field.IN_PLACE), run)
            at = integer(integer(header, Field.IN_ROW), run) * stride + lane
            for _ in range(integer(integer(header, Field.IN_COUNT), run)):
                z = z + number(theta, place) * read(a, at)
                place += 1
                at += stride
        store(integer(header, Field.Z), row * stride + lane, z)

    return pre_activation


def _sent_back(read: Read, all_of: Callable[[float], Vector]) -> OnRow:
    @compiled
    def sent_back(header: int, row: int, lane: int) -> None:
        theta, d = integer(header, Field.THETA), integer(header, Field.D)
        stride = integer(header, Field.STRIDE)
        starts = integer(header, Field.OUT_START)
        g = all_of(0.0)
        if integer(integer(header, Field.SEEDED), row):
            g = read(integer(header, Field.G), row * stride + lane)
        for run in range(integer(starts, row), integer(starts, row + 1)):
            place = integer(integer(header, Field.OUT_PLACE), run)
            at = integer(integer(header, Field.OUT_ROW), run) * stride + lane
            step = integer(integer(header, Field.OUT_STRIDE), run)
            for _ in range(integer(integer(header, Field.OUT_COUNT), run)):
                g = g + number(theta, place) * read(d, at)
                place += step
                at += stride
        store(integer(header, Field.G), row * stride + lane, g)

    return sent_back


def _weight_gradients(read: Read, narrow: Callable[[Vector], Vector]) -> OnRow:
    @compiled
    def weight_gradients(header: int, row: int, lane: int) -> None:
        a, stride = integer(header, Field.A), integer(header, Field.STRIDE)
        gradient, adds = integer(header, Field.GRADIENT), integer(header, Field.ADDS)
        starts = integer(header, Field.IN_START)
        d = read(integer(header, Field.D), row * stride + lane)
        for run in range(integer(starts, row), integer(starts, row + 1)):
            place = integer(integer(header, Field.IN_PLACE), run)
            at = integer(integer(header, Field.IN_ROW), run) * stride + lane
            stop = place + integer(integer(header, Field.IN_COUNT), run)
            while place + LANES <= stop:
                g = totals(
                    narrow(d * read(a, at)), narrow(d * read(a, at + stride)),
                    narrow(d * read(a, at + 2 * stride)), narrow(d * read(a, at + 3 * stride)),
                    narrow(d * read(a, at + 4 * stride)), narrow(d * read(a, at + 5 * stride)),
                    narrow(d * read(a, at + 6 * stride)), narrow(d * read(a, at + 7 * stride)),
                )  # fmt: skip
                if adds or lane > 0:
                    g = load(gradient, place) + g
                store(gradient, place, g)
                place += LANES
                at += LANES * stride
            while place < stop:
                one = total(d * read(a, at))
                if adds or lane > 0:
                    one = number(gradient, place) + one
                put(gradient, place, one)
                place += 1
                at += stride

    return weight_gradients


@inlined
def _as_is(x: Vector) -> Vector:
    return x


@inlined
def _folded_twice(x: Vector) -> Vector:
    return folded(folded(x))


# Many sums at once keep the processor busy while each waits for its last addition.
SOME, MANY = 2 * LANES, 4 * LANES
_load_some, _load_many = loader(SOME), loader(MANY)
_splat, _splat_some, _splat_many = splatter(LANES), splatter(SOME), splatter(MANY)


def _whole_row(one: OnRow, some: OnRow, many: OnRow) -> OnRow:
    @compiled
    def work(header: int, row: int, lanes: int) -> None:
        lane = 0
        while lane + MANY <= lanes:
            many(header, row, lane)
            lane += MANY
        if lane + SOME <= lanes:
            some(header, row, lane)
            lane += SOME
        if lane < lanes:
            one(header, row, lane)

    return work


# Each takes (header, row, lanes): z of a unit; ∂loss/∂a of a row that sum units read; the gradients
# of a unit's weights and bias.
pre_activation = _whole_row(
    _pre_activation(load, _splat),
    _pre_activation(_load_some, _splat_some),
    _pre_activation(_load_many, _splat_many),
)
sent_back = _whole_row(
    _sent_back(load, _splat),
    _sent_back(_load_some, _splat_some),
    _sent_back(_load_many, _splat_many),
)
weight_gradients = _whole_row(
    _weight_gradients(load, _as_is),
    _weight_gradients(_load_some, folded),
    _weight_gradients(_load_many, _folded_twice),
)
