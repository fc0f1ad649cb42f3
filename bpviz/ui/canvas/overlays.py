"""What the drawing can show of each weight and bias: the overlays, and how large a number looks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]

Overlay: TypeAlias = Literal[
    "values", "gradients", "updates", "weights", "local", "optimizer", "differences"
]

OVERLAYS: Final[tuple[Overlay, ...]] = (
    "values", "gradients", "updates", "weights", "local", "optimizer", "differences"
)  # fmt: skip
# On a logarithmic scale a number this many powers of ten below the largest is drawn thinnest.
DECADES: Final = 4
_EDGE_SYMBOLS: Final = MappingProxyType(
    {
        "values": "w·a",
        "gradients": "∂",
        "updates": "Δ",
        "weights": "w",
        "local": "∂a/∂a",
        "differences": "Δ₀",
    }
)
_BIAS_SYMBOLS: Final = MappingProxyType({"updates": "Δb", "weights": "b", "differences": "Δ₀b"})
_SLOT_SYMBOLS: Final = MappingProxyType(
    {"velocity": "v", "mean": "m", "square_sum": "s", "previous": "g₀", "step_size": "s"}
)
SLOT_NAMES: Final = MappingProxyType(
    {
        "velocity": "momentum v",
        "mean": "mean gradient m",
        "square_mean": "mean squared gradient",
        "square_sum": "sum of squared gradients s",
        "previous": "last gradient g₀",
        "step_size": "step size s",
    }
)


@dataclass(frozen=True, eq=False)
class Reference:
    """Weights by edge name and biases by node id that the present ones are compared with."""

    title: str
    edges: Mapping[str, float]
    biases: Mapping[str, float]


@dataclass(frozen=True)
class Look:
    """What the edges show, and how a number's size becomes width and strength of colour.

    `slot` is the one of the optimizer's that is wanted. `ranges` holds, by overlay, the number
    that is drawn widest where it is fixed; elsewhere it is the largest shown, rounded up.
    `reference` is what differences are taken to.
    """

    overlay: Overlay = "gradients"
    slot: str = ""
    ranges: Mapping[str, float] = field(default_factory=dict)
    is_logarithmic: bool = False
    reference: Reference | None = None

    @property
    def fixed(self) -> float:
        """The number that is drawn widest, 0 where it follows the numbers shown."""
        return self.ranges.get(self.overlay, 0.0)

    def chosen_slot(self, slots: Collection[str]) -> str:
        """Return which of the optimizer's `slots` is shown, "" where there are none."""
        return self.slot if self.slot in slots else next(iter(slots), "")


def has_gradient_colors(overlay: Overlay) -> bool:
    """Whether an overlay's numbers have the gradients' colours, not the values'."""
    return overlay in ("gradients", "local", "optimizer")


def edge_symbol(overlay: Overlay, slot: str, slots: Collection[str]) -> str:
    """Return what stands before an edge's number."""
    if overlay == "optimizer":
        return slot_symbol(slot, slots)
    return _EDGE_SYMBOLS[overlay]


def bias_symbol(overlay: Overlay, slot: str, slots: Collection[str]) -> str:
    """Return what stands before a bias's number under its node; "" for no such line."""
    if overlay == "optimizer" and slot:
        return f"{slot_symbol(slot, slots)} of b"
    return _BIAS_SYMBOLS.get(overlay, "")


def slot_symbol(slot: str, slots: Collection[str]) -> str:
    """Return an optimizer slot's letter; Adam calls v what RMSProp calls s."""
    if slot == "square_mean":
        return "v" if "mean" in slots else "s"
    return _SLOT_SYMBOLS.get(slot, "")


def slot_title(slot: str, slots: Collection[str]) -> str:
    """Return what an optimizer slot is called: "mean squared gradient v"."""
    name = SLOT_NAMES.get(slot, slot)
    return f"{name} {slot_symbol(slot, slots)}" if slot == "square_mean" else name


def strength_of(size: FloatArray, scale: float, *, is_logarithmic: bool) -> FloatArray:
    """Return how strong numbers of `size` ≥ 0 look, 0 to 1: at `scale` and above it is 1."""
    if scale <= 0.0:
        return np.zeros(len(size))
    share = size / scale
    if is_logarithmic:
        with np.errstate(divide="ignore"):
            share = 1.0 + np.log10(share) / DECADES
    strength: FloatArray = np.clip(share, 0.0, 1.0)
    return strength


def rounded_up(largest: float) -> float:
    """Return the next of …, 0.1, 0.2, 0.5, 1, 2, 5, … so that widths don't jitter."""
    if not np.isfinite(largest) or largest < 1e-300:
        return 0.0
    power = 10.0 ** np.floor(np.log10(largest))
    for step in (1.0, 2.0, 5.0, 10.0):
        if largest <= step * power * (1 + 1e-12):
            return float(step * power)
    return float(10.0 * power)
