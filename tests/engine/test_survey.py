"""Surveys and classes: against plain evaluations row by row."""

import math

import msgspec
import numpy as np
import pytest

from bpviz.engine.builders import new_layered
from bpviz.engine.classes import (
    accuracy,
    class_count,
    class_kind,
    class_scores,
    confusion,
    decide,
)
from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.evaluation import evaluate
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.engine.survey import Survey, SurveyResult
from bpviz.engine.trainer import Trainer
from bpviz.model.data import GeneratorData
from bpviz.model.network import Network
from bpviz.model.schema import Session


def surveyed(session: Session, stop_every_slice: bool = False) -> tuple[SurveyResult, Survey]:
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    survey = Survey(program, rows, session.training)
    survey.begin(program.initial_theta(), 7)
    rounds = 0
    while not survey.ended:
        survey.work(lambda: stop_every_slice)
        rounds += 1
    assert survey.share == 1.0
    assert survey.result is not None
    return survey.result, survey


def spiral(activation: str, loss: str = "binary_cross_entropy", samples: int = 90) -> Session:
    data = GeneratorData(name="spiral", samples=samples, test_fraction=0.3)
    return new_layered((2, 6, 5, 1), activation=activation, data=data, loss=loss, seed=4)  # type: ignore[arg-type]


def with_bias(session: Session, node_id: str, bias: float) -> Session:
    nodes = tuple(
        msgspec.structs.replace(node, bias=bias) if node.id == node_id else node
        for node in session.network.nodes
    )
    network = Network(nodes, session.network.edges, session.network.outputs)
    return msgspec.structs.replace(session, network=network)


@pytest.mark.parametrize("activation", ["relu", "tanh", "identity"])
def test_a_survey_is_the_trace_over_all_rows(activation: str) -> None:
    session = with_bias(with_bias(spiral(activation), "h1_2", -9.0), "h2_3", 9.0)
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    result, _ = surveyed(session)
    trace = Trainer(program, rows, session.training).trace(state_of(session, program))
    assert len(trace.rows) == rows.count, "the batch is all rows"
    np.testing.assert_allclose(result.values, trace.a, rtol=1e-12)
    units = ~program.is_input
    assert (result.dead == ((trace.slope == 0.0).all(axis=0) & units)).all()
    assert result.dead.any() == (activation == "relu")
    if activation == "tanh":
        share = (np.abs(trace.slope) < 0.04).mean(axis=0) * units
        hidden = np.setdiff1d(np.flatnonzero(units), program.output_nodes)
        np.testing.assert_allclose(result.saturated[hidden], share[hidden])
        assert result.saturated[program.network.node_index["h1_2"]] == 1.0
    if activation == "relu":
        assert result.saturated[:-1].max() == 0.0
    for outputs, part in ((result.outputs, "train"), (result.test_outputs, "test")):
        wanted = evaluate(program, rows, session.training, program.initial_theta(), part)  # type: ignore[arg-type]
        np.testing.assert_allclose(outputs, wanted.outputs, rtol=1e-12)


def test_slices_give_what_one_go_gives_and_few_values_are_kept() -> None:
    session = spiral("tanh", samples=40_000)
    whole, _ = surveyed(session)
    sliced, survey = surveyed(session, stop_every_slice=True)
    assert survey.program.slice_rows < 20_000
    assert whole.every > 1
    assert np.array_equal(whole.values, sliced.values)
    assert len(whole.values) == -(-28_000 // whole.every)
    assert np.array_equal(whole.outputs, sliced.outputs)
    # Every so many rows, whatever the slices.
    rows = make_rows(session.data, session.training.loss)
    assert np.array_equal(whole.values[:, :2], rows.inputs[:: whole.every])


def test_without_rows_nothing_is_dead() -> None:
    session = spiral("relu")
    empty = Rows(np.empty((0, 2)), np.empty((0, 1)), np.empty((0, 2)), np.empty((0, 1)))
    survey = Survey(compile(session.network), empty, session.training)
    survey.begin(compile(session.network).initial_theta(), 0)
    survey.work(lambda: False)
    assert survey.result is not None
    assert not survey.result.dead.any()
    assert survey.share == 1.0


# -- classes -----------------------------------------------------------------------------------

EYE = np.eye(3)


@pytest.mark.parametrize(
    ("targets", "loss", "kind"),
    [
        (np.array([[0.0], [1.0]]), "squared_error", "binary"),
        (np.array([[-1.0], [1.0]]), "squared_error", "signed"),
        (np.array([[0.0], [1.0], [0.5]]), "squared_error", ""),
        (np.array([[0.3]]), "squared_error", ""),
        (np.array([[1.0]]), "squared_error", ""),
        (EYE, "squared_error", "one_hot"),
        (2 * EYE - 1, "squared_error", "one_hot"),
        (EYE, "softmax_cross_entropy", "softmax"),
        (np.ones((2, 3)), "squared_error", ""),
        (np.empty((0, 1)), "squared_error", ""),
        (np.empty((4, 0)), "output_value", ""),
    ],
)
def test_what_counts_as_classes(targets: np.ndarray, loss: str, kind: str) -> None:
    assert class_kind(loss, targets) == kind  # type: ignore[arg-type]


def test_decisions_and_confusion() -> None:
    assert decide("binary", np.array([[0.5], [0.51], [-3.0]])).tolist() == [0, 1, 0]
    assert decide("signed", np.array([[0.5], [0.0], [-3.0]])).tolist() == [1, 0, 0]
    assert decide("softmax", np.array([[0.1, 3.0, 3.0], [9.0, 0.0, 1.0]])).tolist() == [1, 0]
    true, decided = np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 2])
    counts = confusion(true, decided, 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert accuracy(counts) == 3 / 5
    assert math.isnan(accuracy(np.zeros((2, 2), dtype=np.int64)))
    assert class_count("binary", np.zeros((1, 1))) == 2
    assert class_count("one_hot", EYE) == 3


def test_scores_are_probabilities_where_they_can_be() -> None:
    sigmoid = compile(spiral("tanh").network)
    scores, certain = class_scores(sigmoid, "binary", np.array([0.8]), None)
    assert certain
    assert scores == pytest.approx([0.2, 0.8])
    identity = compile(spiral("tanh", "squared_error").network)
    scores, certain = class_scores(identity, "binary", np.array([1.8]), None)
    assert (scores.tolist(), certain) == ([1.8], False)
    shares = np.array([0.2, 0.3, 0.5])
    assert class_scores(identity, "softmax", np.zeros(3), shares) == (shares, True)
