"""Recovery files: a copy of what is not saved yet, for the case that the program ends by force."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from time import perf_counter
from typing import Final

from PySide6.QtCore import QLockFile, QObject, QTimer

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.slices import Slices, time_over
from bpviz.document.writing import Writing
from bpviz.model.files import FormatError

logger = logging.getLogger(__name__)

DELAY_MS: Final = 5_000
# Writing may take this share of the time at most: large histories are written less often.
LARGEST_SHARE: Final = 0.02
# Seconds of a slice, ms between two, and what is done without any.
SLICE: Final = 0.008
BREAK: Final = 8
AT_ONCE: Final = 0.016
ENDING: Final = ".bpviz.json"
NOT_WRITTEN: Final = "no recovery file was written: %s"


class Autosave(QObject):
    """Writes unsaved changes into a file in `folder` some seconds after the last one.

    The file goes when the document is saved or closed; a lock beside it tells, to the next start,
    whether the program that wrote it still runs. During a run nothing is written: it is one entry
    of the history only once it pauses.
    """

    def __init__(self, document: Document, player: Player, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._path = folder / f"{os.getpid()}-{id(document):x}{ENDING}"
        self._lock: QLockFile | None = None
        self._writing: Writing | None = None
        self._started = 0.0
        self._slices = Slices(self, rest=BREAK)
        self._slices.ended.connect(self._on_ended)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.write)
        document.file_changed.connect(self._on_file_changed)
        self._on_file_changed()

    @property
    def path(self) -> Path:
        """The recovery file, which is there only while changes are unsaved."""
        return self._path

    def write(self, *, at_once: bool = False) -> None:
        """Write the recovery file, a large one in slices, or all `at_once`.

        Where the disk refuses, the log says so and work goes on.
        """
        self._timer.stop()
        if not self._document.dirty:
            return
        if self._player.running or (self.busy and not at_once):
            self._timer.start()
            return
        self._give_up()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            logger.warning(NOT_WRITTEN, fault)
            return
        self._hold_lock()
        self._started = perf_counter()
        self._writing = Writing(self._document.encoding(), self._path)
        # What is soon done is done at once; the rest in slices that nobody feels.
        self._writing.work(bool if at_once else time_over(AT_ONCE))
        if self._writing.ended:
            self._on_ended()
        else:
            self._slices.begin(self._writing, SLICE)

    def _on_ended(self) -> None:
        writing, self._writing = self._writing, None
        assert writing is not None
        try:
            writing.result()
        except (OSError, FormatError) as fault:
            logger.warning(NOT_WRITTEN, fault)
        cost = perf_counter() - self._started
        self._timer.setInterval(max(DELAY_MS, round(1000 * cost / LARGEST_SHARE)))

    def _give_up(self) -> None:
        """Leave the recovery file as it is; one under way is not finished."""
        self._slices.cancel()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    @property
    def busy(self) -> bool:
        """Whether a recovery file is being written."""
        return self._writing is not None

    def end(self) -> None:
        """Stop, and take the recovery file away: all is saved, or given up on purpose."""
        self._timer.stop()
        self._give_up()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _on_file_changed(self) -> None:
        if self._document.dirty:
            self._timer.start()
        else:
            self.end()

    def _hold_lock(self) -> None:
        if self._lock is None:
            self._lock = _lock_of(self._path)
            self._lock.tryLock(0)


def left_behind(folder: Path) -> list[Path]:
    """Return the recovery files of programs that no longer run, the newest first."""
    found = []
    for path in folder.glob(f"*{ENDING}"):
        lock = _lock_of(path)
        if lock.tryLock(0):
            lock.unlock()
            found.append(path)
    return sorted(found, key=_age, reverse=True)


def _age(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _lock_of(path: Path) -> QLockFile:
    """Return the lock beside a recovery file, which only the end of its program makes stale."""
    lock = QLockFile(str(path.with_name(path.name.removesuffix(ENDING) + ".lock")))
    lock.setStaleLockTime(0)
    return lock
