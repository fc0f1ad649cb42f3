"""A scout: it goes ahead along a line of history, in slices of work, while the line stays."""

from __future__ import annotations

from collections.abc import Callable

from bpviz.document.timeline import Timeline
from bpviz.engine.errors import NonFinite
from bpviz.model.edit import EditError
from bpviz.model.history import Place


class _OutOfTimeError(Exception):
    """The slice of time is used up."""


class Scout(Timeline):
    """Walks the line of another timeline to `goal`, and leaves it the checkpoints it passes.

    The other stays where it is, whatever happens here, until it is told to `meet` the scout.
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
        self.problem = ""
        self.ended = False
        """Whether the walk is over: it is at the goal, or can be walked no further."""

    @property
    def share(self) -> float:
        """How much of the way is done, 0 to 1."""
        return min(max(1.0 - self._left / self._total, 0.0), 1.0)

    def work(self, until: Callable[[], bool]) -> None:
        """Go on until `until` says so, or to the end of the walk."""
        self.ended = self.walk(until)

    def walk(self, until: Callable[[], bool]) -> bool:
        """Go on until `until` says so; return whether the walk is over.

        It is at the goal, or where the line can be walked no further: `problem` tells why.
        """
        self._until = until
        try:
            self.go(self._goal)
        except _OutOfTimeError:
            self._left = self._line.distance(self._place, self._goal)
            self._total = max(self._total, self._left)
            return False
        except (NonFinite, EditError) as error:
            self.problem = str(error)
        return True

    def _crossed(self) -> None:
        if self._place != self._goal and self._until():
            raise _OutOfTimeError

    def _replay(self, count: int) -> None:
        entry, inside = self._place
        trainer = self._workshop.replayer(self._base, self._line, entry)
        if not inside:
            self.checkpoints.remember(entry, self.session, self.state)
        passage = self._passage(trainer, (entry, inside))
        try:
            done = passage.train(count, self._until)
        finally:
            self._place = passage.place
        if done < count or self._until():
            raise _OutOfTimeError
