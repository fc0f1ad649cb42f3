"""Windows for the tests of the user interface, opened on small sessions and closed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from bpviz.app import create_window, leave_clipboard
from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Sgd, Training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import apply_theme

# What the offscreen platform says where a tip is shown.
NO_RAISE = r"does not support (raise|propagateSizeHints)\(\)"


@pytest.fixture(scope="session", autouse=True)
def _empty_clipboard() -> Iterator[None]:
    """Leave nothing on the clipboard that would outlive Python."""
    yield
    if QApplication.instance() is not None:
        leave_clipboard()


@pytest.fixture(autouse=True)
def _no_tips() -> Iterator[None]:
    """Leave no tip on the screen: it would be a window left behind."""
    yield
    if QApplication.instance() is not None:
        QToolTip.hideText()


@pytest.fixture
def tips(window: MainWindow) -> list[str]:
    """All tips of the window's drawing, such as why something is refused."""
    said: list[str] = []

    def on_tip(text: str, _at: QPointF) -> None:
        said.append(text)

    window.scene.tip_asked.connect(on_tip)
    return said


@pytest.fixture
def session() -> Session:
    """2-2-1 with the weights of lesson S5, on four rows and one test row."""
    nodes = (
        Input("x1", position=(0, -80)),
        Input("x2", position=(0, 80)),
        Unit("h1", bias=0.1, position=(240, -80)),
        Unit("h2", bias=0.2, position=(240, 80)),
        Unit("y1", bias=0.3, position=(480, 0)),
    )
    edges = (
        Edge("x1", "h1", 0.5),
        Edge("x2", "h1", 0.2),
        Edge("x1", "h2", 0.3),
        Edge("x2", "h2", 0.4),
        Edge("h1", "y1", 0.6),
        Edge("h2", "y1", 0.7),
    )
    return Session(
        title="Four rows",
        network=Network(nodes, edges, ("y1",)),
        data=TableData(
            inputs=((0.5, 0.3), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)),
            targets=((0.8,), (1.0,), (1.0,), (0.0,)),
            test_inputs=((0.25, 0.75),),
            test_targets=((1.0,),),
        ),
        training=Training(loss="squared_error", optimizer=Sgd(0.1)),
    )


@pytest.fixture
def document(qapp: QApplication, session: Session) -> Document:
    """A document on `session`."""
    apply_theme(qapp, "dark")
    return Document(session)


@pytest.fixture
def player(document: Document) -> Iterator[Player]:
    """A player on `document`, paused at the end."""
    made = Player(document)
    yield made
    made.pause()


@pytest.fixture
def open_window(qtbot: QtBot) -> Iterator[Callable[[Session | None], MainWindow]]:
    """Open windows, shown and active; at the end they close without a question."""
    windows: list[MainWindow] = []

    def opened(session: Session | None = None) -> MainWindow:
        window = create_window(session)
        windows.append(window)
        window.show()
        window.activateWindow()
        qtbot.waitActive(window)
        with qtbot.waitExposed(window):
            window.canvas.setFocus()
        return window

    yield opened
    for window in windows:
        if isValid(window):
            close_for_good(window)


@pytest.fixture
def window(open_window: Callable[[Session | None], MainWindow], session: Session) -> MainWindow:
    """A window on `session`."""
    return open_window(session)


def close_for_good(window: MainWindow) -> None:
    """Close a window whatever is unsaved."""
    window.player.pause()
    window._close_now()
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def named(parent: QWidget, name: str, kind: type[QWidget] = QWidget) -> QWidget:
    """Return the widget called `name` below `parent`."""
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def choose_file(window: MainWindow, name: str, path: Path) -> None:
    """Type `path` into the file dialog called `name`, and accept."""
    dialog = named(window, name)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(field, QLineEdit)
    # Only a dialog that is on the screen has the keys; before, they are the drawing's.
    QApplication.processEvents()
    assert QApplication.focusWidget() is field
    field.setText(str(path))
    QTest.keyClick(field, Qt.Key.Key_Return)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def type_into(field: QWidget, text: str) -> None:
    """Replace what stands in a text field by typing `text` and Enter."""
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
