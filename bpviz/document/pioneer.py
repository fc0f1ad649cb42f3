"""A pioneer: it trains on behind the end of a line of history, in slices, on a line of its own."""

from __future__ import annotations

from collections.abc import Callable

from bpviz.document.scout import Scout
from bpviz.document.timeline import Timeline
from bpviz.engine.errors import NonFinite


class Pioneer(Scout):
    """Walks to the end of another's line and trains `count` iterations more.

    The other keeps its line, whatever happens here, until it is told to `adopt` this one.
    """

    def __init__(self, timeline: Timeline, count: int) -> None:
        super().__init__(timeline, timeline.line.end)
        self._line, self.checkpoints = self._line.copy(), self.checkpoints.copy()
        self._curves = self._curves.copy()
        self._count = self._untrained = count

    @property
    def share(self) -> float:
        """How much of the training is done, 0 to 1; the way to it is none of it."""
        return 1.0 - self._untrained / self._count

    def walk(self, until: Callable[[], bool]) -> bool:
        """Go on until `until` says so; return whether it is done, or `problem` tells why not."""
        if not super().walk(until):
            return False
        self.problem = self.problem or self._workshop.problem(self._base)
        if self.problem:
            return True
        try:
            self._untrained -= self.advance(self._untrained, until, by="step")
        except NonFinite as error:
            self.problem = str(error)
        self._goal = self._place  # the way is behind it: from now on it only trains
        return bool(self.problem) or not self._untrained
