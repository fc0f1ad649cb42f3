"""Leaves of explanations: each quantity of a trace with its name, its number and what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.explain.expression import FUNCTIONS, Partial, Reference, Symbol
from bpviz.explain.parts import Name, name_of
from bpviz.model.names import LOWER, edge_name
from bpviz.model.network import Edge, Input, Node, Unit, activation_name

FloatArray = NDArray[np.float64]


class Leaves:
    """Makes the leaves for one sample of a trace.

    Nodes and edges are given as positions in the network; `loss_name` and `target_name` are the
    letters of the loss and of a target.
    """

    def __init__(
        self, trace: Trace, sample: int, *, loss_name: str = "E", target_name: str = "t"
    ) -> None:
        self.trace = trace
        self.sample = sample
        self.network = trace.program.network
        self.loss_name = loss_name
        self.target_name = target_name

    def label(self, node: int) -> str:
        """Return what texts call the node: as it is drawn."""
        return self.network.names[self.network.nodes[node].id]

    def edge_label(self, edge: int) -> str:
        """Return what texts call the edge: "x₁ → h₁"."""
        return edge_name(self.network.edges[edge].name, self.network.names)

    def arrow(self, edge: int) -> str:
        """Return what formulas call the edge: "x₁→h₁"."""
        return "→".join(self.name(end).whole for end in self.ends(edge))

    def name(self, node: int) -> Name:
        """Return what formulas call the node."""
        return name_of(self.network.short_names[self.network.nodes[node].id])

    def ends(self, edge: int) -> tuple[int, int]:
        """Return the positions of the edge's source and target."""
        program = self.trace.program
        return int(program.source[edge]), int(program.target[edge])

    def incoming(self, node: int) -> list[int]:
        """Return the positions of the edges into the node, in edge order."""
        return self._positions(self.network.incoming[self.network.nodes[node].id])

    def outgoing(self, node: int) -> list[int]:
        """Return the positions of the edges out of the node, in edge order."""
        return self._positions(self.network.outgoing[self.network.nodes[node].id])

    def _positions(self, edges: Sequence[Edge]) -> list[int]:
        return [self.network.edge_index[edge.name] for edge in edges]

    def unit(self, node: int) -> Unit:
        """Return the unit at a position; TypeError where it is an input."""
        found = self.network.nodes[node]
        if not isinstance(found, Unit):
            raise TypeError(f"{found.id} is no unit")
        return found

    def value(self, node: int) -> Symbol:
        """Return the value a of a node; an input goes by its own label."""
        found = self.network.nodes[node]
        value = float(self.trace.a[self.sample, node])
        if isinstance(found, Input):
            name = self.name(node)
            return Symbol(name.whole, name.whole_latex, value, self._of_node(found, "value"))
        return self._node_symbol("a", "a", node, value, "value")

    def z(self, node: int) -> Symbol:
        """Return the pre-activation z of a unit."""
        return self._node_symbol("z", "z", node, self.trace.z[self.sample, node], "z")

    def slope(self, node: int) -> Symbol:
        """Return ∂a/∂z of a unit, named after its activation."""
        z = self.z(node)
        value = float(self.trace.slope[self.sample, node])
        reference = self._of_node(self.network.nodes[node], "slope")
        row = FUNCTIONS.get(activation_name(self.unit(node).activation))
        text, latex = ("f", "f") if row is None or row.text == "√" else (row.text, row.latex)
        return Symbol(f"{text}′({z.text})", rf"{latex}'\left({z.latex}\right)", value, reference)

    def delta(self, node: int) -> Symbol:
        """Return δ = ∂E/∂z of a unit, of this sample."""
        return self._node_symbol("δ", r"\delta", node, self.trace.delta[self.sample, node], "delta")

    def error(self, node: int) -> Partial:
        """Return ∂E/∂a of a node, of this sample."""
        found = self.network.nodes[node]
        value = float(self.trace.dloss_da[self.sample, node])
        return Partial(self.loss(), self.value(node), value, self._of_node(found, "dloss_da"))

    def weight(self, edge: int, *, updated: bool = False) -> Symbol:
        """Return the weight of an edge, before or after the update."""
        theta = self.trace.updated if updated else self.trace.theta
        name = self.network.edges[edge].name
        source, target = map(self.name, self.ends(edge))
        return Symbol(
            f"w({self.arrow(edge)})",
            rf"w_{{{source.whole_latex} \to {target.whole_latex}}}",
            float(theta[self.trace.program.edge_slot[edge]]),
            Reference("edge", name, "new_weight" if updated else "weight"),
        )

    def bias(self, node: int, *, updated: bool = False) -> Symbol:
        """Return the bias of a sum unit, before or after the update."""
        theta = self.trace.updated if updated else self.trace.theta
        value = float(theta[self.trace.program.bias_slot[node]])
        name = "new_bias" if updated else "bias"
        text, latex = self._names("b", "b", node)
        return Symbol(text, latex, value, Reference("node", self.network.nodes[node].id, name))

    def gradient(self, edge: int) -> Partial:
        """Return ∂E/∂w of an edge, of this sample alone."""
        value = float(self.edge_gradients[edge])
        reference = Reference("edge", self.network.edges[edge].name, "gradient", self.sample)
        return Partial(self.loss(), self.member(-1, edge), value, reference)

    def bias_gradient(self, node: int) -> Partial:
        """Return ∂E/∂b of a unit, of this sample alone: its δ."""
        found = self.network.nodes[node]
        value = float(self.trace.delta[self.sample, node])
        by = self.member(node, -1)
        return Partial(self.loss(), by, value, self._of_node(found, "bias_gradient"))

    def batch_gradient(self, node: int, edge: int) -> Partial:
        """Return ∂E/∂w or ∂E/∂b of the whole objective: what the optimizer is given."""
        slot = self.slot(node, edge)
        return Partial(
            self.batch_loss(),
            self.parameter(node, edge),
            float(self.trace.gradient[slot]),
            self._of_parameter(node, edge, "batch_gradient"),
        )

    def parameter(self, node: int, edge: int, *, updated: bool = False) -> Symbol:
        """Return the weight of `edge` or, where there is none, the bias of `node`."""
        if edge >= 0:
            return self.weight(edge, updated=updated)
        return self.bias(node, updated=updated)

    def member(self, node: int, edge: int) -> Symbol:
        """Return the parameter at this place alone: a shared one by the place's own name.

        Each member of a shared parameter has a part of its gradient, so each needs a name.
        """
        return self.weight(edge) if edge >= 0 else self.bias(node)

    def slot(self, node: int, edge: int) -> int:
        """Return the parameter's place in θ."""
        program = self.trace.program
        return int(program.edge_slot[edge] if edge >= 0 else program.bias_slot[node])

    def target(self, column: int) -> Symbol:
        """Return the target of an output, by its column."""
        node = self.network.node_index[self.network.outputs[column]]
        value = float(self.trace.targets[self.sample, column])
        return self._node_symbol(self.target_name, self.target_name, node, value, "target")

    def probability(self, column: int) -> Symbol:
        """Return an output's softmax probability, by column; TypeError with other losses."""
        if self.trace.probabilities is None:
            raise TypeError("only softmax gives probabilities")
        node = self.network.node_index[self.network.outputs[column]]
        value = float(self.trace.probabilities[self.sample, column])
        return self._node_symbol("p", "p", node, value, "probability")

    def loss(self, sample: int | None = None) -> Symbol:
        """Return the loss of one sample; with `sample` given it is numbered, from 1."""
        chosen = self.sample if sample is None else sample
        value = float(self.trace.loss_per_sample[chosen])
        name = self.loss_name
        reference = Reference("network", "", "loss", chosen)
        if sample is None:
            return Symbol(name, name, value, reference)
        text = f"{name}{str(chosen + 1).translate(LOWER)}"
        return Symbol(text, f"{name}_{{{chosen + 1}}}", value, reference)

    def batch_loss(self) -> Symbol:
        """Return the data loss of the batch."""
        name = self.loss_name
        return Symbol(name, name, float(self.trace.loss), Reference("network", "", "batch_loss"))

    @cached_property
    def edge_gradients(self) -> FloatArray:
        """Return ∂E/∂w of every edge, of this sample alone, [E]."""
        return np.asarray(self.trace.edge_gradients(self.sample))

    def setting(self, text: str, latex: str, value: float, quantity: str) -> Symbol:
        """Return a training setting, such as the learning rate η."""
        return Symbol(text, latex, float(value), Reference("network", "", quantity))

    def slot_value(
        self, text: str, latex: str, value: float, node: int, edge: int, quantity: str
    ) -> Symbol:
        """Return a number that the optimizer keeps for a parameter."""
        return Symbol(text, latex, float(value), self._of_parameter(node, edge, quantity))

    def _of_parameter(self, node: int, edge: int, quantity: str) -> Reference:
        if edge >= 0:
            return Reference("edge", self.network.edges[edge].name, quantity)
        return Reference("node", self.network.nodes[node].id, f"bias_{quantity}")

    def _of_node(self, node: Node, quantity: str) -> Reference:
        return Reference("node", node.id, quantity, self.sample)

    def _names(self, letter: str, latex: str, node: int) -> tuple[str, str]:
        name = self.name(node)
        return f"{letter}_{name.whole}", f"{latex}_{{{name.whole_latex}}}"

    def _node_symbol(
        self, letter: str, latex_letter: str, node: int, value: float, quantity: str
    ) -> Symbol:
        text, latex = self._names(letter, latex_letter, node)
        return Symbol(text, latex, float(value), self._of_node(self.network.nodes[node], quantity))
