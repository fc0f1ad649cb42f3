"""The header at the right of the tool bar: iteration, epoch and loss, at a glance."""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import Final

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.datasets import epoch_of
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme, guard

# Seconds between two pictures of a run in which the numbers change.
LIVE_INTERVAL: Final = 0.1
# Pixels by which the lines' width grows.
ROOM: Final = 16


class Header(QWidget):
    """Two lines, right-aligned: "iteration 137 · epoch 35" and "loss 0.0652  test 0.0711"."""

    def __init__(self, document: Document, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._digits = 4
        self._drawn_at = 0.0
        self._place = QLabel()
        self._loss = QLabel()
        self._place.setObjectName("header.place")
        self._loss.setObjectName("header.loss")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 6, 0)
        layout.setSpacing(0)
        self._labels = (self._place, self._loss)
        for label in self._labels:
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            layout.addWidget(label, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(200)
        self.refresh()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._place.setStyleSheet(f"color: {theme.text}; font-weight: bold;")
        self._loss.setStyleSheet(f"color: {theme.muted};")
        self.refresh()

    def refresh_live(self) -> None:
        """Show where training stands, but while a run is on no more often than one can read."""
        if not self._player.running or time.monotonic() - self._drawn_at >= LIVE_INTERVAL:
            self.refresh()

    def refresh(self) -> None:
        """Show where training stands."""
        self._drawn_at = time.monotonic()
        self._say_numbers()
        for label in self._labels:
            _fit(label)

    @guard
    def changeEvent(self, event: QEvent) -> None:
        """Make room for letters of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            for label in self._labels:
                label.ensurePolished()
                _fit(label)

    def _say_numbers(self) -> None:
        player = self._player
        iteration = player.iteration + (0 if player.frame is None else 1)
        self._place.setText(
            f"iteration {grouped(iteration)} · epoch {grouped(self._epoch(iteration))}"
        )
        if "loss" in player.hidden.kinds:
            self._loss.setText("loss ?")
            return
        curve = player.curve
        index = bisect_right(curve.iteration, player.iteration) - 1
        # The losses on record are of a network that could be computed.
        lost = bool(player.problem) and player.trace is None and not player.running
        if index < 0 or lost:
            self._loss.setText("loss —")
            return
        text = f"loss {format_number(curve.train[index], self._digits)}"
        if index < len(curve.test):
            text += f"  test {format_number(curve.test[index], self._digits)}"
        self._loss.setText(text)

    def _epoch(self, iteration: int) -> int:
        """Return the epoch `iteration` belongs to, 0 before the first."""
        count = 0 if self._player.trace is None else self._player.rows.count
        return epoch_of(count, self._document.session.training, iteration) if count else 0


def _fit(label: QLabel) -> None:
    """Give `label` a fixed size with room for its text, and some for longer ones.

    A label of a fixed size asks for no new layout when its text changes: else the whole window
    would be laid out, and painted, at each picture of a run.
    """
    wanted, now = label.sizeHint(), label.size()
    if wanted.height() != now.height() or not 0 <= now.width() - wanted.width() <= 2 * ROOM:
        label.setFixedSize(-(-wanted.width() // ROOM) * ROOM, wanted.height())
