"""A random walk: at every frame, of every node and edge, Explain tells all, and nothing stale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.stepper import StepGrain
from bpviz.engine.backprop import Trace
from bpviz.explain.expression import Number, Partial, Symbol, evaluate, leaves
from bpviz.explain.subject import Subject, aspects, known
from bpviz.model.data import TableData
from bpviz.model.edit import EditError
from bpviz.model.network import Network, Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_edge, set_training
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.panels.explain_panel import HIDDEN, ExplainPanel
from bpviz.ui.style import DARK
from tests.explain.random_traces import (
    OPTIMIZERS,
    looked_up,
    random_network,
    random_rows,
    random_training,
)
from tests.explain.test_derivation import magnitude

GRAINS: tuple[StepGrain, ...] = ("term", "neuron", "layer", "phase", "iteration", "epoch")
STEPS = 30


def random_session(random: Random) -> Session:
    training = random_training(random)
    network = random_network(random, training.loss)
    rows = random_rows(random, network, training.loss, random.randint(1, 4))
    data = TableData(
        tuple(map(tuple, rows.inputs.tolist())),
        tuple(map(tuple, rows.targets.tolist())),
    )
    return Session(network=network, data=data, training=training)


class Walk:
    """A panel on a random session, and steps of every kind."""

    def __init__(self, qtbot: QtBot, seed: int) -> None:
        self.random = Random(seed)
        self.document = Document(random_session(self.random))
        self.player = Player(self.document)
        while self.player.trace is None:
            # Not finite, or without what it needs: another one.
            self.document.new(random_session(self.random))
        self.scene = CanvasScene(self.document, self.player, DARK)
        self.panel = ExplainPanel(self.document, self.player, self.scene, DARK)
        qtbot.addWidget(self.panel)
        self.document.edit_done.connect(self.panel.follow_structure)
        self.player.stepped.connect(self.panel.follow_numbers)
        self.panel.resize(370, 700)
        self.panel.show()

    def step(self) -> None:
        """Do something that a user does."""
        random, player = self.random, self.player
        kind = random.randrange(10)
        if kind < 4 and player.frames:
            player.show_frame(random.randrange(-1, len(player.frames)))
        elif kind < 6:
            player.step_forward() if kind == 4 else player.step_back()
        elif kind == 6:
            player.set_grain(random.choice(GRAINS))
        elif kind == 7:
            player.choose_sample(random.randrange(max(len(player.batch), 1)))
        elif kind == 8:
            self._edit()
        else:
            self.document.undo()

    def _edit(self) -> None:
        random, session = self.random, self.document.session
        edges = [edge.name for edge in session.network.edges]
        try:
            if random.random() < 0.7 and edges:
                value = random.uniform(-1, 1)
                self.document.push(set_edge(session, [random.choice(edges)], "weight", value))
            else:
                optimizer = random.choice(OPTIMIZERS)(learning_rate=0.05)
                self.document.push(set_training(session, "optimizer", optimizer))
        except EditError:
            pass

    def subjects(self) -> Iterator[tuple[list[str], list[str]]]:
        """Iterate over nothing, and some nodes and edges, as they are selected."""
        network, random = self.document.session.network, self.random
        yield [], []
        for node in random.sample(network.nodes, min(3, len(network.nodes))):
            yield [node.id], []
        for edge in random.sample(network.edges, min(3, len(network.edges))):
            yield [], [edge.name]


def check(walk: Walk, trace: Trace) -> None:
    """Compare all that the panel shows with the trace."""
    panel, player = walk.panel, walk.player
    assert panel.title
    assert panel.sentence
    assert HIDDEN not in panel.sentence
    for line in panel._lines:
        scale = max(1.0, magnitude(line.right))
        assert math.isclose(evaluate(line.right), line.result, rel_tol=1e-9, abs_tol=1e-11 * scale)
        for leaf in (*leaves(line.left), *leaves(line.right)):
            if not isinstance(leaf, (Symbol, Partial, Number)) or leaf.reference is None:
                continue
            expected = looked_up(trace, leaf.reference)
            if not math.isnan(expected):
                assert math.isclose(leaf.value, expected, rel_tol=1e-12, abs_tol=1e-12), leaf
            batch = leaf.reference.kind == "network" or leaf.reference.sample < 0
            gathered = player.frame is not None and player.frame.phase in ("reduce", "update")
            if not batch and not gathered:
                assert leaf.reference.sample == player.sample, "it is of the sample shown"


def check_subject(walk: Walk, network: Network, nodes: list[str], edges: list[str]) -> None:
    """Whether each aspect of what is selected can be chosen, and says what it is."""
    panel, snapshot = walk.panel, walk.player.snapshot
    assert snapshot is not None
    subject = (
        Subject(node=network.node_index[nodes[0]])
        if nodes
        else Subject(edge=network.edge_index[edges[0]])
    )
    computed = known(snapshot, network, subject)
    for aspect in aspects(network, subject):
        panel._on_aspect_chosen(aspect)
        assert bool(panel._lines) == (aspect in computed), (nodes, edges, aspect)
        assert panel.formula.isVisible(), "the formula stands there before its numbers"
        trained = panel.causes.isVisible()
        if trained:
            assert aspect == "update"
            found = panel.causes.movement
            assert found is not None
            parts = math.fsum(cause.move for cause in found.causes)
            assert math.isclose(parts, found.change, rel_tol=1e-6, abs_tol=1e-12)
    if nodes and isinstance(network.node(nodes[0]), Unit):
        assert panel.activation.isVisible()
    assert panel.findChild(QPushButton, "explain.why") is not None


@pytest.mark.parametrize("seed", range(5))
def test_at_every_place_everything_is_explained(qtbot: QtBot, seed: int) -> None:
    walk = Walk(qtbot, seed)
    told = 0
    for _ in range(STEPS):
        walk.step()
        trace = walk.player.trace
        if trace is None:
            assert walk.panel.title == "Nothing to explain yet"
            assert walk.panel.sentence
            walk.document.undo()
            continue
        for nodes, edges in walk.subjects():
            walk.scene.select(nodes, edges)
            check(walk, trace)
            if nodes or edges:
                check_subject(walk, trace.program.network, nodes, edges)
                check(walk, trace)
            told += bool(walk.panel._lines)
    assert told > STEPS
    walk.player.pause()
