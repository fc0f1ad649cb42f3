"""The data panel: rows typed, added, deleted, pasted; the chosen sample; generators."""

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.data import GeneratorData, TableData
from bpviz.model.training import Sgd, Training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.rows_page import RowsTable

from .conftest import NO_RAISE, named, type_into


@pytest.fixture
def rows(window: MainWindow) -> RowsTable:
    """The table of rows."""
    return window.workspace.data_panel.table


def data(window: MainWindow) -> TableData:
    held = window.document.session.data
    assert isinstance(held, TableData)
    return held


def cell(rows: RowsTable, row: int, column: int) -> QPoint:
    return rows.visualRect(rows.model().index(row, column)).center()


def click(rows: RowsTable, row: int, column: int) -> None:
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=cell(rows, row, column))


def double_click(rows: RowsTable, row: int, column: int) -> None:
    click(rows, row, column)
    QTest.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=cell(rows, row, column))


def shown(rows: RowsTable) -> list[list[str]]:
    model = rows.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_rows_and_titles_are_those_of_the_session(window: MainWindow, rows: RowsTable) -> None:
    assert shown(rows) == [["0.5", "0.3", "0.8"], ["0", "1", "1"], ["1", "0", "1"], ["1", "1", "0"]]
    titles = [rows.model().headerData(n, Qt.Orientation.Horizontal) for n in range(3)]
    assert titles == ["x₁", "x₂", "y₁"]
    button = window.findChild(QToolButton, "data.train")
    assert button is not None
    assert button.text() == "Train 4"


def test_a_click_chooses_the_sample_and_marks_its_row(window: MainWindow, rows: RowsTable) -> None:
    click(rows, 2, 1)
    assert window.player.sample == 2
    marked = [
        row
        for row in range(4)
        if rows.model().headerData(row, Qt.Orientation.Vertical, Qt.ItemDataRole.FontRole)
    ]
    assert marked == [2]
    assert not window.document.dirty


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_a_row_outside_the_batch_is_told(window: MainWindow, rows: RowsTable) -> None:
    type_into(named(window, "training.batch_size"), "2")
    click(rows, 3, 0)
    assert window.player.sample == 0
    click(rows, 1, 0)
    assert window.player.sample == 1


def test_typing_into_a_cell_is_one_edit(window: MainWindow, rows: RowsTable) -> None:
    double_click(rows, 1, 2)
    editor = rows.findChild(NumberField)
    assert editor is not None
    assert editor.selectedText() == "1"
    QTest.keyClicks(editor, "1/4")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert data(window).targets[1] == (0.25,)
    assert shown(rows)[1] == ["0", "1", "0.25"]
    window.commands["edit.undo"].trigger()
    assert data(window).targets[1] == (1.0,)
    assert shown(rows)[1] == ["0", "1", "1"]
    assert not window.document.dirty


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_text_in_a_cell_is_refused(window: MainWindow, rows: RowsTable) -> None:
    before = window.document.session
    double_click(rows, 0, 0)
    editor = rows.findChild(NumberField)
    assert editor is not None
    QTest.keyClicks(editor, "half")
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert window.document.session is before
    assert shown(rows)[0][0] == "0.5"


def test_add_and_delete_rows(window: MainWindow, rows: RowsTable) -> None:
    click(rows, 0, 0)
    QTest.mouseClick(named(window, "data.add_row"), Qt.MouseButton.LeftButton)
    assert data(window).inputs[:2] == ((0.5, 0.3), (0.5, 0.3))
    assert rows.currentIndex().row() == 1
    QTest.mouseClick(named(window, "data.delete_row"), Qt.MouseButton.LeftButton)
    assert len(data(window).inputs) == 4
    click(rows, 3, 0)
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert len(data(window).inputs) == 3
    assert window.document.session.network.nodes


def test_paste_and_copy_by_keys(window: MainWindow, rows: RowsTable) -> None:
    QGuiApplication.clipboard().setText("0,1\t0,2\t0,3\r\n0,4\t0,5\t0,6\r\n")
    click(rows, 3, 0)
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert data(window).inputs[3:] == ((0.1, 0.2), (0.4, 0.5))
    assert data(window).targets[3:] == ((0.3,), (0.6,))
    rows.selectRow(4)
    QTest.keyClick(rows, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "0.4\t0.5\t0.6"


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_paste_of_text_changes_nothing(window: MainWindow, rows: RowsTable) -> None:
    before = window.document.session
    QGuiApplication.clipboard().setText("a\tb\nc\td")
    QTest.mouseClick(named(window, "data.paste"), Qt.MouseButton.LeftButton)
    assert window.document.session is before


def test_test_rows_are_shown_apart(window: MainWindow, rows: RowsTable) -> None:
    QTest.mouseClick(named(window, "data.test"), Qt.MouseButton.LeftButton)
    assert shown(rows) == [["0.25", "0.75", "1"]]


def test_generated_rows_can_be_made_editable(window: MainWindow, rows: RowsTable) -> None:
    panel = window.workspace.data_panel
    panel.show_page("sets")
    QTest.mouseClick(named(window, "data.set_xor_points"), Qt.MouseButton.LeftButton)
    held = window.document.session.data
    assert isinstance(held, GeneratorData)
    type_into(named(window, "data.samples"), "8")
    held = window.document.session.data
    assert isinstance(held, GeneratorData)
    assert held.samples == 8
    panel.show_page("rows")
    double_click(rows, 0, 0)
    assert rows.findChild(QLineEdit) is None, "generated rows can't be typed into"
    before = shown(rows)
    button = window.findChild(QPushButton, "data.make_table")
    assert button is not None
    panel.show_page("sets")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(data(window).inputs) + len(data(window).test_inputs) == 8
    assert shown(rows) == before


def test_the_digits_chosen_are_shown(window: MainWindow, rows: RowsTable) -> None:
    window.view.set_digits(3)
    double_click(rows, 0, 0)
    editor = rows.findChild(NumberField)
    assert editor is not None
    QTest.keyClicks(editor, "1/3")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    assert shown(rows)[0][0] == "0.333"
    assert rows.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "0.3333333333333333"


def test_what_is_missing_is_said(window: MainWindow, qtbot: QtBot) -> None:
    problem = named(window, "data.problem")
    assert not problem.isVisible()
    session = window.document.session
    lacking = msgspec.structs.replace(
        session, data=TableData(), training=Training(loss="squared_error", optimizer=Sgd(0.1))
    )
    window.document.new(lacking)
    qtbot.waitUntil(problem.isVisible)
    assert window.player.problem
    assert window.workspace.step_line.sentence == window.player.problem
