"""The kinds of node that can be placed on the canvas, and the edit that places one."""

from __future__ import annotations

from typing import Final, NamedTuple

from bpviz.engine.datasets import as_table
from bpviz.model.data import TableData
from bpviz.model.edit import Edit
from bpviz.model.network import Combine, Position
from bpviz.model.schema import Session
from bpviz.model.verbs import add_input, add_output, add_unit, new_unit
from bpviz.model.wiring import insert_unit


class Kind(NamedTuple):
    """A kind of node: its name, its sign on buttons, its shape, and whether an edge can take it."""

    name: str
    sign: str
    is_square: bool = False
    combine: Combine | None = None


KINDS: Final = {
    "unit": Kind("unit", "Σ", combine="sum"),
    "product": Kind("product unit", "Π", combine="product"),
    "max": Kind("max unit", "max", combine="max"),
    "input": Kind("input", "x", is_square=True),
    "output": Kind("output", "y"),
}


def placing_edit(session: Session, kind: str, position: Position, edge: str = "") -> Edit:
    """Return the edit that puts a node of `kind` at `position`, or into the edge named `edge`.

    EditError where the network has no room left.
    """
    combine = KINDS[kind].combine
    if combine is None:
        table = table_of(session)
        add = add_input if kind == "input" else add_output
        return add(session, position, table)
    if edge:
        return insert_unit(session, edge, new_unit(session, position, combine=combine))
    return add_unit(session, position, combine=combine)


def table_of(session: Session) -> TableData | None:
    """Return the rows of generator data as a table, None where the data are a table."""
    return None if isinstance(session.data, TableData) else as_table(session.data)
