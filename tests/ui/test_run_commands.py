"""The Run menu: keys of the player, speed, and the dialog that lets a run stop by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.settings import Settings

from .conftest import NO_RAISE, named, type_into

Opener = Callable[[Session | None], MainWindow]
Key = Qt.Key


def test_home_and_end_go_along_the_history(window: MainWindow) -> None:
    player, canvas = window.player, window.canvas
    for _ in range(4):
        QTest.keyClick(canvas, Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(canvas, Key.Key_Home)
    assert player.iteration == 0
    QTest.keyClick(canvas, Key.Key_End)
    assert player.iteration == 4


def test_a_clicker_steps_but_scrolls_a_text_that_is_written(
    window: MainWindow, qtbot: QtBot
) -> None:
    player = window.player
    QTest.keyClick(window.canvas, Key.Key_PageDown)
    QTest.keyClick(window.canvas, Key.Key_PageDown)
    assert player.frame_index == 1
    QTest.keyClick(window.canvas, Key.Key_PageUp)
    assert player.frame_index == 0
    window.workspace.docks["notes"].raise_()
    notes = named(window, "notes.reader")
    notes.setFocus()
    qtbot.waitUntil(notes.hasFocus)
    QTest.keyClick(notes, Key.Key_PageDown)
    assert player.frame_index == 1
    QTest.keyClick(notes, Key.Key_PageUp)
    pencil = named(window, "notes.edit")
    QTest.mouseClick(pencil, Qt.MouseButton.LeftButton)
    editor = named(window, "notes.editor")
    qtbot.waitUntil(editor.hasFocus)
    QTest.keyClick(editor, Key.Key_PageDown)
    assert player.frame_index == 0


@pytest.mark.parametrize(
    ("key", "grain"),
    list(enumerate(("term", "neuron", "layer", "phase", "iteration", "epoch"), 1)),
)
def test_numbers_choose_the_grain(window: MainWindow, key: int, grain: str) -> None:
    QTest.keyClicks(window.canvas, str(key))
    assert window.player.grain == grain
    button = named(window, f"button.run.grain_{grain}")
    assert isinstance(button, QToolButton)
    assert button.isChecked()


def test_slow_play_shows_steps_and_the_button_pauses_it(window: MainWindow, qtbot: QtBot) -> None:
    window.commands["run.speed_30"].trigger()
    run = named(window, "button.run.toggle")
    assert isinstance(run, QToolButton)
    QTest.mouseClick(run, Qt.MouseButton.LeftButton)
    assert window.commands["run.toggle"].text() == "&Pause"
    qtbot.waitUntil(lambda: window.player.frame_index >= 2)
    assert window.player.frame is not None
    assert not window.player.running
    QTest.keyClick(window.canvas, Key.Key_Space)
    assert not window.player.playing
    assert window.commands["run.toggle"].text() == "&Run"
    shown = window.player.frame_index
    QTest.qWait(80)
    assert window.player.frame_index == shown


def test_speed_is_chosen_by_key_and_remembered(open_window: Opener, session: Session) -> None:
    first = open_window(session)
    button = named(first, "button.speed")
    assert isinstance(button, QToolButton)
    assert button.text() == "Max"
    QTest.keyClicks(first.canvas, "[[[[")
    assert first.player.speed == 10.0
    assert button.text() == "10 /s"
    QTest.keyClicks(first.canvas, "]")
    assert Settings().text("speed") == "30"
    for _ in range(10):
        QTest.keyClicks(first.canvas, "[")
    assert first.player.speed == 0.2
    second = open_window(session)
    assert second.player.speed == 0.2


def until(window: MainWindow) -> QDialog:
    assert window.commands["run.until"].shortcut() == QKeySequence("Shift+Space")
    window.commands["run.until"].trigger()
    dialog = named(window, "until")
    assert isinstance(dialog, QDialog)
    return dialog


def test_run_until_stops_says_why_and_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    dialog = until(window)
    for name in ("epochs", "iterations"):
        box = named(dialog, f"until.{name}")
        assert isinstance(box, QCheckBox)
        box.click()
    number = named(dialog, "until.iterations.number")
    assert isinstance(number, QLineEdit)
    assert number.isEnabled()
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "12")
    run = named(dialog, "until.run")
    assert isinstance(run, QPushButton)
    QTest.mouseClick(run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.player.iteration == 12)
    qtbot.waitUntil(lambda: not window.player.playing)
    assert "12 iterations are done" in window.workspace.step_line.sentence
    again = until(window)
    box = named(again, "until.iterations")
    assert isinstance(box, QCheckBox)
    assert box.isChecked()
    again.reject()


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_run_until_nothing_can_not_be_asked_for(window: MainWindow) -> None:
    dialog = until(window)
    box, run = named(dialog, "until.epochs"), named(dialog, "until.run")
    assert isinstance(box, QCheckBox)
    assert run.isEnabled()
    box.click()
    assert not run.isEnabled()
    box.click()
    QApplication.processEvents()
    field = named(dialog, "until.epochs.number")
    type_into(field, "-3")
    assert window.player.iteration == 0
    dialog.reject()
