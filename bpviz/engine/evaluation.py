"""The forward pass over all rows: the reduced loss, every row's loss and outputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows
from bpviz.engine.faults import forward_fault, loss_fault
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import Program
from bpviz.engine.sweep import Sweep
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
Part: TypeAlias = Literal["train", "test"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """`loss` reduced over D rows as the settings say, `losses` [D] of each row, `outputs` [D, K].

    Penalties are not part of the loss. Without rows `loss` is 0.
    """

    loss: float
    losses: FloatArray
    outputs: FloatArray


class Forward(Protocol):
    """What is read of a pass over some rows: z and a [R, width], the rows' losses [width]."""

    width: int
    z: FloatArray
    a: FloatArray
    loss: FloatArray


class Evaluator:
    """Evaluates one program on the rows of a session; keeps its buffers between calls."""

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        self._program, self._training = program, training
        self._data = {
            "train": (rows.inputs.T, rows.targets.T),
            "test": (rows.test_inputs.T, rows.test_targets.T),
        }
        self._theta = buffer(program.theta_size)
        self._unused = buffer(program.theta_size)
        self._sweeps: dict[int, Sweep] = {}

    def loss(self, theta: FloatArray, part: Part = "train") -> float:
        """Return the reduced loss over all rows; NonFinite where it is no finite number."""
        total = 0.0
        count = self._data[part][0].shape[1]
        with np.errstate(all="ignore"):
            for start, sweep in self._slices(theta, part):
                total += float(np.add.reduce(sweep.loss))
                if not np.isfinite(total):
                    self._raise(sweep, start)
        return self._reduced(total, count)

    def evaluate(self, theta: FloatArray, part: Part = "train") -> Evaluation:
        """Return losses and outputs of all rows at θ; NonFinite at the first bad value."""
        count = self._data[part][0].shape[1]
        losses = np.empty(count)
        outputs = np.empty((count, self._program.output_count))
        at = self._program.node_row[self._program.output_nodes]
        with np.errstate(all="ignore"):
            for start, sweep in self._slices(theta, part):
                stop = start + sweep.width
                losses[start:stop] = sweep.loss
                outputs[start:stop] = sweep.a[at].T
                if not np.isfinite(losses[start:stop]).all():
                    self._raise(sweep, start)
        return Evaluation(self._reduced(float(losses.sum()), count), losses, outputs)

    def _reduced(self, total: float, count: int) -> float:
        is_mean = self._training.batch_reduction == "mean"
        return total / count if is_mean and count else total

    def _slices(self, theta: FloatArray, part: Part) -> Iterator[tuple[int, Forward]]:
        """Yield passes over the slices of `part`, each with its first row."""
        np.copyto(self._theta, theta)
        x, t = self._data[part]
        count, size = x.shape[1], self._program.slice_rows
        for start in range(0, count, size):
            stop = min(start + size, count)
            sweep = self._sweep(stop - start)
            np.copyto(sweep.x, x[:, start:stop])
            np.copyto(sweep.t, t[:, start:stop])
            for call in (*sweep.forward, *sweep.losses):
                call()
            yield start, sweep

    def _sweep(self, width: int) -> Sweep:
        if width not in self._sweeps:
            self._sweeps[width] = Sweep(
                self._program, LOSSES[self._training.loss], width, self._theta, self._unused,
                whole=True,
            )  # fmt: skip
        return self._sweeps[width]

    def _raise(self, sweep: Forward, start: int) -> None:
        rows = np.arange(start, start + sweep.width)
        at = self._program.node_row
        z, a = sweep.z[at].T, sweep.a[at].T
        fault = forward_fault(self._program, z, a, rows)
        fault = fault or loss_fault(self._program, self._training.loss, a, sweep.loss, rows)
        if fault is not None:
            raise fault


def evaluate(
    program: Program, rows: Rows, training: Training, theta: FloatArray, part: Part = "train"
) -> Evaluation:
    """Return the losses and outputs of all rows of `part` at θ; NonFinite at a bad value."""
    return Evaluator(program, rows, training).evaluate(theta, part)
