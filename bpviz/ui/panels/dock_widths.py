"""How wide the panels at the sides are: as wished, but never at the cost of the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QByteArray, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow

from bpviz.ui.style import guard

Area = Qt.DockWidgetArea
# Docks are a window's own: looking through all within them would take a hundred times as long.
DIRECT: Final = Qt.FindChildOption.FindDirectChildrenOnly

# How much wider docks become, as a share of what their texts become larger.
WIDER: Final = 0.45
# Of a window that is not wide so much at most goes to the panels: the rest is the drawing's.
MOST_WIDE: Final[Mapping[Area, float]] = MappingProxyType(
    {Area.LeftDockWidgetArea: 0.245, Area.RightDockWidgetArea: 0.33}
)
# Pixels by which a width may miss what was asked for.
SLACK: Final = 2
# Wider than any screen.
LARGEST: Final = 100_000.0


class DockWidths(QObject):
    """Keeps the docks at each side of a window as wide as wished whenever its size changes.

    Qt takes from the docks when a window becomes small, and never gives back. A width is wished by
    the size of the texts, or by the hand that moves the line between docks and drawing: more than
    usual by hand stays the same share of the window.
    """

    def __init__(self, window: QMainWindow, widths: Mapping[Area, int]) -> None:
        """Care for `window`, whose docks at a side are `widths` pixels wide at a text of 100 %."""
        super().__init__(window)
        self._window = window
        self._usual = dict(widths)
        self._wished: dict[Area, float] = dict(widths)
        self._most = dict(MOST_WIDE)
        self._pressed: dict[QDockWidget, int] = {}
        # Once the window has moved the line to where it was let go.
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._take_moved)
        window.installEventFilter(self)

    def saved(self) -> QByteArray:
        """Return the widths wished and their largest shares of the window, for the next start."""
        pairs = [(self._wished[area], self._most[area]) for area in self._usual]
        return QByteArray(" ".join(f"{width:g} {share:g}" for width, share in pairs).encode())

    def restore(self, saved: QByteArray) -> None:
        """Wish for what `saved` holds; all stays as it is where that can't be read."""
        try:
            numbers = [float(word) for word in bytes(saved.data()).split()]
        except ValueError:
            return
        good = all(0.0 < number < LARGEST for number in numbers)
        if good and len(numbers) == 2 * len(self._usual):
            self._wished = dict(zip(self._usual, numbers[::2], strict=True))
            self._most = dict(zip(self._usual, numbers[1::2], strict=True))
            self.fit()

    def set_scale(self, factor: float) -> None:
        """Give the docks the room that a text `factor` times as large needs."""
        share = 1.0 + WIDER * (factor - 1.0)
        self._wished = {area: width * share for area, width in self._usual.items()}
        self._most = dict(MOST_WIDE)
        self.fit()

    def fit(self) -> None:
        """Make the docks as wide as wished, where the window has the room."""
        wrong = {
            dock: self._fitting(area)
            for area, dock in self._columns().items()
            if abs(dock.width() - self._fitting(area)) > SLACK
        }
        if wrong:
            across = Qt.Orientation.Horizontal
            self._window.resizeDocks(list(wrong), list(wrong.values()), across)

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size, and the mouse that moves the lines between its parts."""
        kind = event.type()
        if kind == QEvent.Type.Show or (kind == QEvent.Type.Resize and self._window.isVisible()):
            self.fit()
        elif kind == QEvent.Type.MouseButtonPress:
            self._pressed = {dock: dock.width() for dock in self._columns().values()}
        elif kind == QEvent.Type.MouseButtonRelease:
            self._timer.start()
        return super().eventFilter(watched, event)

    def _take_moved(self) -> None:
        """Take for wished the widths that the mouse has changed."""
        for area, dock in self._columns().items():
            if abs(dock.width() - self._pressed.get(dock, dock.width())) > SLACK:
                self._wished[area] = dock.width()
                self._most[area] = max(MOST_WIDE[area], dock.width() / self._window.width())
        self._pressed = {}

    def _fitting(self, area: Area) -> int:
        return round(min(self._wished[area], self._most[area] * self._window.width()))

    def _columns(self) -> dict[Area, QDockWidget]:
        """Return for each side a dock that is seen there, as wide as all of them."""
        seen: dict[Area, QDockWidget] = {}
        for dock in self._window.findChildren(QDockWidget, options=DIRECT):
            area = self._window.dockWidgetArea(dock)
            # A dock behind another's tab is moved out of sight, with a width of its own.
            if (
                area in self._wished
                and dock.isVisible()
                and not dock.isFloating()
                and dock.x() >= 0
            ):
                seen.setdefault(area, dock)
        return seen
