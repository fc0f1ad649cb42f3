"""Numbers as people type them: 0.5, 0,5, 1/3, 1e-3, -2/7, with any kind of minus sign."""

from __future__ import annotations

import math
import re
from typing import Final

from bpviz.explain.numbers import TYPED_SIGNS

NUMBER_LIMIT: Final = 1e100
_DECIMAL: Final = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\Z", re.ASCII)


class NumberRefusedError(ValueError):
    """A text is no number that can be taken; the message says why."""


def parse_number(text: str) -> float:
    """Return the number that `text` writes: decimal point or comma, a fraction, an exponent.

    NumberRefusedError where it is none, divides by zero or is beyond ±1e100.
    """
    cleaned = "".join(text.translate(TYPED_SIGNS).split())
    if not cleaned:
        raise NumberRefusedError("a number is needed here")
    parts = cleaned.split("/")
    if len(parts) > 2 or not all(_DECIMAL.match(part) for part in parts):
        shown = text.strip() if len(text.strip()) <= 30 else text.strip()[:29] + "…"
        raise NumberRefusedError(f"“{shown}” is no number: write 0.5, 0,5, 1/3 or 1e-3")
    values = [float(part.replace(",", ".")) for part in parts]
    if len(values) == 2 and values[1] == 0.0:
        raise NumberRefusedError("a fraction can't have 0 below the line")
    value = values[0] / values[1] if len(values) == 2 else values[0]
    if not math.isfinite(value) or abs(value) > NUMBER_LIMIT:
        raise NumberRefusedError("numbers up to ±1e100 are allowed")
    return value + 0.0 if value else 0.0
