"""The verbs of editing: each makes one Edit from a session, or refuses with an EditError."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from bpviz.model.checks import MAX_NUMBER
from bpviz.model.columns import has_targets, keep_columns, table_of, with_inputs, with_targets
from bpviz.model.data import Data, TableData
from bpviz.model.drafts import (
    edit_between,
    edit_of,
    free_id,
    label_of,
    network_with,
    new_edge,
    placed,
)
from bpviz.model.edit import Edit, EditError, apply
from bpviz.model.layout import arranged
from bpviz.model.names import drawn_name, edge_name
from bpviz.model.network import Activation, Combine, Input, Network, Node, Position, Unit
from bpviz.model.schema import Notation, Session
from bpviz.model.texts import many_lines, one_line
from bpviz.model.training import Training
from bpviz.model.wiring import connect, refusal

__all__ = [
    "add_input",
    "add_output",
    "add_unit",
    "add_unit_behind",
    "arrange",
    "connect",
    "delete",
    "move",
    "new_unit",
    "nudge",
    "refusal",
    "set_data",
    "set_edge",
    "set_node",
    "set_output",
    "set_outputs",
    "set_parameters",
    "set_text",
    "set_training",
]


def add_unit(
    session: Session,
    position: Position,
    activation: Activation | None = None,
    combine: Combine = "sum",
) -> Edit:
    """Add a unit without edges at `position`."""
    node = new_unit(session, position, activation, combine)
    return _with_nodes(session, (*session.network.nodes, node), f"Add {drawn_name(node.id)}")


def new_unit(
    session: Session,
    position: Position,
    activation: Activation | None = None,
    combine: Combine = "sum",
) -> Unit:
    """Return a unit with a free id; by default sigmoid for a sum, else identity."""
    usual: Activation = "sigmoid" if combine == "sum" else "identity"
    name = free_id(session.network.node_index, "h")
    return Unit(name, combine, activation or usual, position=placed(position))


def add_unit_behind(session: Session, sources: Sequence[str], position: Position) -> Edit:
    """Add a unit at `position` that is fed by all of `sources`, with small weights."""
    node = new_unit(session, position)
    network = session.network
    edges = (*network.edges, *(new_edge(session, source, node.id) for source in sources))
    return edit_of(
        session,
        f"Add {drawn_name(node.id)}",
        network=network_with(network, nodes=(*network.nodes, node), edges=edges),
    )


def add_input(session: Session, position: Position, table: TableData | None = None) -> Edit:
    """Add an input node, and its data column of zeros.

    `table` holds the rows where the session's data come from a generator.
    """
    network = session.network
    node = Input(free_id(network.node_index, "x"), position=placed(position))
    widened = with_inputs(table_of(session, table), (node.id,))
    changed = network_with(network, nodes=(*network.nodes, node))
    return edit_of(session, f"Add input {drawn_name(node.id)}", network=changed, data=widened)


def add_output(session: Session, position: Position, table: TableData | None = None) -> Edit:
    """Add a unit that is an output, and its target column of zeros.

    It computes as the first output does.
    """
    network = session.network
    usual = network.node(network.outputs[0]) if network.outputs else None
    activation: Activation = usual.activation if isinstance(usual, Unit) else "identity"
    node = Unit(free_id(network.node_index, "y"), activation=activation, position=placed(position))
    grown = network_with(network, nodes=(*network.nodes, node), outputs=(*network.outputs, node.id))
    data: Data = session.data
    if has_targets(session):
        data = with_targets(table_of(session, table), (node.id,))
    return edit_of(session, f"Add output {drawn_name(node.id)}", network=grown, data=data)


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
        data = keep_columns(table_of(session, table), inputs_kept, outputs_kept)
    count = len(gone) + len(cut)
    label = "Delete " + (_only(session, gone, cut) if count == 1 else f"{count} items")
    return edit_of(session, label, network=Network(nodes, edges, outputs), data=data)


def move(session: Session, positions: Mapping[str, Position]) -> Edit:
    """Move nodes to new positions."""
    nodes = tuple(
        msgspec.structs.replace(node, position=placed(positions[node.id]))
        if node.id in positions
        else node
        for node in session.network.nodes
    )
    one = label_of(session, next(iter(positions))) if len(positions) == 1 else ""
    label = f"Move {one or f'{len(positions)} nodes'}"
    return _with_nodes(session, nodes, label)


def nudge(session: Session, positions: Mapping[str, Position]) -> Edit:
    """Move nodes as `move` does, under a label of its own: nudges of the same nodes join."""
    edit = move(session, positions)
    return Edit(edit.label.replace("Move", "Nudge", 1), edit.changes)


def arrange(session: Session) -> Edit:
    """Place all nodes by layers with few crossings; the drawing's middle stays where it is."""
    wanted = arranged(session.network)
    if not wanted:
        raise EditError("There is nothing to arrange yet")
    old = [node.position for node in session.network.nodes]
    shift = [
        round(_middle([place[axis] for place in old]) - _middle([p[axis] for p in wanted.values()]))
        for axis in (0, 1)
    ]
    places = {name: (x + shift[0], y + shift[1]) for name, (x, y) in wanted.items()}
    if all(node.position == places[node.id] for node in session.network.nodes):
        raise EditError("All is arranged already")
    edit = move(session, places)
    return Edit("Arrange", edit.changes)


def _middle(values: Sequence[float]) -> float:
    return (min(values) + max(values)) / 2


def set_node(session: Session, node_ids: Iterable[str], field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set one field of nodes: label, position, combine, activation, bias, trainable_bias.

    Nodes without the field (an input's bias) stay as they are. Members of a shared bias move
    together. What becomes a sum gets a bias of 0, trained unless all edges into it are fixed, as
    in a computational graph.
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
        value = one_line(value, "label")
    nodes = tuple(
        msgspec.structs.replace(node, **{field: value}, **_with_bias(network, node, field, value))
        if node.id in wanted and _has(node, field)
        else node
        for node in network.nodes
    )
    names = sorted(wanted)
    what = label_of(session, names[0]) if len(names) == 1 else f"{len(names)} nodes"
    return _with_nodes(session, nodes, f"Set {field.replace('_', ' ')} of {what}")


def _with_bias(network: Network, node: Node, field: str, value: object) -> dict[str, bool]:
    """Return what else changes where a product or max becomes a sum: its bias is trained."""
    if field != "combine" or value != "sum" or getattr(node, "combine", "sum") == "sum":
        return {}
    edges = network.incoming[node.id]
    return {"trainable_bias": not edges or any(edge.trainable for edge in edges)}


def _has(node: Node, field: str) -> bool:
    if field in ("bias", "trainable_bias", "bias_share"):
        return isinstance(node, Unit) and node.combine == "sum"
    return hasattr(node, field)


def set_edge(session: Session, names: Iterable[str], field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set `weight` or `trainable` of edges; members of a share move together."""
    wanted = set(names)
    network = session.network
    index = network.edge_index
    found = [network.edges[index[name]] for name in wanted if name in index]
    shares = {edge.share for edge in found if edge.share}
    if shares:
        wanted |= {edge.name for edge in network.edges if edge.share in shares}
    if field == "weight":
        value = _number(value)
    edges = list(network.edges)
    for place in (index[name] for name in wanted if name in index):
        edges[place] = msgspec.structs.replace(edges[place], **{field: value})
    one = edge_name(next(iter(wanted)), network.names) if len(wanted) == 1 else ""
    what = one or f"{len(wanted)} edges"
    return edit_of(
        session, f"Set {field} of {what}", network=network_with(session.network, edges=tuple(edges))
    )


def set_output(
    session: Session, node_id: str, is_output: bool, table: TableData | None = None
) -> Edit:
    """Make a unit an output or no output, with its target column of zeros."""
    network = session.network
    outputs = network.outputs
    if (node_id in outputs) == is_output:
        raise EditError(f"{label_of(session, node_id)} is {'' if is_output else 'not '}an output")
    if isinstance(network.node(node_id), Input):
        raise EditError("An input can't be an output: put a unit after it")
    data: Data = session.data
    counts = has_targets(session)
    if is_output:
        outputs = (*outputs, node_id)
        if counts:
            data = with_targets(table_of(session, table), (node_id,))
    else:
        kept = [index for index, output in enumerate(outputs) if output != node_id]
        outputs = tuple(outputs[index] for index in kept)
        if counts:
            data = keep_columns(table_of(session, table), range(len(network.inputs)), kept)
    label = f"{'Make' if is_output else 'Unmake'} {label_of(session, node_id)} an output"
    return edit_of(
        session, label, network=network_with(session.network, outputs=outputs), data=data
    )


def set_outputs(
    session: Session, ids: Sequence[str], is_output: bool, table: TableData | None = None
) -> Edit:
    """Make all units of `ids` outputs or no outputs, each with its target column."""
    if not ids:
        raise EditError("Select a unit: inputs can't be outputs")
    draft = session
    for unit in ids:
        if (unit in draft.network.outputs) != is_output:
            draft = apply(draft, set_output(draft, unit, is_output, table))
    what = label_of(session, ids[0]) if len(ids) == 1 else f"{len(ids)} nodes"
    return edit_between(session, draft, f"{'Make' if is_output else 'Unmake'} {what} an output")


def set_training(session: Session, field: str, value: Any) -> Edit:  # noqa: ANN401
    """Set one training setting; EditError where the value is out of range."""
    plain = msgspec.to_builtins(session.training)
    plain[field] = msgspec.to_builtins(value)
    try:
        training = msgspec.convert(plain, Training)
    except msgspec.ValidationError as error:
        raise EditError(str(error).partition(" - at")[0]) from None
    return edit_of(session, f"Set {field.replace('_', ' ')}", training=training)


def set_data(session: Session, data: Data, label: str = "Change the data") -> Edit:
    """Replace the data."""
    return edit_of(session, label, data=data)


def set_notation(session: Session, notation: Notation) -> Edit:
    """Set the names and index orders that explanations use; EditError for no or long letters."""
    for what, symbol in (("loss", notation.loss_symbol), ("target", notation.target_symbol)):
        if not re.fullmatch(r"[A-Za-z]{1,4}", symbol):
            raise EditError(f"The {what} goes by one to four letters")
    return edit_of(session, "Change the notation", notation=notation)


def set_text(session: Session, field: str, text: str) -> Edit:
    """Set the title or the notes; EditError where the file could not hold the text."""
    read = one_line if field == "title" else many_lines
    return edit_of(session, f"Change the {field}", **{field: read(text, field)})


def set_parameters(
    session: Session, weights: Mapping[str, float], biases: Mapping[str, float], label: str
) -> Edit:
    """Set many weights (by edge name) and biases (by node id) at once."""
    network = session.network
    edges = list(network.edges)
    for name, weight in weights.items():
        place = network.edge_index.get(name)
        if place is not None:
            edges[place] = msgspec.structs.replace(edges[place], weight=weight)
    nodes = tuple(
        msgspec.structs.replace(node, bias=biases[node.id]) if node.id in biases else node
        for node in network.nodes
    )
    return edit_of(session, label, network=network_with(network, nodes=nodes, edges=tuple(edges)))


def _with_nodes(session: Session, nodes: tuple[Node, ...], label: str) -> Edit:
    return edit_of(session, label, network=network_with(session.network, nodes=nodes))


def _number(value: Any) -> float:  # noqa: ANN401
    number = float(value)
    if not -MAX_NUMBER <= number <= MAX_NUMBER:
        raise EditError("Not a number between −1e100 and 1e100")
    return number


def _only(session: Session, nodes: set[str], edges: set[str]) -> str:
    if nodes:
        return label_of(session, next(iter(nodes)))
    return edge_name(next(iter(edges)), session.network.names)
