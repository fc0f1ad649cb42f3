"""The loss at the outputs of a sweep: its value, and where it enters the backward pass."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import Level
from bpviz.engine.calls import Call, added, buffer
from bpviz.engine.losses import Fused, Loss
from bpviz.engine.program import Program
from bpviz.model.network import Unit, activation_name

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Pass(Protocol):
    """What the outputs need of a sweep; `t` [K, width], `loss` [width], the others [R, width]."""

    program: Program
    width: int
    z: FloatArray
    a: FloatArray
    g: FloatArray
    d: FloatArray
    t: FloatArray
    loss: FloatArray


class Outputs:
    """The calls for the loss of a sweep's rows.

    Outputs are taken together as far as the loss is computed the same way: those with a loss from
    z (`Loss.fused`) level by level, all others at once.
    """

    def __init__(self, sweep: Pass, loss: Loss) -> None:
        program = sweep.program
        self._loss = loss
        fused = is_fused(program, loss)
        levels = program.node_level[program.output_nodes]
        self._plain = [_Part(sweep, np.flatnonzero(~fused))] if not fused.all() else []
        self._fused = {
            int(level): _Part(sweep, np.flatnonzero(fused & (levels == level)))
            for level in np.unique(levels[fused])
        }
        self._levels = {level.start: number for number, level in enumerate(program.levels)}
        self.losses = self._loss_calls(sweep)
        self.gradients = [call for part in self._plain for call in part.gradient(loss)]

    def _loss_calls(self, sweep: Pass) -> list[Call]:
        calls: list[Call] = []
        parts = [(part, self._loss.loss, part.a) for part in self._plain]
        if self._loss.fused is not None:
            parts += [(part, self._loss.fused.loss, part.z) for part in self._fused.values()]
        if len(parts) == 1:
            part, function, values = parts[0]
            return [*part.gathers, partial(function, values, part.t, sweep.loss, part.work)]
        calls.append(partial(sweep.loss.fill, 0.0))
        for part, function, values in parts:
            each = buffer(sweep.width)
            calls += part.gathers
            calls.append(partial(function, values, part.t, each, part.work))
            calls.append(partial(np.add, sweep.loss, each, sweep.loss))
        return calls

    def direct(self, level: Level) -> list[Call]:
        """Return the calls that make d of a whole level from the loss alone; none if they can't.

        They can where every unit of the level has its loss computed from z and feeds no other.
        """
        part = self._fused.get(self._levels[level.start])
        if part is None or self._loss.fused is None:
            return []
        return part.whole_delta(self._loss.fused, level)

    def deltas(self, level: Level) -> list[Call]:
        """Return the calls that add to d of a level the losses computed from z."""
        part = self._fused.get(self._levels[level.start])
        if part is None or self._loss.fused is None:
            return []
        return part.added_delta(self._loss.fused)

    def shown(self, g: FloatArray) -> FloatArray:
        """Return a copy of g [R, width] with the ∂loss/∂a of losses from z added."""
        shown = g.copy()
        if self._loss.fused is not None:
            for part in self._fused.values():
                part.add_shown(self._loss.fused, shown)
        return shown


def is_fused(program: Program, loss: Loss) -> NDArray[np.bool_]:
    """Return of which outputs [K] the loss is computed from z."""
    fused = np.zeros(program.output_count, dtype=np.bool_)
    if loss.fused is not None:
        for place, node in enumerate(program.output_nodes.tolist()):
            unit = program.network.nodes[node]
            fused[place] = (
                isinstance(unit, Unit) and activation_name(unit.activation) == loss.fused.activation
            )
    return fused


class _Part:
    """Some outputs: their z, a [K', width] and targets, as views where they are runs."""

    def __init__(self, sweep: Pass, columns: IntArray) -> None:
        self._sweep = sweep
        self._nodes = sweep.program.output_nodes[columns]
        self._rows = sweep.program.node_row[self._nodes]
        self.gathers: list[Call] = []
        self.a, self.z = self._taken(sweep.a, self._rows), self._taken(sweep.z, self._rows)
        self.t = self._taken(sweep.t, columns) if len(sweep.t) else sweep.t
        self.work = buffer(2, len(columns), sweep.width)

    def _taken(self, array: FloatArray, rows: IntArray) -> FloatArray:
        if _is_run(rows):
            return array[rows[0] : rows[-1] + 1]
        held = buffer(len(rows), self._sweep.width)
        self.gathers.append(partial(array.take, rows, 0, held, "clip"))
        return held

    def gradient(self, loss: Loss) -> list[Call]:
        """g[rows] = ∂loss/∂a."""
        if _is_run(self._rows):
            g = self._sweep.g[self._rows[0] : self._rows[-1] + 1]
            return [*self.gathers, partial(loss.gradient, self.a, self.t, g, self.work)]
        held = buffer(len(self._rows), self._sweep.width)
        return [
            *self.gathers,
            partial(loss.gradient, self.a, self.t, held, self.work),
            partial(self._sweep.g.__setitem__, self._rows, held),
        ]

    def whole_delta(self, fused: Fused, level: Level) -> list[Call]:
        rows = self._rows
        is_level = _is_run(rows) and rows[0] == level.start and rows[-1] + 1 == level.stop
        if not is_level or np.isin(self._nodes, self._sweep.program.source).any():
            return []
        d = self._sweep.d[level.start : level.stop]
        return [*self.gathers, partial(fused.delta, self.a, self.t, d, self.work)]

    def added_delta(self, fused: Fused) -> list[Call]:
        held = buffer(len(self._rows), self._sweep.width)
        return [
            *self.gathers,
            partial(fused.delta, self.a, self.t, held, self.work),
            *added(held, self._rows, self._sweep.d),
        ]

    def add_shown(self, fused: Fused, g: FloatArray) -> None:
        held = np.empty_like(self.work[0])
        fused.gradient(self.a, self.t, held, self.work)
        g[self._rows] += held


def _is_run(rows: IntArray) -> bool:
    return bool(np.all(np.diff(rows) == 1))
