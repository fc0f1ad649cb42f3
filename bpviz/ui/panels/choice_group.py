"""A group of exclusive choices in the tool bar: a button for each, or one with a menu of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget


class ChoiceButton(QToolButton):
    """Bears the name of the one of `actions` that is chosen, and opens a menu of them."""

    def __init__(self, label: str, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self._label, self._choices = label, actions
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for action in actions:
            menu.addAction(action)
            action.toggled.connect(self._on_toggled)
        self.setMenu(menu)
        self.setObjectName(f"button.{label.lower().replace(' ', '_')}")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumHeight(32)
        self._on_toggled()

    def _on_toggled(self) -> None:
        chosen = [action for action in self._choices if action.isChecked()]
        name = chosen[0].iconText() if chosen else "…"
        self.setText(f"{name} ▾")
        self.setAccessibleName(f"{self._label}: {name}")
        self.setToolTip(chosen[0].toolTip() if chosen else self._label)


class ChoiceGroup(QWidget):
    """A label and buttons, or one button with a menu of the same and more where room is short."""

    def __init__(
        self, label: str, buttons: Sequence[QToolButton], actions: Sequence[QAction]
    ) -> None:
        """`buttons` are those of the long form, `actions` what the short form's menu offers."""
        super().__init__()
        self._buttons = buttons
        self._text = QLabel(label)
        self._choice = ChoiceButton(label, actions, self)
        self._is_short = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._text)
        for button in buttons:
            row.addWidget(button)
        row.addWidget(self._choice)
        self._choice.hide()

    @property
    def is_short(self) -> bool:
        """Whether one button stands for all."""
        return self._is_short

    @property
    def spared(self) -> int:
        """How many pixels narrower the short form is."""
        space = 2 * (len(self._buttons) - 1)
        whole = sum(button.sizeHint().width() for button in self._buttons) + space
        return whole - self._choice.sizeHint().width()

    def set_short(self, short: bool) -> None:
        """Let one button stand for all, or have one for each."""
        self._is_short = short
        for button in self._buttons:
            button.setVisible(not short)
        self._choice.setVisible(short)
