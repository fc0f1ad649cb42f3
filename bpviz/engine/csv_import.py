"""Import of tables from text files: delimiter, decimal comma, header and classes are recognised.

A column whose cells are mostly numbers is numeric, and a cell in it that is none is an error; any
other column holds classes, which become one column per class of 0s and 1s (one-hot). Nothing is
guessed about missing values: the first one is refused, named by its row and column.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from msgspec import UNSET

from bpviz.engine.datasets import Stream
from bpviz.model.checks import MAX_CELLS, MAX_NUMBER, MAX_ROWS, MAX_TEXT
from bpviz.model.data import ColumnScaling, Scaling, TableData
from bpviz.model.files import FormatError, quoted, read_limited

ScalingMethod: TypeAlias = Literal["none", "standard", "minmax"]
Column: TypeAlias = list[float]
# Called with the share done (0 to 1); False cancels.
Progress: TypeAlias = Callable[[float], bool]

DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none", "-"})
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
SAMPLE_LINES = 50
MOST_CLASSES = 1_000
# Rows of the split draw from a stream of their own: data sets and weights use 1 to 4.
SPLIT = 5


class CsvError(ValueError):
    """A table can't be imported; the text is one line that names the place."""


class ImportCancelledError(Exception):
    """The import was cancelled by its progress function."""


@dataclass(frozen=True)
class RawTable:
    """The cells of a text file by column; `first_line` is the number of the first data row."""

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
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
        data = read_limited(path)
    except FormatError as error:
        raise CsvError(str(error)) from None
    raw = read_table(decode(data), targets, progress)
    return to_table(
        raw, targets, scaling=scaling, test_fraction=test_fraction, seed=seed, progress=progress
    )


def decode(data: bytes) -> str:
    """Return the text in `data`: UTF-8 or UTF-16 with its mark, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CsvError("not a text file")


def read_table(text: str, targets: Sequence[str], progress: Progress | None = None) -> RawTable:
    """Return the cells of `text`; delimiter, header and decimal sign are recognised."""
    delimiter = find_delimiter(text)
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        for row in reader:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            rows.append(row)
            lines.append(reader.line_num)
            if len(rows) > MAX_ROWS + 1:
                raise CsvError(f"more than {MAX_ROWS:,} rows")
            if len(rows) % 5_000 == 0:
                _report(progress, 0.5 * len(rows) / MAX_ROWS)
    except csv.Error as error:
        raise CsvError(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise CsvError("no rows")
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise CsvError(f"line {line}: {len(row)} cells, but the first row has {width}")
    if len(rows) * width > MAX_CELLS + width:
        raise CsvError(f"{len(rows) * width:,} cells; at most {MAX_CELLS:,}")
    comma = _has_decimal_comma(rows[:SAMPLE_LINES])
    names = tuple(cell.strip() for cell in rows[0])
    if _is_header(rows, targets, comma):
        rows, lines = rows[1:], lines[1:]
    else:
        names = tuple(f"column {number}" for number in range(1, width + 1))
    if not rows:
        raise CsvError("a header and no rows")
    if len(rows) > MAX_ROWS:
        raise CsvError(f"more than {MAX_ROWS:,} rows")
    return RawTable(names, tuple(zip(*rows, strict=True)), comma, lines[0])


def find_delimiter(text: str) -> str:
    """Return the delimiter that cuts the first lines into the most cells, alike in each."""
    sample = [line for line in text[:200_000].splitlines()[: SAMPLE_LINES + 1] if line.strip()]
    best, most = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        widths = Counter(
            len(row) for row in csv.reader(sample, delimiter=delimiter, skipinitialspace=True)
        )
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        score = (count / len(sample), width)
        # A decimal comma also cuts every line alike: a semicolon or tab that does so wins.
        preferred = best == "," and delimiter in ";\t" and score[0] >= most[0] and width > 1
        if width > 1 and (score > most or preferred):
            best, most = delimiter, score
    return best


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
        _report(progress, 0.5 + 0.4 * done / len(order))
        inputs.add(raw, column, train, scaling)
    for column in chosen:
        outputs.add(raw, column, train, "none")
    cells = raw.count * (len(inputs.numbers) + len(outputs.numbers))
    if cells > MAX_CELLS:
        raise CsvError(f"{cells:,} cells with one column per class; at most {MAX_CELLS:,}")
    _report(progress, 0.95)
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
            columns = [[(value - entry.offset) / entry.scale for value in columns[0]]]
            self.scaled.append(entry)
        self.names += names
        self.numbers += columns
        self.classes += classes


_Rows: TypeAlias = tuple[tuple[float, ...], ...]


def _parts(
    inputs: list[Column], outputs: list[Column], train: list[int], test: list[int]
) -> tuple[_Rows, _Rows, _Rows, _Rows]:
    rows_in, rows_out = list(zip(*inputs, strict=True)), list(zip(*outputs, strict=True))
    return (
        tuple(rows_in[row] for row in train),
        tuple(rows_out[row] for row in train),
        tuple(rows_in[row] for row in test),
        tuple(rows_out[row] for row in test),
    )


def _report(progress: Progress | None, share: float) -> None:
    if progress is not None and not progress(min(1.0, share)):
        raise ImportCancelledError


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
    cells, name = raw.columns[column], raw.names[column]
    try:
        numbers = _numbers(cells, raw.decimal_comma)
    except ValueError:
        pass
    else:
        # A sum of sizes within the limit settles all of them at once; NaN is within none.
        if sum(map(abs, numbers)) <= MAX_NUMBER or all(abs(x) <= MAX_NUMBER for x in numbers):
            return [name], [numbers], []
    cells = tuple(map(str.strip, cells))
    _refuse_faults(cells, name, raw.decimal_comma)
    classes = sorted(set(cells))
    if len(classes) > MOST_CLASSES:
        raise CsvError(f"column {quoted(name)}: {len(classes):,} different texts; no classes")
    if len(classes) < 2:
        raise CsvError(f"column {quoted(name)}: the same text in every row")
    columns = [[1.0 if cell == known else 0.0 for cell in cells] for known in classes]
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
            faults.append((row, "is out of range"))
    if faults and 2 * len(faults) <= len(cells):
        row, fault = faults[0]
        raise CsvError(f"row {row + 1}, column {quoted(name)}: {quoted(cells[row])} {fault}")


def _numbers(cells: Sequence[str], decimal_comma: bool) -> Column:
    if decimal_comma:
        return [float(cell.replace(",", ".", 1)) for cell in cells]
    return list(map(float, cells))


def _number(cell: str, decimal_comma: bool) -> float | None:
    try:
        return _numbers([cell], decimal_comma)[0]
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
    seen = [values[row] for row in train]
    if method == "minmax":
        offset = min(seen)
        scale = max(seen) - offset
    else:
        offset = math.fsum(seen) / len(seen)
        scale = math.sqrt(math.fsum((value - offset) ** 2 for value in seen) / len(seen))
    return ColumnScaling(name[:MAX_TEXT], offset, scale or 1.0)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    """Return `names` as a session may hold them: printable, 200 characters at most."""
    return tuple("".join(c if c.isprintable() else " " for c in name)[:MAX_TEXT] for name in names)
