"""Runs and bookmarks: forks, switching, comparing, and what of them a file keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import runs
from bpviz.document.bookmarks import Bookmarks
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.runs import MAX_RUNS
from bpviz.engine.trainer import Trainer
from bpviz.model import verbs
from bpviz.model.network import Network
from bpviz.model.training import Sgd
from tests.document.examples import xor_session

pytestmark = pytest.mark.usefixtures("trained")


def other_rate(document: Document, rate: float) -> None:
    document.push(verbs.set_training(document.session, "optimizer", Sgd(rate)))


def test_an_edit_in_the_past_leaves_a_ghost_with_its_losses(
    document: Document, player: Player
) -> None:
    curve = list(player.curve.train)
    player.seek(30)
    other_rate(document, 0.05)
    (ghost,) = document.runs
    assert ghost.is_ghost
    assert ghost.last_iteration == 60
    assert ghost.curve.train[-3:] == curve[-3:]
    assert player.last_iteration == 30


def test_switching_there_and_back_changes_no_bit(document: Document, player: Player) -> None:
    end = document.session.network
    player.seek(30)
    other_rate(document, 0.05)
    document.timeline.advance(10)
    document.publish("Train")
    mine = document.session.network
    document.switch_run(0)
    assert document.session.network == end
    document.switch_run(0)
    assert document.session.network == mine
    assert player.iteration == 40


def test_the_difference_is_taken_at_the_same_iteration(document: Document, player: Player) -> None:
    player.seek(35)
    then = document.session.network
    player.seek(30)
    other_rate(document, 0.05)
    document.timeline.advance(5)
    document.publish("Train")
    found: list[tuple[int, Network]] = []
    document.visit_run(0, lambda line: found.append((line.iteration, line.session.network)))
    assert found == [(35, then)]
    assert then != document.session.network


def test_a_fork_keeps_the_line_and_goes_on_from_here(document: Document, player: Player) -> None:
    player.seek(20)
    here = document.session.network
    document.fork_run()
    (kept,) = document.runs
    assert not kept.is_ghost
    assert kept.last_iteration == 60
    assert (player.iteration, player.last_iteration) == (20, 20)
    assert document.session.network == here
    assert document.dirty
    other_rate(document, 0.05)
    assert len(document.runs) == 1, "nothing lay ahead that could be lost"


def test_ghosts_make_room_but_what_was_kept_never_goes(document: Document, player: Player) -> None:
    player.seek(50)
    other_rate(document, 0.3)
    document.keep_run(0, "the first")
    for rate in range(1, 12):
        document.timeline.advance(5)
        document.publish("Train")
        player.seek(50)
        other_rate(document, rate / 100)
    assert len(document.runs) == MAX_RUNS - 1
    assert document.runs[0].name == "the first"
    names = [run.name for run in document.runs] + [document.active_run]
    assert len(set(names)) == len(names)
    document.delete_run(1)
    assert len(document.runs) == MAX_RUNS - 2


def test_runs_with_names_losses_and_bookmarks_are_kept_in_the_file(
    document: Document, player: Player, tmp_path: Path
) -> None:
    player.seek(30)
    document.fork_run()
    document.rename_run(0, "as it was")
    Bookmarks(document, player).add("stuck here")
    document.timeline.advance(10)
    document.publish("Train")
    document.save(tmp_path / "s.bpviz.json")
    again = Document(xor_session())
    again.open(tmp_path / "s.bpviz.json")
    (run,) = again.runs
    assert (run.name, run.is_ghost, run.last_iteration) == ("as it was", False, 60)
    assert run.curve.train == document.runs[0].curve.train
    reader = Player(again)
    (mark,) = Bookmarks(again, reader).marks
    assert (mark.label, mark.along) == ("stuck here", 30)
    Bookmarks(again, reader).go_to(mark)
    assert reader.iteration == 30


def test_a_bookmark_drops_nothing_and_is_undone(document: Document, player: Player) -> None:
    bookmarks = Bookmarks(document, player)
    player.seek(20)
    for _ in range(7):
        player.step_forward()
    frame = player.frame
    bookmarks.add("look")
    assert player.last_iteration == 60
    assert player.frame == frame
    assert not document.runs
    player.seek(55)
    bookmarks.go_to(bookmarks.marks[0])
    assert (player.iteration, player.frame) == (20, frame)
    player.set_grain("term")
    bookmarks.go_to(bookmarks.marks[0])
    assert player.frame == frame
    document.undo()
    assert not document.session.bookmarks
    document.redo()
    assert len(document.session.bookmarks) == 1


def test_bookmarks_before_and_behind_each_other_stay_apart(
    document: Document, player: Player
) -> None:
    bookmarks = Bookmarks(document, player)
    for iteration in (40, 10, 25):
        player.seek(iteration)
        bookmarks.add()
    assert [(mark.along, mark.label) for mark in bookmarks.marks] == [
        (10, "iteration 10"), (25, "iteration 25"), (40, "iteration 40"),
    ]  # fmt: skip
    player.seek(5)
    bookmarks.rename(bookmarks.marks[2], "late")
    assert player.iteration == 40
    player.seek(5)
    bookmarks.remove(bookmarks.marks[1])
    assert [(mark.along, mark.label) for mark in bookmarks.marks] == [
        (10, "iteration 10"), (40, "late"),
    ]  # fmt: skip
    player.go_to_end()
    assert {each.name for each in document.session.bookmarks} == {"iteration 10", "late"}
    assert player.last_iteration == 60


@pytest.mark.parametrize("by", ["fork", "edit"])
def test_going_back_to_a_long_run_replays_little(by: str, qtbot: QtBot) -> None:
    document = Document(xor_session())
    player = Player(document)
    document.timeline.advance(3000)
    document.publish("Train")
    end = player.theta.tobytes()
    player.seek(1500)
    half = player.theta.tobytes()
    if by == "fork":
        document.fork_run()
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.05)))
    document.timeline.advance(2000)
    document.publish("Train")
    mine = player.theta.tobytes()
    trained: list[int] = []

    def advance(self: Trainer, *args: Any, **rest: Any) -> int:
        trained.append(done := plain(self, *args, **rest))
        return done

    plain = Trainer.advance
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "advance", advance)
        document.switch_run(0)
        qtbot.waitUntil(lambda: player.last_iteration == 3000)
        assert player.theta.tobytes() == (half if by == "fork" else end)
        player.go_to_end()
        assert player.theta.tobytes() == end
        document.switch_run(0)
        assert (player.iteration, player.theta.tobytes()) == (3500, mine)
    assert sum(trained) <= 4 * document.timeline.checkpoints.spacing


def test_all_lines_left_share_the_memory_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Document(xor_session())
    player = Player(document)
    document.timeline.advance(200)
    document.publish("Train")
    one = document.timeline.checkpoints.size
    monkeypatch.setattr(runs, "BUDGET", 2 * one)
    ends = []
    for iteration in (150, 140, 130, 120):
        ends.append(player.theta.tobytes())
        player.seek(iteration)
        document.fork_run()
        document.timeline.advance(200 - iteration)
        document.publish("Train")
        held = document._runs._checkpoints
        assert sum(each.size for _, each in held) <= 2 * one
    assert [line for line, _ in held] == [run.history for run in document.runs[-len(held) :]]
    for index, end in enumerate(ends):
        document.switch_run(index)
        player.go_to_end()
        assert player.theta.tobytes() == end
