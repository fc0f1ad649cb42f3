"""Statistics of the layers: dead and saturated units, gradients, updates, histograms, classes."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.slices import Slices, time_over
from bpviz.engine.backprop import Trace
from bpviz.engine.program import Program
from bpviz.engine.statistics import (
    gradient_verdict,
    layer_levels,
    layer_norms,
    update_ratios,
)
from bpviz.engine.survey import Survey, SurveyResult
from bpviz.model.counts import grouped
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.class_section import ClassSection
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.surface_section import SurfaceSection
from bpviz.ui.plots.histogram_plot import HistogramPlot
from bpviz.ui.plots.lines_table import Line, LinesTable
from bpviz.ui.style import Theme, guard

FloatArray = NDArray[np.float64]

LIVE_INTERVAL: Final = 0.2
# Of a refresh while a run is on, so much may go into the pass over all rows.
LIVE_SLICE: Final = 0.003
# A unit counts as saturated where it is at more than this share of the rows.
OFTEN: Final = 0.5
# ‖ΔW‖/‖W‖ beyond these is told: what learns well is mostly around 1e−3.
LARGE_UPDATE, SMALL_UPDATE = 0.1, 1e-7
MOST_NAMES: Final = 6
HEADING: Final = (
    ("Layer", "The layers, the first hidden one being 1"),
    ("Units", "Number of units"),
    ("Dead", "Units whose slope is exactly 0 at every training row: no error passes through them"),
    ("Flat", "Units saturated at more than half of the training rows: their slope is below 4 % "
             "of the steepest"),
    ("‖∂E/∂W‖", "Size of the gradient of this iteration's batch"),
    ("‖ΔW‖/‖W‖", "Size of this iteration's update in relation to the weights"),
)  # fmt: skip


class StatisticsPanel(Panel):
    """Shows what a survey of all rows, and the trace of the iteration, say of each layer."""

    def __init__(
        self, document: Document, player: Player, scene: CanvasScene, theme: Theme
    ) -> None:
        super().__init__()
        self._document = document
        self._player = player
        self._theme = theme
        self._digits = 4
        self._layer = 0
        self._shown_at = 0.0
        self._survey: Survey | None = None
        self._trace: Trace | None = None
        self._result: SurveyResult | None = None
        self._slices = Slices(self)
        self._about = QLabel()
        self._verdict = QLabel()
        self.table = LinesTable(theme, HEADING)
        self._choice = Choice({})
        self.weights = HistogramPlot(theme, "Weights")
        self.activations = HistogramPlot(theme, "Activations")
        self.classes = ClassSection(player, theme)
        self.surface = SurfaceSection(document, player, scene, theme)
        self._measured = QWidget()
        self._build()
        self._choice.chosen.connect(self._on_layer_chosen)
        self._slices.advanced.connect(self._show_share)
        self._slices.ended.connect(self._on_surveyed)
        self.table.chosen.connect(self._on_row_clicked)
        self.apply_theme(theme)
        self._is_late = True  # measured once it is seen

    @property
    def verdict(self) -> str:
        """What hinders learning, a line each."""
        return self._verdict.text()

    @property
    def is_measured(self) -> bool:
        """Whether all that is shown is of the parameters of now."""
        return self._result is not None and not self._slices.busy

    def refresh(self) -> None:
        """Measure anew: structure, data or settings are others."""
        self._trace = None
        self.surface.refresh()
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Measure the parameters of now, while a run is on no more often than the eye follows."""
        running = self._player.running
        now = time.monotonic()
        if running and now - self._shown_at < LIVE_INTERVAL:
            return
        self._shown_at = now
        trace = self._player.trace
        self._measured.setVisible(trace is not None)
        if trace is None:
            self._slices.cancel()
            self._about.setText(f"Nothing to measure yet. {localised(self._player.problem)}")
            return
        if trace is not self._trace:
            self._measure(trace, running)
        self.classes.show_sample()
        self.surface.refresh_numbers()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.weights.set_digits(digits)
        self.activations.set_digits(digits)
        self._show()

    def set_scale(self, factor: float) -> None:
        """Draw tables and plots `factor` times as large, for a projector."""
        for part in (self.table, self.weights, self.activations, self.classes, self.surface):
            part.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self._verdict.setStyleSheet(f"color: {theme.warning};")
        for part in (self.table, self.weights, self.activations, self.classes, self.surface):
            part.apply_theme(theme)
        self._show()

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Do no work that nobody sees."""
        super().hideEvent(event)
        self._slices.cancel()
        self._trace = None
        self._is_late = True

    # -- measuring -----------------------------------------------------------------------------

    def _measure(self, trace: Trace, running: bool) -> None:
        """Survey the trace's parameters; while a run is on, in parts over several refreshes."""
        survey = self._survey_of(trace.program)
        under_way = running and self._trace is not None and not survey.ended
        if not under_way:
            survey.begin(trace.theta, trace.iteration - 1)
        self._trace = trace
        self._slices.cancel()
        survey.work(time_over(LIVE_SLICE))
        if survey.ended:
            self._result = survey.result
        elif not running:
            self._result = None
            self._slices.begin(survey)
        self._show()

    def _survey_of(self, program: Program) -> Survey:
        rows, training = self._player.rows, self._document.timeline.base.training
        old = self._survey
        if old is None or any(
            mine is not other
            for mine, other in ((old.program, program), (old.rows, rows), (old.training, training))
        ):
            self._survey, self._result = Survey(program, rows, training), None
            self._trace = None
        assert self._survey is not None
        return self._survey

    def _on_surveyed(self) -> None:
        if self._survey is not None:
            self._result = self._survey.result
            self._show()
            self.classes.show_sample()

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        """Show what is known of the trace and the survey."""
        trace, result = self._trace, self._result
        if trace is None:
            return
        self._show_share()
        levels = layer_levels(trace.program)
        self._layer = min(self._layer, max(0, len(levels) - 1))
        self._offer(len(levels))
        gradients = layer_norms(trace.program, trace.gradient)
        updates = update_ratios(trace.program, trace.theta, trace.updated)
        lines = [
            self._line(trace.program, place, level, gradients[place], updates[place])
            for place, level in enumerate(levels)
        ]
        letter = self._player.notation.loss_symbol
        self.table.set_heading([(text.replace("∂E", f"∂{letter}"), tip) for text, tip in HEADING])
        self.table.show_lines(lines, self._layer)
        self._say(gradients, updates, lines)
        if levels:
            self._show_histograms(trace, levels[self._layer])
        self.classes.show_result(self._document.timeline.base, result)

    def _line(
        self, program: Program, place: int, level: int, gradient: float, update: float
    ) -> Line:
        nodes = np.flatnonzero(program.node_level == level)
        dead, flat, tip = "—", "—", ""
        warns = set()
        if self._result is not None:
            gone = nodes[self._result.dead[nodes]]
            often = nodes[self._result.saturated[nodes] > OFTEN]
            dead, flat = str(len(gone)), str(len(often))
            warns = {column for column, which in ((2, gone), (3, often)) if len(which)}
            tip = "\n".join(
                f"{word}: {_labels(program, which)}"
                for word, which in (("Dead", gone), ("Saturated", often))
                if len(which)
            )
        if update >= LARGE_UPDATE or 0.0 < update <= SMALL_UPDATE:
            warns.add(5)
        numbers = (self._text(gradient), self._text(update))
        cells = (str(place + 1), f"{grouped(len(nodes))}", dead, flat, *numbers)
        return Line(cells, tip, frozenset(warns))

    def _say(
        self, gradients: tuple[float, ...], updates: tuple[float, ...], lines: list[Line]
    ) -> None:
        """Say in words what hinders learning."""
        words = [gradient_verdict(gradients)]
        words += [
            f"{line.cells[2]} of {line.cells[1]} units of layer {line.cells[0]} are dead"
            for line in lines
            if 2 in line.warns
        ]
        words += [
            f"{line.cells[3]} of {line.cells[1]} units of layer {line.cells[0]} are saturated"
            for line in lines
            if 3 in line.warns
        ]
        large = [place for place, update in enumerate(updates) if update >= LARGE_UPDATE]
        if large:
            share = "all" if not np.isfinite(updates[large[0]]) else f"{updates[large[0]]:.0%}"
            words.append(f"Large steps: layer {large[0] + 1} changes by {share} of its size")
        said = "\n".join(word for word in words if word)
        if said != self._verdict.text():
            self._verdict.setText(said)
        self._verdict.setVisible(bool(said))

    def _show_histograms(self, trace: Trace, level: int) -> None:
        program = trace.program
        weights = trace.theta[program.edge_slot[program.node_level[program.target] == level]]
        self.weights.show_values(weights, self._theme.positive)
        result = self._result
        nodes = np.flatnonzero(program.node_level == level)
        values = np.empty(0) if result is None else result.values[:, nodes].reshape(-1)
        self.activations.show_values(values, self._theme.update)

    def _show_share(self) -> None:
        """Say what is measured, or how far it is."""
        trace = self._trace
        if trace is None:
            return
        rows = self._player.rows.count
        where = f"{grouped(rows)} training rows" if rows != 1 else "the training row"
        coming = ", the coming one," if self._player.frame is None else ""
        text = f"Iteration {grouped(trace.iteration)}{coming} over {where}"
        if self._slices.busy:
            text += f" · {self._slices.share:.0%}"
        elif self._result is not None and self._result.every > 1:
            text += f"; activations of every {self._result.every}th"
        self._about.setText(text)

    def _offer(self, layers: int) -> None:
        if self._choice.count() != layers:
            self._choice.clear()
            for place in range(layers):
                self._choice.addItem(f"Layer {place + 1}", str(place))
        self._choice.set_key(str(self._layer) if layers else None)

    def _text(self, value: float) -> str:
        return format_number(value, min(3, self._digits), trim=True)

    def _on_row_clicked(self, row: int) -> None:
        self._layer = row
        self._show()

    def _on_layer_chosen(self, key: str) -> None:
        self._on_row_clicked(int(key))

    def _build(self) -> None:
        self._about.setObjectName("statistics.about")
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        self._verdict.setObjectName("statistics.verdict")
        self._verdict.setWordWrap(True)
        self.table.setObjectName("statistics.layers")
        self.table.setAccessibleName("Layers")
        self._choice.setObjectName("statistics.layer")
        self._choice.setAccessibleName("Layer of the histograms")
        self._choice.setToolTip("Whose weights and activations are shown")
        self.weights.setObjectName("statistics.weights")
        self.activations.setObjectName("statistics.activations")
        column = QVBoxLayout(self._measured)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (
            self.table, self._verdict, self._choice, self.weights, self.activations, self.classes,
            self.surface,
        ):  # fmt: skip
            column.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self._about)
        layout.addWidget(self._measured)
        layout.addStretch(1)


def _labels(program: Program, nodes: NDArray[np.intp]) -> str:
    labels = [program.network.names[program.node_ids[node]] for node in nodes.tolist()]
    more = f" and {len(labels) - MOST_NAMES} more" if len(labels) > MOST_NAMES else ""
    return ", ".join(labels[:MOST_NAMES]) + more
