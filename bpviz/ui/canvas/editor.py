"""The editing verbs of the canvas: each one Edit, its refusal a tip at the pointer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, QPointF, Signal

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.edit import Edit, EditError
from bpviz.model.verbs import add_unit, delete
from bpviz.ui.canvas.gestures import Gesture, Stage, table_of
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.press import gesture_at
from bpviz.ui.canvas.quantities import quantity_at
from bpviz.ui.canvas.trials import NumberTrials


class EditStage(Stage, Protocol):
    """What the verbs need of the scene."""

    @property
    def picture(self) -> Picture:
        """All that is drawn."""


class Editor(QObject):
    """Edits the document from a scene; `refused` carries why nothing happens, and where."""

    refused = Signal(str, QPointF)

    def __init__(
        self, scene: EditStage, document: Document, player: Player, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.trials = NumberTrials(scene, document, player, self)
        self._scene = scene
        self._document = document
        self._gesture: Gesture | None = None

    def attempt(self, make: Callable[[], Edit], at: QPointF) -> bool:
        """Push the Edit that `make` returns; a refusal becomes a tip and changes nothing."""
        try:
            self._document.push(make())
        except EditError as refusal:
            self.refused.emit(str(refusal), at)
            return False
        return True

    def begin_gesture(
        self, at: QPointF, zoom: float, *, additive: bool, toggle: bool, drag_number: bool = False
    ) -> Gesture | None:
        """Return the gesture that a press at `at` begins; the press itself may select.

        `additive` (Shift) and `toggle` (Ctrl) change the selection instead of replacing it.
        `drag_number` (Alt) drags a number also where it lies inside a node.
        """
        self.cancel_gesture()
        scene = self._scene
        press = partial(
            gesture_at, scene, scene.picture, at, zoom, additive=additive, toggle=toggle
        )
        quantity = None if additive or toggle else quantity_at(scene.picture, at, zoom)
        if quantity is not None:
            self._gesture = self.trials.gesture(at, quantity, press, drag=drag_number)
        else:
            self._gesture = press()
        return self._gesture

    def turn_number(self, at: QPointF, zoom: float, notches: float) -> bool:
        """Change the number at `at` by fine steps of the wheel; return whether there is one."""
        quantity = quantity_at(self._scene.picture, at, zoom)
        if quantity is not None:
            self.trials.turn(quantity, notches, at)
        return quantity is not None

    def cancel_gesture(self) -> None:
        """End the gesture under way, if there is one, without any effect."""
        if self._gesture is not None:
            self._gesture.cancel()
            self._gesture = None

    def add_unit_at(self, at: QPointF) -> None:
        """Add a unit at a point of the scene and select it."""
        place = (at.x(), at.y())
        scene = self._scene
        before = set(scene.geometry.ids)
        if self.attempt(lambda: add_unit(scene.session, place), at):
            scene.select([node for node in scene.geometry.ids if node not in before], [])

    def delete_selected(self) -> None:
        """Delete what is selected, as one Edit."""
        scene = self._scene
        nodes, edges = scene.selected_nodes(), scene.selected_edges()
        if not nodes and not edges:
            return
        table = table_of(scene.session) if nodes else None
        middle = scene.picture.content_rect().center()
        self.attempt(lambda: delete(scene.session, nodes, edges, table), middle)
