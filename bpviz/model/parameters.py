"""Verbs on the weights and biases of what is selected: set, scale, randomise, freeze."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import msgspec

from bpviz.model.checks import MAX_NUMBER
from bpviz.model.drafts import NEW_WEIGHT_RANGE, counted, edit_of, label_of, network_with
from bpviz.model.edit import Edit, EditError
from bpviz.model.names import edge_name
from bpviz.model.network import Edge, Network, Node, Unit
from bpviz.model.schema import Session


def members(
    network: Network, node_ids: Iterable[str], edge_names: Iterable[str]
) -> tuple[set[str], set[str]]:
    """Return the units with a bias and the edges among these, and all they share a value with."""
    nodes, edges = set(node_ids), set(edge_names)
    edge_shares = {e.share for e in network.edges if e.name in edges and e.share}
    bias_shares = {u.bias_share for u in network.units if u.id in nodes and u.bias_share}
    units = {
        unit.id
        for unit in network.units
        if unit.combine == "sum" and (unit.id in nodes or unit.bias_share in bias_shares)
    }
    return units, edges | {e.name for e in network.edges if e.share in edge_shares}


def scale(
    session: Session, node_ids: Iterable[str], edge_names: Iterable[str], factor: float
) -> Edit:
    """Multiply weights of edges and biases of units by `factor`."""

    def scaled(_name: str, value: float) -> float:
        wanted = value * factor
        if not -MAX_NUMBER <= wanted <= MAX_NUMBER:
            raise EditError(f"{value:g} × {factor:g} is beyond what a parameter may be")
        return wanted + 0.0

    return _changed(session, node_ids, edge_names, scaled, "Scale")


def randomise(session: Session, node_ids: Iterable[str], edge_names: Iterable[str]) -> Edit:
    """Draw small weights and biases anew, from the session's seed and the values they had.

    The same session gives the same numbers; a second time gives others.
    """
    seed = session.training.seed

    def drawn(name: str, value: float) -> float:
        draw = random.Random(f"{seed} {name} {value!r}")
        return round(draw.uniform(-NEW_WEIGHT_RANGE, NEW_WEIGHT_RANGE), 4)

    return _changed(session, node_ids, edge_names, drawn, "Randomise")


def freeze(
    session: Session, node_ids: Iterable[str], edge_names: Iterable[str], *, trainable: bool
) -> Edit:
    """Let training leave these weights and biases as they are, or change them again."""
    network = session.network
    units, edges = members(network, node_ids, edge_names)
    new_nodes = tuple(
        msgspec.structs.replace(node, trainable_bias=trainable) if node.id in units else node
        for node in network.nodes
    )
    new_edges = tuple(
        msgspec.structs.replace(edge, trainable=trainable) if edge.name in edges else edge
        for edge in network.edges
    )
    label = f"{'Unfreeze' if trainable else 'Freeze'} {_what(session, units, edges)}"
    return edit_of(session, label, network=network_with(network, nodes=new_nodes, edges=new_edges))


def all_frozen(network: Network, node_ids: Iterable[str], edge_names: Iterable[str]) -> bool:
    """Whether none of these weights and biases is trained."""
    units, edges = members(network, node_ids, edge_names)
    biases = [node.trainable_bias for node in network.units if node.id in units]
    return not any(biases) and not any(network.edge(each).trainable for each in edges)


def _changed(
    session: Session,
    node_ids: Iterable[str],
    edge_names: Iterable[str],
    new: Callable[[str, float], float],
    verb: str,
) -> Edit:
    network = session.network
    units, edges = members(network, node_ids, edge_names)
    if not units and not edges:
        raise EditError("Nothing selected has a weight or a bias")

    def node(each: Node) -> Node:
        if not isinstance(each, Unit) or each.id not in units:
            return each
        return msgspec.structs.replace(each, bias=new(each.bias_share or each.id, each.bias))

    def edge(each: Edge) -> Edge:
        if each.name not in edges:
            return each
        return msgspec.structs.replace(each, weight=new(each.share or each.name, each.weight))

    changed = network_with(
        network,
        nodes=tuple(node(each) for each in network.nodes),
        edges=tuple(edge(each) for each in network.edges),
    )
    return edit_of(session, f"{verb} {_what(session, units, edges)}", network=changed)


def _what(session: Session, units: set[str], edges: set[str]) -> str:
    if len(units) + len(edges) != 1:
        parts = [counted(len(units), "bias")] if units else []
        parts += [counted(len(edges), "weight")] if edges else []
        return " and ".join(parts).replace("biass", "biases")
    if units:
        return f"the bias of {label_of(session, next(iter(units)))}"
    return edge_name(next(iter(edges)), session.network.names)
