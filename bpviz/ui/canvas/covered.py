"""Hidden numbers on the canvas: a "?" where a learner is to predict what stands there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bpviz.engine.snapshot import Snapshot
from bpviz.ui.canvas.geometry import BoolArray, Geometry
from bpviz.ui.canvas.shown import Numbers, Shown


def covered(shown: Shown, snapshot: Snapshot | None, geometry: Geometry) -> Shown:
    """Return `shown` with the marks of what `snapshot` hides."""
    if snapshot is None or not snapshot.hidden or len(snapshot.value) != geometry.node_count:
        return shown
    hidden = snapshot.hidden
    made = {
        name: _marked(getattr(shown, name), hidden[name])
        for name in ("value", "z", "dloss_da", "delta", "bias_gradient", "bias_update", "loss")
        if name in hidden
    }
    edges = _on_edges(shown, snapshot, geometry)
    if edges is not None:
        made["edges"] = _marked(shown.edges, edges)
    return replace(shown, **made)  # type: ignore[arg-type]


def _marked(numbers: Numbers, hidden: BoolArray) -> Numbers:
    return replace(numbers, hidden=hidden)


def _on_edges(shown: Shown, snapshot: Snapshot, geometry: Geometry) -> BoolArray | None:
    """Return which numbers on edges are hidden, those to the loss behind the others."""
    own, outputs = slice(0, geometry.edge_count), geometry.outputs
    fields = {"values": "edge_term", "gradients": "edge_gradient", "updates": "edge_update"}
    field = fields.get(shown.overlay, "z")
    hidden = snapshot.hidden.get(field)
    if hidden is None:
        return None
    if field == "z":
        hidden = hidden[geometry.target[own]]
    behind = snapshot.hidden.get("dloss_da" if field == "edge_gradient" else "value")
    to_loss = np.zeros(len(outputs), np.bool_) if behind is None else behind[outputs]
    return np.concatenate([hidden, to_loss])
