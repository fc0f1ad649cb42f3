"""Import of rows: what is offered, what becomes of it as one edit, faults, progress and cancel."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QProgressBar,
    QTableWidget,
)
from pytestqt.qtbot import QtBot

from bpviz.document.job import Job
from bpviz.engine.csv_cells import ImportCancelledError, Progress
from bpviz.model.data import TableData
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.import_dialog import ImportDialog
from bpviz.ui.panels.import_file import distinct

from .conftest import NO_RAISE, choose_file, named, type_into

PLAIN = "height,age,price\n1.5,3,10\n2.5,5,20\n0.5,4,30\n3.5,8,40\n"
Ok, Cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel


def import_file(window: MainWindow, path: Path) -> None:
    """Choose `path` for File > Import Data by keyboard."""
    QTest.keyClick(window.canvas, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    choose_file(window, "open", path)


def opened(qtbot: QtBot, window: MainWindow, path: Path) -> ImportDialog:
    """Return the dialog on `path` once the file is read."""
    import_file(window, path)
    dialog = named(window, "import")
    assert isinstance(dialog, ImportDialog)
    bar = named(dialog, "import.progress")
    qtbot.waitUntil(bar.isHidden)
    return dialog


def written(tmp_path: Path, text: str, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def press(dialog: ImportDialog, button: QDialogButtonBox.StandardButton) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    QTest.mouseClick(box.button(button), Qt.MouseButton.LeftButton)


def toggle_target(dialog: ImportDialog, row: int) -> None:
    """Tick a target column with the space bar."""
    targets = named(dialog, "import.targets")
    assert isinstance(targets, QListWidget)
    targets.setFocus()
    targets.setCurrentRow(row)
    QTest.keyClick(targets, Qt.Key.Key_Space)


def is_ready(dialog: ImportDialog) -> bool:
    box = dialog.findChild(QDialogButtonBox)
    assert box is not None
    return box.button(Ok).isEnabled()


def complaint(window: MainWindow) -> str:
    found = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    assert len(found) == 1
    text = found[0].text()
    QTest.keyClick(found[0], Qt.Key.Key_Escape)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return text


def test_rows_come_in_as_one_edit(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    before = window.document.session
    dialog = opened(qtbot, window, written(tmp_path, PLAIN))
    preview = named(dialog, "import.preview")
    assert isinstance(preview, QTableWidget)
    model = preview.model()
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(3)]
    assert titles == ["height", "age", "price"]
    assert [model.index(0, column).data() for column in range(3)] == ["1.5", "3", "10"]
    press(dialog, Ok)
    qtbot.waitUntil(lambda: window.document.session is not before)
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert data.inputs == ((1.5, 3.0), (2.5, 5.0), (0.5, 4.0), (3.5, 8.0))
    assert data.targets == ((10.0,), (20.0,), (30.0,), (40.0,))
    assert (data.input_names, data.target_names) == (("height", "age"), ("price",))
    assert window.document.undo_label == "Import rows.csv"
    assert window.player.problem == ""
    window.commands["edit.undo"].trigger()
    assert window.document.session == before


def test_semicolons_and_decimal_commas_are_recognised_and_said(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    dialog = opened(qtbot, window, written(tmp_path, "1,5;2;3\n2,5;3;4\n"))
    text = named(dialog, "import.recognised", QLabel)
    assert isinstance(text, QLabel)
    assert text.text() == "2 rows, 3 columns; delimiter: semicolon; decimal comma"
    header = named(dialog, "import.header", QCheckBox)
    assert isinstance(header, QCheckBox)
    assert not header.isChecked()
    press(dialog, Cancel)


def test_scaling_split_and_targets_are_chosen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.document.session
    dialog = opened(qtbot, window, written(tmp_path, PLAIN))
    toggle_target(dialog, 2)
    assert not is_ready(dialog)
    toggle_target(dialog, 0)
    assert is_ready(dialog)
    scaling = named(dialog, "import.scaling")
    assert isinstance(scaling, Choice)
    scaling.setFocus()
    for _ in range(2):
        QTest.keyClick(scaling, Qt.Key.Key_Down)
    fraction = named(dialog, "import.test")
    QTest.mouseClick(fraction, Qt.MouseButton.LeftButton)
    QTest.keyClick(fraction, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(fraction, "0.25")
    press(dialog, Ok)
    qtbot.waitUntil(lambda: window.document.session is not before)
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert (len(data.inputs), len(data.test_inputs)) == (3, 1)
    assert data.target_names == ("height",)
    for column in zip(*data.inputs, strict=True):
        assert (min(column), max(column)) == (0.0, 1.0)


def test_columns_that_do_not_fit_are_named(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.document.session
    dialog = opened(qtbot, window, written(tmp_path, "a,b,c,d\n1,2,3,4\n2,3,4,5\n"))
    press(dialog, Ok)
    qtbot.waitUntil(lambda: window.document.session is not before)
    assert "3" in window.player.problem
    assert window.player.snapshot is None
    window.document.undo()
    assert window.player.problem == ""


def test_the_header_can_be_turned_on_and_off(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    dialog = opened(qtbot, window, written(tmp_path, "kind,colour\ngood,red\nbad,blue\ngood,red\n"))
    header = named(dialog, "import.header", QCheckBox)
    assert isinstance(header, QCheckBox)
    assert not header.isChecked(), "texts over texts say nothing about a header"
    header.setFocus()
    QTest.keyClick(header, Qt.Key.Key_Space)
    targets = named(dialog, "import.targets")
    assert isinstance(targets, QListWidget)
    assert [targets.item(row).text() for row in range(2)] == ["kind", "colour"]
    QTest.keyClick(header, Qt.Key.Key_Space)
    assert [targets.item(row).text() for row in range(2)] == ["column 1", "column 2"]
    QTest.keyClick(header, Qt.Key.Key_Space)
    before = window.document.session
    press(dialog, Ok)
    qtbot.waitUntil(lambda: window.document.session is not before)
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert data.input_names == ("kind=bad", "kind=good")
    assert data.class_names == ("blue", "red")


def test_a_fault_names_row_and_column_and_the_choices_stay(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    before = window.document.session
    dialog = opened(qtbot, window, written(tmp_path, "a,b\n1,2\n2,\n3,4\n"))
    press(dialog, Ok)
    qtbot.waitUntil(lambda: bool(dialog.findChildren(QMessageBox)))
    line = complaint(window)
    assert "row 2" in line
    assert '"b"' in line
    assert "\n" not in line
    assert dialog.isVisible()
    assert window.document.session is before
    press(dialog, Cancel)


@pytest.mark.parametrize("text", ["", "a,b\n1,2,3\n", "a\0b"], ids=["empty", "ragged", "binary"])
def test_a_file_that_is_no_table_is_refused_in_one_dialog(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, text: str
) -> None:
    import_file(window, written(tmp_path, text))
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    assert "“rows.csv” can't be imported" in complaint(window)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert window.findChildren(ImportDialog) == []
    assert not window.document.dirty


def test_a_large_file_can_be_given_up(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    lines = "\n".join(f"{row},{row % 7},{row % 3}" for row in range(100_000))
    import_file(window, written(tmp_path, lines))
    dialog = named(window, "import")
    assert isinstance(dialog, ImportDialog)
    bar = named(dialog, "import.progress", QProgressBar)
    assert bar.isVisible()
    assert not is_ready(dialog)
    press(dialog, Cancel)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert gc.isenabled()
    assert [each for each in threading.enumerate() if each.name == "bpviz-import"] == []
    assert not window.document.dirty


def test_a_job_tells_its_share_and_stops_when_cancelled() -> None:
    reached = threading.Event()

    def work(progress: Progress) -> int:
        count = 0
        while progress(min(1.0, count / 10)):
            count += 1
            reached.set()
            time.sleep(0.001)
        raise ImportCancelledError

    job = Job(work)
    job.start()
    assert not gc.isenabled()
    assert reached.wait(5.0)
    assert not job.done
    job.cancel()
    assert job.done
    assert job.share > 0.0
    assert gc.isenabled()


def test_names_are_made_different() -> None:
    given = ("a", "", "a", "a (2)", "")
    assert distinct(given) == ("a", "column 2", "a (2)", "a (2) (2)", "column 5")


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_the_test_share_has_bounds(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    dialog = opened(qtbot, window, written(tmp_path, PLAIN))
    fraction = named(dialog, "import.test")
    assert isinstance(fraction, QLineEdit)
    type_into(fraction, "1.5")
    assert fraction.text() == "0"
    press(dialog, Cancel)
