"""A file made in slices between the window's own work, and written beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from bpviz.document.job import Job
from bpviz.engine.csv_cells import Progress
from bpviz.model.files import atomic_write

# Seconds for which a slice waits for the disk, so that waiting costs no work.
NAP: Final = 0.004
# How much of all is done once the bytes are there.
MADE: Final = 0.9


class Making(Protocol):
    """Bytes made in slices."""

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""

    @property
    def ended(self) -> bool:
        """Whether all is done."""

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` returns True, or to the end."""

    def result(self) -> list[bytes]:
        """Return the bytes of the finished work, or raise why there are none."""


class Writing:
    """Makes the bytes of a file in slices, and lets a thread write them whole or not at all."""

    def __init__(self, making: Making, path: Path) -> None:
        self.path = path
        self._making = making
        self._job: Job[None] | None = None
        self._fault: Exception | None = None

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return MADE * self._making.share

    @property
    def ended(self) -> bool:
        """Whether all is done, well or not."""
        return self._fault is not None or (self._job is not None and self._job.done)

    @property
    def waits(self) -> bool:
        """Whether all that is left is done by the disk."""
        return self._making.ended and not self.ended

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` says so; while the disk is at work, wait a little."""
        while not self.ended:
            if not self._making.ended:
                self._making.work(until)
            elif self._job is None:
                self._start()
            else:
                self._job.wait(NAP)
            if until():
                return

    def result(self) -> None:
        """Raise what went wrong: what the making raises, or OSError from the disk."""
        if self._fault is not None:
            raise self._fault
        assert self._job is not None
        self._job.result()

    def cancel(self) -> None:
        """Give it up: what was in the file stays."""
        if self._job is not None:
            self._job.cancel()

    def _start(self) -> None:
        try:
            blocks = self._making.result()
        except Exception as fault:  # raised again by `result`
            self._fault = fault
        else:
            self._job = Job(partial(_write, self.path, blocks))
            self._job.start()


def _write(path: Path, blocks: list[bytes], progress: Progress) -> None:
    atomic_write(path, blocks, partial(progress, 0.0))
