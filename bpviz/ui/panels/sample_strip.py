"""The batch as a strip of small bars: each sample's loss, which one is shown, click for another."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bpviz.document.player import Player
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme, guard, mix, scaled_font

MOST: Final = 16
CELL: Final = 11
HEIGHT: Final = 22
MORE_ROOM: Final = 46
TEXT: Final = 11
LOWEST: Final = 2.0
# While a run is on, bars are painted anew at most so often (seconds).
LIVE_INTERVAL: Final = 0.1


class SampleStrip(QWidget):
    """Shows up to 16 samples of the batch around the chosen one; `chosen` tells a click.

    `opened` tells that all of them are wanted, each as a drawing.
    """

    chosen = Signal(int)
    opened = Signal()

    def __init__(self, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._theme = theme
        self._digits = 4
        self._drawn_at = -1.0
        self.setObjectName("step.samples")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMouseTracking(True)
        self.refresh()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    def refresh(self) -> None:
        """Follow the player; a batch of one needs no strip."""
        now = time.monotonic()
        if self._player.running and now - self._drawn_at < LIVE_INTERVAL:
            return
        self._drawn_at = now
        count = len(self._player.batch)
        self.setVisible(count > 1)
        if count > 1:
            said = f"Sample {self._player.sample + 1} of {grouped(count)} in the batch"
            self.setAccessibleName(said)
            self.setFixedSize(self.sizeHint())
            self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return the room of the cells, and of what says how many more there are."""
        count = len(self._player.batch)
        return QSize(min(count, MOST) * CELL + (MORE_ROOM if count > MOST else 0) + 2, HEIGHT)

    @property
    def first(self) -> int:
        """The sample of the first cell: a longer batch is shown around the chosen one."""
        count = len(self._player.batch)
        return min(max(self._player.sample - MOST // 2, 0), max(count - MOST, 0))

    def x_of(self, sample: int) -> float:
        """Return the middle of the cell of `sample`."""
        return (sample - self.first + 0.5) * CELL

    def sample_at(self, x: float) -> int:
        """Return the sample at `x`, −1 where there is none."""
        cell = int(x // CELL)
        shown = min(len(self._player.batch), MOST)
        return self.first + cell if 0 <= cell < shown else -1

    def tip_of(self, sample: int) -> str:
        """Return row, loss, outputs and targets of a sample."""
        trace = self._player.trace
        if trace is None or not 0 <= sample < len(trace.rows):
            return ""
        network = trace.program.network
        count, row = grouped(len(trace.rows)), grouped(int(trace.rows[sample]) + 1)
        lines = [f"Sample {sample + 1} of {count}, row {row}"]
        if self._is_known():
            loss = float(trace.loss_per_sample[sample])
            lines.append(f"loss {format_number(loss, self._digits)}")
        if self._is_known() and "values" not in self._player.hidden.kinds:
            for output in network.outputs[:4]:
                value = float(trace.a[sample, network.node_index[output]])
                lines.append(f"{output} = {format_number(value, self._digits)}")
        return "\n".join([*lines, "Click to show it, double-click for drawings of all"])

    def _is_known(self) -> bool:
        snapshot = self._player.snapshot
        hidden = "loss" in self._player.hidden.kinds
        return snapshot is not None and bool(snapshot.loss_known) and not hidden

    @guard
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint a bar for each sample: its height is its loss, once that is computed."""
        trace, theme = self._player.trace, self._theme
        if trace is None:
            return
        painter = QPainter(self)
        count, first = len(trace.rows), self.first
        shown = range(first, min(first + MOST, count))
        losses = np.asarray(trace.loss_per_sample, np.float64)[first : first + MOST]
        top = float(np.nanmax(np.where(np.isfinite(losses), losses, 0.0), initial=0.0))
        known = self._is_known()
        for cell, sample in enumerate(shown):
            here = sample == self._player.sample
            box = QRectF(cell * CELL + 1, 1, CELL - 2, HEIGHT - 2)
            painter.fillRect(box, QColor(theme.field))
            share = losses[cell] / top if known and top > 0 and np.isfinite(losses[cell]) else 0.0
            high = max(share * (HEIGHT - 4), LOWEST)
            bar = QRectF(box.left() + 1, box.bottom() - 1 - high, box.width() - 2, high)
            color = theme.accent if here else mix(theme.field, theme.muted, 0.8)
            painter.fillRect(bar, QColor(color))
            painter.setPen(QPen(QColor(theme.accent if here else theme.border), 1))
            painter.drawRect(box)
        if count > MOST:
            painter.setFont(scaled_font(self.font(), TEXT))
            painter.setPen(QColor(theme.muted))
            room = QRectF(MOST * CELL + 4, 0, MORE_ROOM - 4, HEIGHT)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, f"+{grouped(count - MOST)}")
        painter.end()

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the sample that was clicked."""
        sample = self.sample_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and sample >= 0:
            self.chosen.emit(sample)

    @guard
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all samples as small drawings."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit()

    @guard
    def event(self, event: QEvent) -> bool:
        """Say what the sample under the pointer is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self.tip_of(self.sample_at(event.pos().x()))
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)
