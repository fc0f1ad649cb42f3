"""How a parameter reaches the loss of a sample: forward derivatives of all that depends on it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bpviz.explain.expression import Expression, Partial, Reference, Symbol, evaluate
from bpviz.explain.formulas import difference_to_target, loss_derivative
from bpviz.explain.joining import fused, loss_place, members
from bpviz.explain.names import NamedLeaves
from bpviz.model.network import Network, Unit

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

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
    forwards, from the parameter to the loss, so independently of the trace's δ. `depending` [E]
    marks the edges whose w·a depends on it, and `changes` [E] tells how fast.
    """

    def __init__(self, leaves: NamedLeaves, node: int, edge: int) -> None:
        self.leaves = leaves
        self.by = leaves.parameter(node, edge)
        self.members = members(leaves, node, edge)
        self.edges = frozenset(edge for _, edge in self.members if edge >= 0)
        self.biases = frozenset(node for node, edge in self.members if edge < 0)
        self.dz: dict[int, float] = {}
        self.da: dict[int, float] = {}
        edge_count = len(leaves.network.edges)
        self.depending: BoolArray = np.zeros(edge_count, np.bool_)
        self.changes: FloatArray = np.zeros(edge_count)
        self._spread()

    @cached_property
    def heads(self) -> frozenset[int]:
        """The units that the parameter is a part of."""
        return self.biases | {self.leaves.ends(edge)[1] for edge in self.edges}

    @cached_property
    def carriers(self) -> frozenset[int]:
        """The units that depend on the parameter and that the loss depends on."""
        program = self.leaves.trace.program
        back = np.zeros(len(program.node_ids), np.bool_)
        back[[node for node in program.output_nodes.tolist() if node in self.da]] = True
        for edges in reversed(self._levels):
            # A level's edges are still to be followed back once all behind it are.
            back[program.source[edges[self.depending[edges] & back[program.target[edges]]]]] = True
        return frozenset(node for node in np.flatnonzero(back).tolist() if node in self.da)

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
        return bool(self.depending[edge])

    def change(self, edge: int) -> float:
        """Return ∂(w·a)/∂w′ of an edge, w′ being the parameter."""
        return float(self.changes[edge])

    @cached_property
    def _levels(self) -> list[NDArray[np.int64]]:
        # The edges by the level of their targets, the lowest first.
        program = self.leaves.trace.program
        order, starts = program.edges_by_level
        return np.split(order, starts[1:]) if len(order) else []

    def _spread(self) -> None:
        """Carry ∂z/∂w and ∂a/∂w from level to level."""
        leaves, trace = self.leaves, self.leaves.trace
        program, sample = trace.program, leaves.sample
        weights, a, slopes = leaves.weights, trace.a[sample], leaves.term_slopes
        count = len(program.node_ids)
        dz, da, reached = np.zeros(count), np.zeros(count), np.zeros(count, np.bool_)
        own = np.zeros(len(self.changes), np.bool_)
        own[list(self.edges)] = True
        for node in self.biases:
            dz[node], da[node], reached[node] = 1.0, trace.slope[sample, node], True
        for edges in self._levels:
            source = program.source[edges]
            found = own[edges] | reached[source]
            edges, source = edges[found], source[found]
            if not len(edges):
                continue
            changes = weights[edges] * da[source] + a[source] * own[edges]
            self.depending[edges], self.changes[edges] = True, changes
            target = program.target[edges]
            reached[target] = True
            dz += np.bincount(target, slopes[edges] * changes, count)
            da[target] = trace.slope[sample, target] * dz[target]
        for node in np.flatnonzero(reached).tolist():
            self.dz[node], self.da[node] = float(dz[node]), float(da[node])


def _quantity(symbol: Symbol, quantity: str) -> Reference | None:
    # ∂r/∂w is no number of the trace; it points at the node it is of.
    found = symbol.reference
    return None if found is None else found._replace(quantity=f"{quantity}_by_parameter")
