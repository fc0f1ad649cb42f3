"""Long ways along a line: in slices, to the same bits, and given up without a trace."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import scout
from bpviz.document.checkpoints import Checkpoints
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.builders import new_layered
from bpviz.model import verbs
from bpviz.model.data import GeneratorData
from bpviz.model.training import Adam

COUNT = 400


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    """A player at the end of a line with an edit in it, nothing of it kept, no time at once."""
    data = GeneratorData("spiral", samples=40)
    document = Document(new_layered((2, 4, 1), data=data, seed=3))
    document.timeline.advance(COUNT // 2)
    document.publish("Train")
    document.push(verbs.set_training(document.session, "optimizer", Adam(0.02)))
    document.timeline.advance(COUNT // 2)
    document.publish("Train")
    first = document.timeline.checkpoints.sessions[0]
    document.timeline.checkpoints = Checkpoints()
    document.timeline.checkpoints.sessions[0] = first
    monkeypatch.setattr(scout, "AT_ONCE", 0.0)
    monkeypatch.setattr(scout, "SLICE", 0.0)
    return Player(document)


def bits_at(iteration: int) -> bytes:
    document = Document(new_layered((2, 4, 1), data=GeneratorData("spiral", samples=40), seed=3))
    document.timeline.advance(iteration)
    return document.timeline.state.theta.tobytes()


def test_a_long_way_arrives_at_the_same_bits(player: Player, qtbot: QtBot) -> None:
    shares: list[float] = []
    player.travel.changed.connect(lambda: shares.append(player.travel.share))
    player.seek(150)
    assert player.travel.busy
    assert player.iteration == COUNT, "it stands where it stood until it is there"
    qtbot.waitUntil(lambda: not player.travel.busy)
    assert player.iteration == 150
    assert player.theta.tobytes() == bits_at(150)
    assert len(shares) > 3
    assert shares[:-1] == sorted(shares[:-1])
    player.seek(140)
    assert not player.travel.busy, "the way back is known by now"
    assert player.theta.tobytes() == bits_at(140)


@pytest.mark.parametrize("how", ["cancel", "step"])
def test_given_up_it_stays_where_it_was(player: Player, qtbot: QtBot, how: str) -> None:
    before = (player.iteration, player.theta.tobytes())
    player.seek(150)
    qtbot.wait(5)
    assert player.travel.busy
    if how == "cancel":
        player.travel.cancel()
    else:
        player.step_forward("phase")
    assert not player.travel.busy
    qtbot.wait(5)
    assert (player.iteration, player.theta.tobytes()) == before


def test_a_way_across_an_edit_and_back_to_the_end(player: Player, qtbot: QtBot) -> None:
    end = player.theta.tobytes()
    for goal in (10, COUNT):
        player.seek(goal)
        qtbot.waitUntil(lambda: not player.travel.busy)
        assert player.iteration == goal
    assert player.theta.tobytes() == end
