from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QTabBar, QToolButton

from bpviz.app import start_session
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.step_line import fitted
from bpviz.ui.style import THEMES, resource_path
from tests.ui.conftest import close_for_good

Opener = Callable[[Session | None], MainWindow]


def tab_bars(window: MainWindow) -> list[QTabBar]:
    return [
        bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.parent() is window
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_the_name_of_every_tab_is_whole(window: MainWindow, theme: str) -> None:
    window.view.set_theme(theme)
    window.resize(1440, 900)
    QApplication.processEvents()
    bars = tab_bars(window)
    assert sorted(bar.count() for bar in bars) == [5, 6]
    for bar in bars:
        for index in range(bar.count()):
            bar.setCurrentIndex(index)
            QApplication.processEvents()
            room, text = bar.tabRect(index), bar.tabText(index)
            assert bar.rect().contains(room), text
            assert room.width() >= bar.fontMetrics().horizontalAdvance(text) + 8, text
        assert not any(button.isVisible() for button in bar.findChildren(QToolButton))


def test_the_drawing_has_most_of_the_height(window: MainWindow) -> None:
    window.resize(1440, 900)
    QApplication.processEvents()
    assert window.canvas.height() >= 510
    assert window.canvas.width() >= 750
    assert window.loss_plot.height() >= 120


def test_a_session_without_pages_is_explained(open_window: Opener, session: Session) -> None:
    lesson = load_session(resource_path("lessons", "T1_xor.bpviz.json"))
    first = open_window(lesson)
    docks = first.workspace.docks
    panels = first.workspace.panels
    assert panels["lesson"].is_seen
    first.document.new(session)
    QApplication.processEvents()
    assert panels["explain"].is_seen
    assert not panels["lesson"].is_seen
    first.document.new(lesson)
    QApplication.processEvents()
    assert panels["lesson"].is_seen
    docks["statistics"].raise_()
    first.document.new(session)
    QApplication.processEvents()
    assert panels["statistics"].is_seen  # what somebody looks at stays


def test_a_start_does_not_show_the_empty_place_of_a_lesson(open_window: Opener) -> None:
    first = open_window(load_session(resource_path("lessons", "T1_xor.bpviz.json")))
    close_for_good(first)
    second = open_window(start_session())
    QApplication.processEvents()
    assert second.workspace.panels["explain"].is_seen
    assert not second.workspace.panels["lesson"].is_seen


def test_panels_behind_others_do_nothing_until_they_are_seen(
    open_window: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    refresh = Panel.follow_structure

    def followed(panel: Panel) -> None:
        refresh(panel)
        if panel.is_seen:
            made.append(type(panel).__name__)

    monkeypatch.setattr(Panel, "follow_structure", followed)
    window = open_window(start_session())
    derivation = window.workspace.analysis.derivation
    assert derivation.view.derivation is None
    assert "DerivationPanel" not in made
    action = window.findChild(QAction, "view.front_derivation")
    assert action is not None
    action.trigger()
    QApplication.processEvents()
    assert derivation.view.derivation is not None


def test_a_cut_sentence_keeps_what_comes_out(window: MainWindow) -> None:
    metrics = window.fontMetrics()
    text = "The loss: " + " + ".join(["0.5·0.125"] * 30) + " = 0.002637"
    cut = fitted(text, metrics, 300, 2)
    assert cut.endswith(" … = 0.002637")
    box = metrics.boundingRect(QRect(0, 0, 300, 999), 0x1000, cut)
    assert box.height() <= 2 * metrics.lineSpacing() + 1
    longer = [fitted(text, metrics, width, 2) for width in (300, 500, 700)]
    assert all(len(a) < len(b) for a, b in pairwise(longer))
    assert fitted("word " * 99 + "end", metrics, 300, 2).endswith("word …")
