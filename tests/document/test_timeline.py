"""The history line: what stands at a place is the same, to the bit, however one came there."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from bpviz.document.checkpoints import Checkpoints
from bpviz.document.saving import encode_with_history
from bpviz.document.timeline import Timeline
from bpviz.engine.state import State
from bpviz.model import verbs
from bpviz.model.edit import Edit
from bpviz.model.history import Train
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session
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
)
from tests.document.examples import reset, xor_session

OPTIMIZERS: list[Optimizer] = [
    Sgd(0.5), Momentum(0.1), Nesterov(0.1), Adagrad(0.1), Rmsprop(0.01), Adam(0.01), Adamw(0.01),
    Rprop(0.01),
]  # fmt: skip


def same_bits(first: Session, second: Session) -> None:
    assert first.network == second.network
    assert first.progress.iteration == second.progress.iteration
    assert first.progress.optimizer == second.progress.optimizer


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_steps_a_run_and_going_back_end_in_the_same_bits(optimizer: Optimizer, kernel: str) -> None:
    session = xor_session(optimizer)
    steps, run, back = Timeline(session), Timeline(session), Timeline(session)
    for _ in range(100):
        steps.advance(1, by="step")
    run.advance(100)
    back.advance(150)
    place = back.line.place_of(100, back.place)
    assert place is not None
    back.go(place)
    same_bits(steps.session, run.session)
    same_bits(run.session, back.session)
    reopened = Timeline(decode_session(encode_with_history(back)[0]).session)
    same_bits(reopened.session, back.session)
    reopened.advance(50)
    back.advance(50)
    same_bits(reopened.session, back.session)
    assert {entry.kernel for entry in _trainings(reopened)} == {kernel}


def test_a_run_is_one_entry_and_single_steps_merge() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(1, by="step")
    timeline.advance(1, by="step")
    timeline.advance(37)
    timeline.advance(100)
    timeline.close_entry()
    timeline.advance(5)
    assert [entry.train for entry in _trainings(timeline)] == [2, 137, 5]


def _trainings(timeline: Timeline) -> list[Train]:
    return [s.entry for s in timeline.line.segments if isinstance(s.entry, Train)]


def _set_weight(timeline: Timeline, value: float) -> Edit:
    return verbs.set_edge(timeline.session, ["x1->h1_1"], "weight", value)


def test_an_edit_inside_a_training_entry_splits_it_and_drops_the_tail() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(10)
    timeline.go((0, 4))
    timeline.push(_set_weight(timeline, 2.0))
    assert [entry.train for entry in _trainings(timeline)] == [4]
    assert timeline.at_end
    assert timeline.iteration == 4
    assert timeline.curve.iteration[-1] <= 4


def test_a_cosmetic_edit_keeps_what_lies_ahead() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(10)
    timeline.push(verbs.move(timeline.session, {"h1_1": (5.0, 5.0)}))
    end = timeline.session
    timeline.go((0, 4))
    timeline.push(verbs.move(timeline.session, {"h1_1": (7.0, 7.0)}))
    assert [entry.train for entry in _trainings(timeline)] == [4, 6]
    timeline.go(timeline.line.end)
    assert timeline.session == end


def test_going_back_and_forth_crosses_edits_and_restores_every_bit() -> None:
    timeline = Timeline(xor_session(Adam(0.05)))
    known = {timeline.place: timeline.session}
    for number in range(4):
        timeline.close_entry()
        timeline.advance(40)
        known[timeline.place] = timeline.session
        timeline.push(_set_weight(timeline, float(number)))
        known[timeline.place] = timeline.session
    timeline.push(verbs.delete(timeline.session, ["h1_2"], ()))
    known[timeline.place] = timeline.session
    timeline.advance(30)
    known[timeline.place] = timeline.session
    order = np.random.default_rng(1)
    places = list(known)
    for index in order.integers(0, len(places), 60):
        timeline.go(places[index])
        assert timeline.place == places[index]
        same_bits(timeline.session, known[places[index]])
        assert timeline.session.network == known[places[index]].network


def test_undo_and_redo_move_by_whole_entries() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(10)
    timeline.push(_set_weight(timeline, 1.0))
    after = timeline.session
    for expected in ((1, 0), (0, 0)):
        place = timeline.line.undo_place(timeline.place)
        assert place == expected
        timeline.go(place)
    assert timeline.line.undo_place(timeline.place) is None
    for _ in range(2):
        place = timeline.line.redo_place(timeline.place)
        assert place is not None
        timeline.go(place)
    same_bits(timeline.session, after)


def test_replaying_inside_the_line_appends_nothing() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(10)
    timeline.push(_set_weight(timeline, 1.0))
    timeline.advance(10)
    end, entries = timeline.session, timeline.history.entries
    timeline.go((0, 3))
    timeline.advance(17)
    assert timeline.history.entries == entries
    same_bits(timeline.session, end)
    timeline.advance(1)
    assert timeline.history.entries[-1] != entries[-1] or len(timeline.history.entries) == 4


def test_reset_goes_back_to_iteration_0_and_keeps_the_line() -> None:
    timeline = Timeline(xor_session())
    start = timeline.session
    timeline.advance(20)
    assert reset(timeline) is None
    assert timeline.iteration == 0
    same_bits(timeline.session, start)
    assert timeline.last_iteration == 20


def test_reset_keeps_the_present_structure() -> None:
    timeline = Timeline(xor_session())
    start = timeline.session
    timeline.advance(20)
    timeline.push(verbs.delete(timeline.session, ["h1_2"], ()))
    edit = reset(timeline)
    assert edit is not None
    timeline.push(edit)
    assert timeline.iteration == 0
    assert "h1_2" not in timeline.session.network.node_index
    kept = timeline.session.network.edge("x1->h1_1").weight
    assert kept == start.network.edge("x1->h1_1").weight


def test_a_history_that_does_not_lead_to_the_session_is_dropped() -> None:
    timeline = Timeline(xor_session())
    timeline.push(_set_weight(timeline, 1.0))
    session = decode_session(encode_with_history(timeline)[0]).session
    assert session.history is not msgspec.UNSET
    other = msgspec.structs.replace(session, network=Network.layered((2, 3, 1), "tanh", "tanh"))
    loaded = decode_session(encode_session(other))
    assert loaded.session.history is msgspec.UNSET
    assert loaded.session.progress.iteration == 0
    assert loaded.notices[0].startswith("history: ")


def test_history_over_the_limit_is_folded_into_its_start() -> None:
    timeline = Timeline(xor_session())
    for number in range(40):
        timeline.push(_set_weight(timeline, 1.0 + number))
    timeline.advance(10)
    whole, notice = encode_with_history(timeline)
    assert not notice
    folded, notice = encode_with_history(timeline, limit=6_000)
    assert len(folded) < len(whole)
    assert not notice
    session = decode_session(folded).session
    assert session.history is not msgspec.UNSET
    assert 0 < len(session.history.entries) < 41
    same_bits(Timeline(session).session, timeline.session)


def test_checkpoints_stay_within_their_budget() -> None:
    checkpoints = Checkpoints(budget=100_000, limit=50)
    for inside in range(0, 16 * 400, 16):
        if inside % checkpoints.spacing == 0:
            checkpoints.add((0, inside), State(np.zeros(100), {}, 0, inside, "numpy"))
    assert len(checkpoints) <= 50
    assert checkpoints.size <= 100_000
    nearest = checkpoints.nearest((0, 5000))
    assert nearest is not None
    assert 5000 - 3 * checkpoints.spacing < nearest.place[1] <= 5000
    assert_array_equal(nearest.state.theta, np.zeros(100))


def test_the_curve_keeps_its_points_when_one_goes_back() -> None:
    timeline = Timeline(xor_session())
    timeline.record_loss()
    timeline.advance(30)
    points = list(timeline.curve.iteration)
    assert points[0] == 0
    for place in ((0, 7), (0, 0), (0, 29)):
        timeline.go(place)
        assert timeline.curve.iteration == points


def test_an_edit_gives_its_iteration_a_new_loss_and_undo_the_old() -> None:
    timeline = Timeline(xor_session())
    timeline.record_loss()
    before = timeline.curve.train[0]
    timeline.push(_set_weight(timeline, 5.0))
    timeline.record_loss()
    assert timeline.curve.train[0] != before
    timeline.go((0, 0))
    timeline.record_loss()
    assert timeline.curve.train == [before]
