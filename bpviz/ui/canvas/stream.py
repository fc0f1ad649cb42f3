"""What a step carries along the edges it uses: values ahead, and parts of gradients back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.engine.snapshot import Snapshot
from bpviz.model.network import Network
from bpviz.ui.canvas.geometry import BoolArray, Geometry, IntArray
from bpviz.ui.canvas.shown import Numbers, Shown, State
from bpviz.ui.numbers import format_number

Kind: TypeAlias = Literal["", "terms", "outputs", "contributions", "gradients"]

_BACKWARD: Final[frozenset[Kind]] = frozenset({"contributions", "gradients"})


@dataclass(frozen=True)
class Stream:
    """What moves, and where parts of it meet.

    `amount` [E + K] is over all drawn edges, those to the loss included; only those that `carries`
    tells have any of it now. At `nodes` [M] several parts meet and add up to `sums` [M].
    `sources` are the nodes that what is carried back comes to, one for each edge with any.
    `largest` is the largest amount of its kind in the whole network, known yet or not.
    """

    kind: Kind = ""
    amount: Numbers = field(default_factory=lambda: Numbers.none(0))
    carries: BoolArray = field(default_factory=lambda: np.zeros(0, np.bool_))
    nodes: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    sources: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    sums: Numbers = field(default_factory=lambda: Numbers.none(0))
    largest: float = 0.0

    @property
    def goes_back(self) -> bool:
        """Whether it moves against the edges."""
        return self.kind in _BACKWARD


def stream_of(
    shown: Shown, trace: Trace | None, snapshot: Snapshot | None, geometry: Geometry
) -> Stream:
    """Return what the step of `snapshot` carries along edges; nothing while a run is on.

    Forward it is w·a, and the outputs to the loss. Backward it is first what each edge adds to
    ∂loss/∂a of its source, ∂z/∂a of the target times the target's δ, then ∂loss/∂w.
    """
    kind = _kind(snapshot)
    if not kind or snapshot is None or trace is None:
        return Stream()
    if len(snapshot.value) != geometry.node_count:
        return Stream()
    if kind == "contributions":
        amount, largest = _contributions(trace, snapshot, geometry)
    else:
        amount = _amounts(kind, shown, geometry)
        largest = amount.largest()
    carries: BoolArray = shown.active_edges & (amount.state != State.ZERO)
    nodes = _meetings(carries, geometry) if kind == "contributions" else np.zeros(0, np.int64)
    sums = shown.dloss_da.at(nodes)
    return Stream(kind, amount, carries, nodes, geometry.source[carries], sums, largest)


def _amounts(kind: Kind, shown: Shown, geometry: Geometry) -> Numbers:
    """Return w·a or ∂loss/∂w of each edge, and the outputs on those to the loss."""
    outputs = geometry.outputs
    if kind == "outputs":
        return Numbers.none(geometry.edge_count).followed_by(shown.value.at(outputs))
    own = shown.gradient if kind == "gradients" else shown.terms
    return own.followed_by(Numbers.none(len(outputs)))


def _contributions(trace: Trace, snapshot: Snapshot, geometry: Geometry) -> tuple[Numbers, float]:
    """Return what each edge adds to ∂loss/∂a of its source, and the largest size of these.

    An output that feeds units too has from the loss itself what these leave of its sum.
    """
    own = slice(0, geometry.edge_count)
    source, target, outputs = geometry.source[own], geometry.target[own], geometry.outputs
    with np.errstate(over="ignore", invalid="ignore"):
        parts = trace.edge_contributions(snapshot.sample)
        fed = np.bincount(source, parts, geometry.node_count)[outputs]
        feeds = np.isin(outputs, source)
        whole = snapshot.dloss_da[outputs]
        direct = np.where(feeds, whole - fed, whole)
        # What is left of two equal numbers is their rounding.
        direct[feeds & (np.abs(direct) <= 1e-12 * np.abs(whole))] = 0.0
    known = np.concatenate([snapshot.delta_known[target], snapshot.dloss_da_known[outputs]])
    amount = np.concatenate([parts, direct])
    largest = Numbers.of(amount, np.ones(len(amount), np.bool_)).largest()
    return Numbers.of(amount, known), largest


def _meetings(carries: BoolArray, geometry: Geometry) -> IntArray:
    """Return the nodes at which several parts come back."""
    parts = np.bincount(geometry.source[carries], minlength=geometry.node_count)
    return np.flatnonzero(parts > 1)


def stream_text(stream: Stream, network: Network, symbol: str, unit: float) -> str:
    """Return what the dots stand for: "1 dot a second = 0.005 of ∂E/∂h₁, together −0.012".

    `symbol` is the loss's letter, `unit` what one dot a second is.
    """
    if not unit:
        return ""
    text = f"1 dot a second = {format_number(unit, 1, trim=True)} of "
    if stream.kind in ("terms", "outputs"):
        return text + ("w·a" if stream.kind == "terms" else "a")
    if stream.kind == "gradients":
        return f"{text}∂{symbol}/∂w"
    if len(set(stream.sources.tolist())) != 1:
        return f"{text}∂{symbol}/∂a"
    text += f"∂{symbol}/∂{network.names[network.nodes[int(stream.sources[0])].id]}"
    if not len(stream.nodes) or not stream.sums.is_finite[0]:
        return text
    return f"{text}, together {format_number(float(stream.sums.value[0]), 4)}"


def _kind(snapshot: Snapshot | None) -> Kind:
    if snapshot is None or snapshot.frame is None:
        return ""
    if snapshot.phase == "backward":
        is_gradient = snapshot.frame.kind in ("gradient", "gradients")
        return "gradients" if is_gradient else "contributions"
    return {"forward": "terms", "loss": "outputs"}.get(snapshot.phase, "")  # type: ignore[return-value]
