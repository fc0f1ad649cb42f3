"""A text file of rows as the import dialog offers it: read, described, its header on or off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bpviz.engine.csv_cells import CsvError, Progress, decode, find_delimiter
from bpviz.engine.csv_import import RawTable, read_table
from bpviz.model.counts import grouped
from bpviz.model.files import FormatError, read_limited

DELIMITER_NAMES: Final = MappingProxyType(
    {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
)


@dataclass(frozen=True)
class ReadFile:
    """The cells of a file, its delimiter, and whether its first row names the columns.

    The names in `table` are all different.
    """

    table: RawTable
    delimiter: str
    has_header: bool

    def with_header(self, has_header: bool) -> ReadFile:
        """Return the file read with its first row as names, or as data."""
        if has_header == self.has_header:
            return self
        table = self.table
        if has_header:
            names = tuple(column[0].strip() for column in table.columns)
            columns = tuple(column[1:] for column in table.columns)
        else:
            names = ("",) * len(table.names)
            columns = tuple(
                (name, *column) for name, column in zip(table.names, table.columns, strict=True)
            )
        changed = replace(table, names=distinct(names), columns=columns)
        return replace(self, table=changed, has_header=has_header)

    def description(self) -> str:
        """Return in words what was recognised."""
        table = self.table
        width = len(table.names)
        return (
            f"{grouped(table.count)} {'row' if table.count == 1 else 'rows'}, "
            f"{grouped(width)} {'column' if width == 1 else 'columns'}; "
            f"delimiter: {DELIMITER_NAMES.get(self.delimiter, self.delimiter)}; "
            f"decimal {'comma' if table.decimal_comma else 'point'}"
        )


def read_file(path: Path, progress: Progress) -> ReadFile:
    """Return the file at `path`; CsvError in one line, OSError, or what `progress` cancels."""
    try:
        data = read_limited(path)
    except FormatError as error:
        raise CsvError(str(error)) from None
    progress(0.02)
    text = decode(data)
    table = read_table(text, (), progress)
    unnamed = tuple(f"column {number}" for number in range(1, len(table.names) + 1))
    has_header = table.names != unnamed
    return ReadFile(replace(table, names=distinct(table.names)), find_delimiter(text), has_header)


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return `names` with none empty and none twice: "column 2", "age (2)"."""
    made: list[str] = []
    taken: set[str] = set()
    for number, given in enumerate(names, start=1):
        stem = name = given or f"column {number}"
        copy = 2
        while name in taken:
            name, copy = f"{stem} ({copy})", copy + 1
        taken.add(name)
        made.append(name)
    return tuple(made)
