"""What is not saved outlives a program that is ended by force."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from bpviz.app import keep_recovery
from bpviz.document.autosave import Autosave, left_behind
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.session import decode_session, encode_session
from bpviz.model.verbs import set_text
from bpviz.ui.main_window import MainWindow

DIE = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QObject
from bpviz.document.autosave import Autosave
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.session import load_session
from bpviz.model.verbs import set_text
application = QCoreApplication([])
document = Document(load_session(sys.argv[1]))
parent = QObject()
autosave = Autosave(document, Player(document), Path(sys.argv[2]), parent)
document.push(set_text(document.session, "title", "Half done"))
autosave.write(at_once=True)
os._exit(1)
"""


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of recovery files, empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "bpviz" / "recovery"


@pytest.fixture
def autosave(document: Document, player: Player, folder: Path) -> Autosave:
    """An autosave of `document`."""
    return Autosave(document, player, folder, document)


def change(document: Document, title: str = "Changed") -> None:
    """Give the session another title."""
    document.push(set_text(document.session, "title", title))


def die_unsaved(document: Document, folder: Path, tmp_path: Path) -> None:
    """Let another process change a session, write a recovery file and end by force."""
    path = tmp_path / "session.json"
    path.write_bytes(encode_session(document.session))
    done = subprocess.run([sys.executable, "-c", DIE, str(path), str(folder)], check=False)
    assert done.returncode == 1


def test_what_is_unsaved_is_written_and_goes_once_saved(
    document: Document, autosave: Autosave, tmp_path: Path
) -> None:
    autosave.write(at_once=True)
    assert not autosave.path.exists()
    change(document)
    autosave.write(at_once=True)
    assert decode_session(autosave.path.read_bytes()).session.title == "Changed"
    assert left_behind(autosave.path.parent) == [], "its program still runs"
    document.save(tmp_path / "saved.bpviz.json")
    assert not autosave.path.exists()
    assert not list(autosave.path.parent.iterdir())


def test_it_is_written_by_itself_some_seconds_after_a_change(
    document: Document, autosave: Autosave, qtbot: QtBot
) -> None:
    autosave._timer.setInterval(10)
    change(document)
    qtbot.waitUntil(autosave.path.exists)
    autosave.end()
    assert not autosave.path.exists()


def test_during_a_run_nothing_is_written(
    document: Document, player: Player, autosave: Autosave
) -> None:
    change(document)
    player.run()
    autosave.write(at_once=True)
    assert not autosave.path.exists()
    player.pause()
    autosave.write(at_once=True)
    assert autosave.path.exists()
    autosave.end()


def test_a_full_disk_is_no_reason_to_stop_working(
    document: Document, player: Player, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    autosave = Autosave(document, player, blocked / "recovery", document)
    change(document)
    autosave.write(at_once=True)
    assert not autosave.path.exists()
    change(document, "And on")
    assert document.session.title == "And on"
    autosave.end()


def offered(window: MainWindow) -> QMessageBox | None:
    """Return the dialog that offers a recovery file."""
    return window.findChild(QMessageBox, "recovery")


def test_the_next_start_restores_what_was_not_saved(
    window: MainWindow, folder: Path, tmp_path: Path
) -> None:
    die_unsaved(window.document, folder, tmp_path)
    (left,) = left_behind(folder)
    autosave = keep_recovery(window)
    box = offered(window)
    assert box is not None
    assert "Half done" in box.text()
    button = box.button(QMessageBox.StandardButton.Open)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.document.session.title == "Half done"
    assert window.document.dirty, "closing must ask"
    assert window.document.path is None
    assert autosave.path.exists()
    assert not left.exists()
    autosave.end()


def test_discarded_it_is_gone_and_later_it_is_asked_again(
    window: MainWindow, folder: Path, tmp_path: Path
) -> None:
    die_unsaved(window.document, folder, tmp_path)
    before = window.document.session
    for answer, stays in (
        (QMessageBox.StandardButton.Cancel, True),
        (QMessageBox.StandardButton.Discard, False),
    ):
        autosave = keep_recovery(window)
        box = offered(window)
        assert box is not None
        QTest.mouseClick(box.button(answer), Qt.MouseButton.LeftButton)
        box.deleteLater()
        box.setObjectName("")
        assert bool(left_behind(folder)) is stays
        autosave.end()
    keep_recovery(window).end()
    assert offered(window) is None
    assert window.document.session is before


def test_a_file_that_is_no_session_is_left_alone(window: MainWindow, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "other.bpviz.json").write_text("{}")
    keep_recovery(window).end()
    assert offered(window) is None
    assert (folder / "other.bpviz.json").exists()
