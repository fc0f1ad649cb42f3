"""Long ways along a line: in slices, to the same bits, and given up without a trace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import thread_time

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document import travel
from bpviz.document.bookmarks import Bookmarks
from bpviz.document.checkpoints import Checkpoints
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.scout import Scout
from bpviz.document.stops import Stops
from bpviz.document.timeline import Timeline
from bpviz.engine.builders import new_layered
from bpviz.engine.initialise import initialised
from bpviz.model import verbs
from bpviz.model.data import GeneratorData
from bpviz.model.edit import Change, Edit, apply
from bpviz.model.history import History, Train, save_history
from bpviz.model.schema import Progress, SavedRun, Session
from bpviz.model.training import Adam, Sgd

COUNT = 400
LONG = 200_000


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
    forget(document)
    in_small_slices(monkeypatch)
    return Player(document)


def in_small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be done at once, and each slice be as short as it can be."""
    monkeypatch.setattr(travel, "AT_ONCE", 0.0)
    monkeypatch.setattr(travel, "SLICE", 0.0)


def give_up(player: Player, qtbot: QtBot, before: tuple[object, ...]) -> None:
    """Cancel the way under way: all stays as it was, then and later."""
    player._document.travel.cancel()
    qtbot.wait(5)
    assert told(player) == before


def arrive(player: Player, qtbot: QtBot) -> None:
    """Wait for the end of a long way, which must have begun."""
    assert player.travel.busy
    qtbot.waitUntil(lambda: not player.travel.busy, timeout=20_000)


def forget(document: Document) -> None:
    """Keep nothing of the line but its start, as after opening a file."""
    timeline = document.timeline
    first = timeline.checkpoints.sessions[0]
    timeline.checkpoints = Checkpoints()
    timeline.checkpoints.sessions[0] = first


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


# -- all that goes a long way, and giving it up ---------------------------------------------------


def told(player: Player) -> tuple[object, ...]:
    """All that a long way given up must leave as it was."""
    document = player._document
    return (
        document.timeline.place,
        player.theta.tobytes(),
        document.session,
        document.active_run,
        [run.name for run in document.runs],
        player.frame_index,
        document.timeline.line.entries,
    )


@pytest.fixture
def forked(player: Player, qtbot: QtBot) -> Player:
    """The player on a fork of ten iterations; the long line it left stands at its end."""
    document = player._document
    player.seek(20)
    arrive(player, qtbot)
    document.push(verbs.set_training(document.session, "optimizer", Adam(0.5)))
    document.timeline.advance(10)
    document.publish("Train")
    return player


@pytest.mark.parametrize("given_up", [False, True])
def test_undo_of_a_long_run_takes_slices(player: Player, qtbot: QtBot, given_up: bool) -> None:
    document = player._document
    document.undo()  # Whole training entries: to the start of the second, that nobody kept.
    document.travel.cancel()
    before = told(player)
    document.undo()
    assert told(player) == before
    if given_up:
        give_up(player, qtbot, before)
        return
    arrive(player, qtbot)
    assert player.iteration == COUNT // 2
    assert player.theta.tobytes() == bits_at(COUNT // 2)


@pytest.mark.parametrize("given_up", [False, True])
def test_redo_over_a_long_run_takes_slices(player: Player, qtbot: QtBot, given_up: bool) -> None:
    document = player._document
    player.go_to_start()
    document.travel.cancel()
    player.seek(0)
    if document.travel.busy:
        arrive(player, qtbot)
    forget(document)
    before = told(player)
    document.redo()
    assert told(player) == before
    if given_up:
        give_up(player, qtbot, before)
        return
    arrive(player, qtbot)
    assert player.theta.tobytes() == bits_at(COUNT // 2)


@pytest.mark.parametrize("given_up", [False, True])
def test_switching_to_a_long_run_takes_slices(forked: Player, qtbot: QtBot, given_up: bool) -> None:
    document = forked._document
    document._runs._timelines.clear()
    before = told(forked)
    arrived: list[int] = []
    document.switch_run(0, lambda: arrived.append(forked.iteration))
    assert told(forked) == before
    if given_up:
        document.travel.cancel()
        qtbot.wait(5)
        assert told(forked) == before
        assert not arrived
        return
    arrive(forked, qtbot)
    assert arrived == [COUNT]
    assert forked.last_iteration == COUNT
    assert document.runs[0].last_iteration == 30


def test_a_run_deleted_on_the_way_to_it_gives_the_way_up(forked: Player, qtbot: QtBot) -> None:
    document = forked._document
    document._runs._timelines.clear()
    document.switch_run(0)
    assert document.travel.busy
    document.delete_run(0)
    qtbot.wait(5)
    assert not document.travel.busy
    assert forked.last_iteration == 30


@pytest.mark.parametrize("given_up", [False, True])
def test_comparing_with_a_long_run_takes_slices(
    forked: Player, qtbot: QtBot, given_up: bool
) -> None:
    document = forked._document
    document._runs._timelines.clear()
    before, found = told(forked), list[bytes]()
    document.visit_run(0, lambda line: found.append(line.state.theta.tobytes()))
    assert not found
    if given_up:
        document.travel.cancel()
        qtbot.wait(5)
        assert not found
    else:
        arrive(forked, qtbot)
        assert found == [bits_at(30)]
    assert told(forked) == before


def begun_anew(session: Session, seed: int) -> Edit:
    """Other weights, and the count of iterations starts anew."""
    network = initialised(session.network, "xavier", seed, 0.0)
    weights = {edge.name: edge.weight for edge in network.edges}
    edit = verbs.set_parameters(session, weights, {}, "Reset")
    return Edit("Reset", (*edit.changes, Change("progress", session.progress, Progress())))


@pytest.mark.parametrize("given_up", [False, True])
@pytest.mark.parametrize("grown", [False, True])
def test_reset_over_a_long_run_takes_slices(
    player: Player, qtbot: QtBot, given_up: bool, grown: bool
) -> None:
    document = player._document
    document.push(begun_anew(document.session, 6))
    weights = document.session.network
    document.timeline.advance(100)
    document.publish("Train")
    if grown:
        document.push(verbs.set_training(document.session, "optimizer", Adam(0.3)))
    forget(document)
    before = told(player)
    player.reset()
    assert told(player) == before
    if given_up:
        give_up(player, qtbot, before)
        return
    arrive(player, qtbot)
    assert player.iteration == 0
    assert document.session.network == weights
    assert player.last_iteration == (0 if grown else 100)


def test_a_step_back_over_a_long_way_shows_the_frame_it_would(player: Player, qtbot: QtBot) -> None:
    player.step_back()
    arrive(player, qtbot)
    assert player.iteration == COUNT - 1
    assert player.frames is not None
    assert player.frame_index == len(player.frames) - 1


def test_a_bookmark_far_away_is_gone_to_with_its_frame(player: Player, qtbot: QtBot) -> None:
    document, bookmarks = player._document, Bookmarks(player._document, player)
    for iteration, name in ((150, "early"), (COUNT - 10, "late")):
        player.seek(iteration)
        arrive(player, qtbot)
        for _ in range(7):
            player.step_forward()
        frame = player.frame
        bookmarks.add(name)
    forget(document)
    early, late = bookmarks.marks
    bookmarks.go_to(early)
    arrive(player, qtbot)
    assert (player.iteration, player.frame) == (150, frame)
    forget(document)
    bookmarks.rename(late, "the end")
    arrive(player, qtbot)
    assert (player.iteration, player.frame) == (COUNT - 10, frame)
    assert [mark.label for mark in bookmarks.marks] == ["early", "the end"]
    forget(document)
    bookmarks.remove(bookmarks.marks[0])
    assert [mark.label for mark in bookmarks.marks] == ["the end"]


def test_what_is_pressed_on_the_way_gives_it_up(player: Player, qtbot: QtBot) -> None:
    player.seek(150)
    assert player.travel.busy
    player.run(Stops(iterations=3))
    assert not player.travel.busy
    qtbot.waitUntil(lambda: not player.playing)
    assert player.iteration == COUNT + 3


def test_a_line_that_cannot_be_walked_says_so_and_stays(player: Player, qtbot: QtBot) -> None:
    document, said = player._document, list[str]()
    player.stopped.connect(said.append)
    line = document.timeline.line
    broken = Edit("Set", (Change("edges/gone->h1_1/weight", 0.0, 1.0),))
    line._segments[1] = line._segments[1]._replace(entry=broken)
    before = told(player)
    player.seek(COUNT - 5)
    if player.travel.busy:
        arrive(player, qtbot)
    assert told(player) == before
    assert "can be replayed no further" in said[0]


def long_session() -> Session:
    """The window's own net with two runs of 200,000 iterations, as a file holds them.

    It stands five iterations behind the edit between the two; the run beside it ends elsewhere.
    """
    data = GeneratorData("spiral", samples=20)
    start = new_layered((2, *[8] * 6, 1), activation="tanh", data=data, seed=3)
    faster = verbs.set_training(start, "optimizer", Sgd(0.02))
    other = History(start, (Train(LONG),), (0, LONG // 2))
    history = History(start, (Train(LONG), faster, Train(LONG)), (2, 5))
    return msgspec.structs.replace(
        apply(start, faster),
        progress=Progress(iteration=LONG + 5),
        history=save_history(history),
        runs=(SavedRun("other", save_history(other)),),
    )


def test_no_slice_of_a_long_way_works_long(qtbot: QtBot) -> None:
    """Whatever is asked for, the window answers: no slice of the work takes 100 ms."""
    document = Document(long_session())
    player = Player(document)
    worked: list[float] = []
    walk = Scout.walk

    def measured(self: Scout, until: Callable[[], bool]) -> bool:
        before = thread_time()
        try:
            return walk(self, until)
        finally:
            worked.append(thread_time() - before)

    ways: list[Callable[[], None]] = [
        player.go_to_end,
        partial(player.seek, LONG),
        partial(player.scrub, (0, LONG // 2)),
        document.undo,
        document.redo,
        partial(document.visit_run, 0, list[Timeline]().append),
        partial(document.switch_run, 0),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Scout, "walk", measured)
        for way in ways:
            before = told(player)
            worked.clear()
            way()
            assert player.travel.busy
            qtbot.waitUntil(lambda: len(worked) > 5)
            assert player.travel.busy
            player.travel.cancel()
            assert told(player) == before
            assert max(worked) < 0.1, way
