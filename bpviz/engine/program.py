"""A network compiled to arrays: levels, index vectors, and one flat parameter vector θ.

While a pass runs, node values stand in a matrix of rows, batch index last: a constant row of ones,
then the nodes of level 0, a row of ones again, the nodes of level 1, and so on. The sum units of a
level take their z from one product W·A: W [targets, columns] holds the bias in column 0, which
meets a row of ones, and a weight in each other column; a missing edge is a structural zero. Where
the sources of a level are most of a run of rows, A is that run itself, else they are gathered.
θ is the levels' blocks one after the other, so that W is a view of θ; only where W would be mostly
zeros θ holds the biases and edges alone, and W is filled from them, or where they are very few of
many, each unit's z is a product of its own (see `sparse`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import Group, Level, Shares, SumBlock, TermBlock
from bpviz.engine.functions import parameter_of
from bpviz.model.network import Input, Network, activation_name

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COMBINES = ("sum", "product", "max")
# A weight matrix with at least this share of edges, or no larger than this, is a view of θ.
DENSE_SHARE = 0.25
DENSE_SIZE = 256
# Rows of a batch are summed in slices that cost about this many multiplications.
SLICE_COST = 8_000_000
SLICE_ROWS = (32, 4096)


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """A compiled network of N nodes and E edges; P = `theta_size`.

    `edge_slot` [E] and `bias_slot` [N] are positions in θ (−1: no bias). `trainable` [P] marks
    what an optimizer may change, `penalized` [P] the trainable weights, `counted` [P] those of
    them that a penalty counts: of shared weights only the first. `node_row` [N] is each node's row
    in a pass, `source` and `target` [E] the ends of each edge, `node_level` [N] its level.
    """

    network: Network
    node_ids: tuple[str, ...]
    edge_names: tuple[str, ...]
    theta_size: int
    edge_slot: IntArray
    bias_slot: IntArray
    trainable: BoolArray
    penalized: BoolArray
    counted: BoolArray
    shares: Shares | None
    levels: tuple[Level, ...]
    row_count: int
    node_row: IntArray
    node_level: IntArray
    source: IntArray
    target: IntArray
    input_nodes: IntArray
    output_nodes: IntArray

    @property
    def input_count(self) -> int:
        """Number of input columns I."""
        return len(self.input_nodes)

    @property
    def output_count(self) -> int:
        """Number of outputs K."""
        return len(self.output_nodes)

    @cached_property
    def is_input(self) -> BoolArray:
        """Which nodes [N] are inputs."""
        mask = np.zeros(len(self.node_ids), dtype=np.bool_)
        mask[self.input_nodes] = True
        return mask

    @cached_property
    def unit_order(self) -> IntArray:
        """Nodes that are units, by level and then node order."""
        units = np.flatnonzero(~self.is_input)
        return units[np.argsort(self.node_level[units], kind="stable")]

    @cached_property
    def slice_rows(self) -> int:
        """Rows of a slice in which a large batch is summed: a function of the program alone."""
        cost = 40 * self.row_count
        for level in self.levels:
            if level.sums is not None:
                cost += 6 * level.sums.shape[0] * level.sums.shape[1]
            cost += sum(40 * block.sources.size for block in level.terms)
        low, high = SLICE_ROWS
        rows = low
        while rows < high and 2 * rows * cost <= SLICE_COST:
            rows *= 2
        return rows

    @cached_property
    def layer_slots(self) -> tuple[IntArray, IntArray]:
        """Positions in θ of all weights, layer by layer, and where each layer's begin.

        A layer's weights are those of the edges into its units; its place is that of its level
        among those that edges lead to, the first hidden one being 0.
        """
        order, starts = self.edges_by_level
        return self.edge_slot[order], starts

    @cached_property
    def edges_by_level(self) -> tuple[IntArray, IntArray]:
        """The edges [E] by the level of their targets, and where each level's begin."""
        level = self.node_level[self.target]
        order = np.argsort(level, kind="stable")
        return order, np.flatnonzero(np.diff(level[order], prepend=-1))

    def initial_theta(self) -> FloatArray:
        """Return θ [P] with the network's own weights and biases."""
        return self.theta_of(self.network)

    def theta_of(self, network: Network) -> FloatArray:
        """Return θ [P] with the weights and biases of `network`, which has this structure."""
        weights = np.array([edge.weight for edge in network.edges], dtype=np.float64)
        theta = np.zeros(self.theta_size)
        theta[self.edge_slot] = weights
        for node, slot in zip(network.nodes, self.bias_slot.tolist(), strict=True):
            if slot >= 0 and not isinstance(node, Input):
                theta[slot] = node.bias
        return theta

    def biases(self, theta: FloatArray) -> FloatArray:
        """Return each node's entry [N] in a vector shaped like θ, 0 where it has no bias."""
        if not theta.size:
            return np.zeros(len(self.bias_slot))
        return np.where(self.bias_slot >= 0, theta[self.bias_slot], 0.0)

    def parameter_name(self, slot: int) -> str:
        """Return the edge's name or the unit's id whose weight or bias stands at θ[slot]."""
        edges = np.flatnonzero(self.edge_slot == slot)
        if len(edges):
            return self.edge_names[int(edges[0])]
        nodes = np.flatnonzero(self.bias_slot == slot)
        return self.node_ids[int(nodes[0])] if len(nodes) else ""


def compile(network: Network) -> Program:
    """Compile `network`, which must have no cycle; an incomplete one compiles too."""
    return _Compiler(network).program()


class _Compiler:
    def __init__(self, network: Network) -> None:
        self._network = network
        index = network.node_index
        nodes = network.nodes
        level = network.level
        self._level = _ints([level[node.id] for node in nodes])
        self._source = _ints([index[edge.source] for edge in network.edges])
        self._target = _ints([index[edge.target] for edge in network.edges])
        self._combine = _ints(
            [0 if isinstance(node, Input) else COMBINES.index(node.combine) for node in nodes]
        )
        self._fan_in = np.bincount(self._target, minlength=len(nodes)).astype(np.int64)
        self._activations = [
            ("identity", 0.0)
            if isinstance(node, Input)
            else (activation_name(node.activation), parameter_of(node.activation))
            for node in nodes
        ]
        self._level_count = int(self._level.max(initial=-1)) + 1
        self._place_rows()
        self._bias_slot = np.full(len(nodes), -1, dtype=np.int64)
        self._edge_slot = np.full(len(network.edges), -1, dtype=np.int64)
        self._size = 0

    def _place_rows(self) -> None:
        # Kinds together, then activations, then outputs in their order, so that all are runs.
        outputs = {node_id: place for place, node_id in enumerate(self._network.outputs)}
        kinds = {kind: number for number, kind in enumerate(dict.fromkeys(self._activations))}
        keys = [
            (
                level,
                combine,
                fan_in if combine else 0,
                kinds[activation],
                outputs.get(node.id, len(outputs)),
                place,
            )
            for place, (level, combine, fan_in, activation, node) in enumerate(
                zip(
                    self._level.tolist(), self._combine.tolist(), self._fan_in.tolist(),
                    self._activations, self._network.nodes, strict=True,
                )
            )
        ]  # fmt: skip
        order = _ints([key[-1] for key in sorted(keys)])
        self._row = np.empty(len(order), dtype=np.int64)
        self._row[order] = np.arange(len(order)) + self._level[order] + 1
        self._row_count = len(order) + self._level_count
        # The node of each row, −1 for a row of ones, and the start of each level's nodes.
        self._node_of = np.full(self._row_count, -1, dtype=np.int64)
        self._node_of[self._row] = np.arange(len(order))
        self._start = 1 + np.flatnonzero(self._node_of < 0)
        self._stop = np.append(self._start[1:] - 1, self._row_count)

    def program(self) -> Program:
        network = self._network
        self._outputs = _ints([network.node_index[node_id] for node_id in network.outputs])
        self._consumers()
        by_level = np.argsort(self._level[self._target], kind="stable")
        counts = np.bincount(self._level[self._target], minlength=self._level_count)
        edges = np.split(by_level, np.cumsum(counts)[:-1]) if len(counts) else []
        levels = tuple(self._level_of(level, edges[level]) for level in range(self._level_count))
        trainable, penalized = self._masks()
        shares, counted = self._shares(penalized)
        return Program(
            network=network,
            node_ids=tuple(node.id for node in network.nodes),
            edge_names=tuple(network.edge_index),
            theta_size=self._size,
            edge_slot=self._edge_slot,
            bias_slot=self._bias_slot,
            trainable=trainable,
            penalized=penalized,
            counted=counted,
            shares=shares,
            levels=levels,
            row_count=self._row_count,
            node_row=self._row,
            node_level=self._level,
            source=self._source,
            target=self._target,
            input_nodes=_ints([network.node_index[node.id] for node in network.inputs]),
            output_nodes=self._outputs,
        )

    def _consumers(self) -> None:
        """Find for each row how many blocks read it, and one of them.

        A block is told by its first row: sum units of a level, or a level's term units.
        """
        is_term = self._combine[self._target] > 0
        block = 2 * self._level[self._target] + is_term
        pairs = np.unique(np.stack([self._row[self._source], block], axis=1), axis=0)
        self._readers = np.bincount(pairs[:, 0], minlength=self._row_count)
        self._reader = np.full(self._row_count, -1, dtype=np.int64)
        self._reader[pairs[:, 0]] = pairs[:, 1]

    def _level_of(self, level: int, edges: IntArray) -> Level:
        start, stop = int(self._start[level]), int(self._stop[level])
        nodes = self._node_of[start:stop]
        groups = _groups([self._activations[node] for node in nodes.tolist()], start)
        if not level:
            return Level(start, stop, None, (), groups)
        combine = self._combine[nodes]
        sums = int(np.count_nonzero(combine == 0))
        block = None
        if sums:
            block = self._sum_block(level, start, start + sums, edges)
        terms = self._term_blocks(start + sums, stop, edges)
        return Level(start, stop, block, terms, groups)

    def _sum_block(self, level: int, start: int, stop: int, edges: IntArray) -> SumBlock:
        edges = edges[self._combine[self._target[edges]] == 0]
        rows = self._row[self._source[edges]]
        sources = np.unique(rows)
        first, last, gathered = self._span(sources)
        if gathered is None:
            columns, width = rows - first, last - first
        else:
            columns, width = 1 + np.searchsorted(sources, rows), 1 + len(sources)
        positions = (self._row[self._target[edges]] - start) * width + columns
        biases = np.arange(stop - start, dtype=np.int64) * width
        offset, entries = self._size, None
        size = (stop - start) * width
        if size > DENSE_SIZE and len(edges) + len(biases) < DENSE_SHARE * size:
            entries = np.concatenate([biases, positions])
            biases = np.arange(len(biases), dtype=np.int64)
            positions = len(biases) + np.arange(len(edges), dtype=np.int64)
            size = len(entries)
        self._edge_slot[edges] = offset + positions
        self._bias_slot[self._node_of[start:stop]] = offset + biases
        self._size += size
        return SumBlock(
            start=start, stop=stop, first=first, last=last, gathered=gathered, offset=offset,
            width=width, entries=entries, feeds_units=self._feeds_units(rows),
            exclusive=gathered is None and self._is_exclusive(first, last, 2 * level),
        )  # fmt: skip

    def _span(self, sources: IntArray) -> tuple[int, int, IntArray | None]:
        """Return the run of rows, from a row of ones on, that serves as A; or what to gather."""
        if not len(sources):
            return 0, 1, None
        level = int(np.searchsorted(self._start, sources[0], side="right")) - 1
        first, last = int(self._start[level]) - 1, int(sources[-1]) + 1
        if 2 * len(sources) >= last - first - 1:
            return first, last, None
        return 0, 0, sources

    def _is_exclusive(self, first: int, last: int, block: int) -> bool:
        """Whether no other block reads the rows first…last, and none of them is an output."""
        readers, reader = self._readers[first:last], self._reader[first:last]
        if np.any((readers > 1) | ((readers == 1) & (reader != block))):
            return False
        outputs = self._row[self._outputs]
        return not np.any((outputs >= first) & (outputs < last))

    def _feeds_units(self, rows: IntArray) -> bool:
        return bool(np.any(rows >= self._stop[0]))

    def _term_blocks(self, start: int, stop: int, edges: IntArray) -> tuple[TermBlock, ...]:
        edges = edges[self._combine[self._target[edges]] > 0]
        # Stable, so that each unit's edges stay in edge order.
        edges = edges[np.argsort(self._row[self._target[edges]], kind="stable")]
        blocks = []
        taken = 0
        while start < stop:
            node = self._node_of[start]
            fan_in, combine = int(self._fan_in[node]), int(self._combine[node])
            members = self._node_of[start:stop]
            alike = (self._fan_in[members] == fan_in) & (self._combine[members] == combine)
            units = int(np.count_nonzero(alike))
            if fan_in:
                mine = edges[taken : taken + fan_in * units].reshape(units, fan_in).T.copy()
                taken += mine.size
                self._edge_slot[mine] = self._size + np.arange(mine.size).reshape(mine.shape)
                sources = self._row[self._source[mine]]
                blocks.append(
                    TermBlock(
                        COMBINES[combine], start, start + units, sources, mine, self._size,
                        self._feeds_units(sources),
                    )
                )  # fmt: skip
                self._size += mine.size
            start += units
        return tuple(blocks)

    def _masks(self) -> tuple[BoolArray, BoolArray]:
        trainable = np.zeros(self._size, dtype=np.bool_)
        trainable[self._edge_slot] = [edge.trainable for edge in self._network.edges]
        penalized = trainable.copy()
        for node, slot in zip(self._network.nodes, self._bias_slot.tolist(), strict=True):
            if slot >= 0 and not isinstance(node, Input):
                trainable[slot] = node.trainable_bias
        return trainable, penalized

    def _shares(self, penalized: BoolArray) -> tuple[Shares | None, BoolArray]:
        groups: dict[tuple[str, str], list[int]] = {}
        for edge, slot in zip(self._network.edges, self._edge_slot.tolist(), strict=True):
            if edge.share:
                groups.setdefault(("edge", edge.share), []).append(slot)
        for node, slot in zip(self._network.nodes, self._bias_slot.tolist(), strict=True):
            if slot >= 0 and not isinstance(node, Input) and node.bias_share:
                groups.setdefault(("bias", node.bias_share), []).append(slot)
        counted = penalized.copy()
        several = [slots for slots in groups.values() if len(slots) > 1]
        if not several:
            return None, counted
        for slots in several:
            counted[slots[1:]] = False
        sizes = [len(slots) for slots in several]
        return Shares(
            _ints([slot for slots in several for slot in slots]),
            np.cumsum([0, *sizes[:-1]], dtype=np.int64),
            np.repeat(np.arange(len(sizes), dtype=np.int64), sizes),
        ), counted


def _groups(activations: Sequence[tuple[str, float]], start: int) -> tuple[Group, ...]:
    groups: list[Group] = []
    for row, (name, parameter) in enumerate(activations, start):
        if groups and (groups[-1].activation, groups[-1].parameter) == (name, parameter):
            groups[-1] = Group(name, parameter, groups[-1].start, row + 1)
        else:
            groups.append(Group(name, parameter, row, row + 1))
    return tuple(groups)


def _ints(values: Sequence[int]) -> IntArray:
    return np.array(values, dtype=np.int64)
