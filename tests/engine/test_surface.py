"""The loss surface: losses against the evaluation, contour lines against known curves."""

import msgspec
import numpy as np
import pytest

from bpviz.engine.builders import new_layered
from bpviz.engine.datasets import make_rows
from bpviz.engine.evaluation import evaluate
from bpviz.engine.program import compile
from bpviz.engine.surface import GRID, LossSurface, Parameter, contour, parameters_of, shades
from bpviz.model.data import GeneratorData
from bpviz.model.network import Network

SESSION = new_layered(
    (2, 3, 1), activation="tanh", data=GeneratorData(name="moons", samples=20), seed=1
)
PROGRAM = compile(SESSION.network)
ROWS = make_rows(SESSION.data, SESSION.training.loss)


def test_each_loss_is_that_of_the_changed_parameters() -> None:
    pair = (Parameter("weight", "x1->h1_2"), Parameter("bias", "y1"))
    slots = (pair[0].slots(PROGRAM), pair[1].slots(PROGRAM))
    theta = PROGRAM.initial_theta()
    before = theta.copy()
    surface = LossSurface(PROGRAM, ROWS, SESSION.training, theta, slots, ((-1.0, 3.0), (0.5, 2.0)))
    surface.work(lambda: True)
    assert surface.share == 1 / GRID**2
    assert np.isfinite(surface.losses).sum() == 1
    surface.work(lambda: False)
    assert surface.ended
    for row, column in ((0, 0), (3, 40), (40, 7), (20, 20)):
        changed = before.copy()
        changed[slots[0]], changed[slots[1]] = surface.first[column], surface.second[row]
        wanted = evaluate(PROGRAM, ROWS, SESSION.training, changed).loss
        assert surface.losses[row, column] == pytest.approx(wanted, rel=1e-12)
    assert np.array_equal(theta, before)


def test_losses_that_are_not_finite_are_left_open() -> None:
    session = new_layered((1, 1, 1), activation="exp")
    program = compile(session.network)
    slots = (
        Parameter("bias", "h1_1").slots(program),
        Parameter("weight", "h1_1->y1").slots(program),
    )
    rows = make_rows(session.data, session.training.loss)
    surface = LossSurface(
        program, rows, session.training, program.initial_theta(), slots, ((0.0, 2000.0), (0.0, 1.0))
    )
    surface.work(lambda: False)
    known = np.isfinite(surface.losses)
    assert known[:, 0].all()
    assert not known[1:, -1].any()
    assert np.array_equal(np.isfinite(shades(surface.losses)), known)


def test_parameters_that_share_a_value_move_together() -> None:
    edges = tuple(
        msgspec.structs.replace(edge, weight=0.5, share="s") if edge.source == "x1" else edge
        for edge in SESSION.network.edges
    )
    network = Network(SESSION.network.nodes, edges, SESSION.network.outputs)
    program = compile(network)
    slots = Parameter("weight", "x1->h1_2").slots(program)
    assert sorted(slots) == sorted(program.edge_slot[program.source == network.node_index["x1"]])
    assert len(Parameter("weight", "x2->h1_2").slots(program)) == 1
    assert len(Parameter("bias", "x1").slots(program)) == 0
    assert len(Parameter("weight", "a->b").slots(program)) == 0


def test_parameters_offered_can_be_trained() -> None:
    offered = parameters_of(PROGRAM, 100)
    assert len(offered) == 9 + 4
    assert len({int(each.slots(PROGRAM)[0]) for each in offered}) == 13
    assert len(parameters_of(PROGRAM, 5)) == 5


def test_shades_go_from_lowest_to_highest() -> None:
    assert shades(np.array([[1.0, 3.0, 5.0]])).tolist() == [[0.0, 0.5, 1.0]]
    assert shades(np.array([[0.01, 1.0, 100.0]])) == pytest.approx(np.array([[0.0, 0.5, 1.0]]))
    assert shades(np.array([[2.0, np.nan]]))[0, 0] == 0.0


def test_contours_lie_on_the_level() -> None:
    x, y = np.linspace(-2, 2, 41), np.linspace(-3, 3, 61)
    circle = contour(np.hypot(x[None, :], y[:, None]), x, y, 1.5)
    assert np.hypot(*circle.reshape(-1, 2).T) == pytest.approx(
        np.full(2 * len(circle), 1.5), abs=1e-2
    )
    length = np.hypot(*(circle[:, 1] - circle[:, 0]).T).sum()
    assert length == pytest.approx(2 * np.pi * 1.5, rel=1e-2)
    plane = contour(np.broadcast_to(x, (61, 41)), x, y, 0.25)
    assert plane[..., 0] == pytest.approx(np.full((60, 2), 0.25))


def test_contours_of_a_saddle_and_of_nothing() -> None:
    axis = np.array([0.0, 1.0])
    saddle = contour(np.array([[1.0, 0.0], [0.0, 1.0]]), axis, axis, 0.5)
    assert saddle.shape == (2, 2, 2)
    assert np.isfinite(saddle).all()
    assert len(contour(np.array([[np.nan, 0.0], [0.0, 1.0]]), axis, axis, 0.5)) == 0
    assert len(contour(np.zeros((2, 2)), axis, axis, 0.5)) == 0
