"""Verbs on edges: connect, move an edge's end, put a unit into an edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bpviz.model.checks import MAX_EDGES
from bpviz.model.counts import grouped
from bpviz.model.drafts import edit_of, label_of, network_with, new_edge, placed
from bpviz.model.edit import Edit, EditError
from bpviz.model.names import drawn_name
from bpviz.model.network import Edge, Input, Network, Node, Position, Unit
from bpviz.model.schema import Session


def refusal(network: Network, source: str, target: str) -> str:
    """Return why no edge can lead from `source` to `target`, empty where one can."""
    if source == target:
        return "A unit can't feed itself: the network must stay free of cycles"
    if isinstance(network.node(target), Input):
        return f"{network.names[target]} is an input: nothing feeds it"
    if f"{source}->{target}" in network.edge_index:
        return "These two are connected already"
    if network.reaches(target, source):
        first, second = network.names[source], network.names[target]
        return f"{second} already feeds {first}: this edge would close a cycle"
    if len(network.edges) >= MAX_EDGES:
        return f"A network holds at most {grouped(MAX_EDGES)} edges"
    return ""


def connect(session: Session, source: str, target: str, weight: float | None = None) -> Edit:
    """Add an edge; without a weight a small one, the same at each try.

    EditError for a cycle, a second edge between the two, or an edge into an input.
    """
    if reason := refusal(session.network, source, target):
        raise EditError(reason)
    edge = new_edge(session, source, target)
    if weight is not None:
        edge = msgspec.structs.replace(edge, weight=weight)
    network = network_with(session.network, edges=(*session.network.edges, edge))
    label = f"Connect {label_of(session, source)} to {label_of(session, target)}"
    return edit_of(session, label, network=network)


def connect_all(session: Session, sources: Sequence[str], target: str) -> Edit:
    """Add an edge from each of `sources` to `target`, where there is none yet.

    EditError where none can be added, with the reason of the first.
    """
    network = session.network
    reasons = [refusal(network, source, target) for source in sources]
    wanted = [source for source, why in zip(sources, reasons, strict=True) if not why]
    if not wanted:
        raise EditError(reasons[0] if reasons else "Select first what feeds, then the unit fed")
    edges = (*network.edges, *(new_edge(session, source, target) for source in wanted))
    what = label_of(session, wanted[0]) if len(wanted) == 1 else f"{len(wanted)} nodes"
    label = f"Connect {what} to {label_of(session, target)}"
    return edit_of(session, label, network=network_with(network, edges=edges))


def without_edge(network: Network, name: str) -> Network:
    """Return the network without one edge."""
    edges = tuple(edge for edge in network.edges if edge.name != name)
    return network_with(network, edges=edges)


def retarget(session: Session, name: str, source: str, target: str) -> Edit:
    """Let the edge `name` lead from `source` to `target`, with its weight, in its place.

    EditError where no edge can lead there.
    """
    network = session.network
    old = network.edge(name)
    if (old.source, old.target) == (source, target):
        raise EditError("Nothing changes")
    if reason := refusal(without_edge(network, name), source, target):
        raise EditError(reason)
    moved = msgspec.structs.replace(old, source=source, target=target)
    edges = tuple(moved if edge is old else edge for edge in network.edges)
    ends = f"{label_of(session, source)} → {label_of(session, target)}"
    return edit_of(session, f"Move edge to {ends}", network=network_with(network, edges=edges))


def insert_unit(session: Session, name: str, unit: Unit) -> Edit:
    """Put a new unit into the edge `name`."""
    return _inserted(session, name, unit, (*session.network.nodes, unit))


def insert_existing(session: Session, name: str, node_id: str, position: Position) -> Edit:
    """Put a unit that has no edges yet into the edge `name`, at `position`."""
    network = session.network
    node = network.node(node_id)
    if not isinstance(node, Unit) or network.incoming[node_id] or network.outgoing[node_id]:
        called = network.names[node_id]
        raise EditError(f"Only a unit without edges can be put into an edge; {called} has some")
    unit = msgspec.structs.replace(node, position=placed(position))
    nodes = tuple(unit if each is node else each for each in network.nodes)
    return _inserted(session, name, unit, nodes)


def _inserted(session: Session, name: str, unit: Unit, nodes: tuple[Node, ...]) -> Edit:
    """Split the edge: the first part keeps its weight, the second has weight 1."""
    network = session.network
    old = network.edge(name)
    edges = []
    for edge in network.edges:
        if edge is old:
            edges.append(Edge(old.source, unit.id, old.weight, old.trainable))
            edges.append(Edge(unit.id, old.target, 1.0, old.trainable))
        else:
            edges.append(edge)
    ends = f"{label_of(session, old.source)} → {label_of(session, old.target)}"
    return edit_of(
        session,
        f"Put {drawn_name(unit.label)} into {ends}",
        network=network_with(network, nodes=nodes, edges=tuple(edges)),
    )


def parts_of(network: Network, nodes: Iterable[str]) -> tuple[Edge, ...]:
    """Return the edges that lead from one of `nodes` to another."""
    inside = set(nodes)
    return tuple(e for e in network.edges if e.source in inside and e.target in inside)
