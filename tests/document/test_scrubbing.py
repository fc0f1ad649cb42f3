"""Scrubbing: any place both ways, by any way there, has the very same bits."""

from __future__ import annotations

import random

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.training import Adam, Sgd
from tests.document.examples import xor_session


@pytest.mark.parametrize("scrubbed", [True, False])
def test_five_hundred_random_positions_both_ways_leave_the_bits(
    qtbot: QtBot, scrubbed: bool
) -> None:
    document = Document(xor_session(Adam(0.01)))
    player = Player(document)
    document.timeline.advance(700)
    document.publish("Train")
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.2)))
    document.timeline.advance(300)
    document.publish("Train")
    line = player.line_map
    seen: dict[int, bytes] = {}
    draw = random.Random(5)
    places = [draw.randrange(1001) for _ in range(250)]
    for along in [*places, *reversed(places)]:
        if scrubbed:
            player.scrub(line.place(along))
        else:
            player.go_to(line.place(along))
        assert player.iteration == along
        state = document.timeline.state
        slots = b"".join(slot.tobytes() for slot in state.slots.values())
        bits = state.theta.tobytes() + slots
        assert seen.setdefault(along, bits) == bits
    player.rest()
    fresh = Document(xor_session(Adam(0.01)))
    fresh.timeline.advance(places[0] if places[0] <= 700 else 700)
    if places[0] <= 700:
        theta = fresh.timeline.state.theta.tobytes()
        assert document.timeline.state.theta.tobytes() == theta
    assert document.session.progress.iteration == places[0]
