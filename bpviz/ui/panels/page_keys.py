"""Text keeps the page keys, which step everywhere else, as a clicker sends them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit, QWidget

from bpviz.ui.style import guard

PAGE_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class PageKeys(QObject):
    """Watches which widget has the focus: a text of many lines scrolls by the page keys."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        application.focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(new, QPlainTextEdit | QTextEdit):
            new.installEventFilter(self)

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the page keys for the text, before a shortcut takes them."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in PAGE_KEYS
            and not event.modifiers()
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)
