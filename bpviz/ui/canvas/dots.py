"""Dots on paths: how many a second each path sends, and where they are at a moment."""

from __future__ import annotations

from typing import Final

import numpy as np

from bpviz.ui.canvas.geometry import FloatArray, IntArray
from bpviz.ui.canvas.overlays import rounded_up

SPEED: Final = 85.0
"""Scene units a second, of every dot: so their number tells how much arrives."""
MOST_A_SECOND: Final = 5.0
MOST_DOTS: Final = 600
# Neighbouring paths start out of step, by the golden section.
_OUT_OF_STEP: Final = 0.6180339887498949


def dot_unit(sizes: FloatArray, lengths: FloatArray) -> float:
    """Return how much one dot a second stands for: 1, 2 or 5 times a power of ten.

    The largest of `sizes` [T] gets at most MOST_A_SECOND dots a second, and on paths of `lengths`
    [T] there are about MOST_DOTS at most. 0 where all sizes are 0.
    """
    largest = float(sizes.max(initial=0.0))
    if largest <= 0.0:
        return 0.0
    # Divided first, so that the sum of large numbers stays finite.
    shares = sizes / largest
    crowd = float((shares * lengths).sum()) * MOST_A_SECOND / SPEED / MOST_DOTS
    return rounded_up(largest / MOST_A_SECOND * max(crowd, 1.0))


class Dots:
    """Dots that run along T paths, each path with its own number of them a second."""

    def __init__(self) -> None:
        self._points: FloatArray = np.zeros((0, 2, 2))
        self._lengths: FloatArray = np.zeros(0)
        self._rates: FloatArray = np.zeros(0)
        self._phases: FloatArray = np.zeros(0)
        self._names: IntArray = np.zeros(0, np.int64)
        self._owner: IntArray = np.zeros(0, np.int64)
        self._number: FloatArray = np.zeros(0)

    @property
    def points(self) -> FloatArray:
        """The paths' points [T, S, 2], evenly spaced, in the dots' direction."""
        return self._points

    @property
    def rates(self) -> FloatArray:
        """Dots a second of each path, [T]."""
        return self._rates

    def lay(
        self, points: FloatArray, lengths: FloatArray, rates: FloatArray, names: IntArray
    ) -> None:
        """Run dots along paths of `points` [T, S, 2] and `lengths` [T], `rates` [T] > 0 a second.

        Where the paths' `names` [T] are those from before, dots go on from where they are.
        """
        self._points, self._lengths, self._rates = points, lengths, rates
        if not np.array_equal(names, self._names):
            self._names = names
            self._phases = np.mod(names.astype(np.float64) * _OUT_OF_STEP, 1.0)
        count = (lengths * rates / SPEED).astype(np.int64) + 1
        self._owner = np.repeat(np.arange(len(count)), count)
        first = np.repeat(np.cumsum(count) - count, count)
        self._number = (np.arange(len(self._owner)) - first).astype(np.float64)

    def advance(self, seconds: float) -> None:
        """Move all dots on by `seconds`."""
        self._phases = np.mod(self._phases + seconds * self._rates, 1.0)

    def places(self) -> tuple[FloatArray, IntArray]:
        """Return where dots are now, [M, 2], and the path of each, [M]."""
        owner = self._owner
        # Dot k of a path set out k intervals before the newest one did.
        done = (self._phases[owner] + self._number) / self._rates[owner] * SPEED
        there = done <= self._lengths[owner]
        owner = owner[there]
        share = done[there] / np.maximum(self._lengths[owner], 1e-9)
        last = self._points.shape[1] - 1
        place = share * last
        below = np.clip(place.astype(np.int64), 0, last - 1)
        part = (place - below)[:, None]
        points: FloatArray = self._points
        found: FloatArray = (1.0 - part) * points[owner, below] + part * points[owner, below + 1]
        return found, owner
