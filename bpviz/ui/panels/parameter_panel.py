"""What panels about one parameter share: which one it is, a list to choose it, and empty states."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.explain.parameter import Parameter, all_parameters, parameter_shown
from bpviz.model.counts import grouped
from bpviz.model.network import Network
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import localised
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import Theme

# A list of more would be no help: the drawing is.
MOST_LISTED: Final = 300
# With more edges than these a panel waits until somebody selects or steps.
MOST_EDGES: Final = 2_000
LARGE: Final = "The network is large. Select an edge or a unit, or take a step, to see its numbers."
RUNNING: Final = "Numbers change too fast to be read. Space pauses."
NO_PARAMETER: Final = (
    "There is no weight or bias yet. Drag from the rim of one node to another to connect them."
)


class ParameterRow(QWidget):
    """A list of all parameters with the one shown; `chosen` carries the name of another."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network: Network | None = None
        self._list = Choice({})
        self._list.setObjectName("parameter")
        self._list.setAccessibleName("Parameter")
        self._list.setToolTip("Which weight or bias; a click on the drawing chooses one too")
        self._list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._list.chosen.connect(self.chosen)
        self._about = QLabel()
        self._about.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._list, 1)
        row.addWidget(self._about)

    @property
    def list(self) -> QComboBox:
        """The list."""
        return self._list

    def show_parameter(self, network: Network, parameter: Parameter, about: str) -> None:
        """Show which parameter it is, and some words about it."""
        if network is not self._network:
            self._network = network
            self._fill(network)
        name = parameter.name(network)
        if self._list.findData(name) < 0:
            self._list.addItem(parameter.text(network), name)
        self._list.set_key(name)
        self._about.setText(about)
        self._about.setVisible(bool(about))

    def _fill(self, network: Network) -> None:
        self._list.clear()
        parameters = all_parameters(network)
        if len(parameters) <= MOST_LISTED:
            for each in parameters:
                self._list.addItem(each.text(network), each.name(network))


class ParameterPanel(Panel):
    """Shows something of one parameter: the selected one, else that of the step, else the first.

    A panel overrides `show_parameter`, and puts its widgets into `body`.
    """

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._scene = scene
        self._theme = theme
        self._digits = 4
        self._parameter: Parameter | None = None
        self._shown_for: tuple[object, ...] = ()
        self.row = ParameterRow()
        self.rest = QLabel()
        self.body = QWidget()
        self._lay_out()
        self.row.chosen.connect(self._on_chosen)
        scene.selection_changed.connect(self.follow_numbers)

    @property
    def parameter(self) -> Parameter | None:
        """The parameter shown."""
        return self._parameter

    def parameter_name(self) -> str | None:
        """Return the name of the parameter of the selection or the step, None without any."""
        trace = self._player.trace
        found = None if trace is None else self._found(trace)
        return None if trace is None or found is None else found.name(trace.program.network)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self._shown_for = ()
        self.follow_numbers()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme

    def refresh(self) -> None:
        """Show the parameter of the selection or the step, or say why there is none."""
        player, trace = self._player, self._player.trace
        if player.running:
            self._rest(RUNNING)
        elif trace is None:
            self._rest(localised(player.problem) or "There is nothing to compute yet")
        else:
            self._refresh(trace)

    def _refresh(self, trace: Trace) -> None:
        network, self._parameter = trace.program.network, None
        chosen = self._scene.selected_nodes() or self._scene.selected_edges()
        if len(network.edges) > MOST_EDGES and self._player.frame is None and not chosen:
            # Nobody asked yet, and the answer takes its time.
            self._rest(LARGE)
            return
        found = self._parameter = self._found(trace)
        if found is None:
            self._rest(NO_PARAMETER)
            return
        for part in (self.row, self.body):
            part.show()
        self.rest.hide()
        shown_for = (trace, found, self._player.sample, self._player.notation)
        if self._shown_for and all(
            a is b or (not isinstance(a, Trace) and a == b)
            for a, b in zip(shown_for, self._shown_for, strict=True)
        ):
            return
        self._shown_for = shown_for
        count = len(trace.rows)
        self.row.show_parameter(network, found, self.about(count) if count > 1 else "")
        self.show_parameter(trace, found)

    def about(self, count: int) -> str:
        """Return what the numbers are of, where the batch has `count` samples."""
        return f"sample {grouped(self._player.sample + 1)} of {grouped(count)}"

    def _found(self, trace: Trace) -> Parameter | None:
        network, scene = trace.program.network, self._scene
        nodes = [each for each in scene.selected_nodes() if each in network.node_index]
        edges = [each for each in scene.selected_edges() if each in network.edge_index]
        return parameter_shown(network, self._player.frame, nodes, edges)

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Show what the panel is for."""

    def _rest(self, words: str) -> None:
        self._shown_for = ()
        self.rest.setText(words)
        self.rest.show()
        for part in (self.row, self.body):
            part.hide()

    def _on_chosen(self, name: str) -> None:
        """Select what was picked from the list: then all panels are about it.

        A panel behind another is of an earlier network until it is seen, yet its list has keys.
        """
        network = self._document.session.network
        if name in network.edge_index:
            self._scene.select([], [name])
        elif name in network.node_index:
            self._scene.select([name], [])

    def _lay_out(self) -> None:
        self.rest.setProperty("role", "muted")
        self.rest.setWordWrap(True)
        self.rest.setTextFormat(Qt.TextFormat.PlainText)
        self.rest.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(8)
        layout.addWidget(self.row)
        layout.addWidget(self.rest)
        layout.addWidget(self.body, 1)


def scrolled(*widgets: QWidget) -> QScrollArea:
    """Return widgets below each other in an area that scrolls up and down only."""
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 6, 0)
    column.setSpacing(8)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    return area
