"""The workshop: what is made from a session is made once, until that part of it changes."""

from __future__ import annotations

import msgspec
import pytest

from bpviz.document.timeline import Timeline
from bpviz.document.workshop import Workshop
from bpviz.engine.datasets import Rows
from bpviz.engine.readiness import first_problem
from bpviz.model import verbs
from bpviz.model.schema import Session
from tests.document.examples import xor_session


def test_training_alone_never_asks_again_what_a_session_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Session] = []

    def counted(session: Session, rows: Rows | None = None) -> str:
        asked.append(session)
        return first_problem(session, rows)

    monkeypatch.setattr("bpviz.document.workshop.first_problem", counted)
    timeline = Timeline(xor_session())
    for _ in range(5):
        assert timeline.workshop.problem(timeline.session) == ""
        timeline.advance(3)
    assert len(asked) == 1
    timeline.push(verbs.set_output(timeline.session, "y1", False))
    assert "output" in timeline.workshop.problem(timeline.session)
    assert len(asked) == 2


def test_the_usual_trainer_is_the_one_of_its_kernel() -> None:
    session, workshop = xor_session(), Workshop()
    usual = workshop.trainer(session)
    assert workshop.trainer(session, usual.kernel_name) is usual
    faster = msgspec.structs.replace(session.training, seed=9)
    assert workshop.trainer(msgspec.structs.replace(session, training=faster)) is not usual
