"""Gradients along the line are the trace's own, and a line walked again measures the same."""

import numpy as np

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.document.retrace import Retrace
from bpviz.document.timeline import Timeline
from bpviz.engine.statistics import layer_norms
from bpviz.model import verbs
from bpviz.model.training import Sgd
from tests.document.examples import xor_session


def test_each_point_is_what_the_trace_there_shows() -> None:
    document = Document(xor_session())
    player = Player(document)
    for _ in range(9):
        player.step_iteration()
    document.timeline.advance(12)
    measured = dict(
        zip(player.curve.gradients.iteration, player.curve.gradients.sizes, strict=True)
    )
    assert len(measured) >= 10
    for iteration, sizes in measured.items():
        player.seek(iteration)
        assert player.trace is not None
        assert layer_norms(player.program, player.trace.gradient) == sizes


def test_an_edit_replaces_what_lay_ahead() -> None:
    document = Document(xor_session())
    player = Player(document)
    document.timeline.advance(30)
    document.publish("Train")
    player.seek(9)
    assert player.curve.gradients.iteration[-1] > 9
    document.push(verbs.set_training(document.session, "optimizer", Sgd(0.1)))
    assert player.curve.gradients.iteration[-1] == 9
    assert player.trace is not None
    assert player.curve.gradients.sizes[-1] == layer_norms(player.program, player.trace.gradient)


def test_a_line_walked_again_measures_the_same_and_changes_nothing() -> None:
    timeline = Timeline(xor_session())
    timeline.advance(50)
    timeline.push(verbs.set_training(timeline.session, "optimizer", Sgd(0.1)))
    timeline.advance(50)
    before = timeline.state.theta.copy()
    passed: list[int] = []
    thetas: list[np.ndarray] = []

    def visit(line: Timeline) -> None:
        passed.append(line.iteration)
        thetas.append(line.state.theta.copy())

    retrace = Retrace(timeline.history, visit, stops=20)
    ticks = 0

    def until() -> bool:
        nonlocal ticks
        ticks += 1
        return ticks % 3 == 0

    while not retrace.ended:
        retrace.work(until)
    assert passed == list(range(0, 101, 5))
    assert retrace.share == 1.0
    assert retrace.curve.gradients.iteration == timeline.curve.gradients.iteration
    assert retrace.curve.gradients.sizes == timeline.curve.gradients.sizes
    assert np.array_equal(thetas[-1], before)
    assert np.array_equal(timeline.state.theta, before)


def test_a_line_without_training_ends_at_once() -> None:
    retrace = Retrace(Timeline(xor_session()).history)
    retrace.work(lambda: False)
    assert retrace.ended
    assert retrace.share == 1.0
