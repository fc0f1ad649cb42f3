"""Wrong answers made by hand over random networks are told by their mistake; right ones never."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Grain, frames
from bpviz.explain.mistakes import SQUARES, WITHIN, is_right, recognised
from bpviz.explain.quantities import Quantity, value_of
from bpviz.explain.questions import questions_in
from bpviz.model.network import Input
from tests.explain.random_traces import random_trace

COARSE: tuple[Grain, ...] = ("layer", "phase")


def delta_of(told: Trace, node: int, sample: int) -> float:
    """Return δ, ∂E/∂a where the node is an input."""
    is_input = isinstance(told.program.network.nodes[node], Input)
    return float((told.dloss_da if is_input else told.delta)[sample, node])


def wrong_deltas(told: Trace, node: int, sample: int) -> Iterator[tuple[str, float]]:
    """Yield δ without the slope, and without each of several paths."""
    network = told.program.network
    unit = network.nodes[node]
    slope = 1.0 if isinstance(unit, Input) else float(told.slope[sample, node])
    whole = float(told.dloss_da[sample, node])
    if not isinstance(unit, Input):
        yield "slope", whole
    outgoing = network.outgoing[unit.id]
    if len(outgoing) + (unit.id in network.outputs) > 1:
        local = told.local_gradients(sample)
        for edge in outgoing:
            target = network.node_index[edge.target]
            part = local[network.edge_index[edge.name]] * told.delta[sample, target]
            yield "path", float((whole - part) * slope)


def factor(told: Trace, edge: int, sample: int) -> float:
    """Return ∂z/∂w of an edge."""
    return float(told.term_slopes(sample)[edge] * told.a[sample, told.program.source[edge]])


def wrong_answers(told: Trace, quantity: Quantity, sample: int) -> Iterator[tuple[str, float]]:
    """Yield what each mistake leads to, from the rules of a textbook."""
    network, kind = told.program.network, quantity.kind
    value = value_of(quantity, told, sample)
    yield "sign", -value
    if told.training.loss in SQUARES and kind not in ("z", "a", "update", "bias_update"):
        own = value if quantity.sample >= 0 or kind == "loss" else data_part(told, quantity)
        yield "half", value + own
        yield "half", value - own / 2
    if kind in ("gradient", "bias_gradient") and quantity.sample < 0:
        count, own = len(told.rows), data_part(told, quantity)
        mean = told.training.batch_reduction == "mean"
        yield "mean", value - own + own * (count if mean else 1 / count)
    if kind == "delta":
        yield from wrong_deltas(told, network.node_index[quantity.name], sample)
    if kind == "dloss_da":
        for name, wrong in wrong_deltas(told, network.node_index[quantity.name], sample):
            if isinstance(network.node(quantity.name), Input):
                yield name, wrong
    if kind in ("gradient", "bias_gradient") and quantity.sample >= 0:
        yield from wrong_gradients(told, quantity, sample)
    elif kind in ("gradient", "bias_gradient") and quantity.name not in tied(told):
        yield from wrong_means(told, quantity)


def wrong_gradients(told: Trace, quantity: Quantity, sample: int) -> Iterator[tuple[str, float]]:
    """Yield the wrong gradients of one sample."""
    network = told.program.network
    carry, node = 1.0, -1
    if quantity.kind == "gradient":
        edge = network.edge_index[quantity.name]
        carry, node = factor(told, edge, sample), network.node_index[network.edges[edge].target]
    else:
        node = network.node_index[quantity.name]
    for name, wrong in wrong_deltas(told, node, sample):
        yield name, wrong * carry


def wrong_means(told: Trace, quantity: Quantity) -> Iterator[tuple[str, float]]:
    """Yield the wrong gradients of the batch; a penalty stays as it is."""
    value, own = value_of(quantity, told), data_part(told, quantity)
    share = 1 / len(told.rows) if told.training.batch_reduction == "mean" else 1.0
    columns = [list(wrong_gradients(told, quantity, each)) for each in range(len(told.rows))]
    for column in zip(*columns, strict=True):
        yield column[0][0], value - own + share * sum(wrong for _, wrong in column)


def tied(told: Trace) -> set[str]:
    """Return the names of edges and nodes whose weight or bias is shared."""
    network = told.program.network
    return {edge.name for edge in network.edges if edge.share} | {
        node.id for node in network.nodes if not isinstance(node, Input) and node.bias_share
    }


def data_part(told: Trace, quantity: Quantity) -> float:
    """Return the batch's gradient without penalty, of all that share the parameter."""
    network = told.program.network
    share = 1 / len(told.rows) if told.training.batch_reduction == "mean" else 1.0
    total = 0.0
    for sample in range(len(told.rows)):
        if quantity.kind == "gradient":
            found = told.edge_gradients(sample)
            edge = network.edges[network.edge_index[quantity.name]]
            total += sum(
                float(found[place])
                for place, each in enumerate(network.edges)
                if each is edge or (edge.share and each.share == edge.share)
            )
        else:
            unit = network.node(quantity.name)
            assert not isinstance(unit, Input)
            total += sum(
                float(told.delta[sample, place])
                for place, each in enumerate(network.nodes)
                if each is unit
                or (unit.bias_share and getattr(each, "bias_share", "") == unit.bias_share)
            )
    return share * total


def asked(told: Trace, grain: Grain = "neuron") -> Iterator[tuple[Quantity, int]]:
    """Yield every question of an iteration walked by `grain`, with the sample it is about."""
    sample = len(told.rows) - 1
    listed = frames(told.program, "neuron", told.training, len(told.rows))
    for stop in listed.stops(grain).tolist():
        step = [listed[place] for place in listed.step(stop, grain)]
        for question in questions_in(told, step, sample):
            yield question.quantity, sample


def is_apart(wrong: float, right: float) -> bool:
    """Whether a wrong answer can be told from the right one, and typed."""
    return (
        math.isfinite(wrong)
        and 1e-12 < abs(wrong) < 1e90
        and abs(wrong - right) > 3 * WITHIN * max(abs(right), abs(wrong))
        and abs(right) > 1e-12
    )


SEEN: set[str] = {"sign", "half", "slope", "path", "mean"}


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_a_layer_or_a_phase_asks_for_each_number_of_its_units_once(seed: int) -> None:
    told = random_trace(seed)
    if told is None:
        return
    every = list(asked(told))
    for grain in COARSE:
        found = list(asked(told, grain))
        assert found == every
        assert len(set(found)) == len(found)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.sampled_from(("neuron", *COARSE)))
def test_mistakes_made_by_hand_are_recognised(seed: int, grain: Grain) -> None:
    told = random_trace(seed)
    if told is None:
        return
    for quantity, sample in asked(told, grain):
        right = value_of(quantity, told, sample)
        for name, wrong in wrong_answers(told, quantity, sample):
            if not is_apart(wrong, right):
                continue
            for text in (f"{wrong:.4g}", f"{wrong:.6e}".replace(".", ","), repr(wrong)):
                typed = float(text.replace(",", "."))
                if is_right(typed, text, right):
                    continue
                assert name in recognised(typed, text, quantity, told, sample), (
                    name, wrong, right, quantity,
                )  # fmt: skip


def told_for(seed: int) -> Trace:
    """Return the next trace there is from `seed` on."""
    made = (random_trace(each) for each in range(seed, seed + 1000))
    return next(told for told in made if told is not None)


@pytest.mark.parametrize("grain", COARSE)
def test_each_class_of_mistake_comes_up(grain: Grain) -> None:
    met: set[str] = set()
    for seed in range(12):
        told = told_for(seed)
        for quantity, sample in asked(told, grain):
            right = value_of(quantity, told, sample)
            met |= {
                name
                for name, wrong in wrong_answers(told, quantity, sample)
                if is_apart(wrong, right)
            }
    assert met == SEEN


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(3, 12))
def test_a_right_answer_is_never_called_a_mistake(seed: int, digits: int) -> None:
    told = random_trace(seed)
    if told is None:
        return
    for quantity, sample in asked(told):
        right = value_of(quantity, told, sample)
        if not np.isfinite(right) or (right and not 1e-90 < abs(right) < 1e90):
            continue
        for text in (f"{right:.{digits}g}", f"{right:.{digits}e}", repr(right)):
            typed = float(text)
            assert is_right(typed, text, right)
            assert not recognised(typed, text, quantity, told, sample)
