"""Making a network's inputs and outputs as many as the data have columns, all else untouched."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bpviz.model.checks import MAX_EDGES, MAX_NODES
from bpviz.model.counts import grouped
from bpviz.model.edit import Edit, EditError, diff
from bpviz.model.network import Edge, Input, Network, Node, Position, Unit
from bpviz.model.schema import Session

SPACING: Final = 110.0
WEIGHT_RANGE: Final = 0.5


def fit_network(session: Session, inputs: int, outputs: int) -> Edit:
    """Return the edit that gives the network `inputs` inputs and `outputs` outputs.

    The last ones go, or new ones join, connected like those that are there by small weights that
    the session's seed gives. EditError where nothing would change or the network grew too large.
    """
    network = _with_inputs(session.network, inputs, session.training.seed)
    network = _with_outputs(network, outputs, session.training.seed)
    if len(network.nodes) > MAX_NODES or len(network.edges) > MAX_EDGES:
        raise EditError(
            f"A network holds at most {grouped(MAX_NODES)} nodes and {grouped(MAX_EDGES)} edges"
        )
    after = msgspec.structs.replace(session, network=network)
    edit = diff(session, after, f"Fit the network to {inputs} inputs and {outputs} outputs")
    if not edit.changes:
        raise EditError("The network fits the data already")
    return edit


def _with_inputs(network: Network, count: int, seed: int) -> Network:
    old = network.inputs
    gone = {node.id for node in old[count:]}
    fed = [edge.target for edge in network.edges if edge.source in {node.id for node in old}]
    targets = list(dict.fromkeys(fed)) or [unit.id for unit in network.units[:1]]
    network = _without(network, gone)
    new = [
        Input(node_id, position=place)
        for node_id, place in zip(
            _free_ids(network, "x", count - len(old)),
            _below([node.position for node in old], count - len(old)),
            strict=True,
        )
    ]
    edges = [_edge(node.id, target, seed) for node in new for target in targets]
    return Network((*network.nodes, *new), (*network.edges, *edges), network.outputs)


def _with_outputs(network: Network, count: int, seed: int) -> Network:
    old = network.outputs
    unused = {node_id for node_id in old[count:] if not network.outgoing[node_id]}
    kept = old[:count]
    missing = count - len(old)
    if missing <= 0:
        return _without(Network(network.nodes, network.edges, kept), unused)
    model = network.node(old[-1]) if old else None
    sources = [edge.source for edge in network.incoming[old[-1]]] if old else []
    like = model if isinstance(model, Unit) else Unit("y", activation="identity")
    places = [network.node(node_id).position for node_id in old]
    new: list[Node] = [
        msgspec.structs.replace(
            like, id=node_id, label=node_id, bias=0.0, bias_share="", position=place
        )
        for node_id, place in zip(
            _free_ids(network, "y", missing), _below(places, missing), strict=True
        )
    ]
    edges = [_edge(source, node.id, seed) for node in new for source in sources]
    return Network(
        (*network.nodes, *new),
        (*network.edges, *edges),
        (*kept, *(node.id for node in new)),
    )


def _without(network: Network, gone: set[str]) -> Network:
    if not gone:
        return network
    return Network(
        tuple(node for node in network.nodes if node.id not in gone),
        tuple(edge for edge in network.edges if not {edge.source, edge.target} & gone),
        tuple(node_id for node_id in network.outputs if node_id not in gone),
    )


def _edge(source: str, target: str, seed: int) -> Edge:
    draw = random.Random(f"{seed} {source}->{target}")
    return Edge(source, target, round(draw.uniform(-WEIGHT_RANGE, WEIGHT_RANGE), 4))


def _free_ids(network: Network, stem: str, count: int) -> Iterator[str]:
    number = 0
    for _ in range(count):
        number += 1
        while f"{stem}{number}" in network.node_index:
            number += 1
        yield f"{stem}{number}"


def _below(places: Sequence[Position], count: int) -> Iterator[Position]:
    """Yield places in one column under the lowest of `places`."""
    x, y = max(places, key=lambda place: place[1], default=(0.0, -SPACING))
    for number in range(1, count + 1):
        yield (x, y + number * SPACING)
