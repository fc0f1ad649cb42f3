"""The line over a plot: its key, as long as there is room for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from bpviz.ui.style import guard

HEAD_MARGIN: Final = 14


class Heading(QWidget):
    """A line over a plot that says when its width is another."""

    resized = Signal()

    @property
    def room(self) -> int:
        """How many pixels wide what stands in it may be."""
        return self.width() - 2 * HEAD_MARGIN

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell of another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.resized.emit()


def write_fitting(label: QLabel, texts: Iterable[str], room: int) -> None:
    """Write into `label` the first of `texts` that is no wider than `room`, or the last."""
    for text in texts:
        if text != label.text():
            label.setText(text)
        if label.sizeHint().width() <= room:
            return
