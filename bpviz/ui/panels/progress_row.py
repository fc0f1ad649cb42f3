"""A bar that shows how much of a long work is done, beside the button that gives it up."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QBoxLayout, QProgressBar, QPushButton

PARTS: Final = 1000


class ProgressRow:
    """Stands in a layout; `cancel` is the button, called `name`.cancel, the bar is `name`.bar."""

    def __init__(self, layout: QBoxLayout, name: str, told: str, tip: str) -> None:
        """Begin; `told` is what a screen reader says of the bar, `tip` the button's tip."""
        self.bar = QProgressBar()
        self.bar.setRange(0, PARTS)
        self.bar.setObjectName(f"{name}.bar")
        self.bar.setAccessibleName(told)
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName(f"{name}.cancel")
        self.cancel.setToolTip(tip)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.cancel)

    def show_share(self, share: float) -> None:
        """Show how much is done, 0 to 1."""
        self.bar.setValue(round(PARTS * share))
