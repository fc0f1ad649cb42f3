"""Iterations in compiled code: forward, backward, update, and the loop over batches.

Samples stand side by side (see `program`), in vectors of eight; a last vector is filled up with
copies of the last sample, which take no part in the loss. `drive` is all that Python calls.
`header` is the address of the header (see `numba_plan.Field`), `lanes` the number of samples in
whole vectors, `width` that of those which count.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.kernels import SAFE_VALUES
from bpviz.engine.numba_losses import Ends, gradient_by_number
from bpviz.engine.numba_plan import Field
from bpviz.engine.numba_sums import pre_activation, sent_back, weight_gradients
from bpviz.engine.numba_tables import Block, activate_by_number, deltas_by_number
from bpviz.engine.numba_terms import send_terms_back, term_pre_activation
from bpviz.engine.numba_update import FINE, LOOK, update
from bpviz.engine.numba_vectors import (
    LANES,
    compiled,
    inlined,
    integer,
    load,
    number,
    put,
    splat,
    store,
    total,
)

IntArray = NDArray[np.int64]

# What is to be done with each batch. MORE: the gradient is added to the one that is there;
# UNCHECKED: somebody has looked at the forward pass.
FORWARD, BACKWARD, UPDATE, MORE, UNCHECKED = 1, 2, 4, 8, 16

# -- forward -----------------------------------------------------------------------------------


@compiled
def _load(header: int, start: int, stop: int, lanes: int) -> None:
    if integer(header, Field.HELD_START) == start and integer(header, Field.HELD_STOP) == stop:
        return
    put(header, Field.HELD_START, start)
    put(header, Field.HELD_STOP, stop)
    a = integer(header, Field.A)
    for column in range(integer(header, Field.INPUTS)):
        _load_row(header, integer(header, Field.X), a, column, 1 + column, start, stop, lanes)
    if integer(header, Field.HAS_TARGETS):
        t = integer(header, Field.T)
        for output in range(integer(header, Field.OUTPUTS)):
            _load_row(header, integer(header, Field.Y), t, output, output, start, stop, lanes)


@compiled
def _load_row(
    header: int, data: int, matrix: int, column: int, row: int, start: int, stop: int, lanes: int
) -> None:
    order = integer(header, Field.ORDER)
    first, to = column * integer(header, Field.DATA), row * integer(header, Field.STRIDE)
    for sample in range(lanes):
        at = integer(order, min(start + sample, stop - 1))
        put(matrix, to + sample, number(data, first + at))


@inlined
def _block(header: int, group: int, lanes: int) -> Block:
    return Block(
        integer(header, Field.Z),
        integer(header, Field.A),
        integer(header, Field.G),
        integer(header, Field.D),
        integer(integer(header, Field.GROUP_FIRST), group),
        integer(integer(header, Field.GROUP_STOP), group),
        integer(header, Field.STRIDE),
        lanes,
        number(integer(header, Field.GROUP_PARAMETER), group),
    )


@inlined
def _bounds(header: int, level: int) -> tuple[int, int, int]:
    bounds = integer(header, Field.BOUNDS)
    at = 3 * level
    return integer(bounds, at), integer(bounds, at + 1), integer(bounds, at + 2)


@compiled
def _forward(header: int, lanes: int) -> None:
    groups = integer(header, Field.GROUP_START)
    for level in range(integer(header, Field.LEVELS)):
        start, middle, stop = _bounds(header, level)
        for row in range(start, middle):
            pre_activation(header, row, lanes)
        for row in range(middle, stop):
            term_pre_activation(header, row, lanes)
        for group in range(integer(groups, level), integer(groups, level + 1)):
            activation = integer(integer(header, Field.GROUP_ACTIVATION), group)
            activate_by_number(activation, _block(header, group, lanes))


@compiled
def _is_forward_safe(header: int, lanes: int) -> bool:
    if not _squares(header, integer(header, Field.A), lanes) < SAFE_VALUES:
        return False
    if not integer(header, Field.CHECKS_Z):
        return True
    return _squares(header, integer(header, Field.Z), lanes) < SAFE_VALUES


@compiled
def _squares(header: int, matrix: int, lanes: int) -> float:
    stride = integer(header, Field.STRIDE)
    squares = splat(0.0)
    for row in range(integer(header, Field.ROWS)):
        first = row * stride
        for at in range(first, first + lanes, LANES):
            values = load(matrix, at)
            squares = squares + values * values
    return total(squares)


# -- backward ----------------------------------------------------------------------------------


@compiled
def _seed(header: int, width: int, lanes: int) -> Ends:
    """Write ∂loss/∂a at the outputs, 0 where term units will add to it; return the outputs."""
    pushed, outputs = integer(header, Field.PUSHED), integer(header, Field.OUTPUT_ROW)
    for at in range(integer(header, Field.PUSHED_ROWS)):
        _clear(header, integer(pushed, at), lanes)
    count = integer(header, Field.OUTPUTS)
    for at in range(count):
        _clear(header, integer(outputs, at), lanes)
    stride = integer(header, Field.STRIDE)
    a, t, g = integer(header, Field.A), integer(header, Field.T), integer(header, Field.G)
    ends = Ends(a, t, g, outputs, integer(header, Field.IS_FUSED), count, stride, width)
    gradient_by_number(integer(header, Field.LOSS), ends)
    return ends


@compiled
def _clear(header: int, row: int, lanes: int) -> None:
    first = row * integer(header, Field.STRIDE)
    for at in range(first, first + lanes, LANES):
        store(integer(header, Field.G), at, splat(0.0))


@compiled
def _backward(header: int, width: int, lanes: int) -> None:
    groups = integer(header, Field.GROUP_START)
    ends = _seed(header, width, lanes)
    for level in range(integer(header, Field.LEVELS) - 1, -1, -1):
        start, middle, stop = _bounds(header, level)
        for row in range(start, stop):
            sent_back(header, row, lanes)
        for group in range(integer(groups, level), integer(groups, level + 1)):
            activation = integer(integer(header, Field.GROUP_ACTIVATION), group)
            deltas_by_number(activation, _block(header, group, lanes))
        _add_fused(header, ends, start, stop)
        for row in range(start, middle):
            weight_gradients(header, row, lanes)
        for row in range(middle, stop):
            send_terms_back(header, row, lanes)


@compiled
def _add_fused(header: int, ends: Ends, start: int, stop: int) -> None:
    d = integer(header, Field.D)
    for output in range(ends.outputs):
        row = integer(ends.rows, output)
        if integer(ends.fused, output) and start <= row < stop:
            for sample in range(ends.width):
                at = row * ends.stride + sample
                error = number(ends.a, at) - number(ends.t, output * ends.stride + sample)
                put(d, at, number(d, at) + error)


# -- batches -----------------------------------------------------------------------------------


@inlined
def _batch(header: int, what: int, start: int, stop: int, step: int) -> int:
    # Few samples at a time go forward and backward, so that their numbers stay in fast memory.
    if what & FORWARD:
        first = start
        while first < stop:
            last = min(first + integer(header, Field.STRIDE), stop)
            width = last - first
            lanes = (width + LANES - 1) // LANES * LANES
            _load(header, first, last, lanes)
            _forward(header, lanes)
            if not what & UNCHECKED and not _is_forward_safe(header, lanes):
                return LOOK
            if what & BACKWARD:
                put(header, Field.ADDS, 1 if first > start or what & MORE else 0)
                _backward(header, width, lanes)
            first = last
    if what & UPDATE:
        return update(header, stop - start, step)
    return FINE


def drive(fields: IntArray, what: int, start: int, stop: int, step: int, count: int) -> int:
    """Do `what` with the batch of rows start…stop and the `count` − 1 batches after it.

    After the last batch of the data comes the first. `step` is the optimizer's number of the
    first update. Returns 4 times the number of batches done, plus what stopped the next one.
    """
    header = fields.ctypes.data
    for done in range(count):
        outcome = _batch(header, what, start, stop, step + done)
        if outcome != FINE:
            return 4 * done + outcome
        start = 0 if stop >= integer(header, Field.DATA) else stop
        stop = min(start + integer(header, Field.BATCH), integer(header, Field.DATA))
    return 4 * count
