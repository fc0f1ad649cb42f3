"""Several steps between two pictures: played fast, each grain ends where single steps end."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player, StepGrain
from bpviz.document.stops import Stops
from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData

MOST = 10**9


def player() -> Player:
    data = GeneratorData("xor_points", samples=4, test_fraction=0.0)
    return Player(Document(new_layered((2, 3, 1), data=data, seed=3)))


@pytest.mark.parametrize("grain", ["term", "neuron", "layer", "phase", "iteration"])
@pytest.mark.parametrize("count", [2, 7, 150])
def test_many_at_once_end_where_single_steps_end(grain: StepGrain, count: int) -> None:
    one, many = player(), player()
    for each in (one, many):
        each.set_grain(grain)
        each.step_forward()
    for _ in range(count):
        one.step_forward()
    many._forward_by(count, MOST)
    assert (many.iteration, many.frame_index) == (one.iteration, one.frame_index)
    assert many.theta.tobytes() == one.theta.tobytes()


@pytest.mark.parametrize("grain", ["term", "phase", "iteration"])
def test_a_thousand_steps_a_second_stop_where_asked(grain: StepGrain, qtbot: QtBot) -> None:
    playing = player()
    playing.set_grain(grain)
    playing.set_speed(1000.0)
    playing.run(Stops(iterations=5))
    qtbot.waitUntil(lambda: not playing.playing)
    assert playing.iteration == 5
