"""Every frame that the finest grain walks is explained by a formula with the trace's number."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import UPDATE_LINES, Frame, frames
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Explanation
from bpviz.explain.expression import Partial, evaluate
from tests.explain.random_traces import random_trace

# The arrays of the new optimizer state that each line of an update makes; "" makes no array.
LINE_SLOTS = {
    "momentum": ("velocity",),
    "nesterov": ("velocity", ""),
    "adagrad": ("square_sum",),
    "rmsprop": ("square_mean",),
    "adam": ("mean", "square_mean", "", ""),
    "adamw": ("", "mean", "square_mean", "", ""),
    "rprop": ("step_size",),
}


def close(value: float, expected: float, scale: float = 1.0) -> bool:
    return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, abs(scale)))


def slot_of(made: Trace, frame: Frame) -> int:
    program = made.program
    return int(program.edge_slot[frame.edge] if frame.edge >= 0 else program.bias_slot[frame.node])


def expected(made: Trace, frame: Frame, sample: int) -> float:
    """Return the number that `frame` makes, from the trace alone; nan where it is none of them."""
    node, edge = frame.node, frame.edge
    match frame.kind:
        case "term":
            source = made.program.network.node_index[made.program.network.edges[edge].source]
            return float(made.theta[made.program.edge_slot[edge]] * made.a[sample, source])
        case "pre_activation":
            return float(made.z[sample, node])
        case "activation":
            return float(made.a[sample, node])
        case "loss":
            return float(made.loss_per_sample[sample])
        case "delta" | "bias_gradient":
            return float(made.delta[sample, node])
        case "gradient":
            return float(made.edge_gradients(sample)[edge])
        case "update":
            return float(made.updated[slot_of(made, frame)])
        case "update_line":
            slot = LINE_SLOTS[made.training.optimizer.name][frame.part]
            return float(made.updated_slots[slot][slot_of(made, frame)]) if slot else math.nan
    return math.nan


def is_trained(made: Trace) -> bool:
    network = made.program.network
    return any(edge.trainable for edge in network.edges) or any(
        unit.trainable_bias for unit in network.units
    )


def walked(made: Trace) -> list[tuple[Frame, Explanation]]:
    sample = len(made.rows) - 1
    return [
        (frame, explain(made, frame, sample, 6))
        for frame in frames(made.program, "term", made.training, len(made.rows))
    ]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_each_frame_has_a_formula_that_makes_its_number(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    for frame, told in walked(made):
        # Without anything trained a sample has no gradients to tell of.
        assert told.lines or (frame.kind == "sample_gradient" and not is_trained(made)), frame
        number = expected(made, frame, len(made.rows) - 1)
        if not math.isnan(number):
            assert close(told.result, number), (frame, told.sentence)
            assert close(evaluate(told.symbols), number, number), (frame, told.sentence)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_parts_walked_one_by_one_add_up(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    sample = len(made.rows) - 1
    back: dict[int, list[float]] = defaultdict(list)
    outputs: list[float] = []
    for frame, told in walked(made):
        if frame.kind == "contribution":
            back[frame.node].append(told.result)
        elif frame.kind == "loss_term":
            outputs.append(told.result)
    fused = made.training.loss in ("binary_cross_entropy", "softmax_cross_entropy")
    for node, parts in back.items():
        if not (fused and made.program.network.nodes[node].id in made.program.network.outputs):
            assert close(math.fsum(parts), float(made.dloss_da[sample, node]), max(map(abs, parts)))
    if outputs:
        assert close(math.fsum(outputs), float(made.loss_per_sample[sample]))


@pytest.mark.parametrize("seed", range(15))
def test_samples_mean_and_penalty_come_to_the_gradient(seed: int) -> None:
    made = random_trace(seed)
    if made is None:
        return
    told = {frame.kind: found for frame, found in walked(made)}
    slots = {
        name: float(made.gradient[made.program.edge_slot[place]])
        for place, edge in enumerate(made.program.network.edges)
        if edge.trainable
        for name in [edge.name]
    }
    if "mean" not in told:
        assert made.penalty == 0.0
        return
    joined: dict[str, float] = {}
    added: dict[str, float] = {}
    for kind, sums in (("mean", joined), ("penalty", added)):
        for line in told[kind].lines[1:]:
            reference = getattr(line.left, "reference", None)
            if reference is not None and reference.kind == "edge":
                sums[reference.name] = evaluate(line.right)
    assert close(told["penalty"].lines[0].result, made.penalty)
    assert joined or not slots
    for name in joined.keys() & added.keys():
        assert close(joined[name] + added[name], slots[name], abs(joined[name]))


def test_the_lines_of_every_optimizer_are_named() -> None:
    assert set(LINE_SLOTS) == {name for name, lines in UPDATE_LINES.items() if lines}
    for name, slots in LINE_SLOTS.items():
        assert len(slots) == len(UPDATE_LINES[name])


def test_a_sample_frame_tells_its_own_gradients() -> None:
    made = next(found for found in map(random_trace, range(99)) if found and len(found.rows) > 2)
    shares = []
    for frame, told in walked(made):
        if frame.kind != "sample_gradient":
            continue
        line = told.lines[0]
        assert isinstance(line.left, Partial)
        assert line.left.reference is not None
        name = line.left.reference.name
        edge = made.program.network.edge_index[name]
        assert close(line.result, float(made.edge_gradients(frame.sample)[edge]))
        shares.append(line.result)
    assert len(shares) == len(made.rows)
    assert not np.isnan(shares).any()
