"""Files are written and read beside the window: seen, given up, never half, closing waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Loaded
from bpviz.model.session import load_session, read_session
from bpviz.model.verbs import set_text
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels import file_bar


@pytest.fixture(autouse=True)
def _nothing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every work on a file need a second slice."""
    monkeypatch.setattr(file_bar, "time_over", lambda _seconds: lambda: True)


def retitle(window: MainWindow, title: str) -> None:
    """Change the session."""
    window.document.push(set_text(window.document.session, "title", title))


def begin_save(window: MainWindow, path: Path) -> None:
    """Save to `path`, and stand in the middle of it."""
    window.files._save(path, None)
    assert window.files.bar.busy
    assert window.files.bar.isVisible()


def test_a_save_is_seen_and_ends_by_itself(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    retitle(window, "First")
    begin_save(window, path)
    assert "Saving a.bpviz.json" in window.files.bar.bar.format()
    assert not path.exists()
    qtbot.waitUntil(lambda: not window.files.bar.busy)
    assert load_session(path).title == "First"
    assert not window.document.dirty
    assert not window.files.bar.isVisible()


@pytest.mark.parametrize("by_key", [True, False])
def test_given_up_the_old_file_is_whole(
    window: MainWindow, tmp_path: Path, *, by_key: bool
) -> None:
    path = tmp_path / "a.bpviz.json"
    window.document.save(path)
    old = path.read_bytes()
    retitle(window, "Second")
    begin_save(window, path)
    if by_key:
        QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    else:
        QTest.mouseClick(window.files.bar.cancel_button, Qt.MouseButton.LeftButton)
    assert not window.files.bar.busy
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (old, [path])
    assert window.document.dirty


def test_a_second_save_takes_the_place_of_the_first(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    retitle(window, "First")
    begin_save(window, path)
    retitle(window, "Second")
    begin_save(window, path)
    qtbot.waitUntil(lambda: not window.files.bar.busy)
    assert load_session(path).title == "Second"
    assert not window.document.dirty


def test_what_is_edited_meanwhile_is_still_to_be_saved(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    retitle(window, "First")
    begin_save(window, path)
    retitle(window, "Second")
    qtbot.waitUntil(lambda: not window.files.bar.busy)
    assert load_session(path).title == "First"
    assert window.document.dirty


def test_closing_waits_for_the_save(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "a.bpviz.json"
    retitle(window, "First")
    begin_save(window, path)
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert load_session(path).title == "First"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What lets files be read on: until it is set, reading takes for ever."""
    go_on = threading.Event()

    def read(path: Path) -> Loaded:
        go_on.wait()
        return read_session(path)

    monkeypatch.setattr("bpviz.document.reading.read_session", read)
    yield go_on
    go_on.set()


def test_what_is_open_stays_until_the_other_is_whole(
    window: MainWindow, tmp_path: Path, slow: threading.Event, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    retitle(window, "Other")
    window.document.save(path)
    window.document.new(window.document.session)
    retitle(window, "Here")
    window.document.save(tmp_path / "here.bpviz.json")
    window.files.open_path(path)
    assert window.document.session.title == "Here"
    assert "Opening a.bpviz.json" in window.files.bar.bar.format()
    slow.set()
    qtbot.waitUntil(lambda: not window.files.bar.busy)
    assert window.document.session.title == "Other"


def test_edits_while_a_file_is_read_are_asked_about(
    window: MainWindow, tmp_path: Path, slow: threading.Event, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    window.document.save(path)
    window.files.open_path(path)
    retitle(window, "Here")
    slow.set()
    qtbot.waitUntil(lambda: not window.files.bar.busy)
    box = window.findChild(QMessageBox, "unsaved")
    assert box is not None
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert window.document.session.title == "Here"


def test_an_opening_given_up_changes_nothing(
    window: MainWindow, tmp_path: Path, slow: threading.Event, qtbot: QtBot
) -> None:
    path = tmp_path / "a.bpviz.json"
    window.document.save(path)
    shown = window.document.session
    window.files.open_path(path)
    window.files.bar.cancel()
    assert not window.files.bar.busy
    slow.set()
    qtbot.waitUntil(lambda: all(not each.busy for each in window.files.bar.under_way()))
    assert window.document.session is shown
