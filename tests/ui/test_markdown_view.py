"""The reader of Markdown with formulas."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.ui.formula.markdown_view import MarkdownView
from bpviz.ui.style import DARK, LIGHT

OBJECT = "\ufffc"


@pytest.fixture
def view(qtbot: QtBot) -> MarkdownView:
    made = MarkdownView(DARK)
    qtbot.addWidget(made)
    made.resize(360, 500)
    made.show()
    return made


def images(view: MarkdownView) -> int:
    return view.toPlainText().count(OBJECT)


def test_formulas_become_images_and_words_stay(view: MarkdownView) -> None:
    view.show_text(
        r"The slope $\sigma'(z)$ costs \$5 or $5." + "\n\n" + r"$$a \\ b \\ c$$" + "\nEnd"
    )
    assert images(view) == 4
    text = view.toPlainText()
    assert "costs $5 or $5." in text
    assert "End" in text
    assert "sigma" not in text


def test_an_image_is_in_the_colour_of_the_theme(view: MarkdownView) -> None:
    view.show_text("$w$")
    for theme in (DARK, LIGHT):
        view.apply_theme(theme)
        image = view.document().resource(
            QTextDocument.ResourceType.ImageResource.value, "formula:0.0"
        )
        assert isinstance(image, QImage)
        ink = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert theme.text in ink


def test_the_text_stands_there_once_whatever_the_width(view: MarkdownView) -> None:
    # A scroll bar that comes while the text is set must not set it a second time.
    view.show_text("\n\n".join(f"Line {n} with $x_{n}$" for n in range(40)))
    for width in (360, 340, 352, 200, 600):
        view.resize(width, 300)
        QApplication.processEvents()
        assert images(view) == 40
        assert view.toPlainText().count("Line 7 ") == 1


def test_a_wide_formula_is_set_smaller(view: MarkdownView) -> None:
    view.show_text("$$" + " + ".join(["a_1"] * 14) + "$$")

    def width() -> float:
        block = view.document().begin()
        while block.isValid():
            if OBJECT in block.text():
                cursor = block.begin().fragment().charFormat().toImageFormat()
                return float(cursor.width())
            block = block.next()
        raise AssertionError

    assert width() <= 360
    view.resize(700, 500)
    QApplication.processEvents()
    assert width() > 360


def test_larger_for_a_projector(view: MarkdownView) -> None:
    view.show_text("Text $x$")
    before = view.document().size().height()
    view.set_scale(2.0)
    assert view.document().size().height() > 1.5 * before


def test_nearly_the_same_text_keeps_the_place(view: MarkdownView) -> None:
    text = "\n\n".join(f"Line {n}" for n in range(80))
    view.show_text(text)
    view.verticalScrollBar().setValue(300)
    view.replace_text(text + "\n\nmore")
    assert view.verticalScrollBar().value() == 300
