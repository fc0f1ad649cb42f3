"""A step of a whole layer or phase is explained as a whole, with the numbers of the trace."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.frames import FrameList, Grain, frames
from bpviz.engine.snapshot import snapshot
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Explanation
from bpviz.explain.expression import evaluate
from bpviz.explain.steps import explain_step
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import lesson
from tests.explain.test_derivation import magnitude


def told(grain: Grain) -> list[Explanation]:
    _, made = lesson("S5")
    listed = frames(made.program, "neuron", made.training, 1)
    return [
        explain_step(made, listed, listed.step(index, grain), 0, 4)
        for index in listed.stops(grain).tolist()
    ]


def test_each_layer_and_each_phase_has_a_title_of_its_own() -> None:
    assert [each.title for each in told("layer")] == [
        "Inputs", "Values of h₁, h₂", "Value of y", "Loss", "Error signals of y",
        "Error signals of h₂, h₁", "Error at the inputs", "Joining the samples",
        "New weights and biases of h₁, h₂", "New weights and biases of y",
    ]  # fmt: skip
    titles = [each.title for each in told("phase")]
    assert titles == ["Forward", "Loss", "Backward", "Joining the samples", "Update"]


def test_a_layers_sentence_tells_its_units_apart() -> None:
    values = told("layer")[1]
    assert values.sentence == (
        "The units of a layer take the values before them, each for itself: "
        "z_h₁ = Σ w·a + b = 0.5·0.5 + 0.2·0.3 + 0.1 = 0.41, a_h₁ = σ(0.41) = 0.6011, "
        "z_h₂ = Σ w·a + b = 0.3·0.5 + 0.4·0.3 + 0.2 = 0.47, … (1 more)"
    )
    assert [round(line.result, 10) for line in values.lines][1::2] == [0.6010878788, 0.6153837564]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), grain=st.sampled_from(["layer", "phase"]))
def test_every_line_comes_to_the_trace(seed: int, grain: Grain) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    listed = frames(made.program, "neuron", made.training, len(made.rows))
    for index in listed.stops(grain).tolist():
        step = listed.step(index, grain)
        found = explain_step(made, listed, step, 0)
        assert found.title
        if len(step) == 1:
            assert found == explain(made, listed[index], 0)
        for line in found.lines:
            scale = max(1.0, magnitude(line.right))
            assert math.isclose(evaluate(line.right), line.result, rel_tol=1e-12,
                                abs_tol=1e-12 * scale)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), grain=st.sampled_from(["layer", "phase"]))
def test_a_step_lights_all_that_it_makes_known(seed: int, grain: Grain) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    listed: FrameList = frames(made.program, "neuron", made.training, len(made.rows))
    before = snapshot(made, listed, -1, 0, grain)
    for index in listed.stops(grain).tolist():
        after = snapshot(made, listed, index, 0, grain)
        for mask, lit in (
            ("value_known", after.active_nodes), ("delta_known", after.active_nodes),
            ("bias_update_known", after.active_nodes), ("edge_gradient_known", after.active_edges),
            ("edge_update_known", after.active_edges),
        ):  # fmt: skip
            new = getattr(after, mask) & ~getattr(before, mask)
            assert np.all(lit[new]), (mask, listed[index])
        before = after


def test_where_no_step_ends_a_frame_stands_alone() -> None:
    _, made = lesson("S5")
    listed = frames(made.program, "neuron", made.training, 1)
    assert listed.step(-1, "layer") == range(0)
    assert listed.step(1, "layer") == range(1, 2)
    assert listed.step(2, "layer") == range(1, 3)
