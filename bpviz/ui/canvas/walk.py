"""Walking the drawing by keys: from item to item with Tab, from node to neighbour with arrows."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import numpy as np

from bpviz.model.network import Network
from bpviz.ui.canvas.geometry import FloatArray, Geometry

Item: TypeAlias = tuple[Literal["node", "edge"], str]
Direction: TypeAlias = Literal["left", "right", "up", "down"]

_WAYS: Final = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
# What lies aside counts as so much further away than what lies straight ahead.
_ASIDE: Final = 2.0


def tab_order(geometry: Geometry, network: Network) -> list[Item]:
    """Return all nodes from left to right and top to bottom, each followed by its edges."""
    x, y = geometry.positions[: geometry.node_count].T
    items: list[Item] = []
    for place in np.lexsort((y, x)).tolist():
        node = geometry.ids[place]
        items.append(("node", node))
        items += [("edge", edge.name) for edge in network.outgoing[node]]
    return items


def beside(
    geometry: Geometry, network: Network, current: Item | None, *, forward: bool
) -> Item | None:
    """Return the item after `current` in the tab order, or before it; None beyond the ends."""
    items = tab_order(geometry, network)
    if current not in items:
        return None if not items else items[0 if forward else -1]
    place = items.index(current) + (1 if forward else -1)
    return items[place] if 0 <= place < len(items) else None


def neighbour(
    geometry: Geometry, network: Network, current: Item | None, direction: Direction
) -> Item | None:
    """Return the node next to `current` in a direction, None where there is none.

    Left and right prefer the nodes that an edge leads to or comes from; from an edge they lead to
    its two ends.
    """
    if current is None or not geometry.node_count:
        return ("node", geometry.ids[0]) if geometry.node_count else None
    kind, name = current
    if kind == "edge":
        source, _, target = name.partition("->")
        end = source if direction in ("left", "up") else target
        return ("node", end)
    start = geometry.index[name]
    joined = {edge.source for edge in network.incoming[name]}
    joined |= {edge.target for edge in network.outgoing[name]}
    connected = np.array([each in joined for each in geometry.ids])
    others = np.arange(geometry.node_count) != start
    if direction in ("left", "right"):
        found = _nearest(geometry, start, direction, connected & others)
        if found >= 0:
            return ("node", geometry.ids[found])
    found = _nearest(geometry, start, direction, others)
    return ("node", geometry.ids[found]) if found >= 0 else None


def _nearest(geometry: Geometry, start: int, direction: Direction, among: FloatArray) -> int:
    """Return the place of the nearest node ahead, of those `among` [N]; −1 for none."""
    way = np.array(_WAYS[direction])
    by = geometry.positions[: geometry.node_count] - geometry.positions[start]
    ahead = by @ way
    aside = np.abs(by @ way[::-1])
    cost = np.where(among & (ahead > 1e-9), ahead + _ASIDE * aside, np.inf)
    best = int(np.argmin(cost))
    return best if np.isfinite(cost[best]) else -1
