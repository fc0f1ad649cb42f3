"""Hiding numbers that a learner is to predict: a snapshot in which they are not known."""

from __future__ import annotations

from collections.abc import Mapping
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
    batch's gradients are other numbers than a sample's, and have names of their own (`of_batch`).
    """

    kinds: frozenset[str] = frozenset()
    revealed: frozenset[tuple[str, str]] = frozenset()

    def covers(self, kind: str, name: str) -> bool:
        """Whether the number of that kind and name is hidden."""
        return kind in self.kinds and (kind, name) not in self.revealed

    def showing(self, kind: str, name: str) -> Hidden:
        """Return this with one number more revealed."""
        return replace(self, revealed=self.revealed | {(kind, name)})


def of_batch(name: str) -> str:
    """Return the name under which the batch's gradient of a parameter is hidden."""
    return f"batch {name}"


def hide(snapshot: Snapshot, trace: Trace, hidden: Hidden) -> Snapshot:
    """Return `snapshot` without what is hidden; its `hidden` tells where a known number was."""
    program = trace.program
    nodes = [node.id for node in program.network.nodes]
    edges = [edge.name for edge in program.network.edges]
    is_input = np.array([isinstance(node, Input) for node in program.network.nodes], np.bool_)
    masks: dict[str, BoolArray] = {}
    changed: dict[str, object] = {}
    for kind in hidden.kinds:
        for field in KINDS[kind]:
            names = [""] if field == "loss" else edges if field.startswith("edge") else nodes
            if snapshot.batch_gradients and field in KINDS["gradients"]:
                names = [of_batch(name) for name in names]
            covered = np.array([hidden.covers(kind, name) for name in names], np.bool_)
            if field == "value":
                covered &= ~is_input
            known = np.atleast_1d(getattr(snapshot, f"{field}_known"))
            masks[field] = covered & known
            left = known & ~covered
            changed[f"{field}_known"] = bool(left[0]) if field == "loss" else left
    if "delta" in masks and (len(trace.rows) == 1 or not snapshot.batch_gradients):
        # ∂E/∂b of one sample is δ itself.
        known = snapshot.bias_gradient_known
        if "bias_gradient_known" in changed:
            known = np.asarray(changed["bias_gradient_known"], np.bool_)
        covered = np.array([hidden.covers("errors", name) for name in nodes], np.bool_) & known
        masks["bias_gradient"] = masks.get("bias_gradient", covered) | covered
        changed["bias_gradient_known"] = known & ~covered
    for field, covered in _terms(trace, hidden, is_input).items():
        known = np.asarray(getattr(snapshot, f"{field}_known"), np.bool_)
        masks[field] = covered & known
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
    values = np.array([hidden.covers("values", name) for name in nodes], np.bool_) & ~is_input
    errors = np.array([hidden.covers("errors", name) for name in nodes], np.bool_)
    return {
        "edge_term": values[program.source] | values[program.target],
        "edge_contribution": errors[program.source] | errors[program.target],
    }
