"""The gradient's size by layer: against the trace, at any scale, along a curve, in words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.engine.builders import new_layered
from bpviz.engine.curve import LossCurve
from bpviz.engine.gradient_curve import MAX_POINTS, GradientCurve
from bpviz.engine.program import compile
from bpviz.engine.statistics import (
    gradient_verdict,
    layer_levels,
    layer_norms,
    update_ratios,
)

PROGRAM = compile(new_layered((2, 3, 4, 1)).network)


@given(st.floats(-300, 300), st.integers(0, 1000))
def test_norms_are_those_of_the_weights_of_a_layer(power: float, seed: int) -> None:
    scale = 10.0**power
    values = np.random.default_rng(seed).normal(size=PROGRAM.theta_size) * scale
    by_layer = [
        [
            values[slot] / scale
            for slot, target in zip(PROGRAM.edge_slot, PROGRAM.target, strict=True)
            if PROGRAM.node_level[target] == level
        ]
        for level in (1, 2, 3)
    ]
    wanted = [math.hypot(*layer) * scale for layer in by_layer]
    assert layer_norms(PROGRAM, values) == pytest.approx(wanted, rel=1e-12)
    assert layer_levels(PROGRAM) == (1, 2, 3)


def test_what_is_not_finite_shows_in_its_layer_alone() -> None:
    values = np.ones(PROGRAM.theta_size)
    values[PROGRAM.edge_slot[-1]] = np.inf
    assert np.isfinite(layer_norms(PROGRAM, values)).tolist() == [True, True, False]
    assert "no longer a finite number" in gradient_verdict(layer_norms(PROGRAM, values))


def test_a_network_without_edges_has_no_layers() -> None:
    program = compile(new_layered((1, 1)).network.__class__())
    assert layer_norms(program, np.zeros(program.theta_size)) == ()
    assert gradient_verdict(()) == ""


def test_update_ratios() -> None:
    before = np.zeros(PROGRAM.theta_size)
    first = PROGRAM.edge_slot[PROGRAM.node_level[PROGRAM.target] == 1]
    before[first] = 2.0
    after = before.copy()
    after[first] += 0.5
    assert update_ratios(PROGRAM, before, after) == (0.25, 0.0, 0.0)
    after += 1.0
    assert update_ratios(PROGRAM, before, after)[1] == math.inf


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((0.1, 0.2), ""),
        ((1e-9, 1e-8), "All gradients are below"),
        ((1e-9, 0.1), "Vanishing: the gradient of layer 1 is below"),
        ((0.1, 0.0), "Vanishing: the gradient of layer 2 is exactly 0"),
        ((1e-5, 0.1), "Vanishing: layer 1 gets 1/10\u202f000"),
        ((5000.0, 1.0), "Exploding: the gradient of layer 1"),
        ((50.0, 0.01), "Exploding: layer 1 gets 5\u202f000 times"),
        ((0.0, 0.0), "All gradients are below"),
    ],
)
def test_what_hinders_learning_is_named(sizes: tuple[float, ...], said: str) -> None:
    verdict = gradient_verdict(sizes)
    assert verdict.startswith(said)
    assert bool(verdict) == bool(said)


def test_the_curve_forgets_with_the_losses() -> None:
    curve = LossCurve()
    for iteration in range(5):
        curve.record(iteration, 1.0, None)
        curve.gradients.record(iteration, (float(iteration),))
    copied = curve.copy()
    curve.cut(3)
    curve.forget(3)
    assert curve.gradients.iteration == [0, 1, 2]
    assert copied.gradients.iteration == [0, 1, 2, 3, 4]
    curve.record(2, 0.5, None)
    assert curve.gradients.sizes[2] == (2.0,), "a new loss is no reason to forget a gradient"


def test_the_curve_stays_small_and_keeps_its_ends() -> None:
    curve = GradientCurve()
    for iteration in range(MAX_POINTS + 1):
        curve.record(iteration, (1.0,))
    assert len(curve) <= MAX_POINTS
    assert (curve.iteration[0], curve.iteration[-1]) == (0, MAX_POINTS)
    other = GradientCurve()
    other.record(1, (2.0,))
    other.record(2, (3.0,))
    curve.add_missing(other)
    assert curve.iteration[:3] == [0, 1, 2]
    assert curve.sizes[:3] == [(1.0,), (2.0,), (1.0,)]
