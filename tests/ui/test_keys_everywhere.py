"""The keys that walk belong to the player wherever the focus is, except where text is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

from bpviz.model.schema import Session
from bpviz.model.session import decode_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.lane import Lane
from bpviz.ui.style import resource_path

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier
PAGES = (Key.Key_PageDown, Key.Key_PageUp)
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
        if takes and here and not is_written(widget):
            yield widget


def is_written(widget: QWidget) -> bool:
    """Whether text is typed into a widget."""
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QLineEdit | QAbstractSpinBox)


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
                # The lanes of the timeline walk by the same keys themselves.
                if isinstance(widget, Lane) and key not in PAGES:
                    continue
                event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
                event.ignore()
                QApplication.sendEvent(widget, event)
                if event.isAccepted():
                    taken.append((widget.objectName() or type(widget).__name__, key.name))
    assert len(seen) > 40
    assert taken == []


def test_a_clicker_steps_from_wherever_the_focus_is(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    """Real page keys, to each widget of the window while a lesson is open: it steps each time."""
    lesson = decode_session(resource_path("lessons", "S5.bpviz.json").read_bytes()).session
    window = open_window(lesson)
    player, seen, still = window.player, set[QWidget](), list[str]()
    window.commands["run.step_forward"].trigger()
    for name in window.workspace.panels:
        window.workspace.bring_to_front(name)
        QApplication.processEvents()
        for widget in set(takers(window)) - seen:
            widget.setFocus()
            if not widget.hasFocus():
                continue
            seen.add(widget)
            before = player.frame_index
            for key, moved in zip(PAGES, (before + 1, before), strict=True):
                QTest.keyClick(widget, key)
                if player.frame_index != moved:
                    still.append(f"{key.name}: {widget.objectName() or type(widget).__name__}")
    assert len(seen) > 40
    assert any(isinstance(widget, QTextBrowser) for widget in seen)
    assert not still


def test_a_text_that_is_read_scrolls_by_up_and_down_and_leaves_the_rest(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    lesson = decode_session(resource_path("lessons", "S5.bpviz.json").read_bytes()).session
    window = open_window(lesson)
    window.resize(1100, 480)
    window.workspace.bring_to_front("lesson")
    QApplication.processEvents()
    texts = window.workspace.panels["lesson"].findChildren(QTextBrowser)
    text = max(texts, key=lambda each: each.verticalScrollBar().maximum())
    bar, player = text.verticalScrollBar(), window.player
    assert bar.maximum() > 0
    text.setFocus()
    bar.setValue(0)
    QTest.keyClick(text, Key.Key_Down)
    assert bar.value() > 0
    QTest.keyClick(text, Key.Key_Up)
    assert bar.value() == 0
    index = player.frame_index
    QTest.keyClick(text, Key.Key_Right)
    QTest.keyClick(text, Key.Key_PageDown)
    assert player.frame_index == index + 2
    assert bar.value() == 0
    QTest.keyClick(text, Key.Key_Space)
    assert player.running
    QTest.keyClick(text, Key.Key_Space)
    assert not player.running
