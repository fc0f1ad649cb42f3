"""Matrices of a layered network on a page: each number stands for its node or edge. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bpviz.explain.matrix_table import Cell, LayerTables, Table
from bpviz.ui.formula.boxes import AXIS, Box, Part, Piece, referring, row
from bpviz.ui.formula.derivation import tone
from bpviz.ui.formula.flow import Flow
from bpviz.ui.formula.names import fenced
from bpviz.ui.formula.typesetter import Typesetter

MOST_ROWS: Final = 9
MOST_COLUMNS: Final = 12
FEWEST_COLUMNS: Final = 3
SMALLEST: Final = 9
SHARE: Final = 0.84
GAP: Final = -1


def kept(count: int, most: int) -> list[int]:
    """Return the rows or columns shown: all, or the first and the last with GAP between."""
    if count <= most:
        return list(range(count))
    return [*range(most - 2), GAP, count - 1]


def put_layers(flow: Flow, layers: Sequence[LayerTables], captions: Sequence[str]) -> None:
    """Put all layers below each other, each under its caption and equations: a band of the page."""
    for layer, caption in zip(layers, captions, strict=True):
        if flow.y:
            flow.skip(1.0)
        top = flow.y
        flow.y += flow.caption(caption, 0.0, flow.width, "accent")
        flow.skip(0.35)
        for latex in layer.equations:
            box = flow.typesetter.name(latex, round(0.86 * flow.size))
            flow.page.put(box, 0.0, flow.y + box.ascent)
            flow.y += box.height
            flow.skip(0.45)
        _put_tables(flow, layer.tables)
        flow.band(top)


def _put_tables(flow: Flow, tables: Sequence[Table]) -> None:
    """Put tables side by side as far as they fit."""
    line: list[Box] = []
    gap = 1.1 * flow.size
    for table in tables:
        box = _fitting(flow, table)
        if line and sum(each.width + gap for each in line) + box.width > flow.width:
            _put_line(flow, line, gap)
            line = []
        line.append(box)
    _put_line(flow, line, gap)


def _put_line(flow: Flow, line: Sequence[Box], gap: float) -> None:
    flow.skip(0.4)
    box = row(Piece(each, gap) for each in line)
    flow.page.put(box, 0.0, flow.y + box.ascent)
    flow.y += box.height
    flow.skip(0.4)


def _fitting(flow: Flow, table: Table) -> Box:
    """Return the table as large as it fits; the widest show some of their columns only.

    Where even the fewest columns do not fit at a size that can be read well, it gets smaller yet.
    """
    size, most = max(SMALLEST, round(SHARE * flow.size)), MOST_COLUMNS
    readable = max(SMALLEST, round(0.64 * flow.size))
    while True:
        box = table_box(flow.typesetter, table, size, most)
        if box.width <= flow.width or (size <= SMALLEST and most <= FEWEST_COLUMNS):
            return box
        if size > readable or most <= FEWEST_COLUMNS:
            size -= 1
        else:
            most -= 1


def table_box(typesetter: Typesetter, table: Table, size: int, most_columns: int) -> Box:
    """Return name = [numbers], with the nodes' labels small above and beside."""
    count = len(table.cells[0])
    rows, columns = kept(len(table.cells), MOST_ROWS), kept(count, most_columns)
    grid = [[_cell_box(typesetter, table, r, c, size) for c in columns] for r in rows]
    inside = row(fenced(typesetter.metrics, [Piece(_grid(grid, size))], "[]", size))
    labelled = _labelled(typesetter, table, inside, grid, (rows, columns), size)
    name = typesetter.box(table.name, size + 2)
    equals = typesetter.text("=", "roman", size + 2)
    return row([Piece(name), Piece(equals, 0.3 * size), Piece(labelled, 0.3 * size)])


def _cell_box(typesetter: Typesetter, table: Table, row_: int, column: int, size: int) -> Box:
    if GAP in (row_, column):
        return typesetter.text("…" if column == GAP else "⋮", "roman", size, "muted")
    return cell_box(typesetter, table.cells[row_][column], size)


def cell_box(typesetter: Typesetter, cell: Cell, size: int) -> Box:
    """Return a cell's number in its colour, or what stands for none."""
    if cell.reference is None:
        return typesetter.text("·", "roman", size, "muted")
    if not cell.known:
        return referring(typesetter.text("—", "roman", size, "not_computed"), cell.reference)
    box = typesetter.number(cell.value, size, "roman", tone(cell.value, cell.reference))
    return referring(box, cell.reference)


def _widths(grid: Sequence[Sequence[Box]]) -> list[float]:
    return [max(line[place].width for line in grid) for place in range(len(grid[0]))]


def _grid(grid: Sequence[Sequence[Box]], size: int) -> Box:
    widths, across, down = _widths(grid), 0.75 * size, 1.5 * size
    height = down * len(grid)
    top = height / 2 + AXIS * size
    parts: list[Part] = []
    for line, boxes in enumerate(grid):
        x = 0.0
        for box, width in zip(boxes, widths, strict=True):
            # Numbers end below each other.
            parts.append(Part(x + width - box.width, (line + 0.72) * down - top, box))
            x += width + across
    width = sum(widths) + across * (len(widths) - 1)
    return Box(width, top, height - top, parts=tuple(parts))


def _labelled(
    typesetter: Typesetter,
    table: Table,
    inside: Box,
    grid: Sequence[Sequence[Box]],
    shown: tuple[list[int], list[int]],
    size: int,
) -> Box:
    """Return the bracketed numbers with the labels of their rows behind, of their columns above."""
    small, down = max(9, round(0.74 * size)), 1.5 * size
    widths, across = _widths(grid), 0.75 * size
    start = (inside.width - sum(widths) - across * (len(widths) - 1)) / 2
    parts = [Part(0.0, 0.0, inside)]
    ascent, width = inside.ascent, inside.width
    top = down * len(grid) / 2 + AXIS * size
    for line, place in enumerate(shown[0]):
        label = _label(typesetter, table.rows, place, small)
        parts.append(Part(inside.width + 0.25 * size, (line + 0.72) * down - top, label))
        width = max(width, inside.width + 0.25 * size + label.width)
    if table.columns:
        x, high = start, 0.0
        for place, room in zip(shown[1], widths, strict=True):
            label = _label(typesetter, table.columns, place, small)
            parts.append(Part(x + room - min(label.width, room), -inside.ascent - 4.0, label))
            high = max(high, label.height)
            x += room + across
        ascent += high + 4.0
    return Box(width, ascent, inside.descent, parts=tuple(parts))


def _label(typesetter: Typesetter, labels: Sequence[str], place: int, size: int) -> Box:
    if place == GAP:
        return typesetter.text("", "roman", size, "muted")
    label = labels[place]
    text = label if len(label) <= 8 else f"{label[:7]}…"
    return typesetter.text(text, "roman", size, "muted")
