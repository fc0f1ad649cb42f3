"""The one formatter of all numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.explain.numbers import format_number, format_signed, full_number, latex_number


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.41, 4, "0.4100"),
        (-0.3, 3, "−0.300"),
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (0.99996, 4, "1.000"),
        (9.9999, 2, "10"),
        (12345.678, 4, "12346"),
        (999999.7, 4, "1.000e6"),
        (0.0001, 3, "0.000100"),
        (0.00001234, 3, "1.23e−5"),
        (-1.5e300, 2, "−1.5e300"),
        (5e-324, 3, "4.94e−324"),
        (2.0, 1, "2"),
        (2.0, 0, "2"),
        (math.inf, 4, "∞"),
        (-math.inf, 4, "−∞"),
        (math.nan, 4, "not a number"),
    ],
)
def test_significant_digits(value: float, digits: int, text: str) -> None:
    assert format_number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.41, "0.41"), (100.0, "100"), (-1.0, "−1"), (1e-7, "1e−7"), (1 / 3, "0.3333333333")],
)
def test_trimmed(value: float, text: str) -> None:
    assert format_number(value, 10, trim=True) == text


def test_signed() -> None:
    assert [format_signed(value, 2) for value in (0.5, 0.0, -0.5)] == ["+0.50", "0", "−0.50"]


def test_latex() -> None:
    assert latex_number(-1.5e-7, 3) == r"-1.5 \cdot 10^{-7}"
    assert latex_number(0.25) == "0.25"
    assert latex_number(math.inf) == r"\infty"
    assert latex_number(math.nan) == r"\text{not a number}"


@given(st.floats(-1e308, 1e308), st.integers(1, 17))
def test_a_formatted_number_reads_back(value: float, digits: int) -> None:
    for trim in (False, True):
        text = format_number(value, digits, trim=trim)
        assert "-" not in text
        again = float(text.replace("−", "-"))
        assert math.isclose(again, value, rel_tol=0.51 * 10.0 ** (1 - digits), abs_tol=5e-324)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_full_number_has_the_same_bits(value: float) -> None:
    assert float(full_number(value).replace("−", "-")) == value
