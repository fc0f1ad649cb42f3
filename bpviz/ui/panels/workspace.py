"""All that shows the document: canvas, panels and plot, built, themed and refreshed together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.hiding import KINDS
from bpviz.ui.canvas.corners import around_scale
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.panels.analysis import Analysis
from bpviz.ui.panels.canvas_frame import CanvasFrame
from bpviz.ui.panels.data_panel import DataPanel
from bpviz.ui.panels.decision_panel import DecisionPanel
from bpviz.ui.panels.dock_widths import DockWidths
from bpviz.ui.panels.docks import Dock
from bpviz.ui.panels.explain_panel import ExplainPanel
from bpviz.ui.panels.gradient_panel import GradientPanel
from bpviz.ui.panels.header import Header
from bpviz.ui.panels.inspector_panel import InspectorPanel
from bpviz.ui.panels.lack_bar import LackBar
from bpviz.ui.panels.lesson_panel import LessonPanel
from bpviz.ui.panels.notes_panel import NotesPanel
from bpviz.ui.panels.nudge_panel import NudgePanel
from bpviz.ui.panels.number_spot import NumberSpot
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.predict_panel import PredictPanel
from bpviz.ui.panels.range_bar import RangeBar
from bpviz.ui.panels.runs_panel import RunsPanel
from bpviz.ui.panels.samples_panel import SamplesPanel
from bpviz.ui.panels.statistics_panel import StatisticsPanel
from bpviz.ui.panels.step_line import StepLine
from bpviz.ui.panels.timeline_bar import TimelineBar
from bpviz.ui.panels.toolbox import Toolbox
from bpviz.ui.panels.training_panel import TrainingPanel
from bpviz.ui.panels.trial_bar import TrialBar
from bpviz.ui.plots.loss_plot import LossPlot
from bpviz.ui.style import Theme

# The tabs on the right that are in front at first.
FRONT: Final = ("explain", "decision")
LEFT_WIDTH: Final = 288
RIGHT_WIDTH: Final = 384
# No panel may keep the window from being made narrow.
NARROWEST: Final = 130
LOWEST: Final = 150
LOSS_HEIGHT: Final = 170
RIGHT_HEIGHTS: Final = (500, 300)
LEFT_HEIGHTS: Final = (330, 300, 120)

Area = Qt.DockWidgetArea
Align = Qt.AlignmentFlag


@dataclass(frozen=True)
class Place:
    """Where a panel's dock stands at first.

    Of the panels on the right, which share one place as tabs, the first is in front. `scrolled`
    gives the panel a scroll area; those `below` share a place of their own. While numbers of a
    kind in `covered_by` are hidden, to be predicted, the panel would give them away.
    """

    title: str
    area: Area
    scrolled: bool = False
    below: bool = False
    covered_by: frozenset[str] = frozenset()


ANY: Final = frozenset(KINDS)
SIZES: Final = frozenset({"errors", "gradients", "updates"})
VALUES: Final = frozenset({"values"})
PLACES: Final = {
    "data": Place("Data", Area.LeftDockWidgetArea),
    "training": Place("Training", Area.LeftDockWidgetArea, scrolled=True),
    "inspector": Place("Selected", Area.LeftDockWidgetArea, scrolled=True),
    "explain": Place("Explain", Area.RightDockWidgetArea, scrolled=True),
    "derive": Place("Derive", Area.RightDockWidgetArea, covered_by=ANY),
    "check": Place("Check", Area.RightDockWidgetArea, covered_by=ANY),
    "lesson": Place("Lesson", Area.RightDockWidgetArea),
    "statistics": Place("Statistics", Area.RightDockWidgetArea, scrolled=True, covered_by=ANY),
    "runs": Place("Runs", Area.RightDockWidgetArea),
    "loss": Place("Loss", Area.BottomDockWidgetArea, covered_by=frozenset({"loss"})),
    "gradients": Place("Gradient size", Area.BottomDockWidgetArea, covered_by=SIZES),
    "decision": Place("Output", Area.RightDockWidgetArea, below=True, covered_by=VALUES),
    "samples": Place("Samples", Area.RightDockWidgetArea, below=True),
    "predict": Place("Predict", Area.RightDockWidgetArea, below=True, scrolled=True),
    "nudge": Place("Nudge", Area.RightDockWidgetArea, below=True, scrolled=True, covered_by=ANY),
    "notes": Place("Session", Area.RightDockWidgetArea, below=True, scrolled=True),
}


class Workspace:
    """Canvas, panels and plot of one window. `panels` are those in docks, by their place's name."""

    def __init__(
        self,
        document: Document,
        player: Player,
        actions: Mapping[str, QAction],
        theme: Theme,
        digits: int,
    ) -> None:
        self._player = player
        self._fresh: tuple[object, ...] | None = None  # what panels need not show a second time
        self.scene = CanvasScene(document, player, theme, digits)
        self.canvas = CanvasView(self.scene)
        self.canvas_frame = CanvasFrame(self.canvas, actions, RangeBar(self.scene, actions))
        self.toolbox = Toolbox(actions, theme)
        self.canvas_frame.add_toolbox(self.toolbox)
        self.number_spot = NumberSpot(self.canvas, self.canvas)
        self._add_bars(player)
        self.step_line = StepLine(document, player, theme)
        self.timeline_bar = TimelineBar(document, player, theme)
        self.header = Header(document, player)
        self.data_panel = DataPanel(document, player, theme)
        self.training_panel = TrainingPanel(document, player)
        self.inspector = InspectorPanel(document, player, self.scene)
        self.explain_panel = ExplainPanel(document, player, self.scene, theme)
        self.predict_panel = PredictPanel(player, theme)
        self.lesson_panel = LessonPanel(document, player, self.scene, actions, theme)
        self.analysis = Analysis(document, player, self.scene, theme)
        self.badge = self.analysis.badge_over(self.canvas_frame, theme)
        self.notes_panel = NotesPanel(document, theme)
        self.loss_plot = LossPlot(player, theme)
        self.runs_panel = RunsPanel(document, player, self.scene, actions, theme)
        self.gradient_panel = GradientPanel(document, player, theme)
        self.decision_panel = DecisionPanel(player, self.scene, theme)
        self.panels: dict[str, Panel] = {
            "data": self.data_panel,
            "training": self.training_panel,
            "inspector": self.inspector,
            "explain": self.explain_panel,
            "lesson": self.lesson_panel,
            "predict": self.predict_panel,
            **self.analysis.groups,
            "nudge": NudgePanel(player, self.scene),
            "notes": self.notes_panel,
            "gradients": self.gradient_panel,
            "decision": self.decision_panel,
            "statistics": StatisticsPanel(document, player, self.scene, theme),
            "runs": self.runs_panel,
            "samples": SamplesPanel(document, player, self.scene, theme),
        }
        self.docks = self._make_docks()

    @property
    def statistics_panel(self) -> StatisticsPanel:
        """The panel of statistics, with the loss surface."""
        panel = self.panels["statistics"]
        assert isinstance(panel, StatisticsPanel)
        return panel

    def _add_bars(self, player: Player) -> None:
        """Put over the canvas the bars that come and go: what is tried out, what is missing."""
        self.trial_bar = TrialBar(player, self.scene.editor.trials)
        self.canvas_frame.add_over(self.trial_bar, Align.AlignHCenter | Align.AlignTop)
        self.lack_bar = LackBar(self.canvas, player, self.canvas_frame)

    def _make_docks(self) -> dict[str, Dock]:
        """Return a dock for each panel and plot, by their place's name."""
        widgets: dict[str, QWidget] = {**self.panels, "loss": self.loss_plot}
        for widget in widgets.values():
            widget.setMinimumWidth(NARROWEST)
        docks = {
            name: Dock(name, place.title, widgets[name], scrolled=place.scrolled)
            for name, place in PLACES.items()
        }
        for name, place in PLACES.items():
            # A panel that scrolls keeps all its height inside: its rows are never squeezed.
            inside = docks[name].widget() if place.scrolled else widgets[name]
            inside.setMinimumHeight(LOWEST)
        # The plots have headings of their own, with the key and the values in them.
        docks["decision"].title.set_slim(True)
        docks["loss"].set_heading(self.loss_plot.heading)
        docks["gradients"].set_heading(self.gradient_panel.heading)
        return docks

    def lay_out(self, window: QMainWindow) -> None:
        """Put the canvas into the middle of `window` and the docks around it."""
        self.canvas.setAcceptDrops(False)  # the window takes what is dropped, wherever it falls
        self.canvas.viewport().setAcceptDrops(False)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas_frame, 1)
        column.addWidget(self.step_line)
        column.addWidget(self.timeline_bar)
        window.setCentralWidget(middle)
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        for name, place in PLACES.items():
            window.addDockWidget(place.area, self.docks[name])
        self.tab_right(window)
        for name, place in PLACES.items():
            behind = place.area == Area.RightDockWidgetArea and name not in FRONT
            self.docks[name].set_front(not behind)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        docks = self.docks
        window.resizeDocks([docks["data"], docks["explain"]], [LEFT_WIDTH, RIGHT_WIDTH], across)
        left = [docks["data"], docks["training"], docks["inspector"]]
        window.resizeDocks(left, list(LEFT_HEIGHTS), down)
        window.resizeDocks([docks["loss"]], [LOSS_HEIGHT], down)
        window.resizeDocks([docks["explain"], docks["decision"]], list(RIGHT_HEIGHTS), down)
        window.resizeDocks([docks["loss"], docks["gradients"]], [1, 1], across)
        sides = {Area.LeftDockWidgetArea: LEFT_WIDTH, Area.RightDockWidgetArea: RIGHT_WIDTH}
        self.widths = DockWidths(window, sides)

    def tab_right(self, window: QMainWindow) -> None:
        """Let the panels on the right share their two places as tabs, the first in front."""
        window.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.North)
        for below in (False, True):
            first, *others = [
                self.docks[name]
                for name, place in PLACES.items()
                if place.area == Area.RightDockWidgetArea and place.below is below
            ]
            for dock in others:
                window.tabifyDockWidget(first, dock)
            for dock in (first, *others):
                dock.set_tabbed()
            first.raise_()

    def bring_to_front(self, name: str) -> None:
        """Show a panel, of a dock or of a group in one, before others; KeyError for no such."""
        place = name if name in self.docks else self.analysis.turn_to(name)
        self.docks[place].show()
        self.docks[place].raise_()
        if place in self.panels:
            self.panels[place].come()

    def latex(self) -> str:
        """Return the formulas of the explaining panel in front as LaTeX; "" without any.

        Where two are seen, one above the other, it is that with the keyboard, else the latest.
        """
        panels = (self.explain_panel, *self.analysis.writing)
        seen = sorted((panel for panel in panels if panel.is_seen), key=lambda each: each.came)
        focus = QApplication.focusWidget()
        held = [panel for panel in seen if focus is not None and panel.isAncestorOf(focus)]
        return (held or seen)[-1].latex() if seen else ""

    def refresh_structure(self) -> None:
        """Show the session's structure and settings anew."""
        for panel in self.panels.values():
            panel.follow_structure()
        self._fresh = self._place()

    def refresh_numbers(self) -> None:
        """Show the numbers of the present step."""
        self._cover()
        self.step_line.refresh()
        self.header.refresh_live()
        self.timeline_bar.refresh_live()
        fresh, self._fresh = self._fresh, None
        if fresh is None or fresh != self._place():
            for panel in self.panels.values():
                panel.follow_numbers()

    def _place(self) -> tuple[object, ...]:
        """Return what tells whether a panel shows the numbers of the present step."""
        player = self._player
        step = (player.frame_index, player.sample, player.iteration, player.running)
        return (player.trace, *step)

    def _cover(self) -> None:
        """Cover what would give numbers away that are to be predicted."""
        hidden = self.scene.hidden.kinds
        for name, place in PLACES.items():
            self.docks[name].set_covered(not hidden.isdisjoint(place.covered_by))

    def set_scale(self, factor: float) -> None:
        """Show formulas, panels and the texts over the drawing `factor` times as large."""
        self.canvas.set_scale(factor)
        self.canvas_frame.set_scale(factor)
        self.badge.set_scale(around_scale(factor))
        self.step_line.set_scale(factor)
        self.timeline_bar.set_scale(factor)
        # First, for what fits its texts measures them.
        for dock in self.docks.values():
            dock.set_scale(factor)
        self.loss_plot.set_scale(factor)
        for panel in self.panels.values():
            panel.set_scale(factor)
        self.widths.set_scale(factor)

    def set_overlay(self, overlay: str) -> None:
        """Show one of the canvas's overlays."""
        self.scene.set_overlay(overlay)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits everywhere."""
        for part in (
            self.scene, self.step_line, self.timeline_bar, self.header, self.loss_plot
        ):  # fmt: skip
            part.set_digits(digits)
        for panel in self.panels.values():
            panel.set_digits(digits)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme everywhere."""
        for part in (
            self.canvas, self.toolbox, self.step_line, self.timeline_bar, self.header,
            self.loss_plot, self.badge,
        ):  # fmt: skip
            part.apply_theme(theme)
        for panel in self.panels.values():
            panel.apply_theme(theme)
