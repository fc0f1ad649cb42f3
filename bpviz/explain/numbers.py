"""Numbers as text: the one formatter of everything the program shows."""

from __future__ import annotations

import math
from typing import Final

MINUS = "−"
# What people type for minus and for the line of a fraction.
TYPED_SIGNS: Final = str.maketrans({"−": "-", "–": "-", "‒": "-", "﹣": "-", "-": "-", "⁄": "/"})
NOT_A_NUMBER = "not a number"
INFINITY = "∞"
# Outside 10^LOWEST … 10^HIGHEST a number is written with an exponent.
LOWEST, HIGHEST = -4, 6


def format_number(value: float, digits: int = 4, *, trim: bool = False) -> str:
    """Return `value` with `digits` significant digits and the true minus sign.

    An exact zero is "0" and never negative; a number below 0.0001 or from 1,000,000 on is written
    like 1.234e−5; other whole parts are never rounded away. With `trim`, zeros at the end of the
    decimals are left out. Non-finite values are "∞", "−∞" and "not a number".
    """
    if not math.isfinite(value):
        return _non_finite(value)
    if value == 0.0:
        return "0"
    digits = max(1, digits)
    mantissa, exponent_text = f"{abs(value):.{digits - 1}e}".split("e")
    exponent = int(exponent_text)
    sign = MINUS if value < 0.0 else ""
    if LOWEST <= exponent < HIGHEST:
        return sign + _trimmed(f"{abs(value):.{max(0, digits - 1 - exponent)}f}", trim)
    power = f"{MINUS}{-exponent}" if exponent < 0 else str(exponent)
    return f"{sign}{_trimmed(mantissa, trim)}e{power}"


def full_number(value: float) -> str:
    """Return `value` with all of its digits, such that reading it back gives the same bits."""
    if not math.isfinite(value):
        return _non_finite(value)
    if value == 0.0:
        return "0"
    text = repr(float(value))
    return text.removesuffix(".0").replace("e-0", "e-").replace("e+", "e").replace("-", MINUS)


def format_signed(value: float, digits: int = 4) -> str:
    """Return `value` as `format_number` does, with a plus sign where it is positive."""
    text = format_number(value, digits)
    return f"+{text}" if value > 0.0 else text


def latex_number(value: float, digits: int = 4) -> str:
    r"""Return `value` for LaTeX's math mode: −1.5e−7 becomes -1.5 \cdot 10^{-7}."""
    if math.isnan(value):
        return r"\text{not a number}"
    text = format_number(value, digits, trim=True).replace(MINUS, "-")
    text = text.replace(INFINITY, r"\infty")
    if "e" in text:
        mantissa, exponent = text.split("e")
        return rf"{mantissa} \cdot 10^{{{exponent}}}"
    return text


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return NOT_A_NUMBER
    return INFINITY if value > 0.0 else MINUS + INFINITY


def _trimmed(text: str, trim: bool) -> str:
    return text.rstrip("0").rstrip(".") if trim and "." in text else text
