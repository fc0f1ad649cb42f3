"""Every field for a number in the program takes what people type, and refuses the rest in place."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QDialog,
    QLineEdit,
    QTableView,
    QToolTip,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

import bpviz.ui
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Edge, Elu, Input, LeakyRelu, Network, Power, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Adamw, Momentum, Optimizer, Rmsprop, Rprop, Sgd, Training
from bpviz.model.verbs import set_training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.number_field import NumberField

from .canvas_hands import bring_forward
from .conftest import NO_RAISE, named
from .test_import_dialog import PLAIN, opened, written

Opener = Callable[[Session | None], MainWindow]
pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)

TYPED: Final = MappingProxyType(
    {"0.5": 0.5, "0,5": 0.5, "1/3": 1 / 3, "1e-3": 1e-3, "-2/7": -2 / 7}
)
WHOLE: Final = MappingProxyType({"3": 3.0, "6/3": 2.0, "1,5e1": 15.0})
# Fields of text: what stands in them is no number, or is judged and never kept.
TEXTS: Final = frozenset(
    {"inspector.label", "conventions.book", "notation.loss", "notation.target", "predict.answer",
     "notes.title", "page.title", "find_field"}
)  # fmt: skip
# pyqtgraph makes these for a menu that the plots do not have.
FOREIGN: Final = frozenset({"maxTracesSpin", "downsampleSpin", "qt_spinbox_lineedit"})


@pytest.fixture
def makers(monkeypatch: pytest.MonkeyPatch) -> dict[NumberField, str]:
    """All number fields made meanwhile, with the module that made each."""
    found: dict[NumberField, str] = {}
    make = NumberField.__init__

    def recorded(field: NumberField, *args: Any, **settings: Any) -> None:
        make(field, *args, **settings)
        found[field] = str(sys._getframe(1).f_globals["__name__"])

    monkeypatch.setattr(NumberField, "__init__", recorded)
    return found


def a_tip_is_up() -> bool:
    """Return whether a tip stays once the focus has gone on."""
    QTest.qWait(30)
    return QToolTip.isVisible()


def has_the_keys(dialog: QDialog) -> None:
    """Wait until a dialog is on the screen: before, the keys are the drawing's."""
    assert QTest.qWaitForWindowExposed(dialog)
    assert QTest.qWaitForWindowActive(dialog)
    QApplication.processEvents()
    holder = QApplication.focusWidget()
    assert holder is not None
    assert dialog.isAncestorOf(holder)


class Typist:
    """Types into fields with real keys, and remembers which it has tried."""

    def __init__(self, makers: dict[NumberField, str]) -> None:
        self.makers = makers
        self.names: set[str] = set()
        self.modules: set[str] = set()

    def try_all(self, parent: QWidget) -> None:
        """Try the fields below `parent` that can be typed into now and were not tried yet."""
        for field in parent.findChildren(NumberField):
            usable = isValid(field) and field.isVisible() and field.isEnabled()
            if usable and field.objectName() not in self.names:
                self.try_one(field)

    def try_one(self, field: NumberField) -> None:
        """Type good numbers and bad text, leaving the field each time."""
        name = field.objectName()
        assert name, "every field has a name"
        self.names.add(name)
        self.modules.add(self.makers[field])
        told: list[object] = []
        field.accepted.connect(told.append)
        taken = [text for text, value in TYPED.items() if self._takes(field, told, text, value)]
        if "1/3" not in taken:
            assert taken == [], name
            for text, value in WHOLE.items():
                assert self._takes(field, told, text, value), (name, text)
        else:
            assert taken[:4] == list(TYPED)[:4], name
        assert not self._takes(field, told, "two", None), name
        field.accepted.disconnect(told.append)

    def _takes(
        self, field: NumberField, told: list[object], text: str, value: float | None
    ) -> bool:
        """Return whether `text` is accepted as `value`; if not, a tip says why and all stays."""
        before = field.value
        told.clear()
        QToolTip.hideText()
        QTest.mouseClick(field, Qt.MouseButton.LeftButton)
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Tab)
        assert not field.hasFocus(), field.objectName()
        if told or field.value != before:
            assert told == [value], (field.objectName(), text)
            assert field.value in (value, None), (field.objectName(), text)
            return True
        if value is not None and field.value == value:
            return True
        assert a_tip_is_up(), (field.objectName(), text, "says nothing")
        return False


@pytest.fixture
def typist(makers: dict[NumberField, str]) -> Typist:
    """Hands that type."""
    return Typist(makers)


def network() -> Network:
    nodes = (
        Input("x1", position=(0, 0)),
        Unit("e1", activation=Elu(alpha=0.7), bias=0.1, position=(240, -80)),
        Unit("p1", activation=Power(exponent=3), bias=0.2, position=(240, 80)),
        Unit("y1", activation=LeakyRelu(slope=0.02), bias=0.3, position=(480, 0)),
    )
    edges = (Edge("x1", "e1", 0.5), Edge("x1", "p1", 0.2), Edge("e1", "y1", 0.3),
             Edge("p1", "y1", 0.4))  # fmt: skip
    return Network(nodes, edges, ("y1",))


def session(optimizer: Optimizer | None = None) -> Session:
    return Session(
        network=network(),
        data=GeneratorData(name="parabola", samples=8, test_fraction=0.25),
        training=Training(loss="squared_error", optimizer=optimizer or Sgd(0.01)),
    )


def modules_with_fields() -> set[str]:
    """Return the modules of the window that make number fields."""
    root = Path(bpviz.ui.__file__).parent
    made = re.compile(r"\b(Number|Spot)Field\((?!QLineEdit|NumberField)")
    return {
        ".".join(("bpviz", "ui", *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("*.py")
        if made.search(path.read_text(encoding="utf-8"))
    }


def in_the_panels(window: MainWindow, typist: Typist) -> None:
    """Try the fields of all panels, with each optimizer and each kind of selection."""
    for selected in (["e1"], []):
        window.scene.select(selected, [] if selected else ["x1->e1"])
        typist.try_all(window)
    for name in ("data", "training", "statistics", "nudge"):
        window.workspace.bring_to_front(name)
        typist.try_all(window)
    window.workspace.data_panel.show_page("sets")
    typist.try_all(window)
    window.workspace.bring_to_front("training")
    for optimizer in (Momentum(0.01), Rmsprop(0.01), Adamw(0.01), Rprop(0.01)):
        window.document.push(set_training(window.document.session, "optimizer", optimizer))
        typist.try_all(window)
    window.commands["view.range_fixed"].trigger()
    typist.try_all(window)


def in_the_dialogs(window: MainWindow, typist: Typist) -> None:
    """Try the fields of all dialogs but the one for imported rows."""
    for action, name in (("file.new", "new"), ("edit.reinitialise", "reinitialise"),
                         ("run.until", "until")):  # fmt: skip
        window.commands[action].trigger()
        dialog = named(window, name, QDialog)
        assert isinstance(dialog, QDialog)
        has_the_keys(dialog)
        for box in dialog.findChildren(QCheckBox):
            box.setChecked(True)
        for choice in dialog.findChildren(Choice):
            for place in range(choice.count()):
                choice.setCurrentIndex(place)
                choice.chosen.emit(choice.currentData())
                typist.try_all(dialog)
        typist.try_all(dialog)
        assert names_of(dialog) <= typist.names
        dialog.reject()
        QApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)


def names_of(parent: QWidget) -> set[str]:
    """Return the names of all number fields below `parent`."""
    return {field.objectName() for field in parent.findChildren(NumberField)}


def test_every_field_of_the_window_takes_numbers_and_refuses_text(
    typist: Typist, open_window: Opener
) -> None:
    window = open_window(session())
    in_the_dialogs(window, typist)
    bring_forward(window)
    in_the_panels(window, typist)
    assert names_of(window) <= typist.names
    others = {f"bpviz.ui.panels.{name}" for name in ("import_dialog", "number_spot", "rows_model")}
    assert modules_with_fields() - typist.modules == others, "these have tests below"


def test_the_fields_of_an_import_take_numbers_and_refuse_text(
    typist: Typist, window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = opened(qtbot, window, written(tmp_path, PLAIN))
    has_the_keys(dialog)
    typist.try_all(dialog)
    assert names_of(dialog) == typist.names == {"import.test", "import.seed"}
    dialog.reject()


def test_no_other_field_holds_a_number(open_window: Opener) -> None:
    window = open_window(session())
    others = [
        field.objectName()
        for kind in (QLineEdit, QAbstractSpinBox)
        for field in window.findChildren(kind)
        if not isinstance(field, NumberField)
    ]
    assert set(others) - FOREIGN == TEXTS


def test_a_cell_of_the_table_takes_numbers_and_refuses_text(window: MainWindow) -> None:
    window.workspace.data_panel.show_page("rows")
    table = named(window, "data.rows", QTableView)
    assert isinstance(table, QTableView)
    QApplication.processEvents()
    place = table.visualRect(table.model().index(0, 0)).center()
    for text, value in (*TYPED.items(), ("two", None)):
        before = window.document.session
        QToolTip.hideText()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        field = table.viewport().findChild(NumberField)
        assert field is not None
        QTest.keyClicks(field, text)
        window.canvas.setFocus()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if value is None:
            assert window.document.session is before
            assert a_tip_is_up()
            assert "no number" in QToolTip.text()
        else:
            data = window.document.session.data
            assert isinstance(data, TableData)
            assert data.inputs[0][0] == value


def test_a_number_of_the_drawing_takes_numbers_and_refuses_text(window: MainWindow) -> None:
    window.scene.select([], ["x1->h1"])
    for text, value in (*TYPED.items(), ("two", None)):
        before = window.document.session
        QToolTip.hideText()
        QTest.keyClick(window.canvas, Qt.Key.Key_F2)
        field = window.workspace.number_spot.field
        assert isinstance(field, NumberField)
        QTest.keyClicks(field, text)
        window.canvas.setFocus()
        if value is None:
            assert window.document.session is before
            assert a_tip_is_up()
            assert "no number" in QToolTip.text()
        else:
            assert window.document.session.network.edge("x1->h1").weight == value
