"""Explanations speak the language of the session's own text."""

from __future__ import annotations

from pathlib import Path

from bpviz.engine.backprop import trace
from bpviz.engine.datasets import make_rows
from bpviz.engine.frames import frames
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.explain.derivation import explain
from bpviz.model.schema import Notation
from bpviz.model.session import load_session

LESSONS = Path(__file__).parents[2] / "resources" / "lessons"


def test_the_letters_of_loss_and_target_are_the_sessions_own() -> None:
    session = load_session(LESSONS / "S4.bpviz.json")
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    record = trace(program, rows, session.training, state_of(session, program))
    assert isinstance(session.notation, Notation)
    assert session.notation.loss_symbol == "C"
    for frame in frames(program, "neuron"):
        told = explain(record, frame, 0, notation=session.notation)
        assert "E" not in told.sentence.replace("Each", "").replace("Error", "").replace(
            "Every", ""
        )
    delta = next(frame for frame in frames(program, "neuron") if frame.kind == "delta")
    assert "C" in explain(record, delta, 0, notation=session.notation).sentence
