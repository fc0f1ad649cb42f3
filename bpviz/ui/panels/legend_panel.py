"""The legend: the colours of the overlay shown, and how the states of a number look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.document.player import Player
from bpviz.ui.style import Theme, guard, scaled_font

ROW_HEIGHT: Final = 22
SAMPLE_WIDTH: Final = 44
MARGIN: Final = 12


@dataclass(frozen=True)
class Entry:
    """One line of the legend: how it is drawn and what it means."""

    color: str
    style: Literal["solid", "dash", "dots", "hatch", "zero", "infinite"]
    text: str


def entries(theme: Theme, overlay: str, batch_gradients: bool) -> tuple[Entry, ...]:
    """Return the legend of `overlay` ("values", "gradients" or "updates")."""
    of = "of the batch" if batch_gradients else "of the shown sample"
    signs = {
        "values": (
            Entry(theme.positive, "solid", "positive weight or value"),
            Entry(theme.negative, "dash", "negative weight or value"),
        ),
        "gradients": (
            Entry(theme.gradient_positive, "solid", f"gradient above 0, {of}"),
            Entry(theme.gradient_negative, "dash", f"gradient below 0, {of}"),
        ),
        "updates": (
            Entry(theme.positive, "solid", "weight grew in this update"),
            Entry(theme.negative, "dash", "weight shrank in this update"),
        ),
    }[overlay]
    return (
        *signs,
        Entry(theme.not_computed, "hatch", "not computed yet"),
        Entry(theme.stale, "dots", "stale after an edit"),
        Entry(theme.zero, "zero", "exactly zero"),
        Entry(theme.non_finite, "infinite", "not finite"),
    )


class LegendPanel(QWidget):
    """Draws the entries, one a line."""

    def __init__(self, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._theme = theme
        self._overlay = "gradients"
        self._entries: tuple[Entry, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.refresh()

    def set_overlay(self, overlay: str) -> None:
        """Explain the overlay that is shown."""
        self._overlay = overlay
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Say whose gradients are shown."""
        snapshot = self._player.snapshot
        batch = snapshot is not None and snapshot.batch_gradients
        shown = entries(self._theme, self._overlay, batch)
        if shown != self._entries:
            self._entries = shown
            self.setAccessibleDescription("; ".join(entry.text for entry in shown))
            self.updateGeometry()
            self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return room for all entries."""
        return QSize(200, ROW_HEIGHT * len(self._entries) + 10)

    @guard
    def minimumSizeHint(self) -> QSize:
        """Return room for all entries."""
        return self.sizeHint()

    @guard
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the entries."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, entry in enumerate(self._entries):
            middle = 2 + ROW_HEIGHT * (row + 0.5)
            _draw_sample(painter, entry, MARGIN, middle)
            painter.setFont(self.font())
            painter.setPen(QColor(self._theme.muted))
            left = MARGIN + SAMPLE_WIDTH + 12
            box = QRectF(left, middle - ROW_HEIGHT / 2, self.width() - left - 4, ROW_HEIGHT)
            text = painter.fontMetrics().elidedText(
                entry.text, Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


def _draw_sample(painter: QPainter, entry: Entry, left: float, middle: float) -> None:
    pen = QPen(QColor(entry.color), 2.5)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if entry.style == "dash":
        pen.setDashPattern([2.4, 1.4])
    elif entry.style == "dots":
        pen.setDashPattern([0.8, 1.6])
    elif entry.style == "zero":
        pen.setWidthF(1.2)
    line = QLineF(left, middle, left + SAMPLE_WIDTH, middle)
    painter.setPen(pen)
    if entry.style == "hatch":
        pen.setWidthF(1.1)
        painter.setPen(pen)
        for step in range(6):
            x = left + 2 + step * 8
            painter.drawLine(QPointF(x, middle + 4), QPointF(x + 5, middle - 4))
        return
    if entry.style in ("zero", "infinite"):
        line.translate(0, 5)
        painter.drawLine(line)
        painter.setFont(scaled_font(painter.font(), 11, bold=True))
        box = QRectF(left, middle - 11, SAMPLE_WIDTH, 14)
        sign = "0" if entry.style == "zero" else "∞"
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), sign)
        return
    painter.drawLine(line)
