"""Keys by what has the focus: text keeps the page keys, Enter presses a button, as Space runs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from bpviz.ui.style import guard

PAGE_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
KEYPAD = Qt.KeyboardModifier.KeypadModifier
ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PageKeys(QObject):
    """Watches which widget has the focus: a text of many lines scrolls by the page keys.

    Space starts a run wherever the focus is, so a button of the window takes Enter.
    """

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        application.focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        in_dialog = new is not None and isinstance(new.window(), QDialog)
        button = isinstance(new, QAbstractButton) and not in_dialog
        if new is not None and (button or isinstance(new, QPlainTextEdit | QTextEdit)):
            new.installEventFilter(self)

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the page keys for the text, before a shortcut takes them; Enter for a button."""
        if not isinstance(event, QKeyEvent) or event.modifiers() & ~KEYPAD:
            return super().eventFilter(watched, event)
        if isinstance(watched, QAbstractButton):
            if event.type() == QEvent.Type.KeyPress and event.key() in ENTER_KEYS:
                watched.click()
                return True
        elif event.type() == QEvent.Type.ShortcutOverride and event.key() in PAGE_KEYS:
            event.accept()
            return True
        return super().eventFilter(watched, event)
