"""Readable positions for any network: columns by level, rows by barycentre sweeps."""

from __future__ import annotations

from bpviz.model.network import Input, Network, Position, gaps

SWEEPS = 12


def arranged(network: Network) -> dict[str, Position]:
    """Return a position for every node: x by level, y in an order with few crossings.

    An edge that skips levels keeps a free row in each column it passes, so that it does not run
    through another node. Units without incoming edges stand just before their first target.
    """
    columns = _columns(network)
    width = max(columns.values(), default=-1) + 1
    rows: list[list[str]] = [[] for _ in range(width)]
    for node in network.nodes:
        rows[columns[node.id]].append(node.id)
    links = _links(network, columns, rows)
    _sweep(rows, links)
    across, down = gaps(max(map(len, rows), default=0), width)
    return {
        name: (across * column, down * (row - (len(names) - 1) / 2))
        for column, names in enumerate(rows)
        for row, name in enumerate(names)
        if name in columns
    }


def _columns(network: Network) -> dict[str, int]:
    columns = dict(network.level)
    for node in network.nodes:
        targets = [columns[edge.target] for edge in network.outgoing[node.id]]
        if not isinstance(node, Input) and not network.incoming[node.id] and targets:
            columns[node.id] = max(0, min(targets) - 1)
    return columns


def _links(
    network: Network, columns: dict[str, int], rows: list[list[str]]
) -> list[tuple[str, str]]:
    """Cut every edge into links between neighbouring columns, with place-holders between.

    The names of place-holders hold a space, so that they never equal an id.
    """
    links: list[tuple[str, str]] = []
    for edge in network.edges:
        before = edge.source
        for column in range(columns[edge.source] + 1, columns[edge.target]):
            # Edges out of one node share their way: one free row each is enough.
            holder = f"{edge.source} {column}"
            if holder not in rows[column]:
                rows[column].append(holder)
                links.append((before, holder))
            before = holder
        links.append((before, edge.target))
    return links


def _sweep(rows: list[list[str]], links: list[tuple[str, str]]) -> None:
    """Order every column by the mean place of its neighbours, there and back; keep the best."""
    before: dict[str, list[str]] = {name: [] for names in rows for name in names}
    after: dict[str, list[str]] = {name: [] for names in rows for name in names}
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    best = [list(names) for names in rows]
    fewest = _crossings(rows, after)
    for sweep in range(SWEEPS):
        there = sweep % 2 == 0
        order = range(1, len(rows)) if there else range(len(rows) - 2, -1, -1)
        for column in order:
            neighbours = before if there else after
            beside = rows[column - 1 if there else column + 1]
            place = {name: index for index, name in enumerate(beside)}
            rows[column] = _by_barycentre(rows[column], neighbours, place)
        crossings = _crossings(rows, after)
        if crossings < fewest:
            fewest, best = crossings, [list(names) for names in rows]
    rows[:] = best


def _by_barycentre(
    names: list[str], neighbours: dict[str, list[str]], place: dict[str, int]
) -> list[str]:
    def centre(entry: tuple[int, str]) -> float:
        index, name = entry
        found = [place[other] for other in neighbours[name] if other in place]
        return sum(found) / len(found) if found else float(index)

    return [name for _, name in sorted(enumerate(names), key=centre)]


def _crossings(rows: list[list[str]], after: dict[str, list[str]]) -> int:
    """Count crossing links, by counting inversions in a Fenwick tree: O(links · log width)."""
    total = 0
    for column, names in enumerate(rows[:-1]):
        place = {name: index for index, name in enumerate(rows[column + 1])}
        tree = [0] * (len(place) + 1)
        seen = 0
        for name in names:
            ends = [place[target] for target in after[name]]
            total += sum(seen - _prefix(tree, end) for end in ends)
            for end in ends:
                _add(tree, end)
            seen += len(ends)
    return total


def _prefix(tree: list[int], index: int) -> int:
    """Return how many ends were added at places up to `index`."""
    found = 0
    position = index + 1
    while position:
        found += tree[position]
        position &= position - 1
    return found


def _add(tree: list[int], index: int) -> None:
    position = index + 1
    while position < len(tree):
        tree[position] += 1
        position += position & -position
