"""Figures of a lesson's page: what it prints, compared with what the program computes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from bpviz.engine.backprop import Trace
from bpviz.engine.hiding import Hidden
from bpviz.explain.numbers import format_number
from bpviz.explain.quantities import (
    Quantity,
    QuantityError,
    agrees,
    parse_quantity,
    quantity_text,
    value_of,
)
from bpviz.explain.questions import KINDS_OF_QUANTITIES, Question
from bpviz.model.schema import Expectation, Notation

DIGITS = 10
# A figure with this many digits is compared digit by digit.
ENOUGH = 6
# Two values of one quantity are the same up to the rounding of another order of summing.
SAME = 1e-9

Verdict: TypeAlias = Literal["agrees", "differs", "moved", "none"]


class Figure(NamedTuple):
    """A figure as it is shown; `computed` is "" where the session does not have the quantity.

    It `agrees` or `differs`; it has `moved` where the session gives another number than it did
    when the page was written, so that the figure printed can't be judged.
    """

    name: str
    printed: str
    computed: str
    verdict: Verdict
    problem: str = ""


def figures_of(
    expected: Iterable[Expectation],
    trace: Trace | None,
    sample: int = 0,
    notation: Notation | None = None,
    hidden: Hidden | None = None,
) -> tuple[Figure, ...]:
    """Return the figures, computed from `trace` (None where there is none to be had).

    Of what is `hidden` nothing is told, neither the figure printed nor that computed.
    """
    covering = hidden or Hidden()
    return tuple(_figure(each, trace, sample, notation, covering) for each in expected)


def _figure(
    expected: Expectation,
    trace: Trace | None,
    sample: int,
    notation: Notation | None,
    hidden: Hidden,
) -> Figure:
    if trace is None:
        return Figure(expected.quantity, expected.printed, "", "none", "nothing is computed")
    network = trace.program.network
    symbol = notation.loss_symbol if notation is not None else "E"
    try:
        quantity = parse_quantity(expected.quantity, network, symbol)
        value = value_of(quantity, trace, sample)
    except QuantityError as problem:
        return Figure(expected.quantity, expected.printed, "", "none", str(problem))
    name = quantity_text(quantity, network, notation)
    if _is_hidden(quantity, sample, hidden):
        return Figure(name, "?", "?", "none", "hidden")
    said = verdict(value, expected)
    digits = _digits(expected.printed, agreeing=said == "agrees")
    return Figure(name, expected.printed, format_number(value, digits, trim=True), said)


def _is_hidden(quantity: Quantity, sample: int, hidden: Hidden) -> bool:
    kind = KINDS_OF_QUANTITIES.get(quantity.kind, "")
    if quantity.sample not in (-1, sample):
        # Another sample's number is another number: only the chosen one's is asked for.
        return kind in hidden.kinds
    return Question(quantity, kind).is_hidden(hidden)


def _digits(printed: str, *, agreeing: bool) -> int:
    """Return how many significant digits stand beside a figure printed: as many as it has.

    Few of them say little, and of a figure that differs one wants to see more.
    """
    mantissa = re.split("[eE]", printed, maxsplit=1)[0]
    found = len(re.sub(r"\D", "", mantissa).lstrip("0"))
    return found if agreeing and found >= ENOUGH else max(found, DIGITS)


def verdict(value: float, expected: Expectation) -> Verdict:
    """Return what is to be said of a figure where the program now computes `value`."""
    if agrees(value, expected.printed):
        return "agrees"
    size = max(abs(value), abs(expected.computed), 1e-12)
    return "differs" if abs(value - expected.computed) <= SAME * size else "moved"
