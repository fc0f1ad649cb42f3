"""Training: `advance`, the only maker of parameters.

An iteration counts as finite where its own pass and its new parameters are, and the forward pass
that follows from them on the next batch (on that batch's first slice). So what a run ends in
always has a loss, and does not depend on how the run was cut into calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace, Tracer
from bpviz.engine.datasets import Rows, batch_size
from bpviz.engine.evaluation import Evaluation, Part
from bpviz.engine.kernels import Fault, choose_kernel, make_kernel
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]

# Iterations between two copies of the kernel's state.
STORE: Final = 1024


class Trainer:
    """Trains one program on its rows. All buffers are made here, none while training."""

    def __init__(
        self, program: Program, rows: Rows, training: Training, kernel: str | None = None
    ) -> None:
        self._program, self._rows, self._training = program, rows, training
        batch = batch_size(rows.count, training)
        name = kernel or choose_kernel(program, batch)
        self._kernel = make_kernel(name, program, rows, training)
        # Not always the one asked for: see `make_kernel`.
        self.kernel_name = self._kernel.name
        self._evaluator = self._kernel.evaluator()
        self._tracer: Tracer | None = None
        # The iteration under way: its number, the slices added, and the θ they were computed at.
        self._open = (0, 0)
        self._open_theta = np.zeros(program.theta_size)
        self._is_sliced = batch > program.slice_rows
        self._gradient_at = -1

    def advance(self, state: State, n: int, until: Callable[[], bool] | None = None) -> int:
        """Do `n` iterations from `state`, which is changed in place; return how many were done.

        `until` is asked between slices of the work; True ends the call early, after at least one
        slice. An iteration under way is kept and gone on with by the next call with the same
        state. NonFinite leaves `state` at the last finite iteration.
        """
        state.kernel = self.kernel_name
        first = state.iteration
        self._gradient_at = -1
        with np.errstate(all="ignore"):
            while state.iteration - first < n:
                count = min(STORE, n - (state.iteration - first))
                done, stopped, fault = self._some(state, count, until)
                if not fault and done and not self._kernel.starts(state.iteration + done + 1):
                    fault = "start"
                if fault:
                    self._restore(state, done - 1 if fault == "start" and done else done)
                if done:
                    self._keep(state, done)
                if stopped:
                    break
        if state.iteration > first and not self._open[0]:
            self._gradient_at = state.iteration
        return state.iteration - first

    def last_gradient(self, state: State) -> FloatArray | None:
        """Return the gradient [P] of the iteration that ended in `state`, the last one done.

        It belongs to the parameters before that iteration. None where another iteration has
        overwritten it. The array is the kernel's own: take a copy to keep it.
        """
        return self._kernel.gradient if self._gradient_at == state.iteration else None

    def forget_gradient(self) -> None:
        """Let no gradient be the last one: parameters were changed by hand."""
        self._gradient_at = -1

    def _some(
        self, state: State, count: int, until: Callable[[], bool] | None
    ) -> tuple[int, bool, Fault]:
        """Do up to `count` iterations in the kernel: (done, stopped by `until`, fault)."""
        kernel = self._kernel
        kernel.load(state)
        if until is None and not self._is_under_way(state):
            done, fault = kernel.run(state.iteration + 1, count)
            return done, False, fault
        done = 0
        while done < count:
            iteration = state.iteration + done + 1
            if self._is_sliced:
                step, stopped, fault = self._sliced(state, iteration, until)
            else:
                step, fault = kernel.run(iteration, min(kernel.chunk, count - done))
                stopped = until is not None and until()
            done += step
            if fault or stopped:
                return done, stopped, fault
        return done, False, ""

    def _sliced(
        self, state: State, iteration: int, until: Callable[[], bool] | None
    ) -> tuple[int, bool, Fault]:
        """Do one large iteration, or go on with it, slice by slice."""
        kernel = self._kernel
        slices = kernel.slice_count(iteration)
        begun = self._open[1] if self._is_under_way(state) else 0
        self._open = (0, 0)
        for index in range(begun, slices):
            fault = kernel.add_slice(iteration, index)
            if fault:
                return 0, False, fault
            if index + 1 < slices and until is not None and until():
                self._open = (iteration, index + 1)
                np.copyto(self._open_theta, kernel.theta)
                return 0, True, ""
        fault = kernel.update(iteration)
        return 0 if fault else 1, not fault and until is not None and until(), fault

    def _is_under_way(self, state: State) -> bool:
        """Whether the sums kept are of the iteration after `state`."""
        return self._open[0] == state.iteration + 1 and np.array_equal(
            self._open_theta, self._kernel.theta
        )

    def _keep(self, state: State, done: int) -> None:
        self._kernel.store(state)
        state.iteration += done

    def _restore(self, state: State, good: int) -> None:
        """Bring `state` forward by `good` iterations, to the last finite one, and raise."""
        self._open = (0, 0)
        self._kernel.load(state)
        if good:
            self._kernel.run(state.iteration + 1, good)
            self._keep(state, good)
        raise self._own_tracer.diagnose(state)

    @property
    def _own_tracer(self) -> Tracer:
        if self._tracer is None:
            self._tracer = Tracer(self._program, self._rows, self._training, self.kernel_name)
        return self._tracer

    def trace(self, state: State, rows_chosen: Iterable[int] | None = None) -> Trace:
        """Return the trace of the iteration after `state`, see `Tracer.trace`; NonFinite."""
        return self._own_tracer.trace(state, rows_chosen)

    def loss(self, theta: FloatArray, part: Part = "train") -> float:
        """Return the loss over all rows of `part`, reduced as the settings say; NonFinite."""
        return self._evaluator.loss(theta, part)

    def evaluate(self, theta: FloatArray, part: Part = "train") -> Evaluation:
        """Return loss and outputs over all rows of `part`; NonFinite at the first bad value."""
        return self._evaluator.evaluate(theta, part)


def advance(program: Program, rows: Rows, training: Training, state: State, n: int) -> State:
    """Return the state `n` iterations after `state`, which stays as it is; NonFinite."""
    after = state.copy()
    Trainer(program, rows, training).advance(after, n)
    return after
