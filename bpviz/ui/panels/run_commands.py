"""The Run menu and the player's buttons: steps of the chosen size, forward and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from bpviz.document.player import Player, StepGrain
from bpviz.ui.settings import Settings


class RunCommands(QObject):
    """Carries out the commands of the Run menu on one player."""

    def __init__(
        self, player: Player, commands: Mapping[str, QAction], settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._player = player
        self._commands = commands
        self._settings = settings

    def restore(self) -> None:
        """Step by what was chosen the last time."""
        self.set_grain(self._settings.text("grain"))

    def set_grain(self, name: str) -> None:
        """Step by the grain called `name`."""
        grain = next(each for each in get_args(StepGrain) if each == name)
        self._settings.put("grain", grain)
        self._commands[f"run.grain_{grain}"].setChecked(True)
        self._player.set_grain(grain)

    def on_grain_chosen(self, action: QAction) -> None:
        """Step by what the action is called after."""
        self.set_grain(action.objectName().removeprefix("run.grain_"))

    def on_step_forward(self) -> None:
        """Step forward by the chosen grain."""
        self._player.step_forward()

    def on_step_back(self) -> None:
        """Step back by the chosen grain."""
        self._player.step_back()

    def on_phase_forward(self) -> None:
        """Go to the end of the next phase."""
        self._player.step_forward("phase")

    def on_phase_back(self) -> None:
        """Go to the end of the phase before."""
        self._player.step_back("phase")
