"""The room of a lesson's page: as much height as its text needs, the rest for the panel below."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea

from bpviz.ui.panels.docks import Dock
from bpviz.ui.panels.explain_panel import ExplainPanel
from bpviz.ui.panels.lesson_panel import LessonPanel

# What the panel below keeps at least, its tabs included.
LEAST_BELOW: Final = 236
LEAST_CURVE: Final = 280
# Heights that differ by less were not changed by hand, only rounded by the layout.
SLACK: Final = 16


class LessonRoom(QObject):
    """Divides the height on the right anew for each page, until it is divided by hand."""

    def __init__(
        self,
        lesson: Dock,
        below: Dock,
        panel: LessonPanel,
        explain: ExplainPanel,
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._lesson, self._below = lesson, below
        self._panel, self._explain = panel, explain
        self._window = window
        self._shows_curve = False
        self._set = (0, 0)
        # Once the page's text and all docks have found their places.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.fit)

    def fit_soon(self, *, curve: bool) -> None:
        """Give the page its room as soon as it is laid out; show Explain's curve where `curve`."""
        self._shows_curve = curve
        self._timer.start()

    def forget(self) -> None:
        """Divide anew although it was divided by hand: another lesson begins."""
        self._set = (0, 0)

    def fit(self) -> None:
        """Give the page what its text needs, but never so much that nothing is left below."""
        lesson, below = self._lesson, self._front_below()
        apart = not (lesson.isFloating() or below.isFloating()) and below.isVisible()
        if apart and lesson.is_front and not self._moved_by_hand(below):
            total = lesson.height() + below.height()
            least = LEAST_CURVE if self._shows_curve else LEAST_BELOW
            top = min(max(self._wanted(), total // 2), max(total // 2, total - least))
            sizes = [top, total - top]
            self._window.resizeDocks([lesson, below], sizes, Qt.Orientation.Vertical)
            self._set = (top, total - top)
        if self._shows_curve:
            self._show_curve()

    def _wanted(self) -> int:
        reader = self._panel.reader
        around = self._lesson.height() - reader.viewport().height()
        return around + round(reader.document().size().height()) + 2

    def _front_below(self) -> QDockWidget:
        """Return the panel shown below: Qt lays out no other."""
        others = self._window.tabifiedDockWidgets(self._below)
        docks = [dock for dock in (self._below, *others) if isinstance(dock, Dock)]
        return next((dock for dock in docks if dock.is_front), self._below)

    def _moved_by_hand(self, below: QDockWidget) -> bool:
        top, bottom = self._lesson.height(), below.height()
        return sum(self._set) == top + bottom and abs(top - self._set[0]) > SLACK

    def _show_curve(self) -> None:
        """Scroll to the activation's curve."""
        parent = self._explain.parentWidget()
        area = parent.parentWidget() if parent is not None else None
        if isinstance(area, QScrollArea) and self._explain.activation.isVisible():
            area.ensureWidgetVisible(self._explain.activation, 0, 8)
