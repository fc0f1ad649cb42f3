"""The Check panel: back propagation against central differences, and what the step size does."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSlider,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.gradcheck import StepError
from bpviz.explain.parameter import Parameter, parameter_words
from bpviz.model.counts import grouped
from bpviz.model.network import Network
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.check_model import NUMERIC, CheckModel
from bpviz.ui.panels.idle_check import IdleCheck
from bpviz.ui.panels.parameter_panel import ParameterPanel, scrolled
from bpviz.ui.plots.step_plot import StepPlot
from bpviz.ui.style import Theme, guard

# Steps from 1e-12 to 0.1, four to each power of ten.
STEPS: Final = tuple(10.0 ** (place / 4 - 12) for place in range(45))
START: Final = 28
TABLE_HEIGHT: Final = 104
ROW: Final = 24
# Beyond this scale there is no room for the column of the numeric gradients.
LARGEST_WHOLE: Final = 1.25
# Seconds between two fillings of the table while the check goes on.
TABLE_EVERY: Final = 0.25


class LowTable(QTableView):
    """Takes what others leave: its usual wish would push the slider below out of sight."""

    @guard
    def sizeHint(self) -> QSize:
        """Wish for no more than the least height."""
        return QSize(super().sizeHint().width(), self.minimumHeight())


class CheckPanel(ParameterPanel):
    """Lists every parameter, the worst first; of the one chosen, the error against the step."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        check: IdleCheck,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, player, scene, theme, parent)
        self._check = check
        self._filled = 0.0
        self._errors: list[StepError] = []
        self._summary = QLabel()
        self._go = QPushButton("Check the Rest")
        self.table = LowTable()
        self.model = CheckModel(self)
        self.plot = StepPlot(theme)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self._step = QLabel()
        self._build()
        check.progressed.connect(self._on_progressed)
        self._go.clicked.connect(check.start)
        self.table.clicked.connect(self._on_row_clicked)
        self.slider.valueChanged.connect(self._on_slider_moved)
        self.refresh()

    @property
    def summary(self) -> str:
        """What came out, in words."""
        return self._summary.text()

    @property
    def step_text(self) -> str:
        """What is said of the step chosen."""
        return self._step.text()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        super().set_digits(digits)
        # Not at once: what stands in a panel that rests may be of another network.
        self.follow_structure()

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self.plot.set_scale(factor)
        self.table.verticalHeader().setDefaultSectionSize(round(ROW * factor))
        self.table.setMinimumHeight(round(TABLE_HEIGHT * factor))
        # Names must stay readable: then a gradient's tip tells the number next to it.
        self.table.setColumnHidden(NUMERIC, factor > LARGEST_WHOLE)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        super().apply_theme(theme)
        self.plot.apply_theme(theme)

    def refresh(self) -> None:
        """Show what came out by now, and the parameter of the selection or the step."""
        super().refresh()
        if not self.body.isHidden():
            self._on_progressed()

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Mark the parameter in the table and plot its errors."""
        self._show_errors()

    def set_front(self, front: bool) -> None:
        """Check while the panel is seen, also without the badge."""
        super().set_front(front)
        self._check.set_watched("panel", self.is_seen)

    @guard
    def showEvent(self, event: QShowEvent) -> None:
        """Check while the panel is seen."""
        super().showEvent(event)
        self._check.set_watched("panel", self.is_seen)

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._check.set_watched("panel", False)

    def _on_progressed(self) -> None:
        """Follow the check, the table not at every slice."""
        if not self.is_seen:
            self._is_late = True
            return
        check = self._check
        if check.is_done or perf_counter() - self._filled > TABLE_EVERY:
            self._fill()
        self._summary.setText(self._summed_up())
        self._go.setVisible(check.waits)
        if not self._errors and check.checker is not None:
            self._show_errors()
        elif check.checker is None:
            self._errors = []

    def _fill(self) -> None:
        self._filled = perf_counter()
        network = self._player.program.network
        self.model.show_checks(self._check.result.parameters, network, self._digits)
        self._mark_row()

    def _mark_row(self) -> None:
        trace, parameter = self._player.trace, self.parameter
        if trace is None or parameter is None:
            return
        row = self.model.row_of(_checked_name(trace.program.network, parameter))
        if row >= 0:
            self.table.selectRow(row)
            self.table.scrollTo(self.model.index(row, 0))
        else:
            self.table.clearSelection()

    def _summed_up(self) -> str:
        check, result = self._check, self._check.result
        if check.problem:
            return f"Nothing to check: {localised(check.problem)}"
        if not check.total:
            return "The check begins as soon as all is still."
        words = f"{grouped(check.count)} of {grouped(check.total)} parameters checked."
        if result.name:
            worst = format_number(result.worst, 2)
            name = parameter_words(self._player.program.network, result.name)
            verdict = "✓ They agree" if result.passed else "✗ They differ"
            words += f" {verdict}: the largest error is {worst}, of {name}."
        if result.kinks:
            words += f" {grouped(len(result.kinks))} lie at a kink and are not compared."
        return words

    def _show_errors(self) -> None:
        """Plot the errors of the parameter chosen, over all steps."""
        checker, trace, parameter = self._check.checker, self._player.trace, self.parameter
        self._mark_row()
        self._errors = []
        if checker is not None and trace is not None and parameter is not None:
            name = _checked_name(trace.program.network, parameter)
            if name in checker.names:
                self._errors = checker.step_errors(checker.names.index(name), STEPS)
        self._on_slider_moved(self.slider.value())

    def _on_slider_moved(self, place: int) -> None:
        self.plot.show_errors(self._errors, place if self._errors else -1)
        if not self._errors:
            self._step.setText("")
            return
        found = self._errors[place]
        numbers = [
            format_number(value, 3, trim=True)
            for value in (found.step, found.difference, found.error)
        ]
        loss = self._player.notation.loss_symbol
        quotient = f"({loss}(w+h) − {loss}(w−h)) / 2h"
        words = f"h = {numbers[0]}: {quotient} = {numbers[1]}, off by {numbers[2]}. "
        self._step.setText(words + _reason(found))

    def _on_row_clicked(self, index: QModelIndex) -> None:
        self._on_chosen(self.model.checks[index.row()].name)

    def _build(self) -> None:
        self._summary.setObjectName("check.summary")
        self._step.setObjectName("check.step_text")
        for label in (self._summary, self._step):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._step.setProperty("role", "muted")
        self._step.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._step.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._go.setObjectName("check.go")
        self._go.setToolTip("Each parameter takes a while: the window may halt meanwhile")
        self._go.hide()
        self._build_table()
        self.slider.setObjectName("check.slider")
        self.slider.setAccessibleName("Step size")
        self.slider.setToolTip("The step h of the central difference")
        self.slider.setRange(0, len(STEPS) - 1)
        self.slider.setPageStep(4)
        self.slider.setValue(START)
        step = QWidget()
        row = QHBoxLayout(step)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Step h"))
        row.addWidget(self.slider, 1)
        self.table.setMinimumHeight(TABLE_HEIGHT)
        parts = (self._summary, self._go, self.table, self.plot, step, self._step)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled(*parts))

    def _build_table(self) -> None:
        table = self.table
        table.setObjectName("check.table")
        table.setAccessibleName("Parameters")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        head = table.horizontalHeader()
        # Bold, as heads over what is chosen would be, they do not fit.
        head.setHighlightSections(False)
        head.setStyleSheet("QHeaderView::section { padding: 4px 3px; }")
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setSortIndicator(3, Qt.SortOrder.DescendingOrder)
        table.setSortingEnabled(True)


def _checked_name(network: Network, parameter: Parameter) -> str:
    """Return the name that a parameter is checked under: a shared one's is its first member's."""
    if parameter.edge >= 0:
        edge = network.edges[parameter.edge]
        return next(
            each.name for each in network.edges if each is edge or each.share == edge.share != ""
        )
    unit = network.nodes[parameter.node]
    share = getattr(unit, "bias_share", "")
    return next(each.id for each in network.units if each is unit or each.bias_share == share != "")


def _reason(found: StepError) -> str:
    if found.is_kink:
        return "A kink lies within the step."
    if not found.error > 0.0:
        return "The difference is exact to the last digit."
    if found.rounding > found.truncation:
        return "Rounding rules: the step is too small for the digits that the loss has."
    return "Truncation rules: the step is so large that the curve bends away."
