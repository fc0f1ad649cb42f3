"""The Run menu and the player's buttons: steps of the chosen size, forward and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, get_args

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from bpviz.document.player import Player, StepGrain
from bpviz.document.stops import STANDARD, Stops
from bpviz.ui.panels.page_keys import PageKeys
from bpviz.ui.panels.tool_bar import ToolBar
from bpviz.ui.panels.until_dialog import UntilDialog
from bpviz.ui.settings import SPEED_CHOICES, Settings

# Steps per second by the name in the settings; 0 is as fast as it goes.
SPEEDS: Final = MappingProxyType(
    {
        "5s": 0.2,
        "2s": 0.5,
        "1": 1.0,
        "2": 2.0,
        "5": 5.0,
        "10": 10.0,
        "30": 30.0,
        "100": 100.0,
        "1000": 1000.0,
        "max": 0.0,
    }
)


class RunCommands(QObject):
    """Carries out the commands of the Run menu on one player."""

    def __init__(
        self,
        player: Player,
        commands: Mapping[str, QAction],
        tool_bar: ToolBar,
        settings: Settings,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._player = player
        self._commands = commands
        self._tool_bar = tool_bar
        self._settings = settings
        application = QApplication.instance()
        if isinstance(application, QApplication):
            self._page_keys = PageKeys(application, self)

    def restore(self) -> None:
        """Step by what was chosen the last time, and at that speed."""
        self.set_grain(self._settings.text("grain"))
        self.set_speed(self._settings.text("speed"))

    def set_speed(self, name: str) -> None:
        """Play at the speed called `name`, a key of SPEEDS."""
        self._settings.put("speed", name)
        action = self._commands[f"run.speed_{name}"]
        action.setChecked(True)
        self._tool_bar.show_speed(action)
        if self._player.speed != SPEEDS[name]:
            self._player.set_speed(SPEEDS[name])

    def on_speed_chosen(self, action: QAction) -> None:
        """Play at the speed that the action is called after."""
        self.set_speed(action.objectName().removeprefix("run.speed_"))

    def on_faster(self) -> None:
        """Play at the next higher speed."""
        self._change_speed(1)

    def on_slower(self) -> None:
        """Play at the next lower speed."""
        self._change_speed(-1)

    def _change_speed(self, by: int) -> None:
        place = SPEED_CHOICES.index(self._settings.text("speed")) + by
        self.set_speed(SPEED_CHOICES[min(max(place, 0), len(SPEED_CHOICES) - 1)])

    def on_run_until(self) -> None:
        """Ask what a run is to stop at, then run."""
        dialog = UntilDialog(self._remembered_stops(), self._window)
        dialog.chosen.connect(self._run_until)
        dialog.open()

    def _remembered_stops(self) -> Stops:
        try:
            return msgspec.json.decode(self._settings.text("until"), type=Stops)
        except msgspec.DecodeError:
            return Stops(epochs=STANDARD.epochs)

    def _run_until(self, stops: Stops) -> None:
        self._settings.put("until", msgspec.json.encode(stops).decode())
        self._player.pause()
        self._player.run(stops)

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
