"""Published figures, within half a unit of their last printed digit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from bpviz.engine.backprop import Trace
from bpviz.engine.program import compile
from bpviz.engine.trainer import advance
from bpviz.model.network import Activation, Edge, Input, LeakyRelu, Network, Unit
from bpviz.model.training import Adam, BatchReduction, LossName, Sgd, Training
from tests.engine.graphs import Case, edges_of, rows_of


def assert_prints(values: object, printed: str) -> None:
    """Every value equals its printed figure within half a unit of the last digit."""
    figures = printed.split()
    found = np.ravel(np.array(values, dtype=np.float64)).tolist()
    assert len(found) == len(figures)
    for value, figure in zip(found, figures, strict=True):
        decimals = len(figure.partition(".")[2])
        assert abs(value - float(figure)) <= 0.5 * 10.0**-decimals * (1 + 1e-6), (value, figure)


def unit(name: str, activation: Activation = "sigmoid", bias: float | None = None) -> Unit:
    return Unit(name, activation=activation, bias=bias or 0.0, trainable_bias=bias is not None)


def case_of(
    network: Network,
    loss: LossName,
    rate: float,
    inputs: list[list[float]],
    targets: list[list[float]],
    reduction: BatchReduction = "mean",
) -> Case:
    training = Training(loss=loss, batch_reduction=reduction, optimizer=Sgd(rate))
    return Case(compile(network), rows_of(inputs, targets), training)


def gradients(trace: Trace, names: Iterable[str]) -> list[float]:
    index = trace.program.network.edge_index
    return [float(trace.edge_gradient_batch[index[name]]) for name in names]


def updated(trace: Trace, *names: str) -> list[float]:
    program = trace.program
    index, nodes = program.network.edge_index, program.network.node_index
    return [
        float(trace.updated[program.edge_slot[index[name]]])
        if name in index
        else float(trace.updated[program.bias_slot[nodes[name]]])
        for name in names
    ]


def of(trace: Trace, quantity: str, *names: str, sample: int = 0) -> list[float]:
    index = trace.program.network.node_index
    values = getattr(trace, quantity)[sample]
    return [float(values[index[name]]) for name in names]


def test_s1_two_hidden_sigmoids_and_a_mini_batch() -> None:
    network = Network(
        (Input("u"), unit("a"), unit("b"), unit("y")),
        edges_of({"u->a": 0.4, "u->b": -0.3, "a->y": 0.7, "b->y": 0.2}),
        ("y",),
    )
    case = case_of(network, "half_squared_error", 0.5, [[0.5], [-1.0]], [[1.0], [0.0]])
    trace = case.trace()
    assert_prints(trace.outputs, ".6171332220 .5976798652")
    assert_prints(trace.loss_per_sample, ".0732934848 .1786106106")
    order = [2, 3, 0, 1]
    assert_prints(
        trace.edge_gradients(0)[order], "-.0497400117 -.0418458026 -.0078369418 -.0022489183"
    )
    assert_prints(
        trace.edge_gradients(1)[order], ".0576755219 .0825573217 -.0241707363 -.0070265772"
    )
    names = ("a->y", "b->y", "u->a", "u->b")
    assert_prints(gradients(trace, names), ".0039677551 .0203557596 -.0160038390 -.0046377478")
    assert_prints(trace.loss, ".1259520477")


def test_s1_descent_needs_the_minus_sign() -> None:
    network = Network((Input("u"), unit("y")), edges_of({"u->y": 0.4}), ("y",))
    trace = case_of(network, "half_squared_error", 0.5, [[0.5]], [[1.0]]).trace()
    assert trace.loss_after < trace.loss
    assert updated(trace, "u->y")[0] == pytest.approx(0.4 - 0.5 * trace.gradient[1])


def test_s2_computational_graph() -> None:
    network = Network(
        (
            Input("x"),
            Input("y"),
            Input("z"),
            unit("q", "identity"),
            Unit("f", combine="product", activation="identity"),
        ),
        edges_of({"x->q": 1.0, "y->q": 1.0, "q->f": 1.0, "z->f": 1.0}, trainable=False),
        ("f",),
    )
    trace = case_of(network, "output_value", 0.1, [[-2.0, 5.0, -4.0]], []).trace()
    assert of(trace, "a", "q", "f") == [3.0, -12.0]
    assert of(trace, "dloss_da", "x", "y", "z", "q") == [-4.0, -4.0, 3.0, -4.0]
    assert trace.local_gradients(0).tolist() == [1.0, 1.0, -4.0, 3.0]
    assert trace.loss == -12.0
    assert trace.theta.tolist() == trace.updated.tolist()


def test_s3_one_hidden_unit() -> None:
    network = Network(
        (Input("i"), unit("h"), unit("o")), edges_of({"i->h": 0.4, "h->o": 0.6}), ("o",)
    )
    trace = case_of(network, "half_squared_error", 0.5, [[0.5]], [[0.9]]).trace()
    assert_prints(of(trace, "a", "h", "o"), ".5498339973 .5817351420")
    assert_prints(trace.loss, ".0506462599")
    assert_prints(of(trace, "delta", "o", "h"), "-.0774400036 -.0115006106")
    assert_prints(gradients(trace, ("h->o", "i->h")), "-.0425791468 -.0057503053")
    assert_prints(updated(trace, "h->o", "i->h"), ".6212895734 .4028751526")
    assert_prints(trace.loss_after, ".0497277626")


def test_s4_shared_biases() -> None:
    hidden = tuple(
        Unit(f"h{row}", activation="identity", bias=0.1, bias_share="b1") for row in (1, 2, 3)
    )
    weights = {"x1->h1": 0.1, "x2->h1": 0.2, "x1->h2": 0.3, "x2->h2": 0.4, "x1->h3": 0.5,
               "x2->h3": 0.6, "h1->y": 0.7, "h2->y": 0.8, "h3->y": 0.9}  # fmt: skip
    network = Network(
        (Input("x1"), Input("x2"), *hidden, Unit("y", activation="identity", bias=0.2)),
        edges_of(weights),
        ("y",),
    )
    trace = case_of(network, "squared_error", 0.1, [[1.0, 2.0]], [[2.0]]).trace()
    assert_prints(of(trace, "a", "h1", "h2", "h3", "y"), "0.6 1.2 1.8 3.2")
    assert_prints(trace.loss, "1.44")
    assert_prints(of(trace, "delta", "y", "h1", "h2", "h3"), "2.4 1.68 1.92 2.16")
    assert_prints(gradients(trace, ("h1->y", "h2->y", "h3->y")), "1.44 2.88 4.32")
    assert_prints(gradients(trace, list(weights)[:6]), "1.68 3.36 1.92 3.84 2.16 4.32")
    nodes = network.node_index
    biases = trace.bias_gradient_batch
    assert_prints(biases[[nodes["y"], nodes["h1"], nodes["h2"], nodes["h3"]]], "2.4 5.76 5.76 5.76")
    assert_prints(updated(trace, "h1", "h2", "h3"), "-0.476 -0.476 -0.476")


def s5() -> Case:
    network = Network(
        (Input("x1"), Input("x2"), unit("h1", bias=0.1), unit("h2", bias=0.2), unit("y", bias=0.3)),
        edges_of(
            {"x1->h1": 0.5, "x1->h2": 0.3, "x2->h1": 0.2, "x2->h2": 0.4, "h1->y": 0.6, "h2->y": 0.7}
        ),
        ("y",),
    )
    return case_of(network, "squared_error", 0.1, [[0.5, 0.3]], [[0.8]])


def test_s5_case_study() -> None:
    trace = s5().trace()
    assert_prints(of(trace, "z", "h1", "h2", "y"), ".41 .47 1.0914213568")
    # Three figures were handed down with another last digit (.6010878789, .6153837563 and
    # -.0116164405). In exact arithmetic they are .60108787884837, .61538375639118 and
    # -.01161644040688.
    assert_prints(of(trace, "a", "h1", "h2", "y"), ".6010878788 .6153837564 .7486492779")
    assert_prints(trace.loss, ".0026368967")
    assert_prints(of(trace, "delta", "y", "h1", "h2"), "-.0193256940 -.0027803633 -.0032018928")
    assert_prints(gradients(trace, ("h1->y", "h2->y")), "-.0116164404 -.0118927182")
    names = ("x1->h1", "x1->h2", "x2->h1", "x2->h2")
    assert_prints(gradients(trace, names), "-.0013901817 -.0016009464 -.0008341090 -.0009605678")
    assert_prints(updated(trace, "h1->y", "h2->y", "y"), ".6011616440 .7011892718 .3019325694")
    assert_prints(trace.loss_after, ".0025699851")


def test_s5_the_text_s_own_figures_are_wrong() -> None:
    trace = s5().trace()
    assert abs(of(trace, "a", "y")[0] - 0.67) > 0.05
    assert abs(trace.loss - 0.017) > 0.01


def test_linear_neuron() -> None:
    network = Network((Input("x"), unit("p", "identity", 1.0)), edges_of({"x->p": 3.0}), ("p",))
    trace = case_of(network, "squared_error", 0.05, [[2.0]], [[9.0]]).trace()
    assert_prints(of(trace, "a", "p"), "7")
    assert_prints([trace.loss, *gradients(trace, ["x->p"])], "4 -8")
    assert_prints(trace.bias_gradient_batch[1], "-4")
    assert_prints([*updated(trace, "x->p", "p"), trace.loss_after], "3.4 1.2 1")


def test_goodfellow_s_xor() -> None:
    network = Network(
        (Input("x1"), Input("x2"), unit("h1", "relu"), unit("h2", "relu", -1.0),
         unit("y", "identity")),
        edges_of({"x1->h1": 1.0, "x2->h1": 1.0, "x1->h2": 1.0, "x2->h2": 1.0, "h1->y": 1.0,
                  "h2->y": -2.0}),
        ("y",),
    )  # fmt: skip
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    trace = case_of(network, "squared_error", 0.1, corners, [[0.0], [1.0], [1.0], [0.0]]).trace()
    assert trace.outputs.ravel().tolist() == [0.0, 1.0, 1.0, 0.0]


def test_tanh_neuron() -> None:
    network = Network(
        (Input("x1"), Input("x2"), unit("n", "tanh", 6.8813735870195432)),
        edges_of({"x1->n": -3.0, "x2->n": 1.0}),
        ("n",),
    )
    trace = case_of(network, "output_value", 0.1, [[2.0, 0.0]], []).trace()
    assert_prints(of(trace, "a", "n"), ".7071067811865476")
    assert_prints(of(trace, "dloss_da", "x1", "x2"), "-1.500000000000 .500000000000")
    assert_prints(gradients(trace, ("x1->n", "x2->n")), "1.000000000000 0.000000000000")
    assert_prints(trace.bias_gradient_batch[2], ".500000000000")


def test_fan_out_adds() -> None:
    network = Network(
        (Input("x"), unit("s", "identity"), unit("l", "identity"), unit("r", "square")),
        edges_of({"x->s": 1.0, "s->l": 3.0, "s->r": 2.0}),
        ("l", "r"),
    )
    trace = case_of(network, "output_value", 0.1, [[1.0]], []).trace()
    # 3 by the left way, 2·(2·1)·2 = 8 by the right one
    assert of(trace, "dloss_da", "s", "x") == [11.0, 11.0]


def test_leaky_relu_keeps_its_slope_below_zero() -> None:
    network = Network((Input("x"), unit("y", LeakyRelu(0.1))), edges_of({"x->y": -2.0}), ("y",))
    trace = case_of(network, "output_value", 0.1, [[3.0]], []).trace()
    assert of(trace, "a", "y") == pytest.approx([-0.6])
    assert of(trace, "slope", "y") == [0.1]
    assert gradients(trace, ["x->y"]) == pytest.approx([0.3])


def test_a_bias_is_stepped_once_per_update() -> None:
    network = Network(
        (Input("x1"), Input("x2"), Input("x3"), unit("y", "identity", 1.0)),
        edges_of({"x1->y": 1.0, "x2->y": 1.0, "x3->y": 1.0}),
        ("y",),
    )
    trace = case_of(network, "output_value", 0.1, [[1.0, 1.0, 1.0]], []).trace()
    assert updated(trace, "y") == pytest.approx([0.9])


def test_the_shorter_last_batch_has_its_own_mean() -> None:
    network = Network((Input("x"), unit("y", "identity")), edges_of({"x->y": 0.0}), ("y",))
    training = Training(loss="output_value", batch_size=2, optimizer=Sgd(1.0))
    case = Case(compile(network), rows_of([[1.0], [3.0], [10.0]], []), training)
    weight = case.program.edge_slot[0]
    after = [advance(*case, case.state, steps).theta[weight] for steps in range(4)]
    # means 2 and 10, then 2 again
    assert np.diff(after).tolist() == [-2.0, -10.0, -2.0]


def test_a_second_backward_pass_adds_nothing() -> None:
    case = s5()
    first, second = case.trace(), case.trace()
    assert np.array_equal(first.gradient, second.gradient)
    state = case.state
    advance(*case, state, 3)
    assert np.array_equal(state.theta, case.state.theta)


def test_all_gradients_are_taken_before_any_parameter_changes() -> None:
    case = s5()
    before = case.trace()
    hidden = before.edge_gradient_batch[:4]
    # With the output weights already stepped δ of the hidden units would differ.
    stepped = before.theta.copy()
    outer = case.program.edge_slot[4:]
    stepped[outer] = before.updated[outer]
    state = case.state
    state.theta[:] = stepped
    wrong = before.delta[0, 4] * stepped[outer] * before.slope[0, 2:4]
    assert np.all(np.abs(wrong - before.delta[0, 2:4]) > 1e-7)
    assert before.updated[case.program.edge_slot[:4]] == pytest.approx(
        before.theta[case.program.edge_slot[:4]] - 0.1 * hidden, abs=1e-16
    )


@pytest.mark.parametrize(("reduction", "expected"), [("mean", 2.0), ("sum", 4.0)])
def test_batch_mean_against_sum(reduction: BatchReduction, expected: float) -> None:
    network = Network((Input("x"), unit("y", "identity")), (Edge("x", "y", 0.0),), ("y",))
    trace = case_of(network, "output_value", 0.1, [[1.0], [3.0]], [], reduction).trace()
    assert gradients(trace, ["x->y"]) == [expected]


def test_adam_corrects_its_bias_and_adds_epsilon_outside_the_root() -> None:
    network = Network((Input("x"), unit("y", "identity")), edges_of({"x->y": 0.0}), ("y",))
    # With g = 1e-8 the first step is η g / (g + ε) = η/2; ε inside the root would give η·1e-4.
    training = Training(loss="output_value", optimizer=Adam(0.1))
    case = Case(compile(network), rows_of([[1e-8]], []), training)
    assert updated(case.trace(), "x->y") == pytest.approx([-0.05], rel=1e-9)
