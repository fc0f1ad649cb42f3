"""Import of tables from text files: delimiter, decimal comma, header and classes are recognised.

A column whose cells are mostly numbers is numeric, and a cell in it that is none is an error; any
other column holds classes, which become one column per class of 0s and 1s (one-hot). Nothing is
guessed about missing values: the first one is refused, named by its row and column.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from bpviz.engine.csv_cells import (
    SAMPLE_LINES,
    CsvError,
    Progress,
    cut,
    decode,
    find_delimiter,
    report,
)
from bpviz.engine.datasets import Stream
from bpviz.model.checks import MAX_CELLS, MAX_NUMBER, MAX_ROWS, MAX_TEXT
from bpviz.model.counts import grouped
from bpviz.model.data import ColumnScaling, Scaling, TableData
from bpviz.model.files import FormatError, quoted, read_limited

ScalingMethod: TypeAlias = Literal["none", "standard", "minmax"]
Column: TypeAlias = NDArray[np.float64]
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-"})
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
MOST_CLASSES = 1_000
OUT_OF_RANGE = "is out of range"
# Rows of the split draw from a stream of their own: data sets and weights use 1 to 4.
SPLIT = 5


@dataclass(frozen=True)
class RawTable:
    """The cells of a text file by column; `first_line` is the number of the first data row."""

    names: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    decimal_comma: bool
    first_line: int

    @property
    def count(self) -> int:
        """Number of data rows."""
        return len(self.columns[0])


def import_csv(
    path: str | os.PathLike[str],
    targets: Sequence[str],
    *,
    scaling: ScalingMethod = "none",
    test_fraction: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> TableData:
    """Return the rows of the text file at `path` as a table; all columns but `targets` are inputs.

    `targets` are column names, or numbers from 1. Scaling is over the training rows and applies to
    numeric inputs. CsvError names row and column, OSError is the disk's, and
    ImportCancelledError comes of `progress`.
    """
    try:
        text = decode(read_limited(path))
    except FormatError as error:
        raise CsvError(str(error)) from None
    raw = read_table(text, targets, progress)
    del text
    return to_table(
        raw, targets, scaling=scaling, test_fraction=test_fraction, seed=seed, progress=progress
    )


def read_table(text: str, targets: Sequence[str], progress: Progress | None = None) -> RawTable:
    """Return the cells of `text`; delimiter, header and decimal sign are recognised."""
    cells = cut(text, find_delimiter(text), progress)
    sample = [cells.row(row) for row in range(min(cells.count, SAMPLE_LINES + 1))]
    comma = _has_decimal_comma(sample[:SAMPLE_LINES])
    columns, first_line = cells.columns, cells.first_line
    names = tuple(cell.strip() for cell in sample[0])
    if _is_header(sample, targets, comma):
        columns, first_line = [column[1:] for column in columns], cells.second_line
    else:
        names = tuple(f"column {number}" for number in range(1, len(names) + 1))
    if not columns[0]:
        raise CsvError("a header and no rows")
    if len(columns[0]) > MAX_ROWS:
        raise CsvError(f"more than {grouped(MAX_ROWS)} rows")
    return RawTable(names, tuple(columns), comma, first_line)


def to_table(
    raw: RawTable,
    targets: Sequence[str],
    *,
    scaling: ScalingMethod = "none",
    test_fraction: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> TableData:
    """Return `raw` as the data of a session, see `import_csv`."""
    chosen = _target_columns(raw, targets)
    order = [column for column in range(len(raw.names)) if column not in chosen]
    if not order:
        raise CsvError("no input column is left beside the targets")
    train, test = _split(raw.count, test_fraction, seed)
    inputs, outputs = _Columns(), _Columns()
    for done, column in enumerate(order):
        report(progress, 0.5 + 0.4 * done / len(order))
        inputs.add(raw, column, train, scaling)
    for column in chosen:
        outputs.add(raw, column, train, "none")
    cells = raw.count * (len(inputs.numbers) + len(outputs.numbers))
    if cells > MAX_CELLS:
        raise CsvError(
            f"{grouped(cells)} cells with one column per class; at most {grouped(MAX_CELLS)}"
        )
    report(progress, 0.95)
    return TableData(
        *_parts(inputs.numbers, outputs.numbers, train, test),
        input_names=_names(inputs.names),
        target_names=_names(outputs.names),
        class_names=_names(outputs.classes) if len(chosen) == 1 else (),
        scaling=Scaling(scaling, tuple(inputs.scaled)) if inputs.scaled else UNSET,
    )


class _Columns:
    """Numeric columns under construction, with their names and what was done to them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.numbers: list[Column] = []
        self.classes: list[str] = []
        self.scaled: list[ColumnScaling] = []

    def add(self, raw: RawTable, column: int, train: list[int], scaling: ScalingMethod) -> None:
        """Add a file's column: itself where it is numeric, else one column per class."""
        names, columns, classes = _convert(raw, column)
        if not classes and scaling != "none":
            entry = _scaling_of(raw.names[column], columns[0], train, scaling)
            columns = [(columns[0] - entry.offset) / entry.scale]
            self.scaled.append(entry)
        self.names += names
        self.numbers += columns
        self.classes += classes


_Rows: TypeAlias = tuple[tuple[float, ...], ...]


def _parts(
    inputs: list[Column], outputs: list[Column], train: list[int], test: list[int]
) -> tuple[_Rows, _Rows, _Rows, _Rows]:
    return (
        _rows(inputs, train),
        _rows(outputs, train),
        _rows(inputs, test),
        _rows(outputs, test),
    )


def _rows(columns: list[Column], rows: list[int]) -> _Rows:
    return tuple(zip(*(column[rows].tolist() for column in columns), strict=True))


def _target_columns(raw: RawTable, targets: Sequence[str]) -> list[int]:
    if not targets:
        raise CsvError("no target column is named")
    chosen: list[int] = []
    for target in targets:
        found = [index for index, name in enumerate(raw.names) if name == target.strip()]
        if len(found) > 1:
            raise CsvError(f"{len(found)} columns are called {quoted(target)}; give its number")
        if not found and target.isascii() and target.isdigit():
            number = int(target[:9])
            found = [number - 1] if 1 <= number <= len(raw.names) else []
        if not found:
            names = ", ".join(name[:40] for name in raw.names)
            raise CsvError(f"no column {quoted(target)}; there are {names}")
        if found[0] in chosen:
            raise CsvError(f"the column {quoted(target)} is named twice")
        chosen += found
    return chosen


def _convert(raw: RawTable, column: int) -> tuple[list[str], list[Column], list[str]]:
    """Return names, numbers and classes of what a file's column becomes; no classes: numeric."""
    cells, name = tuple(raw.columns[column]), raw.names[column]
    try:
        numbers = _numbers(cells, raw.decimal_comma)
    except ValueError:
        pass
    else:
        # NaN is within no limit.
        if np.all(np.abs(numbers) <= MAX_NUMBER):
            return [name], [numbers], []
    cells = tuple(map(str.strip, cells))
    _refuse_faults(cells, name, raw.decimal_comma)
    classes = sorted(set(cells))
    if len(classes) > MOST_CLASSES:
        raise CsvError(
            f"column {quoted(name)}: {grouped(len(classes))} different texts; no classes"
        )
    if len(classes) < 2:
        raise CsvError(f"column {quoted(name)}: the same text in every row")
    number = {known: place for place, known in enumerate(classes)}
    places = np.array([number[cell] for cell in cells])
    columns = [(places == place).astype(np.float64) for place in range(len(classes))]
    return [f"{name}={known}" for known in classes], columns, classes


def _refuse_faults(cells: Sequence[str], name: str, decimal_comma: bool) -> None:
    """Raise CsvError at a missing value, or at a cell that is no number among numbers."""
    faults = []
    for row, cell in enumerate(cells):
        if cell.lower() in MISSING:
            raise CsvError(f"row {row + 1}, column {quoted(name)}: missing value")
        value = _number(cell, decimal_comma)
        if value is None:
            faults.append((row, "is no number"))
        elif not abs(value) <= MAX_NUMBER:
            faults.append((row, OUT_OF_RANGE))
    # Classes are texts: a column of numbers alone holds none, however many are too large.
    only_numbers = all(fault == OUT_OF_RANGE for _, fault in faults)
    if faults and (only_numbers or 2 * len(faults) <= len(cells)):
        row, fault = faults[0]
        raise CsvError(f"row {row + 1}, column {quoted(name)}: {quoted(cells[row])} {fault}")


def _numbers(cells: Sequence[str], decimal_comma: bool) -> Column:
    if decimal_comma:
        cells = [cell.replace(",", ".", 1) for cell in cells]
    return np.fromiter(map(float, cells), np.float64, len(cells))


def _number(cell: str, decimal_comma: bool) -> float | None:
    try:
        return float(cell.replace(",", ".", 1) if decimal_comma else cell)
    except ValueError:
        return None


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    cells = [cell.strip() for row in rows for cell in row]
    return any(DECIMAL_COMMA.fullmatch(cell) for cell in cells) and not any(
        DECIMAL_POINT.fullmatch(cell) for cell in cells
    )


def _is_header(rows: list[list[str]], targets: Sequence[str], decimal_comma: bool) -> bool:
    """Whether the first row names the columns: it holds a target's name, or text over numbers."""
    first = [cell.strip() for cell in rows[0]]
    if any(target.strip() in first for target in targets if not target.strip().isdigit()):
        return True
    below = rows[1 : SAMPLE_LINES + 1]
    return any(
        _number(cell, decimal_comma) is None
        and below
        and all(_number(row[column], decimal_comma) is not None for row in below)
        for column, cell in enumerate(first)
        if cell.lower() not in MISSING
    )


def _split(count: int, test_fraction: float, seed: int) -> tuple[list[int], list[int]]:
    """Return training and test rows; ⌊count · fraction⌋ seeded ones are the test, in file order."""
    rows = list(range(count))
    tested = math.floor(count * test_fraction)
    if not tested:
        return rows, []
    chosen = set(Stream(seed, 0, SPLIT).order(count)[:tested].tolist())
    return [row for row in rows if row not in chosen], sorted(chosen)


def _scaling_of(
    name: str, values: Column, train: list[int], method: ScalingMethod
) -> ColumnScaling:
    """Return offset and scale over the training rows; the scale of a constant column is 1."""
    seen = values[train]
    if method == "minmax":
        offset = float(seen.min())
        scale = float(seen.max()) - offset
    else:
        offset = math.fsum(seen.tolist()) / len(seen)
        scale = math.sqrt(math.fsum(np.square(seen - offset).tolist()) / len(seen))
    return ColumnScaling(name[:MAX_TEXT], offset, scale or 1.0)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    """Return `names` as a session may hold them: printable, 200 characters at most."""
    return tuple("".join(c if c.isprintable() else " " for c in name)[:MAX_TEXT] for name in names)
