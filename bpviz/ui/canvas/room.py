"""Room for texts: where the lines over and under nodes lie, and which of them may be shown."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from bpviz.ui.canvas.card import ABOVE_BAND, ABOVE_TEXT, BELOW_BAND, CIRCLE_TEXT, SQUARE_TEXT
from bpviz.ui.canvas.geometry import RADIUS, BoolArray, FloatArray, Geometry, IntArray

# Nodes further apart than this, across or down, are never in each other's way.
_REACH: Final = (2 * SQUARE_TEXT, 2 * RADIUS + 60.0)
# A node with more others than these at its height has no lines: nothing there can be read.
_MOST_NEAR: Final = 400


class Lines(NamedTuple):
    """Which nodes have room for the line under them and for the one over them, [N] each."""

    below: BoolArray
    above: BoolArray


def shape_boxes(geometry: Geometry) -> FloatArray:
    """Return the boxes [N, 4] (left, top, right, bottom) of the nodes' shapes."""
    x, y = geometry.positions.T
    return np.stack([x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS], axis=1)


def below_boxes(geometry: Geometry) -> FloatArray:
    """Return the boxes [N, 4] of the lines under nodes.

    Texts under squares reach away from the edges: left of inputs, right of the loss.
    """
    x, y = geometry.positions.T
    left, right = np.full((2, len(x)), CIRCLE_TEXT / 2)
    left[geometry.is_square] = SQUARE_TEXT - RADIUS
    right[geometry.is_square] = RADIUS
    if geometry.has_loss:
        left[-1], right[-1] = right[-1], left[-1]
    top, bottom = BELOW_BAND
    return np.stack([x - left, y + top, x + right, y + bottom], axis=1)


def above_boxes(geometry: Geometry) -> FloatArray:
    """Return the boxes [N, 4] of the lines over nodes; inputs have none, and no box."""
    x, y = geometry.positions.T
    half = np.full(len(x), ABOVE_TEXT / 2)
    top, bottom = ABOVE_BAND
    boxes = np.stack([x - half, y + top, x + half, y + bottom], axis=1)
    inputs = geometry.is_square.copy()
    if geometry.has_loss:
        inputs[-1] = False
    boxes[inputs] = np.nan
    return boxes


def lines_with_room(geometry: Geometry) -> Lines:
    """Return the lines that touch no other node and no other line.

    Places depend on the nodes alone, so that no line comes and goes while numbers change. Where
    two lines are in each other's way, those under nodes, the gradients, come before those over
    them, and nodes come in their order.
    """
    first, second, is_crowded = _neighbours(geometry.positions)
    both = np.concatenate([first, second]), np.concatenate([second, first])
    shapes, under, over = shape_boxes(geometry), below_boxes(geometry), above_boxes(geometry)
    below, above = ~is_crowded, ~is_crowded
    below[both[0][_touching(under[both[0]], shapes[both[1]])]] = False
    _settle(below, *_pairs_touching(under, first, second))
    above[both[0][_touching(over[both[0]], shapes[both[1]])]] = False
    above[both[0][_touching(over[both[0]], under[both[1]]) & below[both[1]]]] = False
    _settle(above, *_pairs_touching(over, first, second))
    return Lines(below, above)


def obstacles(geometry: Geometry) -> FloatArray:
    """Return the boxes [B, 4] of all that the labels of edges must not cover."""
    lines = lines_with_room(geometry)
    over = above_boxes(geometry)
    over = over[lines.above & ~np.isnan(over[:, 0])]
    return np.concatenate([shape_boxes(geometry), below_boxes(geometry)[lines.below], over])


def _neighbours(positions: FloatArray) -> tuple[IntArray, IntArray, BoolArray]:
    """Return pairs of nodes near enough to be in each other's way, and who has too many near.

    The first of each pair comes before the second in the network.
    """
    x, y = positions.T
    order = np.argsort(y, kind="stable")
    pairs: list[IntArray] = [np.zeros((2, 0), np.int64)]
    is_crowded = np.zeros(len(x), np.bool_)
    for step in range(1, len(order)):
        upper, lower = order[:-step], order[step:]
        is_near = y[lower] - y[upper] < _REACH[1]
        if not is_near.any():
            break
        if step > _MOST_NEAR:
            is_crowded[upper[is_near]] = is_crowded[lower[is_near]] = True
            break
        is_near &= np.abs(x[lower] - x[upper]) < _REACH[0]
        pairs.append(np.sort(np.stack([upper[is_near], lower[is_near]]), axis=0))
    first, second = np.concatenate(pairs, axis=1)
    return first, second, is_crowded


def _pairs_touching(
    boxes: FloatArray, first: IntArray, second: IntArray
) -> tuple[IntArray, IntArray]:
    hit = _touching(boxes[first], boxes[second])
    return first[hit], second[hit]


def _settle(free: BoolArray, first: IntArray, second: IntArray) -> None:
    """Take `free` from the later of two that touch, where both have it, in the nodes' order."""
    for place in np.lexsort((first, second)):
        if free[first[place]]:
            free[second[place]] = False


def _touching(boxes: FloatArray, others: FloatArray) -> BoolArray:
    """Return which boxes [M, 4] overlap those in the same row of `others` [M, 4]."""
    left, top, right, bottom = boxes.T
    touching: BoolArray = (
        (left < others[:, 2])
        & (right > others[:, 0])
        & (top < others[:, 3])
        & (bottom > others[:, 1])
    )
    return touching
