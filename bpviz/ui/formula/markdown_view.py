"""A reader of Markdown with formulas between dollar signs, typeset as those of explanations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

from PySide6.QtCore import QEvent, QSize, QSizeF, Qt, QUrl
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
    QTextListFormat,
    QTextOption,
    QTextTable,
)
from PySide6.QtWidgets import QTextBrowser, QWidget

from bpviz.ui.formula.boxes import Box, Piece, broken, inks, row
from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.names import name_box, name_pieces
from bpviz.ui.formula.terms_view import paint_ink
from bpviz.ui.style import Theme, guard, scaled_font

FORMULA: Final = re.compile(
    r"\$\$(?P<display>.+?)\$\$|(?<![\\$])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$"
    # What no line may begin with: Qt would break behind an image, so it is part of it.
    r"(?P<tail>[.,;:!?](?!\w)|['’]s\b)?",
    re.DOTALL,
)
# Signs of Unicode's private use stand for the formulas while Qt reads the Markdown.
FIRST_MARK, MOST_FORMULAS = 0xE000, 6000
BASE_SIZE: Final = 13
TABLE_SIZE: Final = 12
PIXEL_SIZE: Final = QTextFormat.Property.FontPixelSize.value
HEADINGS: Final = {1: 17, 2: 15}
PADDING: Final = 1
SMALLEST_SHARE: Final = 0.6
# A formula that fits when it is so much smaller need not be broken.
ALMOST: Final = 0.9
INDENT: Final = 18
BULLETED: Final = (
    QTextListFormat.Style.ListDisc,
    QTextListFormat.Style.ListCircle,
    QTextListFormat.Style.ListSquare,
)
BULLET: Final = "•\u2002"


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
        self._grows = False
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

    def let_grow(self) -> None:
        """Be as high as the text from now on: what it stands in scrolls."""
        self._grows = True
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._on_size_changed)

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

    @guard
    def event(self, event: QEvent) -> bool:
        """Draw formulas anew for a screen with other pixels."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._set()
        return super().event(event)

    def _width(self) -> int:
        # Whether the scroll bar is there must not matter: it comes and goes with the text.
        return max(120, self.width() - self.verticalScrollBar().sizeHint().width() - 8)

    def _on_size_changed(self, size: QSizeF) -> None:
        if self._grows:
            self.setFixedHeight(ceil(size.height()) + 2)

    def _set(self) -> None:
        """Set the whole text anew."""
        self._room = self._width()
        formulas: list[re.Match[str]] = []

        def mark(match: re.Match[str]) -> str:
            if len(formulas) >= MOST_FORMULAS:
                return match[0]
            shown = match["display"] is not None
            formulas.append(match)
            sign = chr(FIRST_MARK + len(formulas) - 1)
            return f"\n\n{sign}\n\n" if shown else sign

        marked = FORMULA.sub(mark, self._text).replace("\\$", "$")
        document = self.document()
        document.setDefaultFont(scaled_font(self.font(), BASE_SIZE * self._scale))
        document.setMarkdown(marked)
        self._style_blocks(document)
        for number, formula in enumerate(formulas):
            self._put(number, formula)

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
                self._put_bullet(block)
            elif not level:
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                small = QTextCharFormat()
                small.setProperty(PIXEL_SIZE, round(TABLE_SIZE * self._scale))
                cursor.mergeCharFormat(small)

    def _space(self, cursor: QTextCursor, level: int) -> None:
        """Give a paragraph or heading its distance to the next."""
        spaced = QTextBlockFormat()
        if cursor.block().length() <= 1:
            # Behind a table Qt puts an empty line.
            spaced.setLineHeight(1, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
            cursor.mergeBlockFormat(spaced)
            return
        spaced.setLineHeight(118, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        in_list = cursor.currentList() is not None
        spaced.setTopMargin((8 if level else 0) * self._scale)
        spaced.setBottomMargin((4 if in_list or level else 8) * self._scale)
        cursor.mergeBlockFormat(spaced)

    def _put_bullet(self, block: QTextBlock) -> None:
        """Write the bullet of a list's item: Qt would draw it above a line with a high formula."""
        made = block.textList()
        if made is None or made.format().style() not in BULLETED:
            return
        depth = made.format().indent()
        made.remove(block)
        cursor = QTextCursor(block)
        wide = QFontMetricsF(self.document().defaultFont()).horizontalAdvance(BULLET)
        form = QTextBlockFormat()
        form.setIndent(0)
        form.setLeftMargin(wide + (depth - 1) * INDENT * self._scale)
        form.setTextIndent(-wide)
        cursor.mergeBlockFormat(form)
        cursor.insertText(BULLET, QTextCharFormat())

    def _put(self, number: int, formula: re.Match[str]) -> None:
        """Put the image of a formula where its mark stands."""
        shown = formula["display"] is not None
        latex = formula["display"] or formula["inline"]
        cursor = self.document().find(chr(FIRST_MARK + number))
        if cursor.isNull():
            return
        cursor.removeSelectedText()
        if shown:
            block = QTextBlockFormat()
            block.setLeftMargin(14 * self._scale)
            block.setLineHeight(100, QTextBlockFormat.LineHeightTypes.SingleHeight.value)
            cursor.mergeBlockFormat(block)
        size = round(BASE_SIZE * self._scale * (1.35 if shown else 1.22))
        if shown:
            boxes = self._wrapped(re.split(r"\\\\", latex), size)
        else:
            boxes = [self._fitting(rf"{latex}\text{{{formula['tail'] or ''}}}", size)]
        for place, box in enumerate(boxes):
            if place:
                cursor.insertText("\u2028", QTextCharFormat())
            name = f"formula:{number}.{place}"
            self._insert(cursor, name, box, latex.strip(), shown=shown)

    def _insert(self, cursor: QTextCursor, name: str, box: Box, latex: str, *, shown: bool) -> None:
        """Put in the image of a formula, its baseline on that of the text."""
        around = PADDING + (4 if shown else 0)
        smallest = scaled_font(self.font(), BASE_SIZE * self._scale)
        font = _font_reaching(smallest, box.descent + around)
        below = QFontMetricsF(font).descent()
        # In whole pixels of the screen: the document would else stretch the image, unsmoothed.
        width = ceil(box.width + 2 * PADDING)
        height = ceil(box.ascent + around + below)
        ratio = self.devicePixelRatioF()
        image = QImage(
            QSize(round(width * ratio), round(height * ratio)),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.setDevicePixelRatio(ratio)
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        baseline = height - below
        paint_ink(painter, inks(box, PADDING, baseline), self._font, self._theme)
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

    def _fitting(self, latex: str, size: int) -> Box:
        """Return a formula in one line, set smaller where it is wider than the view."""
        smallest = round(SMALLEST_SHARE * size)
        while size > smallest and name_box(self._font, latex, size).width > self._room - 24:
            size -= 1
        return name_box(self._font, latex, size)

    def _wrapped(self, lines: Sequence[str], size: int) -> list[Box]:
        """Return lines that fit: a little smaller if that will do, else broken, else smaller yet.

        What goes on from the line before is set in.
        """
        room, deeper = self._room - 24 - 14 * self._scale, 1.1 * size
        for smaller in range(size, round(ALMOST * size) - 1, -1):
            whole = [name_box(self._font, line, smaller) for line in lines]
            if max(box.width for box in whole) <= room:
                return whole
        for smaller in range(size, round(SMALLEST_SHARE * size) - 1, -1):
            made: list[Box] = []
            for line in lines:
                pieces = name_pieces(self._font, line, smaller)
                first, *rest = broken(pieces, room - deeper) or [row(pieces)]
                made += [first, *(row([Piece(Box(deeper, 0.0, 0.0)), Piece(box)]) for box in rest)]
            if max(box.width for box in made) <= room:
                break
        return made


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
