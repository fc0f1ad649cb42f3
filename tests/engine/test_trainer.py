"""Training: the same bits however a run is cut, no allocations, and a clean stop."""

from __future__ import annotations

import time
import tracemalloc

import msgspec
import numpy as np
import pytest

from bpviz.engine.backprop import evaluate
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import compile
from bpviz.engine.state import State, state_of, with_state
from bpviz.engine.trainer import Trainer, advance
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session
from bpviz.model.training import Adam, BatchReduction, Optimizer, Sgd, Training
from tests.engine.graphs import Case, edges_of, layered, random_case, rows_of
from tests.engine.test_optimizers import ALL
from tests.engine.test_program import case_of, thin

# Each kernel for itself: their numbers agree to 1e-12 only.
BOTH = pytest.mark.usefixtures("kernel")


def assert_same(first: State, second: State) -> None:
    assert first.iteration == second.iteration
    assert first.step == second.step
    assert first.theta.tobytes() == second.theta.tobytes()
    assert first.slots.keys() == second.slots.keys()
    for name, values in first.slots.items():
        assert values.tobytes() == second.slots[name].tobytes(), name


def small(optimizer: Optimizer, *, shuffle: bool = True, size: int | None = 3) -> Case:
    draw = np.random.default_rng(1)
    return Case(
        compile(layered((2, 4, 3, 1))),
        rows_of(draw.normal(size=(10, 2)).tolist(), draw.normal(size=(10, 1)).tolist()),
        Training(
            loss="half_squared_error", batch_size=size, shuffle=shuffle, seed=7, l2=0.01,
            l1=0.001, optimizer=optimizer,
        ),
    )  # fmt: skip


def linear(weight: float) -> Network:
    """y = w·x + b."""
    nodes = (Input("x"), Unit("y", activation="identity"))
    return Network(nodes, edges_of({"x->y": weight}), ("y",))


@BOTH
@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_single_steps_equal_one_run(optimizer: Optimizer) -> None:
    case = small(optimizer)
    run, steps = case.state, case.state
    Trainer(*case).advance(run, 100)
    trainer = Trainer(*case)
    for _ in range(100):
        assert trainer.advance(steps, 1) == 1
    assert_same(run, steps)
    assert run.iteration == run.step == 100
    checkpoint = advance(*case, case.state, 60)
    assert_same(advance(*case, checkpoint, 40), run)


@BOTH
@pytest.mark.parametrize("shuffle", [False, True])
def test_a_run_asked_when_to_stop_ends_in_the_same_bits(shuffle: bool) -> None:
    case = small(Adam(0.01), shuffle=shuffle, size=None)
    run, cut = case.state, case.state
    Trainer(*case).advance(run, 1000)
    trainer = Trainer(*case)
    calls = 0
    while cut.iteration < 1000:
        calls += 1
        assert trainer.advance(cut, 1000 - cut.iteration, until=lambda: True) > 0
    assert calls > 3
    assert_same(run, cut)


def large(optimizer: Optimizer, rows: int = 300) -> Case:
    """A case whose batch takes several slices."""
    draw = np.random.default_rng(2)
    return Case(
        compile(layered((3, 150, 120, 2), seed=3)),
        rows_of(draw.normal(size=(rows, 3)).tolist(), draw.normal(size=(rows, 2)).tolist()),
        Training(loss="squared_error", optimizer=optimizer),
    )


def test_a_large_batch_is_left_between_slices_and_resumed() -> None:
    case = large(Adam(0.01))
    assert case.rows.count > 2 * case.program.slice_rows
    run, cut = case.state, case.state
    Trainer(*case).advance(run, 3)
    trainer = Trainer(*case)
    calls = [trainer.advance(cut, 3 - cut.iteration, until=lambda: True) for _ in range(30)]
    assert cut.iteration == 3
    assert calls.count(0) > 10
    assert_same(run, cut)


def test_a_state_edited_between_slices_starts_its_iteration_anew() -> None:
    case = large(Sgd(0.01))
    edited = case.state
    trainer = Trainer(*case)
    assert trainer.advance(edited, 1, until=lambda: True) == 0
    edited.theta[0] += 0.5
    expected = advance(*case, edited, 1)
    while not edited.iteration:
        trainer.advance(edited, 1, until=lambda: True)
    assert_same(edited, expected)


def test_slices_sum_to_the_whole_batch() -> None:
    case = large(Sgd(0.01))
    found = case.trace()
    halves = [
        Case(
            case.program,
            rows_of(case.rows.inputs[part].tolist(), case.rows.targets[part].tolist()),
            case.training,
        ).trace()
        for part in (slice(0, 150), slice(150, 300))
    ]
    mean = (halves[0].gradient + halves[1].gradient) / 2
    assert found.gradient == pytest.approx(mean, rel=1e-11, abs=1e-14)
    assert found.delta.shape == (300, len(case.program.node_ids))


@BOTH
@pytest.mark.parametrize("which", ["small", "large", "graph", "sparse"])
def test_an_iteration_makes_no_arrays_after_the_first(which: str) -> None:
    case = {
        "small": lambda: small(Adam(0.01), shuffle=False),
        "large": lambda: large(Adam(0.01)),
        "graph": lambda: random_case("elu", "binary_cross_entropy", 2),
        "sparse": lambda: case_of(thin("tanh", 0)),
    }[which]()
    state = case.state
    trainer = Trainer(*case)
    trainer.advance(state, 8)
    tracemalloc.start()
    try:
        trainer.advance(state, 2)
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        trainer.advance(state, 20)
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    smallest = 8 * min(len(case.program.node_ids), case.program.theta_size)
    assert now - before < max(2048, smallest)
    assert peak - before < 16_384


def test_shuffled_epochs_use_every_row_once() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity")), edges_of({"x->y": 0.0}), ("y",)
    )
    training = Training(
        loss="output_value", batch_reduction="sum", batch_size=2, shuffle=True, optimizer=Sgd(1.0)
    )
    case = Case(compile(network), rows_of([[1.0], [10.0], [100.0], [1000.0], [1e4]], []), training)
    state, path = case.state, []
    trainer = Trainer(*case)
    for _ in range(6):
        trainer.advance(state, 1)
        path.append(-float(state.theta[case.program.edge_slot[0]]))
    assert path[2] == 11111.0
    assert path[5] == 22222.0
    assert path[3] - path[2] != path[0]


def test_fixed_and_shared_parameters_train_together() -> None:
    nodes = (
        Input("x"),
        Unit("p", activation="tanh", bias=0.1, bias_share="b"),
        Unit("q", activation="tanh", bias=0.1, bias_share="b"),
        Unit("y", activation="identity", bias=0.3, trainable_bias=False),
    )
    edges = (
        Edge("x", "p", 0.5, share="w"),
        Edge("p", "y", 0.4),
        Edge("x", "q", 0.5, share="w"),
        Edge("q", "y", -0.2, trainable=False),
    )
    training = Training(loss="squared_error", l2=0.1, optimizer=Adam(0.05))
    case = Case(compile(Network(nodes, edges, ("y",))), rows_of([[0.7]], [[1.0]]), training)
    after = advance(*case, case.state, 25)
    weights = after.theta[case.program.edge_slot]
    biases = case.program.biases(after.theta)
    assert weights[0] == weights[2] != 0.5
    assert biases[1] == biases[2] != 0.1
    assert weights[3] == -0.2
    assert biases[3] == 0.3


def diverging() -> Case:
    network = Network((Input("x"), Unit("y", activation="exp")), edges_of({"x->y": 1.0}), ("y",))
    training = Training(loss="squared_error", optimizer=Sgd(1e6))
    return Case(compile(network), rows_of([[1.0], [-1.0]], [[5.0], [5.0]]), training)


@BOTH
def test_divergence_stops_at_the_last_finite_iteration() -> None:
    case = diverging()
    run, steps = case.state, case.state
    with pytest.raises(NonFinite) as whole:
        Trainer(*case).advance(run, 100)
    trainer = Trainer(*case)
    for _ in range(run.iteration):
        trainer.advance(steps, 1)
    with pytest.raises(NonFinite) as single:
        trainer.advance(steps, 1)
    assert_same(run, steps)
    assert whole.value.where == single.value.where
    assert whole.value.place == "y"
    assert "exp(" in whole.value.cause
    assert np.isfinite(evaluate(*case, run.theta).loss)
    assert np.all(np.abs(run.theta) <= 1e100)


@BOTH
@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_after_a_stop_the_state_is_that_of_a_run_to_there(optimizer: Optimizer) -> None:
    # The smallest value of −exp(20 w) lies beyond every number.
    rate = 0.01 if optimizer.name in ("sgd", "momentum", "nesterov") else 1.0
    nodes = (Input("x"), Unit("h", activation="exp"), Unit("y", activation="identity"))
    edges = (Edge("x", "h", 0.01), Edge("h", "y", -1.0, trainable=False))
    training = Training(
        loss="output_value",
        batch_size=2,
        shuffle=True,
        optimizer=msgspec.structs.replace(optimizer, learning_rate=rate),
    )
    network = Network(nodes, edges, ("y",))
    case = Case(compile(network), rows_of([[20.0], [10.0], [5.0]], []), training)
    stopped = case.state
    with pytest.raises(NonFinite):
        Trainer(*case).advance(stopped, 5000)
    assert np.isfinite(stopped.theta).all()
    again = advance(*case, case.state, stopped.iteration)
    assert_same(stopped, again)
    with pytest.raises(NonFinite):
        advance(*case, again, 1)


@BOTH
def test_parameters_beyond_1e100_count_as_non_finite() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity")), edges_of({"x->y": 1.0}), ("y",)
    )
    training = Training(loss="squared_error", optimizer=Sgd(1e6))
    case = Case(compile(network), rows_of([[1.0]], [[0.0]]), training)
    state = case.state
    with pytest.raises(NonFinite, match="beyond 1e100"):
        Trainer(*case).advance(state, 1000)
    assert 1e90 < np.abs(state.theta).max() <= 1e100


@BOTH
def test_a_bad_start_is_named_and_leaves_the_state_alone() -> None:
    network = Network((Input("x"), Unit("y", activation="log")), edges_of({"x->y": 1.0}), ("y",))
    training = Training(loss="squared_error", optimizer=Sgd(0.1))
    case = Case(compile(network), rows_of([[1.0], [0.0]], [[0.0], [0.0]]), training)
    state = case.state
    with pytest.raises(NonFinite, match=r"y: log\(0\) is minus infinite \(row 1\)"):
        Trainer(*case).advance(state, 5)
    assert_same(state, case.state)


def test_losses_over_all_rows() -> None:
    network = Network(
        (Input("x"), Unit("y", activation="identity")), edges_of({"x->y": 2.0}), ("y",)
    )
    rows = rows_of([[1.0], [2.0]], [[0.0], [0.0]], [[3.0]], [[5.0]])
    reductions: tuple[tuple[BatchReduction, float], ...] = (("mean", 10.0), ("sum", 20.0))
    for reduction, expected in reductions:
        training = Training(
            loss="squared_error",
            batch_size=1,
            batch_reduction=reduction,
            optimizer=Sgd(0.1),
        )
        trainer = Trainer(compile(network), rows, training)
        theta = compile(network).initial_theta()
        assert trainer.loss(theta) == expected
        assert trainer.loss(theta, "test") == 1.0
        found = trainer.evaluate(theta)
        assert found.outputs.tolist() == [[2.0], [4.0]]
        assert found.losses.tolist() == [4.0, 16.0]


def test_training_learns_xor() -> None:
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    network = layered((2, 4, 1), seed=2, activation="tanh", output_activation="sigmoid")
    training = Training(loss="binary_cross_entropy", optimizer=Adam(0.05))
    case = Case(compile(network), rows_of(corners, [[0.0], [1.0], [1.0], [0.0]]), training)
    after = advance(*case, case.state, 500)
    assert evaluate(*case, after.theta).outputs.round().ravel().tolist() == [0.0, 1.0, 1.0, 0.0]


@BOTH
@pytest.mark.parametrize("optimizer", ALL, ids=lambda optimizer: str(optimizer.name))
def test_training_goes_on_through_a_saved_session_in_the_same_bits(optimizer: Optimizer) -> None:
    case = small(optimizer)
    session = Session(
        network=case.program.network,
        data=TableData(
            tuple(map(tuple, case.rows.inputs.tolist())),
            tuple(map(tuple, case.rows.targets.tolist())),
        ),
        training=case.training,
    )
    half = advance(*case, state_of(session, case.program), 37)
    saved = decode_session(encode_session(with_state(session, case.program, half))).session
    assert saved.progress.iteration == 37
    assert saved.progress.versions.keys() == {"numpy", half.kernel}
    assert saved.progress.versions["numpy"] == np.__version__
    program = compile(saved.network)
    state = state_of(saved, program)
    assert_same(state, half)
    assert_same(
        advance(program, case.rows, case.training, state, 63), advance(*case, case.state, 100)
    )


def test_slots_of_another_optimizer_are_void() -> None:
    case = small(Adam(0.01))
    session = Session(network=case.program.network, data=TableData(), training=case.training)
    done = with_state(session, case.program, advance(*case, case.state, 5))
    other = msgspec.structs.replace(done.training, optimizer=ALL[-1])
    state = state_of(msgspec.structs.replace(done, training=other), case.program)
    assert state.step == 0
    assert state.iteration == 5
    assert set(state.slots) == {"previous", "step_size"}
    assert np.all(state.slots["step_size"] == 0.1)


def test_an_unknown_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="no kernel 'abacus'"):
        Trainer(*small(Sgd(0.1)), kernel="abacus")


def test_until_is_asked_often_enough_to_keep_a_window_alive() -> None:
    case = large(Sgd(0.01), rows=2000)
    state = case.state
    trainer = Trainer(*case)
    trainer.advance(state, 1)
    asked: list[float] = []

    def until() -> bool:
        asked.append(time.perf_counter())
        return False

    trainer.advance(state, 2, until)
    assert len(asked) > 50
