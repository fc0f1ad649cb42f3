"""The tool bar: undo, the player's buttons, the step size, the overlay, and the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from bpviz.ui.icons import icon
from bpviz.ui.panels.header import Header
from bpviz.ui.panels.overlay_button import OverlayButton
from bpviz.ui.settings import SPEED_CHOICES
from bpviz.ui.style import Theme

EDIT_IDS = ("edit.undo", "edit.redo")
PLAYER_IDS = (
    "run.reset", "run.back_iteration", "run.step_back", "run.toggle", "run.step_forward",
    "run.step_iteration",
)  # fmt: skip
GRAIN_IDS = (
    "run.grain_term", "run.grain_neuron", "run.grain_layer", "run.grain_phase",
    "run.grain_iteration", "run.grain_epoch",
)  # fmt: skip
SPEED_IDS = tuple(f"run.speed_{name}" for name in SPEED_CHOICES)
SHORT_SPEEDS = MappingProxyType({"5s": "0.2 /s", "2s": "0.5 /s", "max": "Max"})
OVERLAY_IDS = ("view.show_values", "view.show_gradients", "view.show_updates")
TONES = {
    "view.show_values": "values",
    "view.show_gradients": "gradients",
    "view.show_updates": "updates",
    "run.toggle": "primary",
}


class ToolBar(QToolBar):
    """Buttons for the actions used all the time, each with its tip and key."""

    def __init__(self, actions: Mapping[str, QAction], header: Header) -> None:
        super().__init__("Tools")
        self._actions = actions
        self.setObjectName("tool_bar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(20, 20))
        self.setStyleSheet("QToolBar::separator { width: 8px; }")
        self._add_group(EDIT_IDS)
        self.addSeparator()
        self._speed = self._speed_button()
        player = self._add_group(PLAYER_IDS)
        player.addWidget(self._speed)
        self.addSeparator()
        self._add_group(GRAIN_IDS, "Step by")
        self.addSeparator()
        shows = self._add_group(OVERLAY_IDS, "Show")
        self.overlay_button = OverlayButton(actions)
        shows.addWidget(self.overlay_button)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addWidget(header)

    def show_running(self, running: bool, theme: Theme) -> None:
        """Turn the run button into a pause button and back."""
        action = self._actions["run.toggle"]
        action.setText("&Pause" if running else "&Run")
        on_accent = replace(theme, text=theme.on_accent)
        action.setIcon(icon("pause" if running else "run", on_accent))

    def show_speed(self, action: QAction) -> None:
        """Say at which speed Run plays; `action` chooses it."""
        name = action.objectName().rpartition("_")[2]
        self._speed.setText(SHORT_SPEEDS.get(name, f"{name} /s"))
        self._speed.setToolTip(f"{action.statusTip()} ([ slower, ] faster)")
        self._speed.setAccessibleName(f"Speed: {action.statusTip()}")

    def _speed_button(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("button.speed")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setMinimumHeight(32)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setMinimumWidth(button.fontMetrics().horizontalAdvance("0.2 /s") + 24)
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        for action_id in SPEED_IDS:
            menu.addAction(self._actions[action_id])
        button.setMenu(menu)
        return button

    def _add_group(self, ids: Sequence[str], label: str = "") -> QHBoxLayout:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 if label else 4)
        if label:
            text = QLabel(label)
            row.addWidget(text)
        for action_id in ids:
            row.addWidget(self._button(action_id, text_only=bool(label)))
        self.addWidget(holder)
        return row

    def _button(self, action_id: str, *, text_only: bool) -> QToolButton:
        action = self._actions[action_id]
        button = QToolButton()
        button.setDefaultAction(action)
        button.setObjectName(f"button.{action_id}")
        button.setAccessibleName(action.text().replace("&", ""))
        # Space and arrows belong to the player wherever a button was clicked last.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setMinimumHeight(32)
        if action_id in TONES:
            button.setProperty("tone", TONES[action_id])
        if text_only:
            # Narrow, so that all choices and the header stand in a window of 1,440 pixels.
            button.setStyleSheet("padding: 4px 5px;")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        else:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setMinimumWidth(34)
            button.setStyleSheet("padding: 4px 6px;")
        return button
