"""Boxes: what a laid-out formula consists of, measured from a baseline. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from bpviz.explain.expression import Reference

Style: TypeAlias = Literal["italic", "roman", "bold"]

# Shares of the type size: the height of fraction bars over the baseline, and their thickness.
AXIS: Final = 0.258
RULE: Final = 0.062
# At this level and above no line begins.
NO_BREAK: Final = 1_000_000


class Extent(NamedTuple):
    """How far a text reaches, in shares of its type size: `descent` is below the baseline."""

    width: float
    ascent: float
    descent: float


class Metrics(Protocol):
    """Tells how large texts are."""

    def extent(self, text: str, style: Style) -> Extent:
        """Return how far `text` reaches."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """A text in one style and size; `tone` names its colour, "" is that of the formula."""

    text: str
    style: Style
    size: int
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A filled bar as large as its box."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A bracket or root sign, stretched to its box."""

    sign: str


Ink: TypeAlias = Text | Rule | Fence


class Part(NamedTuple):
    """A box inside another; `y` is how far its baseline lies below the other's."""

    x: float
    y: float
    box: Box


class Box(NamedTuple):
    """A part of a formula, in pixels; `reference` says what it stands for.

    It reaches `ascent` above and `descent` below its baseline. It is either ink or has parts.
    """

    width: float
    ascent: float
    descent: float
    ink: Ink | None = None
    parts: tuple[Part, ...] = ()
    reference: Reference | None = None

    @property
    def height(self) -> float:
        """Ascent and descent together."""
        return self.ascent + self.descent


class Piece(NamedTuple):
    """A box in a row, with the `space` before it; a line may begin here, best at level 0."""

    box: Box
    space: float = 0.0
    level: int = NO_BREAK


class Drawn(NamedTuple):
    """Ink at its place: the left end of its baseline."""

    x: float
    y: float
    box: Box


class Hit(NamedTuple):
    """Where a term can be pointed at."""

    x: float
    y: float
    width: float
    height: float
    reference: Reference


def text_box(metrics: Metrics, text: str, style: Style, size: int, tone: str = "") -> Box:
    """Return the box of a text at a type size in pixels."""
    width, ascent, descent = metrics.extent(text, style)
    return Box(width * size, ascent * size, descent * size, Text(text, style, size, tone))


def referring(box: Box, reference: Reference | None) -> Box:
    """Return `box` as the term that stands for `reference`."""
    return box._replace(reference=reference)


def toned(box: Box, tone: str) -> Box:
    """Return `box` with its texts in the colour `tone`, those that have one of their own kept."""
    ink = box.ink
    if isinstance(ink, Text) and not ink.tone:
        ink = replace(ink, tone=tone)
    parts = tuple(part._replace(box=toned(part.box, tone)) for part in box.parts)
    return box._replace(ink=ink, parts=parts)


def row(pieces: Iterable[Piece]) -> Box:
    """Return the pieces side by side on one baseline."""
    x = ascent = descent = 0.0
    parts: list[Part] = []
    for box, space, _ in pieces:
        x += space if parts else 0.0
        parts.append(Part(x, 0.0, box))
        x += box.width
        ascent, descent = max(ascent, box.ascent), max(descent, box.descent)
    if len(parts) == 1:
        return parts[0].box
    return Box(x, ascent, descent, parts=tuple(parts))


def column(lines: Sequence[Box], gap: float) -> Box:
    """Return lines below each other, on the first one's baseline."""
    y, parts = 0.0, [Part(0.0, 0.0, lines[0])]
    for before, line in pairwise(lines):
        y += before.descent + gap + line.ascent
        parts.append(Part(0.0, y, line))
    width = max(line.width for line in lines)
    return Box(width, lines[0].ascent, y + lines[-1].descent, parts=tuple(parts))


def over(above: Box, below: Box, size: int) -> Box:
    """Return a fraction, its bar on the axis."""
    thick = max(1.0, RULE * size)
    axis, gap, wing = AXIS * size, 0.17 * size, 0.1 * size
    width = max(above.width, below.width) + 2 * wing
    up = axis + thick / 2 + gap + above.descent
    down = axis - thick / 2 - gap - below.ascent
    bar = Box(width, thick, 0.0, Rule())
    parts = (
        Part((width - above.width) / 2, -up, above),
        Part(0.0, -(axis - thick / 2), bar),
        Part((width - below.width) / 2, -down, below),
    )
    return Box(width, up + above.ascent, below.descent - down, parts=parts)


def scripted(base: Box, sub: Box | None, sup: Box | None, size: int) -> Box:
    """Return `base` with what stands low and high behind it."""
    x = base.width + 0.04 * size
    parts = [Part(0.0, 0.0, base)]
    ascent, descent, width = base.ascent, base.descent, base.width
    high = low = 0.0
    if sup is not None:
        high = max(0.36 * size, base.ascent - 0.32 * size, sup.descent + 0.25 * size)
    if sub is not None:
        low = max(0.17 * size, base.descent + 0.08 * size)
        if sup is not None:
            low = max(low, 0.15 * size + sub.ascent - (high - sup.descent))
        parts.append(Part(x, low, sub))
        descent, width = max(descent, low + sub.descent), x + sub.width
    if sup is not None:
        parts.append(Part(x, -high, sup))
        ascent, width = max(ascent, high + sup.ascent), max(width, x + sup.width)
    return Box(width, ascent, descent, parts=tuple(parts))


def limited(base: Box, sub: Box | None, sup: Box | None, size: int) -> Box:
    """Return a large operator with its limits below and above."""
    gap = 0.14 * size
    width = max(part.width for part in (base, sub, sup) if part is not None)
    parts = [Part((width - base.width) / 2, 0.0, base)]
    ascent, descent = base.ascent, base.descent
    if sub is not None:
        low = base.descent + gap + sub.ascent
        parts.append(Part((width - sub.width) / 2, low, sub))
        descent = low + sub.descent
    if sup is not None:
        high = base.ascent + gap + sup.descent
        parts.append(Part((width - sup.width) / 2, -high, sup))
        ascent = high + sup.ascent
    return Box(width, ascent, descent, parts=tuple(parts))


def inks(box: Box, x: float, y: float) -> list[Drawn]:
    """Return all ink of `box`, put with the left end of its baseline at (x, y)."""
    found: list[Drawn] = []
    _collect_inks(found, box, x, y)
    return found


def _collect_inks(found: list[Drawn], box: Box, x: float, y: float) -> None:
    if box.ink is not None:
        found.append(Drawn(x, y, box))
    for right, down, part in box.parts:
        _collect_inks(found, part, x + right, y + down)


def hits(box: Box, x: float, y: float) -> list[Hit]:
    """Return the outermost terms of `box` that stand for something."""
    found: list[Hit] = []
    _collect_hits(found, box, x, y)
    return found


def _collect_hits(found: list[Hit], box: Box, x: float, y: float) -> None:
    if box.reference is not None:
        found.append(Hit(x, y - box.ascent, box.width, box.height, box.reference))
        return
    for right, down, part in box.parts:
        _collect_hits(found, part, x + right, y + down)


def broken(pieces: Sequence[Piece], width: float) -> list[Box]:
    """Return the pieces in lines no wider than `width` where their breaks allow it."""
    lines, start = [], 0
    while start < len(pieces):
        end = _end_of_line(pieces, start, width)
        lines.append(row(pieces[start:end]))
        start = end
    return lines


def _end_of_line(pieces: Sequence[Piece], start: int, width: float) -> int:
    """Return where the line that starts at `start` ends: at its best break that fits."""
    x, found = 0.0, []
    for place in range(start, len(pieces)):
        piece = pieces[place]
        if place > start and piece.level < NO_BREAK:
            # A break far to the left would leave half of the line empty.
            found.append((piece.level if x >= 0.4 * width else NO_BREAK - 1, place))
        x += piece.box.width + (piece.space if place > start else 0.0)
        if x > width and found:
            best = min(level for level, _ in found)
            return max(place for level, place in found if level == best)
    return len(pieces)
