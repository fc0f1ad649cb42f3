"""When the heat maps are brought up to date: coarse at once after an edit, fine a moment later."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from bpviz.ui.canvas.heat_maps import HeatMaps
from bpviz.ui.canvas.picture import Picture

# Milliseconds after the last edit until the maps get finer.
FINER_AFTER: Final = 120


class HeatShow(QObject):
    """Puts the maps onto the picture."""

    def __init__(self, maps: HeatMaps, picture: Picture, parent: QObject) -> None:
        super().__init__(parent)
        self._maps, self._picture = maps, picture
        self._finer = QTimer(self, singleShot=True, interval=FINER_AFTER)
        self._finer.timeout.connect(self.refine)

    def refresh(self) -> None:
        """Show the maps of now, as fine as there is time for."""
        if self._maps.refresh():
            self._picture.show_heat(self._maps.images)
        if self._maps.is_coarse:
            self._finer.start()
        else:
            self._finer.stop()

    def refine(self) -> None:
        """Show the maps as fine as they get."""
        self._finer.stop()
        if self._maps.refine():
            self._picture.show_heat(self._maps.images)
