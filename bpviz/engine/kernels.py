"""Kernels: what computes iterations. This one is numpy's; a compiled one has the same protocol.

A kernel holds θ, the optimizer's slots and the rows of a session, and does whole iterations, or
the slices of a large one. It never decides when to stop: that is the trainer's part.
"""

from __future__ import annotations

from functools import partial
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine import numba_setup
from bpviz.engine.blocks import Shares
from bpviz.engine.calls import Call, buffer
from bpviz.engine.datasets import Rows, epoch_order
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.kernel_base import KernelBase, Window
from bpviz.engine.kernel_costs import numba_cost, numpy_cost
from bpviz.engine.losses import LOSSES
from bpviz.engine.optimizers import OPTIMIZERS, settings_of
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.engine.sweep import Sweep
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# Where a computation met a bad value: in the forward pass of the batch's first slice, later in
# the pass, or in the update.
Fault: TypeAlias = Literal["", "start", "pass", "update"]

MAX_PARAMETER: Final = 1e100
# Σ x² below these proves that no x is bad; above, the numbers are looked at one by one.
SAFE_VALUES: Final = 1e290
SAFE_PARAMETERS: Final = MAX_PARAMETER**2


class Kernel(Protocol):
    """Iterations of one program, rows and training settings. Iterations count from 1.

    After a fault θ and slots are undefined until the next `load`.
    """

    name: str
    chunk: int
    """Iterations between two looks at the clock; the result doesn't depend on it."""
    theta: FloatArray
    gradient: FloatArray
    """Of the whole objective [P] in the last iteration: reduced, shared, with penalties."""

    def load(self, state: State) -> None:
        """Take over θ, slots and step of `state`."""

    def store(self, state: State) -> None:
        """Put θ, slots and step into the arrays of `state`."""

    def run(self, first: int, count: int) -> tuple[int, Fault]:
        """Do the iterations first, first + 1, …; return how many of `count` were done."""

    def slice_count(self, iteration: int) -> int:
        """Return the number of slices in which the batch of `iteration` is summed."""

    def add_slice(self, iteration: int, index: int) -> Fault:
        """Add slice `index` to the gradient of `iteration`; slices come in order."""

    def update(self, iteration: int) -> Fault:
        """End `iteration`, all of whose slices have been added, with the optimizer's step."""

    def starts(self, iteration: int) -> bool:
        """Whether the forward pass of the first slice of `iteration` is finite."""

    def batch_loss(self, iteration: int) -> float:
        """Return the reduced data loss of the batch of `iteration`, at the present θ."""

    def evaluator(self) -> Evaluator:
        """Return what computes losses over all rows, at any parameters."""


class NumpyKernel(KernelBase):
    """The kernel that runs everywhere. No arrays are made after the constructor."""

    name = "numpy"
    chunk = 8

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        super().__init__(program, rows, training)
        self._loss = LOSSES[training.loss]
        self._x = np.ascontiguousarray(rows.inputs.T)
        self._t = np.ascontiguousarray(rows.targets.T)
        self._epoch_x, self._epoch_t = self._x, self._t
        if training.shuffle:
            self._epoch_x, self._epoch_t = np.empty_like(self._x), np.empty_like(self._t)
        self._epoch = 0
        size = program.theta_size
        self.gradient, self._total = buffer(size), buffer(size)
        self._row = OPTIMIZERS[training.optimizer.name]
        self.hold(buffer(size), buffer(size), {name: buffer(size) for name in self._row.slots})
        self._settings = settings_of(training.optimizer)
        self._work = buffer(2, size)
        self._share = buffer(1).reshape(())  # of one sample in the batch's mean
        self._fixed = ~program.trainable
        self._has_fixed = bool(self._fixed.any())
        self._masked = buffer(size) if self._has_fixed else self.gradient
        self._finish = self._finish_calls()
        self._sweeps = {
            width: Sweep(program, self._loss, width, self.theta, self.gradient)
            for width in self._widths()
        }
        self._filled: dict[int, Window] = {}
        every_row = self._per_epoch == 1 and not training.shuffle
        self._only_window = Window(0, 0, rows.count) if every_row else None
        # A product may overflow before its activation makes a small number of it.
        self._check_z = any(level.terms for level in program.levels)

    def _widths(self) -> set[int]:
        batches = {self._batch, self._count - (self._per_epoch - 1) * self._batch}
        return {
            width
            for batch in batches
            for width in (min(batch, self._slice), batch % self._slice)
            if width
        }

    # -- iterations --------------------------------------------------------------------------

    def run(self, first: int, count: int) -> tuple[int, Fault]:
        """Do the iterations first, first + 1, …; return how many of `count` were done."""
        for done in range(count):
            fault = self._iterate(first + done)
            if fault:
                return done, fault
        return count, ""

    def _iterate(self, iteration: int) -> Fault:
        window = self._window(iteration)
        if window.stop - window.start <= self._slice:
            sweep = self._load_slice(window, 0)
            if not self._forward(sweep):
                return "start"
            for call in sweep.backward:
                call()
            return self._step_by(sweep.width)
        for index in range(self.slice_count(iteration)):
            fault = self.add_slice(iteration, index)
            if fault:
                return fault
        return self.update(iteration)

    def add_slice(self, iteration: int, index: int) -> Fault:
        """Add slice `index` to the gradient of `iteration`; slices come in order."""
        sweep = self._load_slice(self._window(iteration), index)
        if not self._forward(sweep):
            return "pass" if index else "start"
        for call in sweep.backward:
            call()
        if index:
            np.add(self._total, self.gradient, self._total)
        else:
            np.copyto(self._total, self.gradient)
        return ""

    def update(self, iteration: int) -> Fault:
        """End `iteration`, all of whose slices have been added, with the optimizer's step."""
        window = self._window(iteration)
        np.copyto(self.gradient, self._total)
        return self._step_by(window.stop - window.start)

    def _forward(self, sweep: Sweep) -> bool:
        """Do the forward pass; return whether it is finite, the loss included."""
        for call in sweep.forward:
            call()
        flat = sweep.flat_a
        if flat.dot(flat) < SAFE_VALUES and not self._check_z:
            return True
        return self._is_forward_finite(sweep)

    def _step_by(self, rows: int) -> Fault:
        """Change the parameters by the gradient summed over `rows` samples."""
        self._share[()] = 1.0 / rows
        for call in self._finish:
            call()
        gradient, theta = self.gradient, self.theta
        is_safe = gradient.dot(gradient) < SAFE_VALUES
        if not is_safe and not np.isfinite(gradient).all():
            return "pass"
        self._step += 1
        self._row.update(theta, self._masked, self._slots, self._step, self._settings, self._work)
        if self._has_fixed:
            np.copyto(theta, self._fixed_theta, where=self._fixed)
        if not theta.dot(theta) <= SAFE_PARAMETERS and not _is_bounded(theta):
            return "update"
        if not is_safe and not all(np.isfinite(values).all() for values in self._slots.values()):
            return "update"
        return ""

    def starts(self, iteration: int) -> bool:
        """Whether the forward pass of the first slice of `iteration` is finite."""
        return self._forward(self._load_slice(self._window(iteration), 0))

    def batch_loss(self, iteration: int) -> float:
        """Return the reduced data loss of the batch of `iteration`, at the present θ."""
        window = self._window(iteration)
        total = 0.0
        for index in range(self.slice_count(iteration)):
            sweep = self._load_slice(window, index)
            for call in (*sweep.forward, *sweep.losses):
                call()
            total += float(np.add.reduce(sweep.loss))
        rows = window.stop - window.start
        return total / rows if self._training.batch_reduction == "mean" else total

    # -- parts -------------------------------------------------------------------------------

    def _window(self, iteration: int) -> Window:
        return super()._window(iteration) if self._only_window is None else self._only_window

    def _load_slice(self, window: Window, index: int) -> Sweep:
        """Return the sweep for slice `index` of `window`, its rows filled in."""
        if window is self._only_window and window.stop <= self._slice and self._filled:
            return self._sweeps[window.stop]
        if window.epoch != self._epoch:
            self._shuffle(window.epoch)
        start = window.start + index * self._slice
        stop = min(start + self._slice, window.stop)
        sweep = self._sweeps[stop - start]
        filled = Window(window.epoch, start, stop)
        if self._filled.get(stop - start) != filled:
            np.copyto(sweep.x, self._epoch_x[:, start:stop])
            np.copyto(sweep.t, self._epoch_t[:, start:stop])
            self._filled[stop - start] = filled
        return sweep

    def _shuffle(self, epoch: int) -> None:
        order = epoch_order(self._count, self._training.seed, epoch)
        self._x.take(order, 1, self._epoch_x, "clip")
        self._t.take(order, 1, self._epoch_t, "clip")
        self._epoch = epoch

    def _finish_calls(self) -> list[Call]:
        """Return the calls between the summed gradient and the optimizer."""
        program, training, gradient = self._program, self._training, self.gradient
        calls: list[Call] = []
        if training.batch_reduction == "mean":
            calls.append(partial(np.multiply, gradient, self._share, gradient))
        if program.shares is not None:
            calls += _shared(gradient, program.shares)
        if training.l2:
            rate = np.where(program.penalized, training.l2, 0.0)
            calls.append(partial(np.multiply, self.theta, rate, self._work[0]))
            calls.append(partial(np.add, gradient, self._work[0], gradient))
        if training.l1:
            rate = np.where(program.penalized, training.l1, 0.0)
            calls.append(partial(np.sign, self.theta, self._work[0]))
            calls.append(partial(np.multiply, self._work[0], rate, self._work[0]))
            calls.append(partial(np.add, gradient, self._work[0], gradient))
        if self._has_fixed:
            mask = program.trainable.astype(np.float64)
            calls.append(partial(np.multiply, gradient, mask, self._masked))
        return calls

    def _is_forward_finite(self, sweep: Sweep) -> bool:
        """Look at every number of a forward pass, and at the loss where it may be bad."""
        a, z = sweep.flat_a, sweep.flat_z
        if a.dot(a) < SAFE_VALUES and z.dot(z) < SAFE_VALUES:
            return True
        for call in sweep.losses:
            call()
        return all(bool(np.isfinite(values).all()) for values in (a, z, sweep.loss))


def _is_bounded(theta: FloatArray) -> bool:
    return bool(np.isfinite(theta).all()) and float(np.abs(theta).max()) <= MAX_PARAMETER


def _shared(gradient: FloatArray, shares: Shares) -> list[Call]:
    """Return the calls that give every member of a group the sum over the group."""
    parts, sums = buffer(len(shares.members)), buffer(len(shares.starts))
    return [
        partial(gradient.take, shares.members, None, parts, "clip"),
        partial(np.add.reduceat, parts, shares.starts, out=sums),
        partial(sums.take, shares.group, None, parts, "clip"),
        partial(gradient.__setitem__, shares.members, parts),
    ]


def penalty(program: Program, training: Training, theta: FloatArray) -> float:
    """Return (λ₂/2) Σ w² + λ₁ Σ |w| over the trainable weights, a shared one counted once."""
    weights = theta[program.counted]
    total = 0.0
    if training.l2:
        total += 0.5 * training.l2 * float(np.dot(weights, weights))
    if training.l1:
        total += training.l1 * float(np.abs(weights).sum())
    return total


def choose_kernel(program: Program, batch: int) -> str:
    """Return the name of the kernel that is fastest for `program` with batches of `batch` rows.

    It follows from the program's shape alone, and from whether this process has the compiled one.
    """
    is_numba = numba_setup.is_loaded() and prefers_numba(program, batch)
    return "numba" if is_numba else NumpyKernel.name


def prefers_numba(program: Program, batch: int) -> bool:
    """Whether the compiled kernel, had it been loaded, would be the faster one."""
    return numba_cost(program, batch) < numpy_cost(program, batch)


def make_kernel(name: str, program: Program, rows: Rows, training: Training) -> Kernel:
    """Return the kernel `name`, or numpy's where that can't be had here.

    So a session that was trained with numba opens, and trains on, where there is no numba or where
    it isn't loaded yet; its numbers then agree to 1e-12. `Kernel.name` tells which it is.
    ValueError where there is no kernel of that name anywhere.
    """
    if name not in (NumpyKernel.name, "numba"):
        raise ValueError(f"no kernel {name!r}; there are 'numpy' and 'numba'")
    if name == "numba" and numba_setup.is_loaded():
        # Late, because numba may be missing, and takes half a second to import.
        from bpviz.engine.numba_kernel import NumbaKernel, supports

        if supports(program, training):
            return NumbaKernel(program, rows, training)
    return NumpyKernel(program, rows, training)
