"""The matrices of a layered network as tables of numbers, as far as they are known at a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.engine.snapshot import Snapshot
from bpviz.explain.expression import Expression, Partial, Reference, Symbol
from bpviz.explain.latex import escaped
from bpviz.explain.matrices import Layer, layers
from bpviz.model.network import Network
from bpviz.model.schema import Notation

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Cell(NamedTuple):
    """A number of a matrix, whether it is known yet at the step, and what it is of.

    Without a reference there is no edge there: the cell is a structural zero.
    """

    value: float
    known: bool
    reference: Reference | None


@dataclass(frozen=True)
class Table:
    """A matrix with its name; `rows` and `columns` name the nodes they belong to."""

    name: Expression
    cells: tuple[tuple[Cell, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerTables:
    """The tables of one layer: its equations in LaTeX, then its matrices and vectors."""

    number: int
    equations: tuple[str, ...]
    tables: tuple[Table, ...]


def layer_tables(
    trace: Trace, snapshot: Snapshot, notation: Notation | None = None
) -> tuple[LayerTables, ...]:
    """Return all layers of the snapshot's sample, inputs first; NotLayeredError without layers.

    Numbers are the snapshot's: new weights once updated, the batch's gradients from *reduce* on.
    """
    notation = notation or Notation()
    found = layers(trace, snapshot.sample, notation)
    maker = _Maker(trace.program.network, snapshot, notation)
    made = [maker.inputs(found[0])]
    made += [maker.layer(before, layer) for before, layer in pairwise(found)]
    return tuple(made)


class _Maker:
    def __init__(self, network: Network, snapshot: Snapshot, notation: Notation) -> None:
        self._network, self._snapshot, self._notation = network, snapshot, notation

    def inputs(self, layer: Layer) -> LayerTables:
        now = self._snapshot
        name = _named("a", "a", layer.number)
        return LayerTables(
            layer.number, (), (self._vector(name, layer, now.value, now.value_known, "value"),)
        )

    def layer(self, before: Layer, layer: Layer) -> LayerTables:
        now, loss = self._snapshot, self._notation.loss_symbol
        n = layer.number
        weights = _named("W", "W", layer.weight_number)
        biased = bool(np.any(layer.biases)) or any(
            self._network.nodes[node].id in self._biased for node in layer.nodes.tolist()
        )
        known = np.ones(len(now.edge_weight), dtype=np.bool_)
        tables = [self._matrix(weights, before, layer, now.edge_weight, known, "weight")]
        if biased:
            places = np.ones(len(now.bias), dtype=np.bool_)
            bias = _named("b", "b", layer.weight_number)
            tables.append(self._vector(bias, layer, now.bias, places, "bias"))
        tables += [
            self._vector(_named("z", "z", n), layer, now.z, now.z_known, "z"),
            self._vector(_named("a", "a", n), layer, now.value, now.value_known, "value"),
            self._vector(_named("δ", r"\delta", n), layer, now.delta, now.delta_known, "delta"),
        ]
        gradient = Partial(Symbol(loss, escaped(loss), math.nan), weights, math.nan)
        quantity = "batch_gradient" if now.batch_gradients else "gradient"
        tables.append(
            self._matrix(
                gradient, before, layer, now.edge_gradient, now.edge_gradient_known, quantity
            )
        )
        return LayerTables(n, self._equations(before, layer, biased), tuple(tables))

    @property
    def _biased(self) -> frozenset[str]:
        return frozenset(unit.id for unit in self._network.units if unit.has_bias and unit.bias)

    def _equations(self, before: Layer, layer: Layer, biased: bool) -> tuple[str, ...]:
        n, w, m = layer.number, layer.weight_number, before.number
        swapped = self._notation.weight_order == "from_to"
        turned = f"(W^{{{w}}})^{{T}}" if swapped else f"W^{{{w}}}"
        plus = f" + b^{{{w}}}" if biased else ""
        loss = escaped(self._notation.loss_symbol)
        outer = (
            rf"a^{{{m}}} \cdot (\delta^{{{n}}})^{{T}}"
            if swapped
            else rf"\delta^{{{n}}} \cdot (a^{{{m}}})^{{T}}"
        )
        whole = rf"\frac{{\partial {loss}}}{{\partial W^{{{w}}}}} = {outer}"
        return (rf"z^{{{n}}} = {turned} \cdot a^{{{m}}}{plus}", whole)

    def _vector(
        self, name: Symbol, layer: Layer, values: FloatArray, known: BoolArray, quantity: str
    ) -> Table:
        nodes = layer.nodes.tolist()
        sample = -1 if quantity == "bias" else self._snapshot.sample
        cells = tuple(
            (self._node_cell(node, float(values[node]), bool(known[node]), quantity, sample),)
            for node in nodes
        )
        return Table(name, cells, self._labels(nodes))

    def _node_cell(self, node: int, value: float, known: bool, quantity: str, sample: int) -> Cell:
        reference = Reference("node", self._network.nodes[node].id, quantity, sample)
        return Cell(value, known, reference)

    def _matrix(
        self,
        name: Expression,
        before: Layer,
        layer: Layer,
        values: FloatArray,
        known: BoolArray,
        quantity: str,
    ) -> Table:
        sample = self._snapshot.sample if quantity == "gradient" else -1
        cells = tuple(
            tuple(self._edge_cell(edge, values, known, quantity, sample) for edge in row)
            for row in layer.edges.tolist()
        )
        rows, columns = self._labels(layer.nodes.tolist()), self._labels(before.nodes.tolist())
        if self._notation.weight_order == "from_to":
            rows, columns = columns, rows
        return Table(name, cells, rows, columns)

    def _edge_cell(
        self, edge: int, values: FloatArray, known: BoolArray, quantity: str, sample: int
    ) -> Cell:
        if edge < 0:
            return Cell(0.0, True, None)
        reference = Reference("edge", self._network.edges[edge].name, quantity, sample)
        return Cell(float(values[edge]), bool(known[edge]), reference)

    def _labels(self, nodes: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._network.names[self._network.nodes[node].id] for node in nodes)


def _named(text: str, latex: str, number: int) -> Symbol:
    raised = str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return Symbol(f"{text}{raised}", f"{latex}^{{{number}}}", math.nan)
