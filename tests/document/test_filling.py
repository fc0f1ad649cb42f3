"""Losses that a file did not hold come by themselves, in slices, and change nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import filling
from bpviz.document.document import Document
from bpviz.document.filling import CurveFilling
from bpviz.document.player import Player
from bpviz.document.runs import VIEW_KEY
from bpviz.model import verbs
from bpviz.model.session import encode_session, load_session
from bpviz.model.training import Sgd
from tests.document.examples import xor_session


@pytest.fixture
def path(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a kept run, written by another program: without the losses of its runs."""
    monkeypatch.setattr(filling, "DELAY", 1)
    monkeypatch.setattr(filling, "SLICE", 0.0)
    monkeypatch.setattr(filling, "BREAK", 0)
    document = Document(xor_session())
    player = Player(document)
    document.timeline.advance(90)
    document.publish("Train")
    player.seek(30)
    document.fork_run()
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.05)))
    document.timeline.advance(60)
    document.publish("Train")
    player.seek(40)
    file = tmp_path / "s.bpviz.json"
    document.save(file)
    session = load_session(file)
    assert session.view.pop(VIEW_KEY)
    file.write_bytes(encode_session(session))
    return file


def opened(path: Path) -> tuple[Document, Player, CurveFilling]:
    document = Document(xor_session())
    player = Player(document)
    filler = CurveFilling(document, player, document)
    document.open(path)
    return document, player, filler


def fill(qtbot: QtBot, document: Document, filler: CurveFilling) -> None:
    qtbot.waitUntil(lambda: not filler.busy and bool(document.runs[0].curve.train))
    qtbot.waitUntil(lambda: not filler.busy)


def test_the_curves_of_runs_and_of_what_lies_ahead_are_filled_in(path: Path, qtbot: QtBot) -> None:
    document, player, filler = opened(path)
    before = document.encoded()
    assert not document.runs[0].curve.train
    assert player.curve.iteration[-1] == 40
    fill(qtbot, document, filler)
    qtbot.waitUntil(lambda: player.curve.iteration[-1] == 90)
    assert (player.iteration, document.dirty) == (40, False)
    assert document.encoded() != before, "what is known now is saved with the next save"
    run = document.runs[0]
    assert run.curve.iteration[0] == 0
    assert run.curve.iteration[-1] == 90
    mine = dict(zip(player.curve.iteration, player.curve.train, strict=True))
    other = dict(zip(run.curve.iteration, run.curve.train, strict=True))
    for iteration in (0, 3, 30):
        assert mine[iteration] == other[iteration], "one line up to the fork"
    assert mine[90] != other[90]
    for iteration in (60, 90):
        player.seek(iteration)
        assert player.training_loss() == pytest.approx(mine[iteration], rel=1e-12)
    document.switch_run(0)
    player.go_to_end()
    assert player.training_loss() == pytest.approx(other[90], rel=1e-12)


def test_it_waits_while_something_moves_and_gives_up_what_is_gone(path: Path, qtbot: QtBot) -> None:
    document, player, filler = opened(path)
    qtbot.waitUntil(lambda: filler.busy)
    player.set_grain("iteration")
    player.set_speed(30.0)
    player.run()
    retrace = filler._retrace
    assert retrace is not None
    share = retrace.share
    qtbot.wait(20)
    assert retrace.share == share
    player.pause()
    document.delete_run(0)
    document.new(xor_session())
    qtbot.wait(20)
    assert not filler.busy
    assert not player.curve.iteration or player.curve.iteration[-1] == 0


def test_each_line_is_walked_once(path: Path, qtbot: QtBot) -> None:
    document, _, filler = opened(path)
    walked: list[object] = []
    document.runs_changed.connect(lambda: walked.append(None))
    fill(qtbot, document, filler)
    qtbot.wait(30)
    count = len(walked)
    document.runs_changed.emit()
    qtbot.wait(30)
    assert not filler.busy
    assert len(walked) == count + 1
