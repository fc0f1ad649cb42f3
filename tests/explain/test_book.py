"""A printed number is traced back to the conventions that give it."""

from __future__ import annotations

import pytest

from bpviz.engine.datasets import make_rows
from bpviz.explain.book import Match, agrees, matches
from tests.explain.test_chain import lesson


def found(name: str, printed: str, parameter: str) -> list[Match]:
    session, _ = lesson(name)
    rows = make_rows(session.data, session.training.loss)
    return matches(session, rows, float(printed), printed, parameter)


@pytest.mark.parametrize(
    ("value", "text", "fits"),
    [
        (0.67499, "0.67", True), (0.6751, "0.67", False), (-0.0385, "-0.039", True),
        (0.5, "0.5025", True), (0.5, "0.5026", False), (1234.0, "1.23e3", True),
        (0.04, "0", False), (0.3333, "1/3", True), (float("nan"), "1", False),
    ],
)  # fmt: skip
def test_a_number_agrees_when_it_rounds_to_what_is_printed(
    value: float, text: str, fits: bool
) -> None:
    printed = 1 / 3 if text == "1/3" else float(text)
    assert agrees(value, printed, text) == fits


def test_what_agrees_already_needs_no_other_convention() -> None:
    first = found("S5", "-.01162", "h1->y")[0]
    assert (first.quantity, first.name, first.conventions) == ("gradient", "h1->y", ())


@pytest.mark.parametrize(
    ("lesson_name", "printed", "parameter", "convention"),
    [
        ("S3", "-0.0851583", "h->o", "without ½"),
        ("S5", "-0.0058082", "h1->y", "with ½"),
        ("S1", "-0.0320076781", "u->x1", "sum over the batch"),
        ("S3", "0.57871", "h->o", "the wrong sign in the update"),
        ("S3", "-0.0059543", "i->h", "weights changed layer by layer"),
        ("S3", "0.042579", "h->o", "the other sign"),
    ],
)
def test_the_convention_behind_a_number_is_found(
    lesson_name: str, printed: str, parameter: str, convention: str
) -> None:
    first = found(lesson_name, printed, parameter)[0]
    assert first.name == parameter
    assert first.conventions == (convention,)


def test_a_number_from_nowhere_is_not_found() -> None:
    assert found("S5", "123.456", "h1->y") == []
