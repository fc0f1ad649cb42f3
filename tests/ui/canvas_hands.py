"""Hands for the tests of editing: real mouse and key events on a window's canvas."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from bpviz.model.session import encode_session
from bpviz.ui.canvas.targets import handle_points
from bpviz.ui.main_window import MainWindow

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
PLAIN, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def at(window: MainWindow, node: str, dx: float = 0.0, dy: float = 0.0) -> QPoint:
    """Return the viewport's point at, or beside, a node."""
    x, y = window.scene.geometry.positions[window.scene.geometry.index[node]]
    return window.canvas.mapFromScene(QPointF(x + dx, y + dy))


def on_edge(window: MainWindow, name: str, share: float = 0.5) -> QPoint:
    """Return the viewport's point at `share` of an edge's length."""
    geometry = window.scene.geometry
    edge = np.array([geometry.names.index(name)])
    return window.canvas.mapFromScene(QPointF(*geometry.along(edge, np.array([share]))[0]))


def end_of(window: MainWindow, name: str, *, target: bool) -> QPoint:
    """Return the viewport's point where an end of an edge is grasped."""
    geometry = window.scene.geometry
    points = handle_points(geometry, geometry.names.index(name))
    return window.canvas.mapFromScene(points[1 if target else 0])


def move_mouse(
    window: MainWindow,
    to: QPoint,
    button: Qt.MouseButton = LEFT,
    keys: Qt.KeyboardModifier = PLAIN,
    on: QWidget | None = None,
) -> None:
    """Move with a button down; QTest's own move tells no buttons."""
    widget = on or window.canvas.viewport()
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(to), QPointF(widget.mapToGlobal(to)),
        Qt.MouseButton.NoButton, button, keys,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def hover(window: MainWindow, to: QPoint) -> None:
    """Move the mouse without a button."""
    move_mouse(window, to, Qt.MouseButton.NoButton)


def drag(window: MainWindow, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = PLAIN) -> None:
    """Press, move in three steps, and let go."""
    viewport = window.canvas.viewport()
    QTest.mousePress(viewport, LEFT, PLAIN if keys == ALT else keys, start)
    for step in (0.2, 0.6, 1.0):
        move_mouse(window, start + (end - start) * step, keys=keys)
    QTest.mouseRelease(viewport, LEFT, keys, end)


def click(window: MainWindow, to: QPoint, keys: Qt.KeyboardModifier = PLAIN) -> None:
    """Click on the canvas."""
    QTest.mouseClick(window.canvas.viewport(), LEFT, keys, to)


def key(window: MainWindow, keys: str) -> None:
    """Press a key with its modifiers on the canvas, as text: "Ctrl+J"."""
    combination = QKeySequence(keys)[0]  # type: ignore[index]  # PySide's stub lacks it
    QTest.keyClick(window.canvas, combination.key(), combination.keyboardModifiers())


def labels(window: MainWindow) -> list[str]:
    """Return the labels of all edits up to the position."""
    timeline = window.document.timeline
    entries = [timeline.line.entry(index) for index in range(timeline.place[0])]
    return [str(getattr(entry, "label", entry)) for entry in entries]


def bring_forward(window: MainWindow) -> None:
    """Make a window the active one."""
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    window.canvas.setFocus()


def undone(window: MainWindow, before: bytes) -> bool:
    """Return whether undoing one entry gives the bytes from before it."""
    window.document.undo()
    same = encode_session(window.document.session) == before
    window.document.redo()
    return same


def nodes(window: MainWindow) -> list[str]:
    """Return the ids of all nodes."""
    return [node.id for node in window.document.session.network.nodes]


def edges(window: MainWindow) -> list[str]:
    """Return the names of all edges."""
    return [edge.name for edge in window.document.session.network.edges]
