"""The hand on the canvas: the pointer's place, and the gesture that it is making."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from bpviz.ui.canvas.camera import Camera
from bpviz.ui.canvas.gestures import Gesture
from bpviz.ui.canvas.head_gesture import PressHead
from bpviz.ui.canvas.node_gestures import PlaceNode
from bpviz.ui.canvas.scene import CanvasScene

Keys = Qt.KeyboardModifier


class Hand:
    """Makes one gesture at a time; a node can also be placed by a click of its own."""

    def __init__(self, canvas: CanvasScene, camera: Camera) -> None:
        self._canvas = canvas
        self._camera = camera
        self._gesture: Gesture | None = None
        self._acted_on_head = False
        self._menu_place: QPointF | None = None
        self.pointer: QPointF | None = None
        """The scene's point under the pointer, None where that is elsewhere."""

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None and not self._gesture.is_over

    @property
    def placing(self) -> str:
        """The kind of node that the next click places, "" for none."""
        gesture = self._gesture
        return gesture.kind if self.is_busy and isinstance(gesture, PlaceNode) else ""

    @property
    def acted_on_head(self) -> bool:
        """Whether the last press was on the head of a layer, which may have moved away since."""
        return self._acted_on_head

    def press(self, at: QPointF, keys: Keys) -> None:
        """Begin the gesture that a press at the scene's point `at` means."""
        if self.placing:
            self.follow(at, keys)
            return
        self._canvas.glide.finish()
        self._acted_on_head = False
        self._gesture = self._canvas.editor.begin_gesture(
            at,
            self._camera.zoom,
            additive=bool(keys & Keys.ShiftModifier),
            toggle=bool(keys & Keys.ControlModifier),
            drag_number=bool(keys & Keys.AltModifier),
        )

    def move(self, at: QPointF) -> None:
        """Remember where the pointer is."""
        self.pointer, self._menu_place = at, None

    def follow(self, at: QPointF, keys: Keys) -> None:
        """Take the gesture to `at`; Alt leaves alignment out as long as it is held."""
        if self._gesture is not None:
            self._canvas.sketch.hold_snap(bool(keys & Keys.AltModifier))
            self._gesture.move_to(at, self._camera.zoom)

    def finish(self, at: QPointF) -> None:
        """End the gesture at `at`."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            self._acted_on_head = isinstance(gesture, PressHead)
            if isinstance(gesture, PlaceNode):
                # A drawing that is edited by hand stays where the hand is.
                self._camera.hold()
            gesture.finish(at)

    def cancel(self) -> None:
        """End the gesture without any effect."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()

    # -- placing new nodes ---------------------------------------------------------------------

    def begin_placing(self, kind: str) -> None:
        """Let the next click place a node of `kind`."""
        self.cancel()
        at = self.pointer or self._middle()
        self._gesture = self._canvas.editor.begin_placing(kind, at)
        if self.pointer is not None:
            self._gesture.move_to(at, self._camera.zoom)

    def carry(self, to: QPoint) -> None:
        """Carry the node being placed to a point of the viewport."""
        if self.placing and self._gesture is not None:
            self._gesture.move_to(self._camera.scene_point(QPointF(to)), self._camera.zoom)

    def drop(self, to: QPoint, area: QRectF) -> None:
        """Place it at a point of the viewport; outside of `area` it is dropped altogether."""
        if self.placing and area.contains(QPointF(to)):
            self.finish(self._camera.scene_point(QPointF(to)))
        else:
            self.cancel_placing()

    def cancel_placing(self) -> None:
        """Place nothing."""
        if self.placing:
            self.cancel()

    def open_menu(self, at: QPointF) -> None:
        """Remember where a menu was opened: what it adds goes there."""
        self._menu_place = at

    @property
    def is_over(self) -> bool:
        """Whether the pointer is over the canvas, or a menu was opened there."""
        return self.pointer is not None or self._menu_place is not None

    def take_place(self) -> QPointF:
        """Return where something new goes: where the menu was opened, at the pointer, or midway."""
        place = self._menu_place or self.pointer or self._middle()
        self._menu_place = None
        return place

    def _middle(self) -> QPointF:
        return self._camera.scene_point(self._camera.area().center())
