"""The verbs of editing: each makes one Edit from a session, or refuses with an EditError."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from bpviz.model.checks import MAX_EDGES, MAX_NODES, MAX_NUMBER, MAX_POSITION, check_text
from bpviz.model.data import Data, Rows, TableData
from bpviz.model.edit import Edit, EditError, diff
from bpviz.model.files import FormatError
from bpviz.model.network import Activation, Combine, Edge, Input, Network, Node, Position, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Training

NEW_WEIGHT_RANGE: Final = 0.5


def add_unit(
    session: Session,
    position: Position,
    activation: Activation = "sigmoid",
    combine: Combine = "sum",
) -> Edit:
    """Add a unit without edges at `position`."""
    node = Unit(_free_id(session, "h"), combine, activation, position=_placed(position))
    return _with_nodes(session, (*session.network.nodes, _room(session, node)), f"Add {node.id}")


def add_input(session: Session, position: Position, table: TableData | None = None) -> Edit:
    """Add an input node, and its data column of zeros.

    `table` holds the rows where the session's data come from a generator.
    """
    node = _room(session, Input(_free_id(session, "x"), position=_placed(position)))
    data = _table(session, table)
    widened = msgspec.structs.replace(
        data,
        inputs=_append_column(data.inputs),
        test_inputs=_append_column(data.test_inputs),
        input_names=(*data.input_names, node.id) if data.input_names else (),
    )
    network = _network(session, nodes=(*session.network.nodes, node))
    return _edit(session, f"Add input {node.id}", network=network, data=widened)


def connect(session: Session, source: str, target: str, weight: float | None = None) -> Edit:
    """Add an edge; without a weight a small one, the same at each try.

    EditError for a cycle, a second edge between the two, or an edge into an input.
    """
    if reason := refusal(session.network, source, target):
        raise EditError(reason)
    if weight is None:
        draw = random.Random(f"{session.training.seed} {source}->{target}")
        weight = round(draw.uniform(-NEW_WEIGHT_RANGE, NEW_WEIGHT_RANGE), 4)
    edge = Edge(source, target, weight)
    network = _network(session, edges=(*session.network.edges, edge))
    return _edit(session, f"Connect {_label(session, source)} to {_label(session, target)}", network=network)  # fmt: skip # noqa: E501


def refusal(network: Network, source: str, target: str) -> str:
    """Return why no edge can lead from `source` to `target`, empty where one can."""
    if source == target:
        return "A unit can't feed itself: the network must stay free of cycles"
    if isinstance(network.node(target), Input):
        return f"{network.node(target).label} is an input: nothing feeds it"
    if f"{source}->{target}" in network.edge_index:
        return "These two are connected already"
    if network.reaches(target, source):
        first, second = network.node(source).label, network.node(target).label
        return f"{second} already feeds {first}: this edge would close a cycle"
    if len(network.edges) >= MAX_EDGES:
        return f"A network holds at most {MAX_EDGES:,} edges"
    return ""


def delete(
    session: Session,
    node_ids: Iterable[str],
    edge_names: Iterable[str],
    table: TableData | None = None,
) -> Edit:
    """Delete nodes with all their edges, and edges; inputs and outputs take their data columns.

    `table` holds the rows where the session's data come from a generator and columns must go.
    """
    network = session.network
    gone, cut = set(node_ids), set(edge_names)
    if not gone and not cut:
        raise EditError("Nothing is selected")
    nodes = tuple(node for node in network.nodes if node.id not in gone)
    edges = tuple(
        edge
        for edge in network.edges
        if edge.name not in cut and edge.source not in gone and edge.target not in gone
    )
    outputs = tuple(output for output in network.outputs if output not in gone)
    data: Data = session.data
    inputs_kept = [index for index, node in enumerate(network.inputs) if node.id not in gone]
    outputs_kept = [index for index, output in enumerate(network.outputs) if output not in gone]
    if len(inputs_kept) < len(network.inputs) or len(outputs_kept) < len(network.outputs):
        data = _keep_columns(_table(session, table), inputs_kept, outputs_kept)
    count = len(gone) + len(cut)
    label = "Delete " + (_only(session, gone, cut) if count == 1 else f"{count} items")
    return _edit(session, label, network=Network(nodes, edges, outputs), data=data)


def move(session: Session, positions: Mapping[str, Position]) -> Edit:
    """Move nodes to new positions."""
    nodes = tuple(
        msgspec.structs.replace(node, position=_placed(positions[node.id]))
        if node.id in positions
        else node
        for node in session.network.nodes
    )
    label = "Move " + (_label(session, next(iter(positions))) if len(positions) == 1 else f"{len(positions)} nodes")  # fmt: skip # noqa: E501
    return _with_nodes(session, nodes, label)


def set_node(session: Session, node_ids: Iterable[str], field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set one field of nodes: label, position, combine, activation, bias, trainable_bias.

    Nodes without the field (an input's bias) stay as they are. Members of a shared bias move
    together.
    """
    wanted = set(node_ids)
    network = session.network
    if field in ("bias", "trainable_bias"):
        shares = {
            node.bias_share for node in network.units if node.id in wanted and node.bias_share
        }
        wanted |= {node.id for node in network.units if node.bias_share in shares}
    if field == "bias":
        value = _number(value)
    if field == "label":
        value = _text(value)
    nodes = tuple(
        msgspec.structs.replace(node, **{field: value})
        if node.id in wanted and _has(node, field)
        else node
        for node in network.nodes
    )
    names = sorted(wanted)
    what = _label(session, names[0]) if len(names) == 1 else f"{len(names)} nodes"
    return _with_nodes(session, nodes, f"Set {field.replace('_', ' ')} of {what}")


def _has(node: Node, field: str) -> bool:
    if field in ("bias", "trainable_bias", "bias_share"):
        return isinstance(node, Unit) and node.combine == "sum"
    return hasattr(node, field)


def set_edge(session: Session, names: Iterable[str], field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set `weight` or `trainable` of edges; members of a share move together."""
    wanted = set(names)
    network = session.network
    shares = {edge.share for edge in network.edges if edge.name in wanted and edge.share}
    wanted |= {edge.name for edge in network.edges if edge.share in shares}
    if field == "weight":
        value = _number(value)
    edges = tuple(
        msgspec.structs.replace(edge, **{field: value}) if edge.name in wanted else edge
        for edge in network.edges
    )
    what = next(iter(wanted)).replace("->", "→") if len(wanted) == 1 else f"{len(wanted)} edges"
    return _edit(session, f"Set {field} of {what}", network=_network(session, edges=edges))


def set_output(
    session: Session, node_id: str, is_output: bool, table: TableData | None = None
) -> Edit:
    """Make a unit an output or no output, with its target column of zeros."""
    network = session.network
    outputs = network.outputs
    if (node_id in outputs) == is_output:
        raise EditError(f"{_label(session, node_id)} is {'' if is_output else 'not '}an output")
    if isinstance(network.node(node_id), Input):
        raise EditError("An input can't be an output: put a unit behind it")
    data: Data = session.data
    counts = session.training.loss != "output_value" or (
        isinstance(data, TableData) and bool(data.targets)
    )
    if is_output:
        outputs = (*outputs, node_id)
        if counts:
            held = _table(session, table)
            data = msgspec.structs.replace(
                held,
                targets=_append_column(held.targets, len(held.inputs)),
                test_targets=_append_column(held.test_targets, len(held.test_inputs)),
            )
    else:
        kept = [index for index, output in enumerate(outputs) if output != node_id]
        outputs = tuple(outputs[index] for index in kept)
        if counts:
            data = _keep_columns(_table(session, table), range(len(network.inputs)), kept)
    label = f"{'Make' if is_output else 'Unmake'} {_label(session, node_id)} an output"
    return _edit(session, label, network=_network(session, outputs=outputs), data=data)


def set_training(session: Session, field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set one training setting; EditError where the value is out of range."""
    plain = msgspec.to_builtins(session.training)
    plain[field] = msgspec.to_builtins(value)
    try:
        training = msgspec.convert(plain, Training)
    except msgspec.ValidationError as error:
        raise EditError(str(error).partition(" - at")[0]) from None
    return _edit(session, f"Set {field.replace('_', ' ')}", training=training)


def set_data(session: Session, data: Data, label: str = "Change the data") -> Edit:
    """Replace the data."""
    return _edit(session, label, data=data)


def set_text(session: Session, field: str, text: str) -> Edit:
    """Set the title or the notes."""
    return _edit(session, f"Change the {field}", **{field: text})


def set_parameters(
    session: Session, weights: Mapping[str, float], biases: Mapping[str, float], label: str
) -> Edit:
    """Set many weights (by edge name) and biases (by node id) at once."""
    network = session.network
    edges = tuple(
        msgspec.structs.replace(edge, weight=weights[edge.name]) if edge.name in weights else edge
        for edge in network.edges
    )
    nodes = tuple(
        msgspec.structs.replace(node, bias=biases[node.id]) if node.id in biases else node
        for node in network.nodes
    )
    return _edit(session, label, network=_network(session, nodes=nodes, edges=edges))


def _edit(session: Session, label: str, **fields: Any) -> Edit:  # noqa: ANN401
    """Return the edit that replaces `fields`; EditError where nothing would change."""
    edit = diff(session, msgspec.structs.replace(session, **fields), label)
    if not edit.changes:
        raise EditError("Nothing changes")
    return edit


def _with_nodes(session: Session, nodes: tuple[Node, ...], label: str) -> Edit:
    return _edit(session, label, network=_network(session, nodes=nodes))


def _network(session: Session, **fields: Any) -> Network:  # noqa: ANN401
    old = session.network
    return Network(
        fields.get("nodes", old.nodes),
        fields.get("edges", old.edges),
        fields.get("outputs", old.outputs),
    )


def _free_id(session: Session, stem: str) -> str:
    taken = session.network.node_index
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _room(session: Session, node: Node) -> Node:
    if len(session.network.nodes) >= MAX_NODES:
        raise EditError(f"A network holds at most {MAX_NODES:,} nodes")
    return node


def _placed(position: Position) -> Position:
    # Whole units keep files readable and undo exact; nothing finer shows on screen.
    x, y = (min(max(round(float(value), 1), -MAX_POSITION), MAX_POSITION) for value in position)
    return (x + 0.0, y + 0.0)


def _number(value: Any) -> float:  # noqa: ANN401
    number = float(value)
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise EditError("Not a number between −1e100 and 1e100")
    return number


def _text(value: str) -> str:
    text = re.sub(r"\s+", " ", value).strip()
    try:
        check_text(text, "label", 200)
    except FormatError as error:
        raise EditError(error.message) from None
    return text


def _label(session: Session, node_id: str) -> str:
    return session.network.node(node_id).label


def _only(session: Session, nodes: set[str], edges: set[str]) -> str:
    return _label(session, next(iter(nodes))) if nodes else next(iter(edges)).replace("->", "→")


def _table(session: Session, table: TableData | None) -> TableData:
    if isinstance(session.data, TableData):
        return session.data
    if table is None:
        raise EditError("The rows of a generator must become a table first")
    return table


def _append_column(rows: Rows, count: int = 0) -> Rows:
    """Return the rows with a zero more each; `count` rows where there are none yet."""
    return tuple((*row, 0.0) for row in rows) or tuple((0.0,) for _ in range(count))


def _keep_columns(data: TableData, inputs: Sequence[int], targets: Sequence[int]) -> TableData:
    def kept(rows: Rows, columns: Sequence[int]) -> Rows:
        width = len(rows[0]) if rows else 0
        columns = [column for column in columns if column < width]
        return tuple(tuple(row[column] for column in columns) for row in rows)

    def names(given: tuple[str, ...], columns: Sequence[int]) -> tuple[str, ...]:
        return tuple(given[column] for column in columns if column < len(given))

    return msgspec.structs.replace(
        data,
        inputs=kept(data.inputs, inputs),
        test_inputs=kept(data.test_inputs, inputs),
        targets=kept(data.targets, targets) if targets else (),
        test_targets=kept(data.test_targets, targets) if targets else (),
        input_names=names(data.input_names, inputs),
        target_names=names(data.target_names, targets),
    )
