"""The loss over two parameters as a map: colours, contour lines, and the path walked."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bpviz.engine.surface import contour, shades
from bpviz.ui.plots.still_plot import StillPlot
from bpviz.ui.style import Theme, mix, scaled_font

FloatArray = NDArray[np.float64]

LEVELS: Final = 9
HEIGHT: Final = 250
AXIS_WIDTH: Final = 58
AXIS_TEXT: Final = 11


class SurfacePlot(QWidget):
    """Draws a grid of losses, low ones strong, with contours; `picked` tells where was clicked."""

    picked = Signal(float, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.plot = StillPlot("surface.plot", "Loss over two parameters, with the path walked")
        self.plot_item = self.plot.getPlotItem()
        self._image = pg.ImageItem(axisOrder="row-major")
        self._contours = pg.PlotDataItem(connect="pairs", antialias=True)
        self._path = pg.PlotDataItem(connect="finite", antialias=True)
        self._ahead = pg.PlotDataItem(connect="finite", antialias=True)
        self._here = pg.ScatterPlotItem(size=10)
        self._pin = pg.ScatterPlotItem(size=12, symbol="+")
        self._grid: tuple[FloatArray, FloatArray, FloatArray] | None = None
        self._build()
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)
        self.apply_theme(theme)

    @property
    def contour_count(self) -> int:
        """Number of straight pieces that the contour lines consist of."""
        x, _ = self._contours.getData()
        return 0 if x is None else len(x) // 2

    def path_data(self) -> tuple[FloatArray, FloatArray]:
        """Return the path as it is drawn up to the present position."""
        x, y = self._path.getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def show_grid(self, first: FloatArray, second: FloatArray, losses: FloatArray) -> None:
        """Show `losses` [len(second), len(first)]; nan where nothing is known or finite."""
        self._grid = (first, second, losses)
        heights = shades(losses)
        step_x, step_y = first[1] - first[0], second[1] - second[0]
        rect = QRectF(
            first[0] - step_x / 2, second[0] - step_y / 2,
            first[-1] - first[0] + step_x, second[-1] - second[0] + step_y,
        )  # fmt: skip
        self._image.setImage(self._colored(heights), levels=(0, 255), autoLevels=False, rect=rect)
        lines = [
            contour(heights, first, second, level)
            for level in np.linspace(0.0, 1.0, LEVELS + 2)[1:-1]
        ]
        ends = np.concatenate(lines).reshape(-1, 2)
        self._contours.setData(ends[:, 0], ends[:, 1])
        self._pin.setData([], [])
        self.plot_item.setRange(rect, padding=0.0)

    def clear(self) -> None:
        """Show nothing."""
        self._grid = None
        self._image.clear()
        for item in (self._contours, self._path, self._ahead, self._here, self._pin):
            item.setData([], [])

    def show_path(self, points: FloatArray, passed: int) -> None:
        """Show the path [S, 2]; the first `passed` points lie behind the present position."""
        behind, ahead = points[:passed], points[max(0, passed - 1) :]
        self._path.setData(behind[:, 0], behind[:, 1])
        self._ahead.setData(ahead[:, 0], ahead[:, 1])

    def show_here(self, x: float, y: float) -> None:
        """Mark where the parameters stand."""
        self._here.setData([x], [y])

    def pin(self, x: float, y: float) -> None:
        """Mark the place that is read."""
        self._pin.setData([x], [y])

    def set_titles(self, first: str, second: str) -> None:
        """Name the axes."""
        self.plot.sides["bottom"].setLabel(first)
        self.plot.sides["left"].setLabel(second)

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self.setFixedHeight(round(HEIGHT * factor))
        font = scaled_font(self.font(), AXIS_TEXT * factor)
        for axis in self.plot.sides.values():
            axis.setTickFont(font)
            axis.label.setFont(font)
        self.plot.sides["left"].setWidth(round(AXIS_WIDTH * factor))

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.plot.apply_theme(theme)
        self._contours.setPen(pg.mkPen(mix(theme.canvas, theme.text, 0.45), width=1))
        self._path.setPen(pg.mkPen(theme.gradient_positive, width=2))
        dim = mix(theme.canvas, theme.gradient_positive, 0.45)
        self._ahead.setPen(pg.mkPen(dim, width=2, style=Qt.PenStyle.DashLine))
        self._here.setBrush(pg.mkBrush(theme.gradient_positive))
        self._here.setPen(pg.mkPen(theme.text, width=1.5))
        self._pin.setPen(pg.mkPen(theme.text, width=2))
        if self._grid is not None:
            self.show_grid(*self._grid)

    def _colored(self, heights: FloatArray) -> NDArray[np.uint8]:
        """Return an image [rows, columns, 4]: strong where low, the ground where high."""
        theme = self._theme
        low, high = QColor(theme.positive), QColor(theme.canvas)
        strong = mix(high.name(), low.name(), 0.85)
        table = np.array(
            [QColor(mix(strong, theme.canvas, share)).getRgb() for share in np.linspace(0, 1, 256)],
            dtype=np.uint8,
        )
        known = np.isfinite(heights)
        image = table[np.where(known, heights * 255.0, 0.0).astype(np.intp)]
        image[~known] = (0, 0, 0, 0)
        return image

    def _build(self) -> None:
        self.setFixedHeight(HEIGHT)
        self.plot_item.layout.setContentsMargins(2, 6, 14, 2)
        self.plot.sides["left"].setWidth(AXIS_WIDTH)
        for item in (
            self._image, self._contours, self._ahead, self._path, self._here, self._pin,
        ):  # fmt: skip
            self.plot_item.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    def _on_clicked(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        at: QPointF = event.scenePos()
        if self._grid is not None and self.plot_item.vb.sceneBoundingRect().contains(at):
            place = self.plot_item.vb.mapSceneToView(at)
            self.picked.emit(place.x(), place.y())
