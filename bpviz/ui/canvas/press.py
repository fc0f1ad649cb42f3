"""What a press of the mouse begins: a gesture, a selection, or both."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF

from bpviz.ui.canvas.edge_gestures import Connect, Retarget
from bpviz.ui.canvas.gestures import Gesture, PressLoss, SelectBox, Stage
from bpviz.ui.canvas.head_gesture import PressHead
from bpviz.ui.canvas.node_gestures import MoveNodes
from bpviz.ui.canvas.targets import edge_under, end_under, node_under


def gesture_at(
    stage: Stage, at: QPointF, zoom: float, *, additive: bool, toggle: bool
) -> Gesture | None:
    """Return the gesture that a press at `at` begins; the press itself may select.

    `additive` (Shift) and `toggle` (Ctrl) change the selection instead of replacing it.
    """
    geometry = stage.geometry
    part = stage.sketch.heads.part_at(at, zoom)
    if part is not None:
        return PressHead(stage, at, part)
    node, on_rim = node_under(geometry, at, zoom)
    if on_rim:
        return Connect(stage, at, node)
    if 0 <= node < geometry.node_count:
        return _press_node(stage, at, geometry.ids[node], additive, toggle)
    if node == geometry.node_count and not (additive or toggle):
        return PressLoss(stage, at)
    edge = edge_under(stage.picture, at, zoom) if node < 0 else -1
    if edge < 0:
        return SelectBox(stage, at, additive=additive or toggle)
    index = stage.session.network.edge_index
    grasped = end_under(geometry, at, zoom, [*(index[e] for e in stage.selected_edges()[:1]), edge])
    if grasped is not None and not toggle:
        edge = grasped[0]
    nodes = stage.selected_nodes() if additive or toggle else []
    chosen = _after_press(stage.selected_edges(), geometry.names[edge], additive, toggle)
    stage.select(nodes, chosen)
    if grasped is None or toggle:
        return None
    return Retarget(stage, at, geometry.names[edge], grasped[1])


def _press_node(
    stage: Stage, at: QPointF, node: str, additive: bool, toggle: bool
) -> Gesture | None:
    selected, edges = stage.selected_nodes(), stage.selected_edges()
    was_selected = node in selected
    if additive or toggle:
        stage.select(_after_press(selected, node, additive, toggle), edges)
    elif not was_selected:
        stage.select([node], [])
    if was_selected and toggle:
        return None
    return MoveNodes(stage, at, node if was_selected and not additive else None)


def _after_press(selected: Iterable[str], pressed: str, additive: bool, toggle: bool) -> list[str]:
    """Return what is selected after a press on `pressed`."""
    if toggle and pressed in selected:
        return [each for each in selected if each != pressed]
    return [*selected, pressed] if additive or toggle else [pressed]
