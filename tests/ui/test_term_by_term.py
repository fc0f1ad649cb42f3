"""Steps by terms: each w·a stands at its edge from its own step on, and is explained there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bpviz.engine.hiding import Hidden
from bpviz.explain.subject import Subject, known
from bpviz.model.verbs import set_training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.numbers import format_number

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")


def numbers(window: MainWindow) -> dict[str, str]:
    """Return the second line of each edge's label: what the overlay shows there."""
    edges = window.document.session.network.edges
    labels = window.scene.picture.label_layer.labels
    return {edges[label.edge].name: label.text.second for label in labels}


def step_to(window: MainWindow, title: str) -> None:
    for _ in range(60):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        if window.workspace.explain_panel.title == title:
            return
    raise AssertionError(title)


def test_each_term_stands_at_its_edge_as_soon_as_it_is_computed(window: MainWindow) -> None:
    window.commands["view.show_values"].trigger()
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    step_to(window, "Term 1 of h₁")
    assert (numbers(window)["x1->h1"], numbers(window)["x2->h1"]) == ("w·a 0.2500", "w·a —")
    step_to(window, "Term 2 of h₁")
    assert (numbers(window)["x1->h1"], numbers(window)["x2->h1"]) == ("w·a 0.2500", "w·a 0.06000")
    assert numbers(window)["x1->h2"] == "w·a —"
    QTest.keyClick(window.canvas, Qt.Key.Key_Left)
    assert numbers(window)["x2->h1"] == "w·a —"


def test_what_is_walked_can_be_clicked_and_explained(window: MainWindow) -> None:
    panel = window.workspace.explain_panel
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    step_to(window, "Term 1 of h₁")
    window.scene.select([], ["x1->h1"])
    assert panel.sentence == "What comes along x₁ → h₁."
    window.scene.select([], ["x2->h1"])
    assert "Not computed yet" in panel.sentence
    # Of x1's two contributions the first is known, the sum of both is not.
    step_to(window, "Contribution along x₁ → h₁")
    network, snapshot = window.document.session.network, window.player.snapshot
    assert snapshot is not None
    came = {edge.name: "error" in known(snapshot, network, Subject(edge=place))
            for place, edge in enumerate(network.edges)}  # fmt: skip
    assert came["x1->h1"]
    assert not came["x1->h2"]
    assert not snapshot.dloss_da_known[0]


def test_terms_give_no_hidden_number_away(window: MainWindow) -> None:
    window.commands["view.show_values"].trigger()
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    step_to(window, "Term 2 of h₁")
    window.player.set_hidden(Hidden(frozenset({"values"})))
    assert numbers(window)["x1->h1"] == "w·a ?"
    # z is the sum of its terms: once it is found, they may be seen.
    shown = Hidden(frozenset({"values"})).showing([("values", "h1")])
    window.player.set_hidden(shown)
    assert numbers(window)["x1->h1"] == "w·a 0.2500"
    window.player.set_hidden(Hidden())


def test_the_mean_and_then_the_penalty_stand_at_the_edges(window: MainWindow) -> None:
    document, panel = window.document, window.workspace.explain_panel
    document.push(set_training(document.session, "l2", 0.1))
    window.commands["view.show_gradients"].trigger()
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    step_to(window, "Penalty")
    trace = window.player.trace
    assert trace is not None
    rows = range(len(trace.rows))
    mean = format_number(sum(trace.edge_gradients(row)[0] for row in rows) / len(rows), 4)
    assert numbers(window)["x1->h1"] == f"∂ {mean}"
    window.scene.select([], ["x1->h1"])
    assert r"\lambda" not in panel.latex()
    assert panel.latex().count("&=") == 2
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    whole = format_number(float(trace.edge_gradient_batch[0]), 4)
    assert whole != mean
    assert numbers(window)["x1->h1"] == f"∂ {whole}"
    window.scene.select([], ["x1->h1"])
    assert r"\lambda" in panel.latex()
