"""Tables that are painted anew many times a second: rows of words and numbers, cells of counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme, guard, mix, scaled_font

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ROW: Final = 22
CELL: Final = 30
LABELS: Final = 64
MOST_CLASSES: Final = 10


@dataclass(frozen=True)
class Line:
    """One row of a table: its cells, what its tip says, and which cells warn."""

    cells: tuple[str, ...]
    tip: str = ""
    warns: frozenset[int] = frozenset()


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
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(ROW)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show_lines(self, lines: Sequence[Line], current: int) -> None:
        """Show `lines`, the one at `current` marked."""
        if len(lines) != len(self._lines):
            self.setFixedHeight(ROW * (1 + len(lines)))
        self._lines, self._current = tuple(lines), current
        self.setAccessibleDescription("; ".join(" ".join(line.cells) for line in lines))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    def _edges(self) -> list[float]:
        """Return the left edges of the columns and the right end: as wide as their titles need."""
        metrics = QFontMetricsF(scaled_font(self.font(), 11.5))
        needs = [metrics.horizontalAdvance(text) + 14 for text, _ in self._heading]
        return [0.0, *(np.cumsum(needs) * self.width() / sum(needs)).tolist()]

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint heading and rows, numbers to the right."""
        theme, painter, edges = self._theme, QPainter(self), self._edges()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if 0 <= self._current < len(self._lines):
            marked = QRectF(0, ROW * (1 + self._current), self.width(), ROW)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.hover))
            painter.drawRoundedRect(marked, 4.0, 4.0)
        plain, bold = scaled_font(self.font(), 11.5), scaled_font(self.font(), 11.5, bold=True)
        for row in range(len(self._lines) + 1):
            line = self._lines[row - 1] if row else Line(tuple(text for text, _ in self._heading))
            for column, text in enumerate(line.cells):
                warns = row > 0 and column in line.warns
                color = theme.warning if warns else theme.text if row else theme.muted
                painter.setPen(QColor(color))
                painter.setFont(bold if warns else plain)
                cell = QRectF(
                    edges[column] + 4, ROW * row, edges[column + 1] - edges[column] - 8, ROW
                )
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                painter.drawText(cell, int(side | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the mouse."""
        row = int(event.position().y() // ROW) - 1
        if 0 <= row < len(self._lines):
            self.chosen.emit(row)

    @guard
    def event(self, event: QEvent) -> bool:
        """Say what a column is, or more about a row."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // ROW - 1
            column = int(np.searchsorted(self._edges(), event.pos().x(), side="right")) - 1
            text = ""
            if row < 0 and 0 <= column < len(self._heading):
                text = self._heading[column][1]
            elif 0 <= row < len(self._lines):
                text = self._lines[row].tip
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)


class ConfusionPlot(QWidget):
    """A confusion matrix: true classes down, decided ones across, the right ones framed."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: IntArray = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self.setObjectName("statistics.confusion")
        self.setAccessibleName("Confusion matrix, true classes down and decided ones across")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def counts(self) -> IntArray:
        """The counts shown."""
        return self._counts

    def show_counts(self, counts: IntArray, names: Sequence[str]) -> None:
        """Show `counts` [C, C]; more than ten classes have no room, then nothing is shown."""
        fits = len(counts) <= MOST_CLASSES
        self._counts = counts if fits else np.zeros((0, 0), dtype=np.int64)
        self._names = tuple(names)
        height = CELL * len(self._counts) + ROW + 4 if len(self._counts) else 0
        if height != self.height():
            self.setFixedHeight(height)
        self.setAccessibleDescription("; ".join(" ".join(map(str, row)) for row in counts.tolist()))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return the wanted size."""
        return QSize(260, self.height())

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names and cells, each as strong as its share of its row."""
        if not len(self._counts):
            return
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = len(self._counts)
        wide = min(74.0, (self.width() - LABELS) / size)
        painter.setFont(scaled_font(self.font(), 11))
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(0, 0, LABELS - 6, ROW), int(RIGHT), "true ↓")
        for place in range(size):
            name = self._names[place] if place < len(self._names) else str(place)
            across = QRectF(LABELS + place * wide, 0, wide, ROW)
            painter.drawText(
                across, int(Qt.AlignmentFlag.AlignCenter), _short(painter, f"→ {name}", wide)
            )
            down = QRectF(0, ROW + place * CELL, LABELS - 6, CELL)
            painter.drawText(down, int(RIGHT), _short(painter, name, LABELS - 8))
        sums = np.maximum(1, self._counts.sum(axis=1))
        for row, column in np.ndindex(size, size):
            count = int(self._counts[row, column])
            share = count / float(sums[row])
            color = theme.success if row == column else theme.non_finite
            cell = QRectF(LABELS + column * wide + 1, ROW + row * CELL + 1, wide - 2, CELL - 2)
            painter.setPen(QColor(color if row == column else theme.border))
            painter.setBrush(QColor(mix(theme.canvas, color, 0.55 * share if count else 0.0)))
            painter.drawRoundedRect(cell, 4.0, 4.0)
            painter.setPen(QColor(theme.text if count else theme.muted))
            painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), f"{count:,}")
        painter.end()


class ScoreBars(QWidget):
    """A bar for each class of the chosen sample, the decided one bold, the true one named."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._scores: FloatArray = np.empty(0)
        self._span = (0.0, 1.0)
        self._mark: float | None = None
        self._decided = self._true = -1
        self.setObjectName("statistics.scores")
        self.setAccessibleName("Class probabilities of the chosen sample")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(0)

    @property
    def scores(self) -> FloatArray:
        """The numbers shown."""
        return self._scores

    def show_scores(
        self,
        names: Sequence[str],
        scores: FloatArray,
        decided: int,
        true: int,
        mark: float | None = None,
    ) -> None:
        """Show `scores`; `mark` draws a threshold. Without any the widget takes no room."""
        self._names, self._scores = tuple(names[:MOST_CLASSES]), scores[:MOST_CLASSES]
        self._decided, self._true, self._mark = decided, true, mark
        finite = scores[np.isfinite(scores)]
        low = min(0.0, float(finite.min()) if finite.size else 0.0)
        self._span = (low, max(1.0, float(finite.max()) if finite.size else 1.0))
        if self.height() != ROW * len(self._scores):
            self.setFixedHeight(ROW * len(self._scores))
        texts = [f"{name} {value:.4g}" for name, value in zip(names, scores, strict=False)]
        self.setAccessibleDescription(", ".join(texts))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint name, bar and number of each class."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, high = self._span
        room = QRectF(LABELS, 0, self.width() - LABELS - 62, ROW)
        zero = room.left() + room.width() * -low / (high - low)
        for row, value in enumerate(self._scores.tolist()):
            name = self._names[row] if row < len(self._names) else str(row)
            bold = row == self._decided or len(self._scores) == 1
            painter.setFont(scaled_font(self.font(), 11.5, bold=bold))
            painter.setPen(QColor(theme.text))
            label = f"✓ {name}" if row == self._true and len(self._scores) > 1 else name
            painter.drawText(
                QRectF(0, ROW * row, LABELS - 6, ROW),
                int(RIGHT),
                _short(painter, label, LABELS - 8),
            )
            end = (
                room.left() + room.width() * (value - low) / (high - low)
                if np.isfinite(value)
                else zero
            )
            right = row == self._true or len(self._scores) == 1
            color = theme.success if right else theme.accent if bold else theme.muted
            bar = QRectF(min(zero, end), ROW * row + 5, max(1.0, abs(end - zero)), ROW - 10)
            painter.fillRect(bar, QColor(color))
            number = QRectF(room.right() + 4, ROW * row, 56, ROW)
            painter.drawText(number, int(RIGHT), format_number(value, 3, trim=True))
        if self._mark is not None and len(self._scores):
            x = room.left() + room.width() * (self._mark - low) / (high - low)
            painter.setPen(QColor(theme.text))
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        painter.end()


RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _short(painter: QPainter, text: str, width: float) -> str:
    return QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, width)
