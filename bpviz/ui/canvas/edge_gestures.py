"""Gestures on edges: draw a new one from a node's rim, take an end of one to another node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF

from bpviz.model.edit import Edit
from bpviz.model.network import Network
from bpviz.model.verbs import set_output
from bpviz.model.wiring import connect, retarget, without_edge
from bpviz.ui.canvas.gestures import DRAG_DISTANCE, Gesture, Stage
from bpviz.ui.canvas.placing import table_of

End = Literal["source", "target"]
# So far around a node an edge being drawn still ends in it, in scene units.
CATCH = 8.0


class Connect(Gesture):
    """Draws an edge from a node's rim to another unit, or to the loss to make an output."""

    def __init__(self, scene: Stage, start: QPointF, source: int) -> None:
        super().__init__(scene, start)
        self._source = source
        self._id = scene.geometry.ids[source]
        offers = offers_from(scene.session.network, self._id)
        index = scene.geometry.index
        self._offers = {index[node]: answer for node, answer in offers.items()}
        scene.marker.offer(self._offers)
        self._draw(start, -1)

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Draw the edge so far, and light the unit under the pointer."""
        self._draw(at, self._target(at))

    def _draw(self, at: QPointF, target: int) -> None:
        scene = self._scene
        answer = self._offers.get(target, "")
        scene.sketch.wire.show_wire(scene.geometry, self._source, at, target, answer)

    def _target(self, at: QPointF) -> int:
        found = self._scene.geometry.node_at(at.x(), at.y(), CATCH)
        return -1 if found == self._source else found

    def _edit(self, at: QPointF) -> Edit | None:
        scene = self._scene
        target = scene.geometry.node_at(at.x(), at.y(), CATCH)
        by = at - self._start
        if target < 0 or (target == self._source and np.hypot(by.x(), by.y()) < 30.0):
            return None
        if target == scene.geometry.node_count:
            return set_output(scene.session, self._id, True, table_of(scene.session))
        return connect(scene.session, self._id, scene.geometry.ids[target])

    def _clear(self) -> None:
        self._scene.sketch.clear()
        self._scene.marker.offer({})


class Retarget(Gesture):
    """Takes the `end` of an edge to another node; its weight and its place stay as they are."""

    def __init__(self, scene: Stage, start: QPointF, name: str, end: End) -> None:
        super().__init__(scene, start)
        self._name = name
        self._end = end
        network, index = scene.session.network, scene.geometry.index
        edge = network.edge(name)
        self._edge = edge
        self._fixed = index[edge.source if end == "target" else edge.target]
        rest = without_edge(network, name)
        found = offers_from(rest, edge.source) if end == "target" else offers_to(rest, edge.target)
        self._offers = {index[node]: answer for node, answer in found.items()}
        self._moved = False

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Draw the edge from its other end to the pointer."""
        by = at - self._start
        if not self._moved and np.hypot(by.x(), by.y()) * zoom < DRAG_DISTANCE:
            return
        scene = self._scene
        if not self._moved:
            self._moved = True
            scene.marker.offer(self._offers)
        node = self._node(at)
        answer = self._offers.get(node, "")
        scene.sketch.wire.show_wire(scene.geometry, self._fixed, at, node, answer)

    def _node(self, at: QPointF) -> int:
        geometry = self._scene.geometry
        found = geometry.node_at(at.x(), at.y(), CATCH)
        return -1 if found in (self._fixed, geometry.node_count) else found

    def _edit(self, at: QPointF) -> Edit | None:
        scene = self._scene
        node = scene.geometry.node_at(at.x(), at.y(), CATCH)
        if not self._moved or not 0 <= node < scene.geometry.node_count:
            return None
        source, target = self._edge.source, self._edge.target
        if self._end == "target":
            target = scene.geometry.ids[node]
        else:
            source = scene.geometry.ids[node]
        if (source, target) == (self._edge.source, self._edge.target):
            return None
        scene.settle()
        self._wanted = f"{source}->{target}"
        return retarget(scene.session, self._name, source, target)

    def _pushed(self) -> None:
        self._scene.select([], [self._wanted])

    def _clear(self) -> None:
        self._scene.sketch.clear()
        self._scene.marker.offer({})


def offers_from(network: Network, source: str) -> dict[str, str]:
    """Return for each node but `source` whether an edge from there may end in it: "yes", "no"."""
    behind = _reached(source, lambda node: (edge.source for edge in network.incoming[node]))
    closed = {*behind, *(edge.target for edge in network.outgoing[source])}
    closed |= {node.id for node in network.inputs}
    return _offers(network, source, closed)


def offers_to(network: Network, target: str) -> dict[str, str]:
    """Return for each node but `target` whether an edge into there may begin in it."""
    ahead = _reached(target, lambda node: (edge.target for edge in network.outgoing[node]))
    closed = {*ahead, *(edge.source for edge in network.incoming[target])}
    return _offers(network, target, closed)


def _reached(start: str, neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    """Return `start` and all nodes that one comes to from neighbour to neighbour."""
    reached, waiting = {start}, [start]
    while waiting:
        fresh = set(neighbours(waiting.pop())) - reached
        reached |= fresh
        waiting += fresh
    return reached


def _offers(network: Network, end: str, closed: set[str]) -> dict[str, str]:
    nodes = (node.id for node in network.nodes)
    return {node: "no" if node in closed else "yes" for node in nodes if node != end}
