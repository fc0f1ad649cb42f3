"""Every node and edge is reached by keys, and its accessible name speaks its numbers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.model import verbs
from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.canvas.walk import neighbour, tab_order
from bpviz.ui.main_window import MainWindow

Alt = Qt.KeyboardModifier.AltModifier


def press(window: MainWindow, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key where the focus is."""
    held = Qt.KeyboardModifier.NoModifier
    for each in modifiers:
        held |= each
    QTest.keyClick(QApplication.focusWidget() or window, key, held)


def test_tab_goes_through_every_node_and_edge_and_on(window: MainWindow) -> None:
    network = window.document.session.network
    seen = []
    for _ in range(len(network.nodes) + len(network.edges)):
        press(window, Qt.Key.Key_Tab)
        assert window.canvas.hasFocus()
        seen.append((*window.scene.selected_nodes(), *window.scene.selected_edges()))
    assert {name for (name,) in seen} == {
        *(node.id for node in network.nodes),
        *(edge.name for edge in network.edges),
    }
    press(window, Qt.Key.Key_Tab)
    assert not window.canvas.hasFocus()
    window.canvas.setFocus()
    press(window, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert window.scene.selected_nodes() + window.scene.selected_edges() == list(seen[-2])


def test_alt_and_arrows_go_to_the_neighbour(window: MainWindow) -> None:
    window.scene.select(["x1"], [])
    for key, node in (
        (Qt.Key.Key_Right, "h1"),
        (Qt.Key.Key_Down, "h2"),
        (Qt.Key.Key_Right, "y1"),
        (Qt.Key.Key_Right, "y1"),
        (Qt.Key.Key_Left, "h1"),
        (Qt.Key.Key_Up, "h1"),
        (Qt.Key.Key_Left, "x1"),
    ):
        press(window, key, Alt)
        assert window.scene.selected_nodes() == [node]
    assert window.player.frame is None, "the player did not move"


def test_from_an_edge_the_arrows_go_to_its_ends(window: MainWindow) -> None:
    window.scene.select([], ["x2->h1"])
    press(window, Qt.Key.Key_Right, Alt)
    assert window.scene.selected_nodes() == ["h1"]
    window.scene.select([], ["x2->h1"])
    press(window, Qt.Key.Key_Left, Alt)
    assert window.scene.selected_nodes() == ["x2"]


def test_what_is_selected_is_spoken_with_its_numbers(window: MainWindow) -> None:
    canvas = window.canvas
    assert canvas.accessibleName() == "Network: 5 nodes, 6 edges"
    window.scene.select(["h1"], [])
    assert canvas.accessibleName() == (
        "unit h₁, sum, sigmoid, z not computed yet, value not computed yet, "
        "delta not computed yet, bias 0.1, gradient of the bias not computed yet"
    )
    window.player.step_forward("phase")
    assert "z 0.41, value 0.6011, delta not computed yet" in canvas.accessibleName()
    window.document.push(verbs.set_edge(window.document.session, ["x1->h1"], "weight", -0.5))
    window.scene.select([], ["x1->h1"])
    for _ in range(2):
        window.player.step_forward("phase")
    assert canvas.accessibleName().startswith(
        "edge from x₁ to h₁, weight minus 0.5, gradient of this sample "
    )
    window.scene.select_all()
    assert canvas.accessibleName() == "Network: 11 items selected"


def test_what_is_out_of_sight_is_brought_into_view(window: MainWindow) -> None:
    canvas = window.canvas
    for _ in range(8):
        canvas.zoom_in()
    window.scene.select(["x1"], [])
    for _ in range(2):
        press(window, Qt.Key.Key_Right, Alt)
    place = window.scene.geometry.positions[window.scene.geometry.index["y1"]]
    at = canvas.mapFromScene(*(float(each) for each in place))
    assert canvas.viewport().rect().contains(at)


@pytest.mark.parametrize("direction", ["left", "right", "up", "down"])
def test_every_way_ends(window: MainWindow, direction: str) -> None:
    network = window.document.session.network
    geometry = Geometry(network)
    ways = {"left": "left", "right": "right", "up": "up", "down": "down"}
    for node in network.nodes:
        here = ("node", node.id)
        for _ in range(20):
            after = neighbour(geometry, network, here, ways[direction])  # type: ignore[arg-type]
            if after is None:
                break
            here = after
        else:
            pytest.fail("it goes round for ever")
    assert len(tab_order(geometry, network)) == len(network.nodes) + len(network.edges)
