"""Bookmarks: named places of the history; each change of them is an edit that drops nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bpviz.document.document import Document
from bpviz.document.line_map import Mark
from bpviz.document.player import Player
from bpviz.document.stage import READY
from bpviz.model.edit import Change, Edit
from bpviz.model.schema import Bookmark


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
        """Put a bookmark at the present place; without a name it gets one."""
        self._player.pause()
        frame = self._own_frame()
        entry, inside = self._document.timeline.place
        place = (entry + (2 if inside else 1), 0)
        bookmark = Bookmark(name or self._free_name(), place, frame)
        self._push("Add bookmark", lambda kept: (*kept, bookmark))
        self._show(frame)
        return bookmark

    def go_to(self, mark: Mark) -> None:
        """Go to where a bookmark stands."""
        self._player.go_to(mark.place)
        if mark.bookmark is not None:
            self._show(mark.bookmark.frame)

    def rename(self, mark: Mark, name: str) -> None:
        """Give a bookmark another name; one that lies ahead is gone to first."""
        old = self._present(mark)
        new = Bookmark(name, old.position, old.frame)
        if new.name and new != old:
            self._push(
                "Rename bookmark", lambda kept: tuple(new if each == old else each for each in kept)
            )

    def remove(self, mark: Mark) -> None:
        """Remove a bookmark; one that lies ahead is gone to first."""
        old = self._present(mark)
        self._push("Remove bookmark", lambda kept: tuple(each for each in kept if each != old))

    def _present(self, mark: Mark) -> Bookmark:
        assert mark.bookmark is not None
        if mark.bookmark not in self._document.session.bookmarks:
            self.go_to(mark)
        return mark.bookmark

    def _push(
        self, label: str, change: Callable[[tuple[Bookmark, ...]], tuple[Bookmark, ...]]
    ) -> None:
        before = self._document.session.bookmarks
        self._document.push(Edit(label, (Change("bookmarks", before, change(before)),)))

    def _free_name(self) -> str:
        """Return "iteration 137", or with a number where there are more there."""
        player = self._player
        name = f"iteration {player.iteration + (player.frame is not None):,}"
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
