"""Going far along a line of history without holding anything up: a scout goes ahead in slices."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from bpviz.document.timeline import Timeline
from bpviz.engine.errors import NonFinite
from bpviz.model.edit import EditError
from bpviz.model.history import Place

# What takes no longer than this, in seconds, is done at once.
AT_ONCE: Final = 0.3
SLICE: Final = 0.015


class _OutOfTimeError(Exception):
    """The slice of time is used up."""


class Scout(Timeline):
    """Walks the line of another timeline to `goal`, and leaves it the checkpoints it passes.

    Where it has been the other goes at once. The other stays where it is, whatever happens here.
    """

    def __init__(self, timeline: Timeline, goal: Place) -> None:
        super().__init__(timeline.session)
        self._line, self._place = timeline.line, timeline.place
        self._state = timeline.state.copy()
        self.checkpoints, self._curves = timeline.checkpoints, timeline.curves
        self._until: Callable[[], bool] = bool
        self._goal = self._line.normal(goal)
        self._left = 0
        self._total = 1

    @property
    def share(self) -> float:
        """How much of the way is done, 0 to 1."""
        return min(max(1.0 - self._left / self._total, 0.0), 1.0)

    def walk(self, until: Callable[[], bool]) -> bool:
        """Go on until `until` says so; return whether the goal is reached."""
        self._until = until
        try:
            self.go(self._goal)
        except _OutOfTimeError:
            self._left = self._line.distance(self._place, self._goal)
            self._total = max(self._total, self._left)
            return False
        except (NonFinite, EditError):
            # The line can be walked no further: going there tells why.
            return True
        return True

    def _replay(self, count: int) -> None:
        entry, inside = self._place
        trainer = self._workshop.replayer(self._base, self._line, entry)
        if not inside:
            self.checkpoints.remember(entry, self.session, self.state)
        goal = inside + count
        while inside < goal:
            step = min(goal - inside, self._to_next_stop(inside))
            trainer.advance(self.state, step)
            inside += step
            self._pass(entry, inside, trainer.kernel_name)
            self._place = (entry, inside)
            if self._until():
                self.checkpoints.add(self._place, self.state)
                raise _OutOfTimeError


class Travel(QObject):
    """One way along the line at a time. `changed` tells that it began, went on or ended."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._scout: Scout | None = None
        self._arrive: Callable[[], None] | None = None
        self._deadline = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_timeout)

    @property
    def busy(self) -> bool:
        """Whether the way is still being walked."""
        return self._scout is not None

    @property
    def share(self) -> float:
        """How much of the way is done, 0 to 1."""
        return self._scout.share if self._scout is not None else 0.0

    def is_near(self, timeline: Timeline, place: Place, arrive: Callable[[], None]) -> bool:
        """Return whether `timeline` gets to `place` at once; else call `arrive` when it would."""
        self.cancel()
        if _is_known(timeline, place):
            return True
        scout = Scout(timeline, place)
        self._deadline = perf_counter() + AT_ONCE
        if scout.walk(self._is_over):
            return True
        self._scout, self._arrive = scout, arrive
        self._timer.start()
        self.changed.emit()
        return False

    def cancel(self) -> None:
        """Stay where the line stands."""
        if self._scout is not None:
            self._timer.stop()
            self._scout = self._arrive = None
            self.changed.emit()

    def _is_over(self) -> bool:
        return perf_counter() >= self._deadline

    def _on_timeout(self) -> None:
        if self._scout is None:
            return
        self._deadline = perf_counter() + SLICE
        if not self._scout.walk(self._is_over):
            self.changed.emit()
            return
        arrive = self._arrive
        self.cancel()
        if arrive is not None:
            arrive()


def _is_known(timeline: Timeline, place: Place) -> bool:
    """Whether the position or a checkpoint lies right before `place`."""
    kept = timeline.checkpoints.last_before(place)
    starts = [each for each in (kept, timeline.place) if each is not None and each <= place]
    near = min((timeline.line.distance(each, place) for each in starts), default=None)
    return near is not None and near <= timeline.checkpoints.spacing
