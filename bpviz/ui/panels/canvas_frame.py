"""The canvas with the controls that float over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from bpviz.ui.panels.range_bar import RangeBar

# The canvas writes its zoom below the buttons.
MARGIN: Final = 14
TEXT_HEIGHT: Final = 20


class CanvasFrame(QWidget):
    """Lays zoom buttons, and the scale's controls over its key, on the canvas view."""

    def __init__(
        self,
        canvas: QWidget,
        actions: Sequence[QAction],
        range_bar: RangeBar,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.range_bar = range_bar
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

    def add_over(self, widget: QWidget, where: Qt.AlignmentFlag) -> None:
        """Let `widget` float over the canvas, at its side or corner `where`."""
        self._grid.addWidget(widget, 0, 0, where)
