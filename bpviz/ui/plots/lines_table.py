"""A table that is painted anew many times a second: rows of words and numbers to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bpviz.ui.style import Theme, guard, scaled_font

ROW: Final = 22
TEXT: Final = 11.5
# What a cell needs beside its text, and the least of the first column, in pixels.
BESIDE: Final = 12
LEAST_FIRST: Final = 60


@dataclass(frozen=True)
class Line:
    """One row of a table: its cells, its tip, which cells warn, and whether all are bold."""

    cells: tuple[str, ...]
    tip: str = ""
    warns: frozenset[int] = frozenset()
    strong: bool = False


class LinesTable(QWidget):
    """Rows under a heading; a click chooses one, `chosen` carries its place."""

    chosen = Signal(int)

    def __init__(
        self, theme: Theme, heading: Sequence[tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        """Use `heading`: a title and a tip for each column."""
        super().__init__(parent)
        self._theme = theme
        self._heading = tuple(heading)
        self._lines: tuple[Line, ...] = ()
        self._current = -1
        self._scale = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(ROW)

    @property
    def row_height(self) -> int:
        """The height of a row, and of the heading, in pixels."""
        return round(ROW * self._scale)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    @property
    def heading(self) -> tuple[str, ...]:
        """The titles of the columns."""
        return tuple(text for text, _ in self._heading)

    def set_heading(self, heading: Sequence[tuple[str, str]]) -> None:
        """Have another title and tip for each column."""
        if tuple(heading) != self._heading:
            self._heading = tuple(heading)
            self.update()

    def show_lines(self, lines: Sequence[Line], current: int) -> None:
        """Show `lines`, the one at `current` marked."""
        count = len(self._lines)
        self._lines, self._current = tuple(lines), current
        if len(lines) != count:
            self.setFixedHeight(self.row_height * (1 + len(lines)))
        self.setAccessibleDescription("; ".join(" ".join(line.cells) for line in lines))
        self.update()

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self._scale = factor
        self.setFixedHeight(self.row_height * (1 + len(self._lines)))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    def _edges(self) -> list[float]:
        """Return the left edges of the columns and the right end: as wide as their texts need.

        Where there is not room for all, numbers stay whole and the first column's texts do not.
        """
        needs = [self._needed(text) for text, _ in self._heading]
        for line in self._lines:
            for place, text in enumerate(line.cells):
                bold = line.strong or place in line.warns
                needs[place] = max(needs[place], self._needed(text, bold=bold))
        spare = self.width() - sum(needs)
        if spare < 0:
            needs[0] = max(LEAST_FIRST * self._scale, needs[0] + spare)
        return [0.0, *(np.cumsum(needs) * self.width() / sum(needs)).tolist()]

    def _needed(self, text: str, *, bold: bool = False) -> float:
        return QFontMetricsF(self._font(bold=bold)).horizontalAdvance(text) + BESIDE

    def _font(self, *, bold: bool) -> QFont:
        return scaled_font(self.font(), TEXT * self._scale, bold=bold)

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint heading and rows, numbers to the right."""
        theme, painter, edges = self._theme, QPainter(self), self._edges()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = self.row_height
        if 0 <= self._current < len(self._lines):
            marked = QRectF(0, high * (1 + self._current), self.width(), high)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.hover))
            painter.drawRoundedRect(marked, 4.0, 4.0)
        plain, bold = self._font(bold=False), self._font(bold=True)
        for row in range(len(self._lines) + 1):
            line = self._lines[row - 1] if row else Line(tuple(text for text, _ in self._heading))
            for column, text in enumerate(line.cells):
                warns = row > 0 and column in line.warns
                color = theme.warning if warns else theme.text if row else theme.muted
                painter.setPen(QColor(color))
                painter.setFont(bold if warns or line.strong else plain)
                wide = edges[column + 1] - edges[column] - 8
                cell = QRectF(edges[column] + 4, high * row, wide, high)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                if not column:
                    right = Qt.TextElideMode.ElideRight
                    text = painter.fontMetrics().elidedText(text, right, int(wide) + 1)
                painter.drawText(cell, int(side | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    def _tip(self, line: Line) -> str:
        """Return the tip of a row, with its name where that is cut."""
        cut = self._needed(line.cells[0], bold=line.strong) > self._edges()[1] + BESIDE - 8
        return "\n".join(text for text in (line.cells[0] if cut else "", line.tip) if text)

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the mouse."""
        row = int(event.position().y() // self.row_height) - 1
        if 0 <= row < len(self._lines):
            self.chosen.emit(row)

    @guard
    def event(self, event: QEvent) -> bool:
        """Say what a column is, or more about a row."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // self.row_height - 1
            column = int(np.searchsorted(self._edges(), event.pos().x(), side="right")) - 1
            text = ""
            if row < 0 and 0 <= column < len(self._heading):
                text = self._heading[column][1]
            elif 0 <= row < len(self._lines):
                text = self._tip(self._lines[row])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
