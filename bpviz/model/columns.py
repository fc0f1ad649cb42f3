"""The data's columns, which follow the network's inputs and outputs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bpviz.model.data import Rows, TableData
from bpviz.model.edit import EditError
from bpviz.model.schema import Session


def table_of(session: Session, table: TableData | None) -> TableData:
    """Return the session's rows; `table` holds them where the data come from a generator."""
    if isinstance(session.data, TableData):
        return session.data
    if table is None:
        raise EditError("The rows of a generator must become a table first")
    return table


def has_targets(session: Session) -> bool:
    """Whether each output has a column of targets."""
    data = session.data
    return session.training.loss != "output_value" or (
        isinstance(data, TableData) and bool(data.targets)
    )


def with_inputs(
    data: TableData, names: Sequence[str], source: TableData | None = None
) -> TableData:
    """Return `data` with a column of inputs more for each of `names`.

    The last columns of `source` fill them where it has as many rows, else zeros.
    """
    width = len(names)
    given = source or TableData()
    return msgspec.structs.replace(
        data,
        inputs=_widened(data.inputs, given.inputs, width),
        test_inputs=_widened(data.test_inputs, given.test_inputs, width),
        input_names=(*data.input_names, *names) if data.input_names else (),
    )


def with_targets(
    data: TableData, names: Sequence[str], source: TableData | None = None
) -> TableData:
    """Return `data` with a column of targets more for each of `names`, as `with_inputs`."""
    width = len(names)
    given = source or TableData()
    count, test_count = len(data.inputs), len(data.test_inputs)
    return msgspec.structs.replace(
        data,
        targets=_widened(data.targets, given.targets, width, count),
        test_targets=_widened(data.test_targets, given.test_targets, width, test_count),
        target_names=(*data.target_names, *names) if data.target_names else (),
    )


def keep_columns(data: TableData, inputs: Sequence[int], targets: Sequence[int]) -> TableData:
    """Return `data` with these columns alone."""

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


def _widened(rows: Rows, source: Rows, width: int, count: int = 0) -> Rows:
    """Return the rows with `width` columns more; `count` rows where there are none yet."""
    rows = rows or ((),) * count
    fits = len(source) == len(rows) and bool(source) and len(source[0]) == width
    fill: Rows = source if fits else ((0.0,) * width,) * len(rows)
    return tuple((*row, *more) for row, more in zip(rows, fill, strict=True))
