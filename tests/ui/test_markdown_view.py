"""The reader of Markdown with formulas."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QTextDocument, QTextImageFormat
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


def formula_images(view: MarkdownView) -> list[QTextImageFormat]:
    """The formats of all images shown."""
    found = []
    block = view.document().begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            look = fragments.fragment().charFormat()
            # Images side by side with one format are one fragment.
            found += [look.toImageFormat()] * look.isImageFormat()
            fragments += 1
        block = block.next()
    return found


def test_no_image_is_stretched(view: MarkdownView) -> None:
    # Qt would stretch it without smoothing: ragged letters.
    view.show_text(r"Where $\frac{\partial E}{\partial w_1}$ is" + "\n\n$$z = w_a + 0.25$$\n\nEnd")
    looks = formula_images(view)
    assert len(looks) == 2
    for look in looks:
        image = view.document().resource(
            QTextDocument.ResourceType.ImageResource.value, look.name()
        )
        assert isinstance(image, QImage)
        size = image.deviceIndependentSize()
        assert (look.width(), look.height()) == (size.width(), size.height())
        assert image.devicePixelRatio() == view.devicePixelRatioF()


def test_a_very_wide_formula_is_broken_before_it_is_made_small(view: MarkdownView) -> None:
    view.resize(360, 500)
    view.show_text("$$y = x$$")
    plain = formula_images(view)[0].height()
    factors = r" \cdot ".join(["(a - b)"] * 8)
    view.show_text(f"$$y = {factors}$$")
    lines = formula_images(view)
    assert len(lines) >= 2
    assert all(look.width() <= 360 for look in lines)
    assert lines[0].height() >= plain


@pytest.mark.parametrize("mark", [".", ",", ";", ":", "'s"])
def test_no_line_begins_with_the_sign_behind_a_formula(view: MarkdownView, mark: str) -> None:
    view.show_text(f"One $x$ and $w_2${mark} more (so $a$) $z$.5")
    text = view.toPlainText()
    assert text == f"One {OBJECT} and {OBJECT} more (so {OBJECT}) {OBJECT}.5"


def test_bullets_stand_on_the_line_of_their_text(view: MarkdownView) -> None:
    view.show_text("- first $\\frac{1}{2}$\n- second\n  - inside\n\n1. one\n2. two\n\nEnd")
    lines = view.toPlainText().split("\n")
    assert [line[:1] for line in lines] == ["•", "•", "•", "o", "t", "E"]
    block = view.document().begin()
    lefts = []
    for _ in range(3):
        form = block.blockFormat()
        assert form.leftMargin() + form.textIndent() >= 0.0
        lefts.append(form.leftMargin())
        block = block.next()
    assert lefts[0] == lefts[1] < lefts[2]
    # Numbers are Qt's own.
    assert block.textList() is not None
