"""The decision panel: the output over two inputs, and which inputs and output those are."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.engine.plane import Axes
from bpviz.engine.program import Program
from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import localised
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.panel import Panel
from bpviz.ui.plots.boundary_plot import BoundaryPlot
from bpviz.ui.plots.field import CLASSES, Field
from bpviz.ui.style import Theme

# While a run is on the plot is drawn at most so often (seconds), and takes no more than this
# share of the time.
LIVE_INTERVAL: Final = 1 / 15
LIVE_SHARE: Final = 0.1
# The plot of more edges than this takes longer than a frame: it follows a moment later (ms).
AT_ONCE: Final = 1_000
SOON: Final = 30
HELD: Final = {"sample": "as in this sample", "mean": "at their means"}
NO_INPUT: Final = "There is no input to draw an output over"


class DecisionPanel(Panel):
    """Shows the decision plot. The plane chosen here is also that of the nodes' heat maps."""

    def __init__(
        self, player: Player, scene: CanvasScene, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._player = player
        self._scene = scene
        self._axes = Axes()
        self._output = CLASSES
        self._program: Program | None = None
        self._drawn_at = 0.0
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._soon = QTimer(self, singleShot=True, interval=SOON)
        self._soon.timeout.connect(self._draw)
        self.plot = BoundaryPlot(theme)
        self._title = QLabel()
        self._reading = QLabel()
        self._across, self._up = Choice({}), Choice({})
        self._held, self._shown = Choice(HELD), Choice({})
        self._choices = QWidget()
        self._build()
        self._connect()

    @property
    def axes(self) -> Axes:
        """The plane that is chosen."""
        return self._axes

    def refresh(self) -> None:
        """Show the network's inputs and outputs, and the plot."""
        player = self._player
        if player.problem or player.theta is None:
            self._program = None
            self._choices.hide()
            self._title.setText("<b>Output</b>")
            self.plot.show_nothing(localised(player.problem))
            return
        program, session = player.program, self._scene.session
        names = names_of(program, session)
        if names != self._names or self._program is None:
            self._names = names
            self._fill(names)
        self._program = program
        self._show_choices(program)
        self._draw_soon(program)

    def refresh_numbers(self) -> None:
        """Draw the plot anew; in a run no more often than the eye follows."""
        player = self._player
        if player.problem or self._program is not player.program:
            self.refresh()
            return
        took = self.plot.picture.took
        wait = max(LIVE_INTERVAL, took / LIVE_SHARE, player.pace / 2)
        if not player.running:
            self._draw_soon(player.program)
        elif time.monotonic() - self._drawn_at >= wait:
            self._draw()

    def set_digits(self, digits: int) -> None:
        """Read numbers out with `digits` significant digits."""
        self.plot.set_digits(digits)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.plot.apply_theme(theme)
        self.follow_structure()

    def _draw_soon(self, program: Program) -> None:
        """Draw the plot; that of a large network once the drawing has been painted."""
        if len(program.edge_names) > AT_ONCE:
            self._soon.start()
        else:
            self._draw()

    def _draw(self) -> None:
        self._soon.stop()
        program, player = self._program, self._player
        self._drawn_at = time.monotonic()
        if program is None or not program.input_count or not program.output_count:
            self.plot.show_nothing(NO_INPUT)
            return
        axes = self._axes.fitted(program.input_count)
        batch = player.batch
        row = int(batch[min(player.sample, len(batch) - 1)]) if batch else 0
        # The row is of no matter where no input is held at its value.
        held = program.input_count > 2 and axes.held == "sample"
        inputs, outputs = self._names
        output = self._output if self._output < program.output_count else CLASSES
        if program.output_count == 1:
            output = 0
        field = Field(program, player.rows, axes, row if held else 0, output, inputs, outputs)
        self.plot.show_field(field, player.theta, running=player.running)

    # -- choices -------------------------------------------------------------------------------

    def _fill(self, names: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
        inputs, outputs = names
        for choice in (self._across, self._up):
            choice.clear()
            for place, name in enumerate(inputs):
                choice.addItem(name, str(place))
        self._shown.clear()
        self._shown.addItem("largest output", str(CLASSES))
        for place, name in enumerate(outputs):
            self._shown.addItem(name, str(place))

    def _show_choices(self, program: Program) -> None:
        axes = self._axes.fitted(program.input_count)
        self._across.set_key(str(axes.across) if program.input_count else None)
        self._up.set_key(str(axes.up) if axes.up >= 0 else None)
        self._held.set_key(axes.held)
        several = program.output_count > 1
        self._shown.set_key(str(self._output if self._output < program.output_count else CLASSES))
        many = program.input_count > 2
        for field in (self._across, self._up, self._held):
            field.setVisible(many)
        self._shown.setVisible(several)
        self._choices.setVisible(many or several)
        inputs = self._names[0]
        over = [inputs[each] for each in (axes.across, axes.up) if 0 <= each < len(inputs)]
        self._title.setText(f"<b>Output</b> over {' × '.join(over)}" if over else "<b>Output</b>")

    def _on_axis_chosen(self) -> None:
        program = self._program
        if program is None or program.input_count < 2:
            return
        before = self._axes.fitted(program.input_count)
        across, up = int(self._across.currentData()), int(self._up.currentData())
        if across == up:  # the axis taken over leaves its own place to the other
            across, up = before.up, before.across
        is_mean = self._held.currentData() == "mean"
        self._axes = Axes(across, up, "mean" if is_mean else "sample")
        self._scene.set_axes(self._axes)
        self.refresh()

    def _on_output_chosen(self, key: str) -> None:
        self._output = int(key)
        self.refresh()

    def _build(self) -> None:
        for field, name, tip in (
            (self._across, "across", "The input from left to right"),
            (self._up, "up", "The input from bottom to top"),
            (self._held, "held", "Where all other inputs are held"),
            (self._shown, "output", "One output, or the class: the largest of all"),
        ):
            field.setObjectName(f"decision.{name}")
            field.setToolTip(tip)
            field.setAccessibleName(tip)
            field.setMinimumContentsLength(4)
        self._reading.setObjectName("decision.reading")
        self._reading.setProperty("role", "muted")
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 14, 4)
        head.setSpacing(10)
        head.addWidget(self._title)
        head.addWidget(self._reading, 1)
        rows = QVBoxLayout(self._choices)
        rows.setContentsMargins(14, 0, 14, 4)
        rows.setSpacing(4)
        for fields in ((self._across, self._up), (self._held, self._shown)):
            row = QHBoxLayout()
            row.setSpacing(6)
            for field in fields:
                row.addWidget(field, 1)
            rows.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(self._choices)
        layout.addWidget(self.plot, 1)

    def _connect(self) -> None:
        for field in (self._across, self._up, self._held):
            field.chosen.connect(self._on_axis_chosen)
        self._shown.chosen.connect(self._on_output_chosen)
        self.plot.read.connect(self._reading.setText)


def names_of(program: Program, session: Session) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return how inputs and outputs are called; outputs by their classes where these have names."""
    network, data = program.network, session.data
    inputs = tuple(network.names[node.id] for node in network.inputs)
    outputs = tuple(network.names[output] for output in network.outputs)
    if isinstance(data, TableData) and len(data.class_names) == len(outputs) > 1:
        outputs = data.class_names
    return inputs, outputs
