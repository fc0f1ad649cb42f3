"""Keys by what has the focus: the player's, a text's that is written, a button's, a list's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from bpviz.ui.panels.canvas_frame import CanvasFrame
from bpviz.ui.style import guard

PAGE_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
WALKING_KEYS = (
    *PAGE_KEYS, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_Space,
)  # fmt: skip
KEYPAD = Qt.KeyboardModifier.KeypadModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PageKeys(QObject):
    """Watches which widget has the focus: only a text that is written scrolls by the page keys.

    Whoever speaks has a clicker, which sends page keys: they step, as Space runs and the arrows
    walk, also where a text to be read has the focus; that scrolls by Up and Down. So a button of
    the window takes Enter. Letters edit the drawing only where it has the focus: in a list or a
    choice they go to what begins so.
    """

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        application.focusChanged.connect(self._on_focus_changed)

    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is None:
            return
        in_dialog = isinstance(new.window(), QDialog)
        is_text = isinstance(new, QPlainTextEdit | QTextEdit)
        if is_text or not (in_dialog or _is_of_drawing(new)):
            new.installEventFilter(self)

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim keys for the widget, before a shortcut takes them; Enter for a button."""
        if not isinstance(event, QKeyEvent) or not isinstance(watched, QWidget):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            if _belongs_to(watched, event):
                event.accept()
                return True
            if _is_read(watched) and event.key() in WALKING_KEYS:
                event.ignore()
                return True
        plain = not event.modifiers() & ~KEYPAD
        presses = event.type() == QEvent.Type.KeyPress and event.key() in ENTER_KEYS
        if isinstance(watched, QAbstractButton) and plain and presses:
            watched.click()
            return True
        return super().eventFilter(watched, event)


def _is_of_drawing(widget: QWidget) -> bool:
    """Whether a widget is the drawing, or lies over it."""
    parent: QWidget | None = widget
    while parent is not None and not isinstance(parent, CanvasFrame):
        parent = parent.parentWidget()
    return parent is not None


def _is_read(widget: QWidget) -> bool:
    """Whether a widget is a text that is only read."""
    return isinstance(widget, QPlainTextEdit | QTextEdit) and widget.isReadOnly()


def _belongs_to(widget: QWidget, event: QKeyEvent) -> bool:
    """Whether a key is the widget's own, whatever the menus do with it."""
    modifiers, text = event.modifiers() & ~KEYPAD, event.text()
    if isinstance(widget, QPlainTextEdit | QTextEdit) and event.key() in PAGE_KEYS:
        return not modifiers and (not widget.isReadOnly() or isinstance(widget.window(), QDialog))
    if modifiers & ~SHIFT or len(text) != 1:
        return False
    # Digits choose the size of steps, but in a list or a choice they are part of a name.
    searches = isinstance(widget, QComboBox | QAbstractItemView)
    return text.isalpha() or (searches and text.isprintable() and text != " ")
