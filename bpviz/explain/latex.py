"""Expression trees as LaTeX for math mode."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
from bpviz.explain.numbers import latex_number
from bpviz.explain.text import added

ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
    }
)

IN_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "−": "$-$", "∂": r"$\partial$", "δ": r"$\delta$", "σ": r"$\sigma$", "→": r"$\to$",
        "′": "$'$", "…": r"\dots{}", "½": r"$\tfrac{1}{2}$", "·": r"$\cdot$", "∞": r"$\infty$",
        "<": r"\textless{}", ">": r"\textgreater{}", "λ": r"$\lambda$", "–": "--", "≠": r"$\ne$",
    }
)  # fmt: skip
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"


def escaped(text: str) -> str:
    """Return `text` such that LaTeX prints it as it stands."""
    return text.translate(ESCAPES)


def latex_words(text: str) -> str:
    """Return `text` for LaTeX outside of math mode, signs that it lacks in formulas."""
    found = []
    for sign in text:
        if sign in IN_WORDS:
            found.append(IN_WORDS[sign])
        elif sign in RAISED or sign in LOWERED:
            mark, digit = ("^", RAISED) if sign in RAISED else ("_", LOWERED)
            found.append(f"${{}}{mark}{{{digit.index(sign)}}}$")
        else:
            found.append(sign.translate(ESCAPES))
    return "".join(found)


def to_latex(expression: Expression, digits: int = 4) -> str:
    """Return `expression` as LaTeX, its numbers with up to `digits` significant digits."""
    expression = unwrapped(expression)
    match expression:
        case Symbol(_, latex, _, _):
            return latex
        case Partial(of, by, _, _):
            return rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}"
        case Number(value, _, _, latex):
            return latex or latex_number(value, digits)
        case Rest(count, value, noun, shown):
            known = rf": ${latex_number(value, digits)}$" if shown else ""
            return rf"\dots\ \text{{({count} more {noun}{known})}}"
        case Sum(terms):
            return added((to_latex(term, digits) for term in terms), "-")
        case Product(factors):
            return _product(factors, digits)
        case Maximum(terms) | Minimum(terms):
            name = "max" if isinstance(expression, Maximum) else "min"
            inside = ", ".join(to_latex(term, digits) for term in terms)
            return rf"\{name}\left({inside}\right)"
        case Fraction(numerator, denominator):
            return rf"\frac{{{to_latex(numerator, digits)}}}{{{to_latex(denominator, digits)}}}"
        case Power(base, exponent):
            return f"{_atom(base, digits)}^{{{to_latex(exponent, digits)}}}"
        case Negative(term):
            inner = to_latex(term, digits)
            needed = isinstance(unwrapped(term), Sum) or inner.startswith("-")
            return f"-{_bracketed(inner, needed)}"
        case Absolute(term):
            return rf"\left|{to_latex(term, digits)}\right|"
        case Function(name, argument, _):
            return _function(name, to_latex(argument, digits))
        case Given(term, condition):
            inner = _bracketed(to_latex(term, digits), isinstance(unwrapped(term), Sum))
            return rf"{inner}\ [{_condition(condition)}]"
        case _:
            raise TypeError(f"no LaTeX for {type(expression).__name__}")


def _condition(condition: str) -> str:
    """Return a condition: a formula such as "z ≤ 0" as one, for LaTeX's texts lack its signs."""
    if any(sign in condition for sign in "<>≤"):
        return condition.replace("≤", r"\le").replace("−", "-")
    return rf"\text{{{escaped(condition)}}}"


def _function(name: str, argument: str) -> str:
    if name == "sqrt":
        return rf"\sqrt{{{argument}}}"
    return rf"{FUNCTIONS[name].latex}\left({argument}\right)"


def _product(factors: tuple[Expression, ...], digits: int) -> str:
    parts: list[str] = []
    for factor in factors:
        text = to_latex(factor, digits)
        grouped = isinstance(unwrapped(factor), Sum)
        parts.append(_bracketed(text, grouped or (bool(parts) and text.startswith("-"))))
    return r" \cdot ".join(parts) or "1"


def _atom(expression: Expression, digits: int) -> str:
    expression = unwrapped(expression)
    text = to_latex(expression, digits)
    composite = isinstance(
        expression, (Sum, Product, Fraction, Power, Negative, Given, Rest, Partial, Function)
    )
    return _bracketed(text, composite or text.startswith("-") or r"\cdot" in text)


def _bracketed(text: str, needed: bool) -> str:
    return rf"\left({text}\right)" if needed else text
