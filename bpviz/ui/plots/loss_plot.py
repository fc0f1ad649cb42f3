"""The loss over the iterations: train and test, linear or logarithmic, with a crosshair."""

from __future__ import annotations

import time
from html import escape
from typing import Final

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from bpviz.document.player import Player
from bpviz.engine.curve import LossCurve
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.history_plot import HistoryPlot
from bpviz.ui.plots.passed_curve import DOT_SIZE, PassedCurve
from bpviz.ui.plots.plot_hand import PlotHand
from bpviz.ui.plots.scales import (
    LIVE_POINTS,
    MAX_POINTS,
    FloatArray,
    drawable,
    iteration_span,
    left_out,
    loss_span,
    taken,
    thinned,
)
from bpviz.ui.style import Theme, run_colors

# Redrawn at most this often while a run is on: the eye reads no curve faster.
LIVE_INTERVAL: Final = 0.12
# While the line is scrubbed the curve stays, and only moves on: the move itself comes first.
SCRUB_INTERVAL: Final = 0.15
OTHER_POINTS: Final = 400
# In the key so many runs are named, with so many letters each.
MOST_NAMED: Final = 3
LONGEST_NAME: Final = 14


class LossPlot(HistoryPlot):
    """Shows the player's loss curve; the part ahead of the present position is dim.

    Pressed or dragged, `sought` carries the iteration at the mouse, `rested` says it is let go.
    """

    log_toggled = Signal(bool)
    sought = Signal(int)
    rested = Signal()

    def __init__(self, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("loss", "Loss over the iterations", theme, parent)
        self._player = player
        self._logarithmic = False
        self._drawn_at = 0.0
        self._hand = PlotHand(self.plot_item.vb, self.plot.viewport(), self)
        self._curves = {name: PassedCurve(self.plot_item) for name in ("test", "train")}
        self._runs: list[pg.PlotDataItem] = []
        self._dots = pg.ScatterPlotItem(size=DOT_SIZE)
        self._log_button = QToolButton()
        self._build()
        self._log_button.toggled.connect(self._on_log_toggled)
        self._hand.sought.connect(self._on_sought)
        self._hand.rested.connect(self.rested)
        self.apply_theme(theme)

    @property
    def logarithmic(self) -> bool:
        """Whether the loss axis is logarithmic."""
        return self._logarithmic

    def curve_data(self, name: str) -> tuple[FloatArray, FloatArray]:
        """Return what is drawn of a curve: "train", "test", "train_ahead" or "test_ahead".

        Iterations and losses; these are log10 on a logarithmic axis, nan where a value has no
        place.
        """
        plain = name.removesuffix("_ahead")
        return self._curves[plain].data(ahead=plain != name)

    def set_log(self, logarithmic: bool) -> None:
        """Make the loss axis logarithmic or linear; values that have no place are left out."""
        self._logarithmic = logarithmic
        self.plot.sides["left"].logarithmic = logarithmic
        self._log_button.setChecked(logarithmic)
        self.plot.sides["left"].picture = None
        self.refresh()

    def refresh_live(self) -> None:
        """Redraw, but while a run or a drag is on no more often than the eye can follow."""
        least = SCRUB_INTERVAL if self._player.scrubbing else LIVE_INTERVAL
        if not self._moving or time.monotonic() - self._drawn_at >= max(least, self._player.pace):
            self.refresh()

    def refresh(self) -> None:
        """Redraw the curve as it is now."""
        self._drawn_at = time.monotonic()
        curve = self._player.curve
        chosen = thinned(len(curve.iteration), LIVE_POINTS if self._moving else MAX_POINTS)
        x, train = taken(curve.iteration, chosen), taken(curve.train, chosen)
        test = np.full(len(x), np.nan)
        has_test = len(curve.test) == len(curve.iteration) and len(x) > 0
        if has_test:
            test = taken(curve.test, chosen)
        self._x, self._train, self._test = x, train, test
        self._draw_runs()
        for name, y in (("train", train), ("test", test)):
            self._curves[name].draw(x, drawable(y, self._logarithmic), self._player.iteration)
        self._move_ranges()
        self._show_here(self._player.iteration)
        self._show_key(has_test)
        self.show_reading()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        super().apply_theme(theme)
        for name, curve in self._curves.items():
            dashes = Qt.PenStyle.SolidLine if name == "train" else Qt.PenStyle.DotLine
            curve.set_colors(self._color(name), theme.canvas, dashes)
        self._dots.setPen(pg.mkPen(theme.canvas))
        self.refresh()

    @property
    def _moving(self) -> bool:
        """Whether the curve is drawn again and again: then it is drawn with fewer points."""
        return self._player.running or self._player.scrubbing

    def _build(self) -> None:
        self.plot.setToolTip("Click or drag to go to an iteration")
        self.plot_item.addItem(self._dots, ignoreBounds=True)
        self._log_button.setText("Log")
        self._log_button.setObjectName("loss.log")
        self._log_button.setCheckable(True)
        self._log_button.setToolTip("Plot the loss on a logarithmic axis")
        self._log_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row.addWidget(self._log_button)
        self._column.insertWidget(0, self.heading)

    def _color(self, name: str) -> str:
        return self._theme.positive if name == "train" else self._theme.negative

    def _draw_runs(self) -> None:
        """Draw the losses of the runs beside the active one, thin, each in its colour."""
        runs = self._player.runs
        while len(self._runs) < len(runs):
            self._runs.append(self.plot_item.plot(connect="finite", antialias=True))
            self._runs[-1].setZValue(-1)
        colors = run_colors(self._theme)
        self._others: list[FloatArray] = []
        for number, item in enumerate(self._runs):
            curve = runs[number].curve if number < len(runs) else LossCurve()
            chosen = thinned(len(curve.iteration), OTHER_POINTS)
            x = taken(curve.iteration, chosen)
            y = drawable(taken(curve.train, chosen), self._logarithmic)
            item.setPen(pg.mkPen(colors[(number + 1) % len(colors)], width=1))
            item.setData(x, y)
            self._others += [x, y] if len(x) else []

    def _move_ranges(self) -> None:
        """Have all curves in sight."""
        others_x, others_y = self._others[::2], self._others[1::2]
        across = iteration_span(
            int(max((each[-1] for each in (self._x, *others_x) if len(each)), default=0))
        )
        mine = drawable(np.concatenate([self._train, self._test]), self._logarithmic)
        both = np.concatenate([mine, *others_y])
        self._set_ranges(across, loss_span(both, self._logarithmic))

    def _show_key(self, has_test: bool) -> None:
        train, test = self._color("train"), self._color("test")
        text = f'<span style="color:{train}">━━ train</span>'
        if has_test:
            text += f'&nbsp;&nbsp; <span style="color:{test}">┅┅ test</span>'
        colors, runs = run_colors(self._theme), self._player.runs
        for number, run in enumerate(runs[:MOST_NAMED], 1):
            name = escape(
                run.name if len(run.name) <= LONGEST_NAME else run.name[:LONGEST_NAME] + "…"
            )
            text += f'&nbsp;&nbsp; <span style="color:{colors[number]}">─ {name}</span>'
        if len(runs) > MOST_NAMED:
            text += f"&nbsp;&nbsp; +{len(runs) - MOST_NAMED}"
        title, near = "<b>Loss</b>&nbsp;&nbsp; ", text.replace("&nbsp;&nbsp; ", " ")
        short = near.replace("━━ ", "━").replace("┅┅ ", "┅").replace("─ ", "─")
        self._write_key((title + text, title + near, title + short, short))

    def _on_log_toggled(self, checked: bool) -> None:
        if checked != self._logarithmic:
            self.set_log(checked)
            self.log_toggled.emit(checked)

    def _on_sought(self, iteration: float) -> None:
        last = self._player.last_iteration
        if last:
            self.sought.emit(min(max(round(iteration), 0), last))

    def show_reading(self) -> None:
        """Say the values at the crosshair, or how many have no place on the axis."""
        index = self.reading_at
        if index is None:
            self._dots.setData([], [])
            gone = left_out(self._train, self._logarithmic)
            self._reading.setText(
                f"{grouped(gone)} values ≤ 0 have no place on a logarithmic axis"
                if gone and self._logarithmic
                else ""
            )
            return
        self._cursor.setValue(float(self._x[index]))
        parts = [f"iteration {grouped(self._x[index])}"]
        points: list[tuple[float, str]] = []
        for name, values in (("train", self._train), ("test", self._test)):
            if np.isfinite(values[index]):
                parts.append(f"{name} {format_number(float(values[index]), self._digits)}")
                points.append((float(drawable(values, self._logarithmic)[index]), name))
        self._reading.setText("   ".join(parts))
        shown = [(y, self._color(name)) for y, name in points if np.isfinite(y)]
        self._dots.setData(
            [self._x[index]] * len(shown),
            [y for y, _ in shown],
            brush=[pg.mkBrush(color) for _, color in shown],
        )
