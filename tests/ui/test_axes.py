"""Ticks of plots: no text stands there twice or over another."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from bpviz.ui.plots.axes import TEXT_HEIGHT, NumberAxis, apart, tick_texts


@given(
    low=st.floats(-1e6, 1e6),
    size=st.floats(1e-9, 1e6),
    logarithmic=st.booleans(),
)
def test_no_text_stands_twice(low: float, size: float, logarithmic: bool) -> None:
    low = low / 1e5 if logarithmic else low
    values = [low + size * part / 4 for part in range(5)]
    if logarithmic and values[-1] > 300:
        values = [value % 300 for value in values]
    told = [text for text in tick_texts(values, logarithmic) if text]
    assert told
    assert len(set(told)) == len(told)


def test_ticks_get_the_digits_that_tell_them_apart() -> None:
    assert tick_texts([-12.0, -11.9995, -11.999]) == ["−12", "−11.9995", "−11.999"]
    assert tick_texts([1_999.0, 1_999.5, 2_000.0]) == ["1999", "1999.5", "2000"]
    assert tick_texts([0.0, 1_000.0, 2_000.0]) == ["0", "1\u202f000", "2\u202f000"]
    assert tick_texts([2.0, 2.0 + 1e-9, 2.0 + 2e-9]) == ["2", "", ""]


def test_decades_go_before_other_ticks() -> None:
    places = [math.log10(value) for value in (0.5, 1, 2, 5, 10)]
    assert apart(places, 0.35, whole_first=True) == [0.0, 1.0]
    assert apart([0.0, 1.0, 2.0], 0.5) == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("size", [60, 90, 150, 400])
def test_ticks_up_an_axis_never_overlap(qapp: QApplication, factor: float, size: int) -> None:
    axis = NumberAxis("left")
    axis.set_scale(factor)
    for logarithmic in (False, True):
        axis.logarithmic = logarithmic
        for low, high in ((-1.5, 0.5), (0.0, 0.3), (-6.0, 1.0)):
            (_, places), *_ = axis.tickValues(low, high, size)
            assert places
            for one, other in pairwise(places):
                assert (other - one) / (high - low) * size >= TEXT_HEIGHT * factor * 0.999
