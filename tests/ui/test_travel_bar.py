"""A long way along the history in the window: seen as it goes, given up by Esc and by button."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from bpviz.document import travel
from bpviz.document.checkpoints import Checkpoints
from bpviz.model.schema import Lesson, Page
from bpviz.ui.main_window import MainWindow

from .conftest import named


@pytest.mark.parametrize("by_key", [True, False])
def test_a_long_way_shows_a_bar_and_can_be_given_up(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, by_key: bool
) -> None:
    document = window.document
    start = document.session
    document.timeline.advance(4000)
    document.publish("Train")
    document.timeline.checkpoints = Checkpoints()
    document.timeline.checkpoints.sessions[0] = start
    monkeypatch.setattr(travel, "AT_ONCE", 0.0)
    monkeypatch.setattr(travel, "SLICE", 0.0)
    bar = named(window, "travel.bar", QProgressBar)
    assert not bar.isVisible()
    window.player.seek(3900)
    assert bar.isVisible()
    qtbot.waitUntil(lambda: bar.value() > 0)  # type: ignore[attr-defined]
    if by_key:
        QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    else:
        QTest.mouseClick(named(window, "travel.cancel", QPushButton), Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert window.player.iteration == 4000


def test_a_page_far_off_is_trained_for_with_the_bar(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = (
        Page("Here", position=(0, 0), overlay="gradients"),
        Page("Far", position=(0, 1500), overlay="weights", selection=("h1",)),
    )
    window.document.new(msgspec.structs.replace(window.document.session, lesson=Lesson(pages)))
    monkeypatch.setattr(travel, "AT_ONCE", 0.0)
    monkeypatch.setattr(travel, "SLICE", 0.0)
    bar = named(window, "travel.bar", QProgressBar)
    for give_up in (True, False):
        QTest.keyClick(window, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: bar.value() > 0)  # type: ignore[attr-defined]
        assert window.player.last_iteration == 0
        if give_up:
            QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
            assert not bar.isVisible()
            assert (window.player.last_iteration, window.scene.overlay) == (0, "gradients")
            window.lesson_commands.turn_to(0)
            monkeypatch.setattr(travel, "SLICE", 0.015)
    qtbot.waitUntil(lambda: not window.player.travel.busy)
    assert (window.player.iteration, window.scene.overlay) == (1500, "weights")
    assert window.scene.selected_nodes() == ["h1"]
    assert not window.document.dirty
