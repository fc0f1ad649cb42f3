"""The size of the gradient in each layer over the iterations, on a logarithmic axis."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bpviz.engine.gradient_curve import GradientCurve
from bpviz.engine.statistics import gradient_verdict
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.axes import LEFT_WIDTH, NumberAxis, keep_axes, scale_axes
from bpviz.ui.plots.loss_plot import DOT_SIZE, EDGE
from bpviz.ui.plots.scales import (
    LIVE_POINTS,
    MAX_POINTS,
    FloatArray,
    Span,
    drawable,
    iteration_span,
    loss_span,
    thinned,
)
from bpviz.ui.style import Theme, guard, mix

# More curves than these can't be told apart: then they are spread over the layers.
MAX_CURVES: Final = 8
DASHES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine)
MARGIN: Final = 8


class GradientPlot(QWidget):
    """Draws a gradient curve; what lies ahead of the present position is dim.

    What hinders learning is said in words over the curves. Sizes that are 0 or not finite have
    no place on the axis: the words tell of them.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._digits = 4
        self._is_large = False
        self._x = np.empty(0)
        self._sizes = np.empty((0, 0))
        self._shown: tuple[int, ...] = ()
        self._spans: tuple[Span, Span] | None = None
        self._axes = {side: NumberAxis(side) for side in ("left", "bottom")}
        self._axes["left"].logarithmic = True
        self.plot_item = pg.PlotItem(axisItems=self._axes, enableMenu=False)
        self.plot = pg.PlotWidget(plotItem=self.plot_item)
        self._curves: list[tuple[pg.PlotDataItem, pg.PlotDataItem]] = []
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._here = pg.InfiniteLine(angle=90, movable=False)
        self.heading = QWidget()
        self._key = QLabel()
        self._reading = QLabel()
        self._verdict = QLabel(self.plot)
        self._build()
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.apply_theme(theme)

    @property
    def verdict(self) -> str:
        """What is said about the gradients at the present position."""
        return self._verdict.text()

    def curve_data(self, layer: int, *, ahead: bool = False) -> tuple[FloatArray, FloatArray]:
        """Return iterations and log10 of the sizes that are drawn of `layer`, from 0."""
        x, y = self._curves[self._shown.index(layer)][ahead].getData()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def show_curve(self, curve: GradientCurve, position: int, *, running: bool = False) -> None:
        """Draw `curve`, with the part after iteration `position` dim; not all while `running`."""
        chosen = thinned(len(curve), LIVE_POINTS if running else MAX_POINTS).tolist()
        rows = [curve.sizes[index] for index in chosen]
        layers = max(map(len, rows), default=0)
        self._x = np.array([curve.iteration[index] for index in chosen], dtype=np.float64)
        self._sizes = np.full((len(rows), layers), np.nan)
        for place, row in enumerate(rows):
            self._sizes[place, : len(row)] = row
        self._offer(layers)
        passed = int(np.searchsorted(self._x, position, side="right"))
        heights = drawable(self._sizes, logarithmic=True)
        for layer, (past, ahead) in zip(self._shown, self._curves, strict=True):
            y = heights[:, layer]
            alone = int(np.isfinite(y[:passed]).sum()) == 1
            past.setData(self._x[:passed], y[:passed], symbol="o" if alone else None)
            start = max(0, passed - 1) if passed < len(self._x) else len(self._x)
            if start < len(self._x):
                ahead.setData(self._x[start:], y[start:])
            elif ahead.xData is not None:
                ahead.clear()
        self._move_ranges(heights)
        self._here.setVisible(bool(len(self._x) and position < self._x[-1]))
        self._here.setValue(float(position))
        self._say(rows[passed - 1] if passed else ())
        self._show_reading()

    def set_digits(self, digits: int) -> None:
        """Read numbers out with `digits` significant digits."""
        self._digits = digits
        self._show_reading()

    def set_scale(self, factor: float) -> None:
        """Write at the axes `factor` times as large."""
        scale_axes(self._axes.values(), factor)
        # In large letters the heading has no room for words beside the key.
        self._is_large = factor > 1.0
        self._color_curves()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.plot.setBackground(theme.canvas)
        for axis in self._axes.values():
            axis.setPen(pg.mkPen(theme.border))
            axis.setTextPen(pg.mkPen(theme.muted))
        self._cursor.setPen(_thin(theme.muted))
        self._here.setPen(_thin(theme.text))
        self._verdict.setStyleSheet(
            f"color: {theme.warning}; background: {theme.panel};"
            f"border: 1px solid {theme.border}; border-radius: 5px; padding: 2px 6px;"
        )
        self._color_curves()

    def _build(self) -> None:
        self.plot.setObjectName("gradients.plot")
        self.plot.setAccessibleName("Size of the gradient in each layer over the iterations")
        self.plot.setMouseEnabled(False, False)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.viewport().setAcceptDrops(False)
        self.plot.setMinimumHeight(90)
        self.plot_item.hideButtons()
        # pyqtgraph makes this menu in any case; with a parent it ends with the plot.
        self.plot_item.ctrlMenu.setParent(self.plot, self.plot_item.ctrlMenu.windowFlags())
        self.plot_item.disableAutoRange()
        self.plot_item.showGrid(x=False, y=True, alpha=0.25)
        self.plot_item.layout.setContentsMargins(4, 6, 14, 2)
        self._axes["left"].setWidth(LEFT_WIDTH)
        self._axes["left"].setStyle(hideOverlappingLabels=False)
        self._axes["bottom"].setLabel("iteration")
        keep_axes(self._axes.values())
        for line in (self._cursor, self._here):
            self.plot_item.addItem(line, ignoreBounds=True)
            line.hide()
        self._key.setTextFormat(Qt.TextFormat.RichText)
        self._key.setToolTip("Size of the gradient of each layer's weights")
        self._key.setMinimumWidth(40)
        self._reading.setObjectName("gradients.reading")
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._verdict.setObjectName("gradients.verdict")
        self._verdict.hide()
        head = QHBoxLayout(self.heading)
        head.setContentsMargins(14, 6, 14, 4)
        head.setSpacing(10)
        head.addWidget(self._key)
        head.addWidget(self._reading, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot, 1)

    def _offer(self, layers: int) -> None:
        """Have a curve for each of `layers` layers, or for eight of them."""
        shown = tuple(thinned(layers, MAX_CURVES).tolist())
        if shown == self._shown:
            return
        self._shown = shown
        for pair in self._curves:
            for item in pair:
                self.plot_item.removeItem(item)
        self._curves = [
            (
                self.plot_item.plot(connect="finite", antialias=True),
                self.plot_item.plot(connect="finite", antialias=True),
            )
            for _ in shown
        ]
        self._color_curves()

    def _color_curves(self) -> None:
        words = [f"<b>{'' if self._is_large else 'Gradient size '}‖∂E/∂W‖</b>&nbsp;"]
        for place, (layer, pair) in enumerate(zip(self._shown, self._curves, strict=True)):
            color = self._color(place)
            style = DASHES[place % len(DASHES)]
            pair[0].setPen(pg.mkPen(color, width=2, style=style))
            pair[0].setSymbolBrush(color)
            pair[0].setSymbolPen(None)
            pair[0].setSymbolSize(DOT_SIZE)
            pair[1].setPen(pg.mkPen(mix(self._theme.canvas, color, 0.3), width=2, style=style))
            mark = ("━", "╍", "┅")[place % len(DASHES)]
            words.append(f'<span style="color:{color}">{mark}&nbsp;{layer + 1}</span>')
        self._key.setText(" ".join(words))
        self._key.setToolTip(
            "√ of the sum of squares of the gradients of all weights into each layer, "
            "the first hidden layer being 1; on a logarithmic axis"
        )

    def _color(self, place: int) -> str:
        """Return a colour between those of the first and the last layer."""
        theme, last = self._theme, max(1, len(self._curves) - 1)
        share = 2.0 * place / last
        if len(self._curves) == 2:
            return theme.gradient_negative if place else theme.gradient_positive
        if share <= 1.0:
            return mix(theme.gradient_positive, theme.update, share)
        return mix(theme.update, theme.gradient_negative, share - 1.0)

    def _move_ranges(self, heights: FloatArray) -> None:
        """Set both ranges, only where they jump: setting them repaints all."""
        across = iteration_span(int(self._x[-1]) if len(self._x) else 0)
        up = loss_span(heights.reshape(-1), logarithmic=True)
        if (across, up) != self._spans:
            self._spans = (across, up)
            self.plot_item.setRange(xRange=across, yRange=up, padding=EDGE)

    def _say(self, sizes: tuple[float, ...]) -> None:
        text = gradient_verdict(sizes)
        if text != self._verdict.text():
            self._verdict.setText(text)
        self._verdict.setVisible(bool(text))
        self._place_verdict()

    def _place_verdict(self) -> None:
        self._verdict.adjustSize()
        room = self.plot.width() - 64 - 2 * MARGIN
        self._verdict.setFixedWidth(max(40, min(room, self._verdict.sizeHint().width())))
        self._verdict.move(self.plot.width() - self._verdict.width() - 2 * MARGIN, MARGIN)

    def _on_mouse_moved(self, at: QPointF) -> None:
        """Put the crosshair at the iteration measured that is nearest to the mouse."""
        inside = self.plot_item.vb.sceneBoundingRect().contains(at)
        self._cursor.setVisible(inside and len(self._x) > 0)
        if self._cursor.isVisible():
            place = self.plot_item.vb.mapSceneToView(at).x()
            self._cursor.setValue(float(self._x[np.abs(self._x - place).argmin()]))
        self._show_reading()

    def _show_reading(self) -> None:
        """Say the sizes at the crosshair."""
        if not self._cursor.isVisible() or not len(self._x):
            self._reading.setText("")
            return
        index = int(np.abs(self._x - self._cursor.value()).argmin())
        numbers = [
            format_number(float(self._sizes[index, layer]), min(3, self._digits), trim=True)
            for layer in self._shown
            if not np.isnan(self._sizes[index, layer])
        ]
        self._reading.setText(f"iteration {grouped(int(self._x[index]))}:  " + "  ".join(numbers))

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away with the mouse."""
        super().leaveEvent(event)
        self._cursor.hide()
        self._show_reading()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the words in their corner."""
        super().resizeEvent(event)
        self._place_verdict()


def _thin(color: str) -> QPen:
    pen = QPen(QColor(color))
    pen.setCosmetic(True)
    pen.setStyle(Qt.PenStyle.DashLine)
    return pen
