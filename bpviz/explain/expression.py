"""Expression trees: formulas whose leaves carry a number and point at a node or an edge."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, NamedTuple


class Reference(NamedTuple):
    """What a leaf stands for: a quantity of a node (by id), an edge (by name) or the network.

    `sample` is the place in the batch; −1 where the quantity belongs to no one sample.
    """

    kind: Literal["node", "edge", "network"]
    name: str
    quantity: str
    sample: int = -1


# Beyond it tanh in gelu is ±1 to the last bit.
GELU_FLAT = 20.0


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of a formula."""


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """A named quantity and its number; `text` and `latex` are its name."""

    text: str
    latex: str
    value: float
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Partial(Expression):
    """The partial derivative ∂of/∂by and its number."""

    of: Symbol
    by: Symbol
    value: float
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A number; `text` and `latex`, where given, are how it is written (½)."""

    value: float
    reference: Reference | None = None
    text: str = ""
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Rest(Expression):
    """The folded part of a long sum, product or maximum: how many parts and what they come to."""

    count: int
    value: float
    noun: str = "terms"
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Sum(Expression):
    """The terms added up; none gives 0."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Product(Expression):
    """The factors multiplied; none gives 1."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Maximum(Expression):
    """The largest of one or more terms."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Minimum(Expression):
    """The smallest of one or more terms."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Fraction(Expression):
    """The numerator over the denominator."""

    numerator: Expression
    denominator: Expression


@dataclass(frozen=True, slots=True)
class Power(Expression):
    """The base raised to a constant exponent, or to a whole expression."""

    base: Expression
    exponent: Expression


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    """The term with the other sign."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Absolute(Expression):
    """The size of the term."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Function(Expression):
    """A function of FUNCTIONS applied to its argument; `parameter` where it has one."""

    name: str
    argument: Expression
    parameter: float = math.nan


@dataclass(frozen=True, slots=True)
class Given(Expression):
    """A term chosen by a case, with the condition that chose it."""

    term: Expression
    condition: str


class FunctionRow(NamedTuple):
    """How a function is written, and its value from argument and parameter."""

    text: str
    latex: str
    value: Callable[[float, float], float]


def sigmoid(z: float) -> float:
    """σ(z) = 1 / (1 + e^−z), from the side that cannot overflow."""
    if z >= 0.0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))


def softplus(z: float) -> float:
    """ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|)."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def gelu(z: float) -> float:
    """½z(1 + tanh u), u = √(2/π)(z + 0.044715 z³) (Hendrycks and Gimpel 2016)."""
    return 0.5 * z * (1.0 + math.tanh(_gelu_inner(z)))


def gelu_slope(z: float) -> float:
    """½(1 + tanh u) + ½z(1 − tanh² u) u′, u′ = √(2/π)(1 + 3 · 0.044715 z²)."""
    z = min(max(z, -GELU_FLAT), GELU_FLAT)
    tanh = math.tanh(_gelu_inner(z))
    inner_slope = math.sqrt(2.0 / math.pi) * (1.0 + 3.0 * 0.044715 * z * z)
    return 0.5 * (1.0 + tanh) + 0.5 * z * (1.0 - tanh * tanh) * inner_slope


def _gelu_inner(z: float) -> float:
    return math.sqrt(2.0 / math.pi) * (z + 0.044715 * z * z * z)


def sign(x: float) -> float:
    """−1, 0 or 1."""
    return float((x > 0.0) - (x < 0.0))


FUNCTIONS: Mapping[str, FunctionRow] = MappingProxyType(
    {
        "sigmoid": FunctionRow("σ", r"\sigma", lambda z, _: sigmoid(z)),
        "tanh": FunctionRow("tanh", r"\tanh", lambda z, _: math.tanh(z)),
        "relu": FunctionRow("ReLU", r"\mathrm{ReLU}", lambda z, _: max(z, 0.0)),
        "leaky_relu": FunctionRow(
            "LReLU", r"\mathrm{LReLU}", lambda z, slope: z if z > 0.0 else slope * z
        ),
        "elu": FunctionRow(
            "ELU", r"\mathrm{ELU}", lambda z, alpha: z if z > 0.0 else alpha * math.expm1(z)
        ),
        "gelu": FunctionRow("GELU", r"\mathrm{GELU}", lambda z, _: gelu(z)),
        "gelu_slope": FunctionRow("GELU′", r"\mathrm{GELU}'", lambda z, _: gelu_slope(z)),
        "silu": FunctionRow("SiLU", r"\mathrm{SiLU}", lambda z, _: z * sigmoid(z)),
        "softplus": FunctionRow("softplus", r"\mathrm{softplus}", lambda z, _: softplus(z)),
        "step": FunctionRow("step", r"\mathrm{step}", lambda z, _: float(z > 0.0)),
        "sin": FunctionRow("sin", r"\sin", lambda z, _: math.sin(z)),
        "cos": FunctionRow("cos", r"\cos", lambda z, _: math.cos(z)),
        "exp": FunctionRow("exp", r"\exp", lambda z, _: math.exp(z)),
        "log": FunctionRow("ln", r"\ln", lambda z, _: math.log(z)),
        "sqrt": FunctionRow("√", r"\sqrt", lambda z, _: math.sqrt(z)),
        "sign": FunctionRow("sign", r"\mathrm{sign}", lambda z, _: sign(z)),
        "huber": FunctionRow(
            "h", "h", lambda d, _: 0.5 * d * d if abs(d) <= 1.0 else abs(d) - 0.5
        ),
    }
)  # fmt: skip


def number(value: float) -> Number:
    """Return a plain number."""
    return Number(float(value))


HALF = Number(0.5, text="½", latex=r"\tfrac{1}{2}")


def power(base: Expression, exponent: float) -> Power:
    """Return base to a constant exponent."""
    return Power(base, number(exponent))


def product(*factors: Expression) -> Product:
    """Return the product of the factors, those that are products themselves taken apart."""
    parts: list[Expression] = []
    for factor in factors:
        parts += factor.factors if isinstance(factor, Product) else (factor,)
    return Product(tuple(parts))


def difference(first: Expression, second: Expression) -> Sum:
    """Return first − second."""
    return Sum((first, Negative(second)))


def children(expression: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of `expression`; none for a leaf."""
    match expression:
        case Sum(parts) | Product(parts) | Maximum(parts) | Minimum(parts):
            return parts
        case Fraction(first, second) | Power(first, second):
            return (first, second)
        case Negative(term) | Absolute(term) | Given(term, _) | Function(_, term, _):
            return (term,)
        case _:
            return ()


def unwrapped(expression: Expression) -> Expression:
    """Return the part itself where `expression` is a sum or product of one part."""
    # Asked for at every part of every formula: two looks cost less than matching patterns.
    while isinstance(expression, Sum | Product):
        parts = expression.terms if isinstance(expression, Sum) else expression.factors
        if len(parts) != 1:
            break
        expression = parts[0]
    return expression


def leaves(expression: Expression) -> Iterator[Expression]:
    """Iterate over the leaves of `expression`, from left to right."""
    parts = children(expression)
    if not parts:
        yield expression
    for part in parts:
        yield from leaves(part)


def with_numbers(expression: Expression) -> Expression:
    """Return `expression` with each symbol replaced by its number, which keeps its reference."""
    match expression:
        case Symbol(_, _, value, reference) | Partial(_, _, value, reference):
            return Number(value, reference)
        case Rest():
            return replace(expression, shown=True)
        case Sum(parts):
            return Sum(tuple(map(with_numbers, parts)))
        case Product(parts):
            return Product(tuple(map(with_numbers, parts)))
        case Maximum(parts):
            return Maximum(tuple(map(with_numbers, parts)))
        case Minimum(parts):
            return Minimum(tuple(map(with_numbers, parts)))
        case Fraction(first, second):
            return Fraction(with_numbers(first), with_numbers(second))
        case Power(first, second):
            return Power(with_numbers(first), with_numbers(second))
        case Negative(term):
            return Negative(with_numbers(term))
        case Absolute(term):
            return Absolute(with_numbers(term))
        case Function(_, term, _) | Given(term, _):
            inner = with_numbers(term)
            if isinstance(expression, Function):
                return replace(expression, argument=inner)
            return replace(expression, term=inner)
        case _:
            return expression


def evaluate(expression: Expression) -> float:
    """Return the value of `expression` from the numbers of its leaves.

    Raises ArithmeticError or ValueError where the arithmetic does (ln 0, 1/0, overflow).
    """
    match expression:
        case Symbol(_, _, value, _) | Partial(_, _, value, _):
            return value
        case Number(value=value) | Rest(value=value):
            return value
        case Sum(parts):
            return math.fsum(map(evaluate, parts))
        case Product(parts):
            return math.prod(map(evaluate, parts))
        case Maximum(parts):
            return max(map(evaluate, parts))
        case Minimum(parts):
            return min(map(evaluate, parts))
        case Fraction(first, second):
            return evaluate(first) / evaluate(second)
        case Power(first, second):
            return math.pow(evaluate(first), evaluate(second))
        case Negative(term):
            return -evaluate(term)
        case Absolute(term):
            return abs(evaluate(term))
        case Function(name, term, parameter):
            return FUNCTIONS[name].value(evaluate(term), parameter)
        case Given(term, _):
            return evaluate(term)
        case _:
            raise TypeError(f"no value for {type(expression).__name__}")
