"""The gradient check parameter by parameter, and what the step of a difference does."""

from __future__ import annotations

import numpy as np
import pytest

from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.gradcheck import GradientCheck, check_gradients
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state, state_of
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.session import load_session
from bpviz.model.training import Sgd, Training
from tests.test_architecture import ROOT

STEPS = [10.0**-power for power in range(1, 12)]


def of_lesson(name: str) -> tuple[GradientCheck, tuple[str, ...]]:
    session = load_session(ROOT / "resources" / "lessons" / f"{name}.bpviz.json")
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    state = state_of(session, program)
    whole = check_gradients(session)
    made = GradientCheck(program, rows, session.training, state)
    assert [made.check(place) for place in range(len(made.names))] == list(whole.parameters)
    return made, made.names


@pytest.mark.parametrize("name", ["S1", "S3", "S5"])
def test_error_falls_with_the_square_of_the_step_then_rises_with_rounding(name: str) -> None:
    made, names = of_lesson(name)
    for place in range(len(names)):
        errors = made.step_errors(place, STEPS)
        assert not any(each.is_kink for each in errors)
        large = errors[0]
        assert large.error == pytest.approx(large.truncation, rel=0.1)
        assert errors[0].truncation / errors[1].truncation == pytest.approx(100.0)
        assert errors[1].rounding / errors[0].rounding == pytest.approx(10.0)
        best = min(errors, key=lambda each: each.error)
        assert 1e-8 < best.step < 1e-3
        assert errors[-1].error > best.error


def test_a_kink_within_the_step_is_told() -> None:
    network = Network((Input("x"), Unit("u", activation="relu")), (Edge("x", "u", 0.01),), ("u",))
    rows = Rows(np.ones((1, 1)), np.ones((1, 1)), np.empty((0, 1)), np.empty((0, 1)))
    program, training = compile(network), Training(loss="squared_error", optimizer=Sgd(0.1))
    made = GradientCheck(program, rows, training, initial_state(program, training.optimizer))
    wide, narrow = made.step_errors(0, [0.1, 1e-3])
    assert (wide.is_kink, narrow.is_kink) == (True, False)
    assert narrow.error < 1e-9 < wide.error
