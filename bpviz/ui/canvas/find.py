"""Finds nodes and edges by what they are called: h1, h₁, a label, h1->y1."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from bpviz.model.names import drawn_name
from bpviz.model.network import Edge, Network, Node

_PLAIN: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_ARROW: Final = re.compile(r"\s*(?:-+>|→|>)\s*")


class Found(NamedTuple):
    """A node or an edge: its kind ("node" or "edge") and its name."""

    kind: str
    name: str


def find(network: Network, text: str) -> list[Found]:
    """Return what `text` may mean, the best first: exact names, then beginnings, then parts.

    An arrow asks for edges by parts of their ends' names; either may be left out. Other text asks
    for nodes, and for edges that share their weight under such a name.
    """
    wanted = _plain(text)
    if not wanted:
        return []
    if _ARROW.search(wanted):
        source, target = (part.strip() for part in _ARROW.split(wanted, maxsplit=1))
        edges = [(_edge_rank(network, edge, source, target), edge) for edge in network.edges]
        return [Found("edge", edge.name) for rank, edge in sorted(edges, key=_rank) if rank < 9]
    nodes = [(_node_rank(node, wanted), node) for node in network.nodes]
    found = [Found("node", node.id) for rank, node in sorted(nodes, key=_rank) if rank < 9]
    shared = [edge for edge in network.edges if edge.share and wanted in _plain(edge.share)]
    return found + [Found("edge", edge.name) for edge in shared]


def _rank(each: tuple[int, object]) -> int:
    return each[0]


def _plain(text: str) -> str:
    return text.strip().translate(_PLAIN).casefold()


def _node_rank(node: Node, wanted: str) -> int:
    """Return 0 where `wanted` is the node's name, 1 where it begins it, 2 in it, 9 nowhere."""
    names = (node.id, node.label, drawn_name(node.label))
    return min(_name_rank(_plain(name), wanted) for name in names)


def _name_rank(name: str, wanted: str) -> int:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if wanted in name else 9


def _edge_rank(network: Network, edge: Edge, source: str, target: str) -> int:
    ranks = (
        _node_rank(network.node(end), wanted) if wanted else 1
        for end, wanted in ((edge.source, source), (edge.target, target))
    )
    return max(ranks)
