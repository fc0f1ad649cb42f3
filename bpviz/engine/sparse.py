"""Sum units with few of the edges they could have: a small product for each, not one for all.

The edges of a row stand beside each other, K places for every row of a pack; places left over have
the weight 0. So a pack of S rows is a stack of S products of [1, K] by [K, width], and its cost
grows with the edges, where that of a matrix [units, sources] grows with its zeros too.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import SumBlock
from bpviz.engine.calls import Call, Pass, added, buffer

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# A pack has at most this many places for each of its edges.
MOST_PLACES = 2


class Pack(NamedTuple):
    """Rows [S] of similar many edges; edge `edges`[i] stands at `places`[i] of [S, K]."""

    rows: IntArray
    edges: IntArray
    places: IntArray
    shape: tuple[int, int]

    def spread(self, ends: IntArray) -> IntArray:
        """Return an end of each edge [S·K], in places left over that of the row's first edge."""
        size, count = self.shape
        spread = np.full(size * count, -1, dtype=np.int64)
        spread[self.places] = ends[self.edges]
        spread = spread.reshape(self.shape)
        return np.where(spread < 0, spread[:, :1], spread).reshape(-1)

    @property
    def is_run(self) -> bool:
        """Whether the rows follow each other."""
        return int(self.rows[-1] - self.rows[0]) == len(self.rows) - 1


class Links(NamedTuple):
    """Edges [E] as sparse products see them: rows of their ends, positions in θ.

    `copied` tells where the target's ∂loss/∂z and ∂loss/∂a are one row.
    """

    source: IntArray
    target: IntArray
    slot: IntArray
    copied: NDArray[np.bool_]

    def where(self, chosen: NDArray[np.bool_]) -> Links:
        """Return the links that `chosen` [E] marks."""
        source, target, slot, copied = self
        return Links(source[chosen], target[chosen], slot[chosen], copied[chosen])


def packs(owner: IntArray) -> list[Pack]:
    """Return packs of the rows in `owner` [E], the row that each edge belongs to."""
    order = np.argsort(owner, kind="stable")
    rows, first, count = np.unique(owner[order], return_index=True, return_counts=True)
    rank = np.empty(len(owner), dtype=np.int64)
    rank[order] = np.arange(len(owner)) - np.repeat(first, count)
    found = []
    left = np.argsort(-count, kind="stable")
    while len(left):
        most = int(count[left[0]])
        room = most * np.arange(1, len(left) + 1)
        taken = int(np.count_nonzero(room <= MOST_PLACES * np.cumsum(count[left])))
        mine, left = rows[np.sort(left[:taken])], left[taken:]
        edges = np.flatnonzero(np.isin(owner, mine))
        places = np.searchsorted(mine, owner[edges]) * most + rank[edges]
        found.append(Pack(mine, edges, places, (taken, most)))
    return found


class _Weights:
    """The weights of a pack as a stack [S, K], filled from θ."""

    def __init__(self, theta: FloatArray, pack: Pack, slots: IntArray) -> None:
        self.stack = buffer(*pack.shape)
        flat, held = self.stack.reshape(-1), buffer(len(pack.edges))
        self.calls: list[Call] = [
            partial(theta.take, slots[pack.edges], None, held, "clip"),
            partial(flat.__setitem__, pack.places, held),
        ]


class SparseCalls:
    """The calls of one level's sum units that have few edges; like `calls.SumCalls`.

    What the units pass back is collected by the sources: see `pulled`.
    """

    def __init__(self, sweep: Pass, block: SumBlock) -> None:
        self._sweep = sweep
        ends = sources(block)
        self._packs = packs(targets(block))
        slots = block.offset + np.arange(block.size)
        self._slots = [slots[pack.edges] for pack in self._packs]
        self._weights = [_Weights(sweep.theta, pack, slots) for pack in self._packs]
        self._from = [pack.spread(ends) for pack in self._packs]
        self._a = [sweep.scratch.of(*pack.shape, sweep.width) for pack in self._packs]

    def forward(self, z: FloatArray) -> list[Call]:
        """Return the calls for z = Σ w·a, bias included."""
        calls: list[Call] = []
        width = self._sweep.width
        for pack, weights, rows, a in zip(
            self._packs, self._weights, self._from, self._a, strict=True
        ):
            calls += weights.calls
            calls.append(self._gather(rows, a))
            out = z if len(pack.rows) == len(z) else buffer(len(pack.rows), width)
            calls.append(partial(np.matmul, weights.stack[:, None], a, out[:, None]))
            if out is not z:
                calls.append(partial(z.__setitem__, pack.rows, out))
        return calls

    def backward(self, d: FloatArray) -> list[Call]:
        """Return the calls for ∂w = Σ d·a over the samples."""
        calls: list[Call] = []
        gradient = self._sweep.gradient
        for pack, slots, rows, a in zip(self._packs, self._slots, self._from, self._a, strict=True):
            # Gathered anew: to copy rows is faster than to keep them out of the way.
            calls.append(self._gather(rows, a))
            mine = d
            if len(pack.rows) < len(d):
                mine = buffer(len(pack.rows), self._sweep.width)
                calls.append(partial(d.take, pack.rows, 0, mine, "clip"))
            stack, held = buffer(*pack.shape), buffer(len(pack.edges))
            calls.append(partial(np.matmul, a, mine[:, :, None], stack[:, :, None]))
            calls.append(partial(stack.reshape(-1).take, pack.places, None, held, "clip"))
            calls.append(partial(gradient.__setitem__, slots, held))
        return calls

    def _gather(self, rows: IntArray, a: FloatArray) -> Call:
        return partial(self._sweep.a.take, rows, 0, a.reshape(-1, self._sweep.width), "clip")


def targets(block: SumBlock) -> IntArray:
    """Return the unit of the block that each of its entries in θ, biases first, belongs to."""
    assert block.entries is not None
    return block.entries // block.width


def sources(block: SumBlock) -> IntArray:
    """Return the row that each of the block's entries in θ, biases first, multiplies."""
    assert block.entries is not None
    column = block.entries % block.width
    if block.gathered is None:
        return block.first + column
    # All rows of ones are alike; the first of all is row 0.
    return np.concatenate([[0], block.gathered])[column]


def links(block: SumBlock, *, copied: bool) -> Links:
    """Return the edges of `block`, without its biases."""
    units = block.stop - block.start
    source, target = sources(block)[units:], block.start + targets(block)[units:]
    slot = block.offset + units + np.arange(len(source))
    return Links(source, target, slot, np.full(len(source), copied))


def pulled(sweep: Pass, found: Links) -> list[Call]:
    """Return the calls for ∂loss/∂a += Σ w·d, a sum for each source over its own edges."""
    calls: list[Call] = []
    for copied, d in ((False, sweep.d), (True, sweep.g)):
        edges = found.where(found.copied == copied)
        for pack in packs(edges.source):
            weights = _Weights(sweep.theta, pack, edges.slot)
            rows, size = pack.spread(edges.target), len(pack.rows)
            passed, out = sweep.scratch.of(*pack.shape, sweep.width), buffer(size, sweep.width)
            calls += weights.calls
            calls.append(partial(d.take, rows, 0, passed.reshape(-1, sweep.width), "clip"))
            calls.append(partial(np.matmul, weights.stack[:, None], passed, out[:, None]))
            if pack.is_run:
                mine = sweep.g[pack.rows[0] : pack.rows[-1] + 1]
                calls.append(partial(np.add, mine, out, mine))
            else:
                calls += added(out, pack.rows, sweep.g)
    return calls
