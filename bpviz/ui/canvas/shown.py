"""What the canvas shows of a step: for each edge and node a number, and in which state it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.snapshot import Snapshot
from bpviz.model.network import Network, Unit
from bpviz.ui.canvas.geometry import BoolArray, FloatArray, Geometry, IntArray
from bpviz.ui.canvas.overlays import (
    Look,
    Overlay,
    bias_symbol,
    edge_symbol,
    rounded_up,
    strength_of,
)

StateArray: TypeAlias = NDArray[np.int8]


class State:
    """The states of a number. Each looks different from all others.

    Plain numbers, not an Enum: they are compared thousands of times a frame.
    """

    NOT_COMPUTED: Final = 0
    STALE: Final = 1
    ZERO: Final = 2
    NON_FINITE: Final = 3
    NEGATIVE: Final = 4
    POSITIVE: Final = 5


@dataclass(frozen=True)
class Numbers:
    """Numbers [M] with their states [M]."""

    value: FloatArray
    state: StateArray
    hidden: BoolArray | None = None

    def is_hidden(self, place: int) -> bool:
        """Whether the number is there, but a learner is to predict it."""
        return self.hidden is not None and bool(self.hidden[place])

    @classmethod
    def of(cls, value: FloatArray, known: BoolArray) -> Numbers:
        """Take `value` where `known`; the rest is not computed yet."""
        # Sums of whole arrays: several times as fast as writing where a mask is set.
        state = (value > 0.0).view(np.int8) * np.int8(State.POSITIVE - State.ZERO)
        state += (value < 0.0).view(np.int8) * np.int8(State.NEGATIVE - State.ZERO)
        state += np.int8(State.ZERO)
        finite = np.isfinite(value)
        if not finite.all():
            state[~finite] = State.NON_FINITE
        state[~known] = State.NOT_COMPUTED
        return cls(value, state)

    @classmethod
    def none(cls, count: int) -> Numbers:
        """Return `count` numbers that are not computed yet."""
        return cls(np.zeros(count), np.full(count, State.NOT_COMPUTED, np.int8))

    @property
    def sizes(self) -> FloatArray:
        """Their sizes [M], 0 where they are not known or not finite."""
        return np.where(self.is_finite, np.abs(self.value), 0.0)

    @property
    def is_finite(self) -> BoolArray:
        """Which are known and finite, stale ones included."""
        known = (self.state != State.NOT_COMPUTED) & (self.state != State.NON_FINITE)
        finite: BoolArray = known & np.isfinite(self.value)
        return finite

    def largest(self) -> float:
        """Return the largest size of the finite numbers; 0 where there are none."""
        finite = self.is_finite
        return float(np.abs(self.value[finite]).max()) if finite.any() else 0.0

    def taken(self, places: IntArray) -> Numbers:
        """Return the numbers at `places`, −1 for one that is not there, all of them stale."""
        if not len(self.value):
            return Numbers.none(len(places))
        state = self.state[places].copy()
        state[(state != State.NOT_COMPUTED) & (state != State.NON_FINITE)] = State.STALE
        state[places < 0] = State.NOT_COMPUTED
        return Numbers(self.value[places], state)

    def at(self, places: IntArray) -> Numbers:
        """Return the numbers at `places`."""
        return Numbers(self.value[places], self.state[places])

    def followed_by(self, other: Numbers) -> Numbers:
        """Return these numbers with `other` behind them."""
        return Numbers(
            np.concatenate([self.value, other.value]), np.concatenate([self.state, other.state])
        )


@dataclass(frozen=True)
class Shown:
    """Everything the canvas draws of one step.

    `edges`, `strength` (0 to 1 of `scale`) and `active_edges` are over all drawn edges [E + K],
    those to the loss included; `weight`, `gradient` and `update` [E]; node arrays [N], `biases`
    those that the overlay shows. `symbol` and `bias_symbol` stand before edges' and biases'
    numbers; `slot` is the optimizer's that is shown, of all its `slots`; `target` [K] is the
    chosen sample's.
    """

    look: Look
    phase: str
    edges: Numbers
    strength: FloatArray
    scale: float
    weight: FloatArray
    gradient: Numbers
    update: Numbers
    biases: Numbers
    active_edges: BoolArray
    active_nodes: BoolArray
    value: Numbers
    z: Numbers
    dloss_da: Numbers
    delta: Numbers
    bias: FloatArray
    bias_gradient: Numbers
    bias_update: Numbers
    loss: Numbers
    batch_gradients: bool = False
    current_node: int = -1
    loss_is_current: bool = False
    is_stale: bool = False
    terms: Numbers = field(default_factory=lambda: Numbers.none(0))
    target: FloatArray = field(default_factory=lambda: np.zeros(0))
    slots: tuple[str, ...] = ()

    @property
    def overlay(self) -> Overlay:
        """What the edges show."""
        return self.look.overlay

    @property
    def slot(self) -> str:
        """The optimizer's slot that is shown, "" where it has none."""
        return self.look.chosen_slot(self.slots)

    @property
    def symbol(self) -> str:
        """What stands before an edge's number."""
        return edge_symbol(self.overlay, self.slot, self.slots)

    @property
    def bias_symbol(self) -> str:
        """What stands before a bias's number under its node; "" for no such line."""
        return bias_symbol(self.overlay, self.slot, self.slots)


def shown(snapshot: Snapshot | None, network: Network, geometry: Geometry, look: Look) -> Shown:
    """Return what to draw of `snapshot`; without one only the weights are known."""
    if snapshot is None or len(snapshot.value) != geometry.node_count:
        return _without_numbers(network, geometry, look)
    to_loss = _loss_edges(snapshot, geometry, look.overlay)
    own = _edge_numbers(snapshot, geometry, look)
    edges = own.followed_by(to_loss)
    scale = look.fixed or rounded_up(own.largest())
    kind = snapshot.frame.kind if snapshot.frame is not None else ""
    return Shown(
        look=look,
        phase=snapshot.phase,
        edges=edges,
        strength=_strength(edges, scale, look),
        scale=scale,
        weight=snapshot.edge_weight,
        gradient=Numbers.of(snapshot.edge_gradient, snapshot.edge_gradient_known),
        update=Numbers.of(snapshot.edge_update, snapshot.edge_update_known),
        biases=_bias_numbers(snapshot, geometry, look),
        active_edges=_active_edges(snapshot, geometry, kind),
        active_nodes=snapshot.active_nodes,
        value=Numbers.of(snapshot.value, snapshot.value_known),
        z=Numbers.of(snapshot.z, snapshot.z_known),
        dloss_da=Numbers.of(snapshot.dloss_da, snapshot.dloss_da_known),
        delta=Numbers.of(snapshot.delta, snapshot.delta_known),
        bias=snapshot.bias,
        bias_gradient=Numbers.of(snapshot.bias_gradient, snapshot.bias_gradient_known),
        bias_update=Numbers.of(snapshot.bias_update, snapshot.bias_update_known),
        loss=Numbers.of(np.array([snapshot.loss]), np.array([snapshot.loss_known])),
        batch_gradients=snapshot.batch_gradients,
        current_node=snapshot.current_node,
        loss_is_current=snapshot.phase == "loss",
        terms=_terms(snapshot, geometry),
        target=snapshot.target,
        slots=tuple(snapshot.edge_slots),
    )


def _without_numbers(network: Network, geometry: Geometry, look: Look) -> Shown:
    nodes, edges = geometry.node_count, len(geometry.source)
    biases = [node.bias if isinstance(node, Unit) else 0.0 for node in network.nodes]
    return Shown(
        look=look,
        phase="",
        edges=Numbers.none(edges),
        strength=np.zeros(edges),
        scale=0.0,
        weight=np.array([edge.weight for edge in network.edges], np.float64),
        gradient=Numbers.none(geometry.edge_count),
        update=Numbers.none(geometry.edge_count),
        biases=Numbers.none(nodes),
        active_edges=np.zeros(edges, np.bool_),
        active_nodes=np.zeros(nodes, np.bool_),
        value=Numbers.none(nodes),
        z=Numbers.none(nodes),
        dloss_da=Numbers.none(nodes),
        delta=Numbers.none(nodes),
        bias=np.array(biases, np.float64),
        bias_gradient=Numbers.none(nodes),
        bias_update=Numbers.none(nodes),
        loss=Numbers.none(1),
        terms=Numbers.none(geometry.edge_count),
    )


def as_stale(blank: Shown, last: Shown, before: Geometry, after: Geometry) -> Shown:
    """Return `blank` with the numbers of `last` where nothing newer can be computed.

    `last` was drawn on `before`; nodes and edges are found again by their names in `after`.
    """
    nodes = np.array([before.index.get(name, -1) for name in after.ids], np.int64)
    found = {name: place for place, name in enumerate(before.names)}
    edges = np.array([found.get(name, -1) for name in after.names], np.int64)
    own = Numbers(last.edges.value[: before.edge_count], last.edges.state[: before.edge_count])
    stale = own.taken(edges).followed_by(Numbers.none(len(after.outputs)))
    return replace(
        blank,
        edges=stale,
        strength=_strength(stale, last.scale, last.look),
        scale=last.scale,
        gradient=last.gradient.taken(edges),
        update=last.update.taken(edges),
        biases=last.biases.taken(nodes),
        slots=last.slots,
        value=last.value.taken(nodes),
        z=last.z.taken(nodes),
        dloss_da=last.dloss_da.taken(nodes),
        delta=last.delta.taken(nodes),
        bias_gradient=last.bias_gradient.taken(nodes),
        bias_update=last.bias_update.taken(nodes),
        loss=last.loss.taken(np.zeros(1, np.int64)),
        terms=last.terms.taken(edges),
        batch_gradients=last.batch_gradients,
        is_stale=True,
    )


def _terms(snapshot: Snapshot, geometry: Geometry) -> Numbers:
    """Return w·a of each edge, known with the unit that it enters or term by term."""
    source = geometry.source[: geometry.edge_count]
    with np.errstate(over="ignore", invalid="ignore"):
        term = snapshot.edge_weight * snapshot.value[source]
    return Numbers.of(term, snapshot.edge_term_known)


def _edge_numbers(snapshot: Snapshot, geometry: Geometry, look: Look) -> Numbers:
    overlay, weight = look.overlay, snapshot.edge_weight
    if overlay == "gradients":
        return Numbers.of(snapshot.edge_gradient, snapshot.edge_gradient_known)
    if overlay == "updates":
        return Numbers.of(snapshot.edge_update, snapshot.edge_update_known)
    if overlay == "weights":
        return Numbers.of(weight, np.ones(len(weight), np.bool_))
    if overlay == "local":
        return Numbers.of(snapshot.edge_local, snapshot.edge_local_known)
    if overlay == "optimizer":
        return _slot_numbers(snapshot.edge_slots, look, len(weight))
    if overlay == "differences":
        kept = {} if look.reference is None else look.reference.edges
        return _differences(weight, geometry.names, kept)
    return _terms(snapshot, geometry)


def _bias_numbers(snapshot: Snapshot, geometry: Geometry, look: Look) -> Numbers:
    """Return what the overlay shows of each node's bias [N]."""
    overlay, bias = look.overlay, snapshot.bias
    if overlay == "updates":
        return Numbers.of(snapshot.bias_update, snapshot.bias_update_known)
    if overlay == "weights":
        return Numbers.of(bias, np.ones(len(bias), np.bool_))
    if overlay == "optimizer":
        return _slot_numbers(snapshot.bias_slots, look, len(bias))
    if overlay == "differences":
        kept = {} if look.reference is None else look.reference.biases
        return _differences(bias, geometry.ids, kept)
    return Numbers.of(snapshot.bias_gradient, snapshot.bias_gradient_known)


def _slot_numbers(slots: Mapping[str, FloatArray], look: Look, count: int) -> Numbers:
    slot = look.chosen_slot(slots)
    if not slot:
        return Numbers.none(count)
    return Numbers.of(slots[slot], np.ones(count, np.bool_))


def _differences(
    value: FloatArray, names: tuple[str, ...], reference: Mapping[str, float]
) -> Numbers:
    """Return `value` − `reference`, known where the reference has the parameter."""
    other = np.array([reference.get(name, np.nan) for name in names], np.float64)
    known = ~np.isnan(other)
    return Numbers.of(np.where(known, value - other, 0.0), known)


def _loss_edges(snapshot: Snapshot, geometry: Geometry, overlay: Overlay) -> Numbers:
    """Return the numbers on the edges from the outputs to the loss.

    The values are the outputs'. The gradient ∂E/∂a is shown where all of it comes from the loss:
    at outputs that feed no other unit.
    """
    outputs = geometry.outputs
    if overlay == "values":
        known = snapshot.value_known[outputs] & snapshot.loss_known
        return Numbers.of(snapshot.value[outputs], known)
    if overlay in ("gradients", "local"):
        feeds = np.isin(outputs, geometry.source[: geometry.edge_count])
        known = snapshot.dloss_da_known[outputs] & ~feeds
        return Numbers.of(snapshot.dloss_da[outputs], known)
    return Numbers.none(len(outputs))


def _active_edges(snapshot: Snapshot, geometry: Geometry, kind: str) -> BoolArray:
    outputs = geometry.outputs
    if snapshot.phase == "loss":
        to_loss = np.ones(len(outputs), np.bool_)
    elif kind in ("delta", "contribution"):
        to_loss = outputs == snapshot.current_node
    else:
        to_loss = np.zeros(len(outputs), np.bool_)
    active: BoolArray = np.concatenate([snapshot.active_edges, to_loss])
    return active


def _strength(numbers: Numbers, scale: float, look: Look) -> FloatArray:
    return strength_of(numbers.sizes, scale, is_logarithmic=look.is_logarithmic)
