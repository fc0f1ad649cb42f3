"""The mouse on a plot over the iterations: pressed or dragged it leads to an iteration."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from bpviz.ui.newest import Newest
from bpviz.ui.style import guard


class PlotHand(QObject):
    """Watches the viewport of a plot. `sought` carries the iteration under the pressed mouse.

    However fast the mouse moves, only the newest wanted place is sought, once in a turn of the
    event loop; `rested` says that the mouse was let go.
    """

    sought = Signal(object)
    rested = Signal()

    def __init__(self, box: pg.ViewBox, viewport: QWidget, parent: QObject) -> None:
        super().__init__(parent)
        self._box, self._viewport = box, viewport
        self._pressed = False
        self._newest = Newest(self)
        self._newest.sought.connect(self.sought)
        viewport.setCursor(Qt.CursorShape.PointingHandCursor)
        viewport.installEventFilter(self)

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take presses inside the axes, and what follows until the mouse is let go."""
        if isinstance(event, QMouseEvent) and watched is self._viewport:
            kind, at = event.type(), event.position()
            left = event.button() == Qt.MouseButton.LeftButton
            if kind == QEvent.Type.MouseButtonPress and left and self._is_inside(at):
                self._pressed = True
                self._want(at)
                return True
            if kind == QEvent.Type.MouseMove and self._pressed:
                self._want(at)
            elif kind == QEvent.Type.MouseButtonRelease and left and self._pressed:
                self._pressed = False
                self._want(at)
                self._newest.seek()
                self.rested.emit()
                return True
        return super().eventFilter(watched, event)

    def _is_inside(self, at: QPointF) -> bool:
        return bool(self._box.sceneBoundingRect().contains(at))

    def _want(self, at: QPointF) -> None:
        # The scene of a plot is as large as its viewport, so places are the same in both.
        self._newest.want(float(self._box.mapSceneToView(at).x()))
