"""Editing from the canvas: gestures and verbs, each one Edit, its refusal a tip at the pointer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QPointF, Signal

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.edit import Edit, EditError
from bpviz.model.verbs import arrange, delete, nudge
from bpviz.ui.canvas.gestures import Gesture, Stage
from bpviz.ui.canvas.node_gestures import PlaceNode
from bpviz.ui.canvas.placing import placing_edit, table_of
from bpviz.ui.canvas.press import gesture_at
from bpviz.ui.canvas.quantities import Quantity, quantity_at
from bpviz.ui.canvas.targets import edge_under, named, node_under
from bpviz.ui.canvas.trials import NumberTrials


class Editor(QObject):
    """Edits the document from a scene.

    `refused` carries why nothing happens, and where; `placing_changed` the kind of node that is
    being placed, or "".
    """

    refused = Signal(str, QPointF)
    placing_changed = Signal(str)

    def __init__(self, scene: Stage, document: Document, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self.trials = NumberTrials(scene, document, player, self)
        self._scene = scene
        self._document = document
        self._player = player
        self._gesture: Gesture | None = None

    def attempt(
        self, make: Callable[[], Edit], at: QPointF | None = None, *, join: bool = False
    ) -> bool:
        """Push the Edit that `make` returns; a refusal becomes a tip and changes nothing.

        The tip stands at `at`, by default at what is selected. Return whether the edit went.
        With `join` it becomes one entry with the last, where that is its like.
        """
        try:
            self._document.settle()
            self._document.push(make(), join=join)
        except EditError as refusal:
            self.refused.emit(str(refusal), self.anchor() if at is None else at)
            return False
        return True

    def attempt_new(self, make: Callable[[], Edit], at: QPointF | None = None) -> bool:
        """Do as `attempt`, and select the nodes that are new then."""
        before = set(self._scene.geometry.ids)
        if not self.attempt(make, at):
            return False
        fresh = [node for node in self._scene.geometry.ids if node not in before]
        self._scene.select(fresh, [])
        return True

    def anchor(self) -> QPointF:
        """Return where what is selected lies; the drawing's middle where nothing is."""
        geometry, network = self._scene.geometry, self._scene.session.network
        ends = [network.edge(name) for name in self._scene.selected_edges()]
        nodes = [*self._scene.selected_nodes(), *(edge.target for edge in ends)]
        if not nodes:
            return self._scene.picture.content_rect().center()
        return QPointF(*geometry.positions[[geometry.index[each] for each in nodes]].mean(axis=0))

    def kind_selected(self) -> str:
        """Return what is selected: a "node", an "edge", or nothing but the "canvas"."""
        if self._scene.selected_nodes():
            return "node"
        return "edge" if self._scene.selected_edges() else "canvas"

    def choose_at(self, at: QPointF, zoom: float) -> str:
        """Select what lies at a point, unless it is selected; return its kind as above."""
        scene = self._scene
        node, _ = node_under(scene.geometry, at, zoom)
        kind, name = named(scene.geometry, node, edge_under(scene.picture, at, zoom))
        if kind == "node" and name not in scene.selected_nodes():
            scene.select([name], [])
        elif kind == "edge" and name not in scene.selected_edges():
            scene.select([], [name])
        return kind if kind in ("node", "edge") else "canvas"

    def is_free(self, at: QPointF, zoom: float) -> bool:
        """Whether nothing lies at a point that a press would be about."""
        scene = self._scene
        if scene.sketch.heads.part_at(at, zoom) or node_under(scene.geometry, at, zoom)[0] >= 0:
            return False
        return edge_under(scene.picture, at, zoom) < 0

    # -- gestures ------------------------------------------------------------------------------

    def begin_gesture(
        self, at: QPointF, zoom: float, *, additive: bool, toggle: bool, drag_number: bool = False
    ) -> Gesture | None:
        """Return the gesture that a press at `at` begins; the press itself may select.

        `additive` (Shift) and `toggle` (Ctrl) change the selection instead of replacing it.
        `drag_number` (Alt) drags a number also where it lies inside a node.
        """
        self.cancel_gesture()
        scene = self._scene
        press = partial(gesture_at, scene, at, zoom, additive=additive, toggle=toggle)
        quantity = None if additive or toggle else self._number_at(at, zoom, drag=drag_number)
        if quantity is not None:
            self._gesture = self.trials.gesture(at, quantity, press, drag=drag_number)
        else:
            self._gesture = press()
        return self._gesture

    def begin_placing(self, kind: str, at: QPointF) -> Gesture:
        """Return the gesture that carries a new node of `kind` to its place."""
        self.cancel_gesture()
        self._gesture = PlaceNode(self._scene, at, kind, self.placing_changed)
        self.placing_changed.emit(kind)
        return self._gesture

    def turn_number(self, at: QPointF, zoom: float, notches: float) -> bool:
        """Change the number at `at` by fine steps of the wheel; return whether there is one."""
        quantity = self._number_at(at, zoom, drag=True)
        if quantity is not None:
            self.trials.turn(quantity, notches, at)
        return quantity is not None

    def _number_at(self, at: QPointF, zoom: float, *, drag: bool) -> Quantity | None:
        """Return the number at a point, None where there is none.

        A run or a scrub rests first where the number is about to be changed: it would run away,
        or be another than the session's. One inside a node is, with `drag`.
        """
        found = quantity_at(self._scene.picture, at, zoom)
        moves = self._player.running or self._player.scrubbing
        if found is not None and moves and (drag or not found.is_inside):
            self._player.pause()
            found = quantity_at(self._scene.picture, at, zoom)
        return None if found is None else self.trials.known(found)

    def cancel_gesture(self) -> None:
        """End the gesture under way, if there is one, without any effect."""
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None

    # -- verbs ---------------------------------------------------------------------------------

    def add_at(self, kind: str, at: QPointF) -> None:
        """Add a node of `kind` at a point of the scene and select it."""
        place = (at.x(), at.y())
        self.attempt_new(lambda: placing_edit(self._scene.session, kind, place), at)

    def arrange(self) -> None:
        """Place all nodes by layers, with few crossings; they glide there."""
        geometry = self._scene.geometry
        old = geometry.positions[: geometry.node_count].copy()
        if self.attempt(lambda: arrange(self._scene.session)):
            self._scene.glide.start(old, geometry.positions[: geometry.node_count])

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected nodes a little; nudges one after the other are one Edit."""
        geometry, ids = self._scene.geometry, self._scene.selected_nodes()
        if not ids:
            self.refused.emit("Select the nodes to move", self.anchor())
            return
        places = geometry.positions[[geometry.index[each] for each in ids]] + (dx, dy)
        wanted = {node: (float(x), float(y)) for node, (x, y) in zip(ids, places, strict=True)}
        self.attempt(lambda: nudge(self._scene.session, wanted), join=True)

    def delete_selected(self) -> None:
        """Delete what is selected, as one Edit."""
        scene = self._scene
        nodes, edges = scene.selected_nodes(), scene.selected_edges()
        if not nodes and not edges:
            return
        table = table_of(scene.session) if nodes else None
        self.attempt(lambda: delete(scene.session, nodes, edges, table))
