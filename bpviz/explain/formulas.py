"""The formula of each activation, its slope, and of each loss with its derivative, as trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from bpviz.explain.expression import (
    HALF,
    Absolute,
    Expression,
    Fraction,
    Function,
    Given,
    Negative,
    Product,
    Sum,
    Symbol,
    difference,
    number,
    power,
    product,
)
from bpviz.model.network import Activation, Elu, LeakyRelu, activation_name
from bpviz.model.network import Power as PowerActivation

SMALLEST_SLOPE = 1e-12
FAR = 6.0
ONE = number(1.0)


class Shape(NamedTuple):
    """An activation a = value(z) and its slope ∂a/∂z = slope(z, a); `parameter` is its own."""

    value: Callable[[Symbol, float], Expression]
    slope: Callable[[Symbol, Symbol, float], Expression]


def _named(name: str) -> Callable[[Symbol, float], Expression]:
    def value(z: Symbol, parameter: float) -> Expression:
        return Function(name, z, parameter)

    return value


def _sigmoid_slope(_z: Symbol, a: Symbol, _parameter: float) -> Expression:
    return Product((a, difference(ONE, a)))


def _tanh_slope(_z: Symbol, a: Symbol, _parameter: float) -> Expression:
    return difference(ONE, power(a, 2.0))


def _relu_slope(z: Symbol, _a: Symbol, _parameter: float) -> Expression:
    return Given(ONE, "z > 0") if z.value > 0.0 else Given(number(0.0), "z ≤ 0")


def _leaky_slope(z: Symbol, _a: Symbol, slope: float) -> Expression:
    return Given(ONE, "z > 0") if z.value > 0.0 else Given(number(slope), "z ≤ 0")


def _elu_slope(z: Symbol, _a: Symbol, alpha: float) -> Expression:
    if z.value > 0.0:
        return Given(ONE, "z > 0")
    return Given(Product((number(alpha), Function("exp", z))), "z ≤ 0")


def _silu_slope(z: Symbol, _a: Symbol, _parameter: float) -> Expression:
    sigmoid = Function("sigmoid", z)
    return Product((sigmoid, Sum((ONE, Product((z, difference(ONE, sigmoid)))))))


def _sign_slope(z: Symbol, _a: Symbol, _parameter: float) -> Expression:
    return Function("sign", z)


def _power_slope(z: Symbol, _a: Symbol, exponent: float) -> Expression:
    if exponent == 0.0:
        return number(0.0)
    return Product((number(exponent), power(z, exponent - 1.0)))


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "identity": Shape(lambda z, _: z, lambda _z, _a, _: ONE),
        "sigmoid": Shape(_named("sigmoid"), _sigmoid_slope),
        "tanh": Shape(_named("tanh"), _tanh_slope),
        "relu": Shape(_named("relu"), _relu_slope),
        "leaky_relu": Shape(_named("leaky_relu"), _leaky_slope),
        "elu": Shape(_named("elu"), _elu_slope),
        "gelu": Shape(_named("gelu"), lambda z, _a, _: Function("gelu_slope", z)),
        "silu": Shape(_named("silu"), _silu_slope),
        "softplus": Shape(_named("softplus"), lambda z, _a, _: Function("sigmoid", z)),
        "step": Shape(_named("step"), lambda _z, _a, _: number(0.0)),
        "sin": Shape(_named("sin"), lambda z, _a, _: Function("cos", z)),
        "cos": Shape(_named("cos"), lambda z, _a, _: Negative(Function("sin", z))),
        "exp": Shape(_named("exp"), lambda _z, a, _: a),
        "log": Shape(_named("log"), lambda z, _a, _: Fraction(ONE, z)),
        "sqrt": Shape(_named("sqrt"), lambda _z, a, _: Fraction(ONE, Product((number(2.0), a)))),
        "square": Shape(lambda z, _: power(z, 2.0), lambda z, _a, _: Product((number(2.0), z))),
        "reciprocal": Shape(
            lambda z, _: Fraction(ONE, z), lambda z, _a, _: Negative(Fraction(ONE, power(z, 2.0)))
        ),
        "abs": Shape(lambda z, _: Absolute(z), _sign_slope),
        "power": Shape(
            lambda z, exponent: power(z, exponent),
            _power_slope,
        ),
    }
)


def parameter_of(activation: Activation) -> float:
    """Return the activation's own parameter; nan where it has none."""
    match activation:
        case LeakyRelu(slope=slope):
            return slope
        case Elu(alpha=alpha):
            return alpha
        case PowerActivation(exponent=exponent):
            return exponent
        case "leaky_relu":
            return LeakyRelu().slope
        case "elu":
            return Elu().alpha
        case _:
            return math.nan


def activated(activation: Activation, z: Symbol) -> Expression:
    """Return a = f(z)."""
    return SHAPES[activation_name(activation)].value(z, parameter_of(activation))


def slope_formula(activation: Activation, z: Symbol, a: Symbol) -> Expression:
    """Return ∂a/∂z in terms of z and a."""
    return SHAPES[activation_name(activation)].slope(z, a, parameter_of(activation))


class LossPlace(NamedTuple):
    """One output's part in the loss: its symbols, and what surrounds them.

    `z` stands where the output is a sigmoid unit, `probability` with softmax; `logits` are all
    outputs, `columns` their number.
    """

    a: Symbol
    t: Symbol | None
    z: Symbol | None
    probability: Symbol | None
    logits: tuple[Symbol, ...]
    columns: int


def loss_term(loss: str, place: LossPlace) -> Expression:
    """Return the part of one output in the loss of a sample."""
    a, t = place.a, place.t
    if t is None:
        return a
    error = difference(a, t)
    match loss:
        case "half_squared_error":
            return Product((HALF, power(error, 2.0)))
        case "squared_error":
            return power(error, 2.0)
        case "mean_squared_error":
            return _per_column(power(error, 2.0), place.columns)
        case "absolute_error":
            return Absolute(error)
        case "huber":
            return _huber(error, a.value - t.value)
        case "binary_cross_entropy":
            return _cross_entropy(a, t, place.z)
        case _:
            return Negative(Product((t, _log_probability(place))))


def loss_derivative(loss: str, place: LossPlace) -> Expression:
    """Return ∂E/∂a of one output, from the loss alone."""
    a, t = place.a, place.t
    if t is None:
        return ONE
    error = difference(a, t)
    match loss:
        case "half_squared_error":
            return error
        case "squared_error":
            return Product((number(2.0), error))
        case "mean_squared_error":
            return _per_column(Product((number(2.0), error)), place.columns)
        case "absolute_error":
            return Function("sign", error)
        case "huber":
            return _huber_derivative(error, a.value - t.value)
        case "binary_cross_entropy":
            slope = a.value * (1.0 - a.value)
            floor = place.z is not None and slope < SMALLEST_SLOPE
            below = number(SMALLEST_SLOPE) if floor else Product((a, difference(ONE, a)))
            return Fraction(error, below)
        case _:
            return difference(place.probability or _softmax(place), t)


def difference_to_target(place: LossPlace) -> Expression:
    """Return a − t of one output: δ of a sigmoid under cross-entropy."""
    return place.a if place.t is None else difference(place.a, place.t)


def _per_column(term: Expression, columns: int) -> Expression:
    return term if columns == 1 else product(Fraction(ONE, number(columns)), term)


def _huber(error: Expression, distance: float) -> Expression:
    if abs(distance) <= 1.0:
        return Given(Product((HALF, power(error, 2.0))), "|error| ≤ 1")
    return Given(difference(Absolute(error), HALF), "|error| > 1")


def _huber_derivative(error: Expression, distance: float) -> Expression:
    if abs(distance) <= 1.0:
        return Given(error, "|error| ≤ 1")
    return Given(Function("sign", error), "|error| > 1")


def _cross_entropy(a: Symbol, t: Symbol, z: Symbol | None) -> Expression:
    if z is not None and abs(z.value) > FAR:
        # From z, as it is computed: the formula in a loses digits where a is close to 0 or 1.
        return difference(Function("softplus", z), Product((t, z)))
    hit = Product((t, Function("log", a)))
    miss = Product((difference(ONE, t), Function("log", difference(ONE, a))))
    if t.value == 1.0:
        return Negative(hit)
    return Negative(miss) if t.value == 0.0 else Negative(Sum((hit, miss)))


def _log_probability(place: LossPlace) -> Expression:
    if place.probability is not None and place.probability.value > 1e-290:
        return Function("log", place.probability)
    # A probability that is 0 in float64 still has a logarithm: a minus the log of the sum.
    largest = max(place.logits, key=lambda logit: logit.value)
    total = Sum(tuple(Function("exp", difference(a, largest)) for a in place.logits))
    return Sum((place.a, Negative(largest), Negative(Function("log", total))))


def _softmax(place: LossPlace) -> Expression:
    total = Sum(tuple(Function("exp", logit) for logit in place.logits))
    return Fraction(Function("exp", place.a), total)
