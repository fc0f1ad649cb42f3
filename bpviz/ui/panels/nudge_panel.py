"""The nudge panel: a step of one number, and what it does to the loss, foretold and computed."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QSlider, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.engine.errors import NonFinite
from bpviz.engine.nudge import Kind, Nudge, nudge
from bpviz.model.names import edge_name
from bpviz.model.network import Input
from bpviz.ui.canvas.cards import loss_symbol
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number, format_signed, localised
from bpviz.ui.panels.form import Form
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.panel import Panel

# The slider goes from −REACH to REACH in steps of a tenth.
REACH: Final = 2.0
TICKS: Final = 10
MOST_CHOICES: Final = 2_000


class NudgePanel(Panel):
    """Compares gradient · Δ with the true change for one input, weight or bias.

    The session stays as it is; what is nudged is lit on the drawing while the slider moves.
    """

    def __init__(self, player: Player, scene: CanvasScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player, self._scene = player, scene
        self._digits = 4
        self._step = 1.0
        self._offered: object = None
        self.choice = QComboBox()
        self.field = NumberField(low=-1e6, high=1e6)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(-REACH * TICKS), round(REACH * TICKS))
        self.slider.setPageStep(TICKS // 2)
        # The arrow keys are the player's; the field takes any step by key.
        self.slider.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.slider.setAccessibleName("Step")
        self.slider.setObjectName("nudge.slider")
        form = Form()
        form.add("Nudge", self.choice, "nudge.choice", "The number that takes a step")
        form.add("by Δ", self.field, "nudge.step", "How far; the session stays as it is")
        form.add_wide(self.slider)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setObjectName("nudge.said")
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.said.setContentsMargins(12, 4, 12, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addWidget(form)
        column.addWidget(self.said)
        column.addStretch(1)
        self.choice.activated.connect(self._on_moved)
        self.field.accepted.connect(self._on_typed)
        self.slider.valueChanged.connect(self._on_slid)
        scene.selection_changed.connect(self._follow_selection)
        self._set_step(self._step)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.follow_numbers()

    def refresh(self) -> None:
        """Offer what can be nudged, and show what the step does."""
        network = self._scene.session.network
        if network is not self._offered:
            self._offered = network
            chosen = self.choice.currentData()
            self.choice.clear()
            for text, kind, name in self._choices():
                self.choice.addItem(text, f"{kind} {name}")
            self.choice.setCurrentIndex(max(self.choice.findData(chosen), 0))
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Show what the step does now."""
        if self._scene.session.network is not self._offered:
            self.refresh()
        elif self._player.running:
            self.said.setText("Pause the run to nudge a number.")
        else:
            self.said.setText(self._said())

    def _choices(self) -> list[tuple[str, Kind, str]]:
        network = self._scene.session.network
        names = network.names
        made: list[tuple[str, Kind, str]] = [
            (names[each.id], "input", each.id) for each in network.inputs
        ]
        for edge in network.edges:
            made.append((f"w  {edge_name(edge.name, names)}", "weight", edge.name))
        for node in network.nodes:
            if not isinstance(node, Input) and node.has_bias:
                made.append((f"b of {names[node.id]}", "bias", node.id))
        return made[:MOST_CHOICES]

    def _computed(self) -> Nudge | None:
        """Return the nudge of what is chosen, None without a trace; NonFinite."""
        trace, (kind, name) = self._player.trace, self._chosen()
        if trace is None:
            return None
        network = trace.program.network
        place = (network.edge_index if kind == "weight" else network.node_index).get(name)
        if place is None:
            return None
        return nudge(trace, self._player.rows, self._player.sample, kind, place, self._step)

    def _chosen(self) -> tuple[Kind, str]:
        """Return kind and name of what is nudged."""
        kind, _, name = str(self.choice.currentData() or "").partition(" ")
        kinds: dict[str, Kind] = {"input": "input", "weight": "weight", "bias": "bias"}
        return kinds.get(kind, "input"), name

    def _said(self) -> str:
        if self._player.problem or not self.choice.count():
            return "Nothing can be computed yet: " + (
                localised(self._player.problem) or "no number is there"
            )
        try:
            made = self._computed()
        except NonFinite as error:
            fault = localised(self._player.as_drawn(str(error)))
            return f"After this step the loss is no number: {fault}"
        return "" if made is None else self._sentences(made)

    def _sentences(self, made: Nudge) -> str:
        def number(value: float) -> str:
            return format_number(value, self._digits, trim=True)

        def signed(value: float) -> str:
            return format_signed(value, self._digits)

        loss, name = loss_symbol(self._scene.session), self.choice.currentText()
        return (
            f"<p>{name} from {number(made.value)} to {number(made.value + made.step)}</p>"
            f"<p>Foretold: gradient · Δ = {number(made.gradient)} · {number(made.step)} = "
            f"<b>{signed(made.predicted)}</b></p>"
            f"<p>True change: {loss} from {number(made.before)} to {number(made.after)} = "
            f"<b>{signed(made.change)}</b></p>"
            f"<p>The straight line is off by {number(made.change - made.predicted)}.</p>"
        )

    def _set_step(self, step: float) -> None:
        self._step = step
        self.field.set_value(step)
        self.slider.blockSignals(True)
        self.slider.setValue(round(min(max(step, -REACH), REACH) * TICKS))
        self.slider.blockSignals(False)

    def _on_slid(self, place: int) -> None:
        self._set_step(place / TICKS)
        self._on_moved()

    def _on_typed(self, value: object) -> None:
        if isinstance(value, float | int):
            self._set_step(float(value))
            self._on_moved()

    def _on_moved(self) -> None:
        self.refresh_numbers()
        kind, name = self._chosen()
        self._scene.highlight("edge" if kind == "weight" else "node", name)

    def _follow_selection(self) -> None:
        """Nudge the one node or edge that is selected, where that can be."""
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        if len(nodes) + len(edges) != 1:
            return
        wanted = [f"weight {name}" for name in edges]
        wanted += [f"{kind} {name}" for name in nodes for kind in ("input", "bias")]
        for data in wanted:
            place = self.choice.findData(data)
            if place >= 0:
                self.choice.setCurrentIndex(place)
                self.follow_numbers()
