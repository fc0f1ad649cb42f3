"""Back propagation against central differences: every activation with every loss."""

from __future__ import annotations

import numpy as np
import pytest

from bpviz.engine import functions, gradcheck, sweep
from bpviz.engine.errors import NonFinite
from bpviz.engine.functions import ACTIVATIONS, Activation, FloatArray
from bpviz.engine.gradcheck import check_program
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import compile
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training
from tests.engine.graphs import Case, edges_of, random_case, rows_of

PAIRS = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES]


def assert_gradients(case: Case) -> None:
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.passed, f"{result.worst} at {result.name}"
    assert len(result.kinks) < len(result.parameters)


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_gradients_agree_on_random_graphs(activation: str, loss: str) -> None:
    for seed in range(3):
        assert_gradients(random_case(activation, loss, seed))


@pytest.mark.long
@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_gradients_agree_on_many_random_graphs(activation: str, loss: str) -> None:
    for seed in range(3, 203):
        assert_gradients(random_case(activation, loss, seed))


def cubed(z: FloatArray, a: FloatArray, work: FloatArray, p: float) -> None:
    np.power(z, 3, a)


def cubed_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    np.multiply(3.0 * z, z, s)


def wrong_slope(z: FloatArray, a: FloatArray, s: FloatArray, work: FloatArray, p: float) -> None:
    np.multiply(2.9 * z, z, s)


@pytest.mark.parametrize("slope", [cubed_slope, wrong_slope])
def test_a_new_row_needs_no_further_work(
    monkeypatch: pytest.MonkeyPatch, slope: functions.Slope
) -> None:
    table = {**ACTIVATIONS, "cubed": Activation(cubed, slope)}
    for module in (functions, sweep, gradcheck):
        monkeypatch.setattr(module, "ACTIVATIONS", table)
    case = random_case("cubed", "squared_error", 0)
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.passed == (slope is cubed_slope)


def single(activation: str, weight: float, loss: str = "output_value") -> Case:
    network = Network(
        (Input("x"), Unit("y", activation=activation)),  # type: ignore[arg-type]
        (Edge("x", "y", weight),),
        ("y",),
    )
    training = Training(loss=loss, optimizer=Sgd(0.1))  # type: ignore[arg-type]
    targets = [] if loss == "output_value" else [[weight]]
    return Case(compile(network), rows_of([[1.0]], targets), training)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "step", "abs"])
def test_a_kink_is_listed_and_not_counted(activation: str) -> None:
    case = single(activation, 0.0)
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.kinks == ("x->y", "y")
    assert result.name == ""
    assert result.passed


def test_absolute_error_at_its_target_is_a_kink() -> None:
    case = single("identity", 0.5, "absolute_error")
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.kinks == ("x->y", "y")


def test_equal_candidates_of_a_maximum_are_a_kink() -> None:
    network = Network(
        (Input("x1"), Input("x2"), Unit("y", combine="max", activation="identity")),
        edges_of({"x1->y": 0.5, "x2->y": 0.5}),
        ("y",),
    )
    training = Training(loss="output_value", optimizer=Sgd(0.1))
    case = Case(compile(network), rows_of([[1.0, 1.0]], []), training)
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.kinks == ("x1->y", "x2->y")
    assert case.trace().gradient.tolist() == [1.0, 0.0]


def test_a_weight_of_zero_is_a_kink_of_l1_only_while_it_is_penalized() -> None:
    case = single("identity", 0.0)
    for trainable, kinks in ((True, ("x->y",)), (False, ())):
        network = Network(
            case.program.network.nodes, (Edge("x", "y", 0.0, trainable=trainable),), ("y",)
        )
        training = Training(loss="output_value", l1=0.1, optimizer=Sgd(0.1))
        result = check_program(
            compile(network), case.rows, training, Case(compile(network), case.rows, training).state
        )
        assert result.kinks == kinks
        assert result.passed


def test_a_kink_close_by_is_passed_over_by_smaller_steps() -> None:
    case = single("relu", 1e-4)
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.kinks == ()
    assert result.passed


def test_fixed_parameters_are_checked_without_penalty() -> None:
    case = single("identity", 2.0)
    network = Network(case.program.network.nodes, (Edge("x", "y", 2.0, trainable=False),), ("y",))
    training = Training(loss="output_value", l2=0.5, optimizer=Sgd(0.1))
    fixed = Case(compile(network), case.rows, training)
    result = check_program(fixed.program, fixed.rows, fixed.training, fixed.state)
    assert result.passed
    assert result.parameters[0].gradient == 1.0


def test_a_bad_value_is_named_instead_of_checked() -> None:
    case = single("log", -1.0)
    with pytest.raises(NonFinite, match=r"y: log\(-1\) is not a number"):
        check_program(case.program, case.rows, case.training, case.state)
