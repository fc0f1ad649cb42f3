"""How a parameter reaches the loss of a sample: forward derivatives of all that depends on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

from bpviz.explain.expression import Expression, Partial, Reference, Symbol, evaluate
from bpviz.explain.formulas import difference_to_target, loss_derivative
from bpviz.explain.joining import fused, loss_place, members
from bpviz.explain.names import NamedLeaves
from bpviz.model.network import Network, Unit

__all__ = ["Influence", "NoParameterError", "parameter_named", "parameter_names"]


class NoParameterError(ValueError):
    """What was asked for is no parameter to derive; the message is one line."""


def parameter_named(network: Network, name: str) -> tuple[int, int]:
    """Return the parameter called `name` as (node, edge), one of them −1.

    A name is that of an edge, SOURCE->TARGET, or a unit's id for its bias. NoParameterError where
    there is no such parameter.
    """
    if name in network.edge_index:
        return -1, network.edge_index[name]
    place = network.node_index.get(name)
    shown = name if len(name) <= 40 else f"{name[:39]}…"
    if place is None:
        raise NoParameterError(f'no edge SOURCE->TARGET and no unit is called "{shown}"')
    found = network.nodes[place]
    if not isinstance(found, Unit) or not found.has_bias:
        raise NoParameterError(f'"{shown}" has no bias')
    return place, -1


def parameter_names(network: Network) -> list[str]:
    """Return the names of all weights and biases; of those that are shared only the first."""
    names: list[str] = []
    seen: set[tuple[str, str]] = set()
    for kind, share, name in _parameters(network):
        if share and (kind, share) in seen:
            continue
        seen.add((kind, share))
        names.append(name)
    return names


def _parameters(network: Network) -> Iterable[tuple[str, str, str]]:
    for edge in network.edges:
        yield "weight", edge.share, edge.name
    for node in network.nodes:
        if isinstance(node, Unit) and node.has_bias:
            yield "bias", node.bias_share, node.id


class Influence:
    """What of a sample depends on one parameter, and how fast it changes with it.

    `node` and `edge` tell the parameter, one of them −1; with a shared one all its members count.
    `dz` and `da` hold ∂z/∂w and ∂a/∂w of the units that depend on it, by position: computed
    forwards, from the parameter to the loss, so independently of the trace's δ.
    """

    def __init__(self, leaves: NamedLeaves, node: int, edge: int) -> None:
        self.leaves = leaves
        self.by = leaves.parameter(node, edge)
        self.members = members(leaves, node, edge)
        self.edges = frozenset(edge for _, edge in self.members if edge >= 0)
        self.biases = frozenset(node for node, edge in self.members if edge < 0)
        self.dz: dict[int, float] = {}
        self.da: dict[int, float] = {}
        self._spread()

    @cached_property
    def heads(self) -> frozenset[int]:
        """The units that the parameter is a part of."""
        return self.biases | {self.leaves.ends(edge)[1] for edge in self.edges}

    @cached_property
    def carriers(self) -> frozenset[int]:
        """The units that depend on the parameter and that the loss depends on."""
        network = self.leaves.network
        outputs = [network.node_index[node_id] for node_id in network.outputs]
        back, stack = set(outputs), outputs
        while stack:
            sources = {self.leaves.ends(edge)[0] for edge in self.leaves.incoming(stack.pop())}
            fresh = (sources & self.da.keys()) - back
            back |= fresh
            stack.extend(fresh)
        return frozenset(back & self.da.keys())

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """The columns of the outputs that depend on the parameter."""
        network = self.leaves.network
        places = [network.node_index[node_id] for node_id in network.outputs]
        return tuple(column for column, place in enumerate(places) if place in self.da)

    def output(self, column: int) -> int:
        """Return the node of an output."""
        return self.leaves.network.node_index[self.leaves.network.outputs[column]]

    def loss_change(self, column: int) -> float:
        """Return what one output's part in the loss changes by with the parameter."""
        node = self.output(column)
        place = loss_place(self.leaves, column)
        if fused(self.leaves, node):
            return evaluate(difference_to_target(place)) * self.dz[node]
        return evaluate(loss_derivative(self.leaves.trace.training.loss, place)) * self.da[node]

    @cached_property
    def gradient(self) -> float:
        """∂E/∂w of the sample."""
        return math.fsum(map(self.loss_change, self.columns))

    def d_value(self, node: int) -> Expression:
        """Return ∂a/∂w of a node."""
        value = self.leaves.value(node)
        reference = _quantity(value, "value")
        return Partial(value, self.by, self.da.get(node, 0.0), reference)

    def d_z(self, node: int) -> Expression:
        """Return ∂z/∂w of a unit."""
        z = self.leaves.z(node)
        return Partial(z, self.by, self.dz.get(node, 0.0), _quantity(z, "z"))

    def depends(self, edge: int) -> bool:
        """Whether w·a of an edge depends on the parameter."""
        return edge in self.edges or self.leaves.ends(edge)[0] in self.da

    def change(self, edge: int) -> float:
        """Return ∂(w·a)/∂w′ of an edge, w′ being the parameter."""
        source, _ = self.leaves.ends(edge)
        change = self.leaves.weight(edge).value * self.da.get(source, 0.0)
        return change + self.leaves.value(source).value * (edge in self.edges)

    def _spread(self) -> None:
        leaves, trace = self.leaves, self.leaves.trace
        slopes = leaves.term_slopes
        for node in self._dependents():
            edges = [edge for edge in leaves.incoming(node) if self.depends(edge)]
            parts = [float(slopes[edge]) * self.change(edge) for edge in edges]
            self.dz[node] = math.fsum([*parts, float(node in self.biases)])
            self.da[node] = float(trace.slope[leaves.sample, node]) * self.dz[node]

    def _dependents(self) -> list[int]:
        found, stack = set(self.heads), list(self.heads)
        while stack:
            targets = {self.leaves.ends(edge)[1] for edge in self.leaves.outgoing(stack.pop())}
            fresh = targets - found
            found |= fresh
            stack.extend(fresh)
        level = self.leaves.trace.program.node_level
        return sorted(found, key=lambda node: (int(level[node]), node))


def _quantity(symbol: Symbol, quantity: str) -> Reference | None:
    # ∂r/∂w is no number of the trace; it points at the node it is of.
    found = symbol.reference
    return None if found is None else found._replace(quantity=f"{quantity}_by_parameter")
