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
from bpviz.model.files import FormatError, atomic_write

logger = logging.getLogger(__name__)

DELAY_MS: Final = 5_000
# Writing may take this share of the time at most: large histories are written less often.
LARGEST_SHARE: Final = 0.02
ENDING: Final = ".bpviz.json"


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

    def write(self) -> None:
        """Write the recovery file now; where the disk refuses, the log says so and work goes on."""
        self._timer.stop()
        if not self._document.dirty:
            return
        if self._player.running:
            self._timer.start()
            return
        started = perf_counter()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._hold_lock()
            atomic_write(self._path, self._document.encoded())
        except (OSError, FormatError) as fault:
            logger.warning("no recovery file was written: %s", fault)
        cost = perf_counter() - started
        self._timer.setInterval(max(DELAY_MS, round(1000 * cost / LARGEST_SHARE)))

    def end(self) -> None:
        """Stop, and take the recovery file away: all is saved, or given up on purpose."""
        self._timer.stop()
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
