"""The document: files, the mark for unsaved changes, and what is told to whom."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.files import FormatError
from bpviz.model.session import encode_session, load_session, save_session
from tests.document.examples import xor_session


def _push(document: Document, value: float) -> None:
    document.push(verbs.set_edge(document.session, ["x1->h1_1"], "weight", value))


def test_saving_and_opening_keeps_session_history_and_position(
    document: Document, tmp_path: Path
) -> None:
    player = Player(document)
    first = encode_session(document.session)
    _push(document, 1.0)
    for _ in range(5):
        player.step_iteration()
    document.save(tmp_path / "a.bpviz.json")
    assert not document.dirty
    other = Document(xor_session())
    other.open(tmp_path / "a.bpviz.json")
    assert other.session.network == document.session.network
    assert other.session.progress.iteration == 5
    other.undo()
    other.undo()
    assert encode_session(other.session) == first
    other.redo()
    other.redo()
    assert other.session.network == document.session.network


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b'{"format":"x"}'])
def test_a_file_that_cannot_be_opened_changes_nothing(
    document: Document, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "bad.bpviz.json"
    path.write_bytes(content)
    _push(document, 1.0)
    before = document.session
    with pytest.raises(FormatError):
        document.open(path)
    assert document.session is before
    assert document.dirty
    assert document.path is None


def test_a_save_that_fails_keeps_file_and_mark(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bpviz.json"
    save_session(xor_session(), path)
    _push(document, 1.0)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        document.save(path)
    assert document.dirty
    assert document.path is None
    assert load_session(path) == xor_session()


def test_undo_back_to_the_saved_state_is_clean_and_a_new_edit_is_not(
    document: Document, tmp_path: Path
) -> None:
    _push(document, 1.0)
    document.save(tmp_path / "a.bpviz.json")
    _push(document, 2.0)
    assert document.dirty
    document.undo()
    assert not document.dirty
    document.undo()
    assert document.dirty
    _push(document, 1.0)
    assert document.dirty


def test_a_dropped_history_is_told(document: Document, tmp_path: Path) -> None:
    _push(document, 1.0)
    path = tmp_path / "a.bpviz.json"
    document.save(path)
    weight = b'"weight":1.0'
    assert weight in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(weight, b'"weight":3.0', 1))
    told: list[str] = []
    document.noticed.connect(told.append)
    document.open(path)
    assert told
    assert told[0].startswith("history: ")
    assert not document.can_undo


def test_an_edit_in_the_past_keeps_the_tail_as_a_run_to_go_back_to(
    document: Document, tmp_path: Path
) -> None:
    player = Player(document)
    for _ in range(10):
        player.step_iteration()
    end = document.session
    player.seek(4)
    _push(document, 2.0)
    assert [run.name for run in document.runs] == ["Run 1"]
    assert document.active_run == "Run 2"
    assert document.runs[0].curve.iteration[-1] == 10
    other = document.session
    document.save(tmp_path / "a.bpviz.json")
    assert b'"runs"' not in (tmp_path / "a.bpviz.json").read_bytes()
    document.keep_run(0, "before the edit")
    assert document.dirty
    document.save(tmp_path / "a.bpviz.json")
    assert not document.dirty
    document.switch_run(0)
    assert document.session.network == end.network
    assert document.active_run == "before the edit"
    assert document.dirty
    assert not document.undo_label.startswith("Switch")
    document.switch_run(0)
    assert document.session.network == other.network
    reopened = Document(xor_session())
    reopened.open(tmp_path / "a.bpviz.json")
    assert [run.name for run in reopened.runs] == ["before the edit"]
    reopened.switch_run(0)
    assert reopened.session.network == end.network


def test_at_most_eight_runs_are_kept(document: Document) -> None:
    player = Player(document)
    for number in range(12):
        player.step_iteration()
        player.seek(0)
        _push(document, float(number + 1))
    assert len(document.runs) == 7
    assert len({run.name for run in document.runs} | {document.active_run}) == 8


def test_a_history_of_a_kernel_that_is_not_here_opens_and_replays(
    document: Document, tmp_path: Path
) -> None:
    player = Player(document)
    for _ in range(5):
        player.step_iteration()
    path = tmp_path / "a.bpviz.json"
    document.save(path)
    path.write_bytes(path.read_bytes().replace(b'"kernel":"numpy"', b'"kernel":"numba"'))
    reopened = Document(xor_session())
    reopened.open(path)
    assert reopened.can_undo
    reopened.undo()
    reopened.redo()
    for mine, other in zip(
        reopened.session.network.edges, document.session.network.edges, strict=True
    ):
        assert mine.weight == pytest.approx(other.weight, rel=1e-12)
    path.write_bytes(path.read_bytes().replace(b'"kernel":"numba"', b'"kernel":"abacus"'))
    told: list[str] = []
    reopened.noticed.connect(told.append)
    reopened.open(path)
    assert told
    assert not reopened.can_undo
