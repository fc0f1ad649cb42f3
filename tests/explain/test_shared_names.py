"""Members of a shared weight or bias: each part of the gradient has the name of its place."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.frames import frames
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Partial, evaluate, leaves
from bpviz.explain.text import to_text
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training
from tests.explain.test_chain import lesson

NETWORK = Network(
    (Input("x1"), Input("x2"), Unit("h1", bias=0.1), Unit("h2", bias=0.2), Unit("y", bias=0.3)),
    (
        Edge("x1", "h1", 0.5, share="pair"), Edge("x2", "h1", 0.2), Edge("x1", "h2", 0.3),
        Edge("x2", "h2", 0.5, share="pair"), Edge("h1", "y", 0.6), Edge("h2", "y", 0.7),
    ),
    ("y",),
)  # fmt: skip


def made() -> Trace:
    program = compile(NETWORK)
    training = Training(loss="squared_error", optimizer=Sgd(0.1))
    inputs, targets = np.array([[0.5, 0.3], [1.0, -0.4]]), np.array([[0.8], [0.1]])
    rows = Rows(inputs, targets, inputs[:0], targets[:0])
    return trace(program, rows, training, initial_state(program, training.optimizer))


def lines_of(found: Trace) -> list[Line]:
    return [
        line
        for frame in frames(found.program, "term", found.training, len(found.rows))
        if frame.phase in ("backward", "reduce")
        for line in explain(found, frame, 0).lines
    ]


def test_one_name_is_one_number() -> None:
    values: dict[str, set[float]] = defaultdict(set)
    for line in lines_of(made()):
        for leaf in (*leaves(line.left), *leaves(line.right)):
            # Of a batch the loss of a sample has its number; E is of the sample, then of the batch.
            if isinstance(leaf, Partial) and to_text(leaf.of) in ("E₁", "E₂"):
                values[to_text(leaf)].add(leaf.value)
    assert values
    assert {name: found for name, found in values.items() if len(found) > 1} == {}
    assert {"∂E₁/∂w(x₁→h₁)", "∂E₁/∂w(x₂→h₂)", "∂E₂/∂w(x₁→h₁)"} <= set(values)


def test_the_parts_add_up_to_what_is_shared() -> None:
    found = made()
    joined = [line for line in lines_of(found) if to_text(line.left) == "∂E/∂w_pair"]
    assert joined
    shared = float(found.gradient[found.program.edge_slot[0]])
    for line in joined:
        assert math.isclose(line.result, shared, rel_tol=1e-12)
        assert math.isclose(evaluate(line.right), shared, rel_tol=1e-12)


def test_s4_s_hidden_biases_have_parts_of_their_own() -> None:
    _, found = lesson("S4")
    parts = [
        (to_text(line.left), line.result)
        for frame in frames(found.program, "term", found.training, 1)
        if frame.kind == "bias_gradient"
        for line in explain(found, frame, 0).lines
    ]
    assert len({name for name, _ in parts}) == len(parts) == 4
    hidden = [value for name, value in parts if "³" not in name]
    assert sorted(hidden) == pytest.approx([1.68, 1.92, 2.16])
    assert math.isclose(sum(hidden), 5.76, rel_tol=1e-12)
