"""Structure changed in the midst of training: what remains keeps weight, optimizer and place."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.timeline import Timeline
from bpviz.engine.builders import new_layered
from bpviz.engine.program import compile
from bpviz.engine.state import State, state_of
from bpviz.model import clips, layers, verbs, wiring
from bpviz.model.data import TableData
from bpviz.model.edit import Edit
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session
from bpviz.model.training import Adam, Momentum, Optimizer, Rprop

ROWS = TableData(
    ((0.0, 1.0), (1.0, 0.5), (0.25, 0.75), (1.0, 1.0)), ((0.0,), (1.0,), (1.0,), (0.5,))
)
Verb = Callable[[Session], Edit]
VERBS: dict[str, Verb] = {
    "add a unit": lambda s: verbs.add_unit(s, (0.0, 0.0)),
    "add a unit behind": lambda s: verbs.add_unit_behind(s, ["h1_1", "x1"], (0.0, 0.0)),
    "add an input": lambda s: verbs.add_input(s, (0.0, 0.0)),
    "add an output": lambda s: verbs.add_output(s, (0.0, 0.0)),
    "connect": lambda s: wiring.connect(s, "x1", "y1"),
    "retarget": lambda s: wiring.retarget(s, "h1_3->y1", "x2", "y1"),
    "insert": lambda s: wiring.insert_unit(s, "h1_1->y1", verbs.new_unit(s, (9.0, 9.0))),
    "delete an edge": lambda s: verbs.delete(s, [], ["x2->h1_2"]),
    "delete a unit": lambda s: verbs.delete(s, ["h1_2"], []),
    "delete an input": lambda s: verbs.delete(s, ["x1"], []),
    "paste": lambda s: clips.paste(s, clips.clip(s, ["h1_1", "h1_2", "y1"]), (500.0, 0.0)),
    "grow a layer": lambda s: layers.grow_layer(s, "h1_1"),
    "shrink a layer": lambda s: layers.shrink_layer(s, "h1_1"),
    "add a layer": lambda s: layers.add_layer(s, "h1_1"),
    "remove a layer": lambda s: layers.remove_layer(s, "h1_1"),
    "make an output": lambda s: verbs.set_output(s, "h1_1", True),
    "unmake an output": lambda s: verbs.set_output(s, "y1", False),
    "product": lambda s: verbs.set_node(s, ["h1_1"], "combine", "product"),
    "activation": lambda s: verbs.set_node(s, ["h1_1"], "activation", "relu"),
    "freeze": lambda s: verbs.set_edge(s, ["x1->h1_1"], "trainable", False),
}
OPTIMIZERS: dict[str, Optimizer] = {
    "momentum": Momentum(0.1), "adam": Adam(0.01), "rprop": Rprop(0.01),
}  # fmt: skip


@pytest.fixture(params=list(OPTIMIZERS))
def timeline(request: pytest.FixtureRequest) -> Timeline:
    """A line with seven iterations of batches of three."""
    session = new_layered((2, 3, 1), data=ROWS, seed=3)
    optimizer = OPTIMIZERS[request.param]
    training = msgspec.structs.replace(session.training, optimizer=optimizer, batch_size=3)
    made = Timeline(msgspec.structs.replace(session, training=training))
    made.advance(7)
    return made


def parameters(session: Session, state: State) -> dict[str, tuple[float, ...]]:
    """Return each weight and bias by name: its value, then its slots."""
    program = compile(session.network)
    arrays = [state.theta, *state.slots.values()]
    places = [
        *zip(program.edge_names, program.edge_slot.tolist(), strict=True),
        *zip(program.node_ids, program.bias_slot.tolist(), strict=True),
    ]
    return {
        name: tuple(float(each[place]) for each in arrays) for name, place in places if place >= 0
    }


def bits(timeline: Timeline) -> tuple[object, ...]:
    """Return all that goes on from the position: file, parameters, slots, counts."""
    state = timeline.state
    slots = [(name, values.tobytes()) for name, values in state.slots.items()]
    return (
        encode_session(timeline.session),
        state.theta.tobytes(),
        slots,
        state.step,
        state.iteration,
    )


@pytest.mark.parametrize("verb", VERBS)
def test_what_remains_keeps_weight_optimizer_state_and_place(timeline: Timeline, verb: str) -> None:
    before, first = parameters(timeline.session, timeline.state), bits(timeline)
    step = timeline.state.step
    timeline.push(VERBS[verb](timeline.session))
    assert (timeline.iteration, timeline.state.step) == (7, step)
    after = parameters(timeline.session, timeline.state)
    kept = set(before) & set(after)
    assert kept
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    fresh = parameters(timeline.session, _fresh_state(timeline.session))
    assert {name: after[name][1:] for name in set(after) - kept} == {
        name: fresh[name][1:] for name in set(after) - kept
    }
    second = bits(timeline)
    timeline.go((1, 0))
    assert bits(timeline) == first
    timeline.go((2, 0))
    assert bits(timeline) == second


def _fresh_state(session: Session) -> State:
    bare = msgspec.structs.replace(session, progress=type(session.progress)())
    return state_of(bare, compile(bare.network))


@pytest.mark.parametrize("verb", VERBS)
def test_training_goes_on_exactly_with_and_without_the_edit(timeline: Timeline, verb: str) -> None:
    timeline.push(VERBS[verb](timeline.session))
    saved = decode_session(encode_session(timeline.session)).session
    opened = Timeline(saved)
    assert not np.isnan(timeline.state.theta).any()
    if not timeline.workshop.problem(timeline.session):
        timeline.advance(9)
        opened.advance(9)
        assert opened.state.theta.tobytes() == timeline.state.theta.tobytes()
        end = bits(timeline)
        timeline.go((0, 3))
        timeline.go(timeline.line.end)
        assert bits(timeline) == end
    # And as if nothing had been edited, once that is undone.
    timeline.go((1, 0))
    timeline.cut()
    timeline.advance(9)
    straight = Timeline(timeline.history.start)
    straight.advance(7)
    straight.advance(9)
    assert bits(timeline)[1:] == bits(straight)[1:]


def test_an_edge_drawn_anew_starts_its_optimizer_state_anew(timeline: Timeline) -> None:
    before = bits(timeline)
    weight = timeline.session.network.edge("x1->h1_1").weight
    timeline.push(verbs.delete(timeline.session, [], ["x1->h1_1"]))
    timeline.push(wiring.connect(timeline.session, "x1", "h1_1", weight))
    fresh = parameters(timeline.session, _fresh_state(timeline.session))["x1->h1_1"]
    assert parameters(timeline.session, timeline.state)["x1->h1_1"] == fresh
    after = bits(timeline)
    opened = Timeline(decode_session(encode_session(timeline.session)).session)
    assert opened.state.theta.tobytes() == timeline.state.theta.tobytes()
    assert parameters(opened.session, opened.state)["x1->h1_1"] == fresh
    timeline.go((1, 0))
    assert bits(timeline) == before, "undoing brings the old state back"
    timeline.go((3, 0))
    assert bits(timeline) == after
    timeline.advance(5)
    end = bits(timeline)
    timeline.go((0, 2))
    timeline.go(timeline.line.end)
    assert bits(timeline) == end


def test_a_unit_of_an_old_name_starts_anew(timeline: Timeline) -> None:
    timeline.push(verbs.add_unit_behind(timeline.session, ["x1"], (0.0, 0.0)))
    timeline.push(verbs.connect(timeline.session, "h1", "y1"))
    timeline.advance(5)
    timeline.push(verbs.delete(timeline.session, ["h1"], []))
    timeline.push(verbs.add_unit_behind(timeline.session, ["x1"], (0.0, 0.0)))
    now = parameters(timeline.session, timeline.state)
    fresh = parameters(timeline.session, _fresh_state(timeline.session))
    assert now["x1->h1"] == fresh["x1->h1"]
    assert now["h1"] == fresh["h1"]


def test_a_bias_that_comes_back_starts_anew(timeline: Timeline) -> None:
    for combine in ("product", "sum"):
        timeline.push(verbs.set_node(timeline.session, ["h1_1"], "combine", combine))
    fresh = parameters(timeline.session, _fresh_state(timeline.session))["h1_1"]
    assert parameters(timeline.session, timeline.state)["h1_1"] == fresh


def test_the_saved_history_of_an_edge_drawn_anew_opens_whole(qapp: object) -> None:
    session = new_layered((2, 2, 1), data=ROWS, seed=3)
    training = msgspec.structs.replace(session.training, optimizer=Momentum(0.1))
    document = Document(msgspec.structs.replace(session, training=training))
    player = Player(document)
    for _ in range(3):
        player.step_iteration()
    document.push(verbs.delete(document.session, [], ["x1->h1_1"]))
    document.push(wiring.connect(document.session, "x1", "h1_1"))
    for _ in range(2):
        player.step_iteration()
    end = bits(document.timeline)
    read = Document(decode_session(document.encoded()).session)
    assert bits(read.timeline)[1:] == end[1:]
    while read.can_undo:
        read.undo()
    assert read.session.network == document.timeline.history.start.network
    assert read.timeline.line.undo_place(read.timeline.place) is None
    while read.can_redo:
        read.redo()
    assert bits(read.timeline)[1:] == end[1:]
