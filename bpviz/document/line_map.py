"""The history line as one stretch: how far along it each place lies, and what is marked on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from bpviz.document.line import Line
from bpviz.explain.numbers import format_number
from bpviz.model.edit import Edit
from bpviz.model.history import Place, Train
from bpviz.model.names import pretty_name
from bpviz.model.schema import Bookmark

# Labels are as the drawing has them; without names, nodes go by their ids.
NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
SHOWN_DIGITS: Final = 6

MarkKind: TypeAlias = Literal["edit", "bookmark"]


class Mark(NamedTuple):
    """An edit or a bookmark on the line: how far along it stands, and the place behind it."""

    along: int
    place: Place
    kind: MarkKind
    label: str
    bookmark: Bookmark | None = None


class Leg(NamedTuple):
    """A stretch of the line on which iterations count up: from where, from which iteration."""

    along: int
    iteration: int
    length: int


class LineMap:
    """Distances along a line: every iteration of training counts one, edits nothing.

    Unlike the iteration, the distance never falls: it goes on where an edit starts training anew.
    """

    def __init__(
        self, line: Line, here: Place | None = None, names: Mapping[str, str] = NO_NAMES
    ) -> None:
        """Map `line`; what was just undone at `here` says nothing of bookmarks any more.

        Marks call nodes by their `names`, by id.
        """
        self._names = names
        self._first = line.bookmarks
        self._entries = line.entries
        self._iterations = list(line.iterations())
        self._starts = [0]
        for entry in self._entries:
            length = entry.train if isinstance(entry, Train) else 0
            self._starts.append(self._starts[-1] + length)
        # Where each bookmark that ever was on the line stood; a renamed one under both names.
        self.bookmark_places: dict[Bookmark, Place] = {}
        undone = self._undone(here)
        self.marks = tuple(self._marks(undone))

    @property
    def length(self) -> int:
        """Iterations from one end of the line to the other."""
        return self._starts[-1]

    def along(self, place: Place) -> int:
        """Return how far along the line `place` lies."""
        return self._starts[place[0]] + place[1]

    def iteration(self, along: int) -> int:
        """Return the updates applied at the distance `along`."""
        entry, inside = self.place(along)
        return self._iterations[entry] + inside

    def place(self, along: int) -> Place:
        """Return the last place at the distance `along`: behind the edits that stand there."""
        along = min(max(along, 0), self.length)
        entry = bisect_right(self._starts, along) - 1
        return (entry, along - self._starts[entry])

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The stretches on which iterations count up, in order; each has a loss curve."""
        found = [Leg(0, self._iterations[0], 0)]
        for index, entry in enumerate(self._entries):
            along, iteration, length = found[-1]
            if isinstance(entry, Train):
                found[-1] = Leg(along, iteration, length + entry.train)
            elif entry.starts_anew:
                found.append(Leg(self._starts[index], self._iterations[index + 1], 0))
        return tuple(found)

    def mark(self, bookmark: Bookmark) -> Mark | None:
        """Return the mark of `bookmark`, None where it no longer stands on the line."""
        return next((mark for mark in self.marks if mark.bookmark == bookmark), None)

    @property
    def bookmarks(self) -> tuple[Mark, ...]:
        """The marks that are bookmarks, in the order of the line."""
        return tuple(mark for mark in self.marks if mark.bookmark is not None)

    def _undone(self, here: Place | None) -> range:
        """Return the entries right ahead of `here`, before any training."""
        if here is None:
            return range(0)
        along, stop = self.along(here), here[0]
        while stop < len(self._entries) and self._starts[stop + 1] == along:
            stop += 1
        return range(here[0], stop)

    def _marks(self, undone: range) -> list[Mark]:
        marks = [
            Mark(along, self.place(along), "bookmark", bookmark.name, bookmark)
            for bookmark, along in self._first.items()
            if along <= self.length
        ]
        places = self.bookmark_places
        places.update((mark.bookmark, mark.place) for mark in marks if mark.bookmark is not None)
        for index, entry in enumerate(self._entries):
            if not isinstance(entry, Edit):
                continue
            along, place = self._starts[index], (index + 1, 0)
            changed = next((c for c in entry.changes if c.key == "bookmarks"), None)
            if changed is None:
                marks.append(Mark(along, place, "edit", told(entry, self._names)))
                continue
            if index in undone:
                continue
            before, after = set(changed.before), set(changed.after)
            gone = [mark.bookmark for mark in marks if mark.bookmark in before - after]
            added = [bookmark for bookmark in changed.after if bookmark not in before]
            if len(gone) == 1 and len(added) == 1 and gone[0] is not None:
                # Renamed: it stays where it was.
                places[added[0]] = places[gone[0]]
                marks = [
                    mark._replace(label=added[0].name, bookmark=added[0])
                    if mark.bookmark == gone[0]
                    else mark
                    for mark in marks
                ]
                continue
            marks = [mark for mark in marks if mark.bookmark not in gone or mark.bookmark is None]
            marks += [Mark(along, place, "bookmark", each.name, each) for each in added]
            places.update((each, place) for each in added)
        return sorted(marks, key=lambda mark: mark.place)


def told(edit: Edit, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what `edit` did in a few words, with the numbers before and after where it is one.

    A weight or bias goes by the edge or unit, which is called by its name in `names`.
    """
    if len(edit.changes) != 1:
        return edit.label
    change = edit.changes[0]
    owner, _, field = change.key.rpartition("/")
    before, after = change.before, change.after
    if field == "optimizer" and type(before) is type(after):
        fields = (each.name for each in msgspec.structs.fields(after))
        changed = [name for name in fields if getattr(before, name) != getattr(after, name)]
        if len(changed) == 1:
            field = changed[0]
            before, after = getattr(before, field), getattr(after, field)
    numbers = [each for each in (before, after) if isinstance(each, int | float)]
    if len(numbers) < 2 or any(isinstance(each, bool) for each in numbers):
        return edit.label
    one, other = (format_number(float(each), SHOWN_DIGITS, trim=True) for each in numbers)
    return f"{_whose(owner, field, names)} {one} → {other}"


def _whose(owner: str, field: str, names: Mapping[str, str]) -> str:
    """Return whose number `field` is: "x₁ → h₁" of a weight, "bias h₁", else the field alone."""
    kind, _, name = owner.partition("/")
    ends = " → ".join(names.get(end) or pretty_name(end) for end in name.split("->"))
    if kind == "edges":
        return ends if field == "weight" else f"{field} {ends}"
    words = field.replace("_", " ")
    return f"{words} {ends}" if kind == "nodes" else words
