"""A curve over the iterations: drawn up to where the line stands, and dim ahead of it."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from bpviz.ui.plots.scales import FloatArray
from bpviz.ui.style import mix

DOT_SIZE: Final = 7
WIDTH: Final = 2
# What lies ahead has so much of the curve's colour, the rest is the ground's.
DIM: Final = 0.3


class PassedCurve:
    """Two items of a plot for one curve; what lies ahead is drawn under all that has passed."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self._past, self._ahead = (plot.plot(connect="finite", antialias=True) for _ in range(2))
        self._ahead.setZValue(-0.5)

    def draw(self, x: FloatArray, y: FloatArray, position: int) -> None:
        """Draw `y` [S] over the iterations `x` [S], with the part after `position` dim."""
        passed = int(np.searchsorted(x, position, side="right"))
        # A line through one point draws nothing: until there are two, the point is a dot.
        alone = int(np.isfinite(y[:passed]).sum()) == 1
        self._past.setData(x[:passed], y[:passed], symbol="o" if alone else None)
        if passed < len(x):
            start = max(0, passed - 1)
            self._ahead.setData(x[start:], y[start:])
        elif self._ahead.xData is not None:
            self._ahead.clear()

    def set_colors(self, color: str, ground: str, style: Qt.PenStyle) -> None:
        """Draw in `color` and with the dashes of `style`, on `ground`."""
        self._past.setPen(pg.mkPen(color, width=WIDTH, style=style))
        self._past.setSymbolBrush(color)
        self._past.setSymbolPen(None)
        self._past.setSymbolSize(DOT_SIZE)
        self._ahead.setPen(pg.mkPen(mix(ground, color, DIM), width=WIDTH, style=style))

    def data(self, *, ahead: bool = False) -> tuple[FloatArray, FloatArray]:
        """Return iterations and heights drawn of what has passed, or of what lies ahead."""
        x, y = (self._ahead if ahead else self._past).getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def remove(self) -> None:
        """Take the curve off its plot."""
        for item in (self._past, self._ahead):
            self._plot.removeItem(item)
