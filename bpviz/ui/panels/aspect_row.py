"""A row of buttons: what of a selected node or edge is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from bpviz.explain.subject import ASPECTS, Aspect

WORDS: Final = {"value": "Value", "error": "Error", "gradient": "Gradient", "update": "Update"}
TIPS: Final = {
    "value": "How the forward pass computes it",
    "error": "What comes back from the loss",
    "gradient": "The gradient of its weight or bias",
    "update": "How the optimizer changes its weight or bias",
}


class AspectRow(QWidget):
    """One button an aspect, `chosen` carries it; those not computed yet look faint."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[Aspect, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for aspect in ASPECTS:
            button = QToolButton()
            button.setText(WORDS[aspect])
            button.setToolTip(TIPS[aspect])
            button.setObjectName(f"explain.{aspect}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._buttons[aspect] = button
            self._group.addButton(button)
            row.addWidget(button)
        self._group.buttonClicked.connect(self._on_clicked)

    def show_aspects(
        self, there: Sequence[Aspect], computed: Sequence[Aspect], shown: Aspect | None
    ) -> None:
        """Offer the aspects `there`, with `shown` pressed; without any the row is hidden."""
        self.setVisible(bool(there))
        for aspect, button in self._buttons.items():
            button.setVisible(aspect in there)
            button.setChecked(aspect == shown)
            later = "" if aspect in computed else "; not computed yet"
            button.setToolTip(TIPS[aspect] + later)

    def _on_clicked(self, button: QAbstractButton) -> None:
        self.chosen.emit(button.objectName().removeprefix("explain."))
