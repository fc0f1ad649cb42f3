"""Sizes of gradients, weights and updates by layer, and what they say about learning."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.program import Program
from bpviz.model.counts import grouped

FloatArray = NDArray[np.float64]

# Sums of squares beyond these may have lost numbers that overflow or vanish.
LARGE_SUM, SMALL_SUM = 1e290, 1e-270
# A gradient below this in every weight of a layer no longer moves it.
VANISHED: Final = 1e-6
EXPLODED: Final = 1e3
# A layer whose gradient is smaller or larger than the last layer's by this factor is told.
FAR_APART: Final = 1e3


def layer_norms(program: Program, values: FloatArray) -> tuple[float, ...]:
    """Return √(Σ v²) over the weights of each layer; `values` [P] is shaped like θ.

    Biases are left out. One number for each layer, the first hidden one first; ∞ or nan where
    a value is.
    """
    order, starts = program.layer_slots
    if not len(order):
        return ()
    taken = values[order]
    with np.errstate(all="ignore"):
        sums = np.add.reduceat(taken * taken, starts).tolist()
        # Squares neither overflow nor vanish in any sum between these.
        if all(SMALL_SUM < each < LARGE_SUM for each in sums):
            return tuple(map(math.sqrt, sums))
        largest = float(np.abs(taken).max())
        scale = largest if largest and math.isfinite(largest) else 1.0
        taken = taken / scale
        norms = scale * np.sqrt(np.add.reduceat(taken * taken, starts))
    return tuple(norms.tolist())


def layer_levels(program: Program) -> tuple[int, ...]:
    """Return the level of each layer that `layer_norms` has a number for."""
    return tuple(np.unique(program.node_level[program.target]).tolist())


def update_ratios(program: Program, before: FloatArray, after: FloatArray) -> tuple[float, ...]:
    """Return ‖ΔW‖ / ‖W‖ of each layer between θ `before` and `after`; ∞ where W is all 0."""
    sizes, changes = layer_norms(program, before), layer_norms(program, after - before)
    return tuple(
        change / size if size else (np.inf if change else 0.0)
        for change, size in zip(changes, sizes, strict=True)
    )


def gradient_verdict(sizes: tuple[float, ...]) -> str:
    """Return in words what hinders learning, from ‖∂E/∂W‖ of each layer; empty if nothing does."""
    if not sizes:
        return ""
    if not np.isfinite(sizes).all():
        return "Exploding: a gradient is no longer a finite number"
    if max(sizes) < VANISHED:
        return "All gradients are below 1e−6: a minimum, saddle or plateau"
    strongest = int(np.argmax(sizes))
    if sizes[strongest] > EXPLODED:
        return f"Exploding: the gradient of layer {strongest + 1} is above {grouped(EXPLODED)}"
    faint = [place for place, size in enumerate(sizes) if size < VANISHED]
    if faint:
        how = "below 1e−6" if sizes[faint[0]] else "exactly 0"
        return f"Vanishing: the gradient of layer {faint[0] + 1} is {how}"
    if len(sizes) > 1 and sizes[0] * FAR_APART < sizes[-1]:
        share = grouped(sizes[-1] / sizes[0])
        return f"Vanishing: layer 1 gets 1/{share} of the last layer's gradient"
    if len(sizes) > 1 and sizes[0] > sizes[-1] * FAR_APART:
        times = grouped(sizes[0] / sizes[-1])
        return f"Exploding: layer 1 gets {times} times the last layer's gradient"
    return ""
