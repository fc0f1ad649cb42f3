"""Losses per sample, each with its derivative directly below it.

Arrays have the outputs first and the samples last: `a` and `t` [K, B], `loss` [B], `g` = ∂loss/∂a
[K, B]; `work` [2, K, B] is scratch. The functions write into the arrays they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.functions import HALF, ONE, TWO, ZERO

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
LossFunction: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, FloatArray], None]

FLAT_SIGMOID = 1e-12


def half_squared_error(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ ½(a − t)²."""
    squared_error(a, t, loss, work)
    np.multiply(loss, HALF, loss)


def half_squared_error_gradient(
    a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray
) -> None:
    """Write g = a − t."""
    np.subtract(a, t, g)


def squared_error(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ (a − t)²."""
    np.subtract(a, t, work[0])
    np.multiply(work[0], work[0], work[0])
    np.add.reduce(work[0], axis=0, out=loss)


def squared_error_gradient(a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray) -> None:
    """Write g = 2 (a − t)."""
    np.subtract(a, t, g)
    np.multiply(g, TWO, g)


def mean_squared_error(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = (1/K) Σ (a − t)²."""
    squared_error(a, t, loss, work)
    np.divide(loss, len(a), loss)


def mean_squared_error_gradient(
    a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray
) -> None:
    """Write g = 2 (a − t) / K."""
    squared_error_gradient(a, t, g, work)
    np.divide(g, len(a), g)


def absolute_error(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ |a − t|."""
    np.subtract(a, t, work[0])
    np.negative(work[0], work[1])
    np.maximum(work[0], work[1], out=work[0])
    np.add.reduce(work[0], axis=0, out=loss)


def absolute_error_gradient(a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray) -> None:
    """Write g = sign(a − t), 0 at a = t."""
    np.subtract(a, t, g)
    np.sign(g, g)


def huber(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ ½d² for |d| ≤ 1, else |d| − ½, with d = a − t.

    Both are c (|d| − c/2) with c = min(|d|, 1).
    """
    np.subtract(a, t, work[0])
    np.negative(work[0], work[1])
    np.maximum(work[0], work[1], out=work[0])
    np.minimum(work[0], ONE, out=work[1])
    np.multiply(work[0], work[1], work[0])
    np.multiply(work[1], work[1], work[1])
    np.multiply(work[1], HALF, work[1])
    np.subtract(work[0], work[1], work[0])
    np.add.reduce(work[0], axis=0, out=loss)


def huber_gradient(a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray) -> None:
    """Write g = a − t, kept within −1 … 1."""
    np.subtract(a, t, g)
    np.minimum(g, ONE, out=g)
    np.maximum(g, -1.0, out=g)


def binary_cross_entropy(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = −Σ t ln a + (1 − t) ln(1 − a); not finite where an output is outside (0, 1)."""
    np.log(a, work[0])
    np.multiply(work[0], t, work[0])
    np.add.reduce(work[0], axis=0, out=loss)
    np.negative(a, work[1])
    np.log1p(work[1], work[1])
    np.subtract(ONE, t, work[0])
    np.multiply(work[0], work[1], work[0])
    np.add(work[0][0], loss, work[0][0])
    np.add.reduce(work[0], axis=0, out=loss)
    np.negative(loss, loss)


def binary_cross_entropy_gradient(
    a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray
) -> None:
    """Write g = (a − t) / (a (1 − a)); not a number where an output is outside (0, 1)."""
    np.subtract(ONE, a, work[0])
    np.multiply(work[0], a, work[0])
    np.subtract(a, t, g)
    np.divide(g, work[0], g)
    # The quotient alone would be finite outside (0, 1); the logarithm there isn't.
    np.log(work[0], work[0])
    np.multiply(work[0], ZERO, work[0])
    np.add(g, work[0], g)


def sigmoid_cross_entropy(z: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ softplus(z) − t z: binary_cross_entropy of a = σ(z), for z of any size."""
    np.negative(z, work[0])
    np.minimum(z, work[0], out=work[0])
    np.exp(work[0], work[0])
    np.log1p(work[0], work[0])
    np.maximum(z, ZERO, out=work[1])
    np.add(work[0], work[1], work[0])
    np.multiply(z, t, work[1])
    np.subtract(work[0], work[1], work[0])
    np.add.reduce(work[0], axis=0, out=loss)


def sigmoid_cross_entropy_delta(
    a: FloatArray, t: FloatArray, delta: FloatArray, work: FloatArray
) -> None:
    """Write delta, ∂loss/∂z = a − t."""
    np.subtract(a, t, delta)


def sigmoid_cross_entropy_gradient(
    a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray
) -> None:
    """Write g, ∂loss/∂a as it is shown: (a − t) / max(a (1 − a), 1e-12)."""
    np.subtract(ONE, a, work[0])
    np.multiply(work[0], a, work[0])
    np.maximum(work[0], FLAT_SIGMOID, out=work[0])
    np.subtract(a, t, g)
    np.divide(g, work[0], g)


def softmax_cross_entropy(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = −Σ t ln softmax(a) = Σ t (ln Σ exp(a − m) − (a − m)), m the largest logit."""
    _shift(a, work)
    np.exp(work[0], work[1])
    np.add.reduce(work[1], axis=0, out=loss)
    np.log(loss, loss)
    np.subtract(loss, work[0], work[0])
    np.multiply(work[0], t, work[0])
    np.add.reduce(work[0], axis=0, out=loss)


def softmax_cross_entropy_gradient(
    a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray
) -> None:
    """Write g = softmax(a) − t, for targets that sum to 1."""
    softmax(a, t, g, work)
    np.subtract(g, t, g)


def softmax(a: FloatArray, t: FloatArray, probabilities: FloatArray, work: FloatArray) -> None:
    """Write probabilities = exp(a − m) / Σ exp(a − m)."""
    _shift(a, work)
    np.exp(work[0], probabilities)
    np.add.reduce(probabilities, axis=0, out=work[1][0])
    np.divide(probabilities, work[1][0], probabilities)


def _shift(a: FloatArray, work: FloatArray) -> None:
    np.maximum.reduce(a, axis=0, out=work[1][0])
    np.subtract(a, work[1][0], work[0])


def output_value(a: FloatArray, t: FloatArray, loss: FloatArray, work: FloatArray) -> None:
    """Write loss = Σ a."""
    np.add.reduce(a, axis=0, out=loss)


def output_value_gradient(a: FloatArray, t: FloatArray, g: FloatArray, work: FloatArray) -> None:
    """Write g = 1."""
    g.fill(1.0)


def _sides_of_target(a: FloatArray, t: FloatArray) -> FloatArray:
    return np.sign(a - t)


@dataclass(frozen=True)
class Fused:
    """How a loss is computed from z where an output has the activation `activation`.

    `delta` gives ∂loss/∂z without a detour over a slope that may be flat, `gradient` the ∂loss/∂a
    that is shown for it.
    """

    activation: str
    loss: LossFunction
    delta: LossFunction
    gradient: LossFunction


@dataclass(frozen=True)
class Loss:
    """One row of the table; `kink(a, t)` [K, B] changes where the derivative jumps."""

    loss: LossFunction
    gradient: LossFunction
    formula: str
    has_targets: bool = True
    kink: Callable[[FloatArray, FloatArray], FloatArray] | None = None
    fused: Fused | None = None


LOSSES: Mapping[str, Loss] = MappingProxyType(
    {
        "half_squared_error": Loss(
            half_squared_error, half_squared_error_gradient, "Σ ½(a − t)²"
        ),
        "squared_error": Loss(squared_error, squared_error_gradient, "Σ (a − t)²"),
        "mean_squared_error": Loss(
            mean_squared_error, mean_squared_error_gradient, "(1/K) Σ (a − t)²"
        ),
        "absolute_error": Loss(
            absolute_error, absolute_error_gradient, "Σ |a − t|",
            kink=_sides_of_target,
        ),
        "huber": Loss(
            huber, huber_gradient, "Σ ½d² if |d| ≤ 1, else |d| − ½; d = a − t",
        ),
        "binary_cross_entropy": Loss(
            binary_cross_entropy, binary_cross_entropy_gradient,
            "−Σ t ln a + (1 − t) ln(1 − a)",
            fused=Fused(
                "sigmoid", sigmoid_cross_entropy, sigmoid_cross_entropy_delta,
                sigmoid_cross_entropy_gradient,
            ),
        ),
        "softmax_cross_entropy": Loss(
            softmax_cross_entropy, softmax_cross_entropy_gradient,
            "−Σ t ln softmax(a)",
        ),
        "output_value": Loss(output_value, output_value_gradient, "Σ a", has_targets=False),
    }
)  # fmt: skip
