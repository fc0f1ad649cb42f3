"""A survey: one pass over all rows that finds dead and saturated units, activations, outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import Program
from bpviz.engine.sweep import Sweep
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Activations that flatten out; one of their units is saturated at a row where its slope is below
# this share of the steepest.
FLATTENING: Final = frozenset({"sigmoid", "tanh", "elu", "gelu", "silu", "softplus"})
SATURATED: Final = 0.04
# Values kept for histograms, over all nodes.
KEPT_VALUES: Final = 200_000


@dataclass(frozen=True, eq=False)
class SurveyResult:
    """What a survey found at one θ, over D training and T test rows and N nodes.

    `dead` [N]: units whose slope is exactly 0 at every training row: no error passes through
    them. `saturated` [N]: the share of training rows at which a unit's slope is nearly flat, 0
    for activations that don't flatten out. `values` [S, N]: activations at every `every`-th
    training row. `outputs` [D, K] and `test_outputs` [T, K].
    """

    iteration: int
    dead: BoolArray
    saturated: FloatArray
    values: FloatArray
    every: int
    outputs: FloatArray
    test_outputs: FloatArray


class Survey:
    """Makes one survey after another of a program on its rows, in slices of work."""

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        self.program, self.rows, self.training = program, rows, training
        self._theta = buffer(program.theta_size)
        self._unused = buffer(program.theta_size)
        self._sweeps: dict[int, Sweep] = {}
        self._limits = _flat_limits(program)
        self._every = max(1, -(-rows.count * len(program.node_ids) // KEPT_VALUES))
        self._parts: Iterator[None] = iter(())
        self._iteration = 0
        self._done = 0
        self._result: SurveyResult | None = None

    @property
    def share(self) -> float:
        """How many of all rows are done, 0 to 1."""
        total = self.rows.count + self.rows.test_count
        return self._done / total if total else 1.0

    @property
    def ended(self) -> bool:
        """Whether there is a result of the survey begun last."""
        return self._result is not None

    @property
    def result(self) -> SurveyResult | None:
        """What was found, once all rows are done."""
        return self._result

    def begin(self, theta: FloatArray, iteration: int) -> None:
        """Begin anew at θ, of which a copy is taken."""
        np.copyto(self._theta, theta)
        self._iteration, self._done, self._result = iteration, 0, None
        self._parts = self._walk()

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` returns True, one slice of rows at least, or to the end."""
        with np.errstate(all="ignore"):
            for _ in self._parts:
                if until():
                    return

    def _walk(self) -> Iterator[None]:
        program, rows = self.program, self.rows
        sloped = np.zeros(program.row_count, dtype=np.bool_)
        flat = np.zeros(program.row_count)
        outputs = np.empty((rows.count, program.output_count))
        test_outputs = np.empty((rows.test_count, program.output_count))
        kept: list[FloatArray] = []
        at = program.node_row[program.output_nodes]
        for start, sweep in self._slices(rows.inputs):
            self._note_slopes(sweep, sloped, flat)
            chosen = np.arange(-start % self._every, sweep.width, self._every)
            kept.append(sweep.a[program.node_row][:, chosen].T.copy())
            outputs[start : start + sweep.width] = sweep.a[at].T
            yield
        for start, sweep in self._slices(rows.test_inputs):
            test_outputs[start : start + sweep.width] = sweep.a[at].T
            yield
        values = np.concatenate(kept) if kept else np.empty((0, len(program.node_ids)))
        is_unit = ~program.is_input
        dead = ~sloped[program.node_row] & is_unit & (rows.count > 0)
        saturated = flat[program.node_row] / max(1, rows.count)
        self._result = SurveyResult(
            self._iteration, dead, saturated, values, self._every, outputs, test_outputs
        )

    def _slices(self, inputs: FloatArray) -> Iterator[tuple[int, Sweep]]:
        size = self.program.slice_rows
        for start in range(0, len(inputs), size):
            some = inputs[start : start + size]
            sweep = self._sweep(len(some))
            np.copyto(sweep.x, some.T)
            for call in sweep.forward:
                call()
            self._done += len(some)
            yield start, sweep

    def _note_slopes(self, sweep: Sweep, sloped: BoolArray, flat: FloatArray) -> None:
        for level in self.program.levels[1:]:
            for group in level.groups:
                rows = slice(group.start, group.stop)
                slopes = ACTIVATIONS[group.activation].derivative(sweep.z[rows], group.parameter)
                sloped[rows] |= (slopes != 0.0).any(axis=1)
                limit = self._limits.get((group.activation, group.parameter), 0.0)
                if limit:
                    flat[rows] += np.count_nonzero(np.abs(slopes) < limit, axis=1)

    def _sweep(self, width: int) -> Sweep:
        if width not in self._sweeps:
            self._sweeps[width] = Sweep(
                self.program, LOSSES[self.training.loss], width, self._theta, self._unused,
                whole=True,
            )  # fmt: skip
        return self._sweeps[width]


def flat_limit(activation: str, parameter: float) -> float:
    """Return the size of slope below which a unit counts as saturated; 0 where it never does."""
    if activation not in FLATTENING:
        return 0.0
    slopes = ACTIVATIONS[activation].derivative(np.linspace(-6.0, 6.0, 121), parameter)
    return SATURATED * float(np.abs(slopes).max())


def _flat_limits(program: Program) -> dict[tuple[str, float], float]:
    """Return the slope below which a unit of each activation counts as saturated."""
    kinds = {
        (group.activation, group.parameter)
        for level in program.levels[1:]
        for group in level.groups
    }
    return {kind: flat_limit(*kind) for kind in kinds}
