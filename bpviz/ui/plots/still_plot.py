"""A plot that is looked at: the mouse neither moves nor zooms it, and it has no menus."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from bpviz.ui.plots.axes import NumberAxis
from bpviz.ui.style import Theme


class StillPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Has `sides`, the axes "left" and "bottom"; their ranges are set by whom it belongs to."""

    def __init__(self, name: str, about: str) -> None:
        sides = {side: NumberAxis(side) for side in ("left", "bottom")}
        item = pg.PlotItem(axisItems=sides, enableMenu=False)
        super().__init__(plotItem=item)
        self.sides = sides
        self.setObjectName(name)
        self.setAccessibleName(about)
        self.setMouseEnabled(False, False)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.viewport().setAcceptDrops(False)
        item.hideButtons()
        # pyqtgraph makes this menu in any case; with a parent it ends with the plot.
        item.ctrlMenu.setParent(self, item.ctrlMenu.windowFlags())
        item.disableAutoRange()

    def apply_theme(self, theme: Theme) -> None:
        """Colour ground and axes."""
        self.setBackground(theme.canvas)
        for axis in self.sides.values():
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))


def thin_pen(color: str) -> QPen:
    """Return the pen of a line that marks a place: dashed, a pixel wide."""
    pen = QPen(QColor(color))
    pen.setCosmetic(True)
    pen.setStyle(Qt.PenStyle.DashLine)
    return pen
