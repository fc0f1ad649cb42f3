"""Every line of every derivation comes to the trace's gradient."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from latex2mathml.converter import convert

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state, state_of
from bpviz.explain.chain import Derivation, Deriving, Step, derive
from bpviz.explain.expression import Expression, Partial, children, evaluate, leaves
from bpviz.explain.influence import Influence, parameter_named, parameter_names
from bpviz.explain.latex import to_latex
from bpviz.explain.levels import MOST_BETWEEN, SHOWN_BETWEEN
from bpviz.explain.names import NamedLeaves
from bpviz.explain.rewriting import MOST_TERMS
from bpviz.explain.text import to_text
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.session import Notation, Session, load_session
from bpviz.model.training import LossName, Sgd, Training
from tests.explain.random_traces import LOSSES, random_trace
from tests.explain.test_derivation import magnitude
from tests.test_architecture import ROOT

# A section of a derivation that is not asked for more.
MOST_LINES = 49
TRAINING = Training(loss="squared_error", optimizer=Sgd(0.1))


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
    assert symbols_of(found)[-1] == "(1/2)·(∂E₁/∂w + ∂E₂/∂w)"


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
    assert len(section.steps) <= MOST_LINES
    assert not section.gaps
    for step in section.steps:
        assert close(evaluate(step.right), found.result, magnitude(step.right)), step.rule
        assert widest(step.right) <= MOST_TERMS + 1
        assert len(to_text(step.right)) < 2500


def widest(expression: Expression) -> int:
    parts = children(expression)
    return max([len(parts), *map(widest, parts)])


def chain_of(count: int, rows: int = 1) -> Trace:
    units = [Unit(f"u{place}", activation="tanh") for place in range(count)]
    nodes: tuple[Input | Unit, ...] = (Input("x"), *units)
    ids = [node.id for node in nodes]
    edges = tuple(Edge(a, b, 1.1) for a, b in pairwise(ids))
    network = Network(nodes, edges, (ids[-1],))
    return rows_trace(network, TRAINING, rows)


def test_a_very_deep_network_leaves_lines_out_and_says_so() -> None:
    found = derive(chain_of(60), -1, 0)
    (section,) = found.sections
    (gap,) = section.gaps
    between = 60 - 3
    assert section.folded == gap.lines == between - SHOWN_BETWEEN - 2
    assert len(section.steps) <= MOST_LINES
    assert gap.note.startswith("43 lines are left out: chain rule, tanh rule, definition of z, ")
    assert section.gap_at(gap.at) is gap
    assert section.steps[gap.at].rule == "definition of δ"
    for step in section.steps:
        assert close(evaluate(step.right), found.result, magnitude(step.right))


def test_every_line_left_out_can_be_asked_for() -> None:
    """From gap to gap one comes by every layer, each line once and true; and back again."""
    made = chain_of(60)
    lines: set[str] = set()
    start, starts = 0, []
    while start not in starts:
        starts.append(start)
        (section,) = derive(made, -1, 0, start=start).sections
        for step in section.steps:
            assert close(evaluate(step.right), section.result, magnitude(step.right))
            lines.add(to_text(step.right))
        behind = [gap for gap in section.gaps if gap.start < start]
        ahead = [gap for gap in section.gaps if gap.start > start]
        assert [(gap.start, gap.lines) for gap in behind] == (
            [(max(start - SHOWN_BETWEEN, 0), start)] if start else []
        )
        start = ahead[0].start if ahead else start
    assert starts == [0, 12, 24, 36, 43]
    # Each layer passes ∂a/∂w on to the one before it.
    drawn = [made.program.network.names[f"u{unit}"] for unit in range(60)]
    assert not [name for name in drawn if not any(each.endswith(f"∂{name}/∂w₀") for each in lines)]


def deep_trace(seed: int) -> Trace | None:
    """Return the trace of a deep network of random units, with edges across and shared values."""
    random = Random(seed)
    count = random.randint(MOST_BETWEEN + 5, 40)
    nodes: list[Input | Unit] = [Input("x1"), Input("x2")]
    edges: list[Edge] = []
    for place in range(count):
        ids = [node.id for node in nodes]
        tied = random.random() < 0.3
        combine = "sum" if tied else random.choice(("sum", "sum", "product", "max"))
        activation = random.choice(("tanh", "sigmoid", "identity", "sin", "softplus"))
        share = "tied" if tied else ""
        unit = Unit(f"u{place}", combine, activation, 0.2 if tied else 0.0, tied, share)  # type: ignore[arg-type]
        # Two before it at most, so that it goes deep; some edges lead across many levels.
        near = ids[-random.randint(1, 2) :]
        for source in dict.fromkeys([*near, random.choice(ids)]):
            one = random.random() < 0.2
            weight = 0.9 if one else random.uniform(0.5, 1.3) * random.choice((-1, 1))
            edges.append(Edge(source, unit.id, weight, True, "pair" if one else ""))
        nodes.append(unit)
    outputs = (f"u{count - 1}", f"u{count // 2}")
    training = Training(loss=random.choice(LOSSES[:3]), optimizer=Sgd(0.1))
    try:
        made = rows_trace(Network(tuple(nodes), tuple(edges), outputs), training, 2)
    except NonFinite:
        return None
    return made if np.abs(made.delta).max() < 1e4 and np.abs(made.a).max() < 1e4 else None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_what_is_jumped_over_changes_no_number(seed: int, data: st.DataObject) -> None:
    made = deep_trace(seed)
    assume(made is not None)
    assert made is not None
    names = parameter_names(made.program.network)
    node, edge = parameter_named(made.program.network, data.draw(st.sampled_from(names[:12])))
    start = data.draw(st.integers(0, 40))
    found = derive(made, node, edge, 0, start=start)
    for section in found.sections:
        for step in section.steps:
            scale = magnitude(step.right)
            assert close(evaluate(step.right), section.result, scale), step.rule
    own = found.sections[1]
    # The number at the end is the trace's: what its δ and values give.
    parts = [
        made.edge_gradients(0)[place] if place >= 0 else made.delta[0, unit]
        for unit, place in Influence(NamedLeaves(made, 0), node, edge).members
    ]
    assert close(own.result, math.fsum(map(float, parts)), float(np.abs(parts).max()))


def test_the_last_line_of_another_sample_is_that_of_a_derivation_of_its_own() -> None:
    for made in (chain_of(40, 3), layered_trace((2, 3, 1), TRAINING, 3)):
        found = derive(made, -1, 0, 0)
        own = derive(made, -1, 0, 1)
        (wanted,) = [each for each in own.sections if each.title == "Sample 2"]
        (brief,) = [each for each in found.sections if each.title == "Sample 2"]
        texts = [to_text(step.right) for step in wanted.steps]
        assert to_text(brief.steps[0].right) in texts[-2:]


def test_work_in_slices_comes_to_the_same() -> None:
    made = chain_of(60, 3)
    work = Deriving(made, -1, 0)
    shares = []
    while not work.ended:
        work.work(lambda: True)
        shares.append(work.share)
    assert len(shares) == 20
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert work.result == derive(made, -1, 0)


def test_names_that_lead_to_no_parameter() -> None:
    network = lesson("S3")[0].network
    for name, words in (("h->i", "no edge"), ("h", "no bias"), ("i", "no bias"), ("x" * 90, "x…")):
        with pytest.raises(ValueError, match=words):
            parameter_named(network, name)
    assert parameter_names(lesson("S4")[0].network)[-2:] == ["h1", "y"]
