"""Letters edit the drawing only where it has the focus; elsewhere they belong to what has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from bpviz.model.checks import MAX_TEXT
from bpviz.model.session import encode_session
from bpviz.ui.actions import ACTIONS
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.training_panel import TrainingPanel
from tests.ui.canvas_hands import nodes
from tests.ui.conftest import NO_RAISE

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)
SHIFT = Qt.KeyboardModifier.ShiftModifier
# What letters are written into, and so may change the session.
WRITTEN = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
LETTERS = sorted(
    {row.key.rpartition("+")[2] for row in ACTIONS if row.key.removeprefix("Shift+").isalpha()}
    - {key for row in ACTIONS if len(key := row.key.removeprefix("Shift+")) > 1}
)


def focusable(window: MainWindow) -> Iterator[QWidget]:
    """Yield every widget that takes the keys, but for the drawing and what lies over it."""
    frame = window.workspace.canvas_frame
    for widget in window.findChildren(QWidget):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isEnabled()
        if takes and widget.isVisible() and not frame.isAncestorOf(widget):
            yield widget


def structure(window: MainWindow) -> tuple[object, ...]:
    network = window.document.session.network
    return ([node.id for node in network.nodes], [e.name for e in network.edges], network.outputs)


def test_no_letter_edits_the_drawing_from_a_panel(window: MainWindow) -> None:
    assert {"N", "M", "A"} <= set(LETTERS)
    window.scene.select(["h1"], ["x1->h1"])
    start = structure(window)
    tried: list[QWidget] = []
    groups = window.workspace.analysis.groups.values()
    parts = [name for group in groups for name in group.panels]
    for name in (*window.workspace.docks, *parts):
        window.workspace.bring_to_front(name)
        QApplication.processEvents()
        for widget in list(focusable(window)):
            widget.setFocus()  # what was typed into the field before is taken
            before = encode_session(window.document.session)
            if QApplication.focusWidget() is not widget or widget in tried:
                continue
            tried.append(widget)
            for letter in LETTERS:
                QTest.keyClicks(widget, letter.lower())
                QTest.keyClicks(widget, letter, SHIFT)
            assert structure(window) == start, (name, widget)
            chosen = isinstance(widget, (*WRITTEN, QComboBox))
            assert chosen or encode_session(window.document.session) == before, (name, widget)
            if isinstance(widget, QAbstractItemView):
                QTest.keyClick(widget, Qt.Key.Key_Escape)
    assert len({type(widget) for widget in tried}) >= 8
    assert len(nodes(window)) == 5


def test_a_letter_chooses_what_begins_so(window: MainWindow) -> None:
    panel = window.workspace.panels["training"]
    assert isinstance(panel, TrainingPanel)
    box = next(each for each in panel.findChildren(QComboBox) if each.currentText() == "SGD")
    box.setFocus()
    QTest.keyClicks(box, "m")
    assert window.document.session.training.optimizer.name == "momentum"
    assert len(nodes(window)) == 5
    window.canvas.setFocus()
    QTest.keyClicks(window.canvas, "n")
    assert len(nodes(window)) == 6, "on the drawing the letter adds a unit"


@pytest.mark.parametrize("name", ["notes.title", "inspector.label"])
def test_no_name_is_typed_that_is_too_long_to_be_saved(window: MainWindow, name: str) -> None:
    window.scene.select(["h1"], [])
    window.workspace.bring_to_front("notes")
    field = window.findChild(QLineEdit, name)
    assert field is not None
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "long name " * 25)
    QTest.keyClick(field, Qt.Key.Key_Return)
    window.canvas.setFocus()
    assert len(field.text()) == MAX_TEXT
    encode_session(window.document.session)
