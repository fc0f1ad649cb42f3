"""The same iteration under other conventions; matrices of layered networks."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import pytest

from bpviz.engine.datasets import make_rows
from bpviz.explain.conventions import Convention, conventions
from bpviz.explain.matrices import NotLayeredError, layers
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.session import Notation
from bpviz.model.training import Adam, Sgd, Training
from tests.explain.test_chain import layered_trace, lesson, rows_trace


def found_in(name: str) -> dict[tuple[str, str], Convention]:
    session, _ = lesson(name)
    rows = make_rows(session.data, session.training.loss)
    return {(c.question, c.answer.partition(":")[0]): c for c in conventions(session, rows)}


def test_half_or_not() -> None:
    found = found_in("S3")
    half, whole = found["½ or not", "with ½"], found["½ or not", "without ½"]
    assert half.current
    assert not whole.current
    assert whole.loss == pytest.approx(2 * half.loss, rel=1e-14)
    for name, gradient in half.gradients.items():
        assert whole.gradients[name] == pytest.approx(2 * gradient, rel=1e-14)
    assert half.updated["h->o"] == pytest.approx(0.6212895734, abs=5e-11)


def test_mean_or_sum() -> None:
    found = found_in("S1")
    mean, total = (found["mean or sum over the batch", name] for name in ("mean", "sum"))
    assert mean.current
    assert mean.gradients["u->x1"] == pytest.approx(-0.0160038390, abs=5e-11)
    assert total.gradients["u->x1"] == pytest.approx(2 * mean.gradients["u->x1"], rel=1e-14)


def test_the_sessions_own_answers_are_marked() -> None:
    session, _ = lesson("S1")
    chosen = msgspec.structs.replace(
        session.training, batch_reduction="sum", loss="mean_squared_error"
    )
    changed = msgspec.structs.replace(session, training=chosen)
    found = conventions(changed, make_rows(changed.data, chosen.loss))
    answers = {each.question: each.answer for each in found if each.current}
    assert answers["mean or sum over the batch"] == "sum"
    assert answers["½ or not"].startswith("mean over the outputs")
    for question in answers:
        assert sum(each.current for each in found if each.question == question) == 1


def test_bias_trained_or_fixed() -> None:
    found = found_in("S5")
    trained, fixed = (found["biases", name] for name in ("trained", "fixed"))
    assert trained.current
    assert trained.updated["y"] == pytest.approx(0.3019325694, abs=5e-11)
    assert fixed.updated["y"] == 0.3
    assert fixed.gradients == trained.gradients
    assert fixed.updated["h1->y"] == trained.updated["h1->y"]
    assert not any(question == "biases" for question, _ in found_in("S3"))


def test_the_mistake_of_updating_layer_by_layer() -> None:
    found = [c for c in found_in("S3").values() if c.question == "order of updates"]
    right, wrong = found
    assert (right.wrong, wrong.wrong) == (False, True)
    assert wrong.gradients["h->o"] == right.gradients["h->o"]
    # δ_h through the new w_o = .6212895734 instead of .6.
    factor = right.updated["h->o"] / 0.6
    assert wrong.gradients["i->h"] == pytest.approx(right.gradients["i->h"] * factor, rel=1e-13)
    assert wrong.updated["i->h"] == pytest.approx(0.4 - 0.5 * wrong.gradients["i->h"], rel=1e-14)


def test_every_optimizer_has_the_mistake_beside_the_right_order() -> None:
    session, _ = lesson("S3")
    rows = make_rows(session.data, session.training.loss)
    training = msgspec.structs.replace(session.training, optimizer=Adam(0.1))
    found = conventions(msgspec.structs.replace(session, training=training), rows)
    right, wrong = [c for c in found if c.question == "order of updates"]
    assert wrong.wrong
    # Adam's first step is the learning rate, whatever the gradient's size.
    assert right.updated["h->o"] == pytest.approx(0.7, abs=1e-6)
    factor = right.updated["h->o"] / 0.6
    assert wrong.gradients["i->h"] == pytest.approx(right.gradients["i->h"] * factor, rel=1e-13)


def test_where_no_order_can_be_told_there_is_one_answer() -> None:
    nodes = (Input("x"), Unit("u"), Unit("v"))
    edges = (Edge("x", "u", 0.5, share="w"), Edge("u", "v", 0.5, share="w"))
    session, _ = lesson("S3")
    across = msgspec.structs.replace(session, network=Network(nodes, edges, ("v",)))
    rows = make_rows(across.data, across.training.loss)
    found = conventions(across, rows)
    assert [c.wrong for c in found if c.question == "order of updates"] == [False]


# --- matrices ---------------------------------------------------------------------------------

SQUARED = Training(loss="squared_error", optimizer=Sgd(0.1))


def test_matrices_satisfy_the_layer_form() -> None:
    made = layered_trace((3, 4, 5, 2), SQUARED, 3)
    for sample in range(3):
        found = layers(made, sample)
        assert [layer.number for layer in found] == [1, 2, 3, 4]
        for before, layer in pairwise(found):
            np.testing.assert_allclose(layer.z, layer.weights @ before.a + layer.biases, rtol=1e-12)
            np.testing.assert_allclose(
                layer.gradients, np.outer(layer.delta, before.a), rtol=1e-12, atol=1e-16
            )
            if before.number > 1:
                slope = made.slope[sample, before.nodes]
                back = slope * (layer.weights.T @ layer.delta)
                np.testing.assert_allclose(before.delta, back, rtol=1e-12, atol=1e-16)


def test_s4_and_s5_in_their_own_order() -> None:
    session, made = lesson("S4")
    assert isinstance(session.notation, Notation)
    _, hidden, output = layers(made, 0, session.notation)
    assert (hidden.weight_number, output.weight_number) == (1, 2)
    np.testing.assert_allclose(hidden.weights, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    np.testing.assert_allclose(hidden.gradients, [[1.68, 3.36], [1.92, 3.84], [2.16, 4.32]])
    session, made = lesson("S5")
    assert isinstance(session.notation, Notation)
    _, hidden, output = layers(made, 0, session.notation)
    np.testing.assert_allclose(hidden.weights, [[0.5, 0.3], [0.2, 0.4]])
    assert output.weights.shape == (2, 1)


def test_missing_edges_are_zeros() -> None:
    nodes = (Input("x1"), Input("x2"), Unit("a"), Unit("b"))
    edges = (Edge("x2", "a", 0.5), Edge("x1", "b", 0.25))
    made = rows_trace(Network(nodes, edges, ("a", "b")), SQUARED, 1)
    _, layer = layers(made)
    np.testing.assert_array_equal(layer.edges, [[-1, 0], [1, -1]])
    np.testing.assert_array_equal(layer.weights, [[0.0, 0.5], [0.25, 0.0]])
    np.testing.assert_array_equal(layer.gradients == 0.0, layer.edges < 0)


def test_what_has_no_layers_says_why() -> None:
    across = Network(
        (Input("x"), Unit("u"), Unit("v")),
        (Edge("x", "u", 1.0), Edge("u", "v", 1.0), Edge("x", "v", 1.0)),
        ("v",),
    )
    with pytest.raises(NotLayeredError, match="x → v"):
        layers(rows_trace(across, SQUARED, 1))
    product = Network((Input("x"), Unit("u", "product")), (Edge("x", "u", 1.0),), ("u",))
    with pytest.raises(NotLayeredError, match="u does not sum"):
        layers(rows_trace(product, SQUARED, 1))
    empty = Network((Input("x"), Unit("u", trainable_bias=False)), (), ("u",))
    with pytest.raises(NotLayeredError, match="no edges"):
        layers(rows_trace(empty, SQUARED, 1))
    blind = Network((Unit("u", bias=0.5), Unit("v")), (Edge("u", "v", 1.0),), ("v",))
    with pytest.raises(NotLayeredError, match="no inputs"):
        layers(rows_trace(blind, SQUARED, 1))
