"""The network: frozen nodes and edges of any directed acyclic graph."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from bpviz.model.names import names_in_formulas, names_in_texts

ID_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,63}\Z"
Identifier: TypeAlias = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]

ActivationName: TypeAlias = Literal[
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus",
    "step", "sin", "cos", "exp", "log", "sqrt", "square", "reciprocal", "abs",
]  # fmt: skip
Combine: TypeAlias = Literal["sum", "product", "max"]
Position: TypeAlias = tuple[float, float]


class LeakyRelu(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="leaky_relu"
):
    """Leaky ReLU with its slope for z ≤ 0."""

    slope: float = 0.01


class Elu(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="elu"):
    """ELU with the limit −alpha it approaches for z → −∞."""

    alpha: float = 1.0


class Power(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name", tag="power"):
    """z to a constant exponent."""

    exponent: float


Activation: TypeAlias = ActivationName | LeakyRelu | Elu | Power


def activation_name(activation: Activation) -> str:
    """Return the bare name of `activation`, without its parameter."""
    if isinstance(activation, str):
        return activation
    return str(type(activation).__struct_config__.tag)


# A label left out equals the id. The default is recognised by identity, so that no text in a
# file can be mistaken for it.
_SAME_AS_ID = str(b"\0same as id", "ascii")


def _same_as_id() -> str:
    return _SAME_AS_ID


class Input(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="input"):
    """An input node: its activation is a data column."""

    id: Identifier
    label: str = msgspec.field(default_factory=_same_as_id)
    position: Position = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.label is _SAME_AS_ID:
            msgspec.structs.force_setattr(self, "label", self.id)


class Unit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="unit"):
    """A unit: z = combine over incoming edges (+ bias for a sum), a = activation(z).

    Product and max units have no bias: whatever is given, they hold 0 and not trainable.
    """

    id: Identifier
    combine: Combine = "sum"
    activation: Activation = "sigmoid"
    bias: float = 0.0
    trainable_bias: bool = True
    bias_share: Annotated[str, msgspec.Meta(pattern=ID_PATTERN)] = ""
    label: str = msgspec.field(default_factory=_same_as_id)
    position: Position = (0.0, 0.0)

    def __post_init__(self) -> None:
        if self.label is _SAME_AS_ID:
            msgspec.structs.force_setattr(self, "label", self.id)
        if self.combine != "sum":
            msgspec.structs.force_setattr(self, "bias", 0.0)
            msgspec.structs.force_setattr(self, "trainable_bias", False)
            msgspec.structs.force_setattr(self, "bias_share", "")

    @property
    def has_bias(self) -> bool:
        """Whether "+ b" is drawn and derived: a bias of 0 that is not trainable is none."""
        return self.combine == "sum" and (self.bias != 0.0 or self.trainable_bias)


Node: TypeAlias = Input | Unit


class Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weighted edge from the node `source` to the unit `target`."""

    source: Identifier
    target: Identifier
    weight: float
    trainable: bool = True
    share: Annotated[str, msgspec.Meta(pattern=ID_PATTERN)] = ""

    @property
    def name(self) -> str:
        """The edge's name, `SOURCE->TARGET`."""
        return f"{self.source}->{self.target}"


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Nodes, edges and the ids of the output units, in the order of the target columns."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    outputs: tuple[str, ...] = ()

    @cached_property
    def node_index(self) -> dict[str, int]:
        """Position of each node id in `nodes`."""
        return {node.id: index for index, node in enumerate(self.nodes)}

    @cached_property
    def edge_index(self) -> dict[str, int]:
        """Position of each edge name in `edges`."""
        return {edge.name: index for index, edge in enumerate(self.edges)}

    @cached_property
    def names(self) -> dict[str, str]:
        """What texts call each node, by id: as it is drawn."""
        return names_in_texts({node.id: node.label for node in self.nodes})

    @cached_property
    def short_names(self) -> dict[str, str]:
        """What formulas call each node, by id."""
        return names_in_formulas({node.id: node.label for node in self.nodes})

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The input nodes, in the order of the data's columns."""
        return tuple(node for node in self.nodes if isinstance(node, Input))

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """All nodes that compute something."""
        return tuple(node for node in self.nodes if isinstance(node, Unit))

    @cached_property
    def level(self) -> dict[str, int]:
        """Level of every node that is on no cycle: its longest path from a node without edges in.

        Inputs are at level 0, units at 1 or more. Nodes on or behind a cycle are left out.
        """
        waiting = Counter(edge.target for edge in self.edges)
        targets: dict[str, list[str]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            targets[edge.source].append(edge.target)
        level = {node.id: 0 if isinstance(node, Input) else 1 for node in self.nodes}
        ready = [node.id for node in self.nodes if not waiting[node.id]]
        done: dict[str, int] = {}
        while ready:
            source = ready.pop()
            done[source] = level[source]
            for target in targets[source]:
                level[target] = max(level[target], level[source] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
        return done

    @cached_property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """Node ids by level, each in node order; the first entry holds the inputs."""
        rows: list[list[str]] = [[] for _ in range(max(self.level.values(), default=-1) + 1)]
        for node in self.nodes:
            rows[self.level[node.id]].append(node.id)
        return tuple(tuple(row) for row in rows)

    @cached_property
    def incoming(self) -> dict[str, tuple[Edge, ...]]:
        """Edges into each node, in edge order."""
        edges: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            edges[edge.target].append(edge)
        return {target: tuple(found) for target, found in edges.items()}

    @cached_property
    def outgoing(self) -> dict[str, tuple[Edge, ...]]:
        """Edges out of each node, in edge order."""
        edges: dict[str, list[Edge]] = {node.id: [] for node in self.nodes}
        for edge in self.edges:
            edges[edge.source].append(edge)
        return {source: tuple(found) for source, found in edges.items()}

    def node(self, node_id: str) -> Node:
        """Return the node named `node_id`; KeyError where there is none."""
        return self.nodes[self.node_index[node_id]]

    def edge(self, name: str) -> Edge:
        """Return the edge named `SOURCE->TARGET`; KeyError where there is none."""
        return self.edges[self.edge_index[name]]

    def replaced(
        self,
        *,
        nodes: tuple[Node, ...] | None = None,
        edges: tuple[Edge, ...] | None = None,
        outputs: tuple[str, ...] | None = None,
    ) -> Network:
        """Return the network with other nodes, edges or outputs.

        What was found out about the structure is handed on where that is the same.
        """
        after = Network(
            self.nodes if nodes is None else nodes,
            self.edges if edges is None else edges,
            self.outputs if outputs is None else outputs,
        )
        known, handed = self.__dict__, after.__dict__
        if not _same_ids(self.nodes, after.nodes):
            return after
        _hand_on(known, handed, "node_index")
        if self.nodes is after.nodes:
            _hand_on(known, handed, "inputs", "units")
        if _same_labels(self.nodes, after.nodes):
            _hand_on(known, handed, "names", "short_names")
        changed = _changed_edges(self.edges, after.edges)
        if changed is not None:
            _hand_on(known, handed, "edge_index", "level", "levels")
            if len(changed) <= FEW_EDGES:
                for name, end in (("incoming", "target"), ("outgoing", "source")):
                    if name in known:
                        handed[name] = _patched(known[name], changed, end)
        return after

    def reaches(self, start: str, goal: str) -> bool:
        """Whether a path along the edges leads from `start` to `goal` (also of length 0)."""
        seen = {start}
        stack = [start]
        while stack:
            here = stack.pop()
            if here == goal:
                return True
            fresh = {edge.target for edge in self.outgoing[here]} - seen
            seen |= fresh
            stack.extend(fresh)
        return False

    @classmethod
    def layered(
        cls, sizes: tuple[int, ...], activation: Activation, output_activation: Activation
    ) -> Network:
        """Build a fully connected layered network: ids x1…, h1_1…, y1…, weights and biases 0.

        `sizes` counts the nodes of each layer from inputs to outputs, two layers at least.
        """
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError("a layered network needs two or more layers of one or more nodes")
        last = len(sizes) - 1

        def ids(layer: int) -> list[str]:
            stem = "x" if layer == 0 else "y" if layer == last else f"h{layer}_"
            return [f"{stem}{number}" for number in range(1, sizes[layer] + 1)]

        across, down = gaps(max(sizes), len(sizes))
        nodes: list[Node] = []
        edges: list[Edge] = []
        for layer, size in enumerate(sizes):
            for row, node_id in enumerate(ids(layer)):
                position = (across * layer, down * (row - (size - 1) / 2))
                if layer == 0:
                    nodes.append(Input(node_id, position=position))
                    continue
                chosen = output_activation if layer == last else activation
                nodes.append(Unit(node_id, activation=chosen, position=position))
                edges += [Edge(source, node_id, 0.0) for source in ids(layer - 1)]
        return cls(tuple(nodes), tuple(edges), tuple(ids(last)))


# So many changed edges are put into the lists of their ends; of more, all lists are made anew.
FEW_EDGES = 16


SLICE: Final = 256
Item = TypeVar("Item", bound=msgspec.Struct)


def replacements(before: tuple[Item, ...], after: tuple[Item, ...]) -> list[tuple[Item, Item]]:
    """Return the items that are others now, each with what stands in its place.

    Both have the same length. Of ten thousand edges mostly one is another, and comparing slices
    is several times as fast as comparing one by one. What is equal may be among them.
    """
    found: list[tuple[Item, Item]] = []
    if before is after:
        return found
    for start in range(0, len(before), SLICE):
        old, new = before[start : start + SLICE], after[start : start + SLICE]
        if old != new:
            found += [(a, b) for a, b in zip(old, new, strict=True) if a is not b]
    return found


def _hand_on(known: dict[str, Any], handed: dict[str, Any], *names: str) -> None:
    for name in names:
        if name in known:
            handed[name] = known[name]


def _same_ids(before: tuple[Node, ...], after: tuple[Node, ...]) -> bool:
    """Whether the nodes have the same ids and kinds, in the same order."""
    return before is after or (
        len(before) == len(after)
        and all(
            one.id == other.id and type(one) is type(other)
            for one, other in replacements(before, after)
        )
    )


def _same_labels(before: tuple[Node, ...], after: tuple[Node, ...]) -> bool:
    """Whether nodes with the same ids are labelled alike."""
    return all(one.label == other.label for one, other in replacements(before, after))


def _changed_edges(
    before: tuple[Edge, ...], after: tuple[Edge, ...]
) -> list[tuple[Edge, Edge]] | None:
    """Return the edges that are others now, each with its successor; None where ends changed."""
    if before is after:
        return []
    if len(before) != len(after):
        return None
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a is not b]
    same = all(one.source == other.source and one.target == other.target for one, other in changed)
    return changed if same else None


def _patched(
    lists: dict[str, tuple[Edge, ...]], changed: list[tuple[Edge, Edge]], end: str
) -> dict[str, tuple[Edge, ...]]:
    patched = dict(lists)
    for before, after in changed:
        node = getattr(before, end)
        patched[node] = tuple(after if edge is before else edge for edge in patched[node])
    return patched


LAYER_GAP = 240.0
ROW_GAP = 160.0
# Larger layers than these stand closer together, and further apart from one another.
LOOSE_ROWS = 4


def gaps(rows: int, layers: int) -> tuple[float, float]:
    """Return the distances of layers and of rows, for `layers` of up to `rows` nodes.

    Many rows would make the drawing high and narrow, and so small on a wide screen.
    """
    if rows <= LOOSE_ROWS:
        return LAYER_GAP, ROW_GAP
    down = round(0.72 * ROW_GAP)
    wide = 1.5 * down * (rows - 1) / max(layers - 1, 1)
    return float(round(min(max(wide, 0.88 * LAYER_GAP), 6 * LAYER_GAP))), float(down)
