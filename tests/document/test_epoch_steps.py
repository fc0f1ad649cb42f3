"""Steps over an epoch: a dear one goes in slices, and ends where single steps end."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import player as player_module
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.travel import work
from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData
from tests.document.examples import xor_session


def test_what_an_epoch_takes_is_told_by_its_network_too(qtbot: QtBot) -> None:
    small = Document(new_layered((2, 2, 1), data=GeneratorData("spiral", samples=100)))
    large = Document(new_layered((2, 60, 60, 1), data=GeneratorData("spiral", samples=100)))
    assert work(large.timeline, 10) > 2 * work(small.timeline, 10)
    assert work(small.timeline, 2_000) > player_module.LONG_EPOCH


def test_an_epoch_that_takes_long_is_stepped_over_in_slices(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    player, other = Player(Document(xor_session())), Player(Document(xor_session()))
    other.step_forward("epoch")
    assert other.iteration == other.epoch_length > 1
    assert not other.running
    monkeypatch.setattr(player_module, "LONG_EPOCH", 1)
    player.step_forward("epoch")
    assert player.running
    assert player.iteration == 0, "the window is answered before anything is trained"
    qtbot.waitUntil(lambda: not player.running)
    assert player.iteration == other.iteration
    assert player.theta.tobytes() == other.theta.tobytes()


def test_a_step_is_explained_once_for_all_views(qtbot: QtBot) -> None:
    player = Player(Document(xor_session()))
    for _ in range(3):
        player.step_forward("neuron")
    trace, frame = player.trace, player.frame
    assert trace is not None
    assert frame is not None
    told = player.told(trace, frame, 4)
    assert player.told(trace, frame, 4) is told
    assert player.told(trace, frame, 7) != told
    player.choose_sample(1)
    assert player.told(trace, frame, 4) != told


def test_a_step_through_a_layer_is_explained_once_for_all_views(qtbot: QtBot) -> None:
    player = Player(Document(xor_session()))
    player.set_grain("layer")
    player.step_forward()
    player.step_forward()
    trace, frame = player.trace, player.frame
    assert trace is not None
    assert frame is not None
    told = player.told_step(trace, frame, 4)
    assert told != player.told(trace, frame, 4), "a layer is more than its last frame"
    again = player.told_step(trace, frame, 4)
    assert player.told_step(trace, frame, 4) is again
    assert again == told
