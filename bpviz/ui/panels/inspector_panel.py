"""What is selected, field by field; where several are selected, their fields are set together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.datasets import as_table
from bpviz.engine.functions import ACTIVATIONS
from bpviz.model.edit import Edit
from bpviz.model.names import edge_name
from bpviz.model.network import (
    Activation,
    Edge,
    Elu,
    LeakyRelu,
    Node,
    Power,
    Unit,
    activation_name,
)
from bpviz.model.parameters import randomise, scale
from bpviz.model.schema import Session
from bpviz.model.verbs import set_edge, set_node, set_outputs
from bpviz.ui.panels import names
from bpviz.ui.panels.form import SEVERAL, Choice, Form, attempt, limit_text, set_check, side_by_side
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import guard

Value = TypeVar("Value")
PARAMETRIC = {"leaky_relu": LeakyRelu, "elu": Elu, "power": Power}


class Selection(Protocol):
    """What is selected, as the canvas tells it."""

    def selected_nodes(self) -> list[str]:
        """Return the ids of the selected nodes."""
        ...

    def selected_edges(self) -> list[str]:
        """Return the names of the selected edges."""
        ...


class InspectorPanel(Panel):
    """Edits the selected nodes and edges.

    `titled` tells what the panel is about, `left` that Esc asked for the drawing.
    """

    titled = Signal(str)
    left = Signal()

    def __init__(
        self,
        document: Document,
        player: Player,
        selection: Selection,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._selection = selection
        self._hint = QLabel("Click a node or an edge to see and change it here.")
        self._form = Form()
        self._id = QLabel()
        self._label = QLineEdit()
        self._combine = Choice(names.COMBINES)
        self._activation = Choice({key: names.ACTIVATIONS.get(key, key) for key in ACTIVATIONS})
        self._parameter = NumberField()
        self._bias = NumberField()
        self._bias_trained = QCheckBox("Trained")
        self._bias_row = side_by_side(self._bias, self._bias_trained, first=True)
        self._output = QCheckBox("Is an output")
        self._weight = NumberField()
        self._weight_trained = QCheckBox("Trained")
        self._weight_row = side_by_side(self._weight, self._weight_trained, first=True)
        self._factor = NumberField(empty="×")
        self._randomise = QPushButton("Randomise")
        self._all_row = side_by_side(self._factor, self._randomise, first=True)
        self._build()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show what is selected now."""
        nodes, edges = self._nodes(), self._edges()
        units = [node for node in nodes if isinstance(node, Unit)]
        sums = [unit for unit in units if unit.combine == "sum"]
        self._hint.setVisible(not nodes and not edges)
        self._form.setVisible(bool(nodes or edges))
        show = self._form.show_row
        show(self._id, len(nodes) + len(edges) == 1)
        show(self._label, bool(nodes))
        show(self._combine, bool(units))
        show(self._activation, bool(units))
        show(self._bias_row, bool(sums))
        show(self._output, bool(units))
        show(self._weight_row, bool(edges))
        show(self._all_row, bool(sums or edges))
        self._show_nodes(nodes, units)
        self.refresh_numbers()
        set_check(self._bias_trained, _common(unit.trainable_bias for unit in sums))
        set_check(self._weight_trained, _common(edge.trainable for edge in edges))
        self._tell_title(nodes, edges)

    def refresh_numbers(self) -> None:
        """Show the selected weights and biases as they are now, also while a run is on."""
        weights = [self._number("weight", edge.name, edge.weight) for edge in self._edges()]
        if weights and not self._weight.hasFocus():
            self._weight.set_value(_common(weights), SEVERAL)
        biases = [
            self._number("bias", unit.id, unit.bias)
            for unit in self._nodes()
            if isinstance(unit, Unit) and unit.combine == "sum"
        ]
        if biases and not self._bias.hasFocus():
            self._bias.set_value(_common(biases), SEVERAL)

    def enter(self, field: str = "") -> bool:
        """Give the focus to a field by its name, to the first there is by default.

        Return whether there is one to enter.
        """
        fields: list[QWidget] = [self._label, self._combine, self._weight]
        if field:
            fields = [self._factor] if field == "factor" else [self._weight, self._bias]
        found = next((each for each in fields if each.isVisibleTo(self)), None)
        if found is not None:
            found.setFocus(Qt.FocusReason.ShortcutFocusReason)
        return found is not None

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc go back to the drawing."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(12, 2, 12, 8)
        layout.addWidget(self._hint)
        layout.addWidget(self._form)
        layout.addStretch(1)
        form = self._form
        form.add("Name", self._id, "inspector.id", "The id, as in files")
        form.add("Label", self._label, "inspector.label", "What the drawing calls it")
        form.add("Combine", self._combine, "inspector.combine", "How incoming edges are joined")
        form.add("Activation", self._activation, "inspector.activation", "a = f(z)")
        form.add("Parameter", self._parameter, "inspector.parameter")
        form.add("Bias", self._bias_row, "inspector.bias_row", "Added to the sum")
        form.add("Output", self._output, "inspector.output", "Whether the loss looks at it")
        form.add("Weight", self._weight_row, "inspector.weight_row")
        form.add("Scale", self._all_row, "inspector.all_row")
        for field, name, spoken in (
            (self._factor, "inspector.factor", "Factor for all selected weights and biases"),
            (self._randomise, "inspector.randomise", "Randomise all selected weights and biases"),
            (self._bias, "inspector.bias", "Bias"),
            (self._bias_trained, "inspector.bias_trained", "Bias is trained"),
            (self._weight, "inspector.weight", "Weight"),
            (self._weight_trained, "inspector.weight_trained", "Weight is trained"),
        ):
            field.setObjectName(name)
            field.setAccessibleName(spoken)
        self._bias_trained.setToolTip("Unticked, training leaves this bias as it is")
        self._factor.describe("Multiply all selected weights and biases by this number")
        self._randomise.setToolTip(
            "Draw small new weights and biases for all that is selected, from the session's seed"
        )
        self._weight_trained.setToolTip("Unticked, training leaves this weight as it is")

    def _connect(self) -> None:
        self._activation.chosen.connect(self._on_activation_chosen)
        self._bias.accepted.connect(partial(self._set_node, "bias", self._bias))
        self._bias_trained.clicked.connect(self._on_bias_trained)
        self._combine.chosen.connect(partial(self._set_node, "combine", self._combine))
        self._factor.accepted.connect(self._on_factor_accepted)
        self._randomise.clicked.connect(self._on_randomise)
        limit_text(self._label)
        self._label.editingFinished.connect(self._on_label_finished)
        self._output.clicked.connect(self._on_output_clicked)
        self._parameter.accepted.connect(self._on_parameter_accepted)
        self._weight.accepted.connect(partial(self._set_edge, "weight", self._weight))
        self._weight_trained.clicked.connect(self._on_weight_trained)

    def _nodes(self) -> list[Node]:
        network = self._document.session.network
        ids = self._selection.selected_nodes()
        return [network.node(each) for each in ids if each in network.node_index]

    def _edges(self) -> list[Edge]:
        network = self._document.session.network
        chosen = self._selection.selected_edges()
        return [network.edge(each) for each in chosen if each in network.edge_index]

    def _units(self) -> list[Unit]:
        return [node for node in self._nodes() if isinstance(node, Unit)]

    def _number(self, kind: str, name: str, saved: float) -> float:
        """Return a parameter as the player shows it, the saved value where it shows none."""
        network = self._document.session.network
        snapshot = self._player.snapshot
        if snapshot is None:
            return saved
        values = snapshot.edge_weight if kind == "weight" else snapshot.bias
        index = network.edge_index[name] if kind == "weight" else network.node_index[name]
        return float(values[index]) if index < len(values) else saved

    def _show_nodes(self, nodes: list[Node], units: list[Unit]) -> None:
        if len(nodes) == 1:
            self._id.setText(nodes[0].id)
        elif not nodes and len(edges := self._edges()) == 1:
            self._id.setText(edges[0].name.replace("->", " → "))
        label = _common(node.label for node in nodes)
        if not self._label.hasFocus() or self._label.text() == "":
            self._label.setText(label or "")
        self._label.setPlaceholderText("" if label is not None else SEVERAL)
        self._combine.set_key(_common(unit.combine for unit in units))
        activation = _common(unit.activation for unit in units)
        name = _common(activation_name(unit.activation) for unit in units)
        self._activation.set_key(name)
        row = names.ACTIVATION_PARAMETERS.get(name or "")
        self._form.show_row(self._parameter, row is not None)
        if row is not None:
            field, text, default = row
            self._form.set_label(self._parameter, text)
            value = None if activation is None else getattr(activation, field, default)
            self._parameter.set_value(value, SEVERAL)
        outputs = self._document.session.network.outputs
        set_check(self._output, _common(unit.id in outputs for unit in units))

    def _tell_title(self, nodes: list[Node], edges: list[Edge]) -> None:
        if len(nodes) == 1 and not edges:
            self.titled.emit(self._document.session.network.names[nodes[0].id])
        elif len(edges) == 1 and not nodes:
            names = self._document.session.network.names
            self.titled.emit(edge_name(edges[0].name, names))
        else:
            counts = ((len(nodes), "node"), (len(edges), "edge"))
            parts = [f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count]
            self.titled.emit(", ".join(parts))

    def _try(self, make: Callable[[], Edit], at: QWidget) -> None:
        if not attempt(self._document, make, at):
            self.refresh()

    def _set_node(self, field: str, at: QWidget, value: Any) -> None:  # noqa: ANN401
        ids = [node.id for node in self._nodes()]
        if all(getattr(node, field, value) == value for node in self._nodes()):
            return
        self._try(partial(set_node, self._document.session, ids, field, value), at)

    def _set_edge(self, field: str, at: QWidget, value: Any) -> None:  # noqa: ANN401
        chosen = [edge.name for edge in self._edges()]
        if all(getattr(edge, field) == value for edge in self._edges()):
            return
        self._try(partial(set_edge, self._document.session, chosen, field, value), at)

    def _on_label_finished(self) -> None:
        text = self._label.text().strip()
        if text and self._nodes():
            self._set_node("label", self._label, text)
        elif not text and len(self._nodes()) == 1:
            self._set_node("label", self._label, self._nodes()[0].id)

    def _on_activation_chosen(self, name: str) -> None:
        activation: Activation
        if name in PARAMETRIC:
            field, _, default = names.ACTIVATION_PARAMETERS[name]
            activation = PARAMETRIC[name](**{field: default})
        else:
            activation = name  # type: ignore[assignment]  # the choice offers only known names
        if any(activation_name(unit.activation) != name for unit in self._units()):
            self._set_units("activation", self._activation, activation)

    def _on_parameter_accepted(self, value: float) -> None:
        name = _common(activation_name(unit.activation) for unit in self._units())
        if name in PARAMETRIC:
            field = names.ACTIVATION_PARAMETERS[name][0]
            self._set_units("activation", self._parameter, PARAMETRIC[name](**{field: value}))

    def _set_units(self, field: str, at: QWidget, value: Any) -> None:  # noqa: ANN401
        ids = [unit.id for unit in self._units()]
        self._try(partial(set_node, self._document.session, ids, field, value), at)

    def _on_bias_trained(self, checked: bool) -> None:
        self._bias_trained.setTristate(False)
        self._set_node("trainable_bias", self._bias_trained, checked)

    def _on_weight_trained(self, checked: bool) -> None:
        self._weight_trained.setTristate(False)
        self._set_edge("trainable", self._weight_trained, checked)

    def _on_output_clicked(self, checked: bool) -> None:
        self._output.setTristate(False)
        ids = [unit.id for unit in self._units()]
        session = self._document.session
        self._try(partial(set_outputs, session, ids, checked, as_table(session.data)), self._output)

    def _on_factor_accepted(self, factor: float | None) -> None:
        if factor is not None:
            self._factor.set_value(None)
            self._change_all(partial(_scaled, factor), self._factor)

    def _on_randomise(self) -> None:
        self._change_all(randomise, self._randomise)

    def _change_all(
        self, change: Callable[[Session, list[str], list[str]], Edit], at: QWidget
    ) -> None:
        # The run ends first: its weights are what is changed.
        self._document.settle()
        nodes, edges = self._selection.selected_nodes(), self._selection.selected_edges()
        self._try(partial(change, self._document.session, nodes, edges), at)


def _scaled(factor: float, session: Session, nodes: list[str], edges: list[str]) -> Edit:
    return scale(session, nodes, edges, factor)


def _common(values: Iterable[Value]) -> Value | None:
    """Return the value that all share, None where they differ or there are none."""
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found) else None
