"""A trial: the iteration as it would be with other numbers, while the session stays as it is."""

from __future__ import annotations

from bpviz.engine.backprop import Trace, Tracer
from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.model.edit import Edit, apply
from bpviz.model.schema import Session


def trial_trace(session: Session, edit: Edit) -> Trace:
    """Return the trace of the next iteration of `session`, had `edit` been made.

    `edit` changes numbers alone: weights, biases or rows. EditError where it does not apply,
    NonFinite at the first bad value.
    """
    changed = apply(session, edit)
    program = compile(changed.network)
    rows = make_rows(changed.data, changed.training.loss)
    return Tracer(program, rows, changed.training).trace(state_of(changed, program))
