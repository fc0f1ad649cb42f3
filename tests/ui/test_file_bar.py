"""Files are written beside the window: seen, given up, never half, closing waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bpviz.model.session import load_session
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
