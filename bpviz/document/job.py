"""Long work on plain data beside the window: a thread that can be watched, cancelled and asked."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bpviz.engine.csv_cells import Progress

Result = TypeVar("Result")
# How long a cancelled job is waited for: it asks whether to go on far more often than this.
PATIENCE = 2.0
THREAD = "bpviz-job"


class Job(Generic[Result]):
    """Runs `work(progress)` in a thread; all else is asked from the window's own thread.

    The work may touch neither widgets nor session: it reads files and makes plain data. While
    any goes on Python's collector is off, which could otherwise end a widget in the wrong thread.
    """

    def __init__(self, work: Callable[[Progress], Result]) -> None:
        self._work = work
        self._share = 0.0
        self._cancelled = threading.Event()
        self._results: list[Result] = []
        self._fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD, daemon=True)

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return self._share

    @property
    def done(self) -> bool:
        """Whether the work has ended, well or not."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> None:
        """Leave the work alone until it has ended, for `seconds` at most."""
        self._thread.join(seconds)

    def start(self) -> None:
        """Begin."""
        gc.disable()
        self._thread.start()

    def cancel(self) -> None:
        """Give the work up; nothing comes of it."""
        self._cancelled.set()
        self._end()

    def result(self) -> Result:
        """Return what came of the finished work, or raise what it has raised."""
        self._end()
        if self._fault is not None:
            raise self._fault
        return self._results[0]

    def _end(self) -> None:
        self._thread.join(PATIENCE)
        # The last one to end lets the collector in again.
        if all(thread.name != THREAD for thread in threading.enumerate()):
            gc.enable()

    def _run(self) -> None:
        try:
            self._results.append(self._work(self._report))
        except Exception as fault:  # raised again by `result`
            self._fault = fault

    def _report(self, share: float) -> bool:
        self._share = share
        return not self._cancelled.is_set()
