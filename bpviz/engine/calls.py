"""The array calls of one block of units: sums by one matrix product, products, maxima.

Each class binds its calls to the buffers of a sweep: `forward(z)` makes pre-activations out of the
sources' activations, `backward(d)` the gradient of the weights, and adds to the sources' ∂loss/∂a.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import SumBlock, TermBlock

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Call: TypeAlias = Callable[[], object]

ALIGNMENT = 64


def buffer(*shape: int) -> FloatArray:
    """Return zeros of `shape` that start at a multiple of 64 bytes.

    SIMD loops may treat the ends of an array differently; with equal alignment they never do.
    """
    size = int(np.prod(shape))
    raw = np.zeros(size + ALIGNMENT // 8)
    skip = (-raw.ctypes.data % ALIGNMENT) // 8
    return raw[skip : skip + size].reshape(shape)


class Scratch:
    """Room for arrays that live from one call to the next, shared so that it stays in the cache."""

    def __init__(self) -> None:
        self._room = buffer(0)

    def of(self, *shape: int) -> FloatArray:
        """Return an array of `shape`; another one may lie at the same place."""
        size = int(np.prod(shape))
        if size > len(self._room):
            self._room = buffer(max(size, 2 * len(self._room)))
        return self._room[:size].reshape(shape)


def added(values: FloatArray, rows: IntArray, target: FloatArray) -> list[Call]:
    """Return the calls for target[rows] += values; `rows` may name a row more than once."""
    unique, counts = np.unique(rows, return_counts=True)
    calls: list[Call] = []
    if len(unique) < len(rows):
        order = np.argsort(rows, kind="stable")
        starts = np.cumsum([0, *counts[:-1]])
        gathered, summed = buffer(*values.shape), buffer(len(unique), values.shape[1])
        calls.append(partial(values.take, order, 0, gathered, "clip"))
        calls.append(partial(np.add.reduceat, gathered, starts, out=summed))
        values, rows = summed, unique
    held = buffer(*values.shape)
    calls.append(partial(target.take, rows, 0, held, "clip"))
    calls.append(partial(np.add, held, values, held))
    calls.append(partial(target.__setitem__, rows, held))
    return calls


class Pass(Protocol):
    """What blocks need of a sweep: θ and gradient [P], a, g = ∂loss/∂a and d [R, width]."""

    width: int
    theta: FloatArray
    gradient: FloatArray
    a: FloatArray
    g: FloatArray
    d: FloatArray
    scratch: Scratch

    def pushes(self, block: SumBlock | TermBlock) -> bool:
        """Whether ∂loss/∂a of the block's sources is wanted."""


class SumCalls:
    """The calls of one level's sum units."""

    def __init__(self, sweep: Pass, block: SumBlock) -> None:
        self._sweep, self._block = sweep, block
        theta = sweep.theta[block.offset : block.offset + block.size]
        gradient = sweep.gradient[block.offset : block.offset + block.size]
        self._fill: list[Call] = []
        self._pick: list[Call] = []
        if block.entries is None:
            self._w, self._dw = theta.reshape(block.shape), gradient.reshape(block.shape)
        else:
            self._w, self._dw = buffer(*block.shape), sweep.scratch.of(*block.shape)
            flat_w, flat_dw = self._w.reshape(-1), self._dw.reshape(-1)
            self._fill = [partial(flat_w.__setitem__, block.entries, theta)]
            self._pick = [partial(flat_dw.take, block.entries, None, gradient, "clip")]
        if block.gathered is None:
            self._a = sweep.a[block.first : block.last]
        else:
            self._a = buffer(block.width, sweep.width)
            self._a[0] = 1.0
            self._fill.append(partial(sweep.a.take, block.gathered, 0, self._a[1:], "clip"))

    def forward(self, z: FloatArray) -> list[Call]:
        """Return the calls for z = W A."""
        return [*self._fill, partial(np.dot, self._w, self._a, z)]

    def backward(self, d: FloatArray) -> list[Call]:
        """Return the calls for ∂W = d Aᵀ, and ∂A += Wᵀ d."""
        calls: list[Call] = [partial(np.dot, d, self._a.T, self._dw), *self._pick]
        if not self._sweep.pushes(self._block):
            return calls
        g = self._sweep.g
        if self._block.exclusive:
            rows = g[self._block.first : self._block.last]
            return [*calls, partial(np.dot, self._w.T, d, rows)]
        pushed = self._sweep.scratch.of(self._block.width, self._sweep.width)
        calls.append(partial(np.dot, self._w.T, d, pushed))
        if self._block.gathered is None:
            rows = g[self._block.first : self._block.last]
            return [*calls, partial(np.add, rows, pushed, rows)]
        return calls + added(pushed[1:], self._block.gathered, g)


class TermCalls:
    """The calls of product or max units of one fan-in K: arrays [K, U, width]."""

    def __init__(self, sweep: Pass, block: TermBlock) -> None:
        self._sweep, self._block = sweep, block
        shape = block.sources.shape
        size = block.sources.size
        window = slice(block.offset, block.offset + size)
        self._w = sweep.theta[window].reshape(*shape, 1)
        self._dw = sweep.gradient[window].reshape(shape)
        self._a, self._term, self._factor, self._scratch = (
            buffer(*shape, sweep.width) for _ in range(4)
        )

    def _terms(self) -> list[Call]:
        flat = self._a.reshape(-1, self._sweep.width)
        return [
            partial(self._sweep.a.take, self._block.sources.reshape(-1), 0, flat, "clip"),
            partial(np.multiply, self._a, self._w, self._term),
        ]

    def forward(self, z: FloatArray) -> list[Call]:
        """Return the calls that make z out of the terms w·a."""
        raise NotImplementedError

    def factors(self, d: FloatArray) -> list[Call]:
        """Return the calls that make ∂loss/∂(w·a) of every term in `_factor`."""
        raise NotImplementedError

    def backward(self, d: FloatArray) -> list[Call]:
        """Return the calls for ∂w = Σ factor · a, and ∂a += factor · w."""
        calls: list[Call] = [
            *self.factors(d),
            partial(np.multiply, self._factor, self._a, self._scratch),
            partial(np.add.reduce, self._scratch, axis=2, out=self._dw),
        ]
        if not self._sweep.pushes(self._block):
            return calls
        calls.append(partial(np.multiply, self._factor, self._w, self._scratch))
        flat = self._scratch.reshape(-1, self._sweep.width)
        return calls + added(flat, self._block.sources.reshape(-1), self._sweep.g)


class ProductCalls(TermCalls):
    """z = Π (w·a); the product of the others is made of products from both ends, never z/x."""

    def forward(self, z: FloatArray) -> list[Call]:
        """Return the calls for z = Π (w·a)."""
        self._before = buffer(*self._term.shape)
        return [
            *self._terms(),
            partial(np.multiply.accumulate, self._term, out=self._before),
            partial(np.copyto, z, self._before[-1]),
        ]

    def factors(self, d: FloatArray) -> list[Call]:
        """Return the calls for factor = d · product of the others."""
        after = buffer(*self._term.shape)
        factor, before = self._factor, self._before
        if len(factor) == 1:
            return [partial(np.copyto, factor[0], d)]
        return [
            partial(np.multiply.accumulate, self._term[::-1], out=after[::-1]),
            partial(np.copyto, factor[0], after[1]),
            partial(np.copyto, factor[-1], before[-2]),
            partial(np.multiply, before[:-2], after[2:], factor[1:-1]),
            partial(np.multiply, factor, d, factor),
        ]


class MaxCalls(TermCalls):
    """z = max (w·a); the first maximal edge takes the whole gradient."""

    def forward(self, z: FloatArray) -> list[Call]:
        """Return the calls for z = max (w·a)."""
        self.winner = np.zeros(self._term.shape[1:], dtype=np.intp)
        return [
            *self._terms(),
            partial(self._term.argmax, 0, self.winner),
            partial(np.maximum.reduce, self._term, axis=0, out=z),
        ]

    def factors(self, d: FloatArray) -> list[Call]:
        """Return the calls for factor = d at the winner, 0 elsewhere."""
        place = np.arange(len(self._term)).reshape(-1, 1, 1)
        return [
            partial(np.equal, place, self.winner, self._factor),
            partial(np.multiply, self._factor, d, self._factor),
        ]


TERM_CALLS: dict[str, type[TermCalls]] = {"product": ProductCalls, "max": MaxCalls}
