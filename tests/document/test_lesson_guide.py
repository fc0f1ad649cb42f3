"""Pages name places on the history; those that training leads to are trained for."""

from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import travel
from bpviz.document.document import Document
from bpviz.document.lesson import LONGEST_TRAINING, LessonGuide
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.schema import Lesson, Page
from bpviz.model.training import Sgd
from tests.document.examples import xor_session

PAGES = (
    Page("Start", position=(0, 0)),
    Page("Later", position=(0, 7)),
    Page("Much later", position=(0, LONGEST_TRAINING + 1)),
    Page("Wherever"),
)


@pytest.fixture
def document(qtbot: QtBot) -> Document:
    return Document(msgspec.structs.replace(xor_session(), lesson=Lesson(PAGES)))


@pytest.fixture
def guide(document: Document, player: Player) -> LessonGuide:
    return LessonGuide(document, player)


def test_a_page_trains_to_its_place(guide: LessonGuide, player: Player) -> None:
    assert guide.go(PAGES[1])
    assert player.iteration == 7
    assert guide.go(PAGES[0])
    assert (player.iteration, player.last_iteration) == (0, 7)
    assert guide.go(PAGES[1])
    assert player.last_iteration == 7, "it is there already"


def test_what_was_trained_before_counts(guide: LessonGuide, player: Player) -> None:
    for _ in range(3):
        player.step_iteration()
    player.back_iteration()
    assert guide.go(PAGES[1])
    assert (player.iteration, player.last_iteration) == (7, 7)
    player.step_iteration()
    player.back_iteration()
    player.back_iteration()
    assert guide.go(PAGES[1])
    assert (player.iteration, player.last_iteration) == (7, 8)


def test_a_node_moved_on_the_way_does_not_matter(
    guide: LessonGuide, player: Player, document: Document
) -> None:
    player.step_iteration()
    node = document.session.network.nodes[0].id
    document.push(verbs.move(document.session, {node: (10.0, 20.0)}))
    assert guide.go(PAGES[1])
    assert player.iteration == 7


def test_no_page_trains_for_too_long_or_behind_an_edit(
    guide: LessonGuide, player: Player, document: Document
) -> None:
    assert not guide.go(PAGES[2])
    name = document.session.network.edges[0].name
    document.push(verbs.set_edge(document.session, [name], "weight", 0.25))
    assert not guide.go(PAGES[1])
    assert player.last_iteration == 0


def test_a_page_without_a_place_stands_where_the_player_does(
    guide: LessonGuide, player: Player
) -> None:
    player.step_iteration()
    assert guide.go(PAGES[3])
    assert player.iteration == 1


def test_training_for_a_page_is_no_change_of_the_session(
    guide: LessonGuide, document: Document
) -> None:
    guide.go(PAGES[1])
    assert not document.dirty


LATE = Page("Late", position=(0, 400))


def test_a_long_training_goes_in_slices_to_the_same_bits(
    guide: LessonGuide, player: Player, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travel, "AT_ONCE", 0.0)
    monkeypatch.setattr(travel, "SLICE", 0.0)
    shares: list[float] = []
    player.travel.changed.connect(lambda: shares.append(player.travel.share))
    arrived: list[int] = []
    assert guide.go(LATE, lambda: arrived.append(player.iteration))
    assert player.travel.busy
    assert player.last_iteration == 0, "the line is as long as it was until it is there"
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [400]
    assert len(shares) > 5
    assert shares[:-1] == sorted(shares[:-1])
    other = Document(xor_session())
    other.timeline.advance(400, by="step")
    assert player.theta.tobytes() == other.timeline.state.theta.tobytes()
    measured = set(player._document.timeline.curve.iteration)
    assert set(other.timeline.curve.iteration) <= measured
    player.seek(123)
    assert (player.iteration, player.last_iteration) == (123, 400)


def test_given_up_it_leaves_the_line_as_it_was(
    guide: LessonGuide, player: Player, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        player.step_iteration()
    player.back_iteration()
    monkeypatch.setattr(travel, "AT_ONCE", 0.0)
    monkeypatch.setattr(travel, "SLICE", 0.0)
    before = (player.iteration, player.last_iteration, player.theta.tobytes())
    kept = len(player._document.timeline.checkpoints)
    arrived: list[int] = []
    guide.go(LATE, lambda: arrived.append(0))
    qtbot.waitUntil(lambda: player.travel.share > 0.1)
    player.travel.cancel()
    qtbot.wait(5)
    assert (player.iteration, player.last_iteration, player.theta.tobytes()) == before
    assert len(player._document.timeline.checkpoints) == kept
    assert not arrived


def test_training_that_overflows_says_so_and_stays(
    guide: LessonGuide, player: Player, document: Document
) -> None:
    session = document.session
    network = session.network
    edges = tuple(msgspec.structs.replace(edge, weight=1e150) for edge in network.edges)
    nodes = tuple(
        msgspec.structs.replace(node, activation="identity") if hasattr(node, "bias") else node
        for node in network.nodes
    )
    wild = msgspec.structs.replace(
        session,
        network=msgspec.structs.replace(network, nodes=nodes, edges=edges),
        training=msgspec.structs.replace(session.training, optimizer=Sgd(1e150)),
    )
    document.new(wild)
    said: list[str] = []
    player.stopped.connect(said.append)
    guide.go(PAGES[1])
    assert player.last_iteration < 7
    assert said or player.problem
