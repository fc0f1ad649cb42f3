"""Bookmarks in a file: whatever happened to the line, each points to where it stands."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpviz.document.bookmarks import Bookmarks
from bpviz.document.document import Document
from bpviz.document.placing import placing, with_bookmarks
from bpviz.document.player import Player
from bpviz.document.saving import encode_with_history
from bpviz.model import verbs
from bpviz.model.history import restore_history
from bpviz.model.schema import Bookmark, Lesson, Page, SavedHistory, Session
from bpviz.model.session import decode_session
from bpviz.model.training import Sgd
from tests.document.examples import xor_session

pytestmark = pytest.mark.usefixtures("trained")


def mark(document: Document, player: Player, iteration: int, name: str) -> None:
    player.seek(iteration)
    player.step_forward()
    player.step_forward()
    Bookmarks(document, player).add(name)


def found(session: Session) -> dict[str, tuple[int, int]]:
    """Each bookmark by name: the iteration its position in the file leads to, and its frame."""
    document = Document(session)
    player, here = Player(document), {}
    assert isinstance(session.history, SavedHistory)
    for bookmark in session.bookmarks:
        player.go_to(bookmark.position)
        here[bookmark.name] = (player.iteration, bookmark.frame)
    return here


def written(document: Document) -> Session:
    return decode_session(document.encoded()).session


def test_positions_follow_what_is_put_in_before_them(document: Document, player: Player) -> None:
    for iteration, name in ((40, "late"), (10, "early"), (25, "middle")):
        mark(document, player, iteration, name)
    player.seek(5)
    document.push(verbs.set_text(document.session, "notes", "Look here"))
    player.go_to_end()
    assert found(written(document)) == {"late": (40, 1), "early": (10, 1), "middle": (25, 1)}


def test_positions_after_undo_rename_and_a_change_in_the_past(
    document: Document, player: Player
) -> None:
    for iteration, name in ((20, "kept"), (10, "renamed"), (50, "lost")):
        mark(document, player, iteration, name)
    player.seek(30)
    bookmarks = Bookmarks(document, player)
    bookmarks.rename(bookmarks.marks[0], "new name")
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.01)))
    document.push(verbs.set_text(document.session, "title", "Another"))
    document.undo()
    assert found(written(document)) == {"kept": (20, 1), "new name": (10, 1)}


def test_positions_of_both_runs_after_switching(
    document: Document, player: Player, tmp_path: Path
) -> None:
    mark(document, player, 20, "shared")
    player.seek(30)
    document.fork_run()
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.01)))
    document.timeline.advance(10)
    document.publish("Train")
    mark(document, player, 35, "on the fork")
    document.switch_run(0)
    mark(document, player, 5, "first")
    document.save(tmp_path / "s.bpviz.json")
    again = Document(xor_session())
    again.open(tmp_path / "s.bpviz.json")
    reader = Player(again)
    expected = {"first": 5, "shared": 20}
    assert {each.label: each.along for each in Bookmarks(again, reader).marks} == expected
    again.switch_run(0)
    again.timeline.go(again.timeline.line.end)
    again.publish("Go")
    expected = {"shared": 20, "on the fork": 35}
    assert {each.label: each.along for each in Bookmarks(again, reader).marks} == expected
    for each in Bookmarks(again, reader).marks:
        Bookmarks(again, reader).go_to(each)
        assert (reader.iteration, reader.frame_index) == (expected[each.label], 1)


def test_positions_after_the_oldest_entries_were_folded(document: Document, player: Player) -> None:
    for number in range(12):
        document.push(verbs.set_training(document.session, "optimizer", Sgd(0.1 + number / 100)))
        document.timeline.advance(10)
        document.publish("Train")
        mark(document, player, player.last_iteration, f"mark {number}")
    whole, _ = encode_with_history(document.timeline)
    place, theta = document.timeline.place, document.timeline.state.theta.tobytes()
    data, notice = encode_with_history(document.timeline, limit=len(whole) // 3)
    assert not notice
    assert document.timeline.place == place
    assert document.timeline.state.theta.tobytes() == theta
    session = decode_session(data).session
    assert isinstance(session.history, SavedHistory)
    gone = len(document.timeline.line) - len(session.history.entries)
    assert gone > 3
    first = session.history.start.progress.iteration
    for name, (iteration, frame) in found(session).items():
        at = 70 + 10 * int(name.removeprefix("mark "))
        assert (iteration, frame) == (max(at, first), 1)


def test_the_frame_of_a_lesson_page_keeps_the_position_of_its_page() -> None:
    page = Page(title="Step 2", position=(1, 3))
    held = Bookmark("Step 2", (1, 3), 4)
    session = msgspec.structs.replace(
        xor_session(), lesson=Lesson(pages=(page,)), bookmarks=(held,)
    )
    document = Document(session)
    document.push(verbs.set_text(session, "notes", "Look here"))
    document.timeline.advance(20)
    document.publish("Train")
    assert written(document).bookmarks == (held,)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("mnrsue"), st.integers(0, 40)), max_size=12))
def test_whatever_is_done_the_file_tells_where_each_stands(doings: list[tuple[str, int]]) -> None:
    document = Document(xor_session())
    document.timeline.advance(40)
    document.publish("Train")
    player = Player(document)
    bookmarks = Bookmarks(document, player)
    for number, (what, at) in enumerate(doings):
        marks = bookmarks.marks
        if what in "mns":
            player.seek(min(at, player.last_iteration))
        if what == "m":
            bookmarks.add(f"mark {number}")
        elif what == "n":
            document.push(verbs.set_text(document.session, "notes", f"note {number}"))
        elif what == "r" and marks:
            bookmarks.rename(marks[at % len(marks)], f"name {number}")
        elif what == "e" and marks:
            bookmarks.remove(marks[at % len(marks)])
        elif what == "u":
            document.undo()
    player.go_to_end()
    expected = {each.label: each.along for each in bookmarks.marks}
    session = written(document)
    if isinstance(session.history, SavedHistory):
        assert {name: place[0] for name, place in found(session).items()} == expected
        again = Document(session)
        reread = Bookmarks(again, Player(again)).marks
        assert {each.label: each.along for each in reread} == expected
        history = restore_history(session.history, session)
        placed = placing(again.timeline.line, Lesson())
        assert with_bookmarks(history, placed) == history, "written again they stay"
