"""What the compiled kernel works on: tables and numbers of one program, its data and settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.calls import buffer
from bpviz.engine.datasets import Rows, batch_size
from bpviz.engine.losses import LOSSES
from bpviz.engine.numba_losses import LOSS_NUMBERS
from bpviz.engine.numba_optimizers import OPTIMIZER_NUMBERS, OPTIMIZERS, SETTINGS
from bpviz.engine.numba_plan import (
    LANES,
    SAMPLES,
    Edges,
    Field,
    whole_vectors,
)
from bpviz.engine.numba_tables import ACTIVATION_NUMBERS
from bpviz.engine.outputs import is_fused
from bpviz.engine.program import Program
from bpviz.model.training import Training

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Layout:
    """The arrays of a kernel by their field, and the `header` that tells where they are."""

    def __init__(self, program: Program, rows: Rows, training: Training) -> None:
        self._program, self._rows, self._training = program, rows, training
        self._batch = batch_size(rows.count, training)
        self._stride = whole_vectors(min(self._batch, SAMPLES))
        self._loss = LOSSES[training.loss]
        self.integers = self._integers()
        self.floats = self._floats()
        self.header = np.zeros(len(Field), dtype=np.int64)
        for field, number in self._numbers().items():
            self.header[field] = number
        for field, array in (*self.integers.items(), *self.floats.items()):
            self.header[field] = array.ctypes.data
        self.order(self.integers[Field.ORDER])

    def order(self, order: IntArray) -> None:
        """Take the rows of data in the order given [D] from now on."""
        np.copyto(self.integers[Field.ORDER], order)
        self.header[Field.HELD_START] = self.header[Field.HELD_STOP] = -1

    def _numbers(self) -> dict[Field, int]:
        program, training = self._program, self._training
        return {
            Field.ROWS: program.row_count,
            Field.STRIDE: self._stride,
            Field.INPUTS: program.input_count,
            Field.OUTPUTS: program.output_count,
            Field.DATA: self._rows.count,
            Field.BATCH: self._batch,
            Field.LEVELS: max(0, len(program.levels) - 1),
            Field.PARAMETERS: whole_vectors(program.theta_size),
            Field.PUSHED_ROWS: len(self.integers[Field.PUSHED]),
            Field.SHARES: 0 if program.shares is None else len(program.shares.starts),
            Field.LOSS: LOSS_NUMBERS[training.loss],
            Field.OPTIMIZER: OPTIMIZER_NUMBERS[training.optimizer.name],
            Field.HAS_TARGETS: self._loss.has_targets,
            Field.IS_MEAN: training.batch_reduction == "mean",
            Field.HAS_PENALTY: training.l1 > 0.0 or training.l2 > 0.0,
            # A product may overflow before its activation makes a small number of it.
            Field.CHECKS_Z: any(level.terms for level in program.levels),
        }

    # -- integers ----------------------------------------------------------------------------

    def _integers(self) -> dict[Field, IntArray]:
        program = self._program
        arrays = self._groups() | Edges(program).fields() | self._shares()
        arrays[Field.BOUNDS] = _ints(
            [
                (level.start, level.start if level.sums is None else level.sums.stop, level.stop)
                for level in program.levels[1:]
            ]
        )
        outputs = arrays[Field.OUTPUT_ROW] = program.node_row[program.output_nodes]
        arrays[Field.IS_FUSED] = is_fused(program, self._loss).astype(np.int64)
        seeded = arrays[Field.SEEDED] = np.zeros(program.row_count, dtype=np.int64)
        seeded[arrays[Field.PUSHED]] = seeded[outputs] = 1
        arrays[Field.ORDER] = np.arange(self._rows.count, dtype=np.int64)
        return {field: np.ascontiguousarray(a, dtype=np.int64) for field, a in arrays.items()}

    def _groups(self) -> dict[Field, IntArray]:
        levels = [level.groups for level in self._program.levels[1:]]
        groups = [group for level in levels for group in level]
        return {
            Field.GROUP_START: np.cumsum([0, *map(len, levels)]),
            Field.GROUP_ACTIVATION: _ints([ACTIVATION_NUMBERS[g.activation] for g in groups]),
            Field.GROUP_FIRST: _ints([group.start for group in groups]),
            Field.GROUP_STOP: _ints([group.stop for group in groups]),
        }

    def _shares(self) -> dict[Field, IntArray]:
        shares = self._program.shares
        starts, members = (
            (_ints([]), _ints([])) if shares is None else (shares.starts, shares.members)
        )
        return {Field.SHARE_START: np.append(starts, len(members)), Field.SHARE_MEMBER: members}

    # -- floats ------------------------------------------------------------------------------

    def _floats(self) -> dict[Field, FloatArray]:
        program, stride = self._program, self._stride
        outputs = program.output_count if self._loss.has_targets else 0
        groups = [group for level in program.levels[1:] for group in level.groups]
        terms = int(np.diff(self.integers[Field.TERM_START]).max(initial=0))
        arrays = {
            Field.SETTINGS: buffer(SETTINGS),
            Field.GROUP_PARAMETER: np.array([group.parameter for group in groups]),
            Field.T: buffer(outputs, stride),
            Field.X: np.ascontiguousarray(self._rows.inputs.T),
            Field.Y: np.ascontiguousarray(self._rows.targets.T),
            Field.BEFORE: buffer(terms, LANES),
            Field.AFTER: buffer(terms, LANES),
        }
        for field in range(Field.THETA, Field.L2 + 1):
            arrays[Field(field)] = buffer(whole_vectors(program.theta_size))
        for field in (Field.Z, Field.A, Field.G, Field.D):
            arrays[field] = buffer(program.row_count, stride)
        self._fill(arrays)
        return arrays

    def _fill(self, arrays: dict[Field, FloatArray]) -> None:
        """Write what never changes: rows of ones, masks, penalties, settings."""
        program, training = self._program, self._training
        size = program.theta_size
        arrays[Field.Z].fill(1.0)
        arrays[Field.A].fill(1.0)
        arrays[Field.FREE][:size] = program.trainable
        arrays[Field.L1][:size] = np.where(program.penalized, training.l1, 0.0)
        arrays[Field.L2][:size] = np.where(program.penalized, training.l2, 0.0)
        names = OPTIMIZERS[training.optimizer.name].settings
        arrays[Field.SETTINGS][: len(names)] = [getattr(training.optimizer, n) for n in names]


def _ints(values: object) -> IntArray:
    return np.array(values, dtype=np.int64)
