"""Explanations speak the language of the session's own text."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bpviz.engine.backprop import trace
from bpviz.engine.datasets import make_rows
from bpviz.engine.frames import frames
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.explain.derivation import explain
from bpviz.explain.names import NamedLeaves
from bpviz.model.network import Network
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


def test_explain_calls_weights_as_the_derivation_does() -> None:
    network = Network.layered((2, 2, 1), "sigmoid", "sigmoid")
    labels = ("a¹₁", "a¹₂", "a²₁", "a²₂", "a³₁")
    nodes = tuple(
        msgspec.structs.replace(node, label=label)
        for node, label in zip(network.nodes, labels, strict=True)
    )
    edges = tuple(msgspec.structs.replace(edge, weight=0.3) for edge in network.edges)
    session = load_session(LESSONS / "S5.bpviz.json")
    session = msgspec.structs.replace(session, network=Network(nodes, edges, network.outputs))
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    record = trace(program, rows, session.training, state_of(session, program))
    frame = next(each for each in frames(program, "neuron") if each.kind == "activation")
    texts = []
    for order in ("to_from", "from_to"):
        notation = Notation(weight_order=order)
        told = explain(record, frame, 0, notation=notation)
        named = NamedLeaves(record, 0, notation)
        names = [named.weight(edge).latex for edge in named.incoming(frame.node)]
        shown = " ".join(line.latex() for line in told.lines)
        assert all(name in shown for name in names)
        texts.append(shown)
    assert texts[0] != texts[1]
