"""The player: stepping is moving a cursor, and running is made of the same steps."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player, StepGrain
from bpviz.document.stage import READY
from bpviz.engine.program import compile as compile_network
from bpviz.engine.replay import replay
from bpviz.model import verbs
from bpviz.model.data import TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.model.training import Adam, Sgd
from tests.document.examples import xor_session


def test_it_starts_ready_at_iteration_0(player: Player) -> None:
    assert (player.iteration, player.frame, player.frame_index, player.running) == (
        0, None, READY, False,
    )  # fmt: skip
    shown = player.snapshot
    assert shown is not None
    assert shown.phase == ""
    assert not shown.value_known.any()
    assert shown.iteration == 1


@pytest.mark.parametrize("grain", ["term", "neuron", "layer", "phase"])
def test_stepping_forward_and_back_by_each_grain_visits_the_same_frames(
    player: Player, document: Document, grain: StepGrain
) -> None:
    player.set_grain(grain)
    start = encode_session(document.session)
    there = [player.frame]
    while player.iteration == 0:
        player.step_forward()
        there.append(player.frame)
    assert there[-1] is None
    assert player.frame_index == READY
    back = [player.frame]
    for _ in there[1:]:
        player.step_back()
        back.append(player.frame)
    assert back == there[::-1]
    assert encode_session(document.session) == start
    player.step_back()
    assert (player.iteration, player.frame_index) == (0, READY)


def test_iteration_changes_after_the_last_update_and_the_document_gets_one_edit(
    player: Player, document: Document
) -> None:
    edits: list[Edit] = []
    document.edited.connect(edits.append)
    assert player.frames is not None
    player.show_frame(len(player.frames) - 1)
    assert player.iteration == 0
    assert not edits
    player.step_forward()
    assert player.iteration == 1
    assert len(edits) == 1
    assert {change.key for change in edits[0].changes} > {"progress", "edges/x1->h1_1/weight"}


def test_stepping_alone_makes_nothing_dirty_but_edits_and_runs_do(
    player: Player, document: Document, qtbot: QtBot
) -> None:
    for _ in range(3):
        player.step_iteration()
    player.step_forward()
    assert not document.dirty
    document.push(verbs.set_edge(document.session, ["x1->h1_1"], "weight", 1.0))
    assert document.dirty
    document.undo()
    assert not document.dirty
    player.run()
    qtbot.waitUntil(lambda: player.iteration > 20)
    player.pause()
    assert document.dirty


def test_back_one_iteration_first_goes_to_the_start_of_this_one(player: Player) -> None:
    player.step_iteration()
    player.step_forward()
    player.back_iteration()
    assert (player.iteration, player.frame_index) == (1, READY)
    player.back_iteration()
    assert (player.iteration, player.frame_index) == (0, READY)
    player.back_iteration()
    assert player.iteration == 0


def test_a_run_ends_in_the_bits_that_steps_end_in(
    player: Player, document: Document, qtbot: QtBot
) -> None:
    player.toggle()
    assert player.running
    qtbot.waitUntil(lambda: player.iteration > 50)
    shown = player.snapshot
    assert shown is not None
    assert shown.value_known.all()
    player.toggle()
    count = player.iteration
    steps = Player(Document(xor_session()))
    for _ in range(count):
        steps.step_iteration()
    assert steps.program.network == player.program.network
    assert document.session.progress.iteration == count
    assert replay(document.timeline.history).network == document.session.network


def test_editing_pauses_a_run_and_applies_to_the_weights_reached(
    player: Player, document: Document, qtbot: QtBot
) -> None:
    stale = document.session
    player.run()
    qtbot.waitUntil(lambda: player.iteration > 20)
    document.push(verbs.set_edge(stale, ["x1->h1_1"], "weight", 5.0))
    assert not player.running
    assert document.session.network.edge("x1->h1_1").weight == 5.0
    moved = document.session.network.edge("x2->h1_1").weight
    assert moved != stale.network.edge("x2->h1_1").weight
    document.undo()
    document.undo()
    assert document.session == stale


def test_after_an_edit_the_numbers_are_new_and_the_cursor_stays(
    player: Player, document: Document
) -> None:
    for _ in range(6):
        player.step_forward()
    frame, before = player.frame, player.snapshot
    assert frame is not None
    assert before is not None
    seen: list[float] = []
    h1 = document.session.network.node_index["h1_1"]
    document.edited.connect(lambda _: seen.append(float(player.trace.z[0, h1])))  # type: ignore[union-attr]
    document.push(verbs.set_node(document.session, ["h1_1"], "bias", 2.0))
    assert player.frame == frame
    after = player.snapshot
    assert after is not None
    assert after.z[h1] == pytest.approx(before.z[h1] + 2.0)
    assert seen == [after.z[h1]]


def test_where_its_frame_is_gone_the_cursor_goes_to_the_phases_start(
    player: Player, document: Document
) -> None:
    assert player.frames is not None
    wanted = document.session.network.node_index["h1_3"]
    place = next(
        index
        for index, frame in enumerate(player.frames)
        if frame.phase == "backward" and frame.node == wanted
    )
    player.show_frame(place)
    document.push(verbs.delete(document.session, ["h1_3"], ()))
    assert player.frame is not None
    assert player.frame.phase == "backward"
    assert player.frames[player.frame_index - 1].phase == "loss"


def test_an_incomplete_network_says_what_it_lacks_and_can_be_mended(
    player: Player, document: Document
) -> None:
    document.push(verbs.set_output(document.session, "y1", False))
    assert "No unit is marked as an output" in player.problem
    assert player.trace is None
    assert player.snapshot is None
    heard: list[str] = []
    player.stopped.connect(heard.append)
    player.step_forward()
    player.run()
    assert not player.running
    assert heard == [player.problem] * 2
    document.undo()
    assert player.problem == ""
    assert player.trace is not None


def test_a_run_that_diverges_stops_at_the_last_finite_iteration(qtbot: QtBot) -> None:
    session = xor_session()
    network = session.network
    linear = msgspec.structs.replace(
        session,
        network=msgspec.structs.replace(
            network,
            nodes=tuple(
                msgspec.structs.replace(node, activation="square")
                if hasattr(node, "activation")
                else node
                for node in network.nodes
            ),
        ),
        training=msgspec.structs.replace(session.training, optimizer=Sgd(1e6)),
    )
    document = Document(linear)
    player = Player(document)
    with qtbot.waitSignal(player.stopped) as told:
        player.run()
    assert told.args is not None
    assert "Stopped" in str(told.args[0])
    assert not player.running
    encode_session(document.session)
    assert np.isfinite(document.timeline.state.theta).all()


def test_choosing_a_sample_shows_its_numbers(player: Player) -> None:
    player.show_frame(3)
    assert player.trace is not None
    assert len(player.batch) == 2
    player.choose_sample(1)
    shown = player.snapshot
    assert shown is not None
    np.testing.assert_array_equal(shown.value, player.trace.a[1])
    assert shown.row == player.batch[1]
    player.choose_sample(7)
    assert player.sample == 1


def test_the_frame_of_a_sample_shows_that_sample(player: Player) -> None:
    player.set_grain("term")
    assert player.frames is not None
    first = next(n for n, each in enumerate(player.frames) if each.kind == "sample_gradient")
    for frame, sample in ((first, 0), (first + 1, 1)):
        player.show_frame(frame)
        assert player.sample == sample
        shown, trace = player.snapshot, player.trace
        assert shown is not None
        assert trace is not None
        np.testing.assert_array_equal(shown.edge_gradient, trace.edge_gradients(sample))
    player.choose_sample(0)
    assert (player.frame_index, player.sample) == (first, 0)
    player.show_frame(first + 1)
    player.show_frame(2)
    assert player.sample == 0, "the choice is as it was"


def test_a_refused_edit_changes_nothing(player: Player, document: Document) -> None:
    edit = verbs.set_edge(document.session, ["x1->h1_1"], "weight", 1.0)
    document.push(edit)
    before = document.session
    with pytest.raises(EditError):
        document.push(edit)
    assert document.session is before
    assert document.undo_label == "Set weight of x₁ → h₁,₁"


def test_seek_finds_any_iteration_both_ways(player: Player, document: Document) -> None:
    player.run()
    player.pause()
    weights: list[Session] = []
    for _ in range(12):
        weights.append(document.session)
        player.step_iteration()
    for iteration in (3, 9, 0, 11, 5):
        player.seek(iteration)
        assert player.iteration == iteration
        assert document.session.network == weights[iteration].network


def test_new_data_is_shown_at_once(player: Player, document: Document) -> None:
    data = TableData(((0.25, 0.75),), ((1.0,),))
    document.push(verbs.set_data(document.session, data))
    player.step_forward()
    shown = player.snapshot
    assert shown is not None
    assert shown.value[:2].tolist() == [0.25, 0.75]
    assert player.batch == [0]


def test_single_terms_follow_the_batch_and_the_optimizer(
    player: Player, document: Document
) -> None:
    player.set_grain("term")

    def samples() -> int:
        return sum(frame.kind == "sample_gradient" for frame in player.frames or ())

    assert len(player.batch) == 2
    edges = samples() // 2
    assert edges > 0
    player.step_iteration()
    player.step_iteration()
    assert len(player.batch) == 1
    assert samples() == edges
    before = len(player.frames or ())
    document.push(verbs.set_training(document.session, "optimizer", Adam(0.01)))
    assert len(player.frames or ()) > before


@pytest.mark.parametrize("way", ["step", "run"])
def test_training_on_along_the_line_stops_where_an_edit_left_it_incomplete(
    player: Player, document: Document, qtbot: QtBot, way: str
) -> None:
    for _ in range(5):
        player.step_iteration()
    document.push(verbs.delete(document.session, ["y1"], ()))
    assert player.problem
    player.seek(3)
    assert not player.problem
    heard: list[str] = []
    player.stopped.connect(heard.append)
    if way == "run":
        player.run()
        qtbot.waitUntil(lambda: bool(heard))
    else:
        for _ in range(3):
            player.step_iteration()
    assert heard == [player.problem]
    assert not player.running
    assert player.iteration == 5
    assert "y1" not in document.session.network.node_index


@pytest.mark.parametrize(
    "change",
    [
        lambda session: verbs.set_training(session, "optimizer", Sgd(0.25)),
        lambda session: verbs.set_training(session, "l2", 0.125),
        lambda session: verbs.set_data(session, TableData(((0.5, 0.25),), ((1.0,),))),
        lambda session: verbs.set_text(session, "notes", "Slower now"),
    ],
)
def test_an_edit_after_training_goes_on_from_the_weights_reached(
    document: Document, player: Player, change: Callable[[Session], Edit]
) -> None:
    for _ in range(3):
        player.step_iteration()
    reached = document.session.network
    document.push(change(document.session))
    assert document.session.network == reached
    shown = player.snapshot
    assert shown is not None
    np.testing.assert_array_equal(shown.edge_weight, [edge.weight for edge in reached.edges])
    state = document.timeline.state
    program = compile_network(reached)
    np.testing.assert_array_equal(state.theta, program.initial_theta())
    player.step_iteration()
    player.back_iteration()
    assert document.session.network == reached


def test_a_weight_edit_keeps_what_is_compiled_and_another_compiles_anew(
    player: Player, document: Document
) -> None:
    before, frames = player.program, player.frames
    edge = document.session.network.edges[0].name
    document.push(verbs.set_edge(document.session, [edge], "weight", 7.25))
    assert player.program.levels is before.levels
    assert player.frames is frames
    assert player.theta[before.edge_slot[0]] == 7.25
    assert player.trace is not None
    assert player.trace.theta[before.edge_slot[0]] == 7.25
    document.push(verbs.set_edge(document.session, [edge], "trainable", False))
    assert player.program.levels is not before.levels
    assert not player.program.trainable[player.program.edge_slot[0]]
