"""What the program starts with."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from bpviz.app import create_window, open_first
from bpviz.model.session import encode_session, load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import resource_path

S5 = resource_path("lessons", "S5.bpviz.json")


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    """Return a window on the session the program starts with."""
    made = create_window()
    qtbot.addWidget(made)
    return made


def test_a_lesson_opens_as_an_untitled_copy(window: MainWindow) -> None:
    open_first(window, S5)
    lesson = load_session(S5)
    # What lies before and ahead of the position is the timeline's.
    held = msgspec.structs.replace(window.document.session, history=lesson.history)
    assert held == lesson
    assert window.document.encoded() == encode_session(lesson)
    assert window.document.path is None
    assert window.settings.recent_files() == ()


def test_a_lesson_is_known_by_its_place(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(S5.parent)
    open_first(window, Path(S5.name))
    assert window.document.path is None
    mine = Path(shutil.copy(S5, tmp_path))
    open_first(window, mine)
    assert window.document.path == mine
    assert window.settings.recent_files() == (mine,)


def test_a_window_is_hidden_quietly_when_its_drawing_ended_first(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    made = create_window()
    made.show()
    qtbot.waitExposed(made)
    delete(made.scene)
    delete(made)
    assert not caplog.text
