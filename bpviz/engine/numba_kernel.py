"""The compiled kernel: whole runs of iterations in one call, for networks small enough.

Importing this module needs numba. `driver` compiles on first use, which takes some time; whoever
can't wait asks `numba_setup` first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from threading import Lock
from typing import Final, TypeAlias, cast

import numpy as np
from numba import config, njit, types
from numpy.typing import NDArray

from bpviz.engine import numba_passes as passes
from bpviz.engine.datasets import Rows, batch_size, batches_per_epoch, epoch_order
from bpviz.engine.kernel_costs import numba_cost
from bpviz.engine.kernels import Fault, NumpyKernel, Window
from bpviz.engine.numba_layout import Layout
from bpviz.engine.numba_losses import LOSS_NUMBERS
from bpviz.engine.numba_optimizers import OPTIMIZER_NUMBERS
from bpviz.engine.numba_plan import Field
from bpviz.engine.numba_setup import cache_folder
from bpviz.engine.numba_tables import ACTIVATION_NUMBERS
from bpviz.engine.numba_update import LOOK
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.model.training import Training

IntArray = NDArray[np.int64]
Drive: TypeAlias = Callable[[IntArray, int, int, int, int, int], int]

# A window loads in a thread, and at once where it must replay.
LOADING: Final = Lock()
GRADIENT: Final = passes.FORWARD | passes.BACKWARD
ITERATION: Final = GRADIENT | passes.UPDATE
# Nanoseconds between two looks at the clock, about, and the most iterations between them.
CHUNK_COST, MOST = 200_000.0, 256
FAULTS: Final[tuple[Fault, ...]] = ("", "start", "pass", "update")


@cache
def driver() -> Drive:
    """Return `numba_passes.drive`, compiled or taken from the cache on disk."""
    signature = types.int64(types.int64[::1], *[types.int64] * 5)
    with LOADING:
        before = config.CACHE_DIR
        # numba looks at it where a function is made; others in this process keep their own.
        config.CACHE_DIR = str(cache_folder())
        try:
            return cast(Drive, njit(signature, error_model="numpy", cache=True)(passes.drive))
        finally:
            config.CACHE_DIR = before


def supports(program: Program, training: Training) -> bool:
    """Whether all that a session needs has been written for compiled code, too."""
    activations = {group.activation for level in program.levels[1:] for group in level.groups}
    return (
        activations <= ACTIVATION_NUMBERS.keys()
        and training.loss in LOSS_NUMBERS
        and training.optimizer.name in OPTIMIZER_NUMBERS
    )


class NumbaKernel:
    """The kernel of compiled code; see `kernels.Kernel`.

    Where numbers get so large that each must be looked at, and for losses, it asks numpy's kernel.
    """

    name = "numba"

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        self._program, self._rows, self._training = program, rows, training
        self._count = rows.count
        self._batch = batch_size(rows.count, training)
        self._per_epoch = batches_per_epoch(rows.count, training)
        self._slice = program.slice_rows
        self._epoch = 0
        self._layout = Layout(program, rows, training)
        arrays, size = self._layout.floats, program.theta_size
        self.theta, self.gradient = arrays[Field.THETA][:size], arrays[Field.GRADIENT][:size]
        self._fixed = arrays[Field.FIXED][:size]
        slots = OPTIMIZERS[training.optimizer.name].slots
        remembered = (arrays[Field.FIRST][:size], arrays[Field.SECOND][:size])
        self._slots = dict(zip(slots, remembered, strict=False))
        self._step = 0
        self.chunk = max(1, min(MOST, int(CHUNK_COST / numba_cost(program, self._batch))))
        self._drive = driver()

    # -- state -------------------------------------------------------------------------------

    def load(self, state: State) -> None:
        """Take over θ, slots and step of `state`."""
        np.copyto(self.theta, state.theta)
        np.copyto(self._fixed, state.theta)
        for name, values in self._slots.items():
            np.copyto(values, state.slots[name])
        self._step = state.step

    def store(self, state: State) -> None:
        """Put θ, slots and step into the arrays of `state`."""
        np.copyto(state.theta, self.theta)
        for name, values in self._slots.items():
            np.copyto(state.slots[name], values)
        state.step = self._step

    # -- iterations --------------------------------------------------------------------------

    def run(self, first: int, count: int) -> tuple[int, Fault]:
        """Do the iterations first, first + 1, …; return how many of `count` were done."""
        done = 0
        while done < count:
            made, fault = self._some(first + done, count - done)
            done += made
            if fault:
                return done, fault
        return done, ""

    def _some(self, iteration: int, count: int) -> tuple[int, Fault]:
        """Do the iterations from `iteration` on that one call can do."""
        if self._training.shuffle:
            count = min(count, self._per_epoch - (iteration - 1) % self._per_epoch)
        made, outcome = self._call(ITERATION, self._window(iteration), count)
        self._step += made
        if outcome == LOOK:
            done, fault = self._carefully(iteration + made)
            return made + done, fault
        return made, FAULTS[outcome]

    def _carefully(self, iteration: int) -> tuple[int, Fault]:
        """Do an iteration with very large numbers, after numpy's kernel has looked at them."""
        numpy_kernel = self._numpy_kernel()
        for index in range(self.slice_count(iteration)):
            fault = numpy_kernel.add_slice(iteration, index)
            if fault:
                return 0, fault
        done, outcome = self._call(ITERATION | passes.UNCHECKED, self._window(iteration))
        self._step += done
        return done, FAULTS[outcome]

    def slice_count(self, iteration: int) -> int:
        """Return the number of slices in which the batch of `iteration` is summed."""
        window = self._window(iteration)
        return -(-(window.stop - window.start) // self._slice)

    def add_slice(self, iteration: int, index: int) -> Fault:
        """Add slice `index` to the gradient of `iteration`; slices come in order."""
        what = GRADIENT | (passes.MORE if index else 0)
        part = self._part(iteration, index)
        _, outcome = self._call(what, part)
        if outcome == LOOK:
            fault = self._numpy_kernel().add_slice(iteration, index)
            if fault:
                return fault
            self._call(what | passes.UNCHECKED, part)
        return ""

    def update(self, iteration: int) -> Fault:
        """End `iteration`, all of whose slices have been added, with the optimizer's step."""
        done, outcome = self._call(passes.UPDATE, self._window(iteration))
        self._step += done
        return FAULTS[outcome]

    def starts(self, iteration: int) -> bool:
        """Whether the forward pass of the first slice of `iteration` is finite."""
        _, outcome = self._call(passes.FORWARD, self._part(iteration, 0))
        return outcome != LOOK or self._numpy_kernel().starts(iteration)

    def batch_loss(self, iteration: int) -> float:
        """Return the reduced data loss of the batch of `iteration`, at the present θ."""
        return self._numpy_kernel().batch_loss(iteration)

    # -- parts -------------------------------------------------------------------------------

    @cached_property
    def _other(self) -> NumpyKernel:
        return NumpyKernel(self._program, self._rows, self._training)

    def _numpy_kernel(self) -> NumpyKernel:
        """Return numpy's kernel at the present θ."""
        np.copyto(self._other.theta, self.theta)
        return self._other

    def _window(self, iteration: int) -> Window:
        epoch, batch = divmod(iteration - 1, self._per_epoch)
        start = batch * self._batch
        stop = min(start + self._batch, self._count)
        return Window(epoch + 1 if self._training.shuffle else 0, start, stop)

    def _part(self, iteration: int, index: int) -> Window:
        window = self._window(iteration)
        start = window.start + index * self._slice
        return Window(window.epoch, start, min(start + self._slice, window.stop))

    def _call(self, what: int, window: Window, count: int = 1) -> tuple[int, int]:
        """Return how many batches were done, and what stopped the next one."""
        if window.epoch != self._epoch:
            self._layout.order(epoch_order(self._count, self._training.seed, window.epoch))
            self._epoch = window.epoch
        header = self._layout.header
        result = self._drive(header, what, window.start, window.stop, self._step + 1, count)
        return divmod(result, 4)
