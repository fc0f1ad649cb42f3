"""The cells of a text from a spreadsheet: what sets them apart, their quotes, their heading."""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from bpviz.model.edit import EditError
from bpviz.ui.panels.number_text import NumberRefusedError, parse_number

SEPARATORS: Final = "\t;|"
# How much of a text tells what its commas mean.
ENOUGH: Final = 10_000
_LIST: Final = re.compile(r"[^\s,]+,[^\s,]+,[^\s,]+")
_NAMES: Final = re.compile(r"[^\W\d][^\n]*,\S")
_GROUPED: Final = re.compile(
    r"([-+−]?\d{1,3})(?:((?:,\d{3})+)\.(\d+)|((?:\.\d{3})+),(\d+))\Z", re.ASCII
)


def parse_cells(text: str) -> list[list[float]]:
    """Return the numbers of a spreadsheet's text: lines of cells, by tab, semicolon, bar or comma.

    Where none of these separates, spaces and commas followed by a space do; a first line without
    any number is a heading and left out. EditError names what is no number.
    """
    cells = cut_lines(text)
    if has_heading(cells):
        cells = cells[1:]
    if not cells:
        raise EditError("There are no numbers to paste")
    found: list[list[float]] = []
    for number, line in enumerate(cells, start=1):
        values: list[float] = []
        for place, cell in enumerate(line, start=1):
            try:
                values.append(parse_number(_ungrouped(cell)))
            except NumberRefusedError as problem:
                raise EditError(f"Row {number}, column {place}: {problem}") from None
        found.append(values)
    return found


def has_heading(cells: list[list[str]]) -> bool:
    """Whether the first line names columns, numbers following."""
    return len(cells) > 1 and not any(_is_number(cell) for cell in cells[0])


def cut_lines(text: str) -> list[list[str]]:
    """Return the cells of each line that is not empty, without quotes round them.

    EditError where a quoted cell does not end.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = {mark for mark in SEPARATORS if mark in text}
    separator = next((mark for mark in SEPARATORS if mark in found), "")
    if not separator and _has_commas_between(text[:ENOUGH]):
        separator = ","
    if not separator:
        cut = [re.split(r",\s+|\s+", line.strip()) for line in text.split("\n")]
        return [[cell for cell in line if cell] for line in cut if line != [""]]
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
        lines = list(reader)
    except csv.Error as problem:
        raise EditError(f"These cells can't be read: {problem}") from None
    stripped = [[" ".join(cell.split()) for cell in line] for line in lines]
    return [line for line in stripped if any(line)]


def _has_commas_between(text: str) -> bool:
    """Whether commas separate cells of `text`: else each is a decimal comma, or has a space."""
    if '"' in text or _LIST.search(text) or _NAMES.match(text):
        return "," in text
    return any("," in line and "." in line for line in text.split("\n"))


def _ungrouped(cell: str) -> str:
    """Return a number that sets its thousands apart, 1,234.5 or 1.234,5, without that."""
    found = _GROUPED.match(cell)
    if found is None:
        return cell
    start, commas, behind_point, points, behind_comma = found.groups()
    whole = start + re.sub("[.,]", "", commas or points)
    return f"{whole}.{behind_point or behind_comma}"


def _is_number(cell: str) -> bool:
    try:
        parse_number(_ungrouped(cell))
    except NumberRefusedError:
        return False
    return True
