"""Losses over all rows by the compiled kernel: numpy's to 1e-12, whatever rows and graph."""

from __future__ import annotations

import numpy as np
import pytest

from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.losses import LOSSES
from bpviz.engine.numba_setup import is_loaded
from bpviz.engine.program import compile
from bpviz.engine.trainer import Trainer
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training
from tests.engine.graphs import Case, layered, random_case, rows_of

pytestmark = pytest.mark.usefixtures("compiled_kernel")


def both(case: Case) -> tuple[Trainer, Evaluator]:
    assert is_loaded()
    trainer = Trainer(*case, kernel="numba")
    assert trainer.kernel_name == "numba"
    return trainer, Evaluator(*case)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "identity"])
def test_losses_agree_on_random_graphs(activation: str, loss: str) -> None:
    """With sums, products and maxima, and outputs whose loss is computed from z."""
    for seed in range(3):
        case = random_case(activation, loss, seed)
        ours, theirs = both(case)
        theta = case.state.theta
        found, expected = ours.evaluate(theta), theirs.evaluate(theta)
        assert found.loss == pytest.approx(expected.loss, rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(found.losses, expected.losses, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(found.outputs, expected.outputs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 7, 8, 255, 256, 257, 700])
def test_any_number_of_rows_agrees(rows: int) -> None:
    draw = np.random.default_rng(rows)
    x, t = draw.normal(size=(rows + 3, 2)).tolist(), draw.normal(size=(rows + 3, 2)).tolist()
    case = Case(
        compile(layered((2, 5, 2))),
        rows_of(x[:rows], t[:rows], x[rows:], t[rows:]),
        Training(loss="huber", batch_size=4, batch_reduction="sum", optimizer=Sgd(0.01)),
    )
    ours, theirs = both(case)
    state = case.state
    for _ in range(3):  # other parameters, the same rows
        for part in ("train", "test"):
            found = ours.loss(state.theta, part)
            assert found == pytest.approx(theirs.loss(state.theta, part), rel=1e-12)
            assert found == ours.loss(state.theta, part)
        ours.advance(state, 2)


def test_no_rows_have_no_loss() -> None:
    case = Case(
        compile(layered((1, 2, 1))),
        rows_of([[1.0]], [[0.0]]),
        Training(loss="squared_error", optimizer=Sgd(0.1)),
    )
    ours, _ = both(case)
    assert ours.loss(case.state.theta, "test") == 0.0


def test_a_loss_that_is_not_finite_is_named() -> None:
    network = Network(
        (Input("x"), Unit("h", activation="exp"), Unit("y", activation="identity")),
        (Edge("x", "h", 1.0), Edge("h", "y", 1.0)),
        ("y",),
    )
    case = Case(
        compile(network),
        rows_of([[1.0], [800.0]], [[0.0], [0.0]]),
        Training(loss="squared_error", optimizer=Sgd(0.1)),
    )
    ours, theirs = both(case)
    with pytest.raises(NonFinite) as found:
        ours.loss(case.state.theta)
    with pytest.raises(NonFinite) as expected:
        theirs.loss(case.state.theta)
    assert str(found.value) == str(expected.value)
