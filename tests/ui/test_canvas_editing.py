"""The verbs of editing on the canvas, by mouse and keys: each one Edit that undo takes back."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Input, Unit
from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.ui.main_window import MainWindow
from tests.ui.canvas_hands import (
    LEFT,
    PLAIN,
    at,
    click,
    drag,
    edges,
    end_of,
    hover,
    key,
    labels,
    move_mouse,
    nodes,
    on_edge,
    undone,
)
from tests.ui.conftest import named

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
Opener = Callable[[Session | None], MainWindow]


# --- adding -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "node", "combine"),
    [("N", "h3", "sum"), ("Shift+P", "h3", "product"), ("Shift+M", "h3", "max")],
)
def test_keys_add_units_at_the_pointer(
    window: MainWindow, keys: str, node: str, combine: str
) -> None:
    before = encode_session(window.document.session)
    place = at(window, "h1", 40, -120)
    hover(window, place)
    key(window, keys)
    added = window.document.session.network.node(node)
    assert isinstance(added, Unit)
    assert added.combine == combine
    assert (at(window, node) - place).manhattanLength() <= 2
    assert window.scene.selected_nodes() == [node]
    assert undone(window, before)


def test_a_unit_added_to_a_selection_is_fed_by_it(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    click(window, at(window, "h1"))
    click(window, at(window, "h2"), Qt.KeyboardModifier.ControlModifier)
    key(window, "N")
    network = window.document.session.network
    assert [edge.source for edge in network.incoming["h3"]] == ["h1", "h2"]
    assert all(0 < abs(edge.weight) <= 0.5 for edge in network.incoming["h3"])
    # Straight to the right, where y1 stands already, it goes to the next free place.
    assert network.node("h3").position == (480.0, 80.0)
    assert undone(window, before)


def test_an_input_and_an_output_bring_their_columns(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    hover(window, at(window, "x1", 0, -120))
    key(window, "Shift+N")
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert data.inputs[0] == (0.5, 0.3, 0.0)
    assert data.test_inputs == ((0.25, 0.75, 0.0),)
    assert isinstance(window.document.session.network.node("x3"), Input)
    assert undone(window, before)
    hover(window, at(window, "y1", 0, -150))
    key(window, "Ctrl+Shift+N")
    assert window.document.session.network.outputs == ("y1", "y2")
    assert isinstance(window.document.session.data, TableData)
    assert window.document.session.data.targets[0] == (0.8, 0.0)
    assert window.player.problem == ""
    key(window, "Del")
    assert window.document.session.data == data
    assert labels(window) == ["Add input x₃", "Add output y₂", "Delete y₂"]


def test_generated_rows_become_a_table_with_a_new_input(
    open_window: Opener, session: Session
) -> None:
    generated = msgspec.structs.replace(session, data=GeneratorData(name="xor_points", samples=4))
    window = open_window(generated)
    before = encode_session(window.document.session)
    key(window, "Shift+N")
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert {len(row) for row in data.inputs} == {3}
    assert len(labels(window)) == 1
    assert undone(window, before)


# --- the toolbox ------------------------------------------------------------------------------


def tool(window: MainWindow, kind: str) -> QToolButton:
    button = named(window, f"toolbox.{kind}", QToolButton)
    assert isinstance(button, QToolButton)
    return button


def test_a_click_in_the_toolbox_places_with_the_next_click(window: MainWindow) -> None:
    button = tool(window, "product")
    QTest.mouseClick(button, LEFT)
    assert button.isChecked()
    place = at(window, "h1", 30, -110)
    hover(window, place)
    ghost = window.scene.sketch.ghost
    assert ghost.isVisible()
    click(window, place)
    assert not ghost.isVisible()
    assert not button.isChecked()
    added = window.document.session.network.node("h3")
    assert isinstance(added, Unit)
    assert added.combine == "product"
    assert window.scene.selected_nodes() == ["h3"]
    assert labels(window) == ["Add h₃"]


def test_placing_ends_with_escape_or_a_second_click(window: MainWindow) -> None:
    button = tool(window, "unit")
    for by_key in (True, False):
        QTest.mouseClick(button, LEFT)
        hover(window, at(window, "h1", 30, -110))
        if by_key:
            key(window, "Esc")
        else:
            QTest.mouseClick(button, LEFT)
        assert not button.isChecked()
        assert not window.scene.sketch.ghost.isVisible()
        click(window, at(window, "h1", 30, -110))
        assert labels(window) == []


def drag_tool(window: MainWindow, kind: str, to: QPoint) -> None:
    """Drag a kind off its button to a point of the canvas."""
    button, viewport = tool(window, kind), window.canvas.viewport()
    start, end = button.rect().center(), button.mapFromGlobal(viewport.mapToGlobal(to))
    QTest.mousePress(button, LEFT, PLAIN, start)
    for step in (0.3, 0.7, 1.0):
        move_mouse(window, start + (end - start) * step, on=button)
    QTest.mouseRelease(button, LEFT, PLAIN, end)


def test_a_kind_can_be_dragged_onto_the_canvas(window: MainWindow) -> None:
    drag_tool(window, "input", at(window, "x1", 0, -120))
    assert nodes(window)[-1] == "x3"
    assert not tool(window, "input").isChecked()
    drag_tool(window, "input", QPoint(300, -200))
    assert len(nodes(window)) == 6
    assert labels(window) == ["Add input x₃"]


def test_a_kind_dropped_on_an_edge_goes_into_it(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    drag_tool(window, "max", on_edge(window, "h1->y1", 0.5))
    network = window.document.session.network
    assert edges(window)[4:6] == ["h1->h3", "h3->y1"]
    assert (network.edge("h1->h3").weight, network.edge("h3->y1").weight) == (0.6, 1.0)
    assert undone(window, before)


# --- edges ------------------------------------------------------------------------------------


def test_the_ends_of_an_edge_can_be_grasped(window: MainWindow) -> None:
    hover(window, on_edge(window, "h1->y1", 0.6))
    assert len(window.scene.sketch.handles.points) == 2
    hover(window, at(window, "h1", 0, -150))
    assert not window.scene.sketch.handles.points


@pytest.mark.parametrize(
    ("target", "to", "name"), [(True, "y2", "h1->y2"), (False, "x1", "x1->y1")]
)
def test_an_end_taken_to_another_node_keeps_the_weight(
    window: MainWindow, target: bool, to: str, name: str
) -> None:
    hover(window, at(window, "y1", 0, 200))
    key(window, "Ctrl+Shift+N")
    click(window, at(window, "h1", 0, -150))
    before = encode_session(window.document.session)
    start = end_of(window, "h1->y1", target=target)
    QTest.mousePress(window.canvas.viewport(), LEFT, PLAIN, start)
    move_mouse(window, start + QPoint(10, 10))
    offered = {
        node: window.scene.picture.card(index).offered
        for node, index in window.scene.geometry.index.items()
    }
    assert offered[to] == "yes"
    assert offered["x1" if target else "h2"] == "no"
    move_mouse(window, at(window, to))
    QTest.mouseRelease(window.canvas.viewport(), LEFT, PLAIN, at(window, to))
    assert window.document.session.network.edge(name).weight == 0.6
    assert edges(window)[4] == name
    assert window.scene.selected_edges() == [name]
    assert not window.scene.sketch.wire.isVisible()
    assert undone(window, before)


def test_an_end_taken_where_it_cannot_be_stays(window: MainWindow, tips: list[str]) -> None:
    before = encode_session(window.document.session)
    drag(window, end_of(window, "h1->y1", target=True), at(window, "x2"))
    drag(window, end_of(window, "h1->y1", target=True), at(window, "h1", 0, -170))
    drag(window, end_of(window, "h1->y1", target=False), at(window, "h2"))
    assert [text.split(":")[0] for text in tips] == [
        "x₂ is an input", "These two are connected already",
    ]  # fmt: skip
    assert encode_session(window.document.session) == before


def test_a_free_unit_let_go_on_an_edge_goes_into_it(window: MainWindow) -> None:
    hover(window, at(window, "h1", 100, -120))
    key(window, "N")
    before = encode_session(window.document.session)
    drag(window, at(window, "h3"), on_edge(window, "h1->y1", 0.5))
    assert edges(window)[4:6] == ["h1->h3", "h3->y1"]
    assert undone(window, before)


def test_keys_connect_and_split(window: MainWindow, tips: list[str]) -> None:
    window.scene.select(["x1", "y1"], [])
    key(window, "Shift+C")
    assert edges(window)[-1] == "x1->y1"
    click(window, on_edge(window, "x1->y1", 0.5))
    key(window, "Shift+I")
    assert edges(window)[-2:] == ["x1->h3", "h3->y1"]
    assert window.scene.selected_nodes() == ["h3"]
    key(window, "Shift+C")
    assert tips == ["Select what feeds first, and last the unit that is fed"]
    assert labels(window) == ["Connect x₁ to y₁", "Put h₃ into x₁ → y₁"]


def test_a_key_makes_outputs_and_takes_it_back(window: MainWindow) -> None:
    window.scene.select(["h1", "h2"], [])
    key(window, "Shift+O")
    assert list(window.document.session.network.outputs) == ["y1", "h1", "h2"]
    key(window, "Shift+O")
    assert list(window.document.session.network.outputs) == ["y1"]
    assert labels(window) == ["Make 2 nodes an output", "Unmake 2 nodes an output"]


def test_a_node_that_lacks_an_edge_says_so_in_place(window: MainWindow) -> None:
    hover(window, at(window, "h1", 40, -120))
    key(window, "Shift+P")
    assert window.scene.sketch.badges.places == (
        window.document.session.network.node("h3").position,
    )
    assert "no edges into it" in window.player.problem
    drag(window, at(window, "h1", 0, -38), at(window, "h3"))
    assert not window.scene.sketch.badges.places
    assert window.player.problem == ""
