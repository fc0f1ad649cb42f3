"""The compiled kernel: whole runs of iterations in one call, for networks small enough.

Importing this module needs numba. `driver` compiles on first use, which takes some time; whoever
can't wait asks `numba_setup` first.
"""

from __future__ import annotations

from functools import cache, cached_property
from threading import Lock
from typing import Final, cast

import numpy as np
from numba import config, njit, types

from bpviz.engine import numba_passes as passes
from bpviz.engine.datasets import Rows, epoch_order
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.kernel_base import KernelBase, Window
from bpviz.engine.kernel_costs import numba_cost
from bpviz.engine.kernels import Fault, NumpyKernel
from bpviz.engine.numba_evaluation import CompiledEvaluator, Drive
from bpviz.engine.numba_layout import Layout
from bpviz.engine.numba_losses import LOSS_NUMBERS
from bpviz.engine.numba_optimizers import OPTIMIZER_NUMBERS
from bpviz.engine.numba_plan import Field
from bpviz.engine.numba_setup import cache_folder
from bpviz.engine.numba_tables import ACTIVATION_NUMBERS
from bpviz.engine.numba_update import LOOK
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.engine.program import Program
from bpviz.model.training import Training

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


class NumbaKernel(KernelBase):
    """The kernel of compiled code; see `kernels.Kernel`.

    Where numbers get so large that each must be looked at, and for losses, it asks numpy's kernel.
    """

    name = "numba"

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        super().__init__(program, rows, training)
        self._epoch = 0
        self._layout = Layout(program, rows, training)
        arrays, size = self._layout.floats, program.theta_size
        self.gradient = arrays[Field.GRADIENT][:size]
        slots = OPTIMIZERS[training.optimizer.name].slots
        remembered = (arrays[Field.FIRST][:size], arrays[Field.SECOND][:size])
        fixed = arrays[Field.FIXED][:size]
        self.hold(arrays[Field.THETA][:size], fixed, dict(zip(slots, remembered, strict=False)))
        self.chunk = max(1, min(MOST, int(CHUNK_COST / numba_cost(program, self._batch))))
        self._drive = driver()

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

    def evaluator(self) -> Evaluator:
        """Return what computes losses over all rows, at any parameters."""
        return CompiledEvaluator(
            self._program, self._rows, self._training, self._layout, self._drive
        )

    # -- parts -------------------------------------------------------------------------------

    @cached_property
    def _other(self) -> NumpyKernel:
        return NumpyKernel(self._program, self._rows, self._training)

    def _numpy_kernel(self) -> NumpyKernel:
        """Return numpy's kernel at the present θ."""
        np.copyto(self._other.theta, self.theta)
        return self._other

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
