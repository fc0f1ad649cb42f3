"""Replay of a history, and the place of an iteration on it."""

from __future__ import annotations

import msgspec
import pytest

from bpviz.engine.builders import new_layered
from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.replay import place_of, replay
from bpviz.engine.state import state_of, with_state
from bpviz.engine.trainer import Trainer
from bpviz.model.data import GeneratorData
from bpviz.model.edit import Edit, apply
from bpviz.model.history import Entry, History, Train
from bpviz.model.schema import Session
from bpviz.model.training import Adam
from bpviz.model.verbs import set_edge


@pytest.fixture
def start() -> Session:
    session = new_layered((2, 3, 1), data=GeneratorData(name="moons", samples=30), seed=1)
    training = msgspec.structs.replace(
        session.training, optimizer=Adam(0.02), batch_size=4, shuffle=True
    )
    return msgspec.structs.replace(session, training=training)


def trained(session: Session, count: int) -> Session:
    program = compile(session.network)
    state = state_of(session, program)
    rows = make_rows(session.data, session.training.loss)
    trainer = Trainer(program, rows, session.training, kernel="numpy")
    for _ in range(count):
        trainer.advance(state, 1)
    return with_state(session, program, state)


def line(start: Session) -> tuple[History, Session]:
    """Return a history of training, an edit, training, and where it ends."""
    middle = trained(start, 7)
    edit = set_edge(middle, ["x1->h1_1"], "weight", 0.5)
    end = trained(apply(middle, edit), 5)
    return History(start, (Train(7), edit, Train(5)), (3, 0)), end


def test_the_same_bits(start: Session) -> None:
    history, end = line(start)
    assert replay(history) == end


def test_a_place_inside(start: Session) -> None:
    history, _ = line(start)
    assert replay(history, (0, 4)) == trained(start, 4)
    assert replay(history, (0, 0)) == start
    inside = History(start, history.entries, (2, 3))
    assert replay(inside).progress.iteration == 10


def test_an_edit_applies_to_weights_that_came_out_otherwise(start: Session) -> None:
    """On another machine training may end in other last bits; what was edited is what it was."""
    history, end = line(start)
    network = start.network
    edges = tuple(msgspec.structs.replace(e, weight=e.weight + 1e-9) for e in network.edges)
    elsewhere = msgspec.structs.replace(
        start, network=msgspec.structs.replace(network, edges=edges)
    )
    moved = replay(History(elsewhere, history.entries, history.position))
    assert moved.progress.iteration == 12
    assert moved != end
    for mine, other in zip(moved.network.edges, end.network.edges, strict=True):
        assert mine.weight == pytest.approx(other.weight, abs=1e-6)


def test_a_kernel_that_is_not_here_is_replaced(start: Session) -> None:
    history = History(start, (Train(3, "numba"),), (1, 0))
    assert replay(history).network == trained(start, 3).network


@pytest.mark.parametrize(
    ("iteration", "position", "place"),
    [
        (0, (3, 0), (0, 0)),
        (1, (3, 0), (0, 1)),
        (6, (3, 0), (0, 6)),
        (7, (3, 0), (2, 0)),
        (8, (3, 0), (2, 1)),
        (12, (3, 0), (3, 0)),
        (13, (3, 0), None),
        (4, (0, 4), (0, 4)),
        (5, (0, 4), None),
        (7, (1, 0), (1, 0)),
        (7, (2, 0), (2, 0)),
        (9, (2, 2), (2, 2)),
        (10, (2, 2), None),
    ],
)
def test_the_place_of_an_iteration(
    start: Session, iteration: int, position: tuple[int, int], place: tuple[int, int] | None
) -> None:
    history = History(start, line(start)[0].entries, position)
    assert place_of(history, iteration) == place
    if place is not None:
        assert replay(history, place).progress.iteration == iteration


def test_the_place_after_an_edit_at_the_start(start: Session) -> None:
    edit: Entry = set_edge(start, ["x1->h1_1"], "weight", 0.5)
    assert isinstance(edit, Edit)
    assert place_of(History(start, (edit, Train(2)), (2, 0)), 0) == (1, 0)
    assert place_of(History(start, (edit,), (0, 0)), 0) == (0, 0)
