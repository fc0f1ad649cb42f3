"""Numbers as people type them, and the field that takes them."""

import math
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from bpviz.explain.numbers import full_number
from bpviz.model.data import GeneratorData
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.number_text import NumberRefusedError, parse_number

from .conftest import NO_RAISE, named, type_into


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("0,5", 0.5),
        (",5", 0.5),
        ("5.", 5.0),
        ("1/3", 1 / 3),
        ("-2/7", -2 / 7),
        ("−2/7", -2 / 7),
        ("–0,25", -0.25),
        ("1e-3", 1e-3),
        ("1e−3", 1e-3),
        ("+4", 4.0),
        (" 1 000 ", 1000.0),
        ("1 000,5", 1000.5),
        ("1,5/3", 0.5),
        ("-0", 0.0),
    ],
)
def test_ways_to_write_a_number(text: str, value: float) -> None:
    parsed = parse_number(text)
    assert parsed == value
    assert math.copysign(1.0, parsed) == math.copysign(1.0, value)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "abc", "1/0", "1/0,0", "1//2", "1/2/3", "1.2.3", "1,2,3", "--1", "nan", "inf",
     "1e999", "2e100", "0x10", "1_000", "٣", "e5", ".", "1e"],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(NumberRefusedError) as refused:
        parse_number(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 120


@given(st.floats(-1e100, 1e100))
def test_what_is_shown_in_full_reads_back_as_the_same_number(value: float) -> None:
    assert parse_number(full_number(value)) == value


@pytest.fixture
def field(qtbot: QtBot) -> Iterator[NumberField]:
    """A field for numbers from 0 to 10, beside another widget that can take the focus."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    made = NumberField(low=0, high=10)
    other = NumberField(empty="all")
    for each in (made, other):
        layout.addWidget(each)
    qtbot.addWidget(holder)
    made.set_value(1 / 3)
    holder.show()
    holder.activateWindow()
    qtbot.waitActive(holder)
    other.setFocus()
    yield made
    holder.close()


def test_short_at_rest_and_in_full_while_typed(field: NumberField) -> None:
    assert field.text() == "0.333333"
    field.setFocus()
    assert field.text() == "0.3333333333333333"
    field.clearFocus()
    assert field.text() == "0.333333"
    assert field.value == 1 / 3


def test_enter_accepts(field: NumberField, qtbot: QtBot) -> None:
    with qtbot.waitSignal(field.accepted) as told:
        type_into(field, "0,25")
    assert told.args == [0.25]
    assert field.value == 0.25


def test_leaving_the_field_accepts(field: NumberField, qtbot: QtBot) -> None:
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    field.selectAll()
    QTest.keyClicks(field, "2/7")
    with qtbot.waitSignal(field.accepted) as told:
        QTest.keyClick(field, Qt.Key.Key_Tab)
    assert told.args == [2 / 7]


def test_looking_without_typing_changes_nothing(field: NumberField, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(field.accepted):
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    assert field.value == 1 / 3


@pytest.mark.parametrize(
    ("text", "why"), [("ten", "no number"), ("-1", "at least 0"), ("11", "at most 10")]
)
def test_refused_text_gives_the_old_value_back(
    field: NumberField, qtbot: QtBot, text: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tips: list[str] = []
    monkeypatch.setattr(NumberField, "refuse", lambda _self, reason: tips.append(reason))
    with qtbot.assertNotEmitted(field.accepted):
        type_into(field, text)
    assert field.value == 1 / 3
    assert field.text() == "0.3333333333333333"
    assert why in tips[0]


def test_escape_gives_the_old_value_back(field: NumberField, qtbot: QtBot) -> None:
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    with qtbot.assertNotEmitted(field.accepted):
        QTest.keyClicks(field, "77")
        QTest.keyClick(field, Qt.Key.Key_Escape)
        QTest.keyClick(field, Qt.Key.Key_Tab)
    assert field.value == 1 / 3


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_empty_can_mean_something(qtbot: QtBot) -> None:
    field = NumberField(low=1, whole=True, empty="all rows")
    qtbot.addWidget(field)
    field.set_value(4)
    field.show()
    told: list[float | None] = []
    field.accepted.connect(told.append)
    field.clear()
    field.textEdited.emit("")
    assert field.commit()
    field.setText("2.5")
    assert not field.commit()
    field.setText("3")
    assert field.commit()
    assert told == [None, 3.0]


def test_a_field_still_says_what_it_is_for_once_it_has_a_number(qtbot: QtBot) -> None:
    field = NumberField()
    qtbot.addWidget(field)
    field.describe("Another seed makes other rows")
    assert field.toolTip() == "Another seed makes other rows"
    field.set_value(1 / 3)
    assert field.toolTip() == "Another seed makes other rows\n0.3333333333333333"
    field.set_value(None, "several")
    assert field.toolTip() == "Another seed makes other rows"


def test_the_fields_of_a_generator_say_what_they_are_for(window: MainWindow) -> None:
    session = window.document.session
    data = GeneratorData("moons", samples=40, noise=0.25)
    window.document.new(msgspec.structs.replace(session, data=data))
    assert named(window, "data.noise").toolTip() == ("Standard deviation of what is added\n0.25")
