"""The letter of the loss is the session's own in plots and tables too."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from bpviz.model.schema import Notation
from bpviz.model.verbs import set_notation
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.statistics_panel import StatisticsPanel

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")


def keys_of(window: MainWindow) -> str:
    labels = window.workspace.gradient_panel.heading.findChildren(QLabel)
    return " ".join(label.text() for label in labels)


def test_the_letter_of_the_loss_reaches_plots_and_tables(window: MainWindow) -> None:
    assert "‖∂E/∂W‖" in keys_of(window)
    document = window.document
    document.push(set_notation(document.session, Notation(loss_symbol="C")))
    assert "‖∂C/∂W‖" in keys_of(window)
    assert "∂E" not in keys_of(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    statistics = window.workspace.panels["statistics"]
    assert isinstance(statistics, StatisticsPanel)
    window.workspace.bring_to_front("statistics")
    assert statistics.table.heading[-2:] == ("‖∂C/∂W‖", "‖ΔW‖/‖W‖")
    window.commands["view.front_explain"].trigger()
    window.scene.select([], ["h1->y1"])
    window.commands["run.why"].trigger()
    causes = window.workspace.explain_panel.causes
    assert causes.isVisible()
    assert causes.table.heading[1] == "in ∂C/∂w"
    document.undo()
    assert window.player.notation == Notation()
    assert "‖∂E/∂W‖" in keys_of(window)
