"""Trying numbers out: all is shown as it would be, and nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.stage import READY
from bpviz.model import verbs
from bpviz.model.data import TableData
from bpviz.model.edit import Edit
from bpviz.model.session import encode_session
from bpviz.model.training import Adam
from tests.document.examples import xor_session


def heavier(document: Document, weight: float = 5.0) -> Edit:
    """The first edge with another weight."""
    name = document.session.network.edges[0].name
    return verbs.set_edge(document.session, [name], "weight", weight)


def other_row(document: Document, value: float = 0.25) -> Edit:
    """Every input number `value`."""
    data = document.session.data
    assert isinstance(data, TableData)
    inputs = tuple((value, value) for _ in data.inputs)
    return verbs.set_data(document.session, TableData(inputs, data.targets))


@pytest.mark.parametrize("make", [heavier, other_row])
def test_a_trial_shows_what_the_edit_would_and_changes_nothing(
    document: Document, player: Player, make: object
) -> None:
    assert callable(make)
    for _ in range(3):
        player.step_iteration()
    before = encode_session(document.session)
    player.step_forward("phase")
    player.step_forward("phase")
    player.step_forward("phase")
    edit = make(document)
    player.try_out(edit)
    assert player.trial == edit
    assert encode_session(document.session) == before
    assert not document.dirty
    tried = player.snapshot
    document.push(edit)
    assert player.trial is None
    made = player.snapshot
    assert tried is not None
    assert made is not None
    for name in ("value", "delta", "edge_weight", "edge_gradient"):
        np.testing.assert_array_equal(getattr(tried, name), getattr(made, name))
    assert tried.loss == made.loss


def test_ending_a_trial_shows_the_session_again(document: Document, player: Player) -> None:
    player.step_forward()
    index, trace = player.frame_index, player.trace
    curve = list(player.curve.iteration)
    assert trace is not None
    player.try_out(heavier(document))
    assert player.trace is not None
    assert player.trace.loss != trace.loss
    player.try_out(None)
    assert player.trace.loss == trace.loss
    assert player.frame_index == index
    assert list(player.curve.iteration) == curve


def test_the_end_of_the_iteration_ends_a_trial(document: Document, player: Player) -> None:
    plain = Document(xor_session())
    other = Player(plain)
    other.step_iteration()
    player.try_out(heavier(document))
    player.step_iteration()
    assert player.trial is None
    assert player.frame_index == READY
    assert encode_session(document.session) == encode_session(plain.session)


def test_a_trial_that_is_not_finite_says_so_and_ends_well(
    document: Document, player: Player
) -> None:
    session = xor_session()
    network = session.network
    last = network.outputs[0]
    document.push(verbs.set_node(document.session, [last], "activation", "exp"))
    name = next(edge.name for edge in network.edges if edge.target == last)
    player.try_out(verbs.set_edge(document.session, [name], "weight", 1e5))
    assert player.trace is None
    assert player.problem
    player.try_out(None)
    assert player.trace is not None
    assert not player.problem


def test_an_edit_ends_a_trial(document: Document, player: Player) -> None:
    player.try_out(heavier(document))
    document.push(verbs.set_text(document.session, "title", "Another"))
    assert player.trial is None
    player.try_out(heavier(document))
    document.undo()
    assert player.trial is None


@pytest.mark.parametrize("part", ["weight", "bias"])
def test_a_tried_weight_or_bias_takes_what_is_compiled_already(
    document: Document, player: Player, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    document.push(verbs.set_training(document.session, "optimizer", Adam(0.1)))
    for _ in range(3):
        player.step_iteration()
    edit = heavier(document)
    if part == "bias":
        edit = verbs.set_node(document.session, [document.session.network.outputs[0]], "bias", 2.0)

    def refuse(*_: object) -> None:
        raise AssertionError("made anew")

    monkeypatch.setattr("bpviz.document.trial.compile", refuse)
    monkeypatch.setattr("bpviz.document.trial.make_rows", refuse)
    monkeypatch.setattr("bpviz.document.trial.Tracer", refuse)
    player.try_out(edit)
    tried = player.trace
    document.push(edit)
    made = player.trace
    assert tried is not None
    assert made is not None
    for name in ("a", "delta", "gradient", "theta", "updated"):
        np.testing.assert_array_equal(getattr(tried, name), getattr(made, name))
    assert tried.slots.keys() == made.slots.keys() == {"mean", "square_mean"}
    for name, values in made.slots.items():
        np.testing.assert_array_equal(tried.slots[name], values)
