"""Whether a session can be traced: what it lacks, in one line."""

from __future__ import annotations

from bpviz.engine.datasets import make_rows
from bpviz.model.checks import column_faults, missing
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session


def problems(session: Session) -> tuple[str, ...]:
    """Return a line for each thing `session` lacks before it can be traced, none where it can.

    What generated rows look like is found by making two of them.
    """
    lines = list(missing(session))
    data = session.data
    if isinstance(data, GeneratorData):
        few = GeneratorData(data.name, samples=2, test_fraction=0.0, encoding=data.encoding)
        rows = make_rows(few, session.training.loss)
        lines += column_faults(session, rows.inputs.shape[1], rows.targets.shape[1])
    return tuple(lines)


def first_problem(session: Session) -> str:
    """Return the first of `problems`, empty where there is none."""
    return next(iter(problems(session)), "")
