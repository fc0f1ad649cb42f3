"""The history line and the state on it: edits and training, walked both ways with the same bits."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from bpviz.document.checkpoints import Checkpoints
from bpviz.document.curves import Curves
from bpviz.document.line import Line
from bpviz.document.passage import Passage
from bpviz.document.workshop import Workshop
from bpviz.engine.curve import LossCurve
from bpviz.engine.state import State, state_of, with_state
from bpviz.engine.trainer import Trainer
from bpviz.model.edit import Edit, apply
from bpviz.model.forgetting import forgetting
from bpviz.model.history import History, Place, Train, restore_history
from bpviz.model.rebase import replayed
from bpviz.model.schema import SavedHistory, Session


class Timeline:
    """One line of history with a position on it, and the state there.

    The structure at the position is that of `_base`; parameters and optimizer state are `state`.
    `session` puts the two together when it is asked for.
    """

    def __init__(self, session: Session) -> None:
        self._base = msgspec.structs.replace(session, history=msgspec.UNSET)
        history = _history_of(session, self._base)
        self._start, self._place = history.start, history.position
        self._line = Line.of(history)
        self._workshop = Workshop()
        self.checkpoints = Checkpoints()
        self.checkpoints.sessions[0] = self._start
        self._extends = ""  # "step" or "run" while new iterations join the last training entry
        self._state: State | None = None
        self._curves = Curves({self._line.leg(self._place): LossCurve.of(session.progress.curve)})

    @classmethod
    def of(cls, history: History, curves: Curves) -> Timeline:
        """Return the line `history` with its curves, at the position it names."""
        timeline = cls(history.start)
        timeline._line, timeline._curves = Line.of(history), curves
        timeline.go(history.position)
        return timeline

    # -- what stands at the position ---------------------------------------------------------

    @property
    def place(self) -> Place:
        """The position: (entries done, iterations inside the next)."""
        return self._place

    @property
    def line(self) -> Line:
        """The whole line."""
        return self._line

    @property
    def history(self) -> History:
        """The line as the model's History."""
        return History(self._start, self._line.entries, self._place)

    @property
    def curves(self) -> Curves:
        """The losses along the line."""
        return self._curves

    @property
    def curve(self) -> LossCurve:
        """The losses along that leg of the line on which the position lies."""
        return self._curves.of_leg(self._line.leg(self._place))

    @property
    def at_end(self) -> bool:
        """Whether nothing lies ahead."""
        return self._place[0] >= len(self._line)

    @property
    def workshop(self) -> Workshop:
        """What is compiled for the position: program, rows, trainer."""
        return self._workshop

    @property
    def base(self) -> Session:
        """A session with the position's structure, data and settings; weights may be older."""
        return self._base

    @property
    def state(self) -> State:
        """Parameters and optimizer state at the position."""
        if self._state is None:
            self._state = state_of(self._base, self._workshop.program(self._base))
        return self._state

    @property
    def trainer(self) -> Trainer:
        """What computes the next iteration: that of the entry ahead, or the fastest there is."""
        return self._workshop.trainer(self._base, self._line.kernel_at(self._place))

    @property
    def iteration(self) -> int:
        """Updates applied at the position."""
        return self._base.progress.iteration if self._state is None else self._state.iteration

    @property
    def last_iteration(self) -> int:
        """Updates applied at the end of the line."""
        return self._line.iteration_at(self._line.end)

    @property
    def session(self) -> Session:
        """The session at the position, whole."""
        if self._state is not None and self._state.iteration != self._base.progress.iteration:
            program = self._workshop.program(self._base)
            self._base = with_state(self._base, program, self._state)
            self._workshop.adopt(self._base, program)
        return self._base

    def snapshot(self) -> Timeline:
        """Return a line of its own that stands as this one does now, whatever becomes of this."""
        other = Timeline(self.session)
        other._start, other._line, other._place = self._start, self._line.copy(), self._place
        other._state = None if self._state is None else self._state.copy()
        other.checkpoints, other._curves = self.checkpoints.copy(), self._curves.copy()
        return other

    # -- editing -----------------------------------------------------------------------------

    def push(self, edit: Edit, *, join: bool = False) -> History | None:
        """Apply `edit` at the position; EditError where it does not apply, and nothing changes.

        A cosmetic edit keeps what lies ahead, or may `join` the last. Any other drops it: the line
        as it was is returned where training is lost with it.
        """
        after = apply(self.session, edit := forgetting(edit, self.session))
        dropped: History | None = None
        if not edit.is_cosmetic and not self.at_end:
            if self.last_iteration > self.iteration:
                dropped = History(self._start, self.history.entries, self._line.end)
            self._curves.cut(self._line.leg(self._place), self.iteration)
        if join and self._line.join(edit, self._place):
            self.checkpoints.join(self._place)
        else:
            self.checkpoints.put(edit, self._place)
            self._place = self._line.put(edit, self._place)
        self._stand_on(after, keep_state=edit.is_cosmetic)
        if not edit.is_cosmetic:  # it gave this iteration another loss
            self.curve.forget(self.iteration)
        return dropped

    def cut(self) -> None:
        """Drop what lies ahead of the position."""
        self._curves.cut(self._line.leg(self._place), self.iteration)
        self.checkpoints.cut(self._place)
        self._place, self._extends = self._line.cut(self._place), ""

    def _stand_on(self, session: Session, *, keep_state: bool = False) -> None:
        """Make `session` the one at the position."""
        self._base = session
        self._extends = ""
        if not keep_state:
            self._state = None

    # -- moving ------------------------------------------------------------------------------

    def go(self, place: Place) -> None:
        """Move the position to `place`, with the very bits that stood there."""
        place, here = self._line.normal(place), self._place
        if place < self._place:
            self._walk_back(place)
        if place > self._place:
            self._walk_on(place)
        self._arrive_from(here)

    def meet(self, other: Timeline) -> None:
        """Stand where `other` stands, which walked this very line."""
        here, self._place = self._place, other.place
        self._base, self._state = other.session, other.state
        self._arrive_from(here)

    def adopt(self, other: Timeline) -> None:
        """Take the line of `other`, which was a copy of this one and has grown, and stand there."""
        self._line, self.checkpoints, self._curves = other.line, other.checkpoints, other.curves
        self.meet(other)

    def _arrive_from(self, here: Place) -> None:
        self._extends = ""
        if self._line.has_change(here, self._place):
            self.curve.forget(self.iteration)

    def _walk_back(self, place: Place) -> None:
        """Go to `place` or to something known before it."""
        while self._place > place and not self._place[1]:
            edit = self._line.entry(self._place[0] - 1)
            if not isinstance(edit, Edit):
                break
            self._stand_on(apply(self.session, edit.inverted))
            self._place = (self._place[0] - 1, 0)
            self._crossed()
        if self._place <= place:
            return
        entry = max(index for index in self.checkpoints.sessions if index <= place[0])
        self._place = (entry, 0)
        self._stand_on(self.checkpoints.sessions[entry])
        if entry == place[0]:
            self._jump_inside(place)

    def _jump_inside(self, place: Place) -> None:
        """Take the nearest checkpoint on the way to `place` inside the present entry."""
        checkpoint = self.checkpoints.nearest(place)
        if checkpoint is not None and checkpoint.place > self._place:
            self._place = checkpoint.place
            self._state = checkpoint.state.copy()

    def _walk_on(self, place: Place) -> None:
        """Replay from the position to `place`."""
        known = self.checkpoints.sessions
        ahead = [index for index in known if self._place[0] < index <= place[0]]
        if ahead:
            self._place = (max(ahead), 0)
            self._stand_on(known[max(ahead)])
        while self._place < place:
            entry = self._place[0]
            train = self._line.entry(entry)
            if isinstance(train, Edit):
                self._cross(train)
                continue
            assert train is not None
            goal = place[1] if entry == place[0] else train.train
            self._jump_inside((entry, goal))
            if self._place[1] < goal:
                self._replay(goal - self._place[1])
            self._place = self._line.normal((entry, goal))

    def _cross(self, edit: Edit) -> None:
        self._stand_on(replayed(self.session, edit))
        self._place = (self._place[0] + 1, 0)
        self._crossed()

    def _crossed(self) -> None:
        """Stand between two entries: where a walk in slices may rest."""

    def _replay(self, count: int) -> None:
        """Train `count` iterations of an entry anew, and keep what going back will need."""
        entry, inside = self._place
        trainer = self._workshop.replayer(self._base, self._line, entry)
        if not inside:
            self.checkpoints.remember(entry, self.session, self.state)
        self._passage(trainer, (entry, inside)).train(count)

    def advance(self, count: int, until: Callable[[], bool] | None = None, by: str = "run") -> int:
        """Train `count` iterations from the position on; return how many were done.

        Inside the line this replays it, edits included; at its end iterations are appended, by a
        "run" or a "step", to the entry under way. `until` is asked between slices of work. Where
        the last edit of the line left something incomplete, training ends there.
        NonFinite leaves the last finite state.
        """
        done = 0
        while done < count:
            while isinstance(edit := self._line.entry(self._place[0]), Edit):
                self._cross(edit)
                if self.at_end and self._workshop.problem(self._base):
                    return done
            step = self._advance_entry(count - done, until, by)
            done += step
            if not step or (until is not None and until()):
                break
        return done

    def _advance_entry(self, count: int, until: Callable[[], bool] | None, by: str) -> int:
        (entry, inside), appending = self._place, self.at_end
        if appending and self._extends == by:
            entry -= 1
        here = self._line.entry(entry)
        if appending:
            kernel = self._workshop.trainer(self._base).kernel_name
            if isinstance(here, Train) and here.kernel == kernel:
                inside = here.train
            elif here is not None:
                entry += 1
        else:
            assert isinstance(here, Train)
            kernel = self._workshop.replayer(self._base, self._line, entry).kernel_name
            count = min(count, here.train - inside)
        if not inside:
            self.checkpoints.remember(entry, self.session, self.state)
        passage = self._passage(self._workshop.trainer(self._base, kernel), (entry, inside))
        try:
            return passage.train(count, until)
        finally:
            self._arrive(passage.place, kernel, by, appending)

    def _arrive(self, place: Place, kernel: str, by: str, appending: bool) -> None:
        """Move the position to where the state stands, at `place`."""
        if not place[1]:
            return
        if appending:
            self._line.set_training(place[0], Train(place[1], kernel), is_run=by == "run")
            self._extends = by
        self._place = self._line.normal(place)

    def _passage(self, trainer: Trainer, place: Place) -> Passage:
        """Return what trains from `place` on inside its entry, and keeps on the way what is due."""
        workshop, base = self._workshop, self._base
        return Passage(
            trainer, workshop.trainer(base), workshop.program(base), self.state, self.curve,
            self.checkpoints, place, workshop.epoch_length(base),
            has_test=workshop.rows(base).test_count > 0,
        )  # fmt: skip

    def record_loss(self) -> None:
        """Add the losses at the position to the curve, where it lacks them."""
        self._passage(self._workshop.trainer(self._base), self._place).record_loss()

    def close_entry(self) -> None:
        """End the training entry under way: the next run starts one of its own."""
        self._extends = ""


def _history_of(session: Session, bare: Session) -> History:
    """Return the history that `session` was saved with, else that of `bare` alone."""
    saved = session.history
    return restore_history(saved, session) if isinstance(saved, SavedHistory) else History(bare)
