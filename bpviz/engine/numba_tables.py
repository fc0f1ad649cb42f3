"""The activations of the compiled kernel by name, and how compiled code calls them by number.

A row of `functions.ACTIVATIONS` that is missing here does no harm: networks that need it are left
to the numpy kernel (see `numba_kernel.supports`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from bpviz.engine import numba_functions as functions
from bpviz.engine.numba_vectors import LANES, Vector, compiled, load, number, numbered, put, store

VectorFunction: TypeAlias = Callable[[Vector, float], Vector]
VectorSlope: TypeAlias = Callable[[Vector, Vector, float], Vector]
SampleFunction: TypeAlias = Callable[[float, float], float]
SampleSlope: TypeAlias = Callable[[float, float, float], float]


class Block(NamedTuple):
    """Rows start…stop of the matrices at the addresses z, a, g and d.

    The matrices have `stride` columns, of which the first `lanes` count, a multiple of LANES. `p`
    is the parameter of the rows' activation.
    """

    z: int
    a: int
    g: int
    d: int
    start: int
    stop: int
    stride: int
    lanes: int
    p: float


# A compiled function of a block.
OnBlock: TypeAlias = Callable[[Block], None]


def _of_vectors(function: VectorFunction) -> OnBlock:
    @compiled
    def activate(block: Block) -> None:
        for row in range(block.start, block.stop):
            first = row * block.stride
            for at in range(first, first + block.lanes, LANES):
                store(block.a, at, function(load(block.z, at), block.p))

    return activate


def _slope_of_vectors(slope: VectorSlope) -> OnBlock:
    @compiled
    def deltas(block: Block) -> None:
        for row in range(block.start, block.stop):
            first = row * block.stride
            for at in range(first, first + block.lanes, LANES):
                s = slope(load(block.z, at), load(block.a, at), block.p)
                store(block.d, at, s * load(block.g, at))

    return deltas


def _of_samples(function: SampleFunction) -> OnBlock:
    @compiled
    def activate(block: Block) -> None:
        for row in range(block.start, block.stop):
            first = row * block.stride
            for at in range(first, first + block.lanes):
                put(block.a, at, function(number(block.z, at), block.p))

    return activate


def _slope_of_samples(slope: SampleSlope) -> OnBlock:
    @compiled
    def deltas(block: Block) -> None:
        for row in range(block.start, block.stop):
            first = row * block.stride
            for at in range(first, first + block.lanes):
                s = slope(number(block.z, at), number(block.a, at), block.p)
                put(block.d, at, s * number(block.g, at))

    return deltas


class CompiledActivation(NamedTuple):
    """One row of the table: a = f(z), and below it d = f'(z) · g."""

    activate: OnBlock
    deltas: OnBlock


def _vectors(function: VectorFunction, slope: VectorSlope) -> CompiledActivation:
    return CompiledActivation(_of_vectors(function), _slope_of_vectors(slope))


def _samples(function: SampleFunction, slope: SampleSlope) -> CompiledActivation:
    return CompiledActivation(_of_samples(function), _slope_of_samples(slope))


ACTIVATIONS: Final[Mapping[str, CompiledActivation]] = MappingProxyType(
    {
        "identity": _vectors(functions.identity, functions.identity_slope),
        "sigmoid": _vectors(functions.sigmoid, functions.sigmoid_slope),
        "tanh": _vectors(functions.tanh, functions.tanh_slope),
        "relu": _vectors(functions.relu, functions.relu_slope),
        "leaky_relu": _vectors(functions.leaky_relu, functions.leaky_relu_slope),
        "elu": _vectors(functions.elu, functions.elu_slope),
        "gelu": _vectors(functions.gelu, functions.gelu_slope),
        "silu": _vectors(functions.silu, functions.silu_slope),
        "softplus": CompiledActivation(
            _of_samples(functions.softplus), _slope_of_vectors(functions.softplus_slope)
        ),
        "step": _vectors(functions.step, functions.step_slope),
        "sin": _samples(functions.sin, functions.sin_slope),
        "cos": _samples(functions.cos, functions.cos_slope),
        "exp": _vectors(functions.exp, functions.exp_slope),
        "log": CompiledActivation(
            _of_samples(functions.log), _slope_of_vectors(functions.log_slope)
        ),
        "sqrt": _vectors(functions.sqrt, functions.sqrt_slope),
        "square": _vectors(functions.square, functions.square_slope),
        "reciprocal": _vectors(functions.reciprocal, functions.reciprocal_slope),
        "abs": _vectors(functions.magnitude, functions.magnitude_slope),
        "power": _samples(functions.power, functions.power_slope),
    }
)


ACTIVATION_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number for number, name in enumerate(ACTIVATIONS)}
)
activate_by_number = numbered([row.activate for row in ACTIVATIONS.values()])
deltas_by_number = numbered([row.deltas for row in ACTIVATIONS.values()])
