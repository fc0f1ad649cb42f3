"""The guide through a lesson: which page is open, and where in the history it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from PySide6.QtCore import QObject, Signal

from bpviz.document.document import Document
from bpviz.document.line import Line
from bpviz.document.player import Player
from bpviz.document.timeline import Timeline
from bpviz.model.edit import Edit
from bpviz.model.history import Place, Train
from bpviz.model.schema import Lesson, Page, Session

READY = -1
LONGEST_TRAINING = 20_000


def counted_place(line: Line, here: Place) -> Place:
    """Return `here` as pages name it: as if there were no cosmetic edits on the line.

    Labels moved, notes and pages written put entries into the line, and would otherwise shift
    all places behind them.
    """
    entry, inside = here
    for number, group in enumerate(_groups(line)):
        if group[-1] >= entry:
            before = sum(_length(line, index) for index in group if index < entry)
            return (number, before + (inside if entry in group else 0))
    return (len(_groups(line)), 0)


def actual_place(line: Line, counted: Place) -> Place | None:
    """Return the place on the line that a page names, None where the line has no such.

    What is too much for one entry of training goes on in those right behind it.
    """
    groups, (number, inside) = _groups(line), counted
    if number == len(groups) and not inside:
        return line.end
    if number >= len(groups):
        return None
    for index in _trainings(line, groups, number) or groups[number]:
        length = _length(line, index)
        if not inside or inside < length:
            return (index, inside)
        inside -= length
        last = index
    return None if inside else line.normal((last + 1, 0))


def training_to(line: Line, counted: Place) -> int:
    """Return how many iterations behind the line's end lead to the place that a page names.

    0 where training alone does not lead there, or only for longer than anybody waits.
    """
    groups, (number, inside) = _groups(line), counted
    entries = _trainings(line, groups, number)
    ends_in_training = entries[-1:] == groups[-1][-1:] if entries else number == len(groups)
    if not ends_in_training:
        return 0
    missing = inside - sum(_length(line, index) for index in entries)
    return missing if 0 < missing <= LONGEST_TRAINING else 0


def _trainings(line: Line, groups: list[list[int]], number: int) -> list[int]:
    """Return the entries of training from group `number` on, up to the next edit."""
    found: list[int] = []
    for group in groups[number:]:
        if not isinstance(line.entry(group[-1]), Train):
            break
        found += group
    return found


def _groups(line: Line) -> list[list[int]]:
    """Return the entries but for cosmetic edits; training that one of these parts is joined."""
    groups: list[list[int]] = []
    parted = False
    for index, (entry, _) in enumerate(line.segments):
        if isinstance(entry, Edit) and entry.is_cosmetic:
            parted = True
            continue
        joins = parted and groups and isinstance(line.entry(groups[-1][-1]), Train)
        if joins and isinstance(entry, Train):
            groups[-1].append(index)
        else:
            groups.append([index])
        parted = False
    return groups


def _length(line: Line, index: int) -> int:
    entry = line.entry(index)
    return entry.train if isinstance(entry, Train) else 0


class LessonGuide(QObject):
    """Holds the lesson's pages and the open one; `changed` tells that either is another now.

    Going back in time does not take pages back that were written later: only undo and redo, a
    new edit or another session change what is read.
    """

    changed = Signal()
    opened = Signal()

    def __init__(self, document: Document, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._lesson = document.session.lesson
        self._bookmarks = document.session.bookmarks
        self.index = 0
        document.edited.connect(self._on_edited)
        document.replaced.connect(self._on_replaced)

    @property
    def pages(self) -> tuple[Page, ...]:
        """All pages."""
        return self._lesson.pages if isinstance(self._lesson, Lesson) else ()

    @property
    def page(self) -> Page | None:
        """The open page, None in a session without pages."""
        return self.pages[self.index] if self.pages else None

    def turn_to(self, index: int) -> bool:
        """Open the page at `index`; False where there is none."""
        if not 0 <= index < len(self.pages):
            return False
        self.index = index
        self.changed.emit()
        return True

    def place_of(self, page: Page) -> Place | None:
        """Return where on the history line `page` stands, None where the line has no such place.

        A page without a position stands wherever the player does.
        """
        timeline = self._document.timeline
        if page.position is msgspec.UNSET:
            return timeline.place
        return actual_place(timeline.line, page.position)

    @property
    def place(self) -> Place:
        """Where the player stands, as a page names it."""
        timeline = self._document.timeline
        return counted_place(timeline.line, timeline.place)

    @property
    def is_at_home(self) -> bool:
        """Whether the player stands at the open page's place in the history."""
        page = self.page
        return page is not None and self.place_of(page) == self._document.timeline.place

    def run_with(self, page: Page) -> int:
        """Return which of the document's other runs has the page's place; −1 where none has."""
        if page.position is not msgspec.UNSET:
            for index, run in reversed(list(enumerate(self._document.runs))):
                if actual_place(Line.of(run.history), page.position) is not None:
                    return index
        return -1

    def go(self, page: Page, then: Callable[[], None] | None = None) -> bool:
        """Move the player to the page's place and frame; False, and no move, where it is gone.

        The frame is that of the bookmark with the page's title and position. Nothing is lost:
        what lies ahead or behind on the line stays there. A place that training leads to is
        trained for where the line is too short. A long way is gone in slices; `then` is called
        once the page is shown.
        """
        place = self.place_of(page)
        timeline, show = self._document.timeline, partial(self._show, page, then)
        if place is None:
            return self._train_for(page, show)
        if place == timeline.place:
            self._player.pause()
            show()
        else:
            self._player.go_to(place, show)
        return True

    def _show(self, page: Page, then: Callable[[], None] | None) -> None:
        """Show the page's frame, where it has one, at the place that is reached."""
        frame = self.frame_of(page)
        if frame is not None:
            self._player.choose_sample(0)
            self._player.show_frame(frame)
        if then is not None:
            then()

    def _train_for(self, page: Page, show: Callable[[], None]) -> bool:
        """Train from the line's end to the page's place; False where that leads nowhere."""
        self._player.pause()
        missing = 0
        if page.position is not msgspec.UNSET:
            missing = training_to(self._document.timeline.line, page.position)
        if not missing or self._player.problem:
            return False
        arrive = partial(self._on_trained, show)
        self._document.travel.train(self._document.timeline, missing, arrive)
        return True

    def _on_trained(self, show: Callable[[], None], trained: Timeline) -> None:
        self._player.show_frame(READY)
        self._document.timeline.adopt(trained)
        self._document.publish("Show a page")
        show()

    def frame_of(self, page: Page) -> int | None:
        """Return the frame that a page shows; None where it leaves the player as it is."""
        named = page.position is not msgspec.UNSET
        for bookmark in self._bookmarks:
            if bookmark.name == page.title and (not named or bookmark.position == page.position):
                return bookmark.frame
        return READY if named else None

    def _on_edited(self, edit: Edit) -> None:
        session, timeline = self._document.session, self._document.timeline
        if session.lesson == self._lesson and session.bookmarks == self._bookmarks:
            return
        entry = timeline.place[0]
        is_new = bool(entry) and timeline.line.entry(entry - 1) is edit
        if is_new or edit.label.startswith(("Undo: ", "Redo: ")):
            self._take(session)
            self.changed.emit()

    def _on_replaced(self) -> None:
        self.index = 0
        self._take(self._document.session)
        self.changed.emit()
        if self.pages:
            self.opened.emit()

    def _take(self, session: Session) -> None:
        self._lesson, self._bookmarks = session.lesson, session.bookmarks
        self.index = min(self.index, max(0, len(self.pages) - 1))
