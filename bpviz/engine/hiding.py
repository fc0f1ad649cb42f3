"""Hiding numbers that a learner is to predict: a snapshot in which they are not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.engine.snapshot import Snapshot
from bpviz.model.network import Input

BoolArray = NDArray[np.bool_]

# The kinds of numbers, and the fields of a snapshot that each stands for.
KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "values": ("z", "value", "edge_local"),
        "loss": ("loss",),
        "errors": ("dloss_da", "delta"),
        "gradients": ("edge_gradient", "bias_gradient"),
        "updates": ("edge_update", "bias_update"),
    }
)


@dataclass(frozen=True)
class Hidden:
    """Which kinds of numbers are hidden, and which single ones are shown all the same.

    `revealed` holds (kind, name): the id of a node, the name of an edge, "" for the loss. The
    batch's gradients and loss are other numbers than a sample's, and have names of their own
    (`of_batch`); so has a unit's sum z (`of_sum`), which its value gives away.
    """

    kinds: frozenset[str] = frozenset()
    revealed: frozenset[tuple[str, str]] = frozenset()

    def covers(self, kind: str, name: str) -> bool:
        """Whether the number of that kind and name is hidden."""
        return kind in self.kinds and (kind, name) not in self.revealed

    def covers_sum(self, name: str) -> bool:
        """Whether z of the unit of that name is hidden."""
        return self.covers("values", of_sum(name)) and self.covers("values", name)

    def showing(self, numbers: Iterable[tuple[str, str]]) -> Hidden:
        """Return this with more numbers revealed, each as (kind, name)."""
        return replace(self, revealed=self.revealed.union(numbers))


def of_batch(name: str) -> str:
    """Return the name under which the batch's gradient of a parameter, or its loss, is hidden."""
    return f"batch {name}"


def of_sum(name: str) -> str:
    """Return the name under which z of a unit is hidden."""
    return f"sum {name}"


def is_joined(trace: Trace, kind: str) -> bool:
    """Whether the batch's loss or gradients are other numbers than those of its only sample."""
    penalty = trace.training.l1 > 0.0 or trace.training.l2 > 0.0
    return kind in ("gradients", "loss") and (
        len(trace.batch) > 1 or (penalty and kind == "gradients")
    )


def hide(snapshot: Snapshot, trace: Trace, hidden: Hidden) -> Snapshot:
    """Return `snapshot` without what is hidden; its `hidden` tells where a known number was."""
    program = trace.program
    nodes = [node.id for node in program.network.nodes]
    is_input = np.array([isinstance(node, Input) for node in program.network.nodes], np.bool_)
    masks: dict[str, BoolArray] = {}
    changed: dict[str, object] = {}
    for kind in hidden.kinds:
        for field in KINDS[kind]:
            covered = _covered(snapshot, trace, hidden, kind, field)
            if field == "value":
                covered &= ~is_input
            known = np.atleast_1d(getattr(snapshot, f"{field}_known"))
            masks[field] = covered & known
            left = known & ~covered
            changed[f"{field}_known"] = bool(left[0]) if field == "loss" else left
    given_away = _terms(trace, hidden, is_input)
    if "delta" in masks and (len(trace.batch) == 1 or not snapshot.batch_gradients):
        # ∂E/∂b of one sample is δ itself.
        given_away["bias_gradient"] = _each(hidden, "errors", nodes)
    for field, covered in given_away.items():
        before = changed.get(f"{field}_known", getattr(snapshot, f"{field}_known"))
        known = np.asarray(before, np.bool_)
        masks[field] = masks.get(field, np.zeros_like(known)) | (covered & known)
        changed[f"{field}_known"] = known & ~covered
    if "edge_update" in masks:
        old_weight = trace.theta[program.edge_slot]
        old_bias = program.biases(trace.theta)
        changed["edge_weight"] = np.where(masks["edge_update"], old_weight, snapshot.edge_weight)
        changed["bias"] = np.where(masks["bias_update"], old_bias, snapshot.bias)
    if snapshot.phase == "update" and hidden.kinds & {"gradients", "updates"}:
        # What the optimizer keeps is made of gradients, and makes the updates.
        changed["edge_slots"] = changed["bias_slots"] = {}
    return replace(snapshot, hidden=masks, **changed)  # type: ignore[arg-type]


def _terms(trace: Trace, hidden: Hidden, is_input: BoolArray) -> dict[str, BoolArray]:
    """Return which terms are hidden: those that give away a number at either end of the edge."""
    program = trace.program
    nodes = [node.id for node in program.network.nodes]
    values = _each(hidden, "values", nodes) & ~is_input
    sums = np.array([hidden.covers_sum(name) for name in nodes], np.bool_)
    errors = _each(hidden, "errors", nodes)
    return {
        "edge_term": values[program.source] | sums[program.target],
        "edge_contribution": errors[program.source] | errors[program.target],
    }


def _covered(snapshot: Snapshot, trace: Trace, hidden: Hidden, kind: str, field: str) -> BoolArray:
    """Return which numbers of a snapshot's field are hidden, known or not."""
    network = trace.program.network
    names = [""]
    if field == "edge_local":
        # What an edge passes on of its target's change goes by the target's slope.
        names = [edge.target for edge in network.edges]
    elif field.startswith("edge"):
        names = [edge.name for edge in network.edges]
    elif field != "loss":
        names = [node.id for node in network.nodes]
    if not hidden.revealed:
        return np.ones(len(names), np.bool_)
    if field == "z":
        return np.array([hidden.covers_sum(name) for name in names], np.bool_)
    if snapshot.batch_gradients and is_joined(trace, kind):
        names = [of_batch(name) for name in names]
    return _each(hidden, kind, names)


def _each(hidden: Hidden, kind: str, names: list[str]) -> BoolArray:
    """Return for each name whether the number of that kind is hidden."""
    return np.array([hidden.covers(kind, name) for name in names], np.bool_)
