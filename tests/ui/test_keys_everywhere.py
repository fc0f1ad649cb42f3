"""The keys that walk belong to the player wherever the focus is, except where text is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.lane import Lane

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier
# The lanes of the timeline walk by the same keys themselves.
OWN_KEYS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, Lane)
WALKING = (
    (Key.Key_Right, Modifier.NoModifier), (Key.Key_Left, Modifier.NoModifier),
    (Key.Key_Right, Modifier.ShiftModifier), (Key.Key_Left, Modifier.ShiftModifier),
    (Key.Key_Right, Modifier.ControlModifier), (Key.Key_Left, Modifier.ControlModifier),
    (Key.Key_PageDown, Modifier.NoModifier), (Key.Key_PageUp, Modifier.NoModifier),
    (Key.Key_Home, Modifier.NoModifier), (Key.Key_End, Modifier.NoModifier),
    (Key.Key_Space, Modifier.NoModifier),
)  # fmt: skip


def takers(window: MainWindow) -> Iterator[QWidget]:
    """Iterate over all that can be seen and take the focus, but for text."""
    for widget in window.findChildren(QWidget):
        takes = widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.focusProxy() is None
        here = widget.isVisible() and widget.isEnabled() and widget.window() is window
        if takes and here and not isinstance(widget, OWN_KEYS):
            yield widget


def test_no_panel_keeps_a_walking_key_for_itself(window: MainWindow) -> None:
    taken: list[tuple[str, str]] = []
    seen: set[QWidget] = set()
    for name in window.workspace.panels:
        window.workspace.bring_to_front(name)
        QApplication.processEvents()
        for widget in set(takers(window)) - seen:
            seen.add(widget)
            for key, modifier in WALKING:
                # A list's first and last value have keys of their own.
                if isinstance(widget, QComboBox) and key in (Key.Key_Home, Key.Key_End):
                    continue
                event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
                event.ignore()
                QApplication.sendEvent(widget, event)
                if event.isAccepted():
                    taken.append((widget.objectName() or type(widget).__name__, key.name))
    assert len(seen) > 40
    assert taken == []
