"""Bookmarks: named places of the history; each change of them is an edit that drops nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain

import numpy as np
from msgspec import structs

from bpviz.document.document import Document
from bpviz.document.line_map import Mark
from bpviz.document.player import Player
from bpviz.document.stage import READY
from bpviz.model.counts import grouped
from bpviz.model.edit import Change, Edit
from bpviz.model.schema import Bookmark
from bpviz.model.texts import one_line


class Bookmarks:
    """The bookmarks along the line; a frame is counted among those of neurons, at any grain."""

    def __init__(self, document: Document, player: Player) -> None:
        self._document = document
        self._player = player

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All bookmarks of the line, behind and ahead of the position, in its order."""
        return self._player.line_map.bookmarks

    def add(self, name: str = "") -> Bookmark:
        """Put a bookmark at the present place; without a name it gets one.

        EditError where a file could not hold the name.
        """
        name = one_line(name)
        self._player.pause()
        frame = self._own_frame()
        entry, inside = self._document.timeline.place
        place = (entry + (2 if inside else 1), 0)
        bookmark = Bookmark(name or self._free_name(), place, frame)
        self._push("Add bookmark", (*self._document.session.bookmarks, bookmark))
        self._show(frame)
        return bookmark

    def go_to(self, mark: Mark, then: Callable[[], None] | None = None) -> None:
        """Go to where a bookmark stands, however long that takes; then call `then`."""
        self._player.go_to(mark.place, partial(self._arrive, mark, then))

    def _arrive(self, mark: Mark, then: Callable[[], None] | None) -> None:
        if mark.bookmark is not None:
            self._show(mark.bookmark.frame)
        if then is not None:
            then()

    def rename(self, mark: Mark, name: str) -> None:
        """Give a bookmark another name; one that lies ahead is gone to first.

        EditError where a file could not hold the name.
        """
        old, name = mark.bookmark, one_line(name)
        if old is not None and name and name != old.name:
            self._when_behind(mark, partial(self._replace, old, (structs.replace(old, name=name),)))

    def remove(self, mark: Mark) -> None:
        """Remove a bookmark; one that lies ahead is gone to first."""
        if mark.bookmark is not None:
            self._when_behind(mark, partial(self._replace, mark.bookmark, ()))

    def _when_behind(self, mark: Mark, then: Callable[[], None]) -> None:
        """Call `then` where the bookmark is behind the position: only there it can be changed."""
        if mark.bookmark in self._document.session.bookmarks:
            then()
        else:
            self.go_to(mark, then)

    def _replace(self, old: Bookmark, new: tuple[Bookmark, ...]) -> None:
        label = "Rename bookmark" if new else "Remove bookmark"
        kept = self._document.session.bookmarks
        parts = (new if each == old else (each,) for each in kept)
        self._push(label, tuple(chain.from_iterable(parts)))

    def _push(self, label: str, after: tuple[Bookmark, ...]) -> None:
        before = self._document.session.bookmarks
        self._document.push(Edit(label, (Change("bookmarks", before, after),)))

    def _free_name(self) -> str:
        """Return "iteration 137", or with a number where there are more there."""
        player = self._player
        name = f"iteration {grouped(player.iteration + (player.frame is not None))}"
        if player.frame is not None:
            name += f", {player.frame.phase}"
        taken = {mark.label for mark in self.marks}
        more = (f"{name} ({number})" for number in range(2, len(taken) + 3))
        return name if name not in taken else next(each for each in more if each not in taken)

    def _own_frame(self) -> int:
        """Return the frame shown, counted among the frames of neurons."""
        frames, index = self._player.frames, self._player.frame_index
        if frames is None or index == READY or frames.grain != "term":
            return index
        stops = frames.stops("neuron")
        return min(int(np.searchsorted(stops, index)), len(stops) - 1)

    def _show(self, frame: int) -> None:
        frames = self._player.frames
        if frames is None:
            return
        if frame >= 0 and frames.grain == "term":
            stops = frames.stops("neuron")
            frame = int(stops[min(frame, len(stops) - 1)])
        if frame != self._player.frame_index:
            self._player.show_frame(frame)
