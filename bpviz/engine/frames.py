"""Frames: the ordered places of one iteration that a player can stand at.

Order: forward by level and node order; loss; backward in reverse; reduce; update. Each coarser
grain is a subsequence of the finer one, term ⊃ neuron ⊃ layer ⊃ phase, and holds the frame that
ends each of its steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.model.network import Input, Network, Unit
from bpviz.model.training import Training

Grain: TypeAlias = Literal["term", "neuron", "layer", "phase"]
Phase: TypeAlias = Literal["forward", "loss", "backward", "reduce", "update"]
IntArray = NDArray[np.int64]

GRAINS: tuple[Grain, ...] = ("term", "neuron", "layer", "phase")
TERM, NEURON, LAYER, PHASE = range(4)
NEVER = int(np.iinfo(np.int64).max)
NODE_QUANTITIES = ("z", "value", "dloss_da", "delta", "bias_gradient", "bias_update")
EDGE_QUANTITIES = ("edge_term", "edge_contribution", "edge_gradient", "edge_update")

# Lines of each optimizer's formula that stand before the step itself, walked at term grain.
UPDATE_LINES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sgd": (),
        "momentum": ("buffer",),
        "nesterov": ("buffer", "look_ahead"),
        "adagrad": ("squares",),
        "rmsprop": ("mean_square",),
        "adam": ("mean", "mean_square", "corrected_mean", "corrected_mean_square"),
        "adamw": ("decay", "mean", "mean_square", "corrected_mean", "corrected_mean_square"),
        "rprop": ("step_size",),
    }
)


class Frame(NamedTuple):
    """A place within a trace; −1 stands for none.

    `node` and `edge` are positions in the network. `sample` is the place in the batch where the
    frame is about one sample; −1 is the chosen one. `part` counts the lines of an optimizer's
    formula. An update of a weight has only an edge, of a bias only a node.
    """

    phase: Phase
    kind: str
    node: int = -1
    edge: int = -1
    sample: int = -1
    part: int = -1


class HasNetwork(Protocol):
    """What frames need of a program."""

    @property
    def network(self) -> Network:
        """The network the program was compiled from."""


@dataclass(frozen=True)
class Schedule:
    """From which frame on each number is known.

    Arrays over nodes [N] and edges [E] of positions in the list of frames; where a number never
    exists (δ of an input), one more than the list's length. An edge's term w·a and contribution
    w·δ are known with the unit they enter, at term grain one by one.
    """

    z: IntArray
    value: IntArray
    dloss_da: IntArray
    delta: IntArray
    bias_gradient: IntArray
    bias_update: IntArray
    edge_term: IntArray
    edge_contribution: IntArray
    edge_gradient: IntArray
    edge_update: IntArray
    loss: int
    reduce: int


class FrameList(list[Frame]):
    """The frames of one iteration at one grain, with what a snapshot needs to know of them."""

    def __init__(
        self,
        frames: Iterable[Frame],
        network: Network,
        grain: Grain,
        schedule: Schedule,
        ranks: IntArray,
    ) -> None:
        super().__init__(frames)
        self.network = network
        self.grain = grain
        self.schedule = schedule
        self._ranks = ranks

    def stops(self, grain: Grain) -> IntArray:
        """Return the positions, ascending, of the frames that end a step of `grain`."""
        return np.flatnonzero(self._ranks >= GRAINS.index(grain)).astype(np.int64)

    def following(self, index: int, grain: Grain) -> int:
        """Return the first stop of `grain` after `index`; the list's length where none is left."""
        stops = self.stops(grain)
        place = int(np.searchsorted(stops, index, side="right"))
        return int(stops[place]) if place < len(stops) else len(self)

    def preceding(self, index: int, grain: Grain) -> int:
        """Return the last stop of `grain` before `index`; −1, ready, where there is none."""
        stops = self.stops(grain)
        place = int(np.searchsorted(stops, index, side="left"))
        return int(stops[place - 1]) if place > 0 else -1

    def step(self, index: int, grain: Grain) -> range:
        """Return the frames that the step of `grain` ending at `index` goes through.

        Where no such step ends, it is the frame alone; before the first there is none.
        """
        if index < 0:
            return range(0)
        if self._ranks[index] < GRAINS.index(grain):
            return range(index, index + 1)
        return range(self.preceding(index, grain) + 1, index + 1)

    @cached_property
    def edge_source(self) -> IntArray:
        """Position of each edge's source node, [E]."""
        index = self.network.node_index
        return np.array([index[edge.source] for edge in self.network.edges], dtype=np.int64)

    @cached_property
    def edge_target(self) -> IntArray:
        """Position of each edge's target node, [E]."""
        index = self.network.node_index
        return np.array([index[edge.target] for edge in self.network.edges], dtype=np.int64)

    @cached_property
    def is_input(self) -> NDArray[np.bool_]:
        """Which nodes are inputs, [N]."""
        return np.array([isinstance(node, Input) for node in self.network.nodes], dtype=np.bool_)

    @cached_property
    def is_output(self) -> NDArray[np.bool_]:
        """Which nodes are outputs, [N]."""
        outputs = set(self.network.outputs)
        return np.array([node.id in outputs for node in self.network.nodes], dtype=np.bool_)


def frames(
    program: HasNetwork, grain: Grain, training: Training | None = None, batch: int = 1
) -> FrameList:
    """Return the frames of one iteration at `grain`.

    At term grain `training` gives the lines of the optimizer and the penalty, and `batch` (rows
    in the batch) the samples that *reduce* joins; coarser grains do not depend on either.
    """
    walk = _Walk(program.network, terms=grain == "term")
    walk.forward()
    walk.loss()
    walk.backward()
    walk.reduce(training, batch)
    walk.update(training)
    return walk.chosen(grain)


class _Walk:
    """Writes down the frames of one iteration, and for each the coarsest grain it ends."""

    def __init__(self, network: Network, *, terms: bool) -> None:
        self._network = network
        self._terms = terms
        self._frames: list[Frame] = []
        self._ranks: list[int] = []
        self._node = network.node_index
        self._incoming: dict[str, list[int]] = {node.id: [] for node in network.nodes}
        self._outgoing: dict[str, list[int]] = {node.id: [] for node in network.nodes}
        for place, edge in enumerate(network.edges):
            self._incoming[edge.target].append(place)
            self._outgoing[edge.source].append(place)
        nodes, edges = len(network.nodes), len(network.edges)
        self._known = {name: [NEVER] * nodes for name in NODE_QUANTITIES}
        self._known |= {name: [NEVER] * edges for name in EDGE_QUANTITIES}
        self._loss = self._reduce = NEVER

    def forward(self) -> None:
        inputs = [self._node[node.id] for node in self._network.inputs]
        if inputs:
            self._add(Frame("forward", "input"), NEURON)
            self._learn("value", inputs)
        self._close(LAYER)
        for level in self._network.levels:
            for unit in self._units(level):
                node = self._node[unit.id]
                incoming = self._incoming[unit.id]
                self._term_frames("forward", "term", node, incoming)
                if self._terms:
                    self._add(Frame("forward", "pre_activation", node), TERM)
                    self._learn("z", [node])
                self._add(Frame("forward", "activation", node), NEURON)
                self._learn("edge_term", incoming)
                self._learn("z", [node])
                self._learn("value", [node])
            self._close(LAYER)
        self._close(PHASE)

    def loss(self) -> None:
        outputs = self._network.outputs
        if self._terms and len(outputs) > 1:
            for output in outputs:
                self._add(Frame("loss", "loss_term", self._node[output]), TERM)
        self._add(Frame("loss", "loss"), PHASE)
        self._loss = len(self._frames) - 1

    def backward(self) -> None:
        outputs = set(self._network.outputs)
        for level in reversed(self._network.levels):
            for unit in reversed(self._units(level)):
                node = self._node[unit.id]
                if self._terms and unit.id in outputs:
                    self._add(Frame("backward", "contribution", node), TERM)
                self._term_frames("backward", "contribution", node, self._outgoing[unit.id])
                if self._terms and self._frames[-1][1:3] == ("contribution", node):
                    self._learn("dloss_da", [node])
                self._add(Frame("backward", "delta", node), NEURON)
                self._learn("edge_contribution", self._outgoing[unit.id])
                self._learn("dloss_da", [node])
                self._learn("delta", [node])
                self._gradients(unit, node)
            self._close(LAYER)
        self._input_gradient()
        self._close(PHASE)

    def _gradients(self, unit: Unit, node: int) -> None:
        edges = self._incoming[unit.id]
        if not edges and not unit.has_bias:
            return
        if self._terms and len(edges) + unit.has_bias > 1:
            for edge in edges:
                self._add(Frame("backward", "gradient", node, edge), TERM)
                self._learn("edge_gradient", [edge])
            if unit.has_bias:
                self._add(Frame("backward", "bias_gradient", node), TERM)
                self._learn("bias_gradient", [node])
        self._add(Frame("backward", "gradients", node), NEURON)
        self._learn("edge_gradient", edges)
        if unit.combine == "sum":
            self._learn("bias_gradient", [node])

    def _input_gradient(self) -> None:
        inputs = [node.id for node in self._network.inputs]
        if not inputs:
            return
        for node_id in reversed(inputs):
            self._term_frames(
                "backward", "contribution", self._node[node_id], self._outgoing[node_id]
            )
            if self._terms:
                self._learn("dloss_da", [self._node[node_id]])
        self._add(Frame("backward", "input_gradient"), LAYER)
        self._learn("dloss_da", [self._node[node_id] for node_id in inputs])
        for node_id in inputs:
            self._learn("edge_contribution", self._outgoing[node_id])

    def reduce(self, training: Training | None, batch: int) -> None:
        if self._terms:
            for sample in range(batch):
                self._add(Frame("reduce", "sample_gradient", sample=sample), TERM)
            if training is not None and (training.l1 > 0.0 or training.l2 > 0.0):
                self._add(Frame("reduce", "mean"), TERM)
                self._add(Frame("reduce", "penalty"), TERM)
        self._add(Frame("reduce", "reduce"), PHASE)
        self._reduce = len(self._frames) - 1

    def update(self, training: Training | None) -> None:
        lines = UPDATE_LINES[training.optimizer.name] if self._terms and training else ()
        for level in self._network.levels:
            for unit in self._units(level):
                self._weights(self._incoming[unit.id], len(lines))
                if unit.has_bias:
                    node = self._node[unit.id]
                    self._parameter(node, -1, len(lines) if unit.trainable_bias else 0)
                    self._learn("bias_update", [node])
            self._close(LAYER)
        self._close(PHASE)

    def _weights(self, edges: list[int], lines: int) -> None:
        known = self._known["edge_update"]
        if lines:
            for edge in edges:
                self._parameter(-1, edge, lines if self._network.edges[edge].trainable else 0)
                known[edge] = len(self._frames) - 1
            return
        # All at once: a network may have 50,000 edges.
        for place, edge in enumerate(edges, len(self._frames)):
            known[edge] = place
        self._frames += [Frame("update", "update", -1, edge) for edge in edges]
        self._ranks += [NEURON] * len(edges)

    def _parameter(self, node: int, edge: int, lines: int) -> None:
        for part in range(lines):
            self._add(Frame("update", "update_line", node, edge, part=part), TERM)
        self._add(Frame("update", "update", node, edge), NEURON)

    def _add(self, frame: Frame, rank: int) -> None:
        self._frames.append(frame)
        self._ranks.append(rank)

    def _close(self, rank: int) -> None:
        # The last frame so far also ends a step of this coarser grain.
        if self._ranks:
            self._ranks[-1] = max(self._ranks[-1], rank)

    def _learn(self, quantity: str, which: list[int]) -> None:
        here, known = len(self._frames) - 1, self._known[quantity]
        for index in which:
            if known[index] == NEVER:
                known[index] = here

    def _term_frames(self, phase: Phase, kind: str, node: int, edges: list[int]) -> None:
        if self._terms:
            for edge in edges:
                self._add(Frame(phase, kind, node, edge), TERM)
                self._learn(f"edge_{kind}", [edge])

    def _units(self, level: tuple[str, ...]) -> list[Unit]:
        nodes = (self._network.nodes[self._node[node_id]] for node_id in level)
        return [node for node in nodes if isinstance(node, Unit)]

    def chosen(self, grain: Grain) -> FrameList:
        """Return the frames of `grain`, their schedule counted in that list."""
        ranks = np.array(self._ranks, dtype=np.int64)
        kept = np.flatnonzero(ranks >= GRAINS.index(grain))
        known = {
            name: _places(np.array(at, dtype=np.int64), kept) for name, at in self._known.items()
        }
        loss, reduce = np.searchsorted(kept, [self._loss, self._reduce]).tolist()
        schedule = Schedule(**known, loss=loss, reduce=reduce)
        chosen = [self._frames[index] for index in kept.tolist()]
        return FrameList(chosen, self._network, grain, schedule, ranks[kept])


def _places(at: IntArray, kept: IntArray) -> IntArray:
    # Where a number that frame `at` makes known is known among the frames kept.
    return np.where(at == NEVER, len(kept) + 1, np.searchsorted(kept, at)).astype(np.int64)
