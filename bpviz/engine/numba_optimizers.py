"""The optimizers of the compiled kernel, on vectors of parameters; formulas as in `optimizers`.

`first` and `second` are what an optimizer remembers, in the order of its slots there; `s` is the
address of its settings, in the order of the table's row below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from bpviz.engine.numba_functions import sign
from bpviz.engine.numba_vectors import (
    LANES,
    Vector,
    compiled,
    load,
    number,
    numbered,
    put,
    root,
    splat,
    store,
    total,
    where_less,
)

Three: TypeAlias = tuple[Vector, Vector, Vector]
Update: TypeAlias = Callable[[Vector, Vector, Vector, Vector, int], Three]


class Parameters(NamedTuple):
    """Addresses of `size` numbers each, a multiple of LANES, and of the settings.

    `free` is 0 where a parameter stays at `fixed`; `step` is the number of the update.
    """

    theta: int
    gradient: int
    first: int
    second: int
    free: int
    fixed: int
    settings: int
    size: int
    step: int


@compiled
def sgd(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by θ ← θ − η g."""
    return theta - g * number(s, 0), first, second


@compiled
def momentum(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by v ← μ v + g; θ ← θ − η v."""
    velocity = first * number(s, 1) + g
    return theta - velocity * number(s, 0), velocity, second


@compiled
def nesterov(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by v ← μ v + g; θ ← θ − η (g + μ v)."""
    velocity = first * number(s, 1) + g
    return theta - (velocity * number(s, 1) + g) * number(s, 0), velocity, second


@compiled
def adagrad(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by s ← s + g²; θ ← θ − η g / (√s + ε)."""
    square = first + g * g
    return theta - g / (root(square) + number(s, 1)) * number(s, 0), square, second


@compiled
def rmsprop(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by s ← ρ s + (1 − ρ) g²; θ ← θ − η g / (√s + ε)."""
    square = first * number(s, 2) + g * g * (1.0 - number(s, 2))
    return theta - g / (root(square) + number(s, 1)) * number(s, 0), square, second


@compiled
def adam(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; θ ← θ − η m̂ / (√v̂ + ε)."""
    mean = first * number(s, 2) + g * (1.0 - number(s, 2))
    square = second * number(s, 3) + g * g * (1.0 - number(s, 3))
    return theta - mean / (root(square) / number(s, 7) + number(s, 1)) * number(s, 6), mean, square


@compiled
def adamw(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Step by θ ← θ − η λ θ, then as adam."""
    return adam(theta * (1.0 - number(s, 0) * number(s, 4)), g, first, second, s)


@compiled
def rprop(theta: Vector, g: Vector, first: Vector, second: Vector, s: int) -> Three:
    """Where g keeps its sign the step size grows, where it turns it shrinks and g counts as 0."""
    turn = sign(g * first)
    factor = where_less(splat(0.0), turn, splat(number(s, 1)), splat(1.0))
    factor = where_less(turn, splat(0.0), splat(number(s, 2)), factor)
    size = second * factor
    size = where_less(size, splat(number(s, 3)), splat(number(s, 3)), size)
    size = where_less(splat(number(s, 4)), size, splat(number(s, 4)), size)
    g = where_less(turn, splat(0.0), g * 0.0, g)
    return theta - sign(g) * size, g, size


@compiled
def _nothing(s: int, step: int) -> None:
    pass


@compiled
def _bias_corrections(s: int, step: int) -> None:
    # The seventh is η / (1 − β₁ᵗ), the eighth √(1 − β₂ᵗ).
    put(s, 6, number(s, 0) / (1.0 - number(s, 2) ** float(step)))
    put(s, 7, math.sqrt(1.0 - number(s, 3) ** float(step)))


# Updates all parameters and returns Σ θ².
Step: TypeAlias = Callable[[Parameters], float]


def _step_of(update: Update, slots: int, prepare: Callable[[int, int], None] = _nothing) -> Step:
    @compiled
    def step(parameters: Parameters) -> float:
        prepare(parameters.settings, parameters.step)
        squares, half = splat(0.0), splat(0.5)
        first = second = splat(0.0)
        for at in range(0, parameters.size, LANES):
            free = load(parameters.free, at)
            if slots > 0:
                first = load(parameters.first, at)
            if slots > 1:
                second = load(parameters.second, at)
            theta, first, second = update(
                load(parameters.theta, at), load(parameters.gradient, at) * free, first, second,
                parameters.settings,
            )  # fmt: skip
            theta = where_less(free, half, load(parameters.fixed, at), theta)
            store(parameters.theta, at, theta)
            if slots > 0:
                store(parameters.first, at, first)
            if slots > 1:
                store(parameters.second, at, second)
            squares = squares + theta * theta
        return total(squares)

    return step


class CompiledOptimizer(NamedTuple):
    """One row of the table: a step over all parameters, and the settings it takes, in order."""

    step: Step
    settings: tuple[str, ...]


# Room for a row's settings and the two corrections of adam.
SETTINGS: Final = 8
_MOMENTUM = ("learning_rate", "momentum")
_ADAM = ("learning_rate", "epsilon", "beta1", "beta2")

OPTIMIZERS: Final[Mapping[str, CompiledOptimizer]] = MappingProxyType(
    {
        "sgd": CompiledOptimizer(_step_of(sgd, 0), ("learning_rate",)),
        "momentum": CompiledOptimizer(_step_of(momentum, 1), _MOMENTUM),
        "nesterov": CompiledOptimizer(_step_of(nesterov, 1), _MOMENTUM),
        "adagrad": CompiledOptimizer(_step_of(adagrad, 1), ("learning_rate", "epsilon")),
        "rmsprop": CompiledOptimizer(_step_of(rmsprop, 1), ("learning_rate", "epsilon", "decay")),
        "adam": CompiledOptimizer(_step_of(adam, 2, _bias_corrections), _ADAM),
        "adamw": CompiledOptimizer(_step_of(adamw, 2, _bias_corrections), (*_ADAM, "weight_decay")),
        "rprop": CompiledOptimizer(
            _step_of(rprop, 2),
            ("learning_rate", "increase", "decrease", "minimum_step", "maximum_step"),
        ),
    }
)
OPTIMIZER_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number for number, name in enumerate(OPTIMIZERS)}
)
step_by_number = numbered([row.step for row in OPTIMIZERS.values()])
