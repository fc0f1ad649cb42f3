"""Expression trees as one readable line of Unicode text."""

from __future__ import annotations

from collections.abc import Iterable

from bpviz.explain.expression import (
    FUNCTIONS,
    Absolute,
    Expression,
    Fraction,
    Function,
    Given,
    Maximum,
    Minimum,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Rest,
    Sum,
    Symbol,
    unwrapped,
)
from bpviz.explain.numbers import MINUS, format_number

SUPERSCRIPTS = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def to_text(expression: Expression, digits: int = 4) -> str:
    """Return `expression` as a line of text, its numbers with up to `digits` significant digits."""
    expression = unwrapped(expression)
    match expression:
        case Symbol(text, _, _, _):
            return text
        case Partial(of, by, _, _):
            return f"∂{of.text}/∂{by.text}"
        case Number(value, _, text, _):
            return text or format_number(value, digits, trim=True)
        case Rest():
            return _rest(expression, digits)
        case Sum(terms):
            return added((to_text(term, digits) for term in terms), MINUS)
        case Product(factors):
            return _product(factors, digits)
        case Maximum(terms) | Minimum(terms):
            name = "max" if isinstance(expression, Maximum) else "min"
            return f"{name}({', '.join(to_text(term, digits) for term in terms)})"
        case Fraction(numerator, denominator):
            return f"{_grouped(numerator, digits, Sum)}/{_atom(denominator, digits)}"
        case Power(base, exponent):
            return _power(base, exponent, digits)
        case Negative(term):
            text = _grouped(term, digits, Sum)
            return f"{MINUS}({text})" if text.startswith(MINUS) else f"{MINUS}{text}"
        case Absolute(term):
            return f"|{to_text(term, digits)}|"
        case Function(name, argument, _):
            return f"{FUNCTIONS[name].text}({to_text(argument, digits)})"
        case Given(term, condition):
            return f"{_grouped(term, digits, Sum)} [{condition}]"
        case _:
            raise TypeError(f"no text for {type(expression).__name__}")


def _rest(rest: Rest, digits: int) -> str:
    value = f": {format_number(rest.value, digits, trim=True)}" if rest.shown else ""
    return f"… ({rest.count} more {rest.noun}{value})"


def added(terms: Iterable[str], minus: str) -> str:
    """Return written terms as a sum: one that begins with the sign `minus` is taken away."""
    line = ""
    for term in terms:
        if not line:
            line = term
        elif term.startswith(minus):
            line += f" {minus} {term.removeprefix(minus)}"
        else:
            line += f" + {term}"
    return line or "0"


def _product(factors: tuple[Expression, ...], digits: int) -> str:
    parts: list[str] = []
    for factor in factors:
        text = _grouped(factor, digits, Sum, Fraction)
        parts.append(f"({text})" if parts and text.startswith(MINUS) else text)
    return "·".join(parts) or "1"


def _power(base: Expression, exponent: Expression, digits: int) -> str:
    text = _atom(base, digits)
    raised = to_text(exponent, digits)
    if isinstance(exponent, Number) and raised.translate(SUPERSCRIPTS) != raised:
        lifted = raised.translate(SUPERSCRIPTS)
        if all(sign in "⁰¹²³⁴⁵⁶⁷⁸⁹⁻" for sign in lifted):
            return text + lifted
    return f"{text}^{raised if isinstance(exponent, (Symbol, Number)) else f'({raised})'}"


def _grouped(expression: Expression, digits: int, *kinds: type[Expression]) -> str:
    text = to_text(expression, digits)
    return f"({text})" if isinstance(unwrapped(expression), kinds) else text


def _atom(expression: Expression, digits: int) -> str:
    expression = unwrapped(expression)
    text = to_text(expression, digits)
    composite = isinstance(
        expression, (Sum, Product, Fraction, Power, Negative, Given, Rest, Partial)
    )
    scientific = isinstance(expression, Number) and "e" in text
    return f"({text})" if composite or scientific or text.startswith(MINUS) else text
