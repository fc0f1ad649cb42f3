"""A long way along the history in the window: seen as it goes, given up by Esc and by button."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from bpviz.document import travel
from bpviz.document.checkpoints import Checkpoints
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
