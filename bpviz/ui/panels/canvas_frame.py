"""The canvas with the controls that float over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from bpviz.ui.canvas.corners import LOW_HEIGHT, around_scale, is_upright, toolbox_corner
from bpviz.ui.canvas.minimap import Minimap
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.panels.find_bar import FindBar
from bpviz.ui.panels.range_bar import RangeBar
from bpviz.ui.panels.toolbox import Toolbox
from bpviz.ui.style import guard

# A canvas no wider than this, times the scale of texts, has only short texts in its corners.
NARROW: Final = 440
# The canvas writes its zoom below the buttons.
MARGIN: Final = 14
TEXT_HEIGHT: Final = 20
BADGE_HEIGHT: Final = 34
ZOOM_IDS: Final = ("view.zoom_out", "view.zoom_in", "view.fit")


class CanvasFrame(QWidget):
    """Lays on the canvas view: zoom buttons, the scale's controls, find bar and minimap.

    `narrowed` tells whether there is only room for short texts in its corners.
    """

    narrowed = Signal(bool)

    def __init__(
        self,
        canvas: CanvasView,
        actions: Mapping[str, QAction],
        range_bar: RangeBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.canvas = canvas
        self.range_bar = range_bar
        self._toolbox: Toolbox | None = None
        self._factor = self._scale = 1.0
        self.find_bar = FindBar(canvas)
        self.minimap = Minimap(canvas)
        self._zoom = zoom = QWidget()
        row = QHBoxLayout(zoom)
        row.setContentsMargins(MARGIN + 2, 0, 0, MARGIN + TEXT_HEIGHT)
        row.setSpacing(4)
        for action in (actions[each] for each in ZOOM_IDS):
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName(f"button.{action.objectName()}")
            button.setAccessibleName(action.text().replace("&", ""))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addWidget(canvas, 0, 0)
        self.add_over(zoom, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.add_over(range_bar, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        # Below the line that says what the step does, and the gradient check's badge.
        self.add_over(
            _inset(self.find_bar, MARGIN, MARGIN + BADGE_HEIGHT),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop,
        )
        self.add_over(
            _inset(self.minimap, MARGIN, MARGIN),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        )

    def add_toolbox(self, toolbox: Toolbox) -> None:
        """Let `toolbox` float over the lower left corner, clear of the key."""
        self._toolbox = toolbox
        self.add_over(toolbox, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)

    def set_scale(self, factor: float) -> None:
        """Leave room for texts `factor` times as large."""
        self._factor, self._scale = factor, around_scale(factor)
        self.range_bar.set_scale(self._scale)
        self._find_room()

    def _find_room(self) -> None:
        """Let nothing lie over anything else: buttons go up, or away where it is very low."""
        self.range_bar.find_room()
        self.narrowed.emit(self.width() < NARROW * self._factor)
        low = self.height() < LOW_HEIGHT
        self._zoom.setVisible(not low)
        if self._toolbox is not None:
            self._toolbox.setVisible(not low)
            area = QRectF(self.rect())
            upright = is_upright(area, self._scale)
            self._toolbox.stand(*toolbox_corner(area, self._scale), upright=upright)
        self.lay_out()

    def lay_out(self) -> None:
        """Give what floats its place at once: until the next event it would be cut at a rim."""
        for place in range(self._grid.count()):
            item = self._grid.itemAt(place)
            floating = item.widget() if item is not None else None
            layout = floating.layout() if floating is not None else None
            if layout is not None:
                layout.activate()
        self._grid.invalidate()
        self._grid.activate()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find another place for what floats where there is little room."""
        super().resizeEvent(event)
        self._find_room()

    def add_over(self, widget: QWidget, where: Qt.AlignmentFlag) -> None:
        """Let `widget` float over the canvas, at its side or corner `where`."""
        self._grid.addWidget(widget, 0, 0, where)


def _inset(widget: QWidget, right: int, top: int) -> QWidget:
    """Return a holder that keeps `widget` this far off the canvas's rims."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, top, right, 0)
    row.addWidget(widget)
    return holder
