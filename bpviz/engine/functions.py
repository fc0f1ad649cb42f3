"""Activation functions, each with its derivative directly below it.

Every function writes into arrays it is given and makes none of its own: `z` pre-activations, `a`
activations, `s` slopes ∂a/∂z, `work` two scratch arrays, all of one shape; `p` is the function's
parameter, 0 where it has none. `a` and `s` may not be `z` itself. The functions also take complex
`z` (with complex `a` and `work`), so that tests can differentiate them by a complex step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.model import network as model

FloatArray = NDArray[np.float64]
Function: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, float], None]
Slope: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, FloatArray, float], None]


def _constant(value: float) -> FloatArray:
    # A ufunc takes a 0-d array 0.3 µs faster than a Python float.
    constant = np.array(value)
    constant.flags.writeable = False
    return constant


ZERO, HALF, ONE, TWO = map(_constant, (0.0, 0.5, 1.0, 2.0))
# gelu, tanh form: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
GELU_SCALE = _constant(float(np.sqrt(2.0 / np.pi)))
GELU_CUBIC = _constant(0.044715)
# Beyond it tanh in gelu is ±1 to the last bit, and z³ could overflow.
GELU_FLAT = 20.0


def identity(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z."""
    np.copyto(a, z)


def identity_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1."""
    s.fill(1.0)


def sigmoid(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = 1 / (1 + exp(−z)); where exp overflows a is 0, as it should be."""
    np.negative(z, a)
    np.exp(a, a)
    np.add(a, ONE, a)
    np.reciprocal(a, a)


def sigmoid_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = a (1 − a)."""
    np.subtract(ONE, a, s)
    np.multiply(s, a, s)


def tanh(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = tanh z."""
    np.tanh(z, a)


def tanh_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1 − a²."""
    np.multiply(a, a, s)
    np.subtract(ONE, s, s)


def relu(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = max(z, 0)."""
    np.maximum(z, ZERO, out=a)


def relu_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1 for z > 0, else 0."""
    np.greater(z, ZERO, s)


def leaky_relu(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z for z > 0, else p·z."""
    np.minimum(z, ZERO, out=work[0])
    np.multiply(work[0], p, work[0])
    np.maximum(z, ZERO, out=a)
    np.add(a, work[0], a)


def leaky_relu_slope(
    z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float
) -> None:
    """Write s = 1 for z > 0, else p."""
    np.greater(z, ZERO, s)
    _one_where_set(s, p, work)


def elu(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z for z > 0, else p (exp(z) − 1)."""
    np.minimum(z, ZERO, out=work[0])
    np.expm1(work[0], work[0])
    np.multiply(work[0], p, work[0])
    np.maximum(z, ZERO, out=a)
    np.add(a, work[0], a)


def elu_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1 for z > 0, else p exp(z)."""
    np.minimum(z, ZERO, out=work[1])
    np.exp(work[1], work[1])
    np.multiply(work[1], p, work[1])
    np.greater(z, ZERO, s)
    _one_where_set(s, work[1], work)


def _one_where_set(s: FloatArray, other: FloatArray | float, work: FloatArray) -> None:
    # s holds 1 or 0; the 1s stay exactly 1, the 0s become `other`.
    np.subtract(ONE, s, work[0])
    np.multiply(work[0], other, work[0])
    np.add(s, work[0], s)


def gelu(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z/2 (1 + tanh u), u = √(2/π) (z + 0.044715 z³)."""
    _gelu_tanh(z, work)
    np.add(work[0], ONE, a)
    np.multiply(a, z, a)
    np.multiply(a, HALF, a)


def gelu_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = (1 + tanh u)/2 + z/2 (1 − tanh² u) u', u' = √(2/π) (1 + 3·0.044715 z²)."""
    _gelu_tanh(z, work)
    # work[1] holds z within the range where u' matters.
    np.multiply(work[1], work[1], s)
    np.multiply(s, 3.0 * float(GELU_CUBIC), s)
    np.add(s, ONE, s)
    np.multiply(s, GELU_SCALE, s)
    np.multiply(s, work[1], s)
    np.multiply(work[0], work[0], work[1])
    np.subtract(ONE, work[1], work[1])
    np.multiply(s, work[1], s)
    np.add(s, work[0], s)
    np.add(s, ONE, s)
    np.multiply(s, HALF, s)


def _gelu_tanh(z: FloatArray, work: FloatArray) -> None:
    # work[0] = tanh u, work[1] = z clipped to ±GELU_FLAT.
    np.maximum(z, -GELU_FLAT, out=work[1])
    np.minimum(work[1], GELU_FLAT, out=work[1])
    np.multiply(work[1], work[1], work[0])
    np.multiply(work[0], GELU_CUBIC, work[0])
    np.add(work[0], ONE, work[0])
    np.multiply(work[0], work[1], work[0])
    np.multiply(work[0], GELU_SCALE, work[0])
    np.tanh(work[0], work[0])


def silu(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z σ(z)."""
    sigmoid(z, work[0], work, p)
    np.multiply(z, work[0], a)


def silu_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = σ(z) (1 + z (1 − σ(z)))."""
    sigmoid(z, work[0], work, p)
    np.subtract(ONE, work[0], s)
    np.multiply(s, z, s)
    np.add(s, ONE, s)
    np.multiply(s, work[0], s)


def softplus(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = ln(1 + exp(z)) = max(z, 0) + ln(1 + exp(−|z|))."""
    np.negative(z, work[0])
    np.minimum(z, work[0], out=work[0])
    np.exp(work[0], work[0])
    np.log1p(work[0], work[0])
    np.maximum(z, ZERO, out=a)
    np.add(a, work[0], a)


def softplus_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = σ(z)."""
    sigmoid(z, s, work, p)


def step(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = 1 for z > 0, else 0."""
    np.greater(z, ZERO, a)


def step_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 0."""
    s.fill(0.0)


def sin(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = sin z."""
    np.sin(z, a)


def sin_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = cos z."""
    np.cos(z, s)


def cos(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = cos z."""
    np.cos(z, a)


def cos_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = −sin z."""
    np.sin(z, s)
    np.negative(s, s)


def exp(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = exp z."""
    np.exp(z, a)


def exp_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = a."""
    np.copyto(s, a)


def log(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = ln z, for z > 0."""
    np.log(z, a)


def log_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1/z."""
    np.reciprocal(z, s)


def sqrt(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = √z, for z ≥ 0."""
    np.sqrt(z, a)


def sqrt_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 1 / (2a), infinite at z = 0."""
    np.divide(HALF, a, s)


def square(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = z²."""
    np.multiply(z, z, a)


def square_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = 2z."""
    np.multiply(z, TWO, s)


def reciprocal(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = 1/z, for z ≠ 0."""
    np.reciprocal(z, a)


def reciprocal_slope(
    z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float
) -> None:
    """Write s = −a²."""
    np.multiply(a, a, s)
    np.negative(s, s)


def absolute(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = |z| = max(z, −z)."""
    np.negative(z, work[0])
    np.maximum(z, work[0], out=a)


def absolute_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = sign z, 0 at z = 0."""
    np.sign(z, s)


def power(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    """Write a = zᵖ."""
    np.power(z, p, a)


def power_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    """Write s = p zᵖ⁻¹; 0 everywhere for p = 0."""
    if p == 0.0:
        s.fill(0.0)
        return
    np.power(z, p - 1.0, s)
    np.multiply(s, p, s)


def _no_kinks(p: float) -> tuple[float, ...]:
    return ()


def _kink_at_zero(p: float) -> tuple[float, ...]:
    return (0.0,)


def _kink_unless_one(p: float) -> tuple[float, ...]:
    # With the parameter 1 the slopes agree on both sides of 0.
    return () if p == 1.0 else (0.0,)


@dataclass(frozen=True)
class Activation:
    """One row of the table: a function, its derivative, and what is known about them.

    `kinks(p)` are the values of z at which the derivative jumps. `parameter` is the name of the
    function's parameter in a session, "" where it has none.
    """

    function: Function
    slope: Slope
    kinks: Callable[[float], tuple[float, ...]] = _no_kinks
    parameter: str = ""
    default: float = 0.0

    def value(self, z: FloatArray, p: float | None = None) -> FloatArray:
        """Return a(z), an array of z's shape and type."""
        a, work = np.empty_like(z), np.empty((2, *z.shape), z.dtype)
        with np.errstate(all="ignore"):
            self.function(z, a, work, self.default if p is None else p)
        return a

    def derivative(self, z: FloatArray, p: float | None = None) -> FloatArray:
        """Return ∂a/∂z at z, an array of z's shape."""
        s, work = np.empty_like(z), np.empty((2, *z.shape), z.dtype)
        with np.errstate(all="ignore"):
            self.slope(z, self.value(z, p), s, work, self.default if p is None else p)
        return s


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        "identity": Activation(identity, identity_slope),
        "sigmoid": Activation(sigmoid, sigmoid_slope),
        "tanh": Activation(tanh, tanh_slope),
        "relu": Activation(relu, relu_slope, _kink_at_zero),
        "leaky_relu": Activation(leaky_relu, leaky_relu_slope, _kink_unless_one, "slope", 0.01),
        "elu": Activation(elu, elu_slope, _kink_unless_one, "alpha", 1.0),
        "gelu": Activation(gelu, gelu_slope),
        "silu": Activation(silu, silu_slope),
        "softplus": Activation(softplus, softplus_slope),
        "step": Activation(step, step_slope, _kink_at_zero),
        "sin": Activation(sin, sin_slope),
        "cos": Activation(cos, cos_slope),
        "exp": Activation(exp, exp_slope),
        "log": Activation(log, log_slope),
        "sqrt": Activation(sqrt, sqrt_slope),
        "square": Activation(square, square_slope),
        "reciprocal": Activation(reciprocal, reciprocal_slope),
        "abs": Activation(absolute, absolute_slope, _kink_at_zero),
        "power": Activation(power, power_slope, _no_kinks, "exponent", 1.0),
    }
)


def parameter_of(activation: model.Activation) -> float:
    """Return the parameter of a session's activation, its default where only the name is given."""
    row = ACTIVATIONS[model.activation_name(activation)]
    if isinstance(activation, str) or not row.parameter:
        return row.default
    return float(getattr(activation, row.parameter))
