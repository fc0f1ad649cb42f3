"""Where the labels of edges find room: free places along their edges, none over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from bpviz.ui.canvas.geometry import BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.room import obstacles

GAP: Final = 4.0
# So often may a label push others out of its place.
PUSHES: Final = 150
# Where not all labels find a place they are tried at these sizes.
SCALES: Final = (1.0, 0.87, 0.75)
# So many arrangements are kept: going to and fro over steps asks for the same ones again.
KEPT: Final = 200
# A label keeps this far from other edges, where it can.
_AWAY: Final = 14.0
_PLACES: Final = np.linspace(0.12, 0.88, 33)


class Spot(NamedTuple):
    """Where a label's middle is, in scene units and as a share of its edge's length."""

    x: float
    y: float
    share: float


class LabelRoom:
    """Finds places for labels in one drawing; it is void once a node of `geometry` moves.

    What is judged of the places along one edge holds whichever labels are wanted, and is worked
    out once, when the edge's label is first wanted.
    """

    def __init__(self, geometry: Geometry, size: tuple[float, float]) -> None:
        self.geometry, self.size = geometry, size
        boxes = obstacles(geometry)
        self._trials = tuple(
            _Trial(geometry, boxes, (size[0] * scale, size[1] * scale)) for scale in SCALES
        )
        self._kept: dict[tuple[int, ...], tuple[dict[int, Spot], float]] = {}

    def fit(self, wanted: tuple[int, ...]) -> tuple[dict[int, Spot], float]:
        """Return a spot for each label that finds a place, and the scale of `size` they have.

        The scale is the largest at which all find a place. Where they never all do, it is the
        one at which most do.
        """
        found = self._kept.pop(wanted, None) or self._fit(wanted)
        if len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[wanted] = found
        return found

    def _fit(self, wanted: tuple[int, ...]) -> tuple[dict[int, Spot], float]:
        best: dict[int, Spot] = {}
        best_scale = 1.0
        for scale, trial in zip(SCALES, self._trials, strict=True):
            places = trial.place(wanted)
            if len(places) > len(best):
                best, best_scale = places, scale
            if len(best) == len(wanted):
                break
        return best, best_scale


class _Trial:
    """The places along edges for labels of one size."""

    def __init__(self, geometry: Geometry, boxes: FloatArray, size: tuple[float, float]) -> None:
        self._geometry, self._boxes = geometry, boxes
        self._half = np.array(size) / 2
        edges = len(geometry.source)
        self._row: IntArray = np.full(edges, -1, np.int64)
        shape = (0, len(_PLACES))
        self._centres: FloatArray = np.zeros((*shape, 2))
        self._free: BoolArray = np.zeros(shape, np.bool_)
        self._cost: FloatArray = np.zeros(shape)

    def place(self, wanted: Sequence[int]) -> dict[int, Spot]:
        """Return the middle of each label that finds a place.

        A label is centred on its own edge, and overlaps no node, none of a node's texts and no
        other label. Places near the middle that are clear of other edges are taken first.
        """
        edges = np.asarray(wanted, np.int64)
        if not len(edges):
            return {}
        new = np.unique(edges[self._row[edges] < 0])
        if len(new):
            self._judge(new)
        rows = self._row[edges]
        centres = self._centres[rows].reshape(-1, 2)
        reach = 2 * self._half + GAP
        chosen = _best_arrangement(centres, reach, self._free[rows], self._cost[rows])
        return {
            int(edges[row]): Spot(
                float(centres[place, 0]),
                float(centres[place, 1]),
                float(_PLACES[place % len(_PLACES)]),
            )
            for row, place in chosen.items()
        }

    def _judge(self, edges: IntArray) -> None:
        """Work out which places along `edges` [E] are free, and how good each is."""
        places = np.tile(_PLACES, len(edges))
        centres = self._geometry.along(np.repeat(edges, len(_PLACES)), places)
        free = ~_overlaps(centres, self._half + GAP, self._boxes)
        near = _near_edges(self._geometry, edges, centres, self._half + _AWAY)
        shape = (len(edges), len(_PLACES))
        cost = (np.abs(places - 0.5) + 0.16 * near).reshape(shape)
        self._row[edges] = len(self._free) + np.arange(len(edges))
        self._centres = np.concatenate([self._centres, centres.reshape(*shape, 2)])
        self._free = np.concatenate([self._free, free.reshape(shape)])
        self._cost = np.concatenate([self._cost, cost])


def follow_edges(
    geometry: Geometry, spots: Mapping[int, Spot], size: tuple[float, float]
) -> dict[int, Spot]:
    """Return the labels carried along by edges that moved; those in the way are left out."""
    edges = np.array(list(spots), np.int64)
    if not len(edges):
        return {}
    shares = np.array([spot.share for spot in spots.values()])
    centres = geometry.along(edges, shares)
    half = np.array(size) / 2
    free = ~_overlaps(centres, half, obstacles(geometry))
    clash = _within(centres, centres, 2 * half)
    kept: list[int] = []
    for row in np.flatnonzero(free):
        if not clash[row, kept].any():
            kept.append(int(row))
    return {
        int(edges[row]): Spot(float(centres[row, 0]), float(centres[row, 1]), float(shares[row]))
        for row in kept
    }


def _best_arrangement(
    centres: FloatArray, reach: FloatArray, free: BoolArray, cost: FloatArray
) -> dict[int, int]:
    """Return row → place (row · P + number) of the best arrangement, of those tried.

    A label that finds all its places taken pushes out what stands in the way of its best one;
    what was pushed out often is harder to push out again, so that the search ends. Places whose
    `centres` [E·P, 2] are nearer than `reach` exclude one another, `free` and `cost` [E, P] judge
    each.
    """
    width = free.shape[1]
    waiting = sorted(np.flatnonzero(free.any(axis=1)), key=lambda row: int(free[row].sum()))
    pushed = np.zeros(len(free))
    chosen: dict[int, int] = {}
    best: dict[int, int] = {}
    for _ in range(PUSHES + len(waiting)):
        if not waiting:
            break
        row = int(waiting.pop(0))
        others = np.array(list(chosen), np.int64)
        taken = np.array(list(chosen.values()), np.int64)
        against = _within(centres[row * width : (row + 1) * width], centres[taken], reach)
        price = against @ (1.0 + pushed[others]) + cost[row]
        place = int(np.argmin(np.where(free[row], price, np.inf)))
        for other in others[against[place]]:
            del chosen[int(other)]
            pushed[other] += 1.0
            waiting.append(other)
        chosen[row] = row * width + place
        if len(chosen) > len(best):
            best = dict(chosen)
    return best


def _overlaps(centres: FloatArray, half: FloatArray, boxes: FloatArray) -> BoolArray:
    """Return which boxes of half size `half` around `centres` [M, 2] touch any of `boxes`."""
    x, y = centres[:, 0, None], centres[:, 1, None]
    left, top, right, bottom = boxes.T
    across = (x + half[0] > left) & (x - half[0] < right)
    hit: BoolArray = (across & (y + half[1] > top) & (y - half[1] < bottom)).any(axis=1)
    return hit


def _within(first: FloatArray, second: FloatArray, reach: FloatArray) -> BoolArray:
    """Return which points [M, K] of `first` [M, 2], `second` [K, 2] are nearer than `reach`."""
    near: BoolArray = (np.abs(first[:, 0, None] - second[:, 0]) < reach[0]) & (
        np.abs(first[:, 1, None] - second[:, 1]) < reach[1]
    )
    return near


def _near_edges(
    geometry: Geometry, edges: IntArray, centres: FloatArray, half: FloatArray
) -> FloatArray:
    """Return how many points of other edges are within `half` of each of `centres` [E·P, 2]."""
    lines = geometry.points
    if lines.shape[1] == 2:
        return np.zeros(len(centres))
    points = lines.reshape(-1, 2)
    count = np.zeros((len(edges), len(centres) // len(edges)))
    for row, (edge, along) in enumerate(zip(edges, np.split(centres, len(edges)), strict=True)):
        # Most points of a large network lie nowhere near this edge.
        low, high = along.min(axis=0) - half - 1.0, along.max(axis=0) + half + 1.0
        close = ((points > low) & (points < high)).all(axis=1)
        count[row] = _within(along, points[close], half).sum(axis=1)
        count[row] -= _within(along, lines[edge], half).sum(axis=1)
    return count.ravel()
