"""The loss over two parameters: a grid of losses around the present ones, and its contour lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.datasets import Rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.program import Program
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Kind: TypeAlias = Literal["weight", "bias"]

GRID: Final = 41


class Parameter(NamedTuple):
    """One parameter by name: the weight of an edge "A->B", or the bias of a unit."""

    kind: Kind
    name: str

    def slots(self, program: Program) -> IntArray:
        """Return its positions in θ: one, all members' where it is shared, none if not there."""
        network = program.network
        slot = -1
        if self.kind == "weight" and self.name in network.edge_index:
            slot = int(program.edge_slot[network.edge_index[self.name]])
        elif self.kind == "bias" and self.name in network.node_index:
            slot = int(program.bias_slot[network.node_index[self.name]])
        shares = program.shares
        if shares is not None and slot in shares.members:
            mine = shares.group[np.flatnonzero(shares.members == slot)[0]]
            return np.asarray(shares.members[shares.group == mine], dtype=np.int64)
        return np.array([slot] if slot >= 0 else [], dtype=np.int64)


def parameters_of(program: Program, limit: int) -> list[Parameter]:
    """Return up to `limit` parameters that training may change; all kinds where it changes none."""
    network = program.network
    trainable = [
        *(Parameter("weight", edge.name) for edge in network.edges[:limit] if edge.trainable),
        *(Parameter("bias", unit.id) for unit in network.units[:limit] if unit.trainable_bias),
    ]
    return (trainable or [Parameter("weight", edge.name) for edge in network.edges])[:limit]


class LossSurface:
    """The losses over a grid of two parameters, all others as in θ; computed in slices.

    `losses` [41, 41]: row j belongs to the second parameter's value `second[j]`, column i to the
    first's `first[i]`; nan where it is not computed yet or not finite. The loss is that over all
    training rows, without penalties.
    """

    def __init__(
        self,
        program: Program,
        rows: Rows,
        training: Training,
        theta: FloatArray,
        slots: tuple[IntArray, IntArray],
        spans: tuple[tuple[float, float], tuple[float, float]],
    ) -> None:
        self._evaluator = Evaluator(program, rows, training)
        self._theta = theta.copy()
        self._slots = slots
        self.first = np.linspace(*spans[0], GRID)
        self.second = np.linspace(*spans[1], GRID)
        self.losses = np.full((GRID, GRID), np.nan)
        self._done = 0

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self._done / self.losses.size

    @property
    def ended(self) -> bool:
        """Whether every loss is computed."""
        return self._done == self.losses.size

    def work(self, until: Callable[[], bool]) -> None:
        """Compute losses until `until` returns True, one at least, or to the end."""
        while not self.ended:
            row, column = divmod(self._done, GRID)
            self._theta[self._slots[0]] = self.first[column]
            self._theta[self._slots[1]] = self.second[row]
            try:
                self.losses[row, column] = self._evaluator.loss(self._theta)
            except NonFinite:
                self.losses[row, column] = np.nan
            self._done += 1
            if until():
                return


def shades(losses: FloatArray) -> FloatArray:
    """Return how high each loss stands, 0 to 1 from lowest to highest; nan stays nan.

    By the logarithm where losses are positive and spread over more than a factor 20.
    """
    finite = losses[np.isfinite(losses)]
    if not finite.size:
        return np.full(losses.shape, np.nan)
    low, high = float(finite.min()), float(finite.max())
    heights = losses
    if low > 0.0 and high > 20.0 * low:
        heights, low, high = np.log(losses), float(np.log(low)), float(np.log(high))
    return (
        (heights - low) / (high - low) if high > low else np.where(np.isfinite(losses), 0.0, np.nan)
    )


def contour(heights: FloatArray, x: FloatArray, y: FloatArray, level: float) -> FloatArray:
    """Return the contour line of `heights` [len(y), len(x)] at `level` as segments [S, 2, 2].

    Marching squares: within each cell of the grid, straight lines between the points at which
    its edges cross the level by linear interpolation. Cells with a nan have none.
    """
    corners = [heights[:-1, :-1], heights[:-1, 1:], heights[1:, 1:], heights[1:, :-1]]
    xs = [np.broadcast_to(each, corners[0].shape) for each in (x[:-1], x[1:], x[1:], x[:-1])]
    ys = [
        np.broadcast_to(each[:, None], corners[0].shape) for each in (y[:-1], y[:-1], y[1:], y[1:])
    ]
    points = np.full((4, *corners[0].shape, 2), np.nan)
    whole = np.isfinite(sum(corners[1:], corners[0]))
    with np.errstate(all="ignore"):
        for edge in range(4):
            a, b = corners[edge], corners[(edge + 1) % 4]
            crosses = ((a < level) != (b < level)) & whole
            share = (level - a) / (b - a)
            for axis, ends in enumerate((xs, ys)):
                place = ends[edge] + share * (ends[(edge + 1) % 4] - ends[edge])
                points[edge, ..., axis] = np.where(crosses, place, np.nan)
    cells = points.reshape(4, -1, 2).transpose(1, 0, 2)
    there = np.isfinite(cells[..., 0])
    crossed = there.sum(axis=1)
    once = cells[crossed == 2]
    pairs = once[there[crossed == 2]].reshape(-1, 2, 2)
    twice = cells[crossed == 4].reshape(-1, 2, 2)
    return np.concatenate([pairs, twice])
