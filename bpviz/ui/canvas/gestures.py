"""Gestures of the mouse: each ends once, in at most one Edit; Esc cancels it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final, Protocol

from PySide6.QtCore import QPointF, QRectF

from bpviz.model.edit import Edit, EditError
from bpviz.model.schema import Session
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.glide import Glide
from bpviz.ui.canvas.marker import Marker
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.sketch import Sketch

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

    @property
    def picture(self) -> Picture:
        """All that is drawn of the session."""

    @property
    def sketch(self) -> Sketch:
        """What is drawn of the gesture."""

    @property
    def marker(self) -> Marker:
        """What is marked on the drawing."""

    def preview(self, positions: FloatArray) -> None:
        """Draw the nodes at `positions` [N, 2]."""

    @property
    def glide(self) -> Glide:
        """What lets nodes glide to new places."""

    def settle(self) -> None:
        """Let a run end, so that the session holds its numbers."""

    def push(self, edit: Edit, at: QPointF) -> bool:
        """Hand an Edit to the document."""

    def refuse(self, reason: str, at: QPointF) -> None:
        """Show why nothing happens."""

    def ask_loss(self) -> None:
        """Tell that the loss was clicked."""


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
        if edit is not None and self._scene.push(edit, at):
            self._pushed()

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

    def _pushed(self) -> None:  # noqa: B027
        """Do what follows when the Edit has gone through."""

    def _undo(self) -> None:  # noqa: B027
        """Take back what the gesture did to the view alone, such as a selection."""


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
        self._scene.sketch.band.show_box(box)
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
        self._scene.sketch.band.show_box(QRectF())


class PressLoss(SelectBox):
    """A click on the loss, which then is explained; drawn further, it selects in a box."""

    def __init__(self, scene: Stage, start: QPointF) -> None:
        super().__init__(scene, start, additive=False)
        self._is_click = True

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Select what lies in the box once the pointer has left the place of the press."""
        far = math.hypot(at.x() - self._start.x(), at.y() - self._start.y()) * zoom
        if far > DRAG_DISTANCE:
            self._is_click = False
        if not self._is_click:
            super().move_to(at, zoom)

    def _edit(self, at: QPointF) -> Edit | None:
        if self._is_click:
            self._scene.ask_loss()
        return None
