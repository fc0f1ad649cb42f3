"""Snapshot: every number of a trace that may be shown at one frame, and which are known yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame, FrameList, Grain
from bpviz.engine.lighting import lit

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
# Frames within *reduce* at which the samples are joined, and no penalty is added yet.
JOINING: Final = ("mean", "penalty")


class _Lit(NamedTuple):
    """Which nodes [N] and edges [E] a step uses or makes, and the frames it goes through."""

    nodes: BoolArray
    edges: BoolArray
    step: range


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What is shown at one frame: arrays over nodes [N] and edges [E], with masks of the known.

    Gradients, and `loss`, are the chosen sample's before *reduce* and the batch's from there on
    (`batch_gradients`), at term grain first without the penalties (`penalized`). Weights and biases
    are the new ones once their update has passed.
    `target` [K] are the chosen sample's, none where the loss has no targets. `phase` is "" where
    no frame is shown: before the first, and while a run is on. `edge_slots` and `bias_slots` hold
    what the optimizer remembers, by its slots' names, 0 where there is no bias. `edge_local` is
    ∂a/∂a along each edge, known as soon as its target's value is: the chain rule's factors.
    `edge_term_known` is of w·a, forward, `edge_contribution_known` of w·δ, backward.
    `step` are the frames gone through since the step before: several where a step is a whole layer
    or phase.
    """

    phase: str
    frame: Frame | None
    frame_index: int
    iteration: int
    epoch: int
    row: int
    sample: int
    target: FloatArray
    value: FloatArray
    value_known: BoolArray
    z: FloatArray
    z_known: BoolArray
    dloss_da: FloatArray
    dloss_da_known: BoolArray
    delta: FloatArray
    delta_known: BoolArray
    bias: FloatArray
    bias_gradient: FloatArray
    bias_gradient_known: BoolArray
    bias_update: FloatArray
    bias_update_known: BoolArray
    edge_weight: FloatArray
    edge_term_known: BoolArray
    edge_contribution_known: BoolArray
    edge_gradient: FloatArray
    edge_gradient_known: BoolArray
    edge_update: FloatArray
    edge_update_known: BoolArray
    edge_slots: Mapping[str, FloatArray]
    bias_slots: Mapping[str, FloatArray]
    edge_local: FloatArray
    edge_local_known: BoolArray
    loss: float
    loss_known: bool
    batch_gradients: bool
    current_node: int
    active_nodes: BoolArray
    active_edges: BoolArray
    step: range = range(0)
    hidden: Mapping[str, BoolArray] = field(default_factory=dict)

    @property
    def penalized(self) -> bool:
        """Whether the batch's gradients hold the penalties: not while the samples are joined."""
        return self.frame is None or self.frame.kind not in JOINING


def snapshot(
    trace: Trace, frames: FrameList, index: int, sample: int, grain: Grain = "term"
) -> Snapshot:
    """Return what may be shown at `frames[index]` (−1: ready, before the first frame).

    `sample` is the chosen sample's place in the batch, `grain` what a step is.
    """
    step = frames.step(index, grain)
    return _snapshot(trace, frames, index, sample, _Lit(*lit(frames, step), step))


def running_snapshot(trace: Trace, frames: FrameList, sample: int) -> Snapshot:
    """Return what is shown while a run is on: all values and gradients known, nothing lit.

    Weights are those that the trace was computed with; updates are those they are about to take.
    """
    nothing = _Lit(*lit(frames, range(0)), range(0))
    return _snapshot(trace, frames, len(frames), sample, nothing, passed=False)


def own_share(whole: Snapshot, trace: Trace) -> Snapshot:
    """Return `whole` with the gradients and the loss of its sample alone, at every frame.

    From *reduce* on a snapshot shows the batch's; this is what the sample adds to them.
    """
    if not whole.batch_gradients:
        return whole
    return replace(
        whole,
        bias_gradient=trace.delta[whole.sample],
        edge_gradient=trace.edge_gradients(whole.sample),
        loss=float(trace.loss_per_sample[whole.sample]),
        batch_gradients=False,
    )


def _snapshot(
    trace: Trace, frames: FrameList, index: int, sample: int, active: _Lit, *, passed: bool = True
) -> Snapshot:
    frame = frames[index] if 0 <= index < len(frames) else None
    known, program, reduced = frames.schedule, trace.program, index >= frames.schedule.reduce
    batch = reduced or (frame is not None and frame.kind in JOINING)
    old_weight, new_weight = trace.theta[program.edge_slot], trace.updated[program.edge_slot]
    old_bias, new_bias = program.biases(trace.theta), program.biases(trace.updated)
    edge_updated, bias_updated = known.edge_update <= index, known.bias_update <= index
    return Snapshot(
        phase=frame.phase if frame is not None else "",
        frame=frame,
        frame_index=index,
        iteration=trace.iteration,
        epoch=trace.epoch,
        row=int(trace.rows[sample]),
        sample=sample,
        target=trace.targets[sample],
        value=trace.a[sample],
        value_known=known.value <= index,
        z=trace.z[sample],
        z_known=known.z <= index,
        dloss_da=trace.dloss_da[sample],
        dloss_da_known=known.dloss_da <= index,
        delta=trace.delta[sample],
        delta_known=known.delta <= index,
        bias=np.where(bias_updated & passed, new_bias, old_bias),
        bias_gradient=trace.bias_gradient_batch if batch else trace.delta[sample],
        bias_gradient_known=known.bias_gradient <= index,
        bias_update=new_bias - old_bias,
        bias_update_known=bias_updated,
        edge_weight=np.where(edge_updated & passed, new_weight, old_weight),
        edge_term_known=known.edge_term <= index,
        edge_contribution_known=known.edge_contribution <= index,
        edge_gradient=_edge_gradients(trace, sample, batch=batch, reduced=reduced),
        edge_gradient_known=known.edge_gradient <= index,
        edge_update=new_weight - old_weight,
        edge_update_known=edge_updated,
        edge_slots=_slots(trace, edge_updated & passed, lambda x: x[program.edge_slot]),
        bias_slots=_slots(trace, bias_updated & passed, program.biases),
        edge_local=_local_gradients(trace, frames, sample),
        edge_local_known=(known.value <= index)[frames.edge_target],
        loss=trace.loss if batch else float(trace.loss_per_sample[sample]),
        loss_known=index >= known.loss,
        batch_gradients=batch,
        current_node=_current(frames, frame) if len(active.step) == 1 else -1,
        active_nodes=active.nodes,
        active_edges=active.edges,
        step=active.step,
    )


def _edge_gradients(trace: Trace, sample: int, *, batch: bool, reduced: bool) -> FloatArray:
    """Return ∂E/∂w [E] of the sample, of the batch joined, and once `reduced` with penalties."""
    if not batch:
        return trace.edge_gradients(sample)
    return trace.edge_gradient_batch if reduced else trace.edge_data_gradient


def _local_gradients(trace: Trace, frames: FrameList, sample: int) -> FloatArray:
    """Return ∂a/∂a [E] from each edge's target back to its source."""
    with np.errstate(over="ignore", invalid="ignore"):
        local: FloatArray = trace.local_gradients(sample) * trace.slope[sample, frames.edge_target]
    return local


def _slots(
    trace: Trace, updated: BoolArray, taken: Callable[[FloatArray], FloatArray]
) -> dict[str, FloatArray]:
    """Return the optimizer's slots by name, as `taken` from [P]; new ones where `updated`."""
    return {
        slot: np.where(updated, taken(trace.updated_slots[slot]), taken(before))
        for slot, before in trace.slots.items()
    }


def _current(frames: FrameList, frame: Frame | None) -> int:
    if frame is None:
        return -1
    if frame.node < 0 <= frame.edge:
        return int(frames.edge_target[frame.edge])
    return frame.node
