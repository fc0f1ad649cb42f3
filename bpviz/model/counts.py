"""Whole numbers as text, their thousands set apart by a thin space: a comma may be a decimal."""

from __future__ import annotations

from typing import Final

# The narrow space at which no line is broken. It looks the same with decimal points and commas.
THIN_SPACE: Final = "\u202f"


def grouped(value: float) -> str:
    """Return `value`, rounded to a whole number, like 12 345."""
    return f"{value:,.0f}".replace(",", THIN_SPACE).replace("-", "−")
