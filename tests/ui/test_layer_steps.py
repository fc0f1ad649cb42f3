"""Steps of a whole layer or phase: title, words, formulas, light and flow are about all of it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bpviz.ui.canvas.legend import header_text
from bpviz.ui.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")


def header(window: MainWindow) -> str:
    player = window.player
    assert player.frames is not None
    assert player.snapshot is not None
    step = [player.frames[each] for each in player.snapshot.step]
    network = window.document.session.network
    return header_text(player.frame, network, player.sample, len(player.batch), step)


def seen(window: MainWindow) -> tuple[str, str, list[str], list[str]]:
    """Return the canvas's header, the Explain panel's title, and which nodes and edges are lit."""
    network, shown = window.document.session.network, window.scene.picture.shown
    nodes = [network.nodes[place].id for place in np.flatnonzero(shown.active_nodes)]
    own = shown.active_edges[: len(network.edges)]
    edges = [network.edges[place].name for place in np.flatnonzero(own)]
    return header(window), window.workspace.explain_panel.title, nodes, edges


def test_a_step_by_layers_is_about_the_whole_layer(window: MainWindow) -> None:
    canvas = window.canvas
    QTest.keyClick(canvas, Qt.Key.Key_3)
    into = ["x1->h1", "x2->h1", "x1->h2", "x2->h2"]
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert seen(window) == (
        "Forward · layer h₁, h₂ · sample 1 of 4", "Values of h₁, h₂",
        ["x1", "x2", "h1", "h2"], into,
    )  # fmt: skip
    assert not window.workspace.explain_panel.activation.isVisible()
    for _ in range(4):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert seen(window) == (
        "Backward · layer h₂, h₁ · sample 1 of 4", "Error signals of h₂, h₁",
        ["x1", "x2", "h1", "h2"], into,
    )  # fmt: skip
    stream = window.scene.picture.stream
    # The input x1 is 0.5 and x2 0.3 in the first row: all four gradients flow, not those of h1.
    assert stream.kind == "gradients"
    assert stream.carries[:6].tolist() == [True, True, True, True, False, False]
    QTest.keyClick(canvas, Qt.Key.Key_2)
    assert seen(window)[0] == "Backward · gradients into h₁ · sample 1 of 4"
    assert seen(window)[3] == ["x1->h1", "x2->h1"]


def test_a_step_by_phases_is_about_the_whole_phase(window: MainWindow) -> None:
    canvas = window.canvas
    QTest.keyClick(canvas, Qt.Key.Key_4)
    names = [edge.name for edge in window.document.session.network.edges]
    found = []
    for _ in range(5):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
        found.append(seen(window))
    assert [(head, title) for head, title, _, _ in found] == [
        ("Forward · all layers · sample 1 of 4", "Forward"),
        ("Loss · sample 1 of 4", "Loss"),
        ("Backward · all layers · sample 1 of 4", "Backward"),
        ("Reduce · 4 samples to one gradient", "Joining the samples"),
        ("Update · all layers", "Update"),
    ]
    assert [edges for _, _, _, edges in found] == [names, [], names, names, names]
