"""Pages name places on the history; those that training leads to are trained for."""

from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.lesson import LONGEST_TRAINING, LessonGuide
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.schema import Lesson, Page
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
def player(document: Document) -> Player:
    return Player(document)


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
