"""The paths of a parameter: all of them, the strongest first, and what they come to."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace
from bpviz.explain.expression import evaluate
from bpviz.explain.influence import parameter_named, parameter_names
from bpviz.explain.joining import members
from bpviz.explain.names import NamedLeaves
from bpviz.explain.paths import Paths, paths
from bpviz.explain.text import to_text
from bpviz.model.training import Sgd, Training
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import layered_trace, lesson

SQUARED = Training(loss="squared_error", optimizer=Sgd(0.1))


def sample_gradient(made: Trace, node: int, edge: int, sample: int) -> float:
    """Return the gradient from the backward pass, shared parts added."""
    parts = members(NamedLeaves(made, sample), node, edge)
    edges = made.edge_gradients(sample)
    return math.fsum(edges[e] if e >= 0 else made.delta[sample, n] for n, e in parts)


def all_walks(made: Trace, node: int) -> int:
    """Count the ways from a unit to the loss by walking every one."""
    network = made.program.network
    here = network.nodes[node].id
    onward = sum(all_walks(made, network.node_index[e.target]) for e in network.outgoing[here])
    return onward + (here in network.outputs)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_the_sum_over_all_paths_is_the_gradient(seed: int, data: st.DataObject) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    network = made.program.network
    names = parameter_names(network)
    node, edge = parameter_named(network, data.draw(st.sampled_from(names)))
    sample = data.draw(st.integers(0, len(made.rows) - 1))
    found = paths(made, node, edge, sample, most=10_000)
    heads = [
        network.node_index[network.edges[e].target] if e >= 0 else n
        for n, e in members(NamedLeaves(made, sample), node, edge)
    ]
    assert found.count == len(found.shown) == sum(all_walks(made, head) for head in heads)
    scale = max([1.0, *(abs(path.value) for path in found.shown)])
    expected = sample_gradient(made, node, edge, sample)
    total = math.fsum(path.value for path in found.shown)
    assert math.isclose(total, expected, rel_tol=1e-12, abs_tol=1e-12 * scale)
    assert math.isclose(found.total, expected, rel_tol=1e-12, abs_tol=1e-12 * scale)
    assert found.rest == 0.0
    assert falls(found)
    for path in found.shown:
        assert evaluate(path.product) == path.value
        for factor, formula in zip(path.factors, path.formulas, strict=True):
            assert math.isclose(factor.value, evaluate(formula), rel_tol=1e-12, abs_tol=1e-12)


def falls(found: Paths) -> bool:
    values = [abs(path.value) for path in found.shown]
    return all(second <= first * (1 + 1e-12) for first, second in pairwise(values))


def test_the_strongest_of_many_and_the_rest() -> None:
    made = layered_trace((2, 6, 6, 6, 2), SQUARED, 1)
    everything = paths(made, -1, 0, most=10_000)
    assert everything.count == len(everything.shown) == 6 * 6 * 2
    some = paths(made, -1, 0, most=10)
    assert [path.edges for path in some.shown] == [path.edges for path in everything.shown[:10]]
    left_out = math.fsum(path.value for path in everything.shown[10:])
    assert some.rest == pytest.approx(left_out, rel=1e-9)
    assert evaluate(some.line.right) == pytest.approx(some.total, rel=1e-12)
    assert "62 more paths" in to_text(some.line.right)


def test_counting_does_not_walk() -> None:
    made = layered_trace((2, *[20] * 8, 1), SQUARED, 1)
    found = paths(made, -1, 0)
    assert found.count == 20**7
    assert len(found.shown) == 200
    assert falls(found)
    assert math.isclose(
        math.fsum(path.value for path in found.shown) + found.rest,
        float(made.gradient[made.program.edge_slot[0]]),
        rel_tol=1e-9,
    )


def test_s4_products() -> None:
    session, made = lesson("S4")
    assert session.notation
    (path,) = paths(made, *parameter_named(session.network, "x1->h1"), 0, session.notation).shown
    assert to_text(path.product) == ("∂C/∂a³₁·∂a³₁/∂z³₁·∂z³₁/∂a²₁·∂a²₁/∂z²₁·∂z²₁/∂w¹₁₁")
    assert [factor.value for factor in path.factors] == pytest.approx([2.4, 1, 0.7, 1, 1])
    names = [session.network.edges[edge].name for edge in path.edges]
    assert names == ["x1->h1", "h1->y"]
    shared = paths(made, *parameter_named(session.network, "h1"))
    assert [path.value for path in shared.shown] == pytest.approx([2.16, 1.92, 1.68])
    assert shared.total == pytest.approx(5.76)
