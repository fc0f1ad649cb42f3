"""A lesson of one's own, with keys and mouse alone: written, saved, opened and walked."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.page_editor import PageEditor
from tests.ui.conftest import NO_RAISE, type_into

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def write(editor: PageEditor, title: str, text: str) -> None:
    type_into(editor.title, title)
    click(editor.text.viewport())
    QTest.keyClick(editor.text, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(editor.text, text)
    QTest.keyClick(editor.text, Qt.Key.Key_Tab)


def put_figure(editor: PageEditor, row: int, quantity: str, printed: str) -> None:
    for column, words in enumerate((quantity, printed)):
        table = editor.figures
        item = table.item(row, column)
        assert item is not None
        place = table.visualItemRect(item).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.keyClick(table, Qt.Key.Key_F2)
        field = QApplication.focusWidget()
        assert field is not None
        assert field is not table
        QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
        QTest.keyClicks(field, words)
        QTest.keyClick(field, Qt.Key.Key_Return)


def choose_panel(editor: PageEditor, words: str) -> None:
    editor.panel.setFocus()
    for _ in range(editor.panel.findText(words) - editor.panel.currentIndex()):
        QTest.keyClick(editor.panel, Qt.Key.Key_Down)


# Qt says the second where an editor is closed by Enter and then loses the focus.
@pytest.mark.qt_log_ignore(NO_RAISE, r"commitData called with an editor", extend=True)
def test_three_pages_from_a_new_session(window: MainWindow, tmp_path: Path) -> None:
    panel, player = window.workspace.lesson_panel, window.player
    QTest.keyClick(window, Qt.Key.Key_W, CONTROL | SHIFT)
    editor = panel.editor
    assert editor.isVisible()
    assert QApplication.focusWidget() is editor.buttons["add"]

    QTest.keyClick(editor.buttons["add"], Qt.Key.Key_Return)
    write(editor, "First", "The sum $z$ of one unit.")

    window.canvas.setFocus()
    for _ in range(3):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    QTest.keyClick(window.canvas, Qt.Key.Key_2, CONTROL)
    window.scene.select(["h1"], [])
    click(editor.buttons["add"])
    write(editor, "Second", "$$z = w\\cdot x + b$$")
    put_figure(editor, 0, "z(h1)", ".41")
    put_figure(editor, 1, "a(y1)", ".67")
    choose_panel(editor, "Derivation")

    window.canvas.setFocus()
    for _ in range(2):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right, CONTROL)
    click(editor.buttons["add"])
    write(editor, "Third", "Two updates later.")
    click(editor.buttons["view"])
    QTest.keyClick(window, Qt.Key.Key_W, CONTROL | SHIFT)
    assert not editor.isVisible()

    window.document.save(tmp_path / "own.bpviz.json")
    window.document.open(tmp_path / "own.bpviz.json")
    guide = panel.guide
    assert [page.title for page in guide.pages] == ["First", "Second", "Third"]
    window.lesson_commands.turn_to(0)
    assert (player.iteration, window.scene.overlay) == (0, guide.pages[0].overlay)
    QTest.keyClick(window, Qt.Key.Key_PageDown, CONTROL)
    assert (player.iteration, player.frame_index, window.scene.overlay) == (0, 2, "gradients")
    assert window.scene.selected_nodes() == ["h1"]
    assert window.workspace.analysis.groups["derive"].front == "derivation"
    assert [(each.printed, each.verdict) for each in panel.figures] == [
        (".41", "agrees"), (".67", "differs"),
    ]  # fmt: skip
    assert ".67" in panel.reader.toPlainText()
    QTest.keyClick(window, Qt.Key.Key_PageDown, CONTROL)
    assert player.iteration == 2
    QTest.keyClick(window, Qt.Key.Key_PageUp, CONTROL)
    assert (player.iteration, player.frame_index) == (0, 2)
