"""A save made in slices has the same bytes as one made at once, whatever goes on meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bpviz.document.bookmarks import Bookmarks
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.saving import LEFT_OUT, Encoding, encode_with_history
from bpviz.document.timeline import Timeline
from bpviz.document.writing import Writing
from bpviz.model import verbs
from bpviz.model.files import atomic_write
from bpviz.model.history import save_history
from bpviz.model.pages import add_page, set_pages
from bpviz.model.schema import Notation, Page, Session
from bpviz.model.session import decode_session, encode_session


def edited(document: Document, player: Player) -> None:
    """Make edits of every kind: structure, numbers, texts, pages that come and go."""
    for label in ("α", 'a "quoted" name', "plain"):
        document.push(verbs.set_node(document.session, ["h1_1"], "label", label))
    document.push(verbs.set_node(document.session, ["h1_2"], "combine", "product"))
    document.push(verbs.set_node(document.session, ["h1_2"], "combine", "sum"))
    document.push(verbs.delete(document.session, ["h1_3"], ()))
    document.push(verbs.set_edge(document.session, ["x1->h1_1"], "weight", 1 / 3))
    for _ in range(3):
        document.push(add_page(document.session, (), 0, Page("One", "é\n", position=(0, 0))))
        document.push(set_pages(document.session, (), "Remove"))
    document.push(verbs.set_notation(document.session, Notation(loss_symbol="L")))
    document.timeline.advance(20)
    document.publish("Train")
    Bookmarks(document, player).add("here")


def always() -> bool:
    """Let a slice be over at once."""
    return True


def in_slices(work: Encoding | Writing, between: Callable[[], object] = bool) -> int:
    """Do `work` in the smallest slices there are; return how many it took."""
    count = 0
    while not work.ended:
        work.work(always)
        between()
        count += 1
    return count


def test_in_slices_the_bytes_are_the_same(document: Document, player: Player) -> None:
    edited(document, player)
    made = document.encoding()
    assert in_slices(made) > 50
    assert b"".join(made.result()) == document.encoded()
    session = decode_session(document.encoded()).session
    assert encode_session(session) == document.encoded()


def test_the_entries_are_written_as_the_history_has_them(
    document: Document, player: Player
) -> None:
    edited(document, player)
    read = decode_session(document.encoded()).session.history
    assert not isinstance(read, msgspec.UnsetType)
    # Bookmarks alone are placed anew.
    expected = save_history(document.timeline.history).entries[:-1]
    assert msgspec.json.encode(read.entries[:-1]) == msgspec.json.encode(expected)


def test_what_is_changed_meanwhile_is_not_in_it(document: Document, player: Player) -> None:
    edited(document, player)
    before, made = document.encoded(), document.encoding()
    made.work(always)

    turns = itertools.cycle(("One", "Two"))

    def change() -> None:
        document.push(verbs.set_text(document.session, "title", next(turns)))
        document.timeline.advance(1)

    in_slices(made, change)
    assert b"".join(made.result()) == before
    assert document.encoded() != before


def test_a_history_folded_in_slices_ends_in_the_same_bits(
    document: Document, player: Player
) -> None:
    edited(document, player)
    document.timeline.advance(400)
    document.publish("Train")
    document.push(verbs.set_edge(document.session, ["x1->h1_1"], "weight", 0.25))
    document.timeline.advance(100)
    document.publish("Train")
    limit = len(msgspec.json.encode(save_history(document.timeline.history))) * 4 // 5
    timeline = document.timeline
    # As right after opening: nothing is known on the way.
    timeline.checkpoints.sessions = {0: timeline.checkpoints.sessions[0]}
    whole, notice = encode_with_history(timeline, limit=limit)
    made = Encoding(timeline, limit=limit)
    in_slices(made)
    assert (b"".join(made.result()), notice) == (whole, "")
    session = decode_session(whole).session
    assert not isinstance(session.history, msgspec.UnsetType)
    assert 0 < len(session.history.entries) < len(timeline.line)
    again = Timeline(session)
    again.go((0, 0))
    again.go(again.line.end)
    assert again.session.network == timeline.session.network


def test_what_was_replayed_for_a_save_is_known_for_the_next(
    document: Document, player: Player
) -> None:
    edited(document, player)
    timeline = document.timeline
    timeline.checkpoints.sessions = {0: timeline.checkpoints.sessions[0]}
    made = Encoding(timeline, limit=4000)
    in_slices(made)
    assert made.notice != LEFT_OUT
    made.teach(timeline)
    assert set(timeline.checkpoints.sessions) > {0}


def test_a_save_given_up_leaves_the_old_file_whole(
    document: Document, player: Player, tmp_path: Path
) -> None:
    edited(document, player)
    path = tmp_path / "s.bpviz.json"
    document.save(path)
    before = path.read_bytes()
    document.push(verbs.set_text(document.session, "title", "Another"))
    writing = Writing(document.begin_save(), path)
    while not writing.waits:
        assert path.read_bytes() == before
        writing.work(always)
    writing.cancel()
    assert path.read_bytes() in (before, document.encoded())
    assert list(tmp_path.iterdir()) == [path], "nothing half written lies beside it"


def test_one_given_up_before_the_last_moment_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    answers = iter((True, True, False))
    with pytest.raises(InterruptedError):
        atomic_write(path, [b"one", b"two"], lambda: next(answers))
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_the_document_is_clean_once_written_and_dirty_after_edits_meanwhile(
    document: Document, player: Player, tmp_path: Path
) -> None:
    edited(document, player)
    made = document.begin_save()
    writing = Writing(made, tmp_path / "s.bpviz.json")
    in_slices(writing)
    writing.result()
    document.on_saved(writing.path, made)
    assert not document.dirty
    made = document.begin_save()
    document.push(verbs.set_text(document.session, "title", "Later"))
    document.on_saved(writing.path, made)
    assert document.dirty
    stale = document.begin_save()
    document.new(
        Session(**{f: getattr(document.session, f) for f in ("network", "data", "training")})
    )
    document.on_saved(writing.path, stale)
    assert document.path is None, "another session was opened meanwhile"
