"""What a save writes: the session with its curve, and as much history as fits; made in slices."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from bpviz.document.placing import Placed, placed_entry, placing, with_bookmarks
from bpviz.document.runs import VIEW_KEY, Run, saved_curves
from bpviz.document.scout import Scout
from bpviz.document.timeline import Timeline
from bpviz.model.encoding import Long, Open, history_object, pieces, shaped_entry, start_of
from bpviz.model.files import FormatError
from bpviz.model.history import Entry, History
from bpviz.model.schema import Session
from bpviz.model.session import encoding

HISTORY_LIMIT: Final = 16 * 1024 * 1024
LEFT_OUT: Final = (
    "The history is too large to be saved and was left out; the session itself is saved"
)
# Of the work, how much is done once the entries are encoded, and once the history is folded.
ENCODED: Final = 0.4
FOLDED: Final = 0.8
# Bytes that are put together, so that a file is written in few pieces.
BLOCK: Final = 1 << 20

Steps: TypeAlias = Generator[None, None, Any]


def encode_with_history(
    timeline: Timeline, runs: Sequence[Run] = (), limit: int = HISTORY_LIMIT
) -> tuple[bytes, str]:
    """Return the bytes of the session at the timeline's position, and a notice or "".

    History and kept runs take at most `limit` bytes each: of the history, the oldest entries are
    folded into its start. FormatError where the session is too large even without both.
    """
    made = Encoding(timeline, runs, limit)
    made.work(lambda: False)
    return b"".join(made.result()), made.notice


class Encoding:
    """The bytes that a save writes, made in slices from all as it stood at the beginning.

    The line may go on meanwhile. In the end it may `teach` what was replayed for it.
    """

    def __init__(
        self,
        timeline: Timeline,
        runs: Sequence[Run] = (),
        limit: int = HISTORY_LIMIT,
        mark: Any = None,  # noqa: ANN401
    ) -> None:
        """Begin; `mark` is what the caller wants to find again in the end."""
        self.timeline = timeline.snapshot()
        self.mark = mark
        self.notice = ""
        self.share = 0.0
        self.ended = False
        self._runs = tuple(run for run in runs if not run.is_ghost)
        self._limit = limit
        self._blocks: list[bytes] = []
        self._fault: FormatError | None = None
        self._until: Callable[[], bool] = bool
        self._steps = self._work()

    def result(self) -> list[bytes]:
        """Return the bytes of the finished work, in blocks; FormatError where they are too many."""
        if self._fault is not None:
            raise self._fault
        return self._blocks

    def teach(self, timeline: Timeline) -> None:
        """Let the line that was saved keep what was replayed, where it is the same still."""
        if timeline.line.entries == self.timeline.line.entries:
            known = timeline.checkpoints
            known.sessions = self.timeline.checkpoints.sessions | known.sessions

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` says so, or to the end."""
        self._until = until
        try:
            for _ in self._steps:
                if until():
                    return
        except FormatError as fault:
            self._fault = fault
        except UnicodeEncodeError:
            self._fault = FormatError("", "a text holds half a character, which no file can")
        self.ended, self.share = True, 1.0

    def _work(self) -> Steps:
        session = with_curve(self.timeline)
        given: dict[str, Any] = {}
        runs = yield from self._encoded_runs()
        if runs is not None:
            view = {key: each for key, each in session.view.items() if key != VIEW_KEY}
            if runs:
                view[VIEW_KEY] = msgspec.to_builtins(saved_curves(self._runs))
                given["runs"] = Long(runs, bytes)
            session = msgspec.structs.replace(session, view=view)
        whole = self.timeline.history
        if not whole.entries and not runs:
            yield from self._write(session, given)
            return
        lines: list[bytes] = []
        yield from self._encoded(whole.entries, lines)
        history = yield from self._fitting(whole, lines)
        if history is not None:
            placed = self._placing(history)
            given["history"] = self._history(history, lines, placed)
            marks = tuple(map(placed, session.bookmarks))
            try:
                yield from self._write(msgspec.structs.replace(session, bookmarks=marks), given)
            except FormatError:
                # Too large with its history: without it the session may still fit.
                self._blocks.clear()
            else:
                return
        self.notice = LEFT_OUT
        yield from self._write(session, {})

    def _encoded(self, entries: Iterable[Entry], lines: list[bytes]) -> Steps:
        """Put the JSON of each entry into `lines`."""
        entries = tuple(entries)
        for place, entry in enumerate(entries):
            parts = []
            for piece in _pieces(entry):
                parts.append(piece)
                yield
            lines.append(parts[0] if len(parts) == 1 else b"".join(parts))
            self.share = max(self.share, ENCODED * place / len(entries))

    def _encoded_runs(self) -> Generator[None, None, list[bytes] | None]:
        """Return the JSON of each run, None where together they are too large."""
        made = []
        for run in self._runs:
            placed = placing(run.line, run.history.start.lesson)
            history = with_bookmarks(run.history, placed)
            lines: list[bytes] = []
            yield from self._encoded(history.entries, lines)
            whole = history_object(start_of(history), Long(lines, bytes), history.position)
            parts = []
            for piece in pieces(Open(name=run.name, history=whole)):
                parts.append(piece)
                yield
            made.append(b"".join(parts))
        size = sum(map(len, made)) + max(len(made) - 1, 0) + len("[]")
        return made if size <= self._limit else None

    def _fitting(
        self, history: History, lines: list[bytes]
    ) -> Generator[None, None, History | None]:
        """Return the history in at most `limit` bytes, None where not even its start fits."""
        total = len(history.entries)
        while True:
            left = lines[total - len(history.entries) :]
            size = sum(map(len, left)) + max(len(left) - 1, 0)
            for piece in pieces(history_object(start_of(history), NOTHING, history.position)):
                size += len(piece)
                yield
            if size <= self._limit:
                return history
            entry, inside = history.position
            if not entry:
                return None
            gone = total - len(history.entries)
            fold = _known_place(self.timeline, gone, gone + max(entry // 2, 1)) - gone
            scout = Scout(self.timeline, (gone + fold, 0))
            while not scout.walk(self._until):
                self.share = ENCODED + (FOLDED - ENCODED) * scout.place[0] / (gone + fold)
                yield
            if scout.problem:
                return None
            self.timeline.checkpoints.sessions[gone + fold] = scout.session
            history = History(scout.session, history.entries[fold:], (entry - fold, inside))

    def _placing(self, history: History) -> Placed:
        """Return what gives each bookmark its position behind what was folded."""
        timeline = self.timeline
        return placing(
            timeline.line, timeline.session.lesson, len(timeline.line) - len(history.entries)
        )

    def _history(self, history: History, lines: list[bytes], placed: Placed) -> Open:
        """Return the history as it is written; of `lines`, those with bookmarks are made anew."""
        kept = lines[len(lines) - len(history.entries) :]
        for place, entry in enumerate(history.entries):
            moved = placed_entry(entry, placed)
            if moved is not entry:
                kept[place] = b"".join(_pieces(moved))
        return history_object(start_of(history), Long(kept, bytes), history.position)

    def _write(self, session: Session, given: dict[str, Any]) -> Steps:
        """Put the file's bytes together, in blocks; FormatError where they are too many."""
        block: list[bytes] = []
        size, start = 0, self.share
        for piece in encoding(session, given):
            block.append(piece)
            size += len(piece)
            if size >= BLOCK:
                self._blocks.append(b"".join(block))
                block, size = [], 0
                self.share += (1.0 - self.share) / 8
            yield
        self._blocks.append(b"".join(block))
        self.share = max(start, self.share)


NOTHING: Final = Long((), bytes)


def _pieces(entry: Entry) -> Iterable[bytes]:
    return pieces(shaped_entry(entry))


def with_curve(timeline: Timeline) -> Session:
    """Return the session at the position with its loss curve up to there."""
    session = timeline.session
    progress = session.progress
    if progress.iteration:
        curve = timeline.curve.until(progress.iteration)
        progress = msgspec.structs.replace(progress, curve=curve)
    return msgspec.structs.replace(session, progress=progress, history=msgspec.UNSET)


def _known_place(timeline: Timeline, gone: int, wanted: int) -> int:
    """Return the entry nearest before `wanted`, but after `gone`, that needs no replaying."""
    known = (index for index in timeline.checkpoints.sessions if gone < index <= wanted)
    return max(known, default=wanted)
