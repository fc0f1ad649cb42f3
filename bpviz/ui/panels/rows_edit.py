"""Changes of a table of rows as plain functions: set a cell, add, delete, paste."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from bpviz.model.checks import MAX_CELLS, MAX_ROWS, MAX_TEXT
from bpviz.model.counts import grouped
from bpviz.model.data import Row, Rows, TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.schema import Session
from bpviz.model.verbs import set_data
from bpviz.ui.panels.pasted_cells import cut_lines, has_heading, parse_cells

Part: TypeAlias = Literal["train", "test"]
FIELDS: Final = {"train": ("inputs", "targets"), "test": ("test_inputs", "test_targets")}


def widths(session: Session, table: TableData) -> tuple[int, int]:
    """Return the number of input and target columns: of the rows, else what the network needs."""
    inputs = table.inputs or table.test_inputs
    if inputs:
        targets = table.targets or table.test_targets
        return len(inputs[0]), len(targets[0]) if targets else 0
    outputs = 0 if session.training.loss == "output_value" else len(session.network.outputs)
    return len(session.network.inputs), outputs


def rows_of(table: TableData, part: Part) -> Rows:
    """Return the part's rows, inputs and targets joined."""
    inputs, targets = (getattr(table, field) for field in FIELDS[part])
    if not targets:
        return tuple(inputs)
    return tuple((*row, *target) for row, target in zip(inputs, targets, strict=True))


def set_cell(
    session: Session, table: TableData, part: Part, row: int, column: int, value: float
) -> Edit:
    """Set one number of the table."""
    rows = list(rows_of(table, part))
    changed = list(rows[row])
    changed[column] = value
    rows[row] = tuple(changed)
    return replace_rows(session, table, part, rows, f"Set a number of row {row + 1}")


def add_row(session: Session, table: TableData, part: Part, at: int) -> Edit:
    """Add a row before position `at`, a copy of the row above it (zeros where there is none)."""
    rows = list(rows_of(table, part))
    inputs, targets = widths(session, table)
    fresh = rows[max(0, at - 1)] if rows else (0.0,) * inputs + _first_target(session, targets)
    rows.insert(at, fresh)
    return replace_rows(session, table, part, rows, "Add a row")


def delete_rows(session: Session, table: TableData, part: Part, gone: set[int]) -> Edit:
    """Delete the rows at the positions `gone`."""
    if not gone:
        raise EditError("Choose a row to delete")
    rows = [row for index, row in enumerate(rows_of(table, part)) if index not in gone]
    label = "Delete a row" if len(gone) == 1 else f"Delete {len(gone)} rows"
    return replace_rows(session, table, part, rows, label)


def paste(session: Session, table: TableData, part: Part, row: int, column: int, text: str) -> Edit:
    """Put a spreadsheet's cells in from (row, column) on, adding the rows that are not there.

    EditError names the cell that is no number; nothing is pasted half.
    """
    cells = parse_cells(text)
    inputs, targets = widths(session, table)
    width = inputs + targets
    wide = max(map(len, cells))
    if column + wide > width:
        raise EditError(f"{wide} columns from column {column + 1} on: there are only {width}")
    rows = [list(old) for old in rows_of(table, part)]
    for offset, values in enumerate(cells):
        if row + offset >= len(rows):
            above = rows[-1] if rows else [0.0] * inputs + list(_first_target(session, targets))
            rows.append(list(above))
        rows[row + offset][column : column + len(values)] = values
    label = "Paste a row" if len(cells) == 1 else f"Paste {len(cells)} rows"
    return replace_rows(session, table, part, [tuple(values) for values in rows], label)


def is_whole_table(text: str) -> bool:
    """Whether `text` is a table of its own: its first line names columns, numbers follow."""
    return has_heading(cut_lines(text))


def paste_table(session: Session, table: TableData, part: Part, text: str) -> Edit:
    """Put a spreadsheet's rows in place of all rows of `part`, its heading over them.

    The last columns are the targets, as many as the network has outputs. EditError where the
    columns are not those of the other part, or what is no number.
    """
    lines = cut_lines(text)
    heading = lines[0] if has_heading(lines) else []
    cells = parse_cells(text)
    width = len(cells[0])
    if any(len(row) != width for row in cells):
        raise EditError(f"All rows need {width} cells, as the first one has")
    targets = 0 if session.training.loss == "output_value" else len(session.network.outputs)
    inputs = width - targets
    if inputs < 1:
        raise EditError(f"{width} columns: at least {targets + 1} are needed, targets last")
    other = table.test_inputs if part == "train" else table.inputs
    if other and widths(session, table) != (inputs, targets):
        raise EditError(f"{width} columns, but the other rows have {sum(widths(session, table))}")
    if len(cells) > MAX_ROWS or len(cells) * width > MAX_CELLS:
        raise EditError(
            f"A session holds at most {grouped(MAX_ROWS)} rows and {grouped(MAX_CELLS)} cells"
        )
    names = [name.strip()[:MAX_TEXT] for name in heading] if len(heading) == width else []
    input_field, target_field = FIELDS[part]
    data = msgspec.structs.replace(
        table,
        **{
            input_field: tuple(tuple(row[:inputs]) for row in cells),
            target_field: tuple(tuple(row[inputs:]) for row in cells) if targets else (),
        },
        input_names=tuple(names[:inputs]) or table.input_names,
        target_names=tuple(names[inputs:]) or table.target_names,
        scaling=msgspec.UNSET,
    )
    return set_data(session, data, f"Paste {len(cells)} rows")


def _first_target(session: Session, count: int) -> Row:
    """Return targets every loss allows: zeros, and with softmax the first class."""
    if session.training.loss == "softmax_cross_entropy" and count:
        return (1.0, *(0.0,) * (count - 1))
    return (0.0,) * count


def replace_rows(
    session: Session, table: TableData, part: Part, rows: list[Row], label: str
) -> Edit:
    """Return the edit that gives `part` the joined `rows`; EditError where they are too many."""
    inputs, targets = widths(session, table)
    if len(rows) > MAX_ROWS or len(rows) * (inputs + targets) > MAX_CELLS:
        raise EditError(
            f"A session holds at most {grouped(MAX_ROWS)} rows and {grouped(MAX_CELLS)} cells"
        )
    input_field, target_field = FIELDS[part]
    data = msgspec.structs.replace(
        table,
        **{
            input_field: tuple(row[:inputs] for row in rows),
            target_field: tuple(row[inputs:] for row in rows) if targets else (),
        },
    )
    return set_data(session, data, label)
