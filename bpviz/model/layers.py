"""Whole layers: found in a network, grown, shrunk, added and removed as one Edit each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Final, Literal, NamedTuple

import msgspec

from bpviz.model.columns import (
    has_targets,
    keep_columns,
    table_of,
    with_inputs,
    with_targets,
)
from bpviz.model.data import Data, TableData
from bpviz.model.drafts import edit_of, free_id, label_of, network_with, new_edge, placed, stem_of
from bpviz.model.edit import Edit, EditError
from bpviz.model.names import drawn_name
from bpviz.model.network import (
    LAYER_GAP,
    ROW_GAP,
    Activation,
    Edge,
    Input,
    Network,
    Node,
    Position,
    Unit,
)
from bpviz.model.schema import Session

FEWEST_NEW: Final = 2
NO_LAYER: Final = "Select a node of a layer: units with the same sources and the same targets"


class Layer(NamedTuple):
    """Nodes of one level that all have the same sources and the same targets.

    `number` counts layers of units from 1; the inputs are layer 0.
    """

    number: int
    kind: Literal["inputs", "hidden", "outputs"]
    ids: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]


def layers(network: Network) -> tuple[Layer, ...]:
    """Return the layered parts of a network, from the inputs on.

    A level is a layer where all its nodes that have edges agree in sources and targets, combine
    by sums and are trained; computational graphs have none.
    """
    found = [
        layer
        for number, level in enumerate(network.levels)
        if (layer := _layer(network, number, level)) is not None
    ]
    return tuple(found) if any(layer.kind != "inputs" for layer in found) else ()


def _layer(network: Network, number: int, level: Sequence[str]) -> Layer | None:
    incoming, outgoing = network.incoming, network.outgoing
    ids = tuple(each for each in level if incoming[each] or outgoing[each])
    if not ids:
        return None
    first = ids[0]
    sources = tuple(edge.source for edge in incoming[first])
    targets = tuple(edge.target for edge in outgoing[first])
    outputs = set(network.outputs)
    nodes = [network.node(each) for each in ids]
    agree = all(
        {edge.source for edge in incoming[each]} == set(sources)
        and {edge.target for edge in outgoing[each]} == set(targets)
        and (each in outputs) == (first in outputs)
        for each in ids
    )
    if not agree:
        return None
    if isinstance(nodes[0], Input):
        same = all(isinstance(node, Input) for node in nodes)
        return Layer(number, "inputs", ids, sources, targets) if same else None
    sums = all(isinstance(node, Unit) and node.combine == "sum" for node in nodes)
    trained = any(edge.trainable for each in ids for edge in incoming[each])
    if not (sums and trained):
        return None
    return Layer(number, "outputs" if first in outputs else "hidden", ids, sources, targets)


def layer_of(network: Network, node_id: str) -> Layer | None:
    """Return the layer that a node belongs to."""
    return next((layer for layer in layers(network) if node_id in layer.ids), None)


def level_of(network: Network, node_id: str) -> tuple[str, ...]:
    """Return the ids of a node's layer; where it is in none, of its topological level."""
    layer = layer_of(network, node_id)
    return layer.ids if layer else network.levels[network.level[node_id]]


# -- units of a layer ----------------------------------------------------------------------------


def grow_layer(session: Session, node_id: str, table: TableData | None = None) -> Edit:
    """Add a node to the layer of `node_id`, wired as its siblings, with small weights.

    An input or output brings its data column of zeros.
    """
    network = session.network
    layer = _needed(network, node_id)
    last = network.node(layer.ids[-1])
    new_id = _sibling_id(network, layer.ids)
    moved, place = _column_with_one_more(network, layer.ids)
    node: Node = Input(new_id, position=place)
    if isinstance(last, Unit):
        node = Unit(new_id, last.combine, last.activation, 0.0, last.trainable_bias, position=place)
    after = network.node_index[last.id] + 1
    nodes = _at(network.nodes, moved)
    edges = [*network.edges]
    edges += [new_edge(session, source, new_id) for source in layer.sources]
    edges += [new_edge(session, new_id, target) for target in layer.targets]
    outputs, data = network.outputs, session.data
    if layer.kind == "outputs":
        outputs = (*outputs, new_id)
        if has_targets(session):
            data = with_targets(table_of(session, table), (new_id,))
    elif layer.kind == "inputs":
        data = _input_data(session, table, node.id, nodes[:after])
    grown = Network((*nodes[:after], node, *nodes[after:]), tuple(edges), outputs)
    return edit_of(
        session, f"Add {drawn_name(new_id)} to {_title(layer)}", network=grown, data=data
    )


def shrink_layer(session: Session, node_id: str, table: TableData | None = None) -> Edit:
    """Remove the last node of the layer of `node_id`; of a hidden layer's last unit, the layer.

    EditError for the only input and the only output.
    """
    network = session.network
    layer = _needed(network, node_id)
    if len(layer.ids) == 1:
        if layer.kind == "hidden":
            return remove_layer(session, node_id)
        raise EditError(f"One {layer.kind[:-1]} must stay: without it there is nothing to learn")
    gone = layer.ids[-1]
    nodes = _at(network.nodes, _column_with_one_less(network, layer.ids))
    edges = tuple(edge for edge in network.edges if gone not in (edge.source, edge.target))
    data: Data = session.data
    if layer.kind != "hidden" and (layer.kind == "inputs" or has_targets(session)):
        inputs = [index for index, node in enumerate(network.inputs) if node.id != gone]
        outputs = [index for index, each in enumerate(network.outputs) if each != gone]
        data = keep_columns(table_of(session, table), inputs, outputs)
    smaller = Network(
        tuple(node for node in nodes if node.id != gone),
        edges,
        tuple(each for each in network.outputs if each != gone),
    )
    label = f"Remove {label_of(session, gone)} from {_title(layer)}"
    return edit_of(session, label, network=smaller, data=data)


def _needed(network: Network, node_id: str) -> Layer:
    layer = layer_of(network, node_id)
    if layer is None:
        raise EditError(NO_LAYER)
    return layer


def _title(layer: Layer) -> str:
    return f"layer {layer.number}" if layer.kind == "hidden" else f"the {layer.kind}"


def _sibling_id(network: Network, ids: Sequence[str]) -> str:
    stem = stem_of(ids[-1])
    return free_id(network.node_index, stem)


def _input_data(
    session: Session, table: TableData | None, name: str, before: Sequence[Node]
) -> TableData:
    """Return the data with a column for a new input behind the nodes `before`."""
    data = with_inputs(table_of(session, table), (name,))
    count = len(session.network.inputs)
    place = sum(isinstance(node, Input) for node in before)
    order = [*range(place), count, *range(place, count)]
    if order == sorted(order):
        return data
    targets = range(len(data.targets[0]) if data.targets else 0)
    return keep_columns(data, order, targets)


# -- whole layers --------------------------------------------------------------------------------


def add_layer(session: Session, node_id: str) -> Edit:
    """Add a hidden layer behind that of `node_id`, between it and the next.

    It has as many units as the hidden layer beside it. The edges it takes the place of go; its
    own have small weights; all others stay as they are.
    """
    network = session.network
    first = _needed(network, node_id)
    second = next((each for each in layers(network) if set(each.sources) == set(first.ids)), None)
    if second is None:
        raise EditError("No layer follows that all units of this one feed")
    model = first if first.kind == "hidden" else second if second.kind == "hidden" else None
    size = len(model.ids) if model else max(FEWEST_NEW, len(first.ids))
    activation = _activation(network, model.ids[-1]) if model else "sigmoid"
    moved, places = _places_between(network, first.ids, second.ids, size)
    ids = _layer_ids(network, size)
    units = [
        Unit(each, activation=activation, position=place)
        for each, place in zip(ids, places, strict=True)
    ]
    replaced = set(product(first.ids, second.ids))
    edges = [edge for edge in network.edges if (edge.source, edge.target) not in replaced]
    edges += [new_edge(session, source, unit) for unit in ids for source in first.ids]
    edges += [new_edge(session, unit, target) for target in second.ids for unit in ids]
    after = min(network.node_index[each] for each in second.ids)
    nodes = _at(network.nodes, moved)
    deeper = network_with(
        network, nodes=(*nodes[:after], *units, *nodes[after:]), edges=tuple(edges)
    )
    return edit_of(session, f"Add a layer of {size}", network=deeper)


def remove_layer(session: Session, node_id: str) -> Edit:
    """Remove the hidden layer of `node_id`; what fed it feeds what it fed, with small weights."""
    network = session.network
    layer = _needed(network, node_id)
    if layer.kind != "hidden":
        raise EditError("Inputs and outputs are no hidden layer: delete their nodes one by one")
    gone = set(layer.ids)
    edges: list[Edge] = [
        edge for edge in network.edges if edge.source not in gone and edge.target not in gone
    ]
    known = {(edge.source, edge.target) for edge in edges}
    edges += [
        new_edge(session, source, target)
        for target in layer.targets
        for source in layer.sources
        if (source, target) not in known
    ]
    nodes = tuple(node for node in network.nodes if node.id not in gone)
    return edit_of(
        session,
        f"Remove {_title(layer)}",
        network=network_with(network, nodes=nodes, edges=tuple(edges)),
    )


def _activation(network: Network, node_id: str) -> Activation:
    node = network.node(node_id)
    return node.activation if isinstance(node, Unit) else "sigmoid"


def _layer_ids(network: Network, size: int) -> list[str]:
    """Return ids like h2_1, h2_2 that begin as none in the network does."""
    stems = {match[1] for node in network.nodes if (match := re.match(r"(h\d+_)\d+\Z", node.id))}
    number = 1
    while f"h{number}_" in stems:
        number += 1
    return [f"h{number}_{row}" for row in range(1, size + 1)]


# -- places --------------------------------------------------------------------------------------


def _at(nodes: Sequence[Node], places: dict[str, Position]) -> tuple[Node, ...]:
    return tuple(
        msgspec.structs.replace(node, position=placed(places[node.id]))
        if node.id in places
        else node
        for node in nodes
    )


def _column(network: Network, ids: Sequence[str]) -> tuple[list[float], float]:
    """Return the heights of a column, and its spacing; 0 where it has no even one."""
    heights = [network.node(each).position[1] for each in ids]
    if len(ids) == 1:
        return heights, ROW_GAP
    gaps = [low - high for high, low in pairwise(heights)]
    even = all(abs(gap - gaps[0]) <= 1.0 for gap in gaps) and gaps[0] > 0
    return heights, gaps[0] if even else 0.0


def _column_with_one_more(
    network: Network, ids: Sequence[str]
) -> tuple[dict[str, Position], Position]:
    """Return where the nodes of an even column go, and the place of one more below them."""
    heights, gap = _column(network, ids)
    x = network.node(ids[-1]).position[0]
    if not gap:
        return {}, placed((x, max(heights) + ROW_GAP))
    return _shifted(network, ids, -gap / 2), placed((x, heights[-1] + gap / 2))


def _column_with_one_less(network: Network, ids: Sequence[str]) -> dict[str, Position]:
    _, gap = _column(network, ids)
    return _shifted(network, ids[:-1], gap / 2) if gap else {}


def _shifted(network: Network, ids: Sequence[str], by: float) -> dict[str, Position]:
    places = {each: network.node(each).position for each in ids}
    return {each: (x, y + by) for each, (x, y) in places.items()}


def _places_between(
    network: Network, first: Sequence[str], second: Sequence[str], size: int
) -> tuple[dict[str, Position], list[Position]]:
    """Return where nodes go that must make room, and the places of a column in between."""
    left = max(network.node(each).position[0] for each in first)
    right = min(network.node(each).position[0] for each in second)
    room = right - left
    moved: dict[str, Position] = {}
    x = left + room / 2
    if room < 1.7 * LAYER_GAP:
        push = 2 * LAYER_GAP - max(room, 0.0)
        behind = left + max(room, 0.0) / 2
        for node in network.nodes:
            if node.position[0] > behind:
                moved[node.id] = (node.position[0] + push, node.position[1])
        x = left + LAYER_GAP
    heights = [network.node(each).position[1] for each in (*first, *second)]
    middle = (min(heights) + max(heights)) / 2
    places = [placed((x, middle + ROW_GAP * (row - (size - 1) / 2))) for row in range(size)]
    return moved, places
