"""Where nodes and edges lie: arrays of positions and curves, and what lies under a point."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.model.network import Input, Network

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

RADIUS: Final = 38.0
HALF_SQUARE: Final = 34.0
LOSS_GAP: Final = 160.0
# Up to this many edges are curves that go round nodes; more are straight lines.
CURVE_LIMIT: Final = 500
SAMPLES: Final = 17
_FINE: Final = 41
_CLEARANCE: Final = 8.0
_BOWS: Final = (-90.0, 90.0, -150.0, 150.0, -220.0, 220.0, -320.0, 320.0, -460.0, 460.0)


class Geometry:
    """Places of a network's nodes, of the loss behind its outputs, and of all edges.

    Nodes are numbered as in the network; where there are outputs, the loss is one more at the
    end. Edges are numbered as in the network; behind them follows one from each output to the
    loss. All lengths are in scene units.
    """

    def __init__(self, network: Network) -> None:
        index = network.node_index
        self.ids: tuple[str, ...] = tuple(node.id for node in network.nodes)
        self.edge_index = network.edge_index
        self.names: tuple[str, ...] = tuple(self.edge_index)
        self.index = index
        self.outputs: IntArray = np.array([index[each] for each in network.outputs], np.int64)
        self.has_loss = len(self.outputs) > 0
        inputs = [isinstance(node, Input) for node in network.nodes]
        self.is_square: BoolArray = np.array(inputs + [True] * self.has_loss, np.bool_)
        loss = np.full(len(self.outputs), len(self.ids), np.int64)
        source = [index[edge.source] for edge in network.edges]
        target = [index[edge.target] for edge in network.edges]
        self.source: IntArray = np.concatenate([np.array(source, np.int64), self.outputs])
        self.target: IntArray = np.concatenate([np.array(target, np.int64), loss])
        self.positions: FloatArray = np.zeros((len(self.is_square), 2))
        self.is_curved = len(self.source) <= CURVE_LIMIT
        self.points: FloatArray = np.zeros((0, 2, 2))
        self.controls: FloatArray = np.zeros((0, 4, 2))
        self.lengths: FloatArray = np.zeros(0)
        self._boxes: FloatArray = np.zeros((0, 4))
        self.bounds = (0.0, 0.0, 0.0, 0.0)
        """Left, top, right and bottom of all nodes and edges; zeros where there are none."""
        self.place(np.array([node.position for node in network.nodes], float).reshape(-1, 2))

    @property
    def node_count(self) -> int:
        """Number of the network's own nodes."""
        return len(self.ids)

    @property
    def edge_count(self) -> int:
        """Number of the network's own edges."""
        return len(self.names)

    def place(self, positions: FloatArray) -> None:
        """Put the network's nodes at `positions` [N, 2]; loss and edges follow."""
        self.positions[: self.node_count] = positions
        if self.has_loss:
            self.positions[-1] = self._loss_position()
        self._draw_edges()

    def half_size(self, node: int) -> float:
        """Return half the width of a node's shape."""
        return HALF_SQUARE if self.is_square[node] else RADIUS

    def node_at(self, x: float, y: float, margin: float = 0.0) -> int:
        """Return the uppermost node whose shape, `margin` wider, holds the point; −1 for none."""
        if not len(self.positions):
            return -1
        distance = self._distance_to_shapes(x, y)
        found = np.flatnonzero(distance <= margin)
        return int(found[-1]) if len(found) else -1

    def rim_distance(self, node: int, x: float, y: float) -> float:
        """Return how far outside the node's shape the point is; negative inside."""
        return float(self._distance_to_shapes(x, y)[node])

    def edge_at(self, x: float, y: float, reach: float) -> int:
        """Return the network's edge nearest to the point within `reach`; −1 for none."""
        boxes = self._boxes[: self.edge_count]
        near = np.flatnonzero(
            (boxes[:, 0] <= x + reach)
            & (boxes[:, 1] <= y + reach)
            & (boxes[:, 2] >= x - reach)
            & (boxes[:, 3] >= y - reach)
        )
        if not len(near):
            return -1
        distance = _distance_to_lines(self.points[near], x, y)
        best = int(np.argmin(distance))
        return int(near[best]) if distance[best] <= reach else -1

    def nodes_in(self, left: float, top: float, right: float, bottom: float) -> IntArray:
        """Return the network's nodes whose centres lie in the box."""
        x, y = self.positions[: self.node_count].T
        return np.flatnonzero((x >= left) & (x <= right) & (y >= top) & (y <= bottom))

    def edges_in(self, left: float, top: float, right: float, bottom: float) -> IntArray:
        """Return the edges, those to the loss included, whose boxes touch the box."""
        boxes = self._boxes
        return np.flatnonzero(
            (boxes[:, 0] <= right)
            & (boxes[:, 1] <= bottom)
            & (boxes[:, 2] >= left)
            & (boxes[:, 3] >= top)
        )

    def along(self, edges: IntArray, share: FloatArray) -> FloatArray:
        """Return the points [M, 2] at `share` (0 to 1 of the length) of `edges` [M]."""
        last = self.points.shape[1] - 1
        place = np.clip(share, 0.0, 1.0) * last
        below = np.minimum(place.astype(np.int64), last - 1)
        part = (place - below)[:, None]
        points: FloatArray = self.points
        found: FloatArray = (1.0 - part) * points[edges, below] + part * points[edges, below + 1]
        return found

    def _distance_to_shapes(self, x: float, y: float) -> FloatArray:
        offset = np.abs(self.positions - (x, y))
        round_ = np.hypot(offset[:, 0], offset[:, 1]) - RADIUS
        return np.where(self.is_square, offset.max(axis=1) - HALF_SQUARE, round_)

    def _loss_position(self) -> tuple[float, float]:
        """Return a free place to the right of the outputs, at their middle height."""
        outputs = self.positions[self.outputs]
        x, y = float(outputs[:, 0].max()) + LOSS_GAP, float(outputs[:, 1].mean())
        nodes = self.positions[: self.node_count]
        beside = np.sort(nodes[np.abs(nodes[:, 1] - y) < 3 * RADIUS][:, 0])
        for other in beside:
            if abs(other - x) < 3 * RADIUS:
                x = float(other) + LOSS_GAP
        return x, y

    def _draw_edges(self) -> None:
        start, end, level = self._ends()
        if not self.is_curved:
            self.points = np.stack([start, end], axis=1)
            self.controls = np.zeros((0, 4, 2))
            self.lengths = np.hypot(*(end - start).T)
        else:
            bow = self._bows(start, end, level)
            self.controls = _controls(start, end, level, bow)
            self.points, self.lengths = _even_points(self.controls)
        low, high = self.points.min(axis=1), self.points.max(axis=1)
        self._boxes = np.concatenate([low, high], axis=1)
        if len(self.positions):
            corners = [self.positions - RADIUS, self.positions + RADIUS, low, high]
            left, top = np.concatenate(corners).min(axis=0)
            right, bottom = np.concatenate(corners).max(axis=0)
            self.bounds = (float(left), float(top), float(right), float(bottom))

    def _ends(self) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return where each edge leaves and arrives, and which run from rim to rim sideways."""
        centre_from, centre_to = self.positions[self.source], self.positions[self.target]
        half = np.where(self.is_square, HALF_SQUARE, RADIUS)
        half_from, half_to = half[self.source], half[self.target]
        apart = centre_to - centre_from
        level = apart[:, 0] >= half_from + half_to + 24.0
        side = np.array([1.0, 0.0])
        start = centre_from + half_from[:, None] * side
        end = centre_to - half_to[:, None] * side
        if not level.all():
            distance = np.maximum(np.hypot(*apart.T), 1e-9)
            direction = apart / distance[:, None]
            # A square's rim lies further out along a slanting line.
            slant = 1.0 / np.maximum(np.abs(direction).max(axis=1), 1e-9)
            out_from = half_from * np.where(self.is_square[self.source], slant, 1.0)
            out_to = half_to * np.where(self.is_square[self.target], slant, 1.0)
            direct_start = centre_from + direction * out_from[:, None]
            direct_end = centre_to - direction * out_to[:, None]
            start = np.where(level[:, None], start, direct_start)
            end = np.where(level[:, None], end, direct_end)
        return start, end, level

    def _bows(self, start: FloatArray, end: FloatArray, level: BoolArray) -> FloatArray:
        """Return how far each edge swings up (−) or down (+), so that it passes no node behind."""
        bow = np.zeros(len(start))
        hit = self._passes_a_node(_controls(start, end, level, bow), np.arange(len(start)))
        blocked = np.flatnonzero(hit)
        for swing in _BOWS:
            if not len(blocked):
                break
            trial = _controls(
                start[blocked], end[blocked], level[blocked], np.full(len(blocked), swing)
            )
            free = ~self._passes_a_node(trial, blocked)
            bow[blocked[free]] = swing
            blocked = blocked[~free]
        return bow

    def _passes_a_node(self, controls: FloatArray, edges: IntArray) -> BoolArray:
        points = _bezier(controls, 13)
        hit = np.zeros(len(edges), np.bool_)
        for node, centre in enumerate(self.positions):
            offset = np.abs(points - centre)
            close = (offset.max(axis=2) < RADIUS + _CLEARANCE).any(axis=1)
            hit |= close & (self.source[edges] != node) & (self.target[edges] != node)
        return hit


def _controls(start: FloatArray, end: FloatArray, level: BoolArray, bow: FloatArray) -> FloatArray:
    """Return the four control points [E, 4, 2] of each edge's cubic curve."""
    apart = end - start
    lead = np.where(level[:, None], np.stack([apart[:, 0] / 2, 0 * bow], 1), apart / 3)
    size = np.maximum(np.hypot(*apart.T), 1e-9)[:, None]
    aside = np.stack([-apart[:, 1], apart[:, 0]], axis=1) / size
    swing = bow[:, None] * np.where(level[:, None], np.array([0.0, 1.0]), aside)
    return np.stack([start, start + lead + swing, end - lead + swing, end], axis=1)


def _bezier(controls: FloatArray, count: int) -> FloatArray:
    """Return `count` points, evenly spaced in the parameter, of cubic curves [E, count, 2]."""
    t = np.linspace(0.0, 1.0, count)
    weights = np.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3], axis=1)
    points: FloatArray = np.einsum("sc,ecd->esd", weights, controls)
    return points


def _even_points(controls: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return points [E, SAMPLES, 2] evenly spaced along the curves, and the lengths [E]."""
    fine = _bezier(controls, _FINE)
    step = np.hypot(*np.moveaxis(np.diff(fine, axis=1), 2, 0))
    done = np.concatenate([np.zeros((len(fine), 1)), np.cumsum(step, axis=1)], axis=1)
    length = done[:, -1]
    wanted = np.linspace(0.0, 1.0, SAMPLES)[None, :] * length[:, None]
    below = (done[:, :, None] <= wanted[:, None, :]).sum(axis=1) - 1
    below = np.clip(below, 0, _FINE - 2)
    rows = np.arange(len(fine))[:, None]
    size = np.maximum(done[rows, below + 1] - done[rows, below], 1e-12)
    part = np.clip((wanted - done[rows, below]) / size, 0.0, 1.0)[:, :, None]
    return (1.0 - part) * fine[rows, below] + part * fine[rows, below + 1], length


def _distance_to_lines(points: FloatArray, x: float, y: float) -> FloatArray:
    """Return the distance of a point to each polyline [E, S, 2]."""
    start, apart = points[:, :-1], np.diff(points, axis=1)
    size = np.maximum((apart**2).sum(axis=2), 1e-12)
    place = np.clip((((x, y) - start) * apart).sum(axis=2) / size, 0.0, 1.0)
    nearest = start + place[:, :, None] * apart
    distance: FloatArray = np.hypot(nearest[..., 0] - x, nearest[..., 1] - y).min(axis=1)
    return distance
