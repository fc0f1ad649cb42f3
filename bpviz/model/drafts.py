"""What the verbs of editing are made of: new networks, ids, places and weights."""

from __future__ import annotations

import random
import re
from collections.abc import Container
from typing import Any, Final

import msgspec

from bpviz.model.checks import MAX_CELLS, MAX_EDGES, MAX_NODES, MAX_POSITION
from bpviz.model.counts import grouped
from bpviz.model.data import Data, TableData
from bpviz.model.edit import Edit, EditError, diff
from bpviz.model.network import Edge, Network, Position
from bpviz.model.schema import Session

NEW_WEIGHT_RANGE: Final = 0.5


def edit_of(session: Session, label: str, **fields: Any) -> Edit:  # noqa: ANN401
    """Return the edit that replaces `fields`; EditError where nothing would change."""
    return edit_between(session, msgspec.structs.replace(session, **fields), label)


def edit_between(before: Session, after: Session, label: str) -> Edit:
    """Return the edit from `before` to `after`.

    EditError where nothing would change, or more would result than a file holds.
    """
    if len(after.network.nodes) > MAX_NODES:
        raise EditError(f"A network holds at most {grouped(MAX_NODES)} nodes")
    if len(after.network.edges) > MAX_EDGES:
        raise EditError(f"A network holds at most {grouped(MAX_EDGES)} edges")
    if after.data is not before.data and _cells(after.data) > MAX_CELLS:
        raise EditError(f"A table holds at most {grouped(MAX_CELLS)} cells")
    edit = diff(before, after, label)
    if not edit.changes:
        raise EditError("Nothing changes")
    return edit


def _cells(data: Data) -> int:
    if not isinstance(data, TableData):
        return 0
    tables = (data.inputs, data.targets, data.test_inputs, data.test_targets)
    return sum(len(rows) * len(rows[0]) for rows in tables if rows)


def network_with(old: Network, **fields: Any) -> Network:  # noqa: ANN401
    """Return `old` with other nodes, edges or outputs."""
    return old.replaced(**fields)


def free_id(taken: Container[str], stem: str) -> str:
    """Return `stem` with the first number that makes an id not `taken`."""
    number = 1
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def stem_of(node_id: str) -> str:
    """Return an id without the number it ends in."""
    stem = re.sub(r"\d+\Z", "", node_id)[:55]
    return stem or "h"


def placed(position: Position) -> Position:
    """Return `position` rounded and within the format's limits.

    Whole units keep files readable and undo exact; nothing finer shows on screen.
    """
    x, y = (min(max(round(float(value), 1), -MAX_POSITION), MAX_POSITION) for value in position)
    return (x + 0.0, y + 0.0)


def small_weight(session: Session, source: str, target: str) -> float:
    """Return a small weight for a new edge, the same at each try."""
    draw = random.Random(f"{session.training.seed} {source}->{target}")
    return round(draw.uniform(-NEW_WEIGHT_RANGE, NEW_WEIGHT_RANGE), 4)


def new_edge(session: Session, source: str, target: str) -> Edge:
    """Return an edge with a small weight."""
    return Edge(source, target, small_weight(session, source, target))


def label_of(session: Session, node_id: str) -> str:
    """Return what the drawing calls a node."""
    return session.network.names[node_id]


def counted(number: int, noun: str) -> str:
    """Return "1 node", "2 nodes"."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
