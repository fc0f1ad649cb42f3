"""How many bytes a history takes is told without writing it, and never told too few."""

from __future__ import annotations

import msgspec
import pytest

from bpviz.document.bookmarks import Bookmarks
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.saving import _most_bytes, encode_with_history
from bpviz.model import history as written
from bpviz.model import verbs
from bpviz.model.pages import add_page, set_pages
from bpviz.model.schema import Notation, Page
from bpviz.model.session import decode_session


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


def test_it_is_never_told_smaller_than_it_gets(document: Document, player: Player) -> None:
    for full in (False, True):
        if full:
            edited(document, player)
        history = document.timeline.history
        size = len(msgspec.json.encode(written.save_history(history)))
        assert size <= _most_bytes(history) < 2 * size + 1000


def test_a_history_that_surely_fits_is_written_once(
    document: Document, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(document, player)
    times: list[int] = []
    plain = written.save_history

    def counted(history: written.History) -> object:
        times.append(len(history.entries))
        return plain(history)

    monkeypatch.setattr("bpviz.document.saving.save_history", counted)
    data, notice = encode_with_history(document.timeline)
    assert (len(times), notice) == (1, "")
    saved = decode_session(data).session.history
    assert not isinstance(saved, msgspec.UnsetType)
    assert len(saved.entries) == len(document.timeline.line)
