"""The compiled kernel against numpy's: the same numbers to 1e-12, and its own bits however cut."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from bpviz.engine import numba_setup
from bpviz.engine.errors import NonFinite
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.kernels import Kernel, NumpyKernel, choose_kernel, make_kernel
from bpviz.engine.losses import LOSSES
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.engine.program import compile
from bpviz.engine.state import State
from bpviz.engine.trainer import Trainer
from bpviz.model.network import Edge, Input, Network, Node, Unit
from bpviz.model.training import Adam, Optimizer, Sgd, Training
from tests.engine.graphs import Case, edges_of, layered, random_case, rows_of
from tests.engine.test_optimizers import ALL
from tests.engine.test_trainer import assert_same, large

PAIRS = [(activation, loss) for activation in ACTIVATIONS for loss in LOSSES]


pytestmark = pytest.mark.usefixtures("compiled_kernel")


def both(case: Case) -> tuple[Kernel, Kernel]:
    ours = make_kernel("numba", case.program, case.rows, case.training)
    assert ours.name == "numba"
    theirs = NumpyKernel(case.program, case.rows, case.training)
    for kernel in (ours, theirs):
        kernel.load(case.state)
    return ours, theirs


def assert_close(found: np.ndarray, expected: np.ndarray, what: str = "") -> None:
    scale = float(np.abs(expected).max(initial=0.0))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * scale, err_msg=what)


def assert_agree(case: Case, iterations: int) -> None:
    """Both kernels end in the same numbers, gradients and slots included."""
    ours, theirs = both(case)
    with np.errstate(all="ignore"):
        assert ours.run(1, iterations) == theirs.run(1, iterations) == (iterations, "")
        assert_close(np.array(ours.batch_loss(1)), np.array(theirs.batch_loss(1)))
    places = np.append(case.program.edge_slot, case.program.bias_slot[case.program.bias_slot >= 0])
    assert_close(ours.gradient[places], theirs.gradient[places], "gradient")
    mine, other = case.state, case.state
    ours.store(mine)
    theirs.store(other)
    assert_close(mine.theta, other.theta, "theta")
    assert mine.step == other.step == iterations
    for slot, values in mine.slots.items():
        assert_close(values[places], other.slots[slot][places], slot)


def test_every_row_of_the_tables_is_compiled_too() -> None:
    from bpviz.engine import numba_losses, numba_optimizers, numba_tables

    assert numba_tables.ACTIVATIONS.keys() == ACTIVATIONS.keys()
    assert numba_losses.GRADIENTS.keys() == LOSSES.keys()
    assert numba_optimizers.OPTIMIZERS.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_an_iteration_agrees_on_random_graphs(activation: str, loss: str) -> None:
    """With sums, products and maxima, fixed and shared weights, penalties, fan-out, skips."""
    for seed in range(2):
        assert_agree(random_case(activation, loss, seed), 1)


def finite_points(activation: str) -> list[float]:
    """Points from very small to very large ones where the function and its slope are finite."""
    points = [-800.0, -745.2, -40.0, -20.0, -3.0, -1e-3, -1e-9, 0.0, 1e-12, 1e-7, 0.3, 0.5, 2.0,
              7.0, 19.9, 20.1, 30.0, 300.0, 709.0]  # fmt: skip
    row, z = ACTIVATIONS[activation], np.array(points)
    with np.errstate(all="ignore"):
        finite = np.isfinite(row.value(z)) & np.isfinite(z * row.derivative(z))
    return [float(x) for x in z[finite]]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_activation_agrees_wherever_it_is_finite(activation: str) -> None:
    network = Network(
        (Input("x"), Unit("h", activation=activation), Unit("y", activation="identity")),  # type: ignore[arg-type]
        edges_of({"x->h": 1.0, "h->y": 1.0}),
        ("y",),
    )
    points = finite_points(activation)
    assert len(points) > 10
    training = Training(loss="output_value", batch_size=1, optimizer=Sgd(1e-300))
    case = Case(compile(network), rows_of([[x] for x in points], []), training)
    value, slope = case.program.edge_slot[1], case.program.bias_slot[1]
    ours, theirs = both(case)
    for iteration in range(1, len(points) + 1):
        with np.errstate(all="ignore"):
            assert ours.run(iteration, 1) == theirs.run(iteration, 1)
        # gelu and the slopes of others are as exact as 1 − tanh.
        least = 5e-16 if activation == "gelu" else 1e-307
        assert ours.gradient[value] == pytest.approx(theirs.gradient[value], rel=2e-15, abs=least)
        assert ours.gradient[slope] == pytest.approx(theirs.gradient[slope], rel=1e-14, abs=4e-15)


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 16, 17, 31, 32, 33, 64, 65, 100])
def test_batches_of_any_size_agree(rows: int) -> None:
    draw = np.random.default_rng(rows)
    case = Case(
        compile(layered((3, 9, 17, 2), seed=1)),
        rows_of(draw.normal(size=(rows, 3)).tolist(), draw.normal(size=(rows, 2)).tolist()),
        Training(loss="huber", optimizer=Sgd(0.1)),
    )
    assert_agree(case, 3)


def sparse(units: int, edges: int) -> Network:
    draw = random.Random(3)
    ids = ["x1", "x2", "x3", *(f"u{place}" for place in range(units))]
    pairs = {(draw.randrange(place), place) for place in range(3, len(ids))}
    while len(pairs) < edges:
        target = draw.randrange(3, len(ids))
        pairs.add((draw.randrange(target), target))
    return Network(
        (*map(Input, ids[:3]), *(Unit(name, activation="tanh", bias=0.1) for name in ids[3:])),
        tuple(Edge(ids[s], ids[t], draw.gauss(0.0, 0.4)) for s, t in sorted(pairs)),
        (ids[-1], ids[40]),
    )


def test_a_sparse_graph_agrees() -> None:
    draw = np.random.default_rng(0)
    case = Case(
        compile(sparse(120, 500)),
        rows_of(draw.normal(size=(20, 3)).tolist(), draw.normal(size=(20, 2)).tolist()),
        Training(loss="absolute_error", batch_reduction="sum", optimizer=Sgd(0.001)),
    )
    assert_agree(case, 3)


def trained(optimizer: Optimizer, *, shuffle: bool = True) -> Case:
    """Batches of 4 of 10 rows, so the last of an epoch is shorter; fixed and shared weights."""
    case = random_case("tanh", "squared_error", 5)
    draw = np.random.default_rng(1)
    rows = rows_of(draw.normal(size=(10, 3)).tolist(), draw.normal(size=(10, 2)).tolist())
    training = Training(
        loss="squared_error", batch_size=4, shuffle=shuffle, seed=7, l2=0.01, l1=0.001,
        optimizer=msgspec.structs.replace(optimizer, learning_rate=0.01),
    )  # fmt: skip
    return Case(case.program, rows, training)


@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_every_optimizer_agrees(optimizer: Optimizer) -> None:
    assert_agree(trained(optimizer), 25)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_single_steps_equal_one_run(optimizer: Optimizer, shuffle: bool) -> None:
    case = trained(optimizer, shuffle=shuffle)
    run, steps, cut = case.state, case.state, case.state
    Trainer(*case, kernel="numba").advance(run, 100)
    trainer = Trainer(*case, kernel="numba")
    for _ in range(100):
        assert trainer.advance(steps, 1) == 1
    assert_same(run, steps)
    while cut.iteration < 100:
        Trainer(*case, kernel="numba").advance(cut, 100 - cut.iteration, until=lambda: True)
    assert_same(run, cut)
    assert run.kernel == "numba"
    back = case.state
    trainer.advance(back, 50)
    trainer.advance(back, 50)
    assert_same(run, back)


def test_a_trace_takes_its_parameters_from_the_kernel() -> None:
    case = trained(Adam(0.01))
    trainer = Trainer(*case, kernel="numba")
    state = case.state
    trace = trainer.trace(state)
    assert trace.kernel == "numba"
    trainer.advance(state, 1)
    assert trace.updated.tobytes() == state.theta.tobytes()


def test_a_large_batch_is_left_between_slices_and_resumed() -> None:
    case = large(Adam(0.01))
    run, cut = case.state, case.state
    Trainer(*case, kernel="numba").advance(run, 3)
    trainer = Trainer(*case, kernel="numba")
    calls = [trainer.advance(cut, 3 - cut.iteration, until=lambda: True) for _ in range(30)]
    assert cut.iteration == 3
    assert calls.count(0) > 10
    assert_same(run, cut)
    numpys = case.state
    Trainer(*case, kernel="numpy").advance(numpys, 3)
    assert_close(run.theta, numpys.theta)


# -- divergence --------------------------------------------------------------------------------


def lone(activation: str, weight: float, loss: str, optimizer: Optimizer, *x: float) -> Case:
    network = Network(
        (Input("x"), Unit("y", activation=activation)),  # type: ignore[arg-type]
        (Edge("x", "y", weight),),
        ("y",),
    )
    training = Training(loss=loss, batch_size=1, optimizer=optimizer)  # type: ignore[arg-type]
    targets = [] if loss == "output_value" else [[0.5]] * len(x)
    return Case(compile(network), rows_of([[value] for value in x], targets), training)


def product(weight: float) -> Case:
    """A product of four weights and a row that grows, whose inverse is small."""
    nodes: list[Node] = [Input(f"x{place}") for place in range(4)]
    nodes.append(Unit("p", "product", "reciprocal"))
    edges = edges_of({f"x{place}->p": weight for place in range(4)})
    training = Training(loss="output_value", batch_size=1, optimizer=Sgd(1e-9))
    rows = rows_of([[1.0] * 4, [10.0] * 4, [0.1] * 4], [])
    return Case(compile(Network(tuple(nodes), edges, ("p",))), rows, training)


DIVERGING = {
    "learning rate": lone("identity", 1.0, "squared_error", Sgd(1e6), 1.0, 0.5, 2.0),
    "log of zero": lone("log", 1.0, "output_value", Sgd(0.1), 1.0, 2.0, 0.0),
    "exp of 1000": lone("exp", 1.0, "output_value", Sgd(1e-3), 1.0, 2.0, 1000.0),
    "weights of 1e100": lone("identity", 1e100, "squared_error", Sgd(0.5), 1.0, 1e60),
    "squares of 1e60": lone("identity", 1e60, "squared_error", Sgd(1e-3), 1e60, 1e100),
    "loss outside": lone("identity", 0.5, "binary_cross_entropy", Sgd(1.0), 1.0, 0.3),
    "infinite slope": lone("sqrt", 1.0, "output_value", Sgd(0.1), 1.0, 0.0),
    "adam": lone("log", 0.1, "output_value", Adam(0.01), 1.0, 2.0),
    "a product": product(1e80),
}


def stopped(case: Case, kernel: str) -> tuple[State, str]:
    state = case.state
    with pytest.raises(NonFinite) as error:
        Trainer(*case, kernel=kernel).advance(state, 5000)
    return state, error.value.where


@pytest.mark.parametrize("which", DIVERGING)
def test_divergence_stops_where_numpys_kernel_stops(which: str) -> None:
    case = DIVERGING[which]
    ours, place = stopped(case, "numba")
    theirs, same_place = stopped(case, "numpy")
    assert (ours.iteration, ours.step, place) == (theirs.iteration, theirs.step, same_place)
    assert_close(ours.theta, theirs.theta)
    assert np.isfinite(ours.theta).all()
    again = case.state
    Trainer(*case, kernel="numba").advance(again, ours.iteration)
    assert_same(again, ours)


def test_very_large_numbers_that_stay_finite_are_no_fault() -> None:
    case = lone("identity", 1e90, "output_value", Sgd(1.0), 1e60, 3e60, 1e59)
    ours, theirs = both(case)
    with np.errstate(all="ignore"):
        assert ours.run(1, 9) == theirs.run(1, 9) == (9, "")
    assert_close(ours.theta, theirs.theta)
    states = case.state, case.state
    ours.store(states[0])
    other, _ = both(case)
    for iteration in range(1, 10):
        assert other.slice_count(iteration) == 1
        assert other.add_slice(iteration, 0) == ""
        assert other.update(iteration) == ""
    other.store(states[1])
    assert_same(*states)


# -- which kernel ------------------------------------------------------------------------------


def test_the_kernel_follows_from_the_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    small, wide = compile(layered((2, 4, 2, 1))), compile(layered((2, 300, 300, 1)))
    graph = compile(sparse(120, 500))
    assert [choose_kernel(program, 10) for program in (small, wide, graph)] == [
        "numba", "numpy", "numba",
    ]  # fmt: skip
    monkeypatch.setattr(numba_setup, "is_loaded", lambda: False)
    assert choose_kernel(small, 10) == "numpy"


def test_numpy_steps_in_where_the_compiled_kernel_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(numba_setup, "is_loaded", lambda: False)
    case = trained(Sgd(0.1))
    at = replace(case.state, kernel="numba")
    trainer = Trainer(*case, kernel="numba")
    assert trainer.kernel_name == "numpy"
    trainer.advance(at, 3)
    assert (at.iteration, at.kernel) == (3, "numpy")


def test_what_has_no_compiled_row_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    from bpviz.engine import numba_kernel

    case = trained(Sgd(0.1))
    numbers = {"tanh": 1}
    monkeypatch.setattr(numba_kernel, "ACTIVATION_NUMBERS", numbers)
    assert make_kernel("numba", *case).name == "numpy"


def test_numba_has_one_signature() -> None:
    from bpviz.engine.numba_kernel import driver

    both(trained(Adam(0.1)))
    assert len(driver().signatures) == 1  # type: ignore[attr-defined]
