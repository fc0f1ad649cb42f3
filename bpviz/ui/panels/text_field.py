"""A field for a text of several lines."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QPlainTextEdit

from bpviz.ui.style import guard


class TextField(QPlainTextEdit):
    """A text field that tells when it is left: then what was typed is one Edit."""

    left = Signal()

    @guard
    def event(self, event: QEvent) -> bool:
        """Tell when the focus goes elsewhere in the program."""
        done = super().event(event)
        if event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        return bool(done)
