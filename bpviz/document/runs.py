"""Runs kept beside the active one: whole history lines that can be compared and gone back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from bpviz.document.checkpoints import BUDGET, Checkpoints
from bpviz.document.curves import Curves
from bpviz.document.line import Line
from bpviz.document.timeline import Timeline
from bpviz.engine.curve import LossCurve
from bpviz.model.history import History, restore_history
from bpviz.model.schema import Curve, SavedHistory, Session

MAX_RUNS: Final = 8
# Under this key of a session's `view` the losses of its runs are written, this many points each.
VIEW_KEY: Final = "run_curves"
CURVE_POINTS: Final = 500


@dataclass(frozen=True)
class Run:
    """A line of history with a name and its loss curves.

    A ghost is what an edit in the past put aside: it can be compared with and gone back to, but
    is saved only once it is kept.
    """

    name: str
    history: History
    curves: Curves
    is_ghost: bool = False

    @property
    def line(self) -> Line:
        """The line of the history."""
        return Line.of(self.history)

    @property
    def leg(self) -> int:
        """The leg that the run's end lies on."""
        line = self.line
        return line.leg(line.end)

    @property
    def curve(self) -> LossCurve:
        """The losses of the last leg; empty where they were never measured."""
        return self.curves.of_leg(self.leg)

    @property
    def last_iteration(self) -> int:
        """Updates applied at the end of the line."""
        line = self.line
        return line.iteration_at(line.end)


class Runs:
    """The runs of a session but for the active one, at most seven; the oldest ghosts make room."""

    def __init__(self, session: Session) -> None:
        self.kept: list[Run] = []
        self._timelines: dict[int, tuple[History, Timeline]] = {}
        self._checkpoints: list[tuple[History, Checkpoints]] = []
        # What a history does not hold of its start (title, notes, bookmarks …) is the line's own.
        own = session.history
        start = restore_history(own, session).start if isinstance(own, SavedHistory) else session
        for saved in session.runs:
            history = restore_history(saved.history, start)
            run = Run(saved.name, history, Curves())
            run.curves.by_leg[run.leg] = _saved_curve(session, saved.name)
            self.kept.append(run)
        self.active_name = self._free_name()

    def _free_name(self) -> str:
        taken = {run.name for run in self.kept} | {getattr(self, "active_name", "")}
        return next(name for n in range(1, 99) if (name := f"Run {n}") not in taken)

    @property
    def is_full(self) -> bool:
        """Whether no more runs can be kept for good."""
        return sum(not run.is_ghost for run in self.kept) >= MAX_RUNS - 1

    def put_aside(
        self, history: History, curves: Curves, checkpoints: Checkpoints, *, ghost: bool = True
    ) -> None:
        """Put a line aside under the active run's name; what goes on gets a new one.

        Where there are too many, the oldest ghost goes; a run that was kept never does.
        """
        self.kept.append(Run(self.active_name, history, curves, is_ghost=ghost))
        self._remember(history, checkpoints)
        self.active_name = self._free_name()
        if len(self.kept) >= MAX_RUNS:
            self.delete(next(i for i, run in enumerate(self.kept) if run.is_ghost))

    def keep(self, index: int, name: str) -> None:
        """Keep the run at `index` for good, under `name`."""
        self.kept[index] = replace(self.kept[index], name=name, is_ghost=False)

    def rename(self, index: int, name: str) -> None:
        """Call the run at `index` `name`, the active one where that is −1."""
        if index < 0:
            self.active_name = name
        else:
            self.kept[index] = replace(self.kept[index], name=name)

    def delete(self, index: int) -> None:
        """Drop the run at `index`."""
        del self.kept[index]
        self._timelines.clear()

    def switch(self, index: int, active: Timeline) -> Timeline:
        """Put the active line among the kept and return the one at `index` instead."""
        run, timeline = self.kept[index], self.timeline(index)
        timeline.go(run.history.position)
        self.kept[index] = Run(self.active_name, active.history, active.curves)
        self._timelines = {index: (self.kept[index].history, active)}
        self._remember(self.kept[index].history, active.checkpoints)
        self.active_name = run.name
        return timeline

    def timeline(self, index: int) -> Timeline:
        """Return a line to walk the run at `index` on, with what was kept on the last walk."""
        run = self.kept[index]
        held = self._timelines.get(index)
        if held is None or held[0] is not run.history:
            start = History(run.history.start, run.history.entries, (0, 0))
            held = self._timelines[index] = (run.history, Timeline.of(start, run.curves))
            for history, checkpoints in self._checkpoints:
                if history is run.history:
                    held[1].checkpoints = checkpoints
        return held[1]

    def _remember(self, history: History, checkpoints: Checkpoints) -> None:
        """Keep the checkpoints of a line: on all together no more memory goes than on one.

        The lines left longest ago have to be replayed first.
        """
        there = [run.history for run in self.kept]
        kept = [each for each in self._checkpoints if any(each[0] is line for line in there)]
        self._checkpoints = [*kept, (history, checkpoints)]
        while sum(each.size for _, each in self._checkpoints) > BUDGET:
            del self._checkpoints[0]


def saved_curves(runs: Iterable[Run]) -> dict[str, Curve]:
    """Return the loss curves of runs as they are written, thinned, by their names."""
    return {run.name: run.curve.thinned(CURVE_POINTS) for run in runs}


def _saved_curve(session: Session, name: str) -> LossCurve:
    """Return what a session's view remembers of a run's losses."""
    curves = session.view.get(VIEW_KEY)
    try:
        return LossCurve.of(msgspec.convert(dict(curves or {}).get(name, {}), Curve))
    except (msgspec.ValidationError, TypeError, ValueError):
        return LossCurve()


def without_runs(session: Session) -> Session:
    """Return `session` as a line of its own starts from it."""
    return msgspec.structs.replace(session, runs=())
