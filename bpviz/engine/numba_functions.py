"""The activations of the compiled kernel, each with its derivative directly below it.

The formulas are those of `functions`, on vectors of samples; those below "of one sample" take them
one by one. exp and tanh are made here, of operations that a processor does on whole vectors:
within three units of the last place, and with the same bits wherever a sample stands.
"""

from __future__ import annotations

import math
from typing import Final

from bpviz.engine.functions import GELU_CUBIC, GELU_FLAT, GELU_SCALE
from bpviz.engine.numba_vectors import (
    ROUND,
    Vector,
    absolute,
    compiled,
    power_of_two,
    root,
    splat,
    where_less,
)

LOG2_E: Final = math.log2(math.e)
# ln 2 in two parts, the first with zeros at its end, so that small multiples of it are exact.
# Source: fdlibm, e_exp.c.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EXP_LOWEST, EXP_HIGHEST = -746.0, 710.0
# Below it exp(x) − 1 is −1 to the last bit.
EXPM1_LOWEST: Final = -100.0
# 1/k!, even and odd k apart: two short chains instead of a long one.
EVEN = tuple(1.0 / math.factorial(k) for k in range(2, 14, 2))
ODD = tuple(1.0 / math.factorial(k) for k in range(3, 14, 2))
E2, E4, E6, E8, E10, E12 = EVEN
O3, O5, O7, O9, O11, O13 = ODD
CUBIC, SCALE = float(GELU_CUBIC), float(GELU_SCALE)


@compiled
def _nearest(x: Vector) -> Vector:
    return (x * LOG2_E + ROUND) - ROUND


@compiled
def _small_expm1(x: Vector, n: Vector) -> Vector:
    # exp(r) − 1 of r = x − n ln 2, by its series; |r| ≤ ½ ln 2.
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    s = r * r
    even = ((((E12 * s + E10) * s + E8) * s + E6) * s + E4) * s + E2
    odd = ((((O13 * s + O11) * s + O9) * s + O7) * s + O5) * s + O3
    return r + s * (even + r * odd)


@compiled
def exponential(x: Vector) -> Vector:
    """Return exp(x), infinite above 709.78 and 0 below −745.13; NaN stays NaN."""
    x = where_less(x, splat(EXP_LOWEST), splat(EXP_LOWEST), x)
    x = where_less(splat(EXP_HIGHEST), x, splat(EXP_HIGHEST), x)
    n = _nearest(x)
    # Two factors, as 2ⁿ alone may be too large or too small for a normal number.
    half = (n * 0.5 + ROUND) - ROUND
    return (1.0 + _small_expm1(x, n)) * power_of_two(half) * power_of_two(n - half)


@compiled
def expm1_below_zero(x: Vector) -> Vector:
    """Return exp(x) − 1 for x ≤ 0, exact to the last places also near 0; NaN stays NaN."""
    x = where_less(x, splat(EXPM1_LOWEST), splat(EXPM1_LOWEST), x)
    n = _nearest(x)
    scale = power_of_two(n)
    return scale * _small_expm1(x, n) + (scale - 1.0)


@compiled
def hyperbolic_tangent(x: Vector) -> Vector:
    """Return tanh x = −e / (2 + e) · sign x, e = exp(−2|x|) − 1."""
    e = expm1_below_zero(absolute(x) * -2.0)
    t = e / (2.0 + e)
    return where_less(x, splat(0.0), t, -t)


# -- activations and slopes of a vector --------------------------------------------------------


@compiled
def identity(z: Vector, p: float) -> Vector:
    """Return z."""
    return z


@compiled
def identity_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1."""
    return splat(1.0)


@compiled
def sigmoid(z: Vector, p: float) -> Vector:
    """Return 1 / (1 + exp(−z))."""
    return 1.0 / (1.0 + exponential(-z))


@compiled
def sigmoid_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return a (1 − a)."""
    return (1.0 - a) * a


@compiled
def tanh(z: Vector, p: float) -> Vector:
    """Return tanh z."""
    return hyperbolic_tangent(z)


@compiled
def tanh_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1 − a²."""
    return 1.0 - a * a


@compiled
def relu(z: Vector, p: float) -> Vector:
    """Return max(z, 0)."""
    return where_less(z, splat(0.0), splat(0.0), z)


@compiled
def relu_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1 for z > 0, else 0."""
    return where_less(splat(0.0), z, splat(1.0), splat(0.0))


@compiled
def leaky_relu(z: Vector, p: float) -> Vector:
    """Return z for z > 0, else p·z."""
    return where_less(z, splat(0.0), z * p, z)


@compiled
def leaky_relu_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1 for z > 0, else p."""
    return where_less(splat(0.0), z, splat(1.0), splat(p))


@compiled
def elu(z: Vector, p: float) -> Vector:
    """Return z for z > 0, else p (exp(z) − 1)."""
    return where_less(z, splat(0.0), expm1_below_zero(_negative_part(z)) * p, z)


@compiled
def elu_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1 for z > 0, else p exp(z)."""
    return where_less(splat(0.0), z, splat(1.0), exponential(_negative_part(z)) * p)


@compiled
def _negative_part(z: Vector) -> Vector:
    return where_less(splat(0.0), z, splat(0.0), z)


@compiled
def gelu(z: Vector, p: float) -> Vector:
    """Return z/2 (1 + tanh u), u = √(2/π) (z + 0.044715 z³)."""
    return (_gelu_tanh(_clipped(z)) + 1.0) * z * 0.5


@compiled
def gelu_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return (1 + tanh u)/2 + z/2 (1 − tanh² u) u', u' = √(2/π) (1 + 3·0.044715 z²)."""
    z = _clipped(z)
    t = _gelu_tanh(z)
    return ((z * z * (3.0 * CUBIC) + 1.0) * SCALE * z * (1.0 - t * t) + t + 1.0) * 0.5


@compiled
def _gelu_tanh(z: Vector) -> Vector:
    return hyperbolic_tangent((z * z * CUBIC + 1.0) * z * SCALE)


@compiled
def _clipped(z: Vector) -> Vector:
    z = where_less(z, splat(-GELU_FLAT), splat(-GELU_FLAT), z)
    return where_less(splat(GELU_FLAT), z, splat(GELU_FLAT), z)


@compiled
def silu(z: Vector, p: float) -> Vector:
    """Return z σ(z)."""
    return z * sigmoid(z, p)


@compiled
def silu_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return σ(z) (1 + z (1 − σ(z)))."""
    s = sigmoid(z, p)
    return ((1.0 - s) * z + 1.0) * s


@compiled
def softplus_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return σ(z)."""
    return sigmoid(z, p)


@compiled
def step(z: Vector, p: float) -> Vector:
    """Return 1 for z > 0, else 0."""
    return where_less(splat(0.0), z, splat(1.0), splat(0.0))


@compiled
def step_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 0."""
    return splat(0.0)


@compiled
def exp(z: Vector, p: float) -> Vector:
    """Return exp z."""
    return exponential(z)


@compiled
def exp_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return a."""
    return a


@compiled
def log_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1/z."""
    return 1.0 / z


@compiled
def sqrt(z: Vector, p: float) -> Vector:
    """Return √z, for z ≥ 0."""
    return root(z)


@compiled
def sqrt_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 1 / (2a), infinite at z = 0."""
    return 0.5 / a


@compiled
def square(z: Vector, p: float) -> Vector:
    """Return z²."""
    return z * z


@compiled
def square_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return 2z."""
    return z * 2.0


@compiled
def reciprocal(z: Vector, p: float) -> Vector:
    """Return 1/z, for z ≠ 0."""
    return 1.0 / z


@compiled
def reciprocal_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return −a²."""
    return -(a * a)


@compiled
def magnitude(z: Vector, p: float) -> Vector:
    """Return |z|."""
    return absolute(z)


@compiled
def magnitude_slope(z: Vector, a: Vector, p: float) -> Vector:
    """Return sign z, 0 at z = 0."""
    return sign(z)


@compiled
def sign(x: Vector) -> Vector:
    """Return −1, 0 or 1, the sign of x."""
    positive = where_less(splat(0.0), x, splat(1.0), x * 0.0)
    return where_less(x, splat(0.0), splat(-1.0), positive)


# -- activations and slopes of one sample ------------------------------------------------------


@compiled
def softplus(z: float, p: float) -> float:
    """Return ln(1 + exp(z)) = max(z, 0) + ln(1 + exp(−|z|))."""
    return (0.0 if z <= 0.0 else z) + math.log1p(math.exp(-abs(z)))


@compiled
def sin(z: float, p: float) -> float:
    """Return sin z."""
    return math.sin(z)


@compiled
def sin_slope(z: float, a: float, p: float) -> float:
    """Return cos z."""
    return math.cos(z)


@compiled
def cos(z: float, p: float) -> float:
    """Return cos z."""
    return math.cos(z)


@compiled
def cos_slope(z: float, a: float, p: float) -> float:
    """Return −sin z."""
    return -math.sin(z)


@compiled
def log(z: float, p: float) -> float:
    """Return ln z, for z > 0."""
    return math.log(z)


@compiled
def power(z: float, p: float) -> float:
    """Return zᵖ."""
    return float(z**p)


@compiled
def power_slope(z: float, a: float, p: float) -> float:
    """Return p zᵖ⁻¹; 0 everywhere for p = 0."""
    return 0.0 if p == 0.0 else p * float(z ** (p - 1.0))
