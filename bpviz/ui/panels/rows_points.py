"""Rows as points: which rows can be drawn on a plane, with which classes, and their edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bpviz.model.data import Row, TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.network import Unit, activation_name
from bpviz.model.schema import Session
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.rows_edit import Part

# "plane": two inputs are the axes; "curve": one input across, its one target upwards.
Kind: TypeAlias = Literal["plane", "curve", ""]
MOST_BRUSHES: Final = 10


@dataclass(frozen=True)
class Brush:
    """What a new point is: a name and the targets it gets."""

    name: str
    target: Row


def kind_of(session: Session, table: TableData) -> Kind:
    """Return how the rows can be drawn; "" where they can't."""
    inputs, targets = rows_edit.widths(session, table)
    if inputs == 2:
        return "plane"
    return "curve" if (inputs, targets) == (1, 1) else ""


def brushes(session: Session, table: TableData) -> tuple[Brush, ...]:
    """Return what new points can be, by the rows that are there; one where nothing is to choose.

    Several target columns are classes, one each. With one column they are the targets that occur,
    0 and 1 (−1 and 1 for a tanh) among them; of many different ones the ends and the middle.
    """
    _, count = rows_edit.widths(session, table)
    if kind_of(session, table) == "curve" or not count:
        return (Brush("Point", ()),)
    values = {value for row in (*table.targets, *table.test_targets) for value in row}
    if count > 1:
        low = -1.0 if -1.0 in values else 0.0
        hot = [tuple(1.0 if k == n else low for k in range(count)) for n in range(count)]
        return tuple(
            Brush(_class_name(table, n, str(n)), target)
            for n, target in enumerate(hot[:MOST_BRUSHES])
        )
    if len(values) > MOST_BRUSHES:
        low, high = min(values), max(values)
        chosen = [low, (low + high) / 2.0, high]
    else:
        signed = -1.0 in values or (not values and _is_tanh(session))
        chosen = sorted(values | ({-1.0, 1.0} if signed else {0.0, 1.0}))
    return tuple(
        Brush(_class_name(table, n, f"{value:g}".replace("-", "−")), (value,))
        for n, value in enumerate(chosen[:MOST_BRUSHES])
    )


def positions(session: Session, table: TableData, part: Part) -> np.ndarray:
    """Return the points [D, 2] of a part."""
    inputs, targets = (getattr(table, field) for field in rows_edit.FIELDS[part])
    if not inputs:
        return np.empty((0, 2))
    across = np.array(inputs, dtype=np.float64)
    if kind_of(session, table) == "plane":
        return across[:, :2]
    return np.column_stack([across[:, 0], np.array(targets, dtype=np.float64)[:, 0]])


def add_points(
    session: Session,
    table: TableData,
    part: Part,
    points: Sequence[tuple[float, float]],
    brush: Brush,
) -> Edit:
    """Add a row for each point."""
    new = [point if not brush.target else (*point, *brush.target) for point in points]
    rows = [*rows_edit.rows_of(table, part), *new]
    label = "Draw a point" if len(new) == 1 else f"Draw {len(new)} points"
    return rows_edit.replace_rows(session, table, part, rows, label)


def move_point(
    session: Session, table: TableData, part: Part, row: int, x: float, y: float
) -> Edit:
    """Move the point of `row` to (x, y)."""
    rows = list(rows_edit.rows_of(table, part))
    if not 0 <= row < len(rows):
        raise EditError("This point is no longer there")
    rows[row] = (x, y, *rows[row][2:])
    return rows_edit.replace_rows(session, table, part, rows, f"Move the point of row {row + 1}")


def _class_name(table: TableData, index: int, otherwise: str) -> str:
    return table.class_names[index] if index < len(table.class_names) else otherwise


def _is_tanh(session: Session) -> bool:
    outputs = session.network.outputs
    node = session.network.node(outputs[0]) if outputs else None
    return isinstance(node, Unit) and activation_name(node.activation) == "tanh"
