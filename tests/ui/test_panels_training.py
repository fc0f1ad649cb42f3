"""The training panel: every setting shown, changed by mouse and keys, undone."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.model.training import Training
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.training_panel import OPTIMIZER_TYPES, TrainingPanel

from .conftest import NO_RAISE, type_into


@pytest.fixture
def panel(qtbot: QtBot, document: Document, player: Player) -> TrainingPanel:
    """The panel, shown, following the document."""
    made = TrainingPanel(document, player)
    document.edited.connect(made.refresh)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    document.setProperty("panel", made)
    return made


def training(document: Document) -> Training:
    return document.session.training


def choose(panel: TrainingPanel, name: str, key: str) -> None:
    choice = panel.findChild(Choice, name)
    assert choice is not None
    choice.setFocus()
    while choice.currentData() != key:
        QTest.keyClick(choice, _way(choice, key))
    assert choice.currentData() == key


def _way(choice: Choice, key: str) -> Qt.Key:
    return Qt.Key.Key_Down if choice.findData(key) > choice.currentIndex() else Qt.Key.Key_Up


def field(panel: TrainingPanel, name: str) -> NumberField:
    found = panel.findChild(NumberField, name)
    assert found is not None, name
    return found


@pytest.mark.parametrize(
    ("name", "text", "setting", "value"),
    [
        ("training.batch_size", "3", "batch_size", 3),
        ("training.seed", "42", "seed", 42),
        ("training.l1", "1e-3", "l1", 0.001),
        ("training.l2", "0,01", "l2", 0.01),
    ],
)
def test_numbers(
    panel: TrainingPanel, document: Document, name: str, text: str, setting: str, value: Any
) -> None:
    type_into(field(panel, name), text)
    assert getattr(training(document), setting) == value
    assert type(getattr(training(document), setting)) is type(value)
    document.undo()
    assert not document.dirty


def test_choices(panel: TrainingPanel, document: Document) -> None:
    choose(panel, "training.loss", "half_squared_error")
    choose(panel, "training.batch_reduction", "sum")
    assert training(document).loss == "half_squared_error"
    assert training(document).batch_reduction == "sum"


def test_shuffle_is_one_click(panel: TrainingPanel, document: Document) -> None:
    box = panel.findChild(QCheckBox, "training.shuffle")
    assert box is not None
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(9, box.height() // 2))
    assert training(document).shuffle is True
    document.undo()
    assert not box.isChecked()


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_shows_its_parameters(
    panel: TrainingPanel, document: Document, name: str
) -> None:
    choose(panel, "training.optimizer", name)
    optimizer = training(document).optimizer
    assert optimizer.name == name
    assert optimizer.learning_rate == 0.1
    for key in optimizer.__struct_fields__:
        shown = field(panel, f"training.optimizer.{key}")
        assert shown.isVisible(), key
        assert shown.value == getattr(optimizer, key)


def test_every_optimizer_of_the_engine_can_be_chosen() -> None:
    known = {str(kind.__struct_config__.tag) for kind in OPTIMIZER_TYPES}
    assert set(OPTIMIZERS) <= known


@pytest.mark.qt_log_ignore(NO_RAISE)
@pytest.mark.parametrize("text", ["0", "-1", "fast", "1e200"])
def test_a_learning_rate_that_makes_no_sense(
    panel: TrainingPanel, document: Document, text: str
) -> None:
    type_into(field(panel, "training.optimizer.learning_rate"), text)
    assert training(document).optimizer.learning_rate == 0.1
    assert not document.dirty


def test_an_empty_batch_size_means_all_rows(panel: TrainingPanel, document: Document) -> None:
    size = field(panel, "training.batch_size")
    assert size.placeholderText() == "all 4"
    type_into(size, "2")
    QTest.keyClick(size, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(size, Qt.Key.Key_Delete)
    QTest.keyClick(size, Qt.Key.Key_Return)
    assert training(document).batch_size is None


def test_the_wheel_changes_no_choice(panel: TrainingPanel, document: Document) -> None:
    before = document.session
    choice = panel.findChild(Choice, "training.loss")
    assert choice is not None
    wheel = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(choice, wheel)
    assert document.session is before
