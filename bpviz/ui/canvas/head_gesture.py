"""A press on the head of a layer: it acts where it is let go on the same part."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from bpviz.model.edit import Edit
from bpviz.model.layers import add_layer, grow_layer, layer_of, shrink_layer
from bpviz.ui.canvas.gestures import Gesture, Stage
from bpviz.ui.canvas.heads import Part
from bpviz.ui.canvas.placing import table_of


class PressHead(Gesture):
    """Selects a layer, changes its size, or adds one behind it."""

    def __init__(self, scene: Stage, start: QPointF, part: Part) -> None:
        super().__init__(scene, start)
        self._part = part

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Light the part as long as the pointer is on it."""
        self._scene.sketch.heads.light(self._part if self._part.box.contains(at) else None)

    def _edit(self, at: QPointF) -> Edit | None:
        session, node = self._scene.session, self._part.node
        if not self._part.box.contains(at) or node not in session.network.node_index:
            return None
        if self._part.what == "select":
            layer = layer_of(session.network, node)
            self._scene.select(layer.ids if layer else [node], [])
            return None
        if self._part.what == "insert":
            return add_layer(session, node)
        change = grow_layer if self._part.what == "grow" else shrink_layer
        return change(session, node, table_of(session))

    def _clear(self) -> None:
        self._scene.sketch.heads.light(None)
