"""The tool bar's button for the overlays that have no button of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

MORE_IDS: Final = (
    "view.show_weights", "view.show_local", "view.show_optimizer", "view.show_differences"
)  # fmt: skip
_NAMES: Final = ("Weights", "Local", "Optimizer", "Differences")
MORE: Final = "More"


class OverlayButton(QToolButton):
    """Opens a menu of overlays; while one of them is shown it bears its name."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = [actions[each] for each in MORE_IDS]
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for action in self._chosen:
            menu.addAction(action)
            action.toggled.connect(self._on_toggled)
        self.setMenu(menu)
        self.setObjectName("button.overlays")
        self.setAccessibleName("More to show")
        self.setToolTip("Weights, local gradients, the optimizer's state, differences")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCheckable(True)
        self.setMinimumHeight(32)
        self._on_toggled()

    def _on_toggled(self) -> None:
        shown = [
            name for name, action in zip(_NAMES, self._chosen, strict=True) if action.isChecked()
        ]
        self.setText(f"{shown[0] if shown else MORE} ▾")
        self.setChecked(bool(shown))
