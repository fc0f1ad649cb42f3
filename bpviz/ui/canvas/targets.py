"""What of the drawing lies under the pointer, and what there is to say of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from PySide6.QtCore import QPointF, Qt

from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.tips import edge_tip, node_tip

# The rim, from which edges are drawn, reaches so far into and out of a node's shape.
RIM_INSIDE, RIM_OUTSIDE = 6.0, 9.0
# An edge is under the pointer within this many pixels.
EDGE_REACH: Final = 7.0
# An edge's ends can be grasped this far from the nodes, and within this many pixels.
HANDLE_DISTANCE: Final = 24.0
HANDLE_REACH: Final = 10.0


def node_under(geometry: Geometry, at: QPointF, zoom: float) -> tuple[int, bool]:
    """Return the node at a point (the loss counts), −1 for none, and whether it is its rim."""
    margin = RIM_OUTSIDE / max(zoom, 0.5)
    node = geometry.node_at(at.x(), at.y(), margin)
    if node < 0 or node == geometry.node_count:
        return node, False
    return node, geometry.rim_distance(node, at.x(), at.y()) > -RIM_INSIDE


def edge_under(picture: Picture, at: QPointF, zoom: float) -> int:
    """Return the edge at a point, or whose label is there; −1 for none."""
    width, height = picture.label_layer.size
    for label in picture.label_layer.labels:
        if abs(label.x - at.x()) <= width / 2 and abs(label.y - at.y()) <= height / 2:
            return label.edge
    return picture.geometry.edge_at(at.x(), at.y(), EDGE_REACH / zoom)


def handle_points(geometry: Geometry, edge: int) -> tuple[QPointF, QPointF]:
    """Return where an edge can be grasped: near its source and near its target."""
    length = float(geometry.lengths[edge])
    share = min(HANDLE_DISTANCE / max(length, 1e-9), 0.3)
    places = geometry.along(np.array([edge, edge]), np.array([share, 1.0 - share]))
    return QPointF(*places[0]), QPointF(*places[1])


def end_under(
    geometry: Geometry, at: QPointF, zoom: float, edges: Sequence[int]
) -> tuple[int, Literal["source", "target"]] | None:
    """Return the first of `edges` whose end is at a point, and which end; None for none."""
    reach = HANDLE_REACH / zoom
    for edge in edges:
        if not 0 <= edge < geometry.edge_count:
            continue
        source, target = handle_points(geometry, edge)
        from_source, from_target = (
            math.hypot(at.x() - end.x(), at.y() - end.y()) for end in (source, target)
        )
        if min(from_source, from_target) <= reach:
            return edge, "source" if from_source <= from_target else "target"
    return None


def cursor_over(node: int, edge: int, *, can_draw: bool) -> Qt.CursorShape:
    """Return the cursor that says what a press does over a node or an edge (−1: none).

    `can_draw`: there an edge is drawn, or its end taken elsewhere.
    """
    if can_draw:
        return Qt.CursorShape.CrossCursor
    nothing = node < 0 and edge < 0
    return Qt.CursorShape.ArrowCursor if nothing else Qt.CursorShape.PointingHandCursor


def tip_text(picture: Picture, at: QPointF, zoom: float) -> str:
    """Return what there is to say of the node or edge at a point, with all digits."""
    node, _ = node_under(picture.geometry, at, zoom)
    if node >= 0:
        return node_tip(picture.session, picture.geometry, picture.shown, node)
    edge = edge_under(picture, at, zoom)
    return edge_tip(picture.session, picture.shown, edge) if edge >= 0 else ""


def named(geometry: Geometry, node: int, edge: int) -> tuple[str, str]:
    """Return kind and name of a node (the loss: "network") or an edge, of neither two ""."""
    if node >= 0:
        is_loss = node == geometry.node_count
        return ("network", "") if is_loss else ("node", geometry.ids[node])
    # Behind the network's own edges stand those to the loss.
    return ("edge", geometry.names[edge]) if 0 <= edge < geometry.edge_count else ("", "")


def placed(geometry: Geometry, kind: str, name: str) -> tuple[int, int]:
    """Return the node and the edge of that kind and name, −1 where there is none."""
    if kind == "network":
        return (geometry.node_count if geometry.has_loss else -1), -1
    if kind == "node":
        return geometry.index.get(name, -1), -1
    return -1, geometry.names.index(name) if name in geometry.names else -1
