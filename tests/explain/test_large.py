"""Derivations and paths of large networks: bounded in time and length, and still exact."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from bpviz.engine.backprop import Trace
from bpviz.explain.chain import Derivation, derive
from bpviz.explain.expression import Expression, Rest, children, evaluate
from bpviz.explain.paths import MOST_FACTORS, paths
from bpviz.explain.text import to_text
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training
from tests.explain.test_chain import close, layered_trace, lines_of, rows_trace
from tests.explain.test_derivation import magnitude

SQUARED = Training(loss="squared_error", optimizer=Sgd(0.1))
# The widest took half a minute before terms were folded early.
MOST_SECONDS = 1.0


def chain_trace(count: int) -> Trace:
    units = [Unit(f"u{place}", activation="tanh") for place in range(count)]
    nodes: tuple[Input | Unit, ...] = (Input("x"), *units)
    ids = [node.id for node in nodes]
    edges = tuple(Edge(first, second, 1.1) for first, second in pairwise(ids))
    return rows_trace(Network(nodes, edges, (ids[-1],)), SQUARED, 1)


def rests(tree: Expression) -> list[Rest]:
    own = [tree] if isinstance(tree, Rest) else []
    return own + [found for part in children(tree) for found in rests(part)]


NETWORKS: dict[str, Callable[[], Trace]] = {
    "ten layers of 32": lambda: layered_trace((4, *[32] * 10, 2), SQUARED, 1),
    "three layers of 100": lambda: layered_trace((2, *[100] * 3, 2), SQUARED, 1),
    "a chain of 1,990": lambda: chain_trace(1990),
    "sixty layers of 24": lambda: layered_trace((4, *[24] * 60, 2), SQUARED, 1),
    "three layers of 64, a batch": lambda: layered_trace((2, *[64] * 3, 1), SQUARED, 32),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_large_network_is_derived_at_once_and_exactly(name: str) -> None:
    made = NETWORKS[name]()
    start = time.process_time()
    found = derive(made, -1, 0)
    ways = paths(made, -1, 0)
    assert time.process_time() - start < MOST_SECONDS
    for section in found.sections:
        for step in section.steps:
            scale = magnitude(step.right)
            assert close(evaluate(step.right), section.result, scale), step.rule
            assert len(to_text(step.right)) < 2_500
    assert len(lines_of(found)) < 80
    scale = max(abs(path.value) for path in ways.shown)
    assert math.isclose(found.result, float(made.gradient[made.program.edge_slot[0]]))
    assert close(evaluate(ways.line.right), ways.total, scale)


def test_the_time_is_bound_by_the_lines_shown_not_by_the_depth() -> None:
    def seconds(made: Trace) -> float:
        best = math.inf
        for _ in range(3):
            start = time.process_time()
            derive(made, -1, 0)
            best = min(best, time.process_time() - start)
        return best

    # What grows with the depth is only to follow what depends on the weight.
    assert seconds(chain_trace(1900)) < 6 * seconds(chain_trace(190))


def most_folded(found: Derivation) -> int:
    return max(rest.count for step in lines_of(found) for rest in rests(step.right))


def test_every_folded_term_is_counted() -> None:
    # Between layers of n and n units there are n·n terms: six are shown.
    made = layered_trace((2, 20, 20, 20, 1), SQUARED, 1)
    found = derive(made, -1, 0)
    assert most_folded(found) == 20 * 20 - 6
    line = next(step for step in lines_of(found) if "394 more terms" in to_text(step.right))
    assert "sum rule" in line.rule
    assert any(rest.count == 14 for step in lines_of(found) for rest in rests(step.right))


def test_few_other_samples_of_a_large_network_are_derived_and_the_rest_is_told() -> None:
    made = layered_trace((4, *[32] * 3, 2), SQUARED, 8)
    found = derive(made, -1, 0)
    titles = [section.title for section in found.sections]
    assert titles == ["The objective", "Sample 1", "Sample 2", "Together"]
    assert found.sections[2].note == "6 more samples are derived in the same way"


def test_a_long_path_shows_its_ends_and_what_the_factors_between_come_to() -> None:
    (path,) = paths(chain_trace(300), -1, 0).shown
    assert len(path.factors) == 601
    assert len(path.product.factors) == len(path.formula.factors) == MOST_FACTORS + 1
    assert math.isclose(evaluate(path.product), path.value, rel_tol=1e-12)
    assert math.isclose(evaluate(path.formula), path.value, rel_tol=1e-12)
    (rest,) = rests(path.product)
    assert (rest.count, rest.noun) == (561, "factors")
