"""Gestures of the mouse: each ends once, in at most one Edit; Esc cancels it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from bpviz.engine.datasets import as_table
from bpviz.model.data import TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.verbs import connect, move, set_output
from bpviz.ui.canvas.geometry import FloatArray, Geometry

# The pointer must leave the place of the press by this many pixels before a node moves.
DRAG_DISTANCE: Final = 3.0


class Stage(Protocol):
    """What a gesture needs of the scene."""

    @property
    def session(self) -> Session:
        """The session that is drawn."""

    @property
    def geometry(self) -> Geometry:
        """Where all nodes and edges lie."""

    def selected_nodes(self) -> list[str]:
        """Return the ids of the selected nodes."""

    def selected_edges(self) -> list[str]:
        """Return the names of the selected edges."""

    def select(self, nodes: Iterable[str], edges: Iterable[str]) -> None:
        """Select exactly these."""

    def preview(self, positions: FloatArray) -> None:
        """Draw the nodes at `positions` [N, 2]."""

    def show_wire(self, source: int, at: QPointF, target: int, offers: Mapping[int, str]) -> None:
        """Draw an edge that is being made."""

    def hide_wire(self) -> None:
        """Take that edge away."""

    def show_band(self, box: QRectF) -> None:
        """Draw the box of a selection; an empty one takes it away."""

    def push(self, edit: Edit, at: QPointF) -> bool:
        """Hand an Edit to the document."""

    def refuse(self, reason: str, at: QPointF) -> None:
        """Show why nothing happens."""


class Gesture(ABC):
    """A press, what follows it, and its end. Nothing of the session changes before the end."""

    def __init__(self, scene: Stage, start: QPointF) -> None:
        self._scene = scene
        self._start = start
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether the gesture has ended."""
        return self._is_over

    def finish(self, at: QPointF) -> None:
        """End the gesture at `at`; what it amounts to is one Edit, or a tip that says why not."""
        if self._is_over:
            return
        self._is_over = True
        try:
            edit = self._edit(at)
        except EditError as refused:
            self._clear()
            self._scene.refuse(str(refused), at)
            return
        self._clear()
        if edit is not None:
            self._scene.push(edit, at)

    def cancel(self) -> None:
        """End the gesture without any effect."""
        if not self._is_over:
            self._is_over = True
            self._undo()
            self._clear()

    @abstractmethod
    def move_to(self, at: QPointF, zoom: float) -> None:
        """Follow the pointer to `at`; `zoom` is pixels per scene unit."""

    @abstractmethod
    def _edit(self, at: QPointF) -> Edit | None:
        """Return the Edit that the gesture amounts to, or raise EditError."""

    @abstractmethod
    def _clear(self) -> None:
        """Take away whatever was drawn for the gesture."""

    def _undo(self) -> None:  # noqa: B027
        """Take back what the gesture did to the view alone, such as a selection."""


class MoveNodes(Gesture):
    """Drags nodes; `click` is the node pressed, which alone stays selected if nothing moved."""

    def __init__(self, scene: Stage, start: QPointF, click: str | None) -> None:
        super().__init__(scene, start)
        self._click = click
        self._ids = scene.selected_nodes()
        self._places = [scene.geometry.index[node] for node in self._ids]
        count = scene.geometry.node_count
        self._before = scene.geometry.positions[:count].copy()
        self._moved = False

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Show the nodes at their new places."""
        by = at - self._start
        if not self._moved and np.hypot(by.x(), by.y()) * zoom < DRAG_DISTANCE:
            return
        self._moved = True
        self._scene.preview(self._positions(at))

    def _positions(self, at: QPointF) -> FloatArray:
        by = at - self._start
        positions = self._before.copy()
        positions[self._places] += (by.x(), by.y())
        return positions

    def _edit(self, at: QPointF) -> Edit | None:
        if not self._moved:
            if self._click is not None:
                self._scene.select([self._click], [])
            return None
        places = self._positions(at)[self._places]
        wanted = {
            node: (float(x), float(y)) for node, (x, y) in zip(self._ids, places, strict=True)
        }
        if all(
            self._scene.session.network.node(node).position == place
            for node, place in wanted.items()
        ):
            return None
        return move(self._scene.session, wanted)

    def _clear(self) -> None:
        if self._moved:
            self._scene.preview(self._before)


class Connect(Gesture):
    """Draws an edge from a node's rim to another unit, or to the loss to make an output."""

    def __init__(self, scene: Stage, start: QPointF, source: int) -> None:
        super().__init__(scene, start)
        self._source = source
        self._id = scene.geometry.ids[source]
        offers = offers_from(scene.session.network, self._id)
        index = scene.geometry.index
        self._offers = {index[node]: answer for node, answer in offers.items()}
        scene.show_wire(source, start, -1, self._offers)

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Draw the edge so far, and light the unit under the pointer."""
        self._scene.show_wire(self._source, at, self._target(at), self._offers)

    def _target(self, at: QPointF) -> int:
        found = self._scene.geometry.node_at(at.x(), at.y(), 8.0)
        return -1 if found == self._source else found

    def _edit(self, at: QPointF) -> Edit | None:
        scene = self._scene
        target = scene.geometry.node_at(at.x(), at.y(), 8.0)
        by = at - self._start
        if target < 0 or (target == self._source and np.hypot(by.x(), by.y()) < 30.0):
            return None
        if target == scene.geometry.node_count:
            return set_output(scene.session, self._id, True, table_of(scene.session))
        return connect(scene.session, self._id, scene.geometry.ids[target])

    def _clear(self) -> None:
        self._scene.hide_wire()


class SelectBox(Gesture):
    """Selects what lies in a box; with Shift or Ctrl in addition to what was selected."""

    def __init__(self, scene: Stage, start: QPointF, *, additive: bool) -> None:
        super().__init__(scene, start)
        self._before = (scene.selected_nodes(), scene.selected_edges())
        self._kept: tuple[list[str], list[str]] = self._before if additive else ([], [])
        scene.select(*self._kept)

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Select what lies in the box so far."""
        box = QRectF(self._start, at).normalized()
        self._scene.show_band(box)
        geometry = self._scene.geometry
        nodes = {
            geometry.ids[node]
            for node in geometry.nodes_in(box.left(), box.top(), box.right(), box.bottom())
        }
        edges = [
            edge.name
            for edge in self._scene.session.network.edges
            if edge.source in nodes and edge.target in nodes
        ]
        self._scene.select([*self._kept[0], *sorted(nodes)], [*self._kept[1], *edges])

    def _edit(self, at: QPointF) -> Edit | None:
        return None

    def _undo(self) -> None:
        self._scene.select(*self._before)

    def _clear(self) -> None:
        self._scene.show_band(QRectF())


def offers_from(network: Network, source: str) -> dict[str, str]:
    """Return for each node but `source` whether an edge from there may end in it: "yes", "no"."""
    behind = {source}
    waiting = [source]
    while waiting:
        fresh = {edge.source for edge in network.incoming[waiting.pop()]} - behind
        behind |= fresh
        waiting += fresh
    closed = behind | {edge.target for edge in network.outgoing[source]}
    closed |= {node.id for node in network.inputs}
    return {
        node.id: "no" if node.id in closed else "yes" for node in network.nodes if node.id != source
    }


def table_of(session: Session) -> TableData | None:
    """Return the rows of generator data as a table, None where the data are a table."""
    return None if isinstance(session.data, TableData) else as_table(session.data)
