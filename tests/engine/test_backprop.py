"""The trace: every number against plain back propagation, and its promises."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from bpviz.engine.backprop import Trace, Tracer, evaluate, trace
from bpviz.engine.errors import NonFinite
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.losses import LOSSES
from bpviz.engine.program import compile
from bpviz.engine.trainer import advance
from bpviz.model.network import Activation, Input, Network, Node, Power, Unit
from bpviz.model.training import LossName, Sgd, Training
from tests.engine.graphs import Case, edges_of, layered, random_case, rows_of
from tests.engine.reference import backward

QUANTITIES = ("z", "a", "slope", "dloss_da", "delta")


def assert_samples(found: Trace) -> None:
    network = found.program.network
    for place, row in enumerate(found.rows.tolist()):
        case_inputs = found.a[place, found.program.input_nodes].tolist()
        plain = backward(network, found.training.loss, case_inputs, found.targets[place].tolist())
        for quantity in QUANTITIES:
            expected = getattr(plain, quantity)
            values = getattr(found, quantity)[place]
            for node_id, value in expected.items():
                got = float(values[network.node_index[node_id]])
                assert got == pytest.approx(value, rel=1e-9, abs=1e-12), (row, quantity, node_id)
        edges = found.edge_gradients(place)
        for name, value in plain.edges.items():
            got = float(edges[network.edge_index[name]])
            assert got == pytest.approx(value, rel=1e-9, abs=1e-12), (row, name)
        assert found.loss_per_sample[place] == pytest.approx(plain.loss, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_number_of_a_trace_is_that_of_plain_back_propagation(loss: str) -> None:
    for activation in ACTIVATIONS:
        for seed in range(2):
            assert_samples(random_case(activation, loss, seed).trace())


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_batch_gradients_are_the_reduced_samples_plus_penalties(reduction: str) -> None:
    draw = random_case("tanh", "huber", 5)
    training = msgspec.structs.replace(draw.training, l1=0.02, l2=0.3, batch_reduction=reduction)
    network = Network(
        draw.program.network.nodes,
        tuple(msgspec.structs.replace(e, share="") for e in draw.program.network.edges),
        draw.program.network.outputs,
    )
    case = Case(compile(network), draw.rows, training)
    found = case.trace()
    samples = [found.edge_gradients(place) for place in range(len(found.rows))]
    weights = np.array([edge.weight for edge in network.edges])
    penalized = np.array([edge.trainable for edge in network.edges])
    expected = sum(samples) / (len(samples) if reduction == "mean" else 1)
    expected = expected + penalized * (0.3 * weights + 0.02 * np.sign(weights))
    assert found.edge_gradient_batch == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert found.penalty == pytest.approx(
        float((0.15 * weights**2 + 0.02 * abs(weights))[penalized].sum())
    )
    biases = found.delta.sum(axis=0) / (len(samples) if reduction == "mean" else 1)
    has_bias = case.program.bias_slot >= 0
    assert found.bias_gradient_batch[has_bias] == pytest.approx(biases[has_bias], abs=1e-14)


def test_a_shared_value_gets_the_sum_at_every_member_and_is_penalized_once() -> None:
    edges = edges_of({"x1->y": 0.5, "x2->y": 0.5}, share="w")
    network = Network((Input("x1"), Input("x2"), Unit("y", activation="identity")), edges, ("y",))
    training = Training(loss="output_value", l1=0.1, l2=2.0, optimizer=Sgd(0.1))
    found = Case(compile(network), rows_of([[2.0, 3.0]], []), training).trace()
    assert found.edge_gradients(0).tolist() == [2.0, 3.0]
    assert found.edge_gradient_batch == pytest.approx([6.1, 6.1])
    assert found.updated[found.program.edge_slot] == pytest.approx([-0.11, -0.11])
    assert found.penalty == pytest.approx(0.05 + 0.25)


def test_fixed_parameters_have_a_gradient_without_penalty_and_stay() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity", bias=1.0, trainable_bias=False)),
        edges_of({"x->y": 0.5}, trainable=False),
        ("y",),
    )
    training = Training(loss="output_value", l2=10.0, optimizer=Sgd(0.1))
    found = Case(compile(network), rows_of([[3.0]], []), training).trace()
    assert found.edge_gradient_batch.tolist() == [3.0]
    assert found.bias_gradient_batch.tolist() == [0.0, 1.0]
    assert found.updated.tolist() == found.theta.tolist()
    assert found.penalty == 0.0


def test_updated_is_what_advance_gives_to_the_bit() -> None:
    for activation in ("tanh", "relu", "softplus"):
        case = random_case(activation, "squared_error", 3)
        found = case.trace()
        after = advance(*case, case.state, 1)
        assert np.array_equal(found.updated, after.theta)
        assert np.array_equal(found.theta, case.state.theta)


def test_loss_after_is_the_loss_of_the_same_batch_at_the_updated_parameters() -> None:
    case = random_case("tanh", "squared_error", 4)
    found = case.trace()
    losses = evaluate(*case, found.updated).losses[found.batch]
    reduce = np.mean if case.training.batch_reduction == "mean" else np.sum
    assert found.loss_after == pytest.approx(float(reduce(losses)), rel=1e-12)
    before = evaluate(*case, found.theta).losses[found.batch]
    assert found.loss == pytest.approx(float(reduce(before)), rel=1e-12)


def test_a_trace_of_chosen_rows_keeps_the_batch_s_gradient() -> None:
    case = random_case("sigmoid", "squared_error", 0)
    training = Training(loss="squared_error", optimizer=Sgd(0.1))
    whole = trace(case.program, case.rows, training, case.state)
    some = trace(case.program, case.rows, training, case.state, rows_chosen=[2, 0, 99])
    assert some.rows.tolist() == [0, 2]
    assert some.batch.tolist() == [0, 1, 2]
    assert np.array_equal(some.gradient, whole.gradient)
    assert some.loss == whole.loss
    assert np.array_equal(some.delta, whole.delta[[0, 2]])


def test_inputs_have_only_a_value_and_its_gradient() -> None:
    found = random_case("tanh", "huber", 0).trace()
    inputs = found.program.input_nodes
    assert np.all(found.dloss_da[:, inputs[0]] != 0.0)
    for quantity in ("z", "slope", "delta"):
        assert np.all(getattr(found, quantity)[:, inputs] == 0.0)


def test_a_saturated_sigmoid_still_learns_from_binary_cross_entropy() -> None:
    network = Network((Input("x"), Unit("y", bias=0.0)), edges_of({"x->y": 40.0}), ("y",))
    training = Training(loss="binary_cross_entropy", optimizer=Sgd(0.1))
    found = Case(compile(network), rows_of([[1.0], [-20.0]], [[0.0], [1.0]]), training).trace()
    assert found.delta[:, 1] == pytest.approx([1.0, -1.0])
    assert found.loss_per_sample == pytest.approx([40.0, 800.0])
    assert found.dloss_da[0, 1] == pytest.approx(1e12)


def test_softmax_gives_probabilities_for_logits_of_any_size() -> None:
    nodes: tuple[Node, ...] = (
        Input("x"), Unit("a", activation="identity"), Unit("b", activation="identity"),
    )  # fmt: skip
    network = Network(nodes, edges_of({"x->a": 1000.0, "x->b": -1000.0}), ("b", "a"))
    training = Training(loss="softmax_cross_entropy", optimizer=Sgd(0.1))
    found = Case(compile(network), rows_of([[1.0]], [[0.5, 0.5]]), training).trace()
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.0, 1.0]]
    assert found.outputs.tolist() == [[-1000.0, 1000.0]]
    assert found.loss == pytest.approx(1000.0)
    assert random_case("tanh", "huber", 0).trace().probabilities is None


def chain(activation: Activation, weight: float, loss: LossName = "output_value") -> Case:
    network = Network(
        (Input("x"), Unit("h", activation=activation), Unit("y", activation="tanh")),
        edges_of({"x->h": weight, "h->y": 1.0}),
        ("y",),
    )
    targets = [] if loss == "output_value" else [[0.5]]
    training = Training(loss=loss, optimizer=Sgd(0.1))
    return Case(compile(network), rows_of([[1.0]], targets), training)


@pytest.mark.parametrize(
    ("activation", "weight", "words"),
    [
        ("log", 0.0, "h: log(0) is minus infinite (row 0)"),
        ("log", -2.0, "h: log(-2) is not a number (row 0)"),
        ("exp", 1000.0, "h: exp(1000) is infinite (row 0)"),
        ("reciprocal", 0.0, "h: reciprocal(0) is infinite (row 0)"),
        ("sqrt", -1.0, "h: sqrt(-1) is not a number (row 0)"),
        (Power(0.5), -4.0, "h: power(-4) is not a number (row 0)"),
        ("sqrt", 0.0, "h: the slope of sqrt at z = 0 is infinite (row 0)"),
    ],
)
def test_the_first_bad_node_is_named_with_the_cause(
    activation: Activation, weight: float, words: str
) -> None:
    case = chain(activation, weight)
    with pytest.raises(NonFinite) as caught:
        case.trace()
    assert caught.value.where == words
    assert caught.value.place == "h"


def test_an_output_outside_its_range_is_named() -> None:
    network = Network(
        (Input("x"), Unit("s"), Unit("y", activation="identity")),
        edges_of({"x->s": 50.0, "x->y": 1.5}),
        ("s", "y"),
    )
    training = Training(loss="binary_cross_entropy", optimizer=Sgd(0.1))
    case = Case(compile(network), rows_of([[1.0]], [[1.0, 1.0]]), training)
    with pytest.raises(NonFinite) as caught:
        case.trace()
    where = "y: binary_cross_entropy needs an output inside (0, 1), here 1.5 (row 0)"
    assert caught.value.where == where


def test_a_product_that_overflows_is_named_even_where_its_activation_hides_it() -> None:
    network = Network(
        (Input("a"), Input("b"), Unit("y", combine="product", activation="tanh")),
        edges_of({"a->y": 1e99, "b->y": 1e99}),
        ("y",),
    )
    training = Training(loss="output_value", optimizer=Sgd(0.1))
    case = Case(compile(network), rows_of([[1e80, 1e80]], []), training)
    with pytest.raises(NonFinite, match="y: the product of w·a is infinite"):
        case.trace()


def test_a_parameter_that_would_pass_its_limit_is_named() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity")), edges_of({"x->y": 1.0}), ("y",)
    )
    training = Training(loss="output_value", optimizer=Sgd(1e60))
    case = Case(compile(network), rows_of([[1e50]], []), training)
    with pytest.raises(NonFinite, match=r"x->y: its weight would become -1e\+110, beyond 1e100"):
        case.trace()


def test_a_tracer_gives_the_same_numbers_again() -> None:
    case = Case(
        compile(layered((2, 5, 1))),
        rows_of([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], [[1.0], [0.0], [0.5]]),
        Training(loss="huber", batch_size=2, optimizer=Sgd(0.1)),
    )
    tracer = Tracer(*case)
    state = case.state
    first = tracer.trace(state)
    state.iteration = 1
    second = tracer.trace(state)
    assert second.rows.tolist() == [2]
    state.iteration = 0
    again = tracer.trace(state)
    assert np.array_equal(first.delta, again.delta)
    assert np.array_equal(first.updated, again.updated)
    assert first.epoch == 1
    assert second.iteration == 2
