"""The size of texts for a projector: menu, keys, panels, and the next start."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from tests.ui.conftest import NO_RAISE, close_for_good

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


def test_formulas_panels_and_header_grow_and_shrink_again(window: MainWindow, qtbot: QtBot) -> None:
    window.player.step_forward("neuron")
    window.player.step_forward("neuron")
    panel = window.workspace.explain_panel
    label = next(each for each in panel.findChildren(QLabel) if each.text() == panel.sentence)
    before = (panel.formula.type_size, label.fontMetrics().height())
    dock = window.workspace.docks["explain"]
    width = dock.width()
    window.commands["view.scale_150"].trigger()
    assert panel.formula.type_size == round(1.5 * before[0])
    assert label.fontMetrics().height() > 1.35 * before[1]
    qtbot.waitUntil(lambda: dock.width() > width)
    assert panel.formula.page.width <= panel.formula.width()
    window.commands["view.scale_100"].trigger()
    assert (panel.formula.type_size, label.fontMetrics().height()) == before


def test_keys_go_from_size_to_size(window: MainWindow) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    assert not window.commands["view.smaller"].isEnabled()
    for percent in (125, 150, 200):
        QTest.keyClick(window, Qt.Key.Key_Plus, both)
        assert window.commands[f"view.scale_{percent}"].isChecked()
    assert not window.commands["view.larger"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Minus, both)
    assert window.settings.number("scale") == 150


def test_the_size_lasts_until_the_next_start(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    first = open_window(session)
    first.commands["view.scale_125"].trigger()
    close_for_good(first)
    second = open_window(session)
    assert second.commands["view.scale_125"].isChecked()
    assert second.workspace.explain_panel.formula.type_size == round(1.25 * 17)


@pytest.mark.parametrize("name", ["explain", "derivation", "paths", "matrices", "conventions"])
def test_no_formula_is_cut_at_the_projectors_size(window: MainWindow, name: str) -> None:
    window.resize(1440, 900)
    window.commands["view.scale_150"].trigger()
    window.commands[f"view.front_{name}"].trigger()
    for _ in range(len(window.player.frames or ())):
        window.player.step_forward("neuron")
        analysis = window.workspace.analysis
        view = {
            "explain": window.workspace.explain_panel.formula,
            "derivation": analysis.derivation.view,
            "paths": analysis.paths.view,
            "matrices": analysis.matrices.view,
        }.get(name)
        assert view is None or view.page.width <= view.width()
