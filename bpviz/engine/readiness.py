"""Whether a session can be traced: what it lacks, in one line."""

from __future__ import annotations

from bpviz.engine.datasets import Rows, make_rows
from bpviz.model.checks import missing, row_faults
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session


def problems(session: Session, rows: Rows | None = None) -> tuple[str, ...]:
    """Return a line for each thing `session` lacks before it can be traced, none where it can.

    Generated rows are checked as those of a table are; `rows` saves making them anew.
    """
    lines = list(missing(session))
    if isinstance(session.data, GeneratorData):
        made = make_rows(session.data, session.training.loss) if rows is None else rows
        columns = (made.inputs.shape[1], made.targets.shape[1])
        lines += row_faults(session, columns, made.targets.tolist(), made.test_targets.tolist())
    return tuple(lines)


def first_problem(session: Session, rows: Rows | None = None) -> str:
    """Return the first of `problems`, empty where there is none."""
    return next(iter(problems(session, rows)), "")
