"""Where losses enter the backward pass of the compiled kernel: ∂loss/∂a at the outputs.

Losses themselves are left to `losses`: no iteration needs their value. `a`, `g` and `t` are the
addresses of matrices of `stride` columns, one for each sample: `a` and `g` with a row for each of
the program's rows, `t` with a row for each output.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from bpviz.engine.numba_vectors import compiled, integer, number, numbered, put


class Ends(NamedTuple):
    """The matrices and the number of `outputs`, the addresses of their `rows` and whether `fused`.

    `width` of the columns count.

    The loss of a fused output is computed from z: its ∂loss/∂z is a − t, its ∂loss/∂a left out.
    """

    a: int
    t: int
    g: int
    rows: int
    fused: int
    outputs: int
    stride: int
    width: int


Gradient: TypeAlias = Callable[[Ends], None]


def _each(gradient: Callable[[float, float, int], float]) -> Gradient:
    @compiled
    def each(ends: Ends) -> None:
        for output in range(ends.outputs):
            if integer(ends.fused, output):
                continue
            row, targets = integer(ends.rows, output) * ends.stride, output * ends.stride
            for at in range(ends.width):
                values = number(ends.a, row + at), number(ends.t, targets + at)
                put(ends.g, row + at, gradient(values[0], values[1], ends.outputs))

    return each


@compiled
def half_squared_error(a: float, t: float, count: int) -> float:
    """Return a − t."""
    return a - t


@compiled
def squared_error(a: float, t: float, count: int) -> float:
    """Return 2 (a − t)."""
    return (a - t) * 2.0


@compiled
def mean_squared_error(a: float, t: float, count: int) -> float:
    """Return 2 (a − t) / K."""
    return (a - t) * 2.0 / count


@compiled
def absolute_error(a: float, t: float, count: int) -> float:
    """Return sign(a − t), 0 at a = t."""
    d = a - t
    return 1.0 if d > 0.0 else (-1.0 if d < 0.0 else d)


@compiled
def huber(a: float, t: float, count: int) -> float:
    """Return a − t, kept within −1 … 1."""
    d = a - t
    return 1.0 if d > 1.0 else (-1.0 if d < -1.0 else d)


@compiled
def binary_cross_entropy(a: float, t: float, count: int) -> float:
    """Return (a − t) / (a (1 − a)); not a number where an output is outside (0, 1)."""
    slope = (1.0 - a) * a
    # The quotient alone would be finite outside (0, 1); the logarithm there isn't.
    return (a - t) / slope + math.log(slope) * 0.0


@compiled
def output_value(a: float, t: float, count: int) -> float:
    """Return 1."""
    return 1.0


@compiled
def softmax_cross_entropy(ends: Ends) -> None:
    """Write g = exp(a − m) / Σ exp(a − m) − t, m the largest output."""
    for sample in range(ends.width):
        largest = -math.inf
        for output in range(ends.outputs):
            logit = number(ends.a, integer(ends.rows, output) * ends.stride + sample)
            largest = max(largest, logit)
        total = 0.0
        for output in range(ends.outputs):
            logit = number(ends.a, integer(ends.rows, output) * ends.stride + sample)
            total += math.exp(logit - largest)
        for output in range(ends.outputs):
            at = integer(ends.rows, output) * ends.stride + sample
            target = number(ends.t, output * ends.stride + sample)
            put(ends.g, at, math.exp(number(ends.a, at) - largest) / total - target)


GRADIENTS: Final[Mapping[str, Gradient]] = MappingProxyType(
    {
        "half_squared_error": _each(half_squared_error),
        "squared_error": _each(squared_error),
        "mean_squared_error": _each(mean_squared_error),
        "absolute_error": _each(absolute_error),
        "huber": _each(huber),
        "binary_cross_entropy": _each(binary_cross_entropy),
        "softmax_cross_entropy": softmax_cross_entropy,
        "output_value": _each(output_value),
    }
)
LOSS_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number for number, name in enumerate(GRADIENTS)}
)
gradient_by_number = numbered(list(GRADIENTS.values()))
