"""Parts of a network that are copied: a clip is a session of its own, so it can stand anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bpviz.model.columns import has_targets, keep_columns, table_of, with_inputs, with_targets
from bpviz.model.data import Data, TableData
from bpviz.model.drafts import counted, edit_of, placed
from bpviz.model.edit import Edit, EditError
from bpviz.model.files import FormatError
from bpviz.model.names import drawn_name
from bpviz.model.network import Edge, Network, Node, Position, Unit
from bpviz.model.schema import Progress, Session
from bpviz.model.session import decode_session, encode_session
from bpviz.model.wiring import parts_of

# Columns of more cells than this stay behind: the clipboard is no place for a data set.
MOST_CELLS: Final = 20_000


def clip(session: Session, ids: Iterable[str], table: TableData | None = None) -> Session:
    """Return the nodes `ids` with the edges among them and their data columns as a session.

    `table` holds the rows where the session's data come from a generator. EditError for none.
    """
    network, chosen = session.network, set(ids)
    nodes = tuple(node for node in network.nodes if node.id in chosen)
    if not nodes:
        raise EditError("Select the nodes to copy; edges between them come along")
    outputs = tuple(each for each in network.outputs if each in chosen)
    part = Network(nodes, parts_of(network, chosen), outputs)
    inputs = [index for index, node in enumerate(network.inputs) if node.id in chosen]
    targets = [index for index, each in enumerate(network.outputs) if each in chosen]
    data = TableData()
    if inputs or targets:
        rows = table_of(session, table)
        if (len(rows.inputs) + len(rows.test_inputs)) * (len(inputs) + len(targets)) <= MOST_CELLS:
            data = keep_columns(rows, inputs, targets)
    return Session(
        title=session.title,
        network=part,
        data=data,
        training=session.training,
        notation=session.notation,
    )


def encode_clip(part: Session) -> bytes:
    """Return a clip as the JSON of a session file."""
    return encode_session(part)


def decode_clip(data: bytes) -> Session:
    """Return the clip that `data` holds; EditError for anything else."""
    try:
        found = decode_session(data).session
    except FormatError as error:
        raise EditError(f"The clipboard holds no network that can be pasted ({error})") from None
    if not found.network.nodes:
        raise EditError("The network on the clipboard is empty")
    return msgspec.structs.replace(found, progress=Progress())


def middle_of(part: Session) -> Position:
    """Return the middle of the box around a clip's nodes."""
    x, y = zip(*(node.position for node in part.network.nodes), strict=True)
    return ((min(x) + max(x)) / 2, (min(y) + max(y)) / 2)


def paste(
    session: Session,
    part: Session,
    at: Position,
    table: TableData | None = None,
    label: str = "Paste",
) -> Edit:
    """Add the nodes and edges of a clip, its middle at `at`; ids in use are changed.

    Inputs and outputs bring their columns: those of the clip where it has as many rows, else
    zeros. `table` holds the rows where the session's data come from a generator.
    """
    network, other = session.network, part.network
    names = _free_names(network, other)
    shares = _free_shares(network, other)
    x, y = middle_of(part)
    by = (at[0] - x, at[1] - y)
    nodes = tuple(_renamed(node, names, shares, by) for node in other.nodes)
    edges = tuple(
        Edge(names[e.source], names[e.target], e.weight, e.trainable, shares.get(e.share, ""))
        for e in other.edges
    )
    outputs = tuple(names[each] for each in other.outputs)
    grown = Network(
        (*network.nodes, *nodes), (*network.edges, *edges), (*network.outputs, *outputs)
    )
    data = _with_columns(session, part, [names[node.id] for node in other.inputs], outputs, table)
    what = drawn_name(nodes[0].label) if len(nodes) == 1 else counted(len(nodes), "node")
    return edit_of(session, f"{label} {what}", network=grown, data=data)


def _with_columns(
    session: Session,
    part: Session,
    inputs: Sequence[str],
    outputs: Sequence[str],
    table: TableData | None,
) -> Data:
    """Return the session's data with a clip's columns for its new inputs and outputs."""
    data = session.data
    source = part.data if isinstance(part.data, TableData) else TableData()
    if inputs:
        data = with_inputs(table_of(session, table), inputs, source)
    if outputs and has_targets(session):
        rows = data if isinstance(data, TableData) else table_of(session, table)
        data = with_targets(rows, outputs, source)
    return data


def _free_names(network: Network, other: Network) -> dict[str, str]:
    """Return a name for each node of a clip that no node of the network has."""
    taken = set(network.node_index)
    names: dict[str, str] = {}
    waiting = [node.id for node in other.nodes]
    for node_id in waiting:
        if node_id not in taken:
            names[node_id] = node_id
    taken |= set(names)
    for node_id in waiting:
        if node_id not in names:
            names[node_id] = _next_name(node_id, taken)
            taken.add(names[node_id])
    return names


def _next_name(name: str, taken: set[str]) -> str:
    match = re.fullmatch(r"(.*?)(\d*)", name)
    assert match is not None
    stem, number = match[1][:50] or "h", int(match[2][:12] or 1)
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _free_shares(network: Network, other: Network) -> dict[str, str]:
    """Return a name for each share of a clip: what was tied stays tied, to nothing else."""

    def shares(of: Network) -> set[str]:
        used = {edge.share for edge in of.edges} | {unit.bias_share for unit in of.units}
        return used - {""}

    taken = shares(network)
    names: dict[str, str] = {}
    for share in sorted(shares(other)):
        names[share] = share if share not in taken else _next_name(share, taken)
        taken.add(names[share])
    return names


def _renamed(
    node: Node, names: dict[str, str], shares: dict[str, str], by: tuple[float, float]
) -> Node:
    new_id = names[node.id]
    fields = {
        "id": new_id,
        "label": new_id if node.label == node.id else node.label,
        "position": placed((node.position[0] + by[0], node.position[1] + by[1])),
    }
    if isinstance(node, Unit):
        return msgspec.structs.replace(node, **fields, bias_share=shares.get(node.bias_share, ""))
    return msgspec.structs.replace(node, **fields)
