"""How far a long way along the history is gone, and a button that gives it up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.ui.panels.progress_row import ProgressRow


class TravelBar(QWidget):
    """Seen only while the player is on its way; Esc and the button let it stay where it was."""

    def __init__(self, player: Player, parent: QWidget) -> None:
        super().__init__(parent)
        self._player = player
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        self._row = ProgressRow(
            layout, "travel", "How much of the history is replayed",
            "Stay where the history stood (Esc)",
        )  # fmt: skip
        self.bar = self._row.bar
        self.bar.setFormat("Replaying the history… %p %")
        self._row.cancel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.cancel.clicked.connect(player.travel.cancel)
        self._escape.activated.connect(player.travel.cancel)
        player.travel.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        travel = self._player.travel
        self._escape.setEnabled(travel.busy)
        self.setVisible(travel.busy)
        self._row.show_share(travel.share)
