"""Edits: each verb has an exact inverse, down to the bytes of the file."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.model import verbs
from bpviz.model.data import TableData
from bpviz.model.drafts import NEW_WEIGHT_RANGE
from bpviz.model.edit import Change, Edit, EditError, apply, diff
from bpviz.model.network import LeakyRelu
from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.model.training import Adam
from tests.model.examples import sessions, small_session


def _random_edit(session: Session, draw: random.Random) -> Edit:
    network = session.network
    ids = [node.id for node in network.nodes]
    names = [edge.name for edge in network.edges]
    units = [unit.id for unit in network.units]
    some = draw.sample(ids, min(len(ids), draw.randint(0, 2)))
    choice = draw.randrange(12)
    if choice == 0:
        return verbs.add_unit(session, (draw.uniform(-9, 9), 3.0))
    if choice == 1:
        return verbs.add_input(session, (0.0, draw.uniform(-9, 9)))
    if choice in (2, 3):
        return verbs.connect(session, draw.choice(ids), draw.choice(ids))
    if choice == 4:
        return verbs.delete(session, some, draw.sample(names, min(len(names), 1)))
    if choice == 5:
        return verbs.move(session, {name: (draw.uniform(-5, 5), 1.0) for name in some})
    if choice == 6:
        return verbs.set_node(session, some, "bias", draw.uniform(-1, 1))
    if choice == 7:
        combine = draw.choice(["sum", "product", "max"])
        return verbs.set_node(session, some, "combine", combine)
    if choice == 8:
        return verbs.set_node(session, some, "activation", LeakyRelu(0.3))
    if choice == 9:
        return verbs.set_edge(session, names[:2], "weight", draw.uniform(-1, 1))
    if choice == 10:
        return verbs.set_output(session, draw.choice(units or ids), draw.random() < 0.5)
    return verbs.set_training(session, "optimizer", Adam(draw.uniform(0.1, 1)))


@given(sessions(), st.integers(0, 2**32))
def test_undoing_everything_gives_the_first_bytes(session: Session, seed: int) -> None:
    draw = random.Random(seed)
    start = encode_session(session)
    done: list[Edit] = []
    for _ in range(12):
        try:
            edit = _random_edit(session, draw)
        except EditError:
            continue
        session = apply(session, edit)
        encode_session(session)  # every session an edit makes can be saved
        done.append(edit)
    end = encode_session(session)
    for edit in reversed(done):
        session = apply(session, edit.inverted)
    assert encode_session(session) == start
    for edit in done:
        session = apply(session, edit)
    assert encode_session(session) == end


@given(sessions(), sessions())
def test_the_difference_of_two_sessions_leads_from_one_to_the_other(
    first: Session, second: Session
) -> None:
    edit = diff(first, second, "")
    assert apply(first, edit) == second
    assert apply(second, edit.inverted) == first


def test_an_edit_for_another_value_is_refused_and_changes_nothing() -> None:
    session = small_session()
    edit = Edit("", (Change("title", "small", "new"), Change("edges/x1->h1_1/weight", 7.0, 8.0)))
    with pytest.raises(EditError, match="no longer what it was"):
        apply(session, edit)
    assert session == small_session()


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("x1", "h1_1", "connected already"),
        ("y1", "h1_1", "close a cycle"),
        ("h1_1", "h1_1", "feed itself"),
        ("h1_1", "x1", "is an input"),
    ],
)
def test_edges_that_cannot_be_are_refused_with_a_reason(
    source: str, target: str, reason: str
) -> None:
    with pytest.raises(EditError, match=reason):
        verbs.connect(small_session(), source, target)


def test_a_new_edge_gets_a_small_weight_the_same_each_time() -> None:
    session = apply(small_session(), verbs.delete(small_session(), (), ["x1->h1_1"]))
    first, second = (verbs.connect(session, "x1", "h1_1") for _ in range(2))
    assert first == second
    assert 0 < abs(apply(session, first).network.edge("x1->h1_1").weight) <= NEW_WEIGHT_RANGE


def test_deleting_an_input_takes_its_column() -> None:
    session = apply(small_session(), verbs.delete(small_session(), ["x1"], ()))
    assert session.data == TableData(inputs=((0.3,),), targets=((0.8,),))
    assert [edge.name for edge in session.network.edges] == [
        "x2->h1_1", "x2->h1_2", "h1_1->y1", "h1_2->y1",
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["position", "label"])
def test_moving_and_naming_are_cosmetic(field: str) -> None:
    value: object = (3.0, 4.0) if field == "position" else "new"
    assert verbs.set_node(small_session(), ["h1_1"], field, value).is_cosmetic
    assert not verbs.set_node(small_session(), ["h1_1"], "bias", 3.0).is_cosmetic


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(EditError):
        verbs.set_training(small_session(), "batch_size", 0)
    with pytest.raises(EditError):
        verbs.set_edge(small_session(), ["x1->h1_1"], "weight", float("nan"))
