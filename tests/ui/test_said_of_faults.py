"""What the window says where nothing can be computed: in the names and signs of the drawing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bpviz.model.data import TableData
from bpviz.model.names import as_drawn
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Sgd, Training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.plots.points_plane import NO_POINTS, PointsPlane
from bpviz.ui.style import DARK, HIGH_CONTRAST, LIGHT, Theme
from tests.ui.conftest import NO_RAISE

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)

NETWORK = Network(
    (Input("x1"), Unit("h1", activation="identity"), Unit("y", label="out", activation="identity")),
    (Edge("x1", "h1", 1e100), Edge("h1", "y", 1.0)),
    ("y",),
)


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        (
            "x1->h1: its weight would become -4.31112e+198, beyond 1e100",
            "x₁ → h₁: its weight would become −4.31112e198, beyond 1e100",
        ),
        ("Stopped: h1->y: its gradient is infinite", "Stopped: h₁ → out: its gradient is infinite"),
        ("h1: log(-1e-05) is not a number (row 0)", "h₁: log(−1e−5) is not a number (row 1)"),
        ("The test rows have no targets", "The test rows have no targets"),
        ("a->b: cross-entropy of a 2-class set", "a → b: cross-entropy of a 2-class set"),
    ],
)
def test_faults_are_told_in_names_and_signs_of_the_drawing(said: str, drawn: str) -> None:
    assert as_drawn(said, NETWORK.names) == drawn


def test_a_step_that_diverges_names_the_edge_as_drawn(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    data = TableData(((1.0,),), ((0.0,),))
    window = open_window(
        Session(
            network=NETWORK, data=data, training=Training(loss="squared_error", optimizer=Sgd(0.1))
        )
    )
    window.commands["run.step_iteration"].trigger()
    said = window.workspace.step_line.sentence
    assert " → out: its weight would become −2" in said
    assert "->" not in said
    assert "e+" not in said


def test_a_network_without_nodes_has_no_loss(window: MainWindow) -> None:
    loss = window.findChild(QLabel, "header.loss")
    assert loss is not None
    window.commands["run.step_iteration"].trigger()
    assert loss.text().startswith("loss 0.")
    window.commands["edit.select_all"].trigger()
    window.commands["edit.delete"].trigger()
    assert not window.document.session.network.nodes
    assert loss.text() == "loss —"
    window.commands["edit.undo"].trigger()
    assert loss.text().startswith("loss 0.")


@pytest.mark.parametrize("theme", [DARK, LIGHT, HIGH_CONTRAST])
def test_no_line_of_the_grid_runs_through_the_hint(qtbot: QtBot, theme: Theme) -> None:
    plane = PointsPlane(theme)
    qtbot.addWidget(plane)
    plane.resize(264, 240)

    def middle(hint: str) -> set[str]:
        plane.show_points(NO_POINTS, NO_POINTS, ("", ""), hint)
        area = plane.ground.area.toRect()
        image = plane.grab(QRect(area.center().x() - 6, area.top(), 12, area.height())).toImage()
        row = area.height() // 2
        return {image.pixelColor(x, row).name() for x in range(image.width())}

    ground = QColor(theme.canvas).name()
    assert middle("") != {ground}  # the line of zero
    assert middle("These are wide words\n\nover and under a line") == {ground}
