"""The keyboard on the canvas: which item it stands on, and what a screen reader says of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGraphicsView

from bpviz.ui.canvas.geometry import RADIUS
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.spoken import spoken
from bpviz.ui.canvas.walk import Direction, Item, beside, neighbour

NAME = "Network"
MARGIN = 60


class Walker(QObject):
    """Moves the selection by keys and keeps the view's accessible name on what is selected."""

    def __init__(self, scene: CanvasScene, view: QGraphicsView) -> None:
        super().__init__(view)
        self._scene = scene
        self._view = view
        self._here: Item | None = None
        self._kept: tuple[list[str], list[str]] = ([], [])
        scene.selection_changed.connect(self._on_selection_changed)
        scene.surround_changed.connect(self.speak)
        self.speak()

    @property
    def item(self) -> Item | None:
        """The one node or edge that is selected, None where none or several are.

        Where some are kept in the selection it is the one that the keys went to last.
        """
        nodes, edges = self._scene.selected_nodes(), self._scene.selected_edges()
        if len(nodes) + len(edges) == 1:
            return ("node", nodes[0]) if nodes else ("edge", edges[0])
        if self._here is None or not any(self._kept):
            return None
        kind, name = self._here
        return self._here if name in (nodes if kind == "node" else edges) else None

    def keep(self) -> None:
        """Keep what is selected, so that going on adds to it; a second time: no longer."""
        chosen = (self._scene.selected_nodes(), self._scene.selected_edges())
        again, item = chosen == self._kept, self.item
        if again:
            self._kept = ([], [])
            if item is not None:
                self._stand_on(item)
        else:
            self._here, self._kept = item, chosen
        self.speak()

    def tab(self, *, forward: bool) -> bool:
        """Go to the next item or the one before; False beyond the last and the first."""
        network = self._scene.session.network
        return self._stand_on(beside(self._scene.geometry, network, self.item, forward=forward))

    def go(self, direction: Direction) -> bool:
        """Go to the neighbour in a direction; False where there is none."""
        network = self._scene.session.network
        return self._stand_on(neighbour(self._scene.geometry, network, self.item, direction))

    def on_go(self, action: QAction, _checked: bool = False) -> None:
        """Go the way that the action is called after."""
        ways: tuple[Direction, ...] = ("left", "right", "up", "down")
        name = action.objectName().removeprefix("edit.go_")
        self.go(next(way for way in ways if way == name))
        self._view.setFocus()

    def speak(self) -> None:
        """Let a screen reader hear the item and its numbers; a run would only be noise."""
        if self._scene.is_running:
            return
        item, kept = self.item, sum(map(len, self._kept))
        count = len(self._scene.selected_nodes()) + len(self._scene.selected_edges())
        if item is not None:
            said = spoken(self._scene.picture, item)
            if kept:
                said += f"; {count} selected, {kept} of them kept"
        elif count:
            said = f"{NAME}: {count} items selected"
        else:
            network = self._scene.session.network
            said = f"{NAME}: {len(network.nodes)} nodes, {len(network.edges)} edges"
        if said != self._view.accessibleName():
            self._view.setAccessibleName(said)

    def _stand_on(self, item: Item | None) -> bool:
        if item is None:
            return False
        kind, name = item
        nodes, edges = ([each for each in kept if each != name] for kept in self._kept)
        (nodes if kind == "node" else edges).append(name)
        self._here = item
        self._scene.select(nodes, edges)
        self.show_item()
        return True

    def show_item(self) -> None:
        """Bring what the keys stand on into view."""
        if self.item is None:
            return
        kind, name = self.item
        geometry = self._scene.geometry
        if kind == "node":
            x, y = geometry.positions[geometry.index[name]]
        else:
            x, y = geometry.points[geometry.names.index(name)].mean(axis=0)
        box = QRectF(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS)
        if (
            not self._view.viewportTransform()
            .mapRect(box)
            .intersects(QRectF(self._view.viewport().rect()))
        ):
            self._view.ensureVisible(box, MARGIN, MARGIN)

    def _on_selection_changed(self) -> None:
        """Keep nothing any more where another hand has selected something else."""
        nodes, edges = set(self._scene.selected_nodes()), set(self._scene.selected_edges())
        if not (nodes.issuperset(self._kept[0]) and edges.issuperset(self._kept[1])):
            self._kept = ([], [])
        self.speak()
