"""A nudge: what a step of one input, weight or bias does to the loss, foretold and computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.engine.datasets import Rows
from bpviz.engine.evaluation import evaluate

Kind: TypeAlias = Literal["input", "weight", "bias"]


@dataclass(frozen=True)
class Nudge:
    """The loss of one sample before and after a step Δ, and what the gradient foretells of it."""

    value: float
    gradient: float
    step: float
    before: float
    after: float

    @property
    def predicted(self) -> float:
        """The linear prediction: gradient · Δ."""
        return self.gradient * self.step

    @property
    def change(self) -> float:
        """The true change of the loss."""
        return self.after - self.before


def nudge(trace: Trace, rows: Rows, sample: int, kind: Kind, place: int, step: float) -> Nudge:
    """Return what `step` does to the loss of the trace's sample at place `sample`.

    `place` is the number of the input node, of the edge, or of the node with the bias. Nothing
    of the session changes; a shared weight is nudged at this one edge. NonFinite where the loss
    after the step is no number.
    """
    program, theta = trace.program, trace.theta.copy()
    row = int(trace.rows[sample])
    inputs = rows.inputs[row : row + 1].copy()
    if kind == "input":
        names = [node.id for node in program.network.inputs]
        column = names.index(program.node_ids[place])
        value, gradient = float(inputs[0, column]), float(trace.dloss_da[sample, place])
        inputs[0, column] += step
    else:
        slot = int(program.edge_slot[place] if kind == "weight" else program.bias_slot[place])
        parts = trace.edge_gradients(sample) if kind == "weight" else trace.delta[sample]
        value, gradient = float(theta[slot]), float(parts[place])
        theta[slot] += step
    none = np.zeros((0, rows.inputs.shape[1])), np.zeros((0, rows.targets.shape[1]))
    one = Rows(inputs, rows.targets[row : row + 1], *none)
    after = float(evaluate(program, one, trace.training, theta).losses[0])
    return Nudge(value, gradient, step, float(trace.loss_per_sample[sample]), after)
