"""New random weights: one edit, from a seed, and what is fixed stays."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLineEdit, QMessageBox

from bpviz.engine.initialise import INITIALISERS, initial_weights
from bpviz.model.verbs import set_edge
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.reinitialise_dialog import NAMES, WITHOUT_SEED, ReinitialiseDialog

from .conftest import named


def choose(window: MainWindow, how: str, **fields: str) -> None:
    """Re-initialise by keyboard; `fields` are typed into the dialog's fields."""
    QTest.keyClick(window.canvas, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    dialog = named(window, "reinitialise")
    assert isinstance(dialog, ReinitialiseDialog)
    choice = named(dialog, "reinitialise.how")
    assert isinstance(choice, Choice)
    choice.setFocus()
    QTest.keyClick(choice, Qt.Key.Key_Home)
    for _ in range(list(INITIALISERS).index(how)):
        QTest.keyClick(choice, Qt.Key.Key_Down)
    assert choice.currentData() == how
    for name, text in fields.items():
        field = named(dialog, f"reinitialise.{name}")
        assert isinstance(field, QLineEdit)
        assert field.isVisible()
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    QTest.mouseClick(box.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def weights(window: MainWindow) -> dict[str, float]:
    return {edge.name: edge.weight for edge in window.document.session.network.edges}


@pytest.mark.parametrize("how", sorted(set(INITIALISERS) - WITHOUT_SEED))
def test_weights_are_drawn_anew_as_one_edit(window: MainWindow, how: str) -> None:
    before = window.document.session
    choose(window, how, seed="41")
    assert weights(window) == initial_weights(before.network, how, 41)
    assert {node.bias for node in window.document.session.network.units} == {0.0}
    assert window.document.undo_label == "Re-initialise"
    window.document.undo()
    assert window.document.session == before


def test_what_is_fixed_stays(window: MainWindow) -> None:
    window.document.push(set_edge(window.document.session, ["x1->h1"], "trainable", False))
    choose(window, "constant", constant="-0.25")
    found = weights(window)
    assert found.pop("x1->h1") == 0.5
    assert set(found.values()) == {-0.25}


def test_zeros_twice_change_nothing_and_say_so(window: MainWindow) -> None:
    choose(window, "zeros")
    assert set(weights(window).values()) == {0.0}
    choose(window, "zeros")
    (box,) = (each for each in window.findChildren(QMessageBox) if each.isVisible())
    assert "Nothing changes" in box.text()
    QTest.keyClick(box, Qt.Key.Key_Escape)


def test_every_initialiser_has_a_name() -> None:
    assert list(NAMES) == list(INITIALISERS)
