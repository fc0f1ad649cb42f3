"""The line of history as a list: entries, places on it, and which iteration stands where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bpviz.model.edit import Edit, joined
from bpviz.model.history import Entry, History, Place, Train
from bpviz.model.rebase import rebased_tail
from bpviz.model.schema import Bookmark


class Segment(NamedTuple):
    """An entry of the line, and whether it is a run (single steps are none)."""

    entry: Entry
    is_run: bool = False


class Line:
    """Entries from a first iteration on. A place is (entries done, iterations inside the next)."""

    def __init__(self, entries: tuple[Entry, ...] = (), first_iteration: int = 0) -> None:
        self._segments = [Segment(entry, isinstance(entry, Train)) for entry in entries]
        self._first = first_iteration
        # The bookmarks it starts with, each with the iterations from the start to where it stands.
        self.bookmarks: dict[Bookmark, int] = {}

    @classmethod
    def of(cls, history: History) -> Line:
        """Return the line of `history`, with the bookmarks that its start has."""
        line = cls(history.entries, history.start.progress.iteration)
        line.bookmarks = {each: line._trained(each.position) for each in history.start.bookmarks}
        return line

    def copy(self) -> Line:
        """Return a line of its own with the same entries and bookmarks."""
        line = Line((), self._first)
        line._segments, line.bookmarks = list(self._segments), dict(self.bookmarks)
        return line

    def _trained(self, place: Place) -> int:
        """Return the iterations trained before `place`, which may be one that is not there."""
        before = [
            train.train for train, _ in self._segments[: place[0]] if isinstance(train, Train)
        ]
        here = self.entry(place[0])
        return sum(before) + (min(place[1], here.train) if isinstance(here, Train) else 0)

    def distance(self, one: Place, other: Place) -> int:
        """Return the iterations trained between two places."""
        return abs(self._trained(one) - self._trained(other))

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All entries, each with whether it is a run."""
        return tuple(self._segments)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries."""
        return tuple(segment.entry for segment in self._segments)

    @property
    def end(self) -> Place:
        """The place behind the last entry."""
        return (len(self._segments), 0)

    def entry(self, index: int) -> Entry | None:
        """Return the entry at `index`, None at the end."""
        return self._segments[index].entry if index < len(self._segments) else None

    def normal(self, place: Place) -> Place:
        """Return `place` with a finished training entry counted as done."""
        train = self.entry(place[0])
        if isinstance(train, Train) and place[1] >= train.train:
            return (place[0] + 1, 0)
        return place

    def iterations(self) -> Iterator[int]:
        """Yield the updates applied before each entry, and at the end."""
        iteration = self._first
        yield iteration
        for entry, _ in self._segments:
            if isinstance(entry, Train):
                iteration += entry.train
            else:
                for change in entry.changes:
                    if change.key == "progress":
                        iteration = change.after.iteration
            yield iteration

    def leg(self, place: Place) -> int:
        """Return how often before `place` an edit set the count of iterations."""
        entries = (segment.entry for segment in self._segments[: place[0]])
        return sum(isinstance(entry, Edit) and entry.starts_anew for entry in entries)

    def has_change(self, one: Place, other: Place) -> bool:
        """Whether an edit that the engine reads stands between two places.

        Places of one iteration, before and behind such, have losses of their own.
        """
        first, last = sorted((one[0], other[0]))
        entries = (self.entry(index) for index in range(first, last))
        return any(isinstance(entry, Edit) and not entry.is_cosmetic for entry in entries)

    def iteration_at(self, place: Place) -> int:
        """Return the updates applied at `place`."""
        return list(self.iterations())[place[0]] + place[1]

    def place_of(self, iteration: int, here: Place) -> Place | None:
        """Return the place nearest to `here` at which `iteration` updates are applied."""
        found = []
        for index, at in enumerate(self.iterations()):
            entry = self.entry(index)
            length = entry.train if isinstance(entry, Train) else 1
            if at <= iteration < at + length:
                found.append((index, iteration - at))
        return min(found, key=lambda place: _distance(place, here), default=None)

    def undo_place(self, here: Place) -> Place | None:
        """Return where undo leads: back over one entry, a training entry whole."""
        entry, inside = here
        if inside:
            return (entry, 0)
        return (entry - 1, 0) if entry else None

    def redo_place(self, here: Place) -> Place | None:
        """Return where redo leads: forward over one entry."""
        return (here[0] + 1, 0) if here[0] < len(self) else None

    def put(self, edit: Edit, here: Place) -> Place:
        """Put `edit` in at `here` and return the place behind it.

        A training entry there is split. What lies ahead stays only behind a cosmetic edit.
        """
        entry, inside = here
        head: list[Segment] = []
        tail = self._segments[entry:]
        if inside:
            (train, is_run), *rest = tail
            assert isinstance(train, Train)
            head = [Segment(Train(inside, train.kernel), is_run)]
            tail = [Segment(Train(train.train - inside, train.kernel), is_run), *rest]
        if not edit.is_cosmetic:
            tail = []
        moved = rebased_tail([segment.entry for segment in tail], edit)
        tail = [Segment(new, old.is_run) for new, old in zip(moved, tail, strict=True)]
        self._segments[entry:] = [*head, Segment(edit), *tail]
        return (entry + len(head) + 1, 0)

    def join(self, edit: Edit, here: Place) -> bool:
        """Let the entry just before `here` grow by a cosmetic `edit`, where that is its like.

        Return whether it did; else nothing changes.
        """
        entry, inside = here
        last = self._segments[entry - 1].entry if entry and not inside else None
        whole = joined(last, edit) if isinstance(last, Edit) and edit.is_cosmetic else None
        if whole is not None:
            tail = self._segments[entry:]
            moved = rebased_tail([segment.entry for segment in tail], edit)
            tail = [Segment(new, old.is_run) for new, old in zip(moved, tail, strict=True)]
            self._segments[entry - 1 :] = [Segment(whole), *tail]
        return whole is not None

    def cut(self, here: Place) -> Place:
        """Drop what lies ahead of `here` and return the place, which is the end now."""
        entry, inside = here
        if inside:
            train, is_run = self._segments[entry]
            assert isinstance(train, Train)
            self._segments[entry:] = [Segment(Train(inside, train.kernel), is_run)]
        else:
            del self._segments[entry:]
        return self.end

    def set_training(self, index: int, train: Train, *, is_run: bool) -> None:
        """Let the line end in `train` at `index`: a new entry, or the last one grown."""
        self._segments[index:] = [Segment(train, is_run)]

    def kernel_at(self, place: Place) -> str | None:
        """Return the kernel of the training entry at `place`, None where there is none."""
        train = self.entry(place[0])
        return train.kernel if isinstance(train, Train) else None

    def name_kernel(self, index: int, kernel: str) -> None:
        """Let the training entry at `index` name the kernel that really computes it.

        Where the one it named is not here another has taken its place, for good: the kernel may
        come later, and the bits must not change with it.
        """
        train, is_run = self._segments[index]
        if isinstance(train, Train) and train.kernel != kernel:
            self._segments[index] = Segment(Train(train.train, kernel), is_run)

    def marks(self, here: Place) -> list[object]:
        """Return what lies behind `here` that a user would miss: edits, and runs by their length.

        Two lists are the same by identity of the edits and by equal lengths; single steps leave
        no mark.
        """
        marks: list[object] = []
        for index, (entry, is_run) in enumerate(self._segments[: here[0] + 1]):
            length = here[1] if index == here[0] else -1
            if length == 0:
                break
            if isinstance(entry, Edit):
                marks.append(entry)
            elif is_run:
                marks.append(entry.train if length < 0 else length)
        return marks


def _distance(place: Place, here: Place) -> tuple[int, int]:
    # Between two places of one iteration (before and behind an edit) the nearer one counts.
    return (abs(place[0] - here[0]), abs(place[1] - here[1]))
