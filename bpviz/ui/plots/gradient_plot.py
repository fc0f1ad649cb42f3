"""The size of the gradient in each layer over the iterations, on a logarithmic axis."""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from bpviz.engine.gradient_curve import GradientCurve
from bpviz.engine.statistics import gradient_verdict
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.history_plot import HistoryPlot
from bpviz.ui.plots.passed_curve import PassedCurve
from bpviz.ui.plots.scales import (
    LIVE_POINTS,
    MAX_POINTS,
    FloatArray,
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


class GradientPlot(HistoryPlot):
    """Draws a gradient curve; what lies ahead of the present position is dim.

    What hinders learning is said in words over the curves. Sizes that are 0 or not finite have
    no place on the axis: the words tell of them.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        about = "Size of the gradient in each layer over the iterations"
        super().__init__("gradients", about, theme, parent)
        self._size = "‖∂E/∂W‖"
        self._sizes = np.empty((0, 0))
        self._shown: tuple[int, ...] = ()
        self._curves: list[PassedCurve] = []
        self.plot.sides["left"].logarithmic = True
        self._verdict = QLabel(self.plot)
        self._verdict.setObjectName("gradients.verdict")
        self._verdict.hide()
        self.apply_theme(theme)

    @property
    def verdict(self) -> str:
        """What is said about the gradients at the present position."""
        return self._verdict.text()

    def curve_data(self, layer: int, *, ahead: bool = False) -> tuple[FloatArray, FloatArray]:
        """Return iterations and log10 of the sizes that are drawn of `layer`, from 0."""
        return self._curves[self._shown.index(layer)].data(ahead=ahead)

    def show_curve(self, curve: GradientCurve, position: int, *, moving: bool = False) -> None:
        """Draw `curve`, with the part after iteration `position` dim; not all while `moving`."""
        chosen = thinned(len(curve), LIVE_POINTS if moving else MAX_POINTS).tolist()
        rows = [curve.sizes[index] for index in chosen]
        layers = max(map(len, rows), default=0)
        self._x = np.array([curve.iteration[index] for index in chosen], dtype=np.float64)
        self._sizes = np.full((len(rows), layers), np.nan)
        for place, row in enumerate(rows):
            self._sizes[place, : len(row)] = row
        self._offer(layers)
        heights = drawable(self._sizes, logarithmic=True)
        for layer, drawn in zip(self._shown, self._curves, strict=True):
            drawn.draw(self._x, heights[:, layer], position)
        across = iteration_span(int(self._x[-1]) if len(self._x) else 0)
        self._set_ranges(across, loss_span(heights.reshape(-1), logarithmic=True))
        self._show_here(position)
        passed = int(np.searchsorted(self._x, position, side="right"))
        self._say(rows[passed - 1] if passed else ())
        self.show_reading()

    def set_loss_symbol(self, letter: str) -> None:
        """Call the loss by the letter of the session's notation."""
        size = f"‖∂{escape(letter)}/∂W‖"
        if size != self._size:
            self._size = size
            self._color_curves()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        super().apply_theme(theme)
        self._verdict.setStyleSheet(
            f"color: {theme.warning}; background: {theme.panel};"
            f"border: 1px solid {theme.border}; border-radius: 5px; padding: 2px 6px;"
        )
        self._color_curves()

    def _offer(self, layers: int) -> None:
        """Have a curve for each of `layers` layers, or for eight of them."""
        shown = tuple(thinned(layers, MAX_CURVES).tolist())
        if shown == self._shown:
            return
        self._shown = shown
        for drawn in self._curves:
            drawn.remove()
        self._curves = [PassedCurve(self.plot_item) for _ in shown]
        self._color_curves()

    def _color_curves(self) -> None:
        marks = []
        for place, (layer, drawn) in enumerate(zip(self._shown, self._curves, strict=True)):
            color = self._color(place)
            drawn.set_colors(color, self._theme.canvas, DASHES[place % len(DASHES)])
            mark = ("━", "╍", "┅")[place % len(DASHES)]
            marks.append(f'<span style="color:{color}">{mark}&nbsp;{layer + 1}</span>')
        short = f"<b>{self._size}</b>&nbsp; "
        every = " ".join(marks)
        texts = [f"<b>Gradient size {self._size}</b>&nbsp; {every}", short + every]
        if len(marks) > 2:
            texts.append(f"{short}{marks[0]} … {marks[-1]}")
        self._write_key(tuple(texts))
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

    def _say(self, sizes: tuple[float, ...]) -> None:
        text = gradient_verdict(sizes)
        if text != self._verdict.text():
            self._verdict.setText(text)
        self._verdict.setVisible(bool(text))
        self._place_verdict()

    def _place_verdict(self) -> None:
        """Put the verdict into its corner, on as many lines as it takes."""
        if not self._verdict.text():
            return
        axis = round(self.plot.sides["left"].width())
        room = max(40, self.plot.width() - axis - 3 * MARGIN)
        self._verdict.ensurePolished()
        self._verdict.setWordWrap(False)
        wide = min(room, self._verdict.sizeHint().width())
        self._verdict.setWordWrap(True)
        self._verdict.resize(wide, self._verdict.heightForWidth(wide))
        self._verdict.move(self.plot.width() - self._verdict.width() - 2 * MARGIN, MARGIN)

    def show_reading(self) -> None:
        """Say the sizes at the crosshair."""
        index = self.reading_at
        if index is None:
            self._reading.setText("")
            return
        numbers = [
            format_number(float(self._sizes[index, layer]), min(3, self._digits), trim=True)
            for layer in self._shown
            if not np.isnan(self._sizes[index, layer])
        ]
        self._reading.setText(f"iteration {grouped(int(self._x[index]))}:  " + "  ".join(numbers))

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the words in their corner."""
        super().resizeEvent(event)
        self._place_verdict()
