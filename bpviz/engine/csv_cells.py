"""The cells of a text file: its encoding and delimiter are found, then it is cut into columns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, overload

import numpy as np

from bpviz.model.checks import MAX_CELLS, MAX_ROWS
from bpviz.model.counts import grouped

# Called with the share done (0 to 1); False cancels.
Progress: TypeAlias = Callable[[float], bool]

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 50
# Rows cut between two reports of progress.
BLOCK = 5_000


class CsvError(ValueError):
    """A table can't be imported; the text is one line that names the place."""


class ImportCancelledError(Exception):
    """The import was cancelled by its progress function."""


class Column(Sequence[str]):
    """Cells without line ends, kept as one text: a sixth of the memory of texts of their own.

    Going through all of them is fast, taking one from far down is not.
    """

    def __init__(self, blocks: list[str]) -> None:
        self._text = "\n".join(blocks)
        self._count = self._text.count("\n") + 1 if blocks else 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return iter(self._text.split("\n") if self._count else ())

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if index == slice(1, None):
            return Column([self._text.partition("\n")[2]] if self._count > 1 else [])
        if isinstance(index, int) and 0 <= index < self._count:
            return self._text.split("\n", index + 1)[index]
        return list(self)[index]


@dataclass(frozen=True)
class Cells:
    """A text file cut into columns of equal length; lines of the file count from 1."""

    columns: Sequence[Sequence[str]]
    first_line: int
    second_line: int

    @property
    def count(self) -> int:
        """Number of rows, a header included."""
        return len(self.columns[0])

    def row(self, index: int) -> list[str]:
        """Return the cells of one row."""
        return [column[index] for column in self.columns]


def report(progress: Progress | None, share: float) -> None:
    """Tell `progress` the share done; ImportCancelledError where it cancels."""
    if progress is not None and not progress(min(1.0, share)):
        raise ImportCancelledError


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


def cut(text: str, delimiter: str, progress: Progress | None = None) -> Cells:
    """Return the cells of `text`; CsvError where rows differ in length or are too many."""
    return _cut_plain(text, delimiter, progress) or _cut_quoted(text, delimiter, progress)


def _cut_plain(text: str, delimiter: str, progress: Progress | None) -> Cells | None:
    """Cut a text without quotes, empty or uneven lines; None where it isn't so simple."""
    if '"' in text or "\r" in text.replace("\r\n", ""):
        return None
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    width = lines[0].count(delimiter) + 1
    if width < 2 or not 0 < len(lines) <= MAX_ROWS + 1 or len(lines) * width > MAX_CELLS + width:
        return None
    cuts = np.fromiter(map(_counter(delimiter), lines), np.int64, len(lines))
    if np.any(cuts != width - 1) or max(map(len, lines)) > csv.field_size_limit():
        return None
    columns: list[list[str]] = [[] for _ in range(width)]
    for start in range(0, len(lines), BLOCK):
        report(progress, 0.5 * start / len(lines))
        joined = delimiter.join(lines[start : start + BLOCK])
        block = joined.split(delimiter)
        if " " in joined:
            block = [cell.lstrip(" ") for cell in block]
        for index, column in enumerate(columns):
            column.append("\n".join(block[index::width]))
    del lines
    return Cells([Column(blocks) for blocks in columns], 1, 2)


def _counter(delimiter: str) -> Callable[[str], int]:
    def count(line: str) -> int:
        return line.count(delimiter)

    return count


def _cut_quoted(text: str, delimiter: str, progress: Progress | None) -> Cells:
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
                raise CsvError(f"more than {grouped(MAX_ROWS)} rows")
            if len(rows) % BLOCK == 0:
                report(progress, 0.5 * len(rows) / MAX_ROWS)
    except csv.Error as error:
        raise CsvError(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise CsvError("no rows")
    width = len(rows[0])
    for row, line in zip(rows, lines, strict=True):
        if len(row) != width:
            raise CsvError(f"line {line}: {len(row)} cells, but the first row has {width}")
    if len(rows) * width > MAX_CELLS + width:
        raise CsvError(f"{grouped(len(rows) * width)} cells; at most {grouped(MAX_CELLS)}")
    second = lines[1] if len(lines) > 1 else lines[0] + 1
    return Cells([list(column) for column in zip(*rows, strict=True)], lines[0], second)
