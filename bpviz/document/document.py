"""The document: the one writer of the session, its history and its file."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bpviz.document.runs import Run, Runs, without_runs
from bpviz.document.saving import Encoding, encode_with_history
from bpviz.document.timeline import Timeline
from bpviz.document.travel import Travel
from bpviz.model.counts import grouped
from bpviz.model.edit import Edit, diff
from bpviz.model.files import atomic_write
from bpviz.model.history import Place, Train
from bpviz.model.rebase import rebased
from bpviz.model.schema import Loaded, Session
from bpviz.model.session import read_session
from bpviz.model.texts import one_line


class Document(QObject):
    """Holds session, history and file; all views hear of a change through `edited`.

    Each change is told in three signals: `about_to_edit` (a run pauses), `edited` with the Edit
    (or `replaced`, where another session was opened), and `edit_done` once every view heard it.
    """

    about_to_edit = Signal()
    edited = Signal(object)
    replaced = Signal()
    edit_done = Signal()
    runs_changed = Signal()
    file_changed = Signal()
    noticed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path: Path | None = None
        # Where a way along the line takes long it is walked in slices; any change gives it up.
        self.travel = Travel(self)
        self.about_to_edit.connect(self.travel.cancel)
        self._take(session, None)

    def _take(self, session: Session, path: Path | None) -> None:
        self._runs = Runs(session)
        timeline = Timeline(without_runs(session))
        self._timeline = timeline
        # How often the runs were changed, and how often when they were saved.
        self._runs_version = self._runs_saved = 0
        self._published = timeline.session
        self._path = path
        self._clean = timeline.line.marks(timeline.place)
        self._opened = timeline.line.marks(timeline.line.end)

    @property
    def session(self) -> Session:
        """The session that all views show; while a run is on, that of before the run."""
        return self._published

    @property
    def timeline(self) -> Timeline:
        """The history line and the state on it."""
        return self._timeline

    @property
    def path(self) -> Path | None:
        """The file the session was opened from or saved to last."""
        return self._path

    @property
    def name(self) -> str:
        """The name for a window's title: the file's, else the session's title."""
        return self._path.name if self._path else self.session.title or "untitled"

    @property
    def dirty(self) -> bool:
        """Whether there are edits or runs that the file does not hold; steps alone don't count.

        Of a copy without a file, such as a lesson, any place on its own line is as it was opened.
        """
        line = self._timeline.line
        if self._runs_version != self._runs_saved:
            return True
        if self._path is None and _same_marks(line.marks(line.end), self._opened):
            return False
        return not _same_marks(line.marks(self._timeline.place), self._clean)

    @property
    def can_undo(self) -> bool:
        """Whether an entry lies behind the position."""
        return self._timeline.line.undo_place(self._timeline.place) is not None

    @property
    def can_redo(self) -> bool:
        """Whether an entry lies ahead of the position."""
        return not self._timeline.at_end

    @property
    def undo_label(self) -> str:
        """What undo would take back."""
        return self._label(self._timeline.line.undo_place(self._timeline.place))

    @property
    def redo_label(self) -> str:
        """What redo would do again."""
        return "" if self._timeline.at_end else self._label(self._timeline.place)

    def _label(self, place: Place | None) -> str:
        entry = self._timeline.line.entry(place[0]) if place is not None else None
        if isinstance(entry, Train):
            return f"Train {grouped(entry.train)} iteration" + ("" if entry.train == 1 else "s")
        return entry.label if entry is not None else ""

    def settle(self) -> None:
        """Let a run end, so that `session` holds the numbers it reached: before copying them."""
        self.about_to_edit.emit()

    def push(self, edit: Edit, *, join: bool = False) -> None:
        """Apply `edit`; EditError where it does not apply, and nothing changes.

        With `join` it becomes one entry with the last, where that changed the same the same way.
        """
        before = self._published
        self.about_to_edit.emit()
        if self._published is not before:
            # A run was paused by this very edit, which was made from the numbers before it.
            edit = rebased(edit, self._published)
        curves, checkpoints = self._timeline.curves.copy(), self._timeline.checkpoints.copy()
        dropped = self._timeline.push(edit, join=join)
        if dropped is not None:
            self._runs.put_aside(dropped, curves, checkpoints)
        self._publish(edit)
        if dropped is not None:
            self.runs_changed.emit()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs kept beside the active one: what edits in the past put aside."""
        return tuple(self._runs.kept)

    @property
    def active_run(self) -> str:
        """The name of the active run."""
        return self._runs.active_name

    @property
    def runs_full(self) -> bool:
        """Whether one must be deleted before another run can be kept."""
        return self._runs.is_full

    def keep_run(self, index: int, name: str) -> None:
        """Let the run at `index` be saved with the session, under `name`.

        EditError where a file could not hold the name.
        """
        self._runs.keep(index, one_line(name))
        self._tell_runs()

    def rename_run(self, index: int, name: str) -> None:
        """Call the run at `index` `name`, the active one where that is −1; this keeps a ghost.

        EditError where a file could not hold the name.
        """
        name = one_line(name)
        if index >= 0:
            self._runs.keep(index, name)
        self._runs.rename(index, name)
        self._tell_runs()

    def delete_run(self, index: int) -> None:
        """Drop the run at `index` for good."""
        self.travel.cancel()
        self._runs.delete(index)
        self._tell_runs()

    def fork_run(self) -> None:
        """Keep the whole line as a run; what goes on from the position is a run of its own."""
        self.about_to_edit.emit()
        history, curves = self._timeline.history, self._timeline.curves.copy()
        checkpoints = self._timeline.checkpoints.copy()
        self._runs.put_aside(history, curves, checkpoints, ghost=False)
        self._timeline.cut()
        self.edit_done.emit()
        self._tell_runs()

    def visit_run(self, index: int, then: Callable[[Timeline], None]) -> None:
        """Call `then` with the line of the run at `index`, at the present iteration.

        Where the run does not have it, it stands at its end. A long way takes its time.
        """
        timeline = self._runs.timeline(index)
        place = timeline.line.place_of(self._timeline.iteration, timeline.line.end)
        self.travel.visit(timeline, timeline.line.end if place is None else place, then)

    def switch_run(self, index: int, then: Callable[[], None] | None = None) -> None:
        """Make the kept run at `index` the active one, where it stood; this is no edit.

        Where replaying it takes long it is done in slices; `then` is called once it is shown.
        """
        self.about_to_edit.emit()
        run, again = self._runs.kept[index], partial(self.switch_run, index, then)
        if not self.travel.is_near(self._runs.timeline(index), run.history.position, again):
            return
        self._timeline = self._runs.switch(index, self._timeline)
        self.publish("Switch run")
        self._tell_runs()
        if then is not None:
            then()

    def _tell_runs(self) -> None:
        self._runs_version += 1
        self.runs_changed.emit()
        self.file_changed.emit()

    def undo(self) -> None:
        """Go back over one entry; a whole training entry at once."""
        self.about_to_edit.emit()
        place = self._timeline.line.undo_place(self._timeline.place)
        if place is not None:
            self._walk(place, f"Undo: {self.undo_label}")

    def redo(self) -> None:
        """Go forward over one entry."""
        self.about_to_edit.emit()
        place = self._timeline.line.redo_place(self._timeline.place)
        if place is not None:
            self._walk(place, f"Redo: {self.redo_label}")

    def _walk(self, place: Place, label: str) -> None:
        """Go to `place`, in slices where that takes long: until then all stays as it was."""
        again = partial(self._walk, place, label)
        if self.travel.is_near(self._timeline, place, again):
            self._timeline.go(place)
            self.publish(label)

    def publish(self, label: str) -> None:
        """Tell all views what changed in the timeline since they last heard of it."""
        session = self._timeline.session
        if session is not self._published:
            self._publish(diff(self._published, session, label))

    def _publish(self, edit: Edit) -> None:
        self._published = self._timeline.session
        if edit.changes:
            self.edited.emit(edit)
        self.edit_done.emit()
        self.file_changed.emit()

    def new(self, session: Session) -> None:
        """Start on `session`, without a file."""
        self._open(session, None)

    def open(self, path: str | os.PathLike[str]) -> None:
        """Open the file at `path`; FormatError or OSError leave all as it was."""
        self.take(read_session(path), Path(path))

    def take(self, loaded: Loaded, path: Path) -> None:
        """Show what was read from the file at `path`."""
        self._open(loaded.session, path.absolute())
        for notice in loaded.notices:
            self.noticed.emit(notice)

    def recover(self, path: str | os.PathLike[str]) -> None:
        """Take the session of a recovery file, without a file of its own and not saved yet.

        FormatError or OSError leave all as it was.
        """
        loaded = read_session(path)
        self._open(loaded.session, None)
        self._runs_version += 1
        self.file_changed.emit()

    def encoded(self) -> bytes:
        """Return the bytes that a save would write; FormatError where they are too many."""
        return encode_with_history(self._timeline, self.runs)[0]

    def encoding(self) -> Encoding:
        """Return the work that makes the bytes of a save, of all as it stands now."""
        return Encoding(self._timeline, self.runs, mark=(self._opened, self._runs_version))

    def _open(self, session: Session, path: Path | None) -> None:
        self.about_to_edit.emit()
        self._take(session, path)
        self.replaced.emit()
        self.edit_done.emit()
        self.file_changed.emit()

    def save(self, path: str | os.PathLike[str] | None = None) -> None:
        """Write the session to `path`, or to its own file.

        OSError or FormatError leave file and document as they were; ValueError without any path.
        """
        target = Path(path).absolute() if path is not None else self._path
        if target is None:
            raise ValueError("the document has no file yet")
        self.about_to_edit.emit()
        made = self.encoding()
        made.work(lambda: False)
        atomic_write(target, made.result())
        self.on_saved(target, made)

    def begin_save(self) -> Encoding:
        """Return the work of a save; once its bytes are in a file, `on_saved` is to be told."""
        self.about_to_edit.emit()
        return self.encoding()

    def on_saved(self, path: Path, made: Encoding) -> None:
        """Take note that the file at `path` holds what `made` was made of."""
        opened, runs_version = made.mark
        if opened is not self._opened:
            return  # another session was opened meanwhile
        self._path, self._runs_saved = path, runs_version
        self._clean = made.timeline.line.marks(made.timeline.place)
        made.teach(self._timeline)
        self.file_changed.emit()
        if made.notice:
            self.noticed.emit(made.notice)


def _same_marks(these: list[object], those: list[object]) -> bool:
    """Whether two lists of marks are the same: edits by identity, runs by their length."""
    return len(these) == len(those) and all(
        one is other if isinstance(one, Edit) else one == other
        for one, other in zip(these, those, strict=True)
    )
