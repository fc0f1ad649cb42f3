"""Losses over all rows, the forward pass by compiled code and the losses themselves by numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine import numba_passes as passes
from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows
from bpviz.engine.evaluation import Evaluator, Forward, Part
from bpviz.engine.losses import LOSSES, Loss
from bpviz.engine.numba_layout import Layout
from bpviz.engine.numba_plan import Field, whole_vectors
from bpviz.engine.outputs import Outputs
from bpviz.engine.program import Program
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Drive: TypeAlias = Callable[[IntArray, int, int, int, int, int], int]

# Rows that go forward at a time: enough that a call costs nothing beside them.
ROWS: Final = 256
# The evaluator itself looks whether the losses are finite.
WHAT: Final = passes.FORWARD | passes.UNCHECKED


class CompiledEvaluator(Evaluator):
    """Evaluates as numpy does, to 1e-12; a loss is always the same bits here."""

    def __init__(
        self, program: Program, rows: Rows, training: Training, layout: Layout, drive: Drive
    ) -> None:
        super().__init__(program, rows, training)
        self._layout, self._drive = layout, drive
        self._loss = LOSSES[training.loss]
        self._parts: dict[Part, _Part] = {}

    def _slices(self, theta: FloatArray, part: Part) -> Iterator[tuple[int, Forward]]:
        held = self._parts.get(part)
        if held is None:
            x, t = self._data[part]
            held = self._parts[part] = _Part(self._program, self._loss, self._layout, x, t)
        np.copyto(held.theta, theta)
        for start in range(0, held.count, ROWS):
            stop = min(start + ROWS, held.count)
            self._drive(held.header, WHAT, start, stop, 1, 1)
            yield start, held.losses(stop - start)


class _Part:
    """Room for passes over inputs `x` [I, D] and targets `t` [K, D], with a header of its own."""

    def __init__(
        self, program: Program, loss: Loss, layout: Layout, x: FloatArray, t: FloatArray
    ) -> None:
        self._program, self._loss = program, loss
        self.count = x.shape[1]
        stride = whole_vectors(min(self.count, ROWS))
        theta = buffer(whole_vectors(program.theta_size))
        self.theta = theta[: program.theta_size]
        self._order = np.arange(self.count, dtype=np.int64)
        self._floats = {
            Field.THETA: theta,
            Field.X: np.ascontiguousarray(x),
            Field.Y: np.ascontiguousarray(t),
            Field.Z: buffer(program.row_count, stride),
            Field.A: buffer(program.row_count, stride),
            Field.T: buffer(program.output_count if loss.has_targets else 0, stride),
        }
        self._floats[Field.Z].fill(1.0)
        self._floats[Field.A].fill(1.0)
        self._views: dict[int, _View] = {}
        # The tables of the network are those of the layout, which this keeps alive.
        self._layout = layout
        self.header = self._header(stride)

    def _header(self, stride: int) -> IntArray:
        header = self._layout.header.copy()
        header[Field.STRIDE], header[Field.DATA] = stride, self.count
        header[Field.HELD_START] = header[Field.HELD_STOP] = -1
        header[Field.ORDER] = self._order.ctypes.data
        for field, array in self._floats.items():
            header[field] = array.ctypes.data
        return header

    def losses(self, width: int) -> Forward:
        """Return the pass just made over `width` rows, with its losses."""
        view = self._views.get(width)
        if view is None:
            z, a, t = (self._floats[field][:, :width] for field in (Field.Z, Field.A, Field.T))
            view = self._views[width] = _View(self._program, self._loss, z, a, t)
        for call in view.calls:
            call()
        return view


class _View:
    """The columns of a pass that count, as `Outputs` takes a sweep."""

    def __init__(
        self, program: Program, loss: Loss, z: FloatArray, a: FloatArray, t: FloatArray
    ) -> None:
        self.program, self.width = program, z.shape[1]
        self.z, self.a, self.t = z, a, t
        self.g = self.d = a  # which a loss alone doesn't touch
        self.loss = buffer(self.width)
        self.calls = Outputs(self, loss).losses
