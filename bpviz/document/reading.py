"""A session file read beside the window: what is open stays until the new one is whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bpviz.document.job import Job
from bpviz.document.writing import NAP
from bpviz.engine.csv_cells import Progress
from bpviz.model.schema import Loaded
from bpviz.model.session import read_session

# Bytes read and understood in a second, roughly: how far it is can only be guessed.
PACE: Final = 12_000_000
LONGEST_GUESS: Final = 0.95


class Reading:
    """Reads the file at `path` in a thread; in the end `result` is its session, or why not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guess = 0.0
        try:
            self._pace = PACE / max(path.stat().st_size, 1)
        except OSError:
            self._pace = float(PACE)
        self._job = Job(partial(_read, path))
        self._job.start()

    @property
    def share(self) -> float:
        """How much is done, 0 to 1: a guess from the size of the file."""
        return LONGEST_GUESS * self._guess / (1.0 + self._guess)

    @property
    def ended(self) -> bool:
        """Whether all is read, well or not."""
        return self._job.done

    @property
    def waits(self) -> bool:
        """Whether there is nothing to do but to wait."""
        return not self._job.done

    def work(self, until: Callable[[], bool]) -> None:
        """Wait until `until` says so, or to the end."""
        while not self.ended:
            self._job.wait(NAP)
            self._guess += NAP * self._pace
            if until():
                return

    def result(self) -> Loaded:
        """Return the session with notices; FormatError or OSError."""
        return self._job.result()

    def cancel(self) -> None:
        """Let go what was read; where it is still under way, nothing comes of it."""
        if self._job.done:
            self._job.cancel()


def _read(path: Path, _progress: Progress) -> Loaded:
    return read_session(path)
