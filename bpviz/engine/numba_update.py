"""From sums over samples to new parameters in compiled code. `header`: see `numba_plan.Field`."""

from __future__ import annotations

import math

from bpviz.engine.kernels import MAX_PARAMETER, SAFE_PARAMETERS, SAFE_VALUES
from bpviz.engine.numba_functions import sign
from bpviz.engine.numba_optimizers import Parameters, step_by_number
from bpviz.engine.numba_plan import Field
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

# What came of a batch. LOOK: a forward pass has numbers so large that each must be looked at; PASS:
# the gradient is bad; CHANGE: the parameters are.
FINE, LOOK, PASS, CHANGE = 0, 1, 2, 3


@inlined
def _share(header: int) -> None:
    """Give every shared parameter the sum of the gradients of its group."""
    gradient, starts = integer(header, Field.GRADIENT), integer(header, Field.SHARE_START)
    members = integer(header, Field.SHARE_MEMBER)
    for group in range(integer(header, Field.SHARES)):
        shared = 0.0
        for at in range(integer(starts, group), integer(starts, group + 1)):
            shared += number(gradient, integer(members, at))
        for at in range(integer(starts, group), integer(starts, group + 1)):
            put(gradient, integer(members, at), shared)


@compiled
def _finish_gradient(header: int, samples: int) -> float:
    """Make the gradient of the whole objective out of sums over samples; return Σ of squares."""
    gradient, theta = integer(header, Field.GRADIENT), integer(header, Field.THETA)
    scale = 1.0 / samples if integer(header, Field.IS_MEAN) else 1.0
    has_penalty = integer(header, Field.HAS_PENALTY)
    _share(header)
    squares = splat(0.0)
    for at in range(0, integer(header, Field.PARAMETERS), LANES):
        g = load(gradient, at) * scale
        if has_penalty:
            w = load(theta, at)
            g = g + load(integer(header, Field.L2), at) * w
            g = g + load(integer(header, Field.L1), at) * sign(w)
        store(gradient, at, g)
        squares = squares + g * g
    return total(squares)


@compiled
def update(header: int, samples: int, step: int) -> int:
    """Take the optimizer's step number `step` on the gradient summed over `samples`."""
    squares = _finish_gradient(header, samples)
    is_safe = squares < SAFE_VALUES
    count = integer(header, Field.PARAMETERS)
    if not is_safe and not _all_finite(integer(header, Field.GRADIENT), count):
        return PASS
    theta = integer(header, Field.THETA)
    first, second = integer(header, Field.FIRST), integer(header, Field.SECOND)
    parameters = Parameters(
        theta, integer(header, Field.GRADIENT), first, second,
        integer(header, Field.FREE), integer(header, Field.FIXED),
        integer(header, Field.SETTINGS), count, step,
    )  # fmt: skip
    squares = step_by_number(integer(header, Field.OPTIMIZER), parameters)
    if not squares <= SAFE_PARAMETERS and not _is_bounded(theta, count):
        return CHANGE
    if not is_safe and not (_all_finite(first, count) and _all_finite(second, count)):
        return CHANGE
    return FINE


@compiled
def _all_finite(values: int, count: int) -> bool:
    finite = True
    for at in range(count):
        finite = finite and math.isfinite(number(values, at))
    return finite


@compiled
def _is_bounded(theta: int, count: int) -> bool:
    bounded = True
    for at in range(count):
        bounded = bounded and abs(number(theta, at)) <= MAX_PARAMETER
    return bounded
