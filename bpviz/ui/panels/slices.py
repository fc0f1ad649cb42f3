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
    """Does one piece of work; `advanced` tells after each slice, `ended` when it is done."""

    advanced = Signal()
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._work: Work | None = None
        self._deadline = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def busy(self) -> bool:
        """Whether there is work under way."""
        return self._work is not None

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        return 0.0 if self._work is None else self._work.share

    def begin(self, work: Work) -> None:
        """Do `work`; what was under way is given up."""
        self._work = work
        self._timer.start()

    def cancel(self) -> None:
        """Give up what is under way."""
        self._work = None
        self._timer.stop()

    def _is_over(self) -> bool:
        return perf_counter() >= self._deadline

    def _on_timeout(self) -> None:
        if self._work is None:
            return
        self._deadline = perf_counter() + SLICE
        self._work.work(self._is_over)
        if self._work.ended:
            self.cancel()
            self.ended.emit()
        else:
            self.advanced.emit()
