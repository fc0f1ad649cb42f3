"""Predictions: what counts as right, which mistake a wrong one looks like, and the hints."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.frames import frames
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.explain.hints import hints
from bpviz.explain.mistakes import WORDS, digits_right, is_right, mistakes, recognised
from bpviz.explain.quantities import Quantity, value_of
from bpviz.explain.questions import questions_at
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Sgd, Training


@pytest.mark.parametrize(
    ("typed", "text", "value", "wanted"),
    [
        (0.7486, "0.7486", 0.7486492779, True), (0.75, "0,75", 0.7486492779, True),
        (0.7, "0.7", 0.7486492779, False), (0.745, "0.745", 0.7486492779, True),
        (0.74, "0.74", 0.7486492779, False), (-0.019, "−0.019", -0.0193256940, True),
        (-0.02, "-0.02", -0.0193256940, False), (1 / 3, "1/3", 0.3333, True),
        (2 / 7, "2/7", 0.2857142857, True), (1e-3, "1e-3", 0.001, True),
        (1.2e-3, "1.2e-3", 0.00124, True), (0.0, "0", 0.0, True), (0.0, "0", 1e-9, False),
        (1e-9, "1e-9", 0.0, False), (12.0, "12", 12.4, True), (1240.0, "1240", 1244.0, True),
        (-0.019, "\u2012 0.019", -0.0193256940, True), (-0.019, "\ufe630.019", -0.01932, True),
        (1.2e-3, "1.2E\u22123", 0.00124, True), (0.3, "0.3", 0.2963, False),
        (0.3, "0.30", 0.2963, True), (3 / 10, "3/10", 0.2963, False),
    ],
)  # fmt: skip
def test_right_within_half_a_percent_or_to_the_digits_typed(
    typed: float, text: str, value: float, wanted: bool
) -> None:
    assert is_right(typed, text, value) is wanted


def test_digits_that_are_right() -> None:
    assert digits_right("0,0905", 0.0905, 0.09046368890) == 3
    assert digits_right("0.75", 0.75, 0.7486492779) == 2
    assert digits_right("0", 0.0, 0.0) == 1


def layered(random: Random, loss: str, reduction: str, rows: int) -> Trace:
    """2-3-2-1 of sigmoid and tanh units: paths fork, slopes are no 1."""
    sizes = (2, 3, 2, 1)
    names = [[f"n{layer}_{place}" for place in range(size)] for layer, size in enumerate(sizes)]
    nodes: list[Input | Unit] = [Input(name) for name in names[0]]
    for layer, kind in ((1, "tanh"), (2, "sigmoid"), (3, "sigmoid")):
        nodes += [
            Unit(name, activation=kind, bias=random.uniform(-1, 1))  # type: ignore[arg-type]
            for name in names[layer]
        ]
    edges = tuple(
        Edge(a, b, random.choice((-1, 1)) * random.uniform(0.4, 1.5))
        for before, after in pairwise(names)
        for a in before
        for b in after
    )
    program = compile(Network(tuple(nodes), edges, (names[3][0],)))
    values = np.array([[random.uniform(0.3, 1.2) for _ in range(2)] for _ in range(rows)])
    targets = np.array([[random.uniform(0.0, 1.0)] for _ in range(rows)])
    none = np.zeros((0, 0))
    training = Training(
        loss=loss,  # type: ignore[arg-type]
        batch_reduction=reduction,  # type: ignore[arg-type]
        optimizer=Sgd(0.3),
    )
    data = Rows(values, targets, none, none)
    return trace(program, data, training, initial_state(program, training.optimizer))


@pytest.mark.parametrize("seed", range(12))
def test_every_generated_mistake_is_recognised(seed: int) -> None:
    random = Random(seed)
    loss = random.choice(("half_squared_error", "squared_error", "binary_cross_entropy"))
    reduction = random.choice(("mean", "sum"))
    told = layered(random, loss, reduction, random.choice((1, 3, 4)))
    seen: set[str] = set()
    for frame in frames(told.program, "neuron", told.training, len(told.rows)):
        for question in questions_at(told, frame, 0):
            wrong = mistakes(question.quantity, told)
            for name, value in wrong:
                found = recognised(value, repr(value), question.quantity, told)
                assert name in found
                for other in found:
                    # Several mistakes at once are told only where their values coincide.
                    near = [m.value for m in wrong if m.name == other]
                    assert any(math.isclose(each, value, rel_tol=0.0101) for each in near)
                seen.add(name)
    wanted = {"sign", "slope", "path", "activation", "rate"}
    wanted |= set() if loss == "binary_cross_entropy" else {"half"}
    wanted |= {"mean"} if len(told.rows) > 1 else set()
    assert seen == wanted


@pytest.mark.parametrize("seed", range(6))
def test_right_answers_are_right_and_no_mistakes(seed: int) -> None:
    told = layered(Random(seed), "half_squared_error", "mean", 3)
    for frame in frames(told.program, "neuron", told.training, len(told.rows)):
        for question in questions_at(told, frame, 1):
            value = value_of(question.quantity, told, 1)
            assert is_right(value, repr(value), value)
            assert all(not is_right(m.value, repr(m.value), value)
                       for m in mistakes(question.quantity, told, 1))  # fmt: skip


def test_mistakes_are_what_they_are_called() -> None:
    told = layered(Random(3), "half_squared_error", "mean", 3)
    network = told.program.network
    node, output = network.node_index["n2_0"], network.node_index["n3_0"]
    edge = network.edge("n2_0->n3_0")
    by_name: dict[str, list[float]] = {}
    for name, value in mistakes(Quantity("delta", "n2_0", 0), told):
        by_name.setdefault(name, []).append(value)
    right = told.delta[0, node]
    assert by_name["sign"] == [-right]
    assert by_name["slope"] == pytest.approx(
        [
            told.dloss_da[0, node],
            told.dloss_da[0, output] * edge.weight * told.slope[0, node],
        ]
    )
    assert "path" not in by_name, "one way leads out of it"
    forked = dict.fromkeys(m.name for m in mistakes(Quantity("delta", "n1_0", 0), told))
    assert "path" in forked
    batch = Quantity("gradient", "n2_0->n3_0")
    mean = [m.value for m in mistakes(batch, told) if m.name == "mean"]
    assert mean == [pytest.approx(3 * value_of(batch, told))]
    change = Quantity("update", "n2_0->n3_0")
    wrong = {m.name: m.value for m in mistakes(change, told)}
    assert wrong["sign"] == pytest.approx(0.3 * value_of(batch, told))
    assert wrong["rate"] == pytest.approx(-value_of(batch, told))


def test_every_mistake_has_its_words() -> None:
    told = layered(Random(0), "half_squared_error", "mean", 3)
    names = {
        mistake.name
        for frame in frames(told.program, "neuron", told.training, 3)
        for question in questions_at(told, frame, 0)
        for mistake in mistakes(question.quantity, told)
    }
    assert names == set(WORDS)


def test_hints_lead_to_the_result_and_never_tell_it() -> None:
    told = layered(Random(1), "half_squared_error", "mean", 3)
    for frame in frames(told.program, "neuron", told.training, 3):
        for question in questions_at(told, frame, 0):
            found = hints(question.quantity, told)
            assert found[0].words.startswith("The formula")
            left = found[-1].latex.partition(" = ")[0]
            value = value_of(question.quantity, told)
            assert f"{left} = {value:.4g}" not in {hint.latex for hint in found}
