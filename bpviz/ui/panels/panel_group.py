"""Panels that share one place: a row of buttons chooses the one in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import Theme

LEAST_WIDTH: Final = 160


class PanelGroup(Panel):
    """One of several panels, by name; `turned` carries the name of the one in front."""

    turned = Signal(str)

    def __init__(
        self,
        panels: Mapping[str, Panel],
        texts: Mapping[str, tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        """Hold `panels`; `texts` gives the words and the tip of each one's button."""
        super().__init__(parent)
        self.panels = dict(panels)
        self._group = QButtonGroup(self)
        self._stack = QStackedWidget()
        self._buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 0)
        row.setSpacing(4)
        for name, panel in self.panels.items():
            self._stack.addWidget(panel)
            button = QToolButton()
            button.setText(texts[name][0])
            button.setToolTip(texts[name][1])
            button.setObjectName(f"turn.{name}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._buttons[name] = button
            self._group.addButton(button)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        # A window may be narrow: rather cut than wider than the other tabs.
        self.setMinimumWidth(LEAST_WIDTH)
        self._buttons[next(iter(self.panels))].setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)

    @property
    def front(self) -> str:
        """The name of the panel in front."""
        return list(self.panels)[self._stack.currentIndex()]

    def turn_to(self, name: str) -> None:
        """Put the panel called `name` in front."""
        if name != self.front:
            self._stack.setCurrentWidget(self.panels[name])
            self.turned.emit(name)
        self._buttons[name].setChecked(True)

    def set_front(self, front: bool) -> None:
        """Say whether the group's tab is in front."""
        super().set_front(front)
        for panel in self.panels.values():
            panel.set_front(front)

    def come(self) -> None:
        """Note that the group was just asked for, and with it what is in front of it."""
        super().come()
        self.panels[self.front].come()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        for panel in self.panels.values():
            panel.set_digits(digits)

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        for panel in self.panels.values():
            panel.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        for panel in self.panels.values():
            panel.apply_theme(theme)

    def follow_structure(self) -> None:
        """Let each panel refresh now, or as soon as it is seen."""
        for panel in self.panels.values():
            panel.follow_structure()

    def follow_numbers(self) -> None:
        """Let each panel refresh its numbers now, or as soon as it is seen."""
        for panel in self.panels.values():
            panel.follow_numbers()

    def _on_clicked(self, button: QAbstractButton) -> None:
        self.turn_to(button.objectName().removeprefix("turn."))
