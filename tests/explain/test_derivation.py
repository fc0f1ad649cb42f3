"""Every number of every explanation equals the trace."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.frames import GRAINS, UPDATE_LINES, Frame, frames
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.explain.derivation import EXPLAINERS, explain
from bpviz.explain.explanation import Line
from bpviz.explain.expression import (
    Absolute,
    Expression,
    Fraction,
    Number,
    Partial,
    Power,
    Product,
    Sum,
    Symbol,
    children,
    evaluate,
    leaves,
)
from bpviz.explain.latex import to_latex
from bpviz.explain.text import to_text
from bpviz.explain.updates import RULES
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training
from tests.explain.random_traces import (
    ACTIVATIONS,
    LOSSES,
    OPTIMIZERS,
    looked_up,
    random_trace,
)

# Quantities that explanations make on the way and that no trace holds.
MADE = {
    "loss_term", "loss_contribution", "term", "contribution", "look_ahead",
    "corrected_mean", "corrected_square_mean", "decayed", "data_gradient", "penalty_gradient",
}  # fmt: skip


def magnitude(expression: Expression) -> float:
    """Return how large the numbers get on the way: rounding errors are measured by it."""
    parts = [magnitude(part) for part in children(expression)]
    match expression:
        case Sum():
            return math.fsum(parts)
        case Product():
            return math.prod(parts)
        case Fraction(_, below):
            return parts[0] / abs(evaluate(below))
        case Power() | Absolute():
            return abs(evaluate(expression)) + parts[0]
        case _:
            return max([abs(evaluate(expression)), *parts])


def assert_close(value: float, expected: float, scale: float) -> None:
    assert math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12 * max(1.0, scale)), (
        value,
        expected,
    )


def check_leaf(made: Trace, leaf: Expression) -> None:
    if not isinstance(leaf, (Symbol, Partial, Number)) or leaf.reference is None:
        return
    expected = looked_up(made, leaf.reference)
    name = leaf.reference.quantity.removeprefix("bias_")
    assert math.isnan(expected) == (name in MADE), leaf.reference
    if not math.isnan(expected):
        assert_close(leaf.value, expected, abs(expected))


def check_line(made: Trace, line: Line) -> None:
    scale = magnitude(line.right)
    assert_close(evaluate(line.right), line.result, scale)
    assert evaluate(line.numbers) == evaluate(line.right)
    assert evaluate(line.left) == line.result
    for leaf in (line.left, *leaves(line.right), *leaves(line.numbers)):
        check_leaf(made, leaf)
    assert line.latex().count("{") == line.latex().count("}")
    assert line.latex().count(r"\left(") == line.latex().count(r"\right)")
    assert line.text().count("(") == line.text().count(")")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_number_equals_the_trace(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    found = {
        frame
        for grain in ("term", "neuron")
        for frame in frames(made.program, grain, made.training, len(made.rows))
    }
    for frame in found:
        for sample in {0, len(made.rows) - 1}:
            explanation = explain(made, frame, sample, 6)
            assert explanation.title
            assert explanation.sentence
            assert "nan" not in explanation.sentence
            assert "\n" not in explanation.sentence
            for line in explanation.lines:
                check_line(made, line)


def test_random_traces_are_finite_and_reach_everything() -> None:
    made = [found for found in map(random_trace, range(250)) if found is not None]
    assert len(made) > 150
    units = [unit for found in made for unit in found.program.network.units]
    assert {unit.combine for unit in units} == {"sum", "product", "max"}
    assert {unit.activation for unit in units} == set(ACTIVATIONS)
    assert {found.training.loss for found in made} == set(LOSSES)
    assert {type(found.training.optimizer) for found in made} == set(OPTIMIZERS)
    kinds = {
        frame.kind
        for found in made[:100]
        for frame in frames(found.program, "term", found.training, len(found.rows))
    }
    assert kinds == set(EXPLAINERS)


def test_every_optimizer_has_the_lines_that_frames_walk() -> None:
    assert set(RULES) == set(UPDATE_LINES)
    for seed in range(60):
        made = random_trace(seed)
        if made is None:
            continue
        walked = frames(made.program, "term", made.training, len(made.rows))
        for place, frame in enumerate(walked):
            if frame.kind == "update":
                lines = explain(made, frame, 0).lines
                before = 0
                while walked[place - 1 - before].kind == "update_line":
                    before += 1
                assert len(lines) == before + 1


def lesson() -> Trace:
    """Return the trace of the case study: 2-2-1, sigmoid, squared error."""
    weights = {
        ("x1", "h1"): 0.5, ("x2", "h1"): 0.2, ("x1", "h2"): 0.3, ("x2", "h2"): 0.4,
        ("h1", "y"): 0.6, ("h2", "y"): 0.7,
    }  # fmt: skip
    network = Network(
        (
            Input("x1"), Input("x2"), Unit("h1", bias=0.1), Unit("h2", bias=0.2),
            Unit("y", bias=0.3),
        ),
        tuple(Edge(source, target, weight) for (source, target), weight in weights.items()),
        ("y",),
    )  # fmt: skip
    return traced(network, [[0.5, 0.3]], [[0.8]])


def traced(network: Network, inputs: list[list[float]], targets: list[list[float]]) -> Trace:
    training = Training(loss="squared_error", optimizer=Sgd(0.1))
    empty = np.empty((0, len(inputs[0])))
    rows = Rows(np.array(inputs), np.array(targets), empty, np.empty((0, len(targets[0]))))
    program = compile(network)
    return trace(program, rows, training, initial_state(program, training.optimizer))


def sentences(made: Trace, kind: str) -> list[str]:
    return [
        explain(made, frame, 0).sentence
        for frame in frames(made.program, "neuron")
        if frame.kind == kind
    ]


def test_sentences_of_the_case_study() -> None:
    made = lesson()
    assert sentences(made, "input") == ["Row 1 of the data enters: x₁ = 0.5, x₂ = 0.3"]
    assert sentences(made, "activation")[0] == (
        "h₁ adds up its weighted inputs and applies sigmoid: "
        "z = Σ w·a + b = 0.5·0.5 + 0.2·0.3 + 0.1 = 0.41, a = σ(0.41) = 0.6010878788"
    )
    assert sentences(made, "loss") == [
        "The loss compares outputs and targets: "
        "E = (a − t)² = (0.7486492779 − 0.8)² = 0.002636896665"
    ]
    assert sentences(made, "delta")[0] == (
        "The error reaches y from the loss and is scaled by the slope there: "
        "∂E/∂a_y = 2·(a_y − t_y) = 2·(0.7486492779 − 0.8) = −0.1027014443, "
        "δ = ∂E/∂a·σ′(z) = −0.1027014443·0.1881735366 = −0.01932569399"
    )
    assert sentences(made, "gradients")[1].startswith(
        "Each gradient into h₂ is δ times the value at the edge's tail: "
        "∂E/∂w(x₁→h₂) = δ·a = −0.00320189281·0.5 = −0.001600946405, "
    )
    assert sentences(made, "update")[6] == (
        "The weight of h₁ → y moves against its gradient: "
        "w ← w − η·∂E/∂w = 0.6 − 0.1·(−0.01161644041) = 0.601161644"
    )


def test_leaves_point_at_nodes_and_edges() -> None:
    made = lesson()
    line = explain(made, Frame("forward", "activation", 2), 0).lines[0]
    references = [leaf.reference for leaf in leaves(line.right)]  # type: ignore[attr-defined]
    assert [(found.kind, found.name, found.quantity) for found in references] == [
        ("edge", "x1->h1", "weight"),
        ("node", "x1", "value"),
        ("edge", "x2->h1", "weight"),
        ("node", "x2", "value"),
        ("node", "h1", "bias"),
    ]


def test_the_main_formula_in_three_ways() -> None:
    explanation = explain(lesson(), Frame("backward", "delta", 4), 0)
    assert to_text(explanation.symbols) == "∂E/∂a_y·σ′(z_y)"
    assert to_text(explanation.numbers) == "−0.1027·0.1882"
    assert explanation.result == pytest.approx(-0.0193256940, abs=5e-11)
    assert explanation.tree is explanation.symbols
    assert to_latex(explanation.symbols) == (
        r"\frac{\partial E}{\partial a_{y}} \cdot \sigma'\left(z_{y}\right)"
    )


def wide(count: int) -> Trace:
    inputs = [Input(f"x{place}") for place in range(count)]
    edges = tuple(Edge(node.id, "y", 0.1 * (place % 7)) for place, node in enumerate(inputs))
    network = Network((*inputs, Unit("y", activation="identity", bias=1.0)), edges, ("y",))
    random = Random(1)
    return traced(network, [[random.uniform(-1, 1) for _ in inputs]], [[0.0]])


def test_long_sums_are_folded_and_still_add_up() -> None:
    made = wide(18)
    explanation = explain(made, Frame("forward", "activation", 18), 0, 4)
    assert "… (12 more terms: " in explanation.sentence
    assert len(explanation.sentence) < 300
    check_line(made, explanation.lines[0])
    entering = explain(made, Frame("forward", "input"), 0, 4).sentence
    assert entering.endswith("… (15 more)")


def test_a_very_wide_unit_is_explained_at_once() -> None:
    made = wide(1500)
    for frame in frames(made.program, "neuron")[:6]:
        assert len(explain(made, frame, 0, 4).sentence) < 400


def test_a_fixed_parameter_keeps_its_value() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity", bias=1.0, trainable_bias=False)),
        (Edge("x", "y", 2.0, trainable=False),),
        ("y",),
    )
    made = traced(network, [[3.0]], [[9.0]])
    assert sentences(made, "update") == [
        "The weight of x → y is fixed and keeps its value: w = 2",
        "The bias of y is fixed and keeps its value: b = 1",
    ]


def test_a_unit_without_consumers_gets_no_error() -> None:
    network = Network(
        (Input("x"), Unit("dead"), Unit("y")),
        (Edge("x", "dead", 1.0), Edge("x", "y", 1.0)),
        ("y",),
    )
    made = traced(network, [[3.0]], [[0.5]])
    found = explain(made, Frame("backward", "delta", 1), 0)
    assert found.sentence.startswith("Nothing depends on dead, so no error comes back")
    assert found.result == 0.0


def test_every_grain_is_explained() -> None:
    made = lesson()
    for grain in GRAINS:
        for frame in frames(made.program, grain, made.training):
            assert explain(made, frame, 0).title


def test_long_labels_are_cut() -> None:
    network = Network(
        (Input("x", label="a very long label " * 10), Unit("y", label="%_{}\\$")),
        (Edge("x", "y", 1.0),),
        ("y",),
    )
    made = traced(network, [[3.0]], [[0.5]])
    found = explain(made, Frame("backward", "gradients", 1), 0)
    assert len(found.sentence) < 260
    assert r"\text{\%\_\{\}\textbackslash{}\$}" in found.lines[0].latex()
