"""Readable positions for any network: columns by level, rows in an order with few crossings."""

from __future__ import annotations

from collections.abc import Sequence

from bpviz.model.crossings import Columns, crossings, untangled
from bpviz.model.network import Input, Network, Node, Position, gaps


def arranged(network: Network) -> dict[str, Position]:
    """Return a position for every node: x by level, y in an order with few crossings.

    An edge that skips levels keeps a free row in each column it passes, so that it does not run
    through another node. Units without incoming edges stand just before their first target.
    """
    columns = _columns(network)
    rows = _rows(network, columns)
    across, down = gaps(max(map(len, rows), default=0), len(rows))
    return {
        network.nodes[node].id: (across * column, down * (row - (len(nodes) - 1) / 2))
        for column, nodes in enumerate(rows)
        for row, node in enumerate(nodes)
        if node < len(network.nodes)
    }


def _columns(network: Network) -> dict[str, int]:
    columns = dict(network.level)
    for node in network.nodes:
        targets = [columns[edge.target] for edge in network.outgoing[node.id]]
        if not isinstance(node, Input) and not network.incoming[node.id] and targets:
            columns[node.id] = max(0, min(targets) - 1)
    return columns


class _Board:
    """The nodes of a network by number, in columns, with place-holders where edges pass."""

    def __init__(self, network: Network, columns: dict[str, int], order: Sequence[Node]) -> None:
        width = max(columns.values(), default=-1) + 1
        self.columns: Columns = [[] for _ in range(width)]
        self.after: list[list[int]] = [[] for _ in network.nodes]
        for node in order:
            self.columns[columns[node.id]].append(network.node_index[node.id])
        for node in order:
            self._link(network, columns, node)

    def _link(self, network: Network, columns: dict[str, int], node: Node) -> None:
        """Cut the edges out of a node into links between neighbouring columns.

        They share their way: one free row in each column they pass is enough.
        """
        start = columns[node.id]
        way = [network.node_index[node.id]]
        for edge in network.outgoing[node.id]:
            for column in range(start + len(way), columns[edge.target]):
                self.after[way[-1]].append(len(self.after))
                self.columns[column].append(len(self.after))
                way.append(len(self.after))
                self.after.append([])
            before = way[columns[edge.target] - start - 1]
            self.after[before].append(network.node_index[edge.target])


def _rows(network: Network, columns: dict[str, int]) -> Columns:
    """Return the order of the nodes in each column, with the fewest crossings found.

    The search starts both from the order of the list and from that on the drawing.
    """
    best: Columns = []
    fewest = -1
    for order in (network.nodes, sorted(network.nodes, key=_height)):
        board = _Board(network, columns, order)
        rows = untangled(board.columns, board.after, share=0.5)
        found = crossings(rows, board.after)
        if fewest < 0 or found < fewest:
            best, fewest = rows, found
    return best


def _height(node: Node) -> float:
    return node.position[1]
