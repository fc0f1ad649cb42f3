"""Why a weight moved: the causes add up to the gradient and to the update."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace
from bpviz.explain.movement import PACES, Movement, is_trained, movement
from bpviz.explain.names import NotedLeaves
from bpviz.explain.parameter import all_parameters
from bpviz.explain.updates import RULES
from bpviz.model.training import Sgd, Training
from tests.explain.random_traces import random_trace
from tests.explain.test_chain import layered_trace


def every(made: Trace, most: int) -> list[tuple[int, int, Movement | None]]:
    leaves = NotedLeaves(made, 0, None)
    return [
        (each.node, each.edge, movement(leaves, each.node, each.edge, most))
        for each in all_parameters(made.program.network)
    ]


@settings(max_examples=120, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.sampled_from((1, 12)))
def test_the_causes_add_up_to_the_gradient_and_to_the_update(seed: int, most: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    leaves = NotedLeaves(made, 0, None)
    for node, edge, found in every(made, most):
        slot = leaves.slot(node, edge)
        if found is None:
            assert made.updated[slot] == made.theta[slot]
            continue
        assert found.change == made.updated[slot] - made.theta[slot]
        parts = [cause.part for cause in found.causes if cause.part is not None]
        assert near(math.fsum(parts), made.gradient[slot], parts)
        moves = [cause.move for cause in found.causes]
        # A change is known to the last bit of the parameter only.
        assert near(math.fsum(moves), found.change, [*moves, found.old])


def near(value: float, expected: float, parts: list[float]) -> bool:
    scale = max(map(abs, parts), default=0.0)
    return math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12 * max(scale, 1.0))


def test_samples_are_those_of_the_batch_the_strongest_first() -> None:
    made = layered_trace((2, 3, 1), Training(loss="squared_error", optimizer=Sgd(0.1)), 40)
    (_, _, found), *_ = every(made, 12)
    assert found is not None
    samples = [cause for cause in found.causes if cause.sample >= 0]
    assert len(samples) == 12
    assert all(abs(b.part or 0.0) <= abs(a.part or 0.0) for a, b in pairwise(samples))
    for cause in samples:
        own = made.edge_gradients(cause.sample)[0] / 40
        assert math.isclose(cause.part or 0.0, own, rel_tol=1e-12)
        assert math.isclose(cause.move, -0.1 * own, rel_tol=1e-12)
        assert cause.words == f"sample {cause.sample + 1} (row {made.rows[cause.sample] + 1})"
    everything = np.array([made.edge_gradients(sample)[0] for sample in range(40)])
    assert abs(everything).max() / 40 == abs(samples[0].part or 0.0)
    assert found.causes[12].words == "the other 28 samples together"


def test_every_optimizer_is_taken_apart_and_what_is_fixed_never_moves() -> None:
    assert set(PACES) == set(RULES)
    traces = [found for found in map(random_trace, range(120)) if found is not None]
    assert {made.training.optimizer.name for made in traces} == set(PACES)
    fixed = 0
    for made in traces:
        leaves = NotedLeaves(made, 0, None)
        for node, edge, found in every(made, 12):
            assert (found is None) == (not is_trained(leaves, node, edge))
            fixed += found is None
    assert fixed > 0
