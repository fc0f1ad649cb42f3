"""Every line of every derivation comes to the trace's gradient."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state, state_of
from bpviz.explain.chain import MOST_LINES, Derivation, Step, derive
from bpviz.explain.expression import Expression, Partial, children, evaluate, leaves
from bpviz.explain.influence import parameter_named, parameter_names
from bpviz.explain.latex import to_latex
from bpviz.explain.rewriting import MOST_TERMS
from bpviz.explain.text import to_text
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.session import Notation, Session, load_session
from bpviz.model.training import LossName, Sgd, Training
from tests.explain.random_traces import LOSSES, random_trace
from tests.explain.test_derivation import magnitude
from tests.test_architecture import ROOT


def lines_of(derivation: Derivation) -> list[Step]:
    return [step for section in derivation.sections for step in section.steps]


def lesson(name: str) -> tuple[Session, Trace]:
    session = load_session(ROOT / "resources" / "lessons" / f"{name}.bpviz.json")
    return session, session_trace(session)


def session_trace(session: Session) -> Trace:
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    return trace(program, rows, session.training, state_of(session, program))


def derived(name: str, parameter: str) -> Derivation:
    session, made = lesson(name)
    notation = session.notation if isinstance(session.notation, Notation) else None
    return derive(made, *parameter_named(session.network, parameter), 0, notation)


def slot_of(made: Trace, node: int, edge: int) -> int:
    program = made.program
    return int(program.edge_slot[edge] if edge >= 0 else program.bias_slot[node])


def close(value: float, expected: float, scale: float = 1.0) -> bool:
    return math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12 * max(1.0, scale))


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_every_line_comes_to_the_gradient(seed: int, data: st.DataObject) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    names = parameter_names(made.program.network)
    node, edge = parameter_named(made.program.network, data.draw(st.sampled_from(names)))
    sample = data.draw(st.integers(0, len(made.rows) - 1))
    found = derive(made, node, edge, sample)
    assert found.result == made.gradient[slot_of(made, node, edge)]
    assert found.sections[-1].result == found.result
    for section in found.sections:
        assert evaluate(section.left) == section.result
        for step in section.steps:
            assert step.rule
            scale = magnitude(step.right)
            assert close(evaluate(step.right), section.result, scale), to_text(step.right)
            assert evaluate(step.numbers) == evaluate(step.right)
            if step.fact is not None:
                left, right = evaluate(step.fact.left), evaluate(step.fact.right)
                assert close(left, right, magnitude(step.fact.right)), step.rule
        if section.steps and section.title not in ("The objective", "Together"):
            assert not any(map(is_derivative, leaves(section.steps[-1].right)))


def is_derivative(leaf: Expression) -> bool:
    return isinstance(leaf, Partial)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_latex_of_every_line_is_well_formed(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    name = parameter_names(made.program.network)[0]
    for step in lines_of(derive(made, *parameter_named(made.program.network, name))):
        for latex in (to_latex(step.right), to_latex(step.numbers), to_latex(step.left)):
            assert latex.count("{") == latex.count("}")
            assert latex.count(r"\left") == latex.count(r"\right")
            # A reader of its own; the formulas within \text are none of its business.
            assert "<math" in convert(latex.replace("$", ""))


# --- the texts' own figures -------------------------------------------------------------------


def rules_of(found: Derivation) -> list[str]:
    return [step.rule for section in found.sections for step in section.steps]


def symbols_of(found: Derivation) -> list[str]:
    return [to_text(step.right) for section in found.sections for step in section.steps]


def test_s3_output_weight_line_by_line() -> None:
    found = derived("S3", "h->o")
    assert symbols_of(found)[:-1] == [
        "∂(½·(r_o − t)²)/∂w_o",
        "½·∂(r_o − t)²/∂w_o",
        "½·2·(r_o − t)·∂(r_o − t)/∂w_o",
        "½·2·(r_o − t)·(∂r_o/∂w_o − ∂t/∂w_o)",
        "½·2·(r_o − t)·∂r_o/∂w_o",
        "(r_o − t)·∂r_o/∂w_o",
        "(r_o − t)·σ′(z_o)·∂z_o/∂w_o",
        "(r_o − t)·r_o·(1 − r_o)·∂z_o/∂w_o",
        "(r_o − t)·r_o·(1 − r_o)·∂(w_o·r_h)/∂w_o",
        "(r_o − t)·r_o·(1 − r_o)·r_h",
    ]
    assert rules_of(found) == [
        "definition of the loss", "constant factor rule", "chain rule, power rule", "sum rule",
        "constant rule", "simplifying", "chain rule", "sigmoid rule", "definition of z",
        "constant factor rule", "each factor worked out",
    ]  # fmt: skip
    assert found.result == pytest.approx(-0.0425791468, abs=5e-11)
    numbers = to_text(found.sections[0].steps[-2].numbers, 10)
    assert numbers == "(0.581735142 − 0.9)·0.581735142·(1 − 0.581735142)·0.5498339973"


def test_s3_hidden_weight() -> None:
    found = derived("S3", "i->h")
    assert symbols_of(found)[-2] == "(r_o − t)·r_o·(1 − r_o)·w_o·r_h·(1 − r_h)·i"
    assert found.result == pytest.approx(-0.0057503053, abs=5e-11)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x1->h1", 1.68), ("x2->h1", 3.36), ("x1->h2", 1.92), ("x2->h2", 3.84),
        ("x1->h3", 2.16), ("x2->h3", 4.32), ("h1->y", 1.44), ("h2->y", 2.88), ("h3->y", 4.32),
        ("y", 2.4), ("h1", 5.76),
    ],
)  # fmt: skip
def test_s4_every_parameter(name: str, value: float) -> None:
    assert derived("S4", name).result == pytest.approx(value, rel=1e-14)


def test_s4_names_and_shared_bias() -> None:
    first = derived("S4", "x1->h1")
    assert to_text(first.gradient) == "∂C/∂w¹₁₁"
    assert to_latex(first.parameter) == "w^{1}_{11}"
    assert symbols_of(first)[-2] == "2·(a³₁ − t)·w²₁₁·x₁"
    shared = derived("S4", "h1")
    assert shared.shared == ("h1", "h2", "h3")
    assert symbols_of(shared)[-2] == ("2·(a³₁ − t)·w²₁₁ + 2·(a³₁ − t)·w²₁₂ + 2·(a³₁ − t)·w²₁₃")


def test_s1_joins_its_samples() -> None:
    found = derived("S1", "u->x1")
    titles = [section.title for section in found.sections]
    assert titles == ["The objective", "Sample 1", "Sample 2", "Together"]
    parts = [section.result for section in found.sections[1:3]]
    assert parts == pytest.approx([-0.0078369418, -0.0241707363], abs=5e-11)
    assert found.result == pytest.approx(-0.0160038390, abs=5e-11)
    assert symbols_of(found)[-1] == "(1/2)·(∂E_1/∂w + ∂E_2/∂w)"


def test_penalties_come_with_the_objective() -> None:
    made = layered_trace((2, 2, 1), Training(loss="squared_error", l1=0.1, l2=0.2,
                                             optimizer=Sgd(0.1)), 1)  # fmt: skip
    found = derive(made, -1, 0)
    assert [section.title for section in found.sections] == [
        "The objective",
        "The loss",
        "Together",
    ]
    assert symbols_of(found)[-1] == "∂E/∂w + λ₂·w + λ₁·sign(w)"
    assert to_text(found.gradient) == "∂J/∂w"
    bias = derive(made, made.program.network.node_index["h1_1"], -1)
    assert to_text(bias.gradient).startswith("∂E/")


def test_a_parameter_that_leads_nowhere() -> None:
    network = Network(
        (Input("x"), Unit("u"), Unit("idle")),
        (Edge("x", "u", 1.0), Edge("x", "idle", 1.0)),
        ("u",),
    )
    made = rows_trace(network, Training(loss="squared_error", optimizer=Sgd(0.1)), 1)
    found = derive(made, -1, 1)
    assert found.result == 0.0
    assert rules_of(found) == ["definition of the loss", "constant rule"]


# --- folding ----------------------------------------------------------------------------------


def layered_trace(sizes: tuple[int, ...], training: Training, rows: int) -> Trace:
    network = Network.layered(sizes, "tanh", "sigmoid")
    generator = np.random.default_rng(5)
    edges = tuple(
        Edge(edge.source, edge.target, float(generator.normal(0, 0.6))) for edge in network.edges
    )
    return rows_trace(Network(network.nodes, edges, network.outputs), training, rows)


def rows_trace(network: Network, training: Training, count: int) -> Trace:
    generator = np.random.default_rng(7)
    inputs = generator.normal(size=(count, len(network.inputs)))
    targets = np.full((count, len(network.outputs)), 1.0 / len(network.outputs))
    rows = Rows(inputs, targets, inputs[:0], targets[:0])
    program = compile(network)
    return trace(program, rows, training, initial_state(program, training.optimizer))


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "output_value"])
def test_wide_and_deep_networks_stay_readable(loss: LossName) -> None:
    made = layered_trace((3, *[9] * 7, 8), Training(loss=loss, optimizer=Sgd(0.1)), 1)
    found = derive(made, -1, 0)
    (section,) = found.sections
    assert len(section.steps) <= MOST_LINES + 1
    for step in section.steps:
        assert close(evaluate(step.right), found.result, magnitude(step.right)), step.rule
        assert widest(step.right) <= MOST_TERMS + 1
        assert len(to_text(step.right)) < 2500


def widest(expression: Expression) -> int:
    parts = children(expression)
    return max([len(parts), *map(widest, parts)])


def test_a_very_deep_network_leaves_lines_out_and_says_so() -> None:
    count = 60
    units = [Unit(f"u{place}", activation="tanh") for place in range(count)]
    nodes: tuple[Input | Unit, ...] = (Input("x"), *units)
    ids = [node.id for node in nodes]
    edges = tuple(Edge(a, b, 1.1) for a, b in pairwise(ids))
    made = rows_trace(
        Network(nodes, edges, (ids[-1],)), Training(loss="squared_error", optimizer=Sgd(0.1)), 1
    )
    found = derive(made, -1, 0)
    (section,) = found.sections
    assert section.folded > 0
    assert len(section.steps) == MOST_LINES
    assert section.note.startswith(f"{section.folded} lines are left out: ")
    for step in section.steps:
        assert close(evaluate(step.right), found.result, magnitude(step.right))


def test_names_that_lead_to_no_parameter() -> None:
    network = lesson("S3")[0].network
    for name, words in (("h->i", "no edge"), ("h", "no bias"), ("i", "no bias"), ("x" * 90, "x…")):
        with pytest.raises(ValueError, match=words):
            parameter_named(network, name)
    assert parameter_names(lesson("S4")[0].network)[-2:] == ["h1", "y"]
