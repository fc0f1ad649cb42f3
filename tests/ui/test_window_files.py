"""Files in the window: new, open, save, recent, lessons, drops, and every kind of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.model.session import encode_session, load_session, save_session
from bpviz.model.verbs import set_edge
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.dialogs import with_ending
from bpviz.ui.panels.form import Choice
from bpviz.ui.settings import Settings
from bpviz.ui.style import resource_path

from .conftest import choose_file, named

Button = QMessageBox.StandardButton


def spoil(window: MainWindow) -> None:
    """Make the document dirty."""
    window.document.push(set_edge(window.document.session, ["x1->h1"], "weight", 0.75))


def box(window: MainWindow) -> QMessageBox:
    """Return the one message box that is open."""
    found = [each for each in window.findChildren(QMessageBox) if each.isVisible()]
    assert len(found) == 1
    return found[0]


def answer(window: MainWindow, button: QMessageBox.StandardButton) -> None:
    QTest.mouseClick(box(window).button(button), Qt.MouseButton.LeftButton)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def path(tmp_path: Path, session: Session) -> Path:
    """A session file."""
    made = tmp_path / "four.bpviz.json"
    save_session(session, made)
    return made


# -- open and save ---------------------------------------------------------------------------


def test_open_from_the_menu(window: MainWindow, path: Path) -> None:
    window.commands["file.open"].trigger()
    choose_file(window, "open", path)
    assert window.document.path == path
    assert window.windowTitle() == "four.bpviz.json[*] — bpviz"
    assert Settings().recent_files() == (path,)


def test_save_as_then_save(window: MainWindow, tmp_path: Path) -> None:
    spoil(window)
    window.commands["file.save"].trigger()
    target = tmp_path / "saved.bpviz.json"
    choose_file(window, "save", target)
    assert load_session(target).network == window.document.session.network
    assert not window.isWindowModified()
    window.document.undo()
    assert window.isWindowModified()
    window.commands["file.save"].trigger()
    assert not window.isWindowModified()
    assert load_session(target).network == window.document.session.network


@pytest.mark.parametrize(
    ("name", "ending", "expected"),
    [
        ("net", "Sessions (*.bpviz.json)", "net.bpviz.json"),
        ("net.json", "Sessions (*.bpviz.json)", "net.json"),
        ("plot", "PNG, 2x (*.png)", "plot.png"),
        ("any", "All files", "any"),
    ],
)
def test_a_name_without_an_ending_gets_one(name: str, ending: str, expected: str) -> None:
    assert with_ending(name, ending) == expected


def test_what_is_saved_can_be_opened_again(window: MainWindow, tmp_path: Path) -> None:
    for _ in range(3):
        window.commands["run.step_iteration"].trigger()
    window.document.save(tmp_path / "three.bpviz.json")
    trained = window.document.session
    window.files.open_path(tmp_path / "three.bpviz.json")
    assert window.player.iteration == 3
    assert window.document.session.network == trained.network


# -- the question on unsaved changes -----------------------------------------------------------


def test_cancel_keeps_the_window_and_the_changes(window: MainWindow) -> None:
    spoil(window)
    window.close()
    answer(window, Button.Cancel)
    assert window.isVisible()
    assert window.document.dirty


def test_discard_closes_the_window(window: MainWindow) -> None:
    spoil(window)
    window.close()
    assert window.isVisible()
    answer(window, Button.Discard)
    assert not window.isVisible()


def test_save_asks_for_a_name_and_then_closes(window: MainWindow, tmp_path: Path) -> None:
    spoil(window)
    window.close()
    answer(window, Button.Save)
    assert window.isVisible()
    choose_file(window, "save", tmp_path / "late.bpviz.json")
    assert not window.isVisible()
    assert load_session(tmp_path / "late.bpviz.json").network.edge("x1->h1").weight == 0.75


def test_opening_asks_first(window: MainWindow, path: Path) -> None:
    spoil(window)
    dirty = window.document.session
    window.files.open_path(path)
    assert window.document.session is dirty
    answer(window, Button.Cancel)
    assert window.document.session is dirty
    window.files.open_path(path)
    answer(window, Button.Discard)
    assert window.document.path == path


def test_closing_while_a_run_is_on_asks(window: MainWindow, qtbot: QtBot) -> None:
    window.commands["run.toggle"].trigger()
    qtbot.waitUntil(lambda: window.player.iteration > 2)
    window.close()
    assert not window.player.running
    answer(window, Button.Cancel)
    assert window.isVisible()


# -- new -------------------------------------------------------------------------------------


def test_new_network(window: MainWindow) -> None:
    window.commands["file.new"].trigger()
    dialog = named(window, "new")
    layers = dialog.findChild(QLineEdit, "new.layers")
    activation = dialog.findChild(Choice, "new.activation")
    buttons = dialog.findChild(QDialogButtonBox)
    assert layers is not None
    assert activation is not None
    assert buttons is not None
    ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
    problem = dialog.findChild(QLabel, "new.problem")
    assert problem is not None
    for wrong in ("", "2", "2-x", "3-4-1", "2-0-1", "2-99999-1"):
        layers.selectAll()
        QTest.keyClick(layers, Qt.Key.Key_Delete)
        QTest.keyClicks(layers, wrong)
        assert not ok.isEnabled(), wrong
        assert problem.text(), wrong
    layers.selectAll()
    QTest.keyClicks(layers, "2-3-3-1")
    activation.setCurrentIndex(activation.findData("tanh"))
    assert problem.text() == ""
    QTest.mouseClick(ok, Qt.MouseButton.LeftButton)
    network = window.document.session.network
    assert [len(level) for level in network.levels] == [2, 3, 3, 1]
    assert window.document.path is None
    assert not window.document.dirty
    assert window.player.trace is not None
    assert {unit.activation for unit in network.units[:6]} == {"tanh"}


# -- recent files, lessons, drops ----------------------------------------------------------------


def test_recent_files(window: MainWindow, path: Path, session: Session, tmp_path: Path) -> None:
    gone = tmp_path / "gone.bpviz.json"
    save_session(session, gone)
    for each in (gone, path):
        window.files.open_path(each)
    gone.unlink()
    window.recent_menu.aboutToShow.emit()
    actions = window.recent_menu.actions()
    assert [action.toolTip() for action in actions[:2]] == [str(path), str(gone)]
    actions[1].trigger()
    assert "gone.bpviz.json" in box(window).text()
    answer(window, Button.Ok)
    assert window.document.path == path
    assert Settings().recent_files() == (path,)


def test_every_lesson_opens_as_an_untitled_copy(window: MainWindow) -> None:
    actions = [
        action
        for action in window.menus["Lessons"].actions()
        if action.objectName().startswith("lessons.")
    ]
    names = [action.objectName() for action in actions]
    files = sorted(resource_path("lessons").glob("*.bpviz.json"))
    assert len(files) >= 5
    assert names == [f"lessons.{path.name.removesuffix('.bpviz.json')}" for path in files]
    for action, path in zip(actions, files, strict=True):
        action.trigger()
        assert window.document.path is None
        assert not window.document.dirty
        # The history line holds the history; the session on it has none of its own.
        lesson = msgspec.structs.replace(load_session(path), history=msgspec.UNSET)
        assert window.document.session == lesson
        assert window.player.trace is not None
        assert window.windowTitle().startswith(window.document.session.title)


@pytest.mark.parametrize("target", ["window", "canvas", "notes"])
def test_a_dropped_file_is_opened(window: MainWindow, path: Path, target: str) -> None:
    place = {
        "window": QPoint(600, 10),
        "canvas": window.canvas.mapTo(window, window.canvas.rect().center()),
        "notes": window.workspace.notes_panel.mapTo(window, QPoint(40, 200)),
    }[target]
    drop(window, place, path)
    assert window.document.path == path


def test_other_files_are_not_taken(window: MainWindow, tmp_path: Path) -> None:
    drop(window, QPoint(600, 10), tmp_path / "picture.png")
    assert window.document.path is None


def drop(window: MainWindow, place: QPoint, path: Path) -> None:
    """Drag `path` from a file manager to `place` of the window and drop it.

    As Qt does it, the event goes up from the widget there to the first that takes drops.
    """
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    widget: QWidget | None = window.childAt(place) or window
    while widget is not None:
        if widget.acceptDrops():
            enter = QDragEnterEvent(place, copy, mime, left, none)
            QApplication.sendEvent(widget, enter)
            if enter.isAccepted():
                event = QDropEvent(QPointF(place), copy, mime, left, none)
                QApplication.sendEvent(widget, event)
                return
        widget = widget.parentWidget()


# -- bad input -------------------------------------------------------------------------------

GOOD = """{"format": "bpviz-session", "version": 1, "network": {"nodes": [
 {"id": "x1", "kind": "input"}, {"id": "h1", "kind": "unit"}, {"id": "h2", "kind": "unit"}],
 "edges": [{"source": "x1", "target": "h1", "weight": 1}], "outputs": ["h1"]},
 "data": {"source": "table", "inputs": [[1]], "targets": [[1]]},
 "training": {"loss": "squared_error", "optimizer": {"name": "sgd", "learning_rate": 0.1}}}"""
EDGE = '{"source": "x1", "target": "h1", "weight": 1}'
FORTH = '{"source": "h1", "target": "h2", "weight": 1}'
BACK = '{"source": "h2", "target": "h1", "weight": 1}'
BAD = {
    "truncated": GOOD[:200],
    "not JSON": "hello",
    "empty": "",
    "nested": "[" * 100_000,
    "nan": GOOD.replace('"weight": 1', '"weight": NaN'),
    "infinite": GOOD.replace('"weight": 1', '"weight": 1e999'),
    "duplicate key": GOOD.replace('"version": 1', '"version": 1, "version": 1'),
    "unknown key": GOOD.replace('"kind": "input"', '"kind": "input", "colour": "red"'),
    "wrong type": GOOD.replace('"weight": 1', '"weight": true'),
    "dangling edge": GOOD.replace('"target": "h1"', '"target": "h9"'),
    "duplicate edge": GOOD.replace(EDGE, f"{EDGE}, {EDGE}"),
    "cycle": GOOD.replace(EDGE, ", ".join((EDGE, BACK, FORTH))),
    "long row": GOOD.replace('"inputs": [[1]]', '"inputs": [[1, 2], [1]]'),
    "newer version": GOOD.replace('"version": 1', '"version": 99'),
}


def test_the_good_file_is_good(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "good.bpviz.json"
    path.write_text(GOOD)
    window.files.open_path(path)
    assert window.document.path == path


def test_bad_files_are_told_in_one_line_and_nothing_is_lost(
    window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "bad.bpviz.json"
    before, bytes_before = window.document.session, encode_session(window.document.session)
    window.commands["run.step_forward"].trigger()
    index = window.player.frame_index
    for kind, text in BAD.items():
        path.write_text(text)
        window.files.open_path(path)
        title, _, line = box(window).text().partition("\n")
        assert "bad.bpviz.json" in title
        assert line, kind
        assert "\n" not in line, kind
        assert len(line) <= 300, kind
        answer(window, Button.Ok)
        assert window.document.session is before, kind
        assert encode_session(window.document.session) == bytes_before
        assert window.player.frame_index == index
        assert window.document.path is None


def test_a_file_of_100_mb_is_refused(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "huge.bpviz.json"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    window.files.open_path(path)
    assert "100 MB" in box(window).text()
    answer(window, Button.Ok)


def test_a_file_that_is_not_there(window: MainWindow, tmp_path: Path) -> None:
    window.files.open_path(tmp_path / "none.bpviz.json")
    assert "No such file" in box(window).text()
    answer(window, Button.Ok)


def test_a_folder_that_cannot_be_written(
    window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.files.open_path(path)
    old = path.read_bytes()
    spoil(window)

    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("bpviz.document.writing.atomic_write", full)
    window.commands["file.save"].trigger()
    assert "No space left on device" in box(window).text()
    answer(window, Button.Ok)
    assert path.read_bytes() == old
    assert window.isWindowModified()
    monkeypatch.undo()
    with pytest.raises(OSError, match="No such file"):
        window.document.save(path.parent / "missing" / "x.bpviz.json")
    assert window.isWindowModified()
    assert window.document.path == path


def test_a_session_that_lost_its_history_says_so(window: MainWindow, tmp_path: Path) -> None:
    for _ in range(2):
        window.commands["run.step_iteration"].trigger()
    spoil(window)
    path = tmp_path / "old.bpviz.json"
    window.document.save(path)
    raw = json.loads(path.read_text())
    raw["network"]["edges"][0]["trainable"] = False
    path.write_text(json.dumps(raw))
    window.files.open_path(path)
    assert "history" in box(window).text()
    answer(window, Button.Ok)
    assert window.document.path == path
