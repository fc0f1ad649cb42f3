"""Replay of a history from its start: the same entries, the same kernels, the same bits."""

from __future__ import annotations

from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of, with_state
from bpviz.engine.trainer import Trainer
from bpviz.model.edit import apply
from bpviz.model.history import History, Place, Train
from bpviz.model.rebase import rebased
from bpviz.model.schema import Session


def replay(history: History, place: Place | None = None) -> Session:
    """Return the session at `place` of `history`, its own position by default.

    Every training entry runs with the kernel it names, where that is loaded. NonFinite where
    a replayed iteration meets a non-finite value, EditError where an edit does not fit the
    session it comes upon.
    """
    entry, inside = history.position if place is None else place
    session = history.start
    for done in history.entries[:entry]:
        if isinstance(done, Train):
            session = _trained(session, done.train, done.kernel)
        else:
            # Where another machine rounds differently, edits still apply to what came out here.
            session = apply(session, rebased(done, session))
    if inside:
        here = history.entries[entry]
        assert isinstance(here, Train)
        session = _trained(session, inside, here.kernel)
    return session


def _trained(session: Session, count: int, kernel: str) -> Session:
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    state = state_of(session, program)
    Trainer(program, rows, session.training, kernel).advance(state, count)
    return with_state(session, program, state)


def place_of(history: History, iteration: int) -> Place | None:
    """Return the last place up to the history's position at which `iteration` updates are done.

    Between several edits at that iteration it is the place behind them, where the next update
    starts. None where the history begins later or its position comes earlier.
    """
    found: Place | None = None
    at = history.start.progress.iteration
    last, inside = history.position
    for index, entry in enumerate(history.entries[: last + 1]):
        if at == iteration:
            found = (index, 0)
        if isinstance(entry, Train):
            length = inside if index == last else entry.train
            if at < iteration < at + length or (index == last and iteration == at + length):
                found = (index, iteration - at)
            at += length
        elif index < last:
            at = next((c.after.iteration for c in entry.changes if c.key == "progress"), at)
    if at == iteration and last >= len(history.entries):
        found = (last, 0)
    return found
