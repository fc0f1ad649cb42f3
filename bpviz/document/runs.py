"""Runs kept beside the active one: whole history lines that can be compared and gone back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from bpviz.document.curves import Curves
from bpviz.document.line import Line
from bpviz.document.timeline import Timeline
from bpviz.engine.curve import LossCurve
from bpviz.model.history import History, restore_history, save_history
from bpviz.model.schema import SavedRun, Session

MAX_RUNS: Final = 8


@dataclass(frozen=True)
class Run:
    """A line of history with a name and its loss curve.

    A ghost is what an edit in the past put aside: it can be compared with and gone back to, but
    is saved only once it is kept.
    """

    name: str
    history: History
    curves: Curves
    is_ghost: bool = False

    @property
    def curve(self) -> LossCurve:
        """The losses of the leg that the run stands on."""
        return self.curves.of_leg(Line.of(self.history).leg(self.history.position))


class Runs:
    """The runs of a session but for the active one, at most seven; the oldest make room."""

    def __init__(self, session: Session) -> None:
        self.kept: list[Run] = []
        for saved in session.runs:
            history = restore_history(saved.history, session)
            self.kept.append(Run(saved.name, history, Curves()))
        self.active_name = self._free_name()

    def _free_name(self) -> str:
        taken = {run.name for run in self.kept} | {getattr(self, "active_name", "")}
        return next(name for n in range(1, 99) if (name := f"Run {n}") not in taken)

    def put_aside(self, history: History, curves: Curves) -> None:
        """Make a line a ghost under the active run's name; what goes on gets a new one."""
        self.kept.append(Run(self.active_name, history, curves, is_ghost=True))
        del self.kept[: -(MAX_RUNS - 1)]
        self.active_name = self._free_name()

    def keep(self, index: int, name: str) -> None:
        """Keep the run at `index` for good, under `name`."""
        self.kept[index] = replace(self.kept[index], name=name, is_ghost=False)

    def switch(self, index: int, active: Timeline) -> Timeline:
        """Put the active line among the kept and return the one at `index` instead."""
        run = self.kept[index]
        timeline = Timeline.of(run.history, run.curves)
        self.kept[index] = Run(self.active_name, active.history, active.curves)
        self.active_name = run.name
        return timeline

    def saved(self) -> tuple[SavedRun, ...]:
        """Return the runs as they are written, ghosts left out."""
        return tuple(
            SavedRun(run.name, save_history(run.history)) for run in self.kept if not run.is_ghost
        )


def without_runs(session: Session) -> Session:
    """Return `session` as a line of its own starts from it."""
    return msgspec.structs.replace(session, runs=())
