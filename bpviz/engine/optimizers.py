"""Optimizers: each updates all parameters at once, in place, by PyTorch's formulas.

`theta`, `gradient` and every slot have the shape [P]; `gradient` is 0 at parameters that are
fixed. `step` counts updates from 1. `settings` holds the optimizer's
fields as 0-d arrays; `work` [2, P] is scratch. Formulas: torch.optim, single-tensor form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.functions import ZERO
from bpviz.model.training import Optimizer as OptimizerSettings

FloatArray = NDArray[np.float64]
Slots: TypeAlias = Mapping[str, FloatArray]
Settings: TypeAlias = Mapping[str, FloatArray]
Update: TypeAlias = Callable[[FloatArray, FloatArray, Slots, int, Settings, FloatArray], None]


def sgd(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by θ ← θ − η g."""
    np.multiply(gradient, settings["learning_rate"], work[0])
    np.subtract(theta, work[0], theta)


def momentum(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by v ← μ v + g; θ ← θ − η v."""
    velocity = slots["velocity"]
    np.multiply(velocity, settings["momentum"], velocity)
    np.add(velocity, gradient, velocity)
    np.multiply(velocity, settings["learning_rate"], work[0])
    np.subtract(theta, work[0], theta)


def nesterov(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by v ← μ v + g; θ ← θ − η (g + μ v)."""
    velocity = slots["velocity"]
    np.multiply(velocity, settings["momentum"], velocity)
    np.add(velocity, gradient, velocity)
    np.multiply(velocity, settings["momentum"], work[0])
    np.add(work[0], gradient, work[0])
    np.multiply(work[0], settings["learning_rate"], work[0])
    np.subtract(theta, work[0], theta)


def adagrad(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by s ← s + g²; θ ← θ − η g / (√s + ε)."""
    total = slots["square_sum"]
    np.multiply(gradient, gradient, work[0])
    np.add(total, work[0], total)
    np.sqrt(total, work[0])
    _divided_step(theta, gradient, settings["epsilon"], settings["learning_rate"], work)


def rmsprop(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by s ← ρ s + (1 − ρ) g²; θ ← θ − η g / (√s + ε)."""
    _moving_square(slots["square_mean"], gradient, settings["decay"], work[0])
    np.sqrt(slots["square_mean"], work[0])
    _divided_step(theta, gradient, settings["epsilon"], settings["learning_rate"], work)


def adam(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; θ ← θ − η m̂ / (√v̂ + ε).

    m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ): ε stands outside the root.
    """
    mean, square = slots["mean"], slots["square_mean"]
    beta1, beta2 = settings["beta1"], settings["beta2"]
    np.multiply(mean, beta1, mean)
    np.multiply(gradient, 1.0 - float(beta1), work[0])
    np.add(mean, work[0], mean)
    _moving_square(square, gradient, beta2, work[0])
    np.sqrt(square, work[0])
    np.divide(work[0], sqrt(1.0 - float(beta2) ** step), work[0])
    rate = float(settings["learning_rate"]) / (1.0 - float(beta1) ** step)
    _divided_step(theta, mean, settings["epsilon"], rate, work)


def adamw(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Step by θ ← θ − η λ θ, then as adam."""
    decay = float(settings["learning_rate"]) * float(settings["weight_decay"])
    np.multiply(theta, 1.0 - decay, theta)
    adam(theta, gradient, slots, step, settings, work)


def rprop(
    theta: FloatArray, gradient: FloatArray, slots: Slots, step: int, settings: Settings,
    work: FloatArray,
) -> None:  # fmt: skip
    """Where g keeps its sign the step size grows, where it turns it shrinks and g counts as 0.

    θ ← θ − sign(g) · step size; the first step size is the learning rate.
    """
    previous, size = slots["previous"], slots["step_size"]
    turn, factor = work
    np.multiply(gradient, previous, turn)
    np.sign(turn, turn)
    # factor = increase where turn is 1, 1 where it is 0, decrease where it is −1
    np.greater(turn, ZERO, factor)
    np.multiply(factor, settings["increase"], factor)
    np.less(turn, ZERO, previous)
    np.multiply(previous, settings["decrease"], previous)
    np.add(factor, previous, factor)
    np.equal(turn, ZERO, previous)
    np.add(factor, previous, factor)
    np.multiply(size, factor, size)
    np.maximum(size, settings["minimum_step"], out=size)
    np.minimum(size, settings["maximum_step"], out=size)
    np.greater_equal(turn, ZERO, turn)
    np.multiply(gradient, turn, previous)
    np.sign(previous, turn)
    np.multiply(turn, size, turn)
    np.subtract(theta, turn, theta)


def _moving_square(
    square: FloatArray, gradient: FloatArray, decay: FloatArray, work: FloatArray
) -> None:
    # s ← ρ s + (1 − ρ) g²
    np.multiply(square, decay, square)
    np.multiply(gradient, gradient, work)
    np.multiply(work, 1.0 - float(decay), work)
    np.add(square, work, square)


def _divided_step(
    theta: FloatArray,
    direction: FloatArray,
    epsilon: FloatArray,
    rate: FloatArray | float,
    work: FloatArray,
) -> None:
    # θ ← θ − rate · direction / (work[0] + ε)
    np.add(work[0], epsilon, work[0])
    np.divide(direction, work[0], work[0])
    np.multiply(work[0], rate, work[0])
    np.subtract(theta, work[0], theta)


@dataclass(frozen=True)
class Optimizer:
    """One row of the table.

    `slots` are the names of what it remembers for each parameter, 0 at first but for those in
    `starts`: pairs of a slot and the setting whose value it begins with.
    """

    update: Update
    formula: str
    slots: tuple[str, ...] = ()
    starts: tuple[tuple[str, str], ...] = ()

    def initial(self, slot: str, settings: OptimizerSettings) -> float:
        """Return the value that `slot` has before the first update."""
        starts = dict(self.starts)
        return float(getattr(settings, starts[slot])) if slot in starts else 0.0


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "sgd": Optimizer(sgd, "θ − η g"),
        "momentum": Optimizer(momentum, "v = μ v + g; θ − η v", ("velocity",)),
        "nesterov": Optimizer(nesterov, "v = μ v + g; θ − η (g + μ v)", ("velocity",)),
        "adagrad": Optimizer(adagrad, "s = s + g²; θ − η g / (√s + ε)", ("square_sum",)),
        "rmsprop": Optimizer(
            rmsprop, "s = ρ s + (1 − ρ) g²; θ − η g / (√s + ε)", ("square_mean",)
        ),
        "adam": Optimizer(
            adam,
            "m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; "
            "θ − η (m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε)",
            ("mean", "square_mean"),
        ),
        "adamw": Optimizer(
            adamw, "θ = θ − η λ θ, then as adam", ("mean", "square_mean")
        ),
        "rprop": Optimizer(
            rprop, "θ − sign(g) · step size", ("previous", "step_size"),
            (("step_size", "learning_rate"),),
        ),
    }
)  # fmt: skip


def settings_of(optimizer: OptimizerSettings) -> dict[str, FloatArray]:
    """Return the fields of a session's optimizer as 0-d arrays, as `update` takes them."""
    return {
        name: np.array(getattr(optimizer, name), dtype=np.float64)
        for name in optimizer.__struct_fields__
    }
