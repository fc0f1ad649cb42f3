"""How classes are told, painted anew many times a second: the confusion matrix and the scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme, guard, mix, scaled_font

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

ROW: Final = 22
CELL: Final = 30
LABELS: Final = 64
# With more classes their counts don't fit into the cells: then colours alone show them.
MOST_CLASSES: Final = 10
# How high a matrix of many classes is.
MANY_HEIGHT: Final = 260
# A count of mistakes is seen from this share of its row on.
FAINTEST: Final = 0.15


class ConfusionPlot(QWidget):
    """A confusion matrix: true classes down, decided ones across, the right ones framed.

    Counts of many classes are shown by colour; the tip of a cell tells its count.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scale = 1.0
        self._counts: IntArray = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self.setObjectName("statistics.confusion")
        self.setAccessibleName("Confusion matrix, true classes down and decided ones across")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def counts(self) -> IntArray:
        """The counts shown."""
        return self._counts

    @property
    def _is_crowded(self) -> bool:
        return len(self._counts) > MOST_CLASSES

    def show_counts(self, counts: IntArray, names: Sequence[str]) -> None:
        """Show `counts` [C, C] of the classes called `names`."""
        self._counts, self._names = counts, tuple(names)
        self._take_height()
        said = mistakes(counts, self._names) if self._is_crowded else ""
        rows = "; ".join(" ".join(map(str, row)) for row in counts[:MOST_CLASSES].tolist())
        self.setAccessibleDescription(said or rows)
        self.update()

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self._scale = factor
        self._take_height()
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return the wanted size."""
        return QSize(260, self.height())

    def cell(self, row: int, column: int) -> QRectF:
        """Return where a count stands."""
        scale, size = self._scale, max(1, len(self._counts))
        labels = LABELS * scale
        wide, high = min(74.0 * scale, (self.width() - labels) / size), CELL * scale
        if self._is_crowded:
            high = wide = min((self.width() - labels), MANY_HEIGHT * scale) / size
        return QRectF(labels + column * wide, ROW * scale + row * high, wide, high)

    def tip_at(self, at: QPoint) -> str:
        """Return what the count at a point says; "" where there is none."""
        size, first = len(self._counts), self.cell(0, 0)
        column = int((at.x() - first.left()) // first.width()) if size else -1
        row = int((at.y() - first.top()) // first.height()) if size else -1
        if not (0 <= row < size and 0 <= column < size):
            return ""
        of = int(self._counts[row].sum())
        told = f"taken for {self._name(column)}" if row != column else "told right"
        count = int(self._counts[row, column])
        return f"{self._name(row)} {told}: {grouped(count)} of {grouped(of)} rows"

    @guard
    def event(self, event: QEvent) -> bool:
        """Tell the count under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return super().event(event)

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names and cells, each as strong as its share of its row."""
        if not len(self._counts):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font(self.font(), 11 * self._scale))
        self._paint_names(painter)
        if self._is_crowded:
            self._paint_colours(painter)
        else:
            self._paint_counts(painter)
        painter.end()

    def _take_height(self) -> None:
        size, scale = len(self._counts), self._scale
        high = min(CELL * size, MANY_HEIGHT) if self._is_crowded else CELL * size
        height = round((high + ROW + 4) * scale) if size else 0
        if height != self.height():
            self.setFixedHeight(height)

    def _name(self, place: int) -> str:
        return self._names[place] if place < len(self._names) else str(place)

    def _paint_names(self, painter: QPainter) -> None:
        """Paint the classes' names; where rows are low, of some only."""
        labels, head = LABELS * self._scale, ROW * self._scale
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(QRectF(0, 0, labels - 6, head), int(RIGHT), "true ↓")
        line = painter.fontMetrics().height()
        every = max(1, -(-line // max(1, int(self.cell(0, 0).height()))))
        for place in range(0, len(self._counts), every):
            across, down = self.cell(0, place), self.cell(place, 0)
            if not self._is_crowded:
                text = _short(painter, f"→ {self._name(place)}", across.width())
                over = QRectF(across.left(), 0, across.width(), head)
                painter.drawText(over, int(Qt.AlignmentFlag.AlignCenter), text)
            high = max(down.height(), float(line))
            beside = QRectF(0, down.center().y() - high / 2, labels - 6, high)
            text = _short(painter, self._name(place), labels - 8)
            painter.drawText(beside, int(RIGHT), text)
        if self._is_crowded:
            across = self.cell(0, 0)
            over = QRectF(across.left(), 0, self.width() - across.left(), head)
            painter.drawText(over, int(Qt.AlignmentFlag.AlignVCenter), "taken for →")

    def _paint_counts(self, painter: QPainter) -> None:
        theme = self._theme
        sums = np.maximum(1, self._counts.sum(axis=1))
        for row, column in np.ndindex(*self._counts.shape):
            count = int(self._counts[row, column])
            share = count / float(sums[row])
            color = theme.success if row == column else theme.non_finite
            cell = self.cell(row, column).adjusted(1, 1, -1, -1)
            painter.setPen(QColor(color if row == column else theme.border))
            painter.setBrush(QColor(mix(theme.canvas, color, 0.55 * share if count else 0.0)))
            painter.drawRoundedRect(cell, 4.0, 4.0)
            painter.setPen(QColor(theme.text if count else theme.muted))
            painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), f"{grouped(count)}")

    def _paint_colours(self, painter: QPainter) -> None:
        """Paint a cell of many as a colour: the right ones green, mistakes red."""
        theme, size = self._theme, len(self._counts)
        shares = self._counts / np.maximum(1, self._counts.sum(axis=1, keepdims=True))
        strength = np.where(self._counts > 0, FAINTEST + (1.0 - FAINTEST) * shares, 0.0)
        canvas, good, bad = map(_rgb, (theme.canvas, theme.success, theme.non_finite))
        strong = np.where(np.eye(size, dtype=np.bool_)[..., None], good, bad)
        rgb = canvas + (strong - canvas) * strength[..., None]
        pixels = np.full((size, size, 4), 255, dtype=np.uint8)
        pixels[..., :3] = rgb[..., ::-1].round()
        image = QImage(pixels.tobytes(), size, size, 4 * size, QImage.Format.Format_RGB32)
        first = self.cell(0, 0)
        whole = QRectF(first.topLeft(), first.size() * size)
        painter.drawImage(whole, image)
        painter.setPen(QColor(theme.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(whole)


def _rgb(color: str) -> FloatArray:
    found = QColor(color)
    return np.array([found.red(), found.green(), found.blue()], dtype=np.float64)


def mistakes(counts: IntArray, names: Sequence[str], most: int = 3) -> str:
    """Return in words which classes are most often taken for which; "" without a mistake."""
    wrong = np.where(np.eye(len(counts), dtype=np.bool_), 0, counts)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    found = [np.unravel_index(place, wrong.shape) for place in order.tolist()]

    def name(place: int) -> str:
        return names[place] if place < len(names) else str(place)

    told = [
        f"{name(int(row))} for {name(int(column))} ({grouped(int(wrong[row, column]))}×)"
        for row, column in found
        if wrong[row, column]
    ]
    return "Most often mistaken: " + ", ".join(told) if told else ""


class ScoreBars(QWidget):
    """A bar for each class of the chosen sample, the decided one bold, the true one named."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._scores: FloatArray = np.empty(0)
        self._span = (0.0, 1.0)
        self._scale = 1.0
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
        """Show `scores`, no more than ten of them; `mark` draws a threshold.

        Without any the widget takes no room. `decided` and `true` are places in `scores`.
        """
        self._names, self._scores = tuple(names), scores
        self._decided, self._true, self._mark = decided, true, mark
        finite = scores[np.isfinite(scores)]
        low = min(0.0, float(finite.min()) if finite.size else 0.0)
        self._span = (low, max(1.0, float(finite.max()) if finite.size else 1.0))
        self._take_height()
        texts = [f"{name} {value:.4g}" for name, value in zip(names, scores, strict=False)]
        self.setAccessibleDescription(", ".join(texts))
        self.update()

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self._scale = factor
        self._take_height()
        self.update()

    def _take_height(self) -> None:
        height = round(ROW * self._scale) * len(self._scores)
        if self.height() != height:
            self.setFixedHeight(height)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint name, bar and number of each class."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        low, top = self._span
        scale, high = self._scale, round(ROW * self._scale)
        labels = LABELS * scale
        room = QRectF(labels, 0, self.width() - labels - 62 * scale, high)
        zero = room.left() + room.width() * -low / (top - low)
        for row, value in enumerate(self._scores.tolist()):
            name = self._names[row] if row < len(self._names) else str(row)
            bold = row == self._decided or len(self._scores) == 1
            painter.setFont(scaled_font(self.font(), 11.5 * scale, bold=bold))
            painter.setPen(QColor(theme.text))
            label = f"✓ {name}" if row == self._true and len(self._scores) > 1 else name
            painter.drawText(
                QRectF(0, high * row, labels - 6, high),
                int(RIGHT),
                _short(painter, label, labels - 8),
            )
            end = (
                room.left() + room.width() * (value - low) / (top - low)
                if np.isfinite(value)
                else zero
            )
            right = row == self._true or len(self._scores) == 1
            color = theme.success if right else theme.accent if bold else theme.muted
            bar = QRectF(min(zero, end), high * row + 5, max(1.0, abs(end - zero)), high - 10)
            painter.fillRect(bar, QColor(color))
            number = QRectF(room.right() + 4, high * row, 56 * scale, high)
            painter.drawText(number, int(RIGHT), format_number(value, 3, trim=True))
        if self._mark is not None and len(self._scores):
            x = room.left() + room.width() * (self._mark - low) / (top - low)
            painter.setPen(QColor(theme.text))
            painter.drawLine(QPointF(x, 2), QPointF(x, self.height() - 2))
        painter.end()


RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def _short(painter: QPainter, text: str, width: float) -> str:
    return QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, width)
