"""Which conventions would give the number that a book prints: all of them tried together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from bpviz.engine.backprop import trace
from bpviz.engine.datasets import Rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.explain.conventions import SQUARES, named
from bpviz.explain.sequential import has_order, sequential
from bpviz.model.session import Session

# A number agrees within this share, or when it rounds to the digits printed.
CLOSE = 0.005
FEWEST_DIGITS = 2


@dataclass(frozen=True)
class Match:
    """A number that agrees with the printed one: what it is, under which conventions.

    `quantity` is "gradient", "new value" or "loss"; `name` the parameter, "" for the loss.
    `conventions` names those that differ from the session's own; none where it already agrees.
    """

    quantity: str
    name: str
    value: float
    conventions: tuple[str, ...]


def agrees(value: float, printed: float, text: str) -> bool:
    """Whether `value` is what a book prints as `text`, which is the number `printed`."""
    if not math.isfinite(value):
        return False
    if math.isclose(value, printed, rel_tol=CLOSE):
        return True
    digits = sum(sign.isdigit() for sign in text.partition("e")[0].lstrip("+-−0.,"))
    if "/" in text or digits < FEWEST_DIGITS:
        return value == printed
    return abs(value - printed) <= 0.5000001 * 10.0 ** -_decimals(text)


def _decimals(text: str) -> int:
    mantissa, _, exponent = text.lower().replace(",", ".").replace("−", "-").partition("e")
    return len(mantissa.partition(".")[2].strip()) - (int(exponent) if exponent else 0)


def matches(session: Session, rows: Rows, printed: float, text: str, name: str) -> list[Match]:
    """Return what agrees with a printed number, the fewest changed conventions first.

    Looked at are gradient and new value of the parameter `name`, then of all others, and the loss.
    Raises NonFinite where the iteration meets a bad value.
    """
    found: list[Match] = []
    for changed, loss, gradients, updated in _combinations(session, rows):
        tables = (("gradient", gradients), ("new value", updated))
        for quantity, table in tables:
            for each, value in table.items():
                if agrees(value, printed, text):
                    found.append(Match(quantity, each, value, changed))
        found += [
            Match("gradient", each, -value, (*changed, "the other sign"))
            for each, value in gradients.items()
            if value and agrees(-value, printed, text)
        ]
        if agrees(loss, printed, text):
            found.append(Match("loss", "", loss, changed))
    found.sort(key=lambda match: (match.name not in (name, ""), len(match.conventions)))
    best: dict[tuple[str, str], Match] = {}
    for match in found:
        best.setdefault((match.quantity, match.name), match)
    return list(best.values())


def _combinations(
    session: Session, rows: Rows
) -> Iterator[tuple[tuple[str, ...], float, dict[str, float], dict[str, float]]]:
    """Yield (conventions that differ, loss, gradients, new values) of every combination."""
    training, program = session.training, compile(session.network)
    state = state_of(session, program)
    losses = tuple(SQUARES) if training.loss in SQUARES else (training.loss,)
    for loss in losses:
        for reduction in ("mean", "sum"):
            changed: tuple[str, ...] = ()
            if loss != training.loss:
                changed += (SQUARES[loss].partition(":")[0],)
            if reduction != training.batch_reduction:
                changed += (f"{reduction} over the batch",)
            chosen = msgspec.structs.replace(training, loss=loss, batch_reduction=reduction)
            made = trace(program, rows, chosen, state.copy())
            updated = named(program, made.updated)
            yield changed, made.loss, named(program, made.gradient), updated
            uphill = named(program, 2.0 * made.theta - made.updated)
            yield (*changed, "the wrong sign in the update"), math.nan, {}, uphill
            if has_order(program):
                wrong, after = sequential(made)
                words = (*changed, "weights changed layer by layer")
                yield words, math.nan, named(program, wrong), named(program, after)
