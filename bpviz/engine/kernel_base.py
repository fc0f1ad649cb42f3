"""What all kernels hold and know alike: θ, slots and step, and which rows an iteration takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.datasets import Rows, batch_size, batches_per_epoch
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]


class Window(NamedTuple):
    """Rows start…stop of the order of one epoch; epoch 0 is the order of the data."""

    epoch: int
    start: int
    stop: int


class KernelBase:
    """Arrays that a state is loaded into and stored from, and the windows of iterations.

    `hold` must be called before anything else: it names the arrays, each [P].
    """

    theta: FloatArray

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        self._program, self._rows, self._training = program, rows, training
        self._count = rows.count
        self._batch = batch_size(rows.count, training)
        self._per_epoch = batches_per_epoch(rows.count, training)
        self._slice = program.slice_rows
        self._step = 0

    def hold(
        self, theta: FloatArray, fixed_theta: FloatArray, slots: Mapping[str, FloatArray]
    ) -> None:
        """Compute in `theta` and `slots`; `fixed_theta` keeps what fixed parameters stay at."""
        self.theta = theta
        self._fixed_theta = fixed_theta
        self._slots = dict(slots)

    # -- state -------------------------------------------------------------------------------

    def load(self, state: State) -> None:
        """Take over θ, slots and step of `state`."""
        np.copyto(self.theta, state.theta)
        np.copyto(self._fixed_theta, state.theta)
        for name, values in self._slots.items():
            np.copyto(values, state.slots[name])
        self._step = state.step

    def store(self, state: State) -> None:
        """Put θ, slots and step into the arrays of `state`."""
        np.copyto(state.theta, self.theta)
        for name, values in self._slots.items():
            np.copyto(state.slots[name], values)
        state.step = self._step

    # -- rows --------------------------------------------------------------------------------

    def slice_count(self, iteration: int) -> int:
        """Return the number of slices in which the batch of `iteration` is summed."""
        window = self._window(iteration)
        return -(-(window.stop - window.start) // self._slice)

    def _window(self, iteration: int) -> Window:
        epoch, batch = divmod(iteration - 1, self._per_epoch)
        start = batch * self._batch
        stop = min(start + self._batch, self._count)
        return Window(epoch + 1 if self._training.shuffle else 0, start, stop)

    # -- losses ------------------------------------------------------------------------------

    def evaluator(self) -> Evaluator:
        """Return what computes losses over all rows, at any parameters."""
        return Evaluator(self._program, self._rows, self._training)
