"""The bar over the canvas while numbers are only tried out: keep them, or go back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.ui.canvas.trials import NumberTrials

TOP = 46
LONGEST = 60


class TrialBar(QWidget):
    """Says what is tried out; hidden while nothing is."""

    def __init__(self, player: Player, trials: NumberTrials, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._trials = trials
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        frame = QFrame()
        frame.setProperty("role", "card")
        row = QHBoxLayout(frame)
        row.setContentsMargins(12, 4, 6, 4)
        row.addWidget(self._text)
        keep = self._button("trial.keep", "Keep", "Set these numbers in the session")
        end = self._button("trial.end", "Back", "Show the session as it is again (Esc)")
        row.addWidget(keep)
        row.addWidget(end)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, TOP, 0, 0)
        column.addWidget(frame)
        keep.clicked.connect(trials.keep)
        end.clicked.connect(trials.stop_trying)
        player.stepped.connect(self.refresh)
        self.refresh()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def refresh(self) -> None:
        """Show what is tried out now."""
        kept = self._trials.kept
        trial = self._player.trial
        self.setVisible(kept is not None and trial is kept)
        if kept is not None:
            text = kept.label
            self._text.setText(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
            self._text.setToolTip(text)

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button
