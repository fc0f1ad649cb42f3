"""The canvas with the controls that float over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from bpviz.ui.canvas.minimap import Minimap
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.panels.find_bar import FindBar
from bpviz.ui.panels.range_bar import RangeBar

# The canvas writes its zoom below the buttons.
MARGIN: Final = 14
TEXT_HEIGHT: Final = 20


class CanvasFrame(QWidget):
    """Lays on the canvas view: zoom buttons, the scale's controls, find bar and minimap."""

    def __init__(
        self,
        canvas: CanvasView,
        actions: Sequence[QAction],
        range_bar: RangeBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.range_bar = range_bar
        self.find_bar = FindBar(canvas)
        self.minimap = Minimap(canvas)
        zoom = QWidget()
        row = QHBoxLayout(zoom)
        row.setContentsMargins(MARGIN + 2, 0, 0, MARGIN + TEXT_HEIGHT)
        row.setSpacing(4)
        for action in actions:
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
        corner = QWidget()
        column = QVBoxLayout(corner)
        column.setContentsMargins(0, MARGIN, MARGIN, 0)
        column.setSpacing(8)
        for part in (self.find_bar, self.minimap):
            column.addWidget(part, 0, Qt.AlignmentFlag.AlignRight)
        self.add_over(corner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)

    def add_over(self, widget: QWidget, where: Qt.AlignmentFlag) -> None:
        """Let `widget` float over the canvas, at its side or corner `where`."""
        self._grid.addWidget(widget, 0, 0, where)
