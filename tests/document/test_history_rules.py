"""History, exactly: the nine rules, one test each, as the design states them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.edit import Edit, diff
from bpviz.model.history import Train
from bpviz.model.pages import set_pages
from bpviz.model.schema import Bookmark, Page
from bpviz.model.session import encode_session
from bpviz.model.training import Adam
from tests.document.examples import reset, xor_session
from tests.document.test_timeline import same_bits


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    return Document(xor_session(Adam(0.05)))


@pytest.fixture
def player(document: Document) -> Player:
    return Player(document)


def push_weight(document: Document, value: float) -> None:
    document.push(verbs.set_edge(document.session, ["x1->h1_1"], "weight", value))


def train(document: Document, count: int) -> None:
    """Do `count` iterations as one run."""
    document.timeline.close_entry()
    document.timeline.advance(count)
    document.publish("Train")


def shape(document: Document) -> list[int]:
    """Return the entries of the line: a training's iterations, 0 for an edit."""
    entries = document.timeline.history.entries
    return [entry.train if isinstance(entry, Train) else 0 for entry in entries]


def test_a_the_line_is_start_and_entries_the_position_entry_and_iterations_inside(
    document: Document, player: Player
) -> None:
    first = document.session
    train(document, 10)
    push_weight(document, 1.0)
    train(document, 5)
    history = document.timeline.history
    assert shape(document) == [10, 0, 5]
    assert history.position == (3, 0)
    assert history.start.network == first.network
    player.seek(4)
    assert document.timeline.history.position == (0, 4)
    player.seek(13)
    assert document.timeline.history.position == (2, 3)


def test_b_undo_and_redo_move_by_whole_entries_back_and_seek_by_iterations_across_edits(
    document: Document, player: Player
) -> None:
    train(document, 10)
    before = document.session.network.edge("x1->h1_1").weight
    push_weight(document, 7.0)
    train(document, 5)
    places = []
    for _ in range(3):
        document.undo()
        places.append(document.timeline.place)
    assert places == [(2, 0), (1, 0), (0, 0)]
    for _ in range(3):
        document.redo()
    assert document.timeline.place == (3, 0)
    weights = []
    for _ in range(6):
        player.back_iteration()
        weights.append(document.session.network.edge("x1->h1_1").weight)
    assert player.iteration == 9
    # The fifth step back stands behind the edit, the sixth crossed it.
    assert weights[4] == 7.0
    player.seek(10)
    assert document.session.network.edge("x1->h1_1").weight in (before, 7.0)
    player.seek(12)
    player.seek(3)
    assert document.timeline.place == (0, 3)


def test_c_stepping_and_running_inside_the_line_replay_it_and_only_its_end_appends(
    document: Document, player: Player
) -> None:
    train(document, 10)
    push_weight(document, 1.0)
    train(document, 10)
    end, entries = document.session, document.timeline.history.entries
    player.seek(3)
    for _ in range(9):
        player.step_iteration()
    document.timeline.advance(8)
    document.publish("Train")
    assert document.timeline.history.entries == entries
    same_bits(document.session, end)
    player.step_iteration()
    assert sum(shape(document)) == 21


def test_d_a_run_up_to_its_pause_is_one_entry_and_single_iterations_merge(
    document: Document, player: Player, qtbot: QtBot
) -> None:
    for _ in range(3):
        player.step_iteration()
    player.run()
    qtbot.waitUntil(lambda: player.iteration > 10)
    player.pause()
    ran = player.iteration - 3
    for _ in range(2):
        player.step_iteration()
    assert shape(document) == [3, ran, 2]


def test_e_an_edit_inside_a_training_entry_splits_it_and_its_tail_becomes_a_ghost_run(
    document: Document, player: Player
) -> None:
    train(document, 10)
    end = document.session
    player.seek(4)
    push_weight(document, 2.0)
    assert shape(document) == [4, 0]
    assert [run.is_ghost for run in document.runs] == [True]
    document.switch_run(0)
    same_bits(document.session, end)


@pytest.mark.parametrize("kind", ["position", "label", "title", "notes", "bookmarks", "pages"])
def test_f_what_the_engine_does_not_read_goes_in_at_the_position_and_keeps_the_tail(
    document: Document, player: Player, kind: str
) -> None:
    train(document, 10)
    end = document.session
    player.seek(4)
    document.push(cosmetic(document, kind))
    assert shape(document) == [4, 0, 6]
    assert document.runs == ()
    player.seek(10)
    assert [edge.weight for edge in document.session.network.edges] == [
        edge.weight for edge in end.network.edges
    ]
    assert document.session.progress.optimizer == end.progress.optimizer


def cosmetic(document: Document, kind: str) -> Edit:
    session = document.session
    return {
        "position": lambda: verbs.move(session, {"h1_1": (5.0, 5.0)}),
        "label": lambda: verbs.set_node(session, ["h1_1"], "label", "first"),
        "title": lambda: verbs.set_text(session, "title", "looked back"),
        "notes": lambda: verbs.set_text(session, "notes", "looked back"),
        "bookmarks": lambda: diff(
            session,
            msgspec.structs.replace(session, bookmarks=(Bookmark("here", (0, 4)),)),
            "Add a bookmark",
        ),
        "pages": lambda: set_pages(session, (Page("First"),), "Add a page"),
    }[kind]()


def test_g_an_edit_carries_the_order_of_lists_so_undo_restores_the_bytes(
    document: Document,
) -> None:
    first = encode_session(document.session)
    document.push(verbs.delete(document.session, ["h1_2"], ()))
    push_weight(document, 3.0)
    document.push(verbs.delete(document.session, ["x1"], ()))
    last = encode_session(document.session)
    for _ in range(3):
        document.undo()
    assert encode_session(document.session) == first
    for _ in range(3):
        document.redo()
    assert encode_session(document.session) == last


def test_h_a_run_is_a_line_of_its_own_and_switching_is_no_edit_marks_the_file_never_merges(
    document: Document, player: Player, tmp_path: Path
) -> None:
    train(document, 10)
    player.seek(4)
    push_weight(document, 2.0)
    document.keep_run(0, "first")
    document.save(tmp_path / "runs.json")
    lines = {document.active_run: shape(document), "first": [10]}
    edits: list[Edit] = []
    document.edited.connect(edits.append)
    for _ in range(3):
        document.switch_run(0)
        assert document.dirty
        # Each line is as it was, from its own start, and one of the two is active.
        assert shape(document) == lines[document.active_run]
        assert {document.active_run, *(run.name for run in document.runs)} == set(lines)
        assert len(document.runs) == 1
    assert document.active_run == "first"
    assert document.undo_label == "Train 10 iterations"
    assert not any(edit.label.startswith("Switch") for edit in history_edits(document))
    document.switch_run(0)
    document.switch_run(0)
    # Steps after a switch start an entry of their own in the line that is active.
    player.step_iteration()
    assert shape(document) == [10, 1]
    document.switch_run(0)
    assert shape(document) == [4, 0]
    document.save(tmp_path / "runs.json")
    reopened = Document(xor_session())
    reopened.open(tmp_path / "runs.json")
    assert shape(reopened) == [4, 0]
    assert [run.name for run in reopened.runs] == ["first"]


def history_edits(document: Document) -> list[Edit]:
    return [entry for entry in document.timeline.history.entries if isinstance(entry, Edit)]


def test_i_reset_is_a_seek_to_iteration_0_with_the_present_structure(document: Document) -> None:
    timeline = document.timeline
    start = document.session
    push_weight(document, 0.25)
    train(document, 10)
    assert reset(timeline) is None
    # The last position at iteration 0 lies behind the edit, and nothing of the line is gone.
    assert timeline.place == (1, 0)
    assert timeline.session.network.edge("x1->h1_1").weight == 0.25
    assert shape(document) == [0, 10]
    timeline.go(timeline.line.end)
    timeline.push(verbs.delete(timeline.session, ["h1_2"], ()))
    edit = reset(timeline)
    assert edit is not None
    timeline.push(edit)
    assert timeline.iteration == 0
    assert "h1_2" not in timeline.session.network.node_index
    assert timeline.session.network.edge("x2->h1_1") == start.network.edge("x2->h1_1")
