"""What a save writes: the session with its curve, and as much history as fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from bpviz.document.placing import placing, with_bookmarks
from bpviz.document.runs import VIEW_KEY
from bpviz.document.scout import Scout
from bpviz.document.timeline import Timeline
from bpviz.model.edit import Edit
from bpviz.model.files import FormatError
from bpviz.model.history import ABSENT_KEYS, History, save_history
from bpviz.model.schema import Curve, SavedRun, Session
from bpviz.model.session import encode_session

HISTORY_LIMIT: Final = 16 * 1024 * 1024
# Bytes of the keys that hold a history together.
FRAME: Final = 256
LEFT_OUT: Final = (
    "The history is too large to be saved and was left out; the session itself is saved"
)


def encode_with_history(
    timeline: Timeline,
    runs: tuple[SavedRun, ...] = (),
    curves: Mapping[str, Curve] | None = None,
    limit: int = HISTORY_LIMIT,
) -> tuple[bytes, str]:
    """Return the bytes of the session at the timeline's position, and a notice or "".

    `curves` are the losses of the runs, by name. History and kept runs take at most `limit` bytes
    each: of the history, the oldest entries are folded into its start. FormatError where
    the session is too large even without both.
    """
    session = with_curve(timeline)
    if len(msgspec.json.encode(runs)) <= limit:
        view = {key: each for key, each in session.view.items() if key != VIEW_KEY}
        if curves:
            view[VIEW_KEY] = msgspec.to_builtins(curves)
        session = msgspec.structs.replace(session, runs=runs, view=view)
    if not timeline.history.entries and not session.runs:
        return encode_session(session), ""
    history = _fitting_history(timeline, limit)
    if history is not None:
        folded = len(timeline.line) - len(history.entries)
        placed = placing(timeline.line, session.lesson, folded)
        saved = save_history(with_bookmarks(history, placed))
        placed_session = msgspec.structs.replace(
            session, history=saved, bookmarks=tuple(map(placed, session.bookmarks))
        )
        try:
            return encode_session(placed_session), ""
        except FormatError:
            # Too large with its history: without it the session may still fit.
            history = None
    return encode_session(msgspec.structs.replace(session, runs=())), LEFT_OUT


def with_curve(timeline: Timeline) -> Session:
    """Return the session at the position with its loss curve up to there."""
    session = timeline.session
    progress = session.progress
    if progress.iteration:
        curve = timeline.curve.until(progress.iteration)
        progress = msgspec.structs.replace(progress, curve=curve)
    return msgspec.structs.replace(session, progress=progress, history=msgspec.UNSET)


def _fitting_history(timeline: Timeline, limit: int) -> History | None:
    """Return the history in at most `limit` bytes, None where not even its start fits."""
    history = timeline.history
    while True:
        if _most_bytes(history) <= limit:
            return history
        if len(msgspec.json.encode(save_history(history))) <= limit:
            return history
        entry, inside = history.position
        if not entry:
            return None
        gone = len(timeline.line) - len(history.entries)
        fold = _known_place(timeline, gone, gone + max(entry // 2, 1)) - gone
        scout = Scout(timeline, (gone + fold, 0))
        scout.walk(lambda: False)
        if scout.problem:
            return None
        history = History(scout.session, history.entries[fold:], (entry - fold, inside))


def _most_bytes(history: History) -> int:
    """Return how many bytes `history` takes at most in a file; quick, unlike writing it.

    What is written leaves keys out; all it adds is null, where there was no lesson or notation.
    """
    start = history.start
    parts = (start.network, start.data, start.training, start.progress, history.entries)
    added = sum(
        len('"before":null,"after":null,')
        for entry in history.entries
        if isinstance(entry, Edit)
        for change in entry.changes
        if change.key in ABSENT_KEYS
    )
    return sum(len(msgspec.json.encode(part)) for part in parts) + added + FRAME


def _known_place(timeline: Timeline, gone: int, wanted: int) -> int:
    """Return the entry nearest before `wanted`, but after `gone`, that needs no replaying."""
    known = (index for index in timeline.checkpoints.sessions if gone < index <= wanted)
    return max(known, default=wanted)
