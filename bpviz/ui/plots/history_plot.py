"""What plots over the iterations share: heading, crosshair, and a mark where the line stands."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bpviz.ui.plots.axes import LEFT_WIDTH, keep_axes, scale_axes
from bpviz.ui.plots.heading import HEAD_MARGIN, HEAD_SPACING, Heading, write_fitting
from bpviz.ui.plots.scales import Span
from bpviz.ui.plots.still_plot import StillPlot, thin_pen
from bpviz.ui.style import Theme, guard

# Room around the ranges, so that ticks and curve at the very edge are seen whole.
EDGE: Final = 0.03


class HistoryPlot(QWidget):
    """Has a `heading` of key and reading, which stands wherever it is put.

    A plot keeps the iterations that it draws in `_x` [S], and says in `show_reading` what it has
    at the crosshair.
    """

    def __init__(self, name: str, about: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._digits = 4
        self._x = np.empty(0)
        self._spans: tuple[Span, Span] | None = None
        self.plot = StillPlot(f"{name}.plot", about)
        self.plot_item = self.plot.getPlotItem()
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._here = pg.InfiniteLine(angle=90, movable=False)
        self.heading = Heading()
        self.heading.resized.connect(self._fit_key)
        self._key_texts: tuple[str, ...] = ()
        self._key = QLabel()
        self._reading = QLabel()
        self._reading.setObjectName(f"{name}.reading")
        self._row = QHBoxLayout(self.heading)
        self._column = QVBoxLayout(self)
        self._prepare()
        self._lay_out()
        self.plot.scene().sigMouseMoved.connect(self._on_mouse_moved)

    @abstractmethod
    def show_reading(self) -> None:
        """Say the values at the crosshair; nothing where there is none."""

    @property
    def reading_at(self) -> int | None:
        """Which of the iterations drawn the crosshair stands at."""
        if not self._cursor.isVisible() or not len(self._x):
            return None
        return int(np.abs(self._x - self._cursor.value()).argmin())

    def set_digits(self, digits: int) -> None:
        """Read numbers out with `digits` significant digits."""
        self._digits = digits
        self.show_reading()

    def set_scale(self, factor: float) -> None:
        """Write at the axes `factor` times as large."""
        scale_axes(self.plot.sides.values(), factor)
        self._fit_key()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.plot.apply_theme(theme)
        self._cursor.setPen(thin_pen(theme.muted))
        self._here.setPen(thin_pen(theme.text))

    def _prepare(self) -> None:
        self.plot.setMinimumHeight(90)
        self.plot_item.showGrid(x=False, y=True, alpha=0.25)
        self.plot_item.layout.setContentsMargins(4, 6, 14, 2)
        self.plot.sides["left"].setWidth(LEFT_WIDTH)
        self.plot.sides["left"].setStyle(hideOverlappingLabels=False)
        self.plot.sides["bottom"].setLabel("iteration")
        keep_axes(self.plot.sides.values())
        for line in (self._cursor, self._here):
            self.plot_item.addItem(line, ignoreBounds=True)
            line.hide()

    def _lay_out(self) -> None:
        self._key.setTextFormat(Qt.TextFormat.RichText)
        self._key.setMinimumWidth(40)
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._row.setContentsMargins(HEAD_MARGIN, 6, HEAD_MARGIN, 4)
        self._row.setSpacing(HEAD_SPACING)
        self._row.addWidget(self._key)
        self._row.addWidget(self._reading, 1)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.plot, 1)

    def _write_key(self, texts: tuple[str, ...]) -> None:
        """Write the first of `texts`, the longest first, that the heading has room for."""
        if texts != self._key_texts:
            self._key_texts = texts
            self._fit_key()

    def _fit_key(self) -> None:
        write_fitting(self._key, self._key_texts, self.heading.room_for(self._key))

    def _show_here(self, iteration: int) -> None:
        """Mark where the line stands, where curves go on behind it."""
        self._here.setVisible(bool(len(self._x) and iteration < self._x[-1]))
        self._here.setValue(float(iteration))

    def _set_ranges(self, across: Span, up: Span) -> None:
        """Set both ranges, only where they jump: setting them repaints all."""
        if (across, up) != self._spans:
            self._spans = (across, up)
            self.plot_item.setRange(xRange=across, yRange=up, padding=EDGE)

    def _on_mouse_moved(self, at: QPointF) -> None:
        """Put the crosshair at the iteration drawn that is nearest to the mouse."""
        inside = self.plot_item.vb.sceneBoundingRect().contains(at)
        self._cursor.setVisible(inside and len(self._x) > 0)
        if self._cursor.isVisible():
            place = self.plot_item.vb.mapSceneToView(at).x()
            self._cursor.setValue(float(self._x[np.abs(self._x - place).argmin()]))
        self.show_reading()

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away with the mouse."""
        super().leaveEvent(event)
        self._cursor.hide()
        self.show_reading()
