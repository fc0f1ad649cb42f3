"""A number is dragged and turned by round steps of its own size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bpviz.ui.canvas.scrub import scrubbed, step_of
from bpviz.ui.canvas.trials import turned_by


@given(st.floats(-1e6, 1e6), st.integers(-500, 500))
def test_scrubbing_there_and_back_ends_near_the_start(value: float, steps: int) -> None:
    there = scrubbed(value, steps)
    assert abs(there - value - steps * step_of(value)) <= step_of(value)
    if steps:
        assert float(f"{there:.12g}") == there, "a round number"


@given(st.floats(-1e6, 1e6), st.integers(-50, 50))
def test_a_notch_of_the_wheel_is_a_tenth_of_a_step(value: float, notches: int) -> None:
    fine = step_of(value) / 10.0
    assert abs(turned_by(value, notches) - value - notches * fine) <= fine / 10.0 * 1.001
