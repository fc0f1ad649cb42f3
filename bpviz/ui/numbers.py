"""Numbers as the window shows them: with a decimal point, or with a comma where that is chosen.

Files, exports and what is copied keep the point: they take `bpviz.explain.numbers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PySide6.QtCore import QCoreApplication

from bpviz.explain import numbers

# The choice belongs to the running program, as its palette does, so Qt's object of it holds it.
_PROPERTY: Final = "decimal_comma"
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


def use_comma(wanted: bool) -> None:
    """Show numbers with a decimal comma from now on, or with a point."""
    application = QCoreApplication.instance()
    if application is not None:
        application.setProperty(_PROPERTY, wanted)


def has_comma() -> bool:
    """Return whether numbers are shown with a decimal comma."""
    application = QCoreApplication.instance()
    return application is not None and application.property(_PROPERTY) is True


@contextmanager
def decimal_points() -> Iterator[None]:
    """Format numbers with a point meanwhile, as files have them."""
    before = has_comma()
    use_comma(False)
    try:
        yield
    finally:
        use_comma(before)


def localised(text: str) -> str:
    """Return `text`, made elsewhere with decimal points, as the window shows it.

    Hats stand behind their letters: many fonts would put them over another one.
    """
    text = text.replace("\N{COMBINING CIRCUMFLEX ACCENT}", "ˆ")
    return _POINT.sub(",", text) if "." in text and has_comma() else text


def format_number(value: float, digits: int = 4, *, trim: bool = False) -> str:
    """Return `value` as `explain.numbers.format_number` does, with the sign chosen."""
    return localised(numbers.format_number(value, digits, trim=trim))


def format_signed(value: float, digits: int = 4) -> str:
    """Return `value` as `explain.numbers.format_signed` does, with the sign chosen."""
    return localised(numbers.format_signed(value, digits))


def full_number(value: float) -> str:
    """Return `value` with all of its digits and the sign chosen."""
    return localised(numbers.full_number(value))
