"""What an incomplete session lacks is said beside the node it is about, with a button for it."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bpviz.model.data import TableData
from bpviz.model.edit import diff
from bpviz.model.session import encode_session
from bpviz.ui.main_window import MainWindow
from tests.ui.canvas_hands import at, key
from tests.ui.conftest import named

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)")


def change(window: MainWindow, **fields: object) -> None:
    """Give the session other fields, as one edit."""
    session = window.document.session
    window.document.push(diff(session, msgspec.structs.replace(session, **fields), "Change"))


def put_right(window: MainWindow, text: str) -> None:
    """Press the button of the bar called so; what it does is one edit, and undone exactly."""
    before = encode_session(window.document.session)
    button = named(window, f"lack.{text}")
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    window.document.undo()
    assert encode_session(window.document.session) == before
    window.document.redo()
    assert window.player.problem == ""
    assert not window.workspace.lack_bar.isVisible()


def test_nothing_is_said_of_a_complete_session(window: MainWindow) -> None:
    assert not window.workspace.lack_bar.isVisible()


def test_what_is_missing_is_said_and_put_right(window: MainWindow) -> None:
    bar = window.workspace.lack_bar
    data, first = window.document.session.data, window.document.session
    window.scene.select(["y1"], [])
    key(window, "Shift+O")
    assert bar.text == "No unit is an output"
    assert bar.x() <= at(window, "y1").x() <= bar.geometry().right()
    assert bar.y() > at(window, "y1").y()
    put_right(window, "Make y₁ an output")
    assert window.document.session.network == first.network

    change(window, data=TableData())
    assert bar.text == "No rows yet"
    put_right(window, "Add a row")

    assert isinstance(data, TableData)
    wide = msgspec.structs.replace(
        data,
        inputs=tuple((*row, 1.0) for row in data.inputs),
        test_inputs=tuple((*row, 1.0) for row in data.test_inputs),
    )
    change(window, data=wide)
    assert bar.text == "3 columns for 2 inputs"
    put_right(window, "Fit the columns")
    assert window.document.session.data == data
    window.document.undo()
    put_right(window, "Fit the network")
    assert len(window.document.session.network.inputs) == 3
    assert set(first.network.edges) <= set(window.document.session.network.edges)

    change(window, network=first.network, data=msgspec.structs.replace(
        data, targets=((0.0, 1.0),) * 4, test_targets=((0.0, 1.0),)
    ))  # fmt: skip
    assert bar.text == "2 target columns for 1 output"
    put_right(window, "Fit the columns")


def test_an_input_alone_is_given_an_output(window: MainWindow) -> None:
    window.scene.select(["h1", "h2", "y1"], [])
    key(window, "Del")
    assert window.workspace.lack_bar.text == "No unit yet"
    put_right(window, "Add an output")


def test_the_bar_stays_inside_the_canvas(window: MainWindow) -> None:
    window.scene.select(["y1"], [])
    key(window, "Shift+O")
    for _ in range(6):
        key(window, "Ctrl++")
    bar = window.workspace.lack_bar
    assert window.workspace.canvas_frame.rect().contains(bar.geometry())


@pytest.mark.parametrize("keys", ["Shift+P", "Shift+M"])
def test_a_unit_without_edges_is_fed_or_made_a_sum(window: MainWindow, keys: str) -> None:
    key(window, keys)
    assert window.workspace.lack_bar.text == "Needs an edge into it"
    put_right(window, "Make it a sum")
    window.document.undo()
    put_right(window, "Connect the inputs")
    network = window.document.session.network
    assert [edge.source for edge in network.incoming["h3"]] == ["x1", "x2"]
