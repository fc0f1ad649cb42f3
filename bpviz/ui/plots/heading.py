"""The line over a plot: its key, as long as there is room for."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from bpviz.ui.style import guard

HEAD_MARGIN, HEAD_SPACING = 14, 10


class Heading(QWidget):
    """A line over a plot that says when its width is another."""

    resized = Signal()

    def room_for(self, label: QLabel) -> int:
        """Return how many pixels wide `label` may be beside all else that stands in the line."""
        row = self.layout()
        room = self.width() - 2 * HEAD_MARGIN
        for place in range(0 if row is None else row.count()):
            item = None if row is None else row.itemAt(place)
            other = None if item is None else item.widget()
            if other is None or other is label:
                continue
            policy = other.sizePolicy()
            if policy.retainSizeWhenHidden() or not other.isHidden():
                # What takes the room that is left needs none.
                is_rest = policy.horizontalPolicy() == QSizePolicy.Policy.Ignored
                room -= HEAD_SPACING + (0 if is_rest else other.sizeHint().width())
        return room

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
