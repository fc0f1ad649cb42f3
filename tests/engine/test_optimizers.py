"""Optimizers against PyTorch's formulas written out for one number, and their promises."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from bpviz.engine.optimizers import OPTIMIZERS, settings_of
from bpviz.engine.program import compile
from bpviz.engine.trainer import advance
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import (
    Adagrad,
    Adam,
    Adamw,
    Momentum,
    Nesterov,
    Optimizer,
    Rmsprop,
    Rprop,
    Sgd,
    Training,
)
from tests.engine.graphs import Case, rows_of

ALL: list[Optimizer] = [
    Sgd(0.1), Momentum(0.1), Nesterov(0.1), Adagrad(0.1), Rmsprop(0.1), Adam(0.1), Adamw(0.1),
    Rprop(0.1),
]  # fmt: skip
Scalar = Callable[[list[float], float], list[float]]


def scalar_sgd(gradients: list[float], x: float) -> list[float]:
    path = []
    for g in gradients:
        x = x - 0.1 * g
        path.append(x)
    return path


def scalar_momentum(gradients: list[float], x: float) -> list[float]:
    path, buffer = [], None
    for g in gradients:
        buffer = g if buffer is None else 0.9 * buffer + g
        x = x - 0.1 * buffer
        path.append(x)
    return path


def scalar_nesterov(gradients: list[float], x: float) -> list[float]:
    path, buffer = [], None
    for g in gradients:
        buffer = g if buffer is None else 0.9 * buffer + g
        x = x - 0.1 * (g + 0.9 * buffer)
        path.append(x)
    return path


def scalar_adagrad(gradients: list[float], x: float) -> list[float]:
    path, total = [], 0.0
    for g in gradients:
        total += g * g
        x = x - 0.1 * g / (math.sqrt(total) + 1e-10)
        path.append(x)
    return path


def scalar_rmsprop(gradients: list[float], x: float) -> list[float]:
    path, square = [], 0.0
    for g in gradients:
        square = 0.99 * square + (1 - 0.99) * g * g
        x = x - 0.1 * g / (math.sqrt(square) + 1e-8)
        path.append(x)
    return path


def scalar_adam(gradients: list[float], x: float, decay: float = 0.0) -> list[float]:
    path, m, v = [], 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        x = x * (1 - 0.1 * decay)
        m = m + (g - m) * (1 - 0.9)
        v = 0.999 * v + (1 - 0.999) * g * g
        denominator = math.sqrt(v) / math.sqrt(1 - 0.999**t) + 1e-8
        x = x - 0.1 / (1 - 0.9**t) * m / denominator
        path.append(x)
    return path


def scalar_adamw(gradients: list[float], x: float) -> list[float]:
    return scalar_adam(gradients, x, decay=0.01)


def scalar_rprop(gradients: list[float], x: float) -> list[float]:
    path, previous, size = [], 0.0, 0.1
    for gradient in gradients:
        g = gradient
        factor = 1.2 if g * previous > 0 else 0.5 if g * previous < 0 else 1.0
        size = min(max(size * factor, 1e-6), 50.0)
        g = 0.0 if factor == 0.5 else g
        x = x - (g > 0) * size + (g < 0) * size
        previous = g
        path.append(x)
    return path


SCALAR: dict[str, Scalar] = {
    "sgd": scalar_sgd, "momentum": scalar_momentum, "nesterov": scalar_nesterov,
    "adagrad": scalar_adagrad, "rmsprop": scalar_rmsprop, "adam": scalar_adam,
    "adamw": scalar_adamw, "rprop": scalar_rprop,
}  # fmt: skip


@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_updates_are_pytorch_s(optimizer: Optimizer) -> None:
    draw = np.random.default_rng(3)
    gradients = draw.normal(size=(30, 5)) * np.array([1.0, 10.0, 1e-3, 1e-9, 0.0])
    start = draw.normal(size=5)
    theta = start.copy()
    row = OPTIMIZERS[optimizer.name]
    slots = {name: np.full(5, row.initial(name, optimizer)) for name in row.slots}
    settings, work = settings_of(optimizer), np.empty((2, 5))
    path = []
    for step, gradient in enumerate(gradients, 1):
        given = gradient.copy()
        row.update(theta, given, slots, step, settings, work)
        assert np.array_equal(given, gradient)
        path.append(theta.copy())
    for place in range(5):
        expected = SCALAR[optimizer.name](gradients[:, place].tolist(), float(start[place]))
        assert np.array(path)[:, place] == pytest.approx(expected, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        # Two updates of x² from 1 with a learning rate of .1; g is 2, then 2x.
        (Sgd(0.1), [0.8, 0.64]),
        (Momentum(0.1), [0.8, 0.46]),
        (Nesterov(0.1), [0.62, 0.2224]),
        (Adagrad(0.1), [0.9, 0.83310385]),
        (Rmsprop(0.1), [0.0, 0.0]),
        (Adam(0.1), [0.9, 0.80025]),
        (Adamw(0.1), [0.899, 0.79835]),
        (Rprop(0.1), [0.9, 0.78]),
    ],
    ids=lambda value: str(getattr(value, "name", "")),
)
def test_two_updates_by_hand(optimizer: Optimizer, expected: list[float]) -> None:
    network = Network(
        (
            Input("one"),
            Unit("x", activation="square", trainable_bias=False),
        ),
        (Edge("one", "x", 1.0),),
        ("x",),
    )
    case = Case(
        compile(network),
        rows_of([[1.0]], []),
        Training(loss="output_value", optimizer=optimizer),
    )
    weight = case.program.edge_slot[0]
    found = [float(advance(*case, case.state, steps).theta[weight]) for steps in (1, 2)]
    assert found == pytest.approx(expected, abs=2e-4)


def test_the_table_has_every_optimizer_a_session_may_name() -> None:
    names = {str(kind.__struct_config__.tag) for kind in get_args(Optimizer)}
    assert set(OPTIMIZERS) == names == set(SCALAR)


@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_fixed_parameters_and_structural_zeros_never_move(optimizer: Optimizer) -> None:
    nodes = (Input("a"), Input("b"), Unit("p", bias=0.5, trainable_bias=False), Unit("q"))
    edges = (Edge("a", "p", 0.4, trainable=False), Edge("b", "q", 0.3))
    case = Case(
        compile(Network(nodes, edges, ("p", "q"))),
        rows_of([[1.0, 2.0]], [[1.0, 0.0]]),
        Training(loss="squared_error", l1=0.1, l2=0.1, optimizer=optimizer),
    )
    after = advance(*case, case.state, 20)
    fixed = ~case.program.trainable
    assert np.array_equal(after.theta[fixed], case.state.theta[fixed])
    assert np.all(after.theta[~fixed] != case.state.theta[~fixed])
    assert fixed.sum() == 4  # one weight, one bias, two edges that are not there
