"""A layered network as matrices: Wⁿ, zⁿ, aⁿ and δⁿ, numbered as the chosen text does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.model.names import edge_name
from bpviz.model.network import Input, Network
from bpviz.model.session import Notation

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class NotLayeredError(ValueError):
    """The network has no layers that matrices could join; the message is one line."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of J nodes behind one of K; the inputs are layer 1.

    `nodes` [J] are positions in the network; `z`, `a` and `delta` [J] the sample's numbers, with
    z and delta 0 for inputs. `weights` holds w_jk, from node k of the layer before to node j, and
    `gradients` ∂E/∂w_jk of the sample; `edges` the positions of the edges, −1 where there is none
    and both are 0. These three are [J, K], or [K, J] where the notation writes w_kj; empty for
    inputs. `biases` [J] are 0 where a unit has none. `weight_number` is what the notation counts
    the weights by.
    """

    number: int
    weight_number: int
    nodes: IntArray
    z: FloatArray
    a: FloatArray
    delta: FloatArray
    weights: FloatArray
    gradients: FloatArray
    edges: IntArray
    biases: FloatArray


def require_layers(network: Network) -> None:
    """Raise NotLayeredError where an edge skips a layer, a unit does not sum, or all is empty."""
    level = network.level
    if not network.inputs or not network.edges:
        missing = "edges" if network.inputs else "inputs"
        raise NotLayeredError(f"there are no {missing} yet")
    for edge in network.edges:
        if level[edge.target] - level[edge.source] != 1:
            called = edge_name(edge.name, network.names)
            raise NotLayeredError(f"the edge {called} does not lead to the next layer")
    for unit in network.units:
        if unit.combine != "sum":
            raise NotLayeredError(f"{network.names[unit.id]} does not sum its inputs")


def layers(trace: Trace, sample: int = 0, notation: Notation | None = None) -> tuple[Layer, ...]:
    """Return the layers of one sample, inputs first; NotLayeredError where there are none.

    zⁿ = Wⁿ aⁿ⁻¹ + bⁿ, δⁿ⁻¹ = f′(zⁿ⁻¹) ⊙ Wⁿᵀ δⁿ and ∂E/∂Wⁿ = δⁿ aⁿ⁻¹ᵀ.
    """
    network = trace.program.network
    require_layers(network)
    notation = notation or Notation()
    found: list[Layer] = []
    before: IntArray = np.empty(0, dtype=np.int64)
    for place, ids in enumerate(network.levels):
        nodes = np.array([network.node_index[node_id] for node_id in ids], dtype=np.int64)
        counted_at_source = notation.weight_layer == "source"
        number = place + 1
        weight_number = number - counted_at_source
        swapped = notation.weight_order == "from_to"
        found.append(_layer(trace, sample, number, weight_number, nodes, before, swapped))
        before = nodes
    return tuple(found)


def _layer(
    trace: Trace,
    sample: int,
    number: int,
    weight_number: int,
    nodes: IntArray,
    before: IntArray,
    swapped: bool,
) -> Layer:
    network = trace.program.network
    edges = np.full((len(nodes), len(before)), -1, dtype=np.int64)
    row = {int(node): place for place, node in enumerate(nodes)}
    column = {int(node): place for place, node in enumerate(before)}
    for node in nodes.tolist():
        for edge in network.incoming[network.nodes[node].id]:
            place = column[network.node_index[edge.source]]
            edges[row[node], place] = network.edge_index[edge.name]
    slots = trace.program.edge_slot[edges] if edges.size else edges
    weights = np.where(edges >= 0, trace.theta[slots], 0.0)
    own = trace.edge_gradients(sample)
    gradients = np.where(edges >= 0, own[edges], 0.0) if edges.size else weights
    biases = trace.program.biases(trace.theta)[nodes]
    inputs = [isinstance(network.nodes[node], Input) for node in nodes.tolist()]
    return Layer(
        number=number,
        weight_number=weight_number,
        nodes=nodes,
        z=trace.z[sample, nodes],
        a=trace.a[sample, nodes],
        delta=trace.delta[sample, nodes],
        weights=weights.T if swapped else weights,
        gradients=gradients.T if swapped else gradients,
        edges=edges.T if swapped else edges,
        biases=np.where(inputs, 0.0, biases),
    )
