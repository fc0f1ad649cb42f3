"""Training that goes back layer by layer, through weights already changed, against own sums."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bpviz.engine.backprop import trace
from bpviz.engine.datasets import Rows
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.engine.trainer import advance
from bpviz.explain.conventions import named
from bpviz.explain.sequential import has_order, sequential, stepped
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Momentum, Sgd, Training
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import lesson


def test_a_step_with_the_right_gradient_is_the_optimizers_own() -> None:
    optimizers = set()
    for made in filter(None, map(random_trace, range(80))):
        after = stepped(made, made.gradient)
        np.testing.assert_allclose(after, made.updated, rtol=1e-10, atol=1e-12)
        optimizers.add(made.training.optimizer.name)
    assert len(optimizers) == 8


def test_the_last_layer_is_right_and_without_change_all_is() -> None:
    for made in filter(None, map(random_trace, range(60))):
        if not has_order(made.program):
            continue
        gradient, updated = sequential(made)
        program = made.program
        last = program.edge_slot[program.node_level[program.target] == program.node_level.max()]
        np.testing.assert_allclose(gradient[last], made.gradient[last], rtol=1e-9, atol=1e-11)
        if not program.trainable.any():
            np.testing.assert_allclose(updated, made.updated)


def test_momentum_and_two_rows() -> None:
    """x → h = tanh(v x) → y = w h, E = (y − t)², the mean of two rows, momentum."""
    network = Network(
        (
            Input("x"),
            Unit("h", activation="tanh", trainable_bias=False),
            Unit("y", activation="identity", trainable_bias=False),
        ),
        (Edge("x", "h", 0.4), Edge("h", "y", 0.6)),
        ("y",),
    )
    rate, keep = 0.1, 0.9
    x, t = np.array([0.5, -1.0]), np.array([1.0, 0.25])
    settings = Training(loss="squared_error", optimizer=Momentum(rate, keep))
    rows = Rows(x[:, None], t[:, None], np.zeros((0, 1)), np.zeros((0, 1)))
    program = compile(network)
    state = advance(program, rows, settings, initial_state(program, settings.optimizer), 1)
    made = trace(program, rows, settings, state)
    v, w = made.theta[program.edge_slot]
    speed_v, speed_w = made.slots["velocity"][program.edge_slot]
    h = np.tanh(v * x)
    error = 2 * (w * h - t)
    gradient_w = float((error * h).mean())
    new_w = w - rate * (keep * speed_w + gradient_w)
    gradient_v = float((error * new_w * (1 - h * h) * x).mean())
    new_v = v - rate * (keep * speed_v + gradient_v)
    gradient, updated = sequential(made)
    assert named(program, gradient)["x->h"] == pytest.approx(gradient_v, rel=1e-13)
    assert named(program, updated)["x->h"] == pytest.approx(new_v, rel=1e-13)
    assert named(program, updated)["h->y"] == pytest.approx(new_w, rel=1e-13)
    assert not math.isclose(gradient_v, named(program, made.gradient)["x->h"], rel_tol=1e-3)


def test_biases_shared_within_a_layer() -> None:
    """S4: identity units, x (1, 2), δ³ 2.4, η .01; b₁ is one value in three units."""
    _, made = lesson("S4")
    rate = made.training.optimizer.learning_rate
    assert has_order(made.program)
    gradient, _ = sequential(made)
    found = named(made.program, gradient)
    before, drawn = np.array([0.7, 0.8, 0.9]), np.array([1.44, 2.88, 4.32])
    error = 2.4 * (before - rate * drawn)
    units = ("h1", "h2", "h3")
    for unit, value in zip(units, error, strict=True):
        assert found[f"x1->{unit}"] == pytest.approx(value, rel=1e-12)
        assert found[f"x2->{unit}"] == pytest.approx(2 * value, rel=1e-12)
        assert found[unit] == pytest.approx(error.sum(), rel=1e-12)


def test_through_a_product_the_error_meets_all_new_weights() -> None:
    """x → u = w x, y = (a u)(b x): ∂y/∂u is a' b' x once both have changed."""
    network = Network(
        (Input("x"), Unit("u", activation="identity"), Unit("y", "product", "identity")),
        (Edge("x", "u", 0.5), Edge("u", "y", 0.7), Edge("x", "y", 0.3)),
        ("y",),
    )
    settings = Training(loss="squared_error", optimizer=Sgd(0.1))
    rows = Rows(np.array([[2.0]]), np.array([[1.0]]), np.zeros((0, 1)), np.zeros((0, 1)))
    program = compile(network)
    made = trace(program, rows, settings, initial_state(program, settings.optimizer))
    rate = 0.1
    u, error = 1.0, 2 * (0.7 * 1.0 * 0.3 * 2.0 - 1.0)
    a = 0.7 - rate * error * u * 0.3 * 2.0
    b = 0.3 - rate * error * 0.7 * u * 2.0
    gradient, _ = sequential(made)
    assert named(program, gradient)["x->u"] == pytest.approx(error * a * b * 2.0 * 2.0, rel=1e-13)
