"""The toolbox over the canvas: kinds of node to click and place, or to drag to their place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QToolButton, QWidget

from bpviz.ui.canvas.placing import KINDS
from bpviz.ui.icons import icon
from bpviz.ui.style import Theme, guard

HOW: Final = "click, then click where it goes, or drag it there"


class Toolbox(QWidget):
    """One button per kind of node.

    `chosen` carries the kind whose button was clicked, `dragged` the kind that is dragged off its
    button, `carried` and `dropped` the point of the screen it is dragged to.
    """

    chosen = Signal(str)
    dragged = Signal(str)
    carried = Signal(QPoint)
    dropped = Signal(QPoint)

    def __init__(
        self, actions: Mapping[str, QAction], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("toolbox")
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row = row
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._buttons: dict[str, KindButton] = {}
        for name, kind in KINDS.items():
            key = actions[f"edit.add_{name}"].shortcut().toString()
            button = KindButton(name)
            button.setObjectName(f"toolbox.{name}")
            button.setAccessibleName(f"Place {kind.name}")
            button.setToolTip(f"{kind.name.capitalize()}: {HOW} ({key})")
            button.clicked.connect(partial(self.chosen.emit, name))
            button.dragged.connect(self.dragged)
            button.carried.connect(self.carried)
            button.dropped.connect(self.dropped)
            row.addWidget(button)
            self._buttons[name] = button
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        for name, button in self._buttons.items():
            button.setIcon(icon(name, theme))

    def stand(self, left: int, bottom: int, *, upright: bool) -> None:
        """Stand so far off the canvas's left and lower rim, as a row or `upright`."""
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if upright else direction.LeftToRight)
        self._row.setContentsMargins(left, 0, 0, bottom)

    def show_placing(self, kind: str) -> None:
        """Mark the kind that is being placed, "" for none."""
        for name, button in self._buttons.items():
            button.setChecked(name == kind)


class KindButton(QToolButton):
    """A button whose kind of node can be dragged off it."""

    dragged = Signal(str)
    carried = Signal(QPoint)
    dropped = Signal(QPoint)

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self._pressed_at: QPoint | None = None
        self._is_dragging = False
        self.setCheckable(True)
        self.setIconSize(QSize(20, 20))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @guard
    def nextCheckState(self) -> None:  # noqa: N802
        """Leave the mark to what is really being placed."""

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may begin."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._is_dragging = event.position().toPoint(), False

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the kind off the button."""
        if self._pressed_at is None:
            super().mouseMoveEvent(event)
            return
        away = (event.position().toPoint() - self._pressed_at).manhattanLength()
        if not self._is_dragging and away >= QApplication.startDragDistance():
            self._is_dragging = True
            self.setDown(False)
            self.dragged.emit(self._kind)
        if self._is_dragging:
            self.carried.emit(event.globalPosition().toPoint())

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Drop the kind, or click."""
        self._pressed_at = None
        if self._is_dragging:
            self._is_dragging = False
            self.dropped.emit(event.globalPosition().toPoint())
        else:
            super().mouseReleaseEvent(event)
