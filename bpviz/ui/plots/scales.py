"""Ranges that move in jumps, ticks at round numbers, curves thinned to what a screen can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MAX_POINTS: Final = 1_000
# About one for each pixel: while a run or a drag is on, when a curve is drawn again and again.
LIVE_POINTS: Final = 300
ROUND_STEPS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
TICK_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
LOG_STEPS: Final = (1.0, 2.0, 5.0)
SMALLEST_LOG_SPAN: Final = 1.0
LARGEST_LOSS: Final = 1e300
# Below this share of its size a loss that barely changes is drawn as a level line.
SMALLEST_SHARE: Final = 1e-9


class Span(NamedTuple):
    """A range of one axis."""

    low: float
    high: float


def thinned(count: int, limit: int = MAX_POINTS) -> IntArray:
    """Return at most `limit` indices out of `count`, evenly spread, first and last among them."""
    if count <= limit:
        return np.arange(count, dtype=np.int64)
    return np.unique(np.linspace(0, count - 1, limit).round().astype(np.int64))


def drawable(values: FloatArray, logarithmic: bool) -> FloatArray:
    """Return what is drawn: log10 where logarithmic, nan for what has no place on the axis."""
    if not logarithmic:
        return np.where(np.isfinite(values), values, np.nan)
    shown = np.full(values.shape, np.nan)
    fits = np.isfinite(values) & (values > 0.0)
    shown[fits] = np.log10(values[fits])
    return shown


def left_out(values: FloatArray, logarithmic: bool) -> int:
    """Return how many values have no place on the axis."""
    return int(np.isnan(drawable(values, logarithmic)).sum())


def round_up(value: float) -> float:
    """Return the next round number that is not below `value` (> 0)."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in ROUND_STEPS if step * power >= value * 0.999), 10 * power)


def taken(values: Sequence[float], chosen: IntArray) -> FloatArray:
    """Return the `values` at the places `chosen`, without making an array of all of them."""
    return np.array([values[place] for place in chosen.tolist()], np.float64)


def iteration_span(last: int) -> Span:
    """Return the range of iterations for a curve that reaches to `last`."""
    return Span(0.0, max(10.0, round_up(float(last)) if last > 0 else 0.0))


def loss_span(values: FloatArray, logarithmic: bool) -> Span:
    """Return the range of losses for drawable `values`; it moves in jumps as they change."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Span(-1.0, 0.0) if logarithmic else Span(0.0, 1.0)
    # What has diverged may span more than a number can hold.
    low, high = max(float(finite.min()), -LARGEST_LOSS), min(float(finite.max()), LARGEST_LOSS)
    if logarithmic:
        bottom, top = math.floor(low * 2 - 0.2) / 2, math.ceil(high * 2 + 0.1) / 2
        return Span(bottom, max(top, bottom + SMALLEST_LOG_SPAN))
    if low >= 0.0:
        return Span(0.0, round_up(high * 1.05) if high > 0.0 else 1.0)
    size = round_up(max(high - low, abs(low) * SMALLEST_SHARE, 1e-300) * 1.1)
    bottom = math.floor(low / size * 4) * size / 4
    return Span(bottom, max(bottom + size, math.ceil(high / size * 4) * size / 4))


def linear_ticks(span: Span, wanted: int = 5) -> list[float]:
    """Return about `wanted` round numbers within `span`."""
    rough = (span.high - span.low) / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in TICK_STEPS if size * power >= rough * 0.999)
    first = math.ceil(span.low / step - 1e-9)
    last = math.floor(span.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def log_ticks(span: Span, wanted: int = 6) -> list[float]:
    """Return exponents (log10) of round numbers within `span`: decades, with 2 and 5 if few."""
    first, last = math.ceil(span.low - 1e-9), math.floor(span.high + 1e-9)
    if last - first >= 2:
        every = max(1, math.ceil((last - first) / wanted))
        return [float(decade) for decade in range(first, last + 1, every)]
    fine = (
        decade + math.log10(step)
        for decade in range(math.floor(span.low), last + 1)
        for step in LOG_STEPS
    )
    return [tick for tick in fine if span.low - 1e-9 <= tick <= span.high + 1e-9]


def ticks(span: Span, logarithmic: bool, wanted: int) -> list[float]:
    """Return the places of ticks on an axis over `span`."""
    return log_ticks(span, wanted) if logarithmic else linear_ticks(span, wanted)
