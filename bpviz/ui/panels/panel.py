"""What all panels have in common: they follow document, player, theme, digits and scale."""

from __future__ import annotations

from time import monotonic
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from bpviz.ui.style import Theme, guard

# A scroll bar that comes or goes changes widths, and these heights once more.
ROUNDS: Final = 3


class Panel(QWidget):
    """A part of the workspace. What is hidden costs nothing: it is refreshed once it is seen.

    A panel overrides `refresh`, and `refresh_numbers` where less is to be done on a step. The
    workspace calls `follow_structure` and `follow_numbers`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_late = False
        self._in_front = True
        self._came = 0.0

    @property
    def came(self) -> float:
        """When the panel came to the front last, in seconds of a clock of its own."""
        return self._came

    def come(self) -> None:
        """Note that the panel was just asked for, or came into sight."""
        self._came = monotonic()

    @property
    def is_seen(self) -> bool:
        """Whether the panel is shown, and not behind another tab."""
        return self._in_front and self.isVisible()

    def set_front(self, front: bool) -> None:
        """Say whether the panel's tab is in front; once it is, catch up with what changed."""
        if front and not self._in_front:
            self.come()
        self._in_front = front
        self._catch_up()

    def refresh(self) -> None:
        """Show everything anew: the session's structure or settings are others."""

    def refresh_numbers(self) -> None:
        """Show the numbers of the present step."""
        self.refresh()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""

    def follow_structure(self) -> None:
        """Refresh now, or as soon as the panel is seen."""
        if self.is_seen:
            self.refresh()
        else:
            self._is_late = True

    def follow_numbers(self) -> None:
        """Refresh the numbers now, or everything as soon as the panel is seen."""
        if self.is_seen:
            self.refresh_numbers()
        else:
            self._is_late = True

    def settle(self) -> None:
        """Lay out what a refresh changed, so that no painting comes before.

        Qt does so later, and of what grew within a scroll area sometimes after the next painting:
        texts would lie over one another for a moment.
        """
        layout, around = self.layout(), self.parentWidget()
        if layout is None or around is None or not self.is_seen:
            return
        layout.activate()
        for _ in range(ROUNDS):
            # What is around it asks for the height needed, and gives it.
            QCoreApplication.sendEvent(around, QEvent(QEvent.Type.LayoutRequest))
            if not layout.activate():
                break

    @guard
    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while nobody looked."""
        super().showEvent(event)
        self.come()
        self._catch_up()

    def _catch_up(self) -> None:
        if self._is_late and self.is_seen:
            self._is_late = False
            self.refresh()
