"""The decimal sign: a comma in all that the window shows, a point in all that leaves it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from bpviz.model.counts import grouped
from bpviz.model.schema import Session
from bpviz.ui.figures import copied_drawing, write_drawing
from bpviz.ui.main_window import MainWindow
from bpviz.ui.numbers import decimal_points, format_number, full_number, use_comma
from bpviz.ui.panels.number_text import parse_number
from bpviz.ui.plots.axes import tick_text
from tests.ui.conftest import NO_RAISE, close_for_good, named, type_into

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)
POINTED = re.compile(r"\d\.\d")


@pytest.fixture(autouse=True)
def _with_points_again(qapp: QApplication) -> Iterator[None]:
    yield
    use_comma(False)


def drawn(window: MainWindow) -> list[str]:
    picture = window.scene.picture
    cards = [item.card for item in picture.node_items.values()]
    texts = [text for card in cards for text in (card.value, card.below, card.above, *card.details)]
    return texts + [part for label in picture.label_layer.labels for part in label.text[:2]]


def written(window: MainWindow) -> list[str]:
    """Return the texts of all labels and fields that can be seen."""
    labels = [each.text() for each in window.findChildren(QLabel) if each.isVisible()]
    return labels + [each.text() for each in window.findChildren(QLineEdit) if each.isVisible()]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e99, max_value=1e99))
def test_what_is_shown_in_full_can_be_typed(qapp: QApplication, value: float) -> None:
    use_comma(True)
    text = full_number(value)
    assert "." not in text
    assert math.isclose(parse_number(text), value, rel_tol=0.0, abs_tol=0.0)


def test_thousands_are_set_apart_by_a_space(qapp: QApplication) -> None:
    assert grouped(12_345) == "12\u202f345"
    use_comma(True)
    assert grouped(12_345) == "12\u202f345"
    assert tick_text(2_000.0, False) == "2\u202f000"
    assert tick_text(0.25, False) == "0,25"
    assert format_number(-1.5e-7) == "−1,500e−7"
    with decimal_points():
        assert format_number(0.5, trim=True) == "0.5"
    assert format_number(0.5, trim=True) == "0,5"


def test_no_number_in_the_window_has_a_point(window: MainWindow) -> None:
    for _ in range(7):
        window.player.step_forward("neuron")
    assert any(POINTED.search(text) for text in drawn(window))
    window.commands["view.decimal_comma"].trigger()
    for name in ("explain", "derivation", "gradient_check", "conventions", "statistics", "nudge"):
        window.workspace.bring_to_front(name)
        QApplication.processEvents()
        assert [text for text in written(window) if POINTED.search(text)] == []
    assert [text for text in drawn(window) if POINTED.search(text)] == []
    assert any("0,5" in text for text in drawn(window))
    window.commands["view.decimal_comma"].trigger()
    assert not any(re.search(r"\d,\d", text) for text in drawn(window))


def test_files_and_copies_keep_the_point(window: MainWindow, tmp_path: Path) -> None:
    window.commands["view.decimal_comma"].trigger()
    write_drawing(window.scene, tmp_path / "net.svg")
    copied = bytes(copied_drawing(window.scene).data("image/svg+xml").data()).decode()
    for text in ((tmp_path / "net.svg").read_text(), copied):
        assert "w 0.5" in text
        assert "w 0,5" not in text
    assert any("w 0,5" in text for text in drawn(window))


def test_fields_take_either_sign(window: MainWindow) -> None:
    window.commands["view.decimal_comma"].trigger()
    field = named(window, "training.optimizer.learning_rate", QLineEdit)
    for typed in ("0,25", "0.25"):
        type_into(field, "0,5")
        type_into(field, typed)
        optimizer = window.document.session.training.optimizer
        assert optimizer.learning_rate == 0.25


def test_the_sign_is_remembered(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    first = open_window(session)
    first.commands["view.decimal_comma"].trigger()
    close_for_good(first)
    use_comma(False)
    second = open_window(session)
    assert second.commands["view.decimal_comma"].isChecked()
    assert any("0,5" in text for text in drawn(second))
