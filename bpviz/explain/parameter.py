"""Which parameter is spoken of: the selected one, that of the present step, or the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bpviz.engine.frames import Frame
from bpviz.model.names import edge_name
from bpviz.model.network import Network, Unit


class Parameter(NamedTuple):
    """The weight of `edge` or the bias of `node`, as positions in the network; one is −1."""

    node: int = -1
    edge: int = -1

    def name(self, network: Network) -> str:
        """Return the edge's name or, for a bias, the unit's id."""
        return network.edges[self.edge].name if self.edge >= 0 else network.nodes[self.node].id

    def text(self, network: Network) -> str:
        """Return how lists write it: "w  h₁ → y" or "b  h₁"."""
        return parameter_text(network, self.name(network))


def parameter_text(network: Network, name: str) -> str:
    """Return how lists write the edge or, for its bias, the unit of that name."""
    if name in network.edge_index:
        return f"w  {edge_name(name, network.names)}"
    return f"b  {network.names[name]}"


def parameter_words(network: Network, name: str) -> str:
    """Return what sentences call the edge or, for its bias, the unit: "x₁ → h₁", "bias h₁"."""
    if name in network.edge_index:
        return edge_name(name, network.names)
    return f"bias {network.names[name]}" if name in network.names else name


def all_parameters(network: Network) -> tuple[Parameter, ...]:
    """Return every weight, in edge order, then every bias, in node order."""
    weights = [Parameter(edge=place) for place in range(len(network.edges))]
    biases = [
        Parameter(node=place)
        for place, node in enumerate(network.nodes)
        if isinstance(node, Unit) and node.has_bias
    ]
    return (*weights, *biases)


def parameter_of(network: Network, *, node: int = -1, edge: int = -1) -> Parameter | None:
    """Return the parameter that a node or an edge stands for.

    A node stands for its bias or, where it has none, for the weight of its first incoming edge,
    an input for that of its first outgoing edge. None where there is neither.
    """
    if edge >= 0:
        return Parameter(edge=edge)
    if node < 0:
        return None
    found = network.nodes[node]
    if isinstance(found, Unit) and found.has_bias:
        return Parameter(node=node)
    near = network.incoming.get(found.id) or network.outgoing.get(found.id)
    return Parameter(edge=network.edge_index[near[0].name]) if near else None


def parameter_shown(
    network: Network, frame: Frame | None, nodes: Sequence[str], edges: Sequence[str]
) -> Parameter | None:
    """Return the parameter of the first selected edge or node, else the frame's, else the first.

    A frame's node stands for the weights into it before its bias. None without any parameter.
    """
    places = [Parameter(edge=network.edge_index[each]) for each in edges[:1]]
    places += [Parameter(node=network.node_index[each]) for each in nodes[:1]]
    if frame is not None and (frame.edge >= 0 or frame.kind in ("bias_gradient", "update")):
        places.append(Parameter(frame.node if frame.edge < 0 else -1, frame.edge))
    elif frame is not None and frame.node >= 0:
        near = network.incoming.get(network.nodes[frame.node].id, ())
        edge = network.edge_index[near[0].name] if near else -1
        places.append(Parameter(frame.node if edge < 0 else -1, edge))
    for place in places:
        found = parameter_of(network, node=place.node, edge=place.edge)
        if found is not None:
            return found
    return next(iter(all_parameters(network)), None)
