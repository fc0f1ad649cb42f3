"""A reader of Markdown with formulas between dollar signs, typeset as those of explanations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextImageFormat,
    QTextOption,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from bpviz.ui.formula.boxes import Box, inks
from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.names import name_box
from bpviz.ui.formula.terms_view import paint_ink
from bpviz.ui.style import Theme, guard, scaled_font

FORMULA: Final = re.compile(
    r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$", re.DOTALL
)
# Signs of Unicode's private use stand for the formulas while Qt reads the Markdown.
FIRST_MARK, MOST_FORMULAS = 0xE000, 6000
BASE_SIZE: Final = 13
TABLE_SIZE: Final = 12
PIXEL_SIZE: Final = QTextFormat.Property.FontPixelSize.value
HEADINGS: Final = {1: 17, 2: 15}
SHARPNESS: Final = 2
PADDING: Final = 1
SMALLEST_SHARE: Final = 0.6


class MarkdownView(QTextBrowser):
    """Shows Markdown; `$…$` is a formula in the line, `$$…$$` one on lines of its own.

    Lines of a displayed formula are parted by a double backslash.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scale = 1.0
        self._text = ""
        self._font = FormulaFont()
        self._room = 0
        self.setOpenExternalLinks(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.document().setDocumentMargin(2)
        self.apply_theme(theme)

    @property
    def text(self) -> str:
        """The Markdown shown."""
        return self._text

    def show_text(self, text: str) -> None:
        """Show `text`; the same text again keeps its place."""
        if text != self._text:
            self._text = text
            self._set()

    def replace_text(self, text: str) -> None:
        """Show a text that is nearly the same, without moving what is read."""
        if text != self._text:
            bar = self.verticalScrollBar()
            place = bar.value()
            self.show_text(text)
            bar.setValue(place)

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        if factor != self._scale:
            self._scale = factor
            self._set()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.setStyleSheet(
            f"QTextBrowser {{ background: {theme.panel}; border: none; padding: 0; }}"
        )
        self._set()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set formulas smaller, or larger again, where the width is another."""
        super().resizeEvent(event)
        if abs(self._width() - self._room) > 8 and "$" in self._text:
            self._set()

    def _width(self) -> int:
        # Whether the scroll bar is there must not matter: it comes and goes with the text.
        return max(120, self.width() - self.verticalScrollBar().sizeHint().width() - 8)

    def _set(self) -> None:
        """Set the whole text anew."""
        self._room = self._width()
        formulas: list[tuple[str, bool]] = []

        def mark(match: re.Match[str]) -> str:
            if len(formulas) >= MOST_FORMULAS:
                return match[0]
            shown = match["display"] is not None
            formulas.append((match["display"] or match["inline"], shown))
            sign = chr(FIRST_MARK + len(formulas) - 1)
            return f"\n\n{sign}\n\n" if shown else sign

        marked = FORMULA.sub(mark, self._text).replace("\\$", "$")
        document = self.document()
        document.setDefaultFont(scaled_font(self.font(), BASE_SIZE * self._scale))
        document.setMarkdown(marked)
        self._style_blocks(document)
        for number, (latex, shown) in enumerate(formulas):
            self._put(number, latex, shown=shown)

    def _style_blocks(self, document: QTextDocument) -> None:
        border = QBrush(QColor(self._theme.node_border))
        for block in _blocks(document):
            level = block.blockFormat().headingLevel()
            cursor = QTextCursor(block)
            if level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                look = QTextCharFormat()
                size = HEADINGS.get(level, BASE_SIZE) * self._scale
                look.setFont(scaled_font(self.font(), size, bold=True))
                cursor.setCharFormat(look)
            table = _table_at(cursor)
            if table is not None and table.format().borderBrush() != border:
                form = table.format()
                form.setBorderBrush(border)
                form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
                form.setBorder(1)
                form.setBorderCollapse(True)
                form.setCellPadding(3)
                form.setBottomMargin(6 * self._scale)
                table.setFormat(form)
            if table is None:
                self._space(cursor, level)
            elif not level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                small = QTextCharFormat()
                small.setProperty(PIXEL_SIZE, round(TABLE_SIZE * self._scale))
                cursor.mergeCharFormat(small)

    def _space(self, cursor: QTextCursor, level: int) -> None:
        """Give a paragraph or heading its distance to the next."""
        spaced = QTextBlockFormat()
        spaced.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        in_list = cursor.currentList() is not None
        spaced.setTopMargin((8 if level else 0) * self._scale)
        spaced.setBottomMargin((4 if in_list or level else 8) * self._scale)
        cursor.mergeBlockFormat(spaced)

    def _put(self, number: int, latex: str, *, shown: bool) -> None:
        """Put the image of a formula where its mark stands."""
        cursor = self.document().find(chr(FIRST_MARK + number))
        if cursor.isNull():
            return
        lines = re.split(r"\\\\", latex) if shown else [latex]
        cursor.removeSelectedText()
        if shown:
            block = QTextBlockFormat()
            block.setLeftMargin(14 * self._scale)
            block.setLineHeight(100, QTextBlockFormat.LineHeightTypes.SingleHeight.value)
            cursor.mergeBlockFormat(block)
        size = round(BASE_SIZE * self._scale * (1.35 if shown else 1.22))
        size = min(self._fitting(line, size) for line in lines)
        for place, line in enumerate(lines):
            if place:
                cursor.insertText("\u2028", QTextCharFormat())
            name, box = f"formula:{number}.{place}", name_box(self._font, line, size)
            self._insert(cursor, name, box, line.strip(), shown=shown)

    def _insert(self, cursor: QTextCursor, name: str, box: Box, latex: str, *, shown: bool) -> None:
        """Put in the image of a formula, its baseline on that of the text."""
        around = PADDING + (2 if shown else 0)
        smallest = scaled_font(self.font(), BASE_SIZE * self._scale)
        font = _font_reaching(smallest, box.descent + around)
        below = QFontMetricsF(font).descent()
        width, height = box.width + 2 * PADDING, box.ascent + around + below
        image = QImage(
            QSize(round(width * SHARPNESS), round(height * SHARPNESS)),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.setDevicePixelRatio(SHARPNESS)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        paint_ink(painter, inks(box, PADDING, around + box.ascent), self._font, self._theme)
        painter.end()
        self.document().addResource(
            QTextDocument.ResourceType.ImageResource.value, QUrl(name), image
        )
        look = QTextImageFormat()
        look.setName(name)
        look.setWidth(width)
        look.setHeight(height)
        look.setFont(font)
        look.setToolTip(latex)
        # Qt then lets the image reach below the line as far as this font does.
        look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
        cursor.insertImage(look)

    def _fitting(self, latex: str, size: int) -> int:
        """Return the type size at which the formula is no wider than the view."""
        smallest, room = round(SMALLEST_SHARE * size), self._room - 24
        while size > smallest and name_box(self._font, latex, size).width > room:
            size -= 1
        return size


def _font_reaching(font: QFont, descent: float) -> QFont:
    """Return `font` in the size at which it reaches at least `descent` pixels below its line."""
    made = QFont(font)
    pixels = max(6, made.pixelSize())
    made.setPixelSize(pixels)
    while QFontMetricsF(made).descent() < descent and pixels < 400:
        pixels += max(1, pixels // 8)
        made.setPixelSize(pixels)
    return made


def _table_at(cursor: QTextCursor) -> QTextTable | None:
    return cursor.currentTable()


def _blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()
