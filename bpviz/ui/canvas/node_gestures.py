"""Gestures on nodes: move those selected, place a new one, put one into an edge."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, SignalInstance

from bpviz.model.edit import Edit
from bpviz.model.network import Unit
from bpviz.model.verbs import move
from bpviz.model.wiring import insert_existing
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.gestures import DRAG_DISTANCE, Gesture, Stage
from bpviz.ui.canvas.guides import SNAP_PIXELS, snap
from bpviz.ui.canvas.placing import KINDS, placing_edit
from bpviz.ui.canvas.targets import edge_under, node_under


class MoveNodes(Gesture):
    """Drags nodes; `click` is the node pressed, which alone stays selected if nothing moved.

    A single unit without edges that is let go on an edge is put into it.
    """

    def __init__(self, scene: Stage, start: QPointF, click: str | None) -> None:
        super().__init__(scene, start)
        self._click = click
        self._ids = scene.selected_nodes()
        self._places = [scene.geometry.index[node] for node in self._ids]
        count = scene.geometry.node_count
        self._before = scene.geometry.positions[:count].copy()
        self._others = np.delete(self._before, self._places, axis=0)
        self._now = self._before
        self._moved = False
        self._zoom = 1.0
        self._edge = -1
        self._is_free = self._alone_and_free()
        # Edges swing out of the way of what is moved: asked is where they were.
        self._still = Geometry(scene.session.network) if self._is_free else scene.geometry

    def _alone_and_free(self) -> bool:
        network = self._scene.session.network
        if len(self._ids) != 1 or not isinstance(network.node(self._ids[0]), Unit):
            return False
        return not network.incoming[self._ids[0]] and not network.outgoing[self._ids[0]]

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Show the nodes at their new places, snapped to others where `snaps` says so."""
        by = at - self._start
        if not self._moved and np.hypot(by.x(), by.y()) * zoom < DRAG_DISTANCE:
            return
        self._moved, self._zoom = True, zoom
        self._now = self._snapped(by, zoom)
        self._scene.preview(self._now)
        if self._is_free:
            self._edge = self._edge_below(zoom)
            self._scene.marker.point_at(self._edge)

    def _snapped(self, by: QPointF, zoom: float) -> FloatArray:
        positions = self._before.copy()
        positions[self._places] += (by.x(), by.y())
        if self._scene.sketch.snaps:
            found = snap(positions[self._places], self._others, SNAP_PIXELS / zoom)
            positions[self._places] += (found.dx, found.dy)
            self._scene.sketch.guides.show_guides(found.lines)
        else:
            self._scene.sketch.guides.show_guides(())
        return positions

    def _edge_below(self, zoom: float) -> int:
        x, y = self._now[self._places[0]]
        return self._still.edge_at(float(x), float(y), 2 * SNAP_PIXELS / zoom)

    def _edit(self, at: QPointF) -> Edit | None:
        if not self._moved:
            if self._click is not None:
                self._scene.select([self._click], [])
            return None
        places = self._snapped(at - self._start, self._zoom)[self._places]
        wanted = {
            node: (float(x), float(y)) for node, (x, y) in zip(self._ids, places, strict=True)
        }
        if self._edge >= 0:
            name = self._scene.geometry.names[self._edge]
            self._scene.settle()
            return insert_existing(self._scene.session, name, self._ids[0], wanted[self._ids[0]])
        network = self._scene.session.network
        if all(network.node(node).position == place for node, place in wanted.items()):
            return None
        return move(self._scene.session, wanted)

    def _clear(self) -> None:
        if self._moved:
            self._scene.sketch.clear()
            self._scene.marker.point_at(-1)
            self._scene.preview(self._before)


class PlaceNode(Gesture):
    """Carries a new node of `kind` to where it is let go: on the canvas, or into an edge."""

    def __init__(self, scene: Stage, start: QPointF, kind: str, changed: SignalInstance) -> None:
        """Emit `changed` with "" at the end."""
        super().__init__(scene, start)
        self.kind = kind
        self._changed = changed
        self._zoom = 1.0
        self._ids = set(scene.geometry.ids)

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Show the node at the pointer, and the edge it would be put into."""
        self._zoom = zoom
        self._scene.marker.point_at(self._edge_at(at))
        self._scene.sketch.ghost.show_ghost(self.kind, self._snapped(at))

    def _snapped(self, at: QPointF) -> QPointF:
        guides = self._scene.sketch.guides
        if not self._scene.sketch.snaps:
            guides.show_guides(())
            return at
        still = self._scene.geometry.positions[: self._scene.geometry.node_count]
        found = snap(np.array([[at.x(), at.y()]]), still, SNAP_PIXELS / self._zoom)
        guides.show_guides(found.lines)
        return at + QPointF(found.dx, found.dy)

    def _edge_at(self, at: QPointF) -> int:
        scene = self._scene
        if KINDS[self.kind].combine is None or node_under(scene.geometry, at, self._zoom)[0] >= 0:
            return -1
        return edge_under(scene.picture, at, self._zoom)

    def _edit(self, at: QPointF) -> Edit | None:
        edge = self._edge_at(at)
        place = self._snapped(at)
        if edge >= 0:
            self._scene.settle()
        name = self._scene.geometry.names[edge] if edge >= 0 else ""
        return placing_edit(self._scene.session, self.kind, (place.x(), place.y()), name)

    def _pushed(self) -> None:
        ids = self._scene.geometry.ids
        self._scene.select([node for node in ids if node not in self._ids], [])

    def _clear(self) -> None:
        self._scene.sketch.clear()
        self._scene.marker.point_at(-1)
        self._changed.emit("")
