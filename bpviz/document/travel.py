"""Long ways along a line of history, one at a time, in slices between the window's own work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import thread_time
from typing import Final

from PySide6.QtCore import QObject, Signal

from bpviz.document.pioneer import Pioneer
from bpviz.document.scout import Scout
from bpviz.document.slices import Slices
from bpviz.document.timeline import Timeline
from bpviz.engine.datasets import batch_size
from bpviz.model.history import Place, Train

# What takes no longer than this, in seconds of work, is done at once.
AT_ONCE: Final = 0.03
SLICE: Final = 0.015
# Multiplications that are done at once without trying out how long they take.
NEAR_WORK: Final = 20_000_000
# The calls of an iteration, however small, cost as much time as this many multiplications.
CALLS: Final = 20_000


class Travel(QObject):
    """One way along a line at a time. `changed` tells that it began, went on or ended."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scout: Scout | None = None
        self._arrive: Callable[[], None] | None = None
        self._slices = Slices(self)
        self._slices.advanced.connect(self.changed)
        self._slices.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether the way is still being walked."""
        return self._scout is not None

    @property
    def share(self) -> float:
        """How much of the way is done, 0 to 1."""
        return self._slices.share

    def is_near(self, timeline: Timeline, place: Place, arrive: Callable[[], None]) -> bool:
        """Return whether `timeline` gets to `place` at once; else call `arrive` once it is there.

        A line that can be walked no further stays where it is: `failed` tells why.
        """
        self.cancel()
        if is_quick(timeline, _replays(timeline, place)):
            return True
        scout = Scout(timeline, place)
        if not self._set_out(scout, partial(_meet, timeline, scout, arrive)):
            return False
        timeline.meet(scout)
        return True

    def visit(self, timeline: Timeline, place: Place, then: Callable[[Timeline], None]) -> None:
        """Call `then` with a line that stands at `place`, at once or later.

        `timeline` itself stays where it is.
        """
        self.cancel()
        scout = Scout(timeline, place)
        if self._set_out(scout, partial(then, scout)):
            then(scout)

    def train(self, timeline: Timeline, count: int, then: Callable[[Timeline], None]) -> None:
        """Call `then` with a copy of `timeline` trained `count` iterations on behind its end.

        `timeline` itself stays where it is, and as long as it is.
        """
        self.cancel()
        pioneer = Pioneer(timeline, count)
        if self._set_out(pioneer, partial(then, pioneer)):
            then(pioneer)

    def cancel(self) -> None:
        """Stay where the line stands."""
        if self._scout is not None:
            self._slices.cancel()
            self._scout = self._arrive = None
            self.changed.emit()

    def _set_out(self, scout: Scout, arrive: Callable[[], None]) -> bool:
        """Let `scout` walk; return whether it is there at once, else `arrive` is called later."""
        end = thread_time() + AT_ONCE
        if scout.walk(lambda: thread_time() >= end):
            if scout.problem:
                self.failed.emit(scout.problem)
            return not scout.problem
        self._scout, self._arrive = scout, arrive
        self._slices.begin(scout, SLICE)
        self.changed.emit()
        return False

    def _on_ended(self) -> None:
        if self._scout is None:
            return
        arrive, problem = self._arrive, self._scout.problem
        self.cancel()
        if problem:
            self.failed.emit(problem)
        elif arrive is not None:
            arrive()


def _meet(timeline: Timeline, scout: Scout, arrive: Callable[[], None]) -> None:
    timeline.meet(scout)
    arrive()


def is_quick(timeline: Timeline, count: int) -> bool:
    """Whether training `count` iterations at the position takes no time that anybody feels."""
    return count <= timeline.checkpoints.spacing and work(timeline, count) <= NEAR_WORK


def work(timeline: Timeline, count: int) -> int:
    """Return roughly how many multiplications `count` iterations at the position take."""
    return count * _cost(timeline)


def _cost(timeline: Timeline) -> int:
    """Roughly how many multiplications an iteration at the position takes."""
    base, workshop = timeline.base, timeline.workshop
    if workshop.problem(base):
        return CALLS
    batch = batch_size(workshop.rows(base).count, base.training)
    return CALLS + workshop.program(base).theta_size * batch


def _replays(timeline: Timeline, place: Place) -> int:
    """Return how many iterations going to `place` would train anew."""
    line, checkpoints = timeline.line, timeline.checkpoints
    place = line.normal(place)
    start = (max(index for index in checkpoints.sessions if index <= place[0]), 0)
    if timeline.place <= place:
        start = max(start, timeline.place)
    total = 0
    for entry in range(start[0], place[0] + 1):
        train = line.entry(entry)
        if isinstance(train, Train):
            goal = place[1] if entry == place[0] else train.train
            kept = checkpoints.nearest((entry, goal))
            inside = start[1] if entry == start[0] else 0
            total += goal - max(inside, kept.place[1] if kept is not None else 0)
    return total
