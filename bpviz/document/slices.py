"""Long work in slices between the window's own: shown as it goes, cancelled at any time."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

SLICE: Final = 0.012


class Work(Protocol):
    """What can be done in slices: `work` goes on until it is told that its time is over."""

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""

    @property
    def ended(self) -> bool:
        """Whether all is done."""

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` returns True, or to the end."""


class Slices(QObject):
    """Does one piece of work; `advanced` tells after each slice, `ended` when it is done.

    `rest` is how many milliseconds the window has for itself between two slices, at least.
    """

    advanced = Signal()
    ended = Signal()

    def __init__(self, parent: QObject, rest: int = 0) -> None:
        super().__init__(parent)
        self._work: Work | None = None
        self._rest = rest
        self._seconds = SLICE
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def busy(self) -> bool:
        """Whether there is work under way."""
        return self._work is not None

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        return 0.0 if self._work is None else self._work.share

    def begin(self, work: Work, seconds: float = SLICE, delay: int = 0) -> None:
        """Do `work` in slices of `seconds`, the first in `delay` milliseconds.

        What was under way is given up.
        """
        self._work, self._seconds = work, seconds
        self._timer.start(delay)

    def wait(self, delay: int) -> None:
        """Leave the next slice of what is under way until `delay` milliseconds from now."""
        if self.busy:
            self._timer.start(delay)

    def cancel(self) -> None:
        """Give up what is under way."""
        self._work = None
        self._timer.stop()

    def _on_timeout(self) -> None:
        work = self._work
        if work is None:
            return
        # Before the work, which may give itself up or ask to wait.
        self._timer.start(self._rest)
        work.work(time_over(self._seconds))
        if self._work is not work:
            return
        if work.ended:
            self.cancel()
            self.ended.emit()
        else:
            self.advanced.emit()


def time_over(seconds: float) -> Callable[[], bool]:
    """Return what tells whether `seconds` from now have passed."""
    deadline = perf_counter() + seconds
    return lambda: perf_counter() >= deadline
