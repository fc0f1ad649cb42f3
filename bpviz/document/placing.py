"""Bookmarks as a file names them: each with the place where it stands on the line now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from msgspec import structs

from bpviz.document.line import Line
from bpviz.document.line_map import LineMap
from bpviz.model.edit import Change, Edit
from bpviz.model.history import Entry, History
from bpviz.model.schema import Bookmark, Lesson

Placed: TypeAlias = Callable[[Bookmark], Bookmark]


def placing(line: Line, lesson: Lesson | object, folded: int = 0) -> Placed:
    """Return what gives a bookmark of `line` its position, without the first `folded` entries.

    Entries shift when one is put in before them, split or folded into the start; the position of
    a bookmark that stood in what is folded is the start. Those that hold the frame of a page of
    `lesson` keep the position that the page names.
    """
    pages = lesson.pages if isinstance(lesson, Lesson) else ()
    named = {(page.title, page.position) for page in pages}
    # Most sessions have no bookmark, and a long line takes its time to map.
    mapped: list[LineMap] = []

    def placed(bookmark: Bookmark) -> Bookmark:
        if not mapped:
            mapped.append(LineMap(line))
        place = mapped[0].bookmark_places.get(bookmark)
        if place is None or (bookmark.name, bookmark.position) in named:
            return bookmark
        entry, inside = place[0] - folded, place[1]
        return structs.replace(bookmark, position=(entry, inside) if entry >= 0 else (0, 0))

    return placed


def with_bookmarks(history: History, placed: Placed) -> History:
    """Return `history` with each bookmark in it as `placed` gives it."""
    start = structs.replace(history.start, bookmarks=_all(history.start.bookmarks, placed))
    entries = tuple(placed_entry(entry, placed) for entry in history.entries)
    return History(start, entries, history.position)


def _all(bookmarks: Iterable[Bookmark], placed: Placed) -> tuple[Bookmark, ...]:
    return tuple(map(placed, bookmarks))


def placed_entry(entry: Entry, placed: Placed) -> Entry:
    """Return `entry` with each bookmark in it as `placed` gives it: itself where it has none."""
    if not isinstance(entry, Edit) or all(each.key != "bookmarks" for each in entry.changes):
        return entry
    return Edit(
        entry.label,
        tuple(
            Change(each.key, _all(each.before, placed), _all(each.after, placed))
            if each.key == "bookmarks"
            else each
            for each in entry.changes
        ),
    )
