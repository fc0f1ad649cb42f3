"""The widget of formulas: glyphs, pointer, colours and sizes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bpviz.explain.expression import Number, Product, Reference, Symbol
from bpviz.ui.formula.boxes import Text
from bpviz.ui.formula.fonts import FAMILY, FormulaFont
from bpviz.ui.formula.formula_view import FormulaView
from bpviz.ui.formula.page import FormulaLine
from bpviz.ui.style import DARK, LIGHT, THEMES, Theme, contrast

WEIGHT = Reference("edge", "x->h", "weight")
DELTA = Reference("node", "h", "delta", 0)
LINES = (
    FormulaLine(
        Product((Symbol("w", "w_{x}", 0.5, WEIGHT), Symbol("δ", r"\delta_{h}", -2.0, DELTA))),
        Symbol("c", "c", -1.0),
    ),
    FormulaLine(Product((Number(0.5, WEIGHT), Number(-2.0, DELTA))), role="numbers"),
    FormulaLine(Number(-1.0), role="result", tone="gradient_negative"),
)


@pytest.fixture
def view(qtbot: QtBot) -> FormulaView:
    made = FormulaView(DARK)
    qtbot.addWidget(made)
    made.resize(320, 200)
    made.show_lines(LINES)
    made.show()
    return made


def test_the_font_for_mathematics_comes_with_the_program(qapp: object) -> None:
    font = FormulaFont()
    assert font.is_mathematical
    assert font.font("italic", 20).family() == FAMILY
    assert font.shown("h∂δx1", "italic") == "ℎ𝜕𝛿𝑥1"


@pytest.mark.parametrize("family", [None, ""])
def test_texts_are_as_wide_as_they_are_measured(qapp: object, family: str | None) -> None:
    font = FormulaFont(family)
    for text in ("0.0123456789", "−0.5", "w", "∂", "δ", "max", "→", "½", "漢字", "é"):
        for size in (11, 17, 34):
            metrics = QFontMetricsF(font.font("italic", size))
            drawn = metrics.horizontalAdvance(font.shown(text, "italic"))
            assert font.extent(text, "italic").width * size == pytest.approx(drawn, abs=0.06 * size)


def test_terms_are_hovered_and_chosen_with_the_mouse(view: FormulaView, qtbot: QtBot) -> None:
    told: list[object] = []
    view.term_hovered.connect(told.append)
    at = view.rect_of(WEIGHT).center().toPoint()
    QTest.mouseMove(view, at)
    QTest.mouseMove(view, view.rect_of(DELTA).center().toPoint())
    QTest.mouseMove(view, QPoint(view.width() - 2, view.height() - 2))
    assert told == [WEIGHT, DELTA, None]
    with qtbot.waitSignal(view.term_chosen) as chosen:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == [WEIGHT]


def picture(view: FormulaView) -> QImage:
    return view.grab().toImage()


def test_highlighting_marks_all_terms_of_a_thing(view: FormulaView) -> None:
    before = picture(view)
    view.highlight(Reference("node", "h", ""))
    lit = picture(view)
    changed = [hit.reference for hit in view.page.hits
               if lit.pixel(round(hit.x), round(hit.y + hit.height + 1))
               != before.pixel(round(hit.x), round(hit.y + hit.height + 1))]  # fmt: skip
    assert changed == [DELTA, DELTA]
    view.highlight(Reference("node", "h", "value"))
    assert picture(view) == before
    view.highlight(None)
    assert picture(view) == before


@pytest.mark.parametrize("theme", THEMES.values(), ids=str)
def test_results_have_the_colour_of_their_sign_in_every_theme(
    view: FormulaView, theme: Theme
) -> None:
    view.apply_theme(theme)
    result = view.page.drawn[-1]
    assert isinstance(result.box.ink, Text)
    image = picture(view)
    wanted = QColor(theme.gradient_negative).name()
    found = {
        QColor(image.pixel(round(result.x) + x, round(result.y) - y)).name()
        for x in range(round(result.box.width))
        for y in range(round(result.box.ascent))
    }
    assert wanted in found
    assert contrast(theme.field, theme.gradient_negative) >= 4.5


def test_a_scale_makes_all_larger(view: FormulaView) -> None:
    height, width = view.height(), view.page.drawn[0].box.width
    view.set_scale(2.0)
    assert view.height() == pytest.approx(2 * height, rel=0.1)
    assert view.page.drawn[0].box.width == pytest.approx(2 * width, rel=0.05)


def test_nothing_is_drawn_outside(view: FormulaView) -> None:
    for width in (320, 160, 90):
        view.resize(width, 10)
        assert view.page.height <= view.height() + 1
        assert all(each.x >= 0.0 for each in view.page.drawn)
        assert view.page.width <= width
    view.set_digits(10)
    assert view.page.hits


def test_a_serif_takes_the_place_of_a_missing_font(qtbot: QtBot) -> None:
    view = FormulaView(LIGHT, FormulaFont(""))
    qtbot.addWidget(view)
    view.resize(320, 100)
    view.show_lines(LINES)
    assert not picture(view).isNull()
    assert view.page.drawn[0].box.width > 0.0
