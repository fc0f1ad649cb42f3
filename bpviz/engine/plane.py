"""The forward pass over a grid of inputs in float32: what heat maps and decision plots show.

Single precision is twice as fast, and exact to far more than the 256 shades of a picture. Nothing
made here is ever a parameter, nor a number that is written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import Group, SumBlock, TermBlock
from bpviz.engine.calls import Call
from bpviz.engine.datasets import Rows
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.program import Program
from bpviz.model.network import Unit, activation_name

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]
ShadeArray = NDArray[np.uint8]
Held: TypeAlias = Literal["sample", "mean"]

# Shades 0 to 254 run from the lowest to the highest value; the last one says "no finite number".
SHADES: Final = 255
NOT_FINITE: Final = 255
# The data lie in the middle of the plane, with this share of their extent free on each side.
ROOM: Final = 0.12


@dataclass(frozen=True)
class Axes:
    """Which input columns a plane spans, and where all other inputs are held.

    `up` is −1 where there is one input alone: the plane is then a line.
    """

    across: int = 0
    up: int = 1
    held: Held = "sample"

    def fitted(self, input_count: int) -> Axes:
        """Return these axes where `input_count` columns have them, else the nearest there are."""
        if input_count < 2:
            return replace(self, across=0, up=-1)
        across = min(self.across, input_count - 1)
        up = self.up if 0 <= self.up < input_count else 1
        if up == across:
            up = 1 if across == 0 else 0
        return replace(self, across=across, up=up)


class Span(NamedTuple):
    """The lowest and the highest value of an axis or a scale."""

    low: float
    high: float


def input_span(rows: Rows, column: int) -> Span:
    """Return what a plane shows of an input: all of its data, with room on both sides."""
    values = np.concatenate([rows.inputs[:, column], rows.test_inputs[:, column]])
    if not len(values):
        return Span(-1.0, 1.0)
    low, high = float(values.min()), float(values.max())
    room = ROOM * (high - low) if high > low else max(1.0, 0.5 * abs(low))
    return Span(low - room, high + room)


def held_values(rows: Rows, held: Held, row: int) -> FloatArray:
    """Return the inputs [I] that are held: those of data row `row`, or the mean of all rows."""
    if not rows.count:
        return np.zeros(rows.inputs.shape[1])
    values: FloatArray = rows.inputs.mean(axis=0) if held == "mean" else rows.inputs[row]
    return values


def sigmoid(z: SingleArray, a: SingleArray) -> None:
    """Write a = ½ + ½ tanh(z/2), which is 1 / (1 + exp(−z))."""
    np.multiply(z, 0.5, out=a)
    np.tanh(a, out=a)
    np.multiply(a, 0.5, out=a)
    np.add(a, 0.5, out=a)


def relu(z: SingleArray, a: SingleArray) -> None:
    """Write a = max(z, 0)."""
    np.maximum(z, 0.0, out=a)


# The engine's own functions work with float64 constants, which makes these two slow.
_SINGLE: Final[dict[str, Callable[[SingleArray, SingleArray], None]]] = {
    "sigmoid": sigmoid,
    "relu": relu,
}


class Plane:
    """The values of all nodes of a program at `columns` x `rows` points of two inputs.

    Holds its buffers: an evaluation makes no array. The first row of the grid is the top one, with
    the highest value of the axis `up`.
    """

    def __init__(self, program: Program, columns: int, rows: int) -> None:
        self.program = program
        self.columns, self.rows = columns, rows
        points = columns * rows
        self._a = np.ones((program.row_count, points), np.float32)
        self._z = np.zeros_like(self._a)
        self._work = np.empty((2, *self._a.shape), np.float32)
        self._theta = np.empty(program.theta_size, np.float32)
        self._calls: list[Call] = []
        for level in program.levels[1:]:
            if level.sums is not None:
                self._sum(level.sums)
            for block in level.terms:
                self._terms(block)
            for group in level.groups:
                self._activate(group)

    def place(self, axes: Axes, across: Span, up: Span, held: FloatArray) -> None:
        """Let the grid span `across` and `up` (unused on a line); `held` [I] are the others."""
        x = self._a[1 : 1 + self.program.input_count]
        x[...] = held[:, None]
        # In the middle of each cell, as pictures are drawn.
        row = (np.arange(self.columns) + 0.5) / self.columns * (across.high - across.low)
        x[axes.across] = np.tile(row + across.low, self.rows)
        if axes.up >= 0:
            column = (np.arange(self.rows) + 0.5) / self.rows * (up.high - up.low)
            x[axes.up] = np.repeat(up.high - column, self.columns)

    def evaluate(self, theta: FloatArray) -> None:
        """Compute the values of all nodes at θ [P]; overflow gives what is no finite number."""
        with np.errstate(all="ignore"):
            np.copyto(self._theta, theta, casting="same_kind")
            for call in self._calls:
                call()

    @property
    def matrix(self) -> SingleArray:
        """All rows of the program [R, rows · columns], in the buffer: see `Program.node_row`."""
        return self._a

    def values(self, node: int) -> SingleArray:
        """Return the values [rows · columns] of the node at position `node`, in the buffer."""
        found: SingleArray = self._a[int(self.program.node_row[node])]
        return found

    def _sum(self, block: SumBlock) -> None:
        """Add the calls for z = W A, A the rows of a block's sources."""
        theta = self._theta[block.offset : block.offset + block.size]
        w = theta
        if block.entries is not None:
            w = np.zeros(block.shape[0] * block.shape[1], np.float32)
            self._calls.append(partial(w.__setitem__, block.entries, theta))
        a = self._a[block.first : block.last]
        if block.gathered is not None:
            a = np.ones((block.width, self._a.shape[1]), np.float32)
            self._calls.append(partial(self._a.take, block.gathered, 0, a[1:], "clip"))
        z = self._z[block.start : block.stop]
        self._calls.append(partial(np.dot, w.reshape(block.shape), a, z))

    def _terms(self, block: TermBlock) -> None:
        """Add the calls for z = Π (w·a) or max (w·a)."""
        shape = block.sources.shape
        w = self._theta[block.offset : block.offset + block.sources.size].reshape(*shape, 1)
        terms = np.empty((*shape, self._a.shape[1]), np.float32)
        flat = terms.reshape(-1, self._a.shape[1])
        z = self._z[block.start : block.stop]
        join = np.maximum if block.combine == "max" else np.multiply
        self._calls += [
            partial(self._a.take, block.sources.reshape(-1), 0, flat, "clip"),
            partial(np.multiply, terms, w, terms),
            partial(join.reduce, terms, axis=0, out=z),
        ]

    def _activate(self, group: Group) -> None:
        rows = slice(group.start, group.stop)
        z, a = self._z[rows], self._a[rows]
        single = _SINGLE.get(group.activation)
        if single is not None:
            self._calls.append(partial(single, z, a))
            return
        function: Callable[..., None] = ACTIVATIONS[group.activation].function
        self._calls.append(partial(function, z, a, self._work[:, rows], group.parameter))


def known_span(program: Program, node: int) -> Span | None:
    """Return the values that a node's activation can take; None where they have no bounds."""
    model = program.network.nodes[node]
    name = activation_name(model.activation) if isinstance(model, Unit) else ""
    if name in ("sigmoid", "step"):
        return Span(0.0, 1.0)
    return Span(-1.0, 1.0) if name in ("tanh", "sin", "cos") else None


def output_span(program: Program, output: int, rows: Rows) -> Span | None:
    """Return the scale of an output's values: its activation's, else that of its targets."""
    known = known_span(program, int(program.output_nodes[output]))
    if known is not None or not rows.targets.shape[1]:
        return known
    targets = np.concatenate([rows.targets[:, output], rows.test_targets[:, output]])
    if not len(targets):
        return None
    low, high = float(targets.min()), float(targets.max())
    for span in (Span(0.0, 1.0), Span(-1.0, 1.0)):
        if span.low <= low and high <= span.high and high > low:
            return span
    return Span(low, high) if high > low else None


class Shader:
    """Turns values [M, P] into shades, each row on a scale of its own.

    A row without a span gets one from −s to s that holds all its finite values, s one of
    …, 1, 2, 5, 10, …: `spans` tells which.
    """

    def __init__(self, spans: Sequence[Span | None], points: int) -> None:
        self._low = np.array([[0.0 if span is None else span.low] for span in spans])
        self._high = np.array([[0.0 if span is None else span.high] for span in spans])
        self._open = np.array([span is None for span in spans], np.bool_)
        self._work = np.empty((len(spans), points), np.float32)

    @property
    def spans(self) -> list[Span]:
        """The scale of each row, as it was last used."""
        pairs = np.concatenate([self._low, self._high], axis=1).tolist()
        return [Span(low, high) for low, high in pairs]

    def shade(self, values: SingleArray, out: ShadeArray) -> None:
        """Write the shade of each of `values` [M, P] into `out`."""
        work = self._work
        with np.errstate(all="ignore"):
            finite = bool(np.isfinite(np.add.reduce(values, axis=None)))
            if self._open.any():
                self._widen(values[self._open], finite=finite)
            factor = (SHADES - 1) / (self._high - self._low)
            np.multiply(values, factor.astype(np.float32), out=work)
            np.add(work, (0.5 - self._low * factor).astype(np.float32), out=work)
            np.maximum(work, 0.0, out=work)
            np.minimum(work, SHADES - 1, out=work)
            np.copyto(out, work, casting="unsafe")
        if not finite:
            out[~np.isfinite(values)] = NOT_FINITE

    def _widen(self, values: SingleArray, *, finite: bool) -> None:
        if not finite:
            values = np.where(np.isfinite(values), values, 0.0).astype(np.float32)
        largest = np.maximum(values.max(axis=1), -values.min(axis=1)).astype(np.float64)
        size = round_up(largest)[:, None]
        self._low[self._open], self._high[self._open] = -size, size


def round_up(largest: FloatArray) -> FloatArray:
    """Return for each size the next of …, 0.1, 0.2, 0.5, 1, 2, 5, …; 1 for what is hardly any."""
    safe = np.where(largest > 1e-30, largest, 1.0)
    power = 10.0 ** np.floor(np.log10(safe))
    ratio = safe / power
    steps = np.array([1.0, 2.0, 5.0, 10.0])
    size: FloatArray = steps[np.searchsorted(steps * (1 + 1e-6), ratio)] * power
    return size
