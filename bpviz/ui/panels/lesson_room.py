"""The room of a lesson's page: as much height as its text needs, the rest for the panel below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QWidget

from bpviz.ui.panels.docks import Dock
from bpviz.ui.panels.lesson_panel import LessonPanel
from bpviz.ui.style import text_scale

# What the panel below keeps at least, its tabs included.
LEAST_BELOW: Final = 236
LEAST_PART: Final = 280
# Heights that differ by less were not changed by hand, only rounded by the layout.
SLACK: Final = 16
SETTLING: Final = 40
MARGIN: Final = 8


class LessonRoom(QObject):
    """Divides the height on the right anew for each page, until it is divided by hand.

    `parts` are what a page may have scrolled to in the panel below, by name.
    """

    def __init__(
        self,
        lesson: Dock,
        below: Dock,
        panel: LessonPanel,
        parts: Mapping[str, QWidget],
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._lesson, self._below = lesson, below
        self._panel, self._parts = panel, dict(parts)
        self._window = window
        self._part: QWidget | None = None
        self._set = (0, 0)
        # Once the page's text and all docks have found their places.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.fit)
        # Once the docks have the heights that they were given.
        self._later = QTimer(self, singleShot=True, interval=SETTLING)
        self._later.timeout.connect(self.scroll)

    def fit_soon(self, part: str) -> None:
        """Give the page its room as soon as it is laid out, and scroll to `part` where given."""
        self._part = self._parts.get(part)
        if part and self._part is None:
            self._to_top()
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
            least = LEAST_BELOW if self._part is None else LEAST_PART
            least = round(least * text_scale(self._panel.font()))
            top = min(max(self._wanted(), total // 2), max(total // 2, total - least))
            sizes = [top, total - top]
            self._window.resizeDocks([lesson, below], sizes, Qt.Orientation.Vertical)
            self._set = (top, total - top)
        if self._part is not None:
            self._later.start()

    def scroll_soon(self) -> None:
        """Bring the part into view once what was just shown is laid out."""
        self._later.start()

    def scroll(self) -> None:
        """Bring the part that the page is about into view."""
        if self._part is not None and self._part.isVisible():
            _scroll_to(self._part)

    def _to_top(self) -> None:
        """Show the panel below from its beginning: the page before may have scrolled it."""
        area = self._front_below().findChild(QScrollArea)
        if area is not None:
            area.verticalScrollBar().setValue(0)

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


def _scroll_to(widget: QWidget) -> None:
    """Scroll the area that `widget` stands in until it is seen, or at least its beginning."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QScrollArea):
        parent = parent.parentWidget()
    inside = parent.widget() if parent is not None else None
    if parent is None or inside is None:
        return
    top = widget.mapTo(inside, QPoint(0, 0)).y()
    # Of what is higher than the area, the lower part would be shown.
    seen = min(widget.height(), parent.viewport().height() - 2 * MARGIN)
    parent.ensureVisible(0, top + seen // 2, 0, seen // 2 + MARGIN)
