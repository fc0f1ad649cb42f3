"""Where a weight's value comes from, over random lines of training, edits, undo and ways back."""

from __future__ import annotations

from contextlib import suppress
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.origin import Origin, next_edits, origin
from bpviz.document.player import Player
from bpviz.model import verbs
from bpviz.model.edit import Edit, EditError
from bpviz.model.history import Place, Train
from bpviz.model.schema import Session
from bpviz.model.training import Adam, Momentum, Sgd
from tests.document.examples import xor_session

OPTIMIZERS = (Sgd(0.5), Momentum(0.1), Adam(0.05))
TRACED = ("x1->h1_1", "h1_2->y1", "h1_1", "y1")


def value(session: Session, name: str) -> float | None:
    """Return the weight or bias of that name, None where it is not there."""
    network = session.network
    if "->" in name:
        return network.edge(name).weight if name in network.edge_index else None
    return getattr(network.node(name), "bias", None) if name in network.node_index else None


def push_something(document: Document, random: Random) -> None:
    session, edges = document.session, [edge.name for edge in document.session.network.edges]
    name = random.choice(edges)
    kind = random.randrange(7)
    if kind == 0:
        document.push(verbs.set_edge(session, [name], "weight", random.uniform(-1, 1)))
    elif kind == 1:
        document.push(verbs.set_node(session, ["h1_1"], "bias", random.uniform(-1, 1)))
    elif kind == 2:
        document.push(verbs.set_training(session, "optimizer", random.choice(OPTIMIZERS)))
    elif kind == 3:
        trainable = session.network.edge(name).trainable
        document.push(verbs.set_edge(session, [name], "trainable", not trainable))
    elif kind == 4 and len(edges) > 6:
        document.push(verbs.delete(session, [], [name]))
    elif kind == 5 and "x1->y1" not in edges:
        document.push(verbs.connect(session, "x1", "y1"))
    elif kind == 6 and "x1->h1_1" not in edges:
        document.push(verbs.connect(session, "x1", "h1_1"))


def wander(document: Document, random: Random) -> None:
    """Train, edit, undo and go back, at random."""
    player = Player(document)
    for _ in range(random.randint(3, 12)):
        kind = random.randrange(6)
        if kind < 2:
            document.timeline.close_entry()
            document.timeline.advance(random.randint(1, 3))
            document.publish("Train")
        elif kind < 4:
            with suppress(EditError):  # the same settings again change nothing
                push_something(document, random)
        elif kind == 4:
            document.undo()
        else:
            player.seek(max(player.iteration - random.randint(1, 2), 0))
    player.pause()


def places(document: Document) -> list[Place]:
    """Return all places of the line, in order."""
    found: list[Place] = []
    for index, entry in enumerate(document.timeline.line.entries):
        inside = range(entry.train) if isinstance(entry, Train) else range(1)
        found += [(index, each) for each in inside]
    return [*found, document.timeline.line.end]


def session_at(document: Document, place: Place) -> Session:
    document.timeline.go(place)
    return document.timeline.session


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_last_that_changed_a_value_is_what_it_comes_from(qapp: QApplication, seed: int) -> None:
    random = Random(seed)
    document = Document(xor_session(random.choice(OPTIMIZERS)))
    wander(document, random)
    line, way = document.timeline.line, places(document)
    sessions = [session_at(document, place) for place in way]
    for name in TRACED:
        for at, here in enumerate(way):
            if value(sessions[at], name) is None:
                continue
            values = [value(session, name) for session in sessions[: at + 1]]
            changes = [step for step in range(at) if values[step] != values[step + 1]]
            check(document, origin(line, here, name), way, values, changes)


def check(
    document: Document,
    found: Origin,
    way: list[Place],
    values: list[float | None],
    changes: list[int],
) -> None:
    """Compare with what is found by looking at the value at every place."""
    entries = document.timeline.line.entries
    if not changes:
        # An update may leave a value to the bit as it was.
        assert found.kind != "edit"
        return
    last = changes[-1]
    entry = entries[way[last][0]]
    if isinstance(entry, Edit):
        if found.kind == "edit":
            assert found.place == way[last]
            assert found.label == entry.label
            assert found.after == values[last + 1]
        else:
            assert found.kind == "update"
            assert found.place > way[last], "an update that did not change it"
    else:
        assert found.kind == "update", "never an edit where training moved it"
        assert found.place >= way[last]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_edits_do_behind_an_update(qapp: QApplication, seed: int) -> None:
    random = Random(seed)
    document = Document(xor_session(Sgd(0.5)))
    wander(document, random)
    line, way = document.timeline.line, places(document)
    sessions = dict(zip(way, (session_at(document, each) for each in way), strict=True))
    for place in way:
        train = line.entry(place[0])
        own, others = next_edits(line, place, TRACED[0])
        if not isinstance(train, Train) or place[1] + 1 < train.train:
            assert (own, others) == (None, ())
            continue
        after = line.normal((place[0], place[1] + 1))
        end = after[0]
        while isinstance(line.entry(end), Edit):
            end += 1
        before, later = (value(sessions[each], TRACED[0]) for each in (after, (end, 0)))
        assert (own is not None) >= (before != later)
        if own is not None:
            assert own.after == later


def test_edits_between_are_told_in_order(qapp: QApplication) -> None:
    document = Document(xor_session(Sgd(0.5)))
    document.timeline.advance(2)
    document.publish("Train")
    for rate in (0.25, 0.125):
        document.push(verbs.set_training(document.session, "optimizer", Sgd(rate)))
    document.push(verbs.set_text(document.session, "title", "another name"))
    timeline = document.timeline
    found = origin(timeline.line, timeline.place, "x1->h1_1")
    assert found.kind == "update"
    assert found.place == (0, 1)
    assert found.since == ("learning rate 0.5 → 0.25", "learning rate 0.25 → 0.125")
    own, others = next_edits(timeline.line, (0, 1), "x1->h1_1")
    assert (own, others) == (None, found.since)
