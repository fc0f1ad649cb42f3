"""A trial: the iteration as it would be with other numbers, while the session stays as it is."""

from __future__ import annotations

from bpviz.document.timeline import Timeline
from bpviz.engine.backprop import Trace, Tracer
from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.model.edit import Edit, apply


def trial_trace(timeline: Timeline, edit: Edit) -> Trace:
    """Return the trace of the next iteration of `timeline`, had `edit` been made.

    `edit` changes numbers alone: weights, biases or rows. What is compiled for the position
    serves where they fit it: a number is dragged many times a second. EditError where the edit
    does not apply, NonFinite at the first bad value.
    """
    session = timeline.session
    changed = apply(session, edit)
    if _sets_parameters(edit):
        state = timeline.state.copy()
        state.theta = timeline.workshop.program(session).theta_of(changed.network)
        return timeline.trainer.trace(state)
    alike = changed.network is session.network
    program = timeline.workshop.program(session) if alike else compile(changed.network)
    rows = make_rows(changed.data, changed.training.loss)
    return Tracer(program, rows, changed.training).trace(state_of(changed, program))


def _sets_parameters(edit: Edit) -> bool:
    """Whether only weights and biases are others after `edit`."""
    return all(
        change.key.startswith(("edges/", "nodes/")) and change.key.endswith(("/weight", "/bias"))
        for change in edit.changes
    )
