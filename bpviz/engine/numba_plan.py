"""A program laid out for the compiled kernel: its units and edges as rows of integer tables.

Compiled code walks units one by one. The edges of a unit are coded as runs: edges whose weights
stand side by side in θ and whose sources stand in neighbouring rows are one entry, so a dense
level costs one entry per unit and a sparse one an entry per edge. What a unit sends back comes
from the runs of edges that leave it, which go down the columns of the dense blocks. No numba here.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import SumBlock, TermBlock
from bpviz.engine.program import Program

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Columns of the matrices come in whole vectors, and no more at a time than `SAMPLES`.
LANES: Final = 8
SAMPLES: Final = 32
PRODUCT, MAX = 1, 2


class Field(IntEnum):
    """What stands where in the header, an array of integers that compiled code is given.

    R rows, L levels with units, K outputs, D rows of data, P parameters in whole vectors.
    """

    # Numbers.
    ROWS = 0
    STRIDE = auto()
    INPUTS = auto()
    OUTPUTS = auto()
    DATA = auto()
    BATCH = auto()
    LEVELS = auto()
    PARAMETERS = auto()
    PUSHED_ROWS = auto()
    SHARES = auto()
    LOSS = auto()
    OPTIMIZER = auto()
    HAS_TARGETS = auto()
    IS_MEAN = auto()
    HAS_PENALTY = auto()
    CHECKS_Z = auto()
    # Whether gradients are added to those of other samples.
    ADDS = auto()
    # The first row and the end of the data that are loaded.
    HELD_START = auto()
    HELD_STOP = auto()
    # Addresses of integers. [3 L]: first row, end of the sum units, end of each level.
    BOUNDS = auto()
    # First group of each level [L + 1]; activation, first row and end of each group.
    GROUP_START = auto()
    GROUP_ACTIVATION = auto()
    GROUP_FIRST = auto()
    GROUP_STOP = auto()
    # First run into the sum unit of each row [R + 1]; first place in θ, first row, length.
    IN_START = auto()
    IN_PLACE = auto()
    IN_ROW = auto()
    IN_COUNT = auto()
    # First run out of each row to sum units [R + 1]; also the distance of two places in θ.
    OUT_START = auto()
    OUT_PLACE = auto()
    OUT_STRIDE = auto()
    OUT_ROW = auto()
    OUT_COUNT = auto()
    # PRODUCT or MAX [R]; first term of each row [R + 1]; place in θ and row of each term.
    COMBINE = auto()
    TERM_START = auto()
    TERM_PLACE = auto()
    TERM_ROW = auto()
    # Rows that term units add ∂loss/∂a to; 1 [R] for those and for outputs.
    PUSHED = auto()
    SEEDED = auto()
    # See `numba_losses.Ends` [K].
    OUTPUT_ROW = auto()
    IS_FUSED = auto()
    # First member of each group of shared parameters, and the end; places in θ.
    SHARE_START = auto()
    SHARE_MEMBER = auto()
    # The order of the data [D].
    ORDER = auto()
    # Addresses of floats. Vectors [P]; `FREE` is 1 at parameters that may change, the others stay
    # at `FIXED`; `L1` and `L2` are penalties.
    THETA = auto()
    GRADIENT = auto()
    FIRST = auto()
    SECOND = auto()
    FREE = auto()
    FIXED = auto()
    L1 = auto()
    L2 = auto()
    # The optimizer's settings, and the parameter of each group's activation.
    SETTINGS = auto()
    GROUP_PARAMETER = auto()
    # Matrices [R, STRIDE]; the targets loaded [K, STRIDE]; the data [I, D] and [K, D].
    Z = auto()
    A = auto()
    G = auto()
    D = auto()
    T = auto()
    X = auto()
    Y = auto()
    # Products of the terms before and after each of one unit, in vectors.
    BEFORE = auto()
    AFTER = auto()


def whole_vectors(count: int) -> int:
    """Return `count` rounded up to a multiple of LANES."""
    return -(-count // LANES) * LANES


class Edges:
    """The edges of a program, biases included, as runs for the compiled kernel."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._sums = [level.sums for level in program.levels if level.sums is not None]
        self._terms = [block for level in program.levels for block in level.terms]
        source, target = program.node_row[program.source], program.node_row[program.target]
        is_sum = np.zeros(program.row_count, dtype=np.bool_)
        for block in self._sums:
            is_sum[block.start : block.stop] = True
        mine = is_sum[target]
        self._source, self._target = source[mine], target[mine]
        self._place = program.edge_slot[mine]

    def fields(self) -> dict[Field, IntArray]:
        """Return the tables of runs and of terms."""
        into = (Field.IN_START, Field.IN_PLACE, Field.IN_ROW, Field.IN_COUNT)
        out = (
            Field.OUT_START, Field.OUT_PLACE, Field.OUT_STRIDE, Field.OUT_ROW, Field.OUT_COUNT,
        )  # fmt: skip
        terms = (Field.COMBINE, Field.TERM_START, Field.TERM_PLACE, Field.TERM_ROW)
        return {
            **dict(zip(into, self._into(), strict=True)),
            **dict(zip(out, self._out_of(), strict=True)),
            **dict(zip(terms, self._term_tables(), strict=True)),
            Field.PUSHED: self._pushed(),
        }

    def _into(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return start [R + 1], place, row and count of the runs into each sum unit's row."""
        units, ones, places = self._biases()
        source = np.concatenate([ones, self._source])
        target = np.concatenate([units, self._target])
        place = np.concatenate([places, self._place])
        order = np.lexsort((place, target))
        source, target, place = source[order], target[order], place[order]
        new = _breaks(target) | (_steps(place) != 1) | (_steps(source) != 1)
        start, count = self._runs(target, new)
        return start, place[new], source[new], count

    def _out_of(self) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray]:
        """Return start [R + 1], place, stride, row and count of the runs out of each row."""
        order = np.lexsort((self._target, self._source))
        source, target = self._source[order], self._target[order]
        place = self._place[order]
        width, block = np.zeros((2, self._program.row_count), dtype=np.int64)
        for number, sums in enumerate(self._sums):
            # Of a block that isn't dense no two places keep their distance.
            width[sums.start : sums.stop] = sums.width if sums.entries is None else 0
            block[sums.start : sums.stop] = number
        stride = width[target]
        new = (
            _breaks(source) | _breaks(block[target]) | (_steps(target) != 1)
            | (_steps(place) != stride) | (stride == 0)
        )  # fmt: skip
        start, count = self._runs(source, new)
        return start, place[new], stride[new], target[new], count

    def _biases(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return the row of each sum unit, a row of ones for it, and its bias's place in θ."""
        program = self._program
        bias = np.full(program.row_count, -1, dtype=np.int64)
        bias[program.node_row] = program.bias_slot
        units = [np.arange(block.start, block.stop) for block in self._sums]
        ones = [np.full(block.stop - block.start, _ones_row(block)) for block in self._sums]
        rows = _joined(units)
        return rows, _joined(ones), bias[rows]

    def _runs(self, owner: IntArray, new: NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
        """Return the first run of each row [R + 1] and the length of each run."""
        first = np.flatnonzero(new)
        count = np.diff(np.append(first, len(owner)))
        per_row = np.bincount(owner[first], minlength=self._program.row_count)
        return np.cumsum([0, *per_row]), count

    def _term_tables(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return combine [R], start [R + 1], place and row of the terms of each term unit."""
        rows = self._program.row_count
        combine, count = np.zeros((2, rows), dtype=np.int64)
        places, sources = [], []
        for block in self._terms:
            combine[block.start : block.stop] = PRODUCT if block.combine == "product" else MAX
            count[block.start : block.stop] = len(block.sources)
            places.append((block.offset + _grid(block)).T.reshape(-1))
            sources.append(block.sources.T.reshape(-1))
        return combine, np.cumsum([0, *count]), _joined(places), _joined(sources)

    def _pushed(self) -> IntArray:
        """Return the rows of units that term units read."""
        rows = np.unique(_joined([block.sources.reshape(-1) for block in self._terms]))
        return rows[rows >= self._program.levels[0].stop] if self._program.levels else rows


def _ones_row(block: SumBlock) -> int:
    return block.first if block.gathered is None else 0


def _grid(block: TermBlock) -> IntArray:
    return np.arange(block.sources.size).reshape(block.sources.shape)


def _joined(parts: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _steps(values: IntArray) -> IntArray:
    # The first has no step; 0 is one that no run takes.
    return np.diff(values, prepend=values[:1])


def _breaks(values: IntArray) -> NDArray[np.bool_]:
    changed: NDArray[np.bool_] = _steps(values) != 0
    changed[:1] = True
    return changed
