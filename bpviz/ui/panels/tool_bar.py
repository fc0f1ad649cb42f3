"""The tool bar: undo, the player's buttons, the step size, the overlay, and the header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QFontInfo, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from bpviz.ui.canvas.corners import around_scale
from bpviz.ui.icons import icon
from bpviz.ui.panels.choice_group import ChoiceGroup
from bpviz.ui.panels.header import Header
from bpviz.ui.panels.overlay_button import MORE_IDS, OverlayButton
from bpviz.ui.settings import SPEED_CHOICES
from bpviz.ui.style import Theme, guard

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
# The theme's colours of an overlay's button when checked, and of the letters on it.
TONES = MappingProxyType(
    {
        "view.show_values": ("positive", "on_accent"),
        "view.show_gradients": ("gradient_positive", "on_gradient"),
        "view.show_updates": ("update", "on_gradient"),
    }
)
# Narrow, so that all choices and the header stand in a window of 1,440 pixels.
WORD_BUTTON = "QToolButton { padding: 4px 5px; }"
SEPARATOR = "QToolBar::separator { width: 8px; }"
# What the bar's own rims take, and the space between its widgets.
ROOM, SPACING = 28, 4


class ToolBar(QToolBar):
    """Buttons for the actions used all the time, each with its tip and key."""

    def __init__(self, actions: Mapping[str, QAction], header: Header) -> None:
        super().__init__("Tools")
        self._actions = actions
        self.setObjectName("tool_bar")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(20, 20))
        self.setStyleSheet(SEPARATOR)
        self._header = header
        self._add_group(EDIT_IDS)
        self.addSeparator()
        self._speed = self._speed_button()
        player = self._add_group(PLAYER_IDS)
        player.addWidget(self._speed)
        self.addSeparator()
        self.overlay_button = OverlayButton(actions)
        grains = [self._button(each, text_only=True) for each in GRAIN_IDS]
        shows = [self._button(each, text_only=True) for each in OVERLAY_IDS]
        self._overlays = dict(zip(OVERLAY_IDS, shows, strict=True))
        self._steps = ChoiceGroup("Step by", grains, [actions[each] for each in GRAIN_IDS])
        self._shows = ChoiceGroup(
            "Show",
            [*shows, self.overlay_button],
            [actions[each] for each in (*OVERLAY_IDS, *MORE_IDS)],
        )
        self.addWidget(self._steps)
        self.addSeparator()
        self.addWidget(self._shows)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addWidget(header)

    def set_scale(self, factor: float) -> None:
        """Write larger for texts `factor` times as large, as far as the bar has the room."""
        pixels = round(QFontInfo(QApplication.font()).pixelSize() * around_scale(factor))
        larger = f"QToolButton, QLabel {{ font-size: {pixels}px; }}"
        self.setStyleSheet(SEPARATOR if factor == 1.0 else SEPARATOR + larger)
        self._fit()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the groups where the bar is too narrow for all of them."""
        super().resizeEvent(event)
        self._fit()

    @guard
    def event(self, event: QEvent) -> bool:
        """Shorten the groups too where the header's numbers have grown."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        """Let one button with a menu stand for the steps, then for the overlays, where need be."""
        groups = (self._steps, self._shows)
        # What the bar would need with both groups long.
        widgets = [self.widgetForAction(action) for action in self.actions()]
        needs = sum(each.sizeHint().width() + SPACING for each in widgets if each is not None)
        needs += ROOM + sum(group.spared for group in groups if group.is_short)
        for group in groups:
            short = needs > self.width()
            needs -= group.spared if short else 0
            if short != group.is_short:
                group.set_short(short)

    def apply_theme(self, theme: Theme) -> None:
        """Give each overlay's button its colour; another colour scale changes no more than these.

        In the application's style sheet they would cost styling every widget anew.
        """
        for action_id, button in self._overlays.items():
            ground, letters = (getattr(theme, name) for name in TONES[action_id])
            colors = f"background: {ground}; border-color: {ground}; color: {letters};"
            button.setStyleSheet(f"{WORD_BUTTON} QToolButton:checked {{ {colors} }}")

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

    def _add_group(self, ids: Sequence[str]) -> QHBoxLayout:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for action_id in ids:
            row.addWidget(self._button(action_id, text_only=False))
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
        if action_id == "run.toggle":
            button.setProperty("tone", "primary")
        if text_only:
            button.setStyleSheet(WORD_BUTTON)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        else:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setMinimumWidth(34)
            button.setStyleSheet("padding: 4px 6px;")
        return button
