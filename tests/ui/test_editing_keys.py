"""Every verb of editing goes by keys alone, and Help > Keys tells the key."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from bpviz.model import verbs
from bpviz.model.data import TableData
from bpviz.model.network import Network, Unit
from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.model.training import Sgd, Training
from bpviz.ui.actions import ACTIONS
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.help_dialog import keys_html
from tests.ui.canvas_hands import at, edges, key, labels, nodes, undone
from tests.ui.conftest import named

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
Opener = Callable[[Session | None], MainWindow]


def press(keys: str) -> None:
    """Press a key where the focus is."""
    combination = QKeySequence(keys)[0]  # type: ignore[index]  # PySide's stub lacks it
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())


def typed(text: str) -> None:
    """Type where the focus is."""
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClicks(widget, text)


def walk_to(window: MainWindow, name: str) -> None:
    """Go on with Tab, then back with Shift+Tab, until the keys stand on a node or an edge."""
    for keys in ("Tab", "Shift+Tab"):
        while window.canvas.hasFocus():
            item = window.canvas.walker.item
            if item is not None and item[1] == name:
                return
            press(keys)
        window.canvas.setFocus()
    pytest.fail(f"Tab does not come to {name}")


# --- several, by keys -------------------------------------------------------------------------


def test_what_is_kept_stays_selected_while_one_goes_on(window: MainWindow) -> None:
    walk_to(window, "x1")
    press("M")
    walk_to(window, "h1")
    assert window.scene.selected_nodes() == ["x1", "h1"]
    assert window.canvas.accessibleName().startswith("unit h₁")
    assert window.canvas.accessibleName().endswith("; 2 selected, 1 of them kept")
    press("M")
    walk_to(window, "h2->y1")
    assert window.scene.selected_nodes() == ["x1", "h1"]
    assert window.scene.selected_edges() == ["h2->y1"]
    press("M")
    press("M")
    assert window.scene.selected_nodes() == []
    assert window.scene.selected_edges() == ["h2->y1"]
    press("Tab")
    assert len(window.scene.selected_nodes()) == 1


def test_another_selection_lets_go_what_was_kept(window: MainWindow) -> None:
    walk_to(window, "x1")
    press("M")
    window.scene.select(["y1"], [])
    walk_to(window, "h2")
    assert window.scene.selected_nodes() == ["h2"]


# --- edges ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "to", "name"), [("Shift+T", "y2", "h1->y2"), ("Ctrl+Shift+T", "x1", "x1->y1")]
)
def test_an_edge_is_taken_to_another_node(
    window: MainWindow, keys: str, to: str, name: str
) -> None:
    window.document.push(verbs.add_output(window.document.session, (480, 200)))
    before = encode_session(window.document.session)
    walk_to(window, "h1->y1")
    press("M")
    walk_to(window, to)
    press(keys)
    assert window.document.session.network.edge(name).weight == 0.6
    assert edges(window).index(name) == 4
    assert window.scene.selected_edges() == [name]
    assert undone(window, before)


def test_taking_an_edge_nowhere_says_what_to_do(window: MainWindow, tips: list[str]) -> None:
    key(window, "Shift+T")
    walk_to(window, "h1->y1")
    key(window, "Ctrl+Shift+T")
    press("M")
    walk_to(window, "h2")
    key(window, "Ctrl+Shift+T")
    assert tips == [
        "Select one edge, and the node that it leads to then",
        "Select one edge, and the node that it comes from then",
        "These two are connected already",
    ]
    assert labels(window) == []


def test_a_unit_without_edges_is_put_into_the_edge(window: MainWindow) -> None:
    window.document.push(verbs.add_unit(window.document.session, (240, 240)))
    before = encode_session(window.document.session)
    walk_to(window, "h1->y1")
    press("M")
    walk_to(window, "h3")
    press("Shift+I")
    assert edges(window)[4:6] == ["h1->h3", "h3->y1"]
    assert window.document.session.network.node("h3").position == (360.0, -40.0)
    assert undone(window, before)


# --- units ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("keys", "combine"), [("Ctrl+Alt+P", "product"), ("Ctrl+Alt+M", "max")])
def test_units_join_their_inputs_another_way(
    window: MainWindow, tips: list[str], keys: str, combine: str
) -> None:
    press(keys)
    assert tips == ["Select the units that are to join so"]
    before = encode_session(window.document.session)
    window.scene.select(["x1", "h1", "h2"], [])
    press(keys)
    found = [window.document.session.network.node(each) for each in ("h1", "h2")]
    assert [getattr(unit, "combine", "") for unit in found] == [combine] * 2
    assert len(labels(window)) == 1
    assert undone(window, before)
    window.document.push(verbs.set_edge(window.document.session, ["x1->h2", "x2->h2"],
                                        "trainable", False))  # fmt: skip
    press("Ctrl+Alt+S")
    for name, trained in (("h1", True), ("h2", False)):
        assert isinstance(unit := window.document.session.network.node(name), Unit)
        assert (unit.combine, unit.bias, unit.trainable_bias) == ("sum", 0.0, trained)


# --- numbers ----------------------------------------------------------------------------------


def field(window: MainWindow) -> QLineEdit:
    found = window.workspace.number_spot.field
    assert isinstance(found, QLineEdit)
    return found


def test_a_weight_is_typed(window: MainWindow) -> None:
    walk_to(window, "x1->h1")
    press("Return")
    assert field(window).hasFocus()
    typed("-2/8")
    press("Return")
    assert window.document.session.network.edge("x1->h1").weight == -0.25
    assert window.canvas.hasFocus()
    assert window.scene.selected_edges() == ["x1->h1"]


def test_an_output_has_a_bias_and_then_a_target(window: MainWindow) -> None:
    walk_to(window, "y1")
    press("F2")
    assert field(window).accessibleName() == "the bias of y₁"
    typed("1/2")
    press("F2")
    assert field(window).accessibleName() == "the target of y₁"
    typed("0,25")
    press("Return")
    session = window.document.session
    assert isinstance(session.data, TableData)
    assert session.data.targets[0] == (0.25,)
    assert getattr(session.network.node("y1"), "bias", 0.0) == 0.5
    assert len(labels(window)) == 2


def test_an_input_is_typed_before_any_step_and_tried(window: MainWindow) -> None:
    walk_to(window, "x2")
    press("F2")
    assert field(window).text() == "0.3"
    typed("0.75")
    press("Return")
    session = window.document.session
    assert isinstance(session.data, TableData)
    assert session.data.inputs[0] == (0.5, 0.75)
    press("F2")
    typed("9")
    press("Shift+Return")
    assert window.document.session is session
    assert window.player.trial is not None


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ("Ctrl+Up", 0.61), ("Ctrl+Down", 0.59),
        ("Ctrl+Shift+Up", 0.601), ("Ctrl+Shift+Down", 0.599),
    ],
)  # fmt: skip
def test_a_weight_goes_by_steps_with_the_loss_following(
    window: MainWindow, tips: list[str], qtbot: QtBot, keys: str, value: float
) -> None:
    window.player.step_forward("phase")
    trace = window.player.trace
    assert trace is not None
    walk_to(window, "h1->y1")
    press(keys)
    assert window.player.trace is not None
    assert window.player.trace.loss != trace.loss
    assert tips[-1].splitlines()[1].startswith("E ")
    qtbot.waitUntil(lambda: window.player.trial is None)
    assert window.document.session.network.edge("h1->y1").weight == value
    assert len(labels(window)) == 1


def test_keys_for_a_number_say_where_there_is_none(window: MainWindow, tips: list[str]) -> None:
    press("F2")
    window.scene.select(["h1"], [])
    press("Ctrl+Alt+M")
    press("Ctrl+Up")
    assert tips == [
        "Select the edge or the node whose number is to be changed",
        "There is no number to change here",
    ]


def test_several_are_set_and_scaled_in_their_fields(window: MainWindow) -> None:
    for name in ("x1->h1", "x2->h1"):
        walk_to(window, name)
        press("M")
    press("F2")
    typed("0.5")
    press("Return")
    press("Esc")
    assert window.canvas.hasFocus()
    press("Shift+S")
    typed("-3")
    press("Return")
    network = window.document.session.network
    assert [network.edge(name).weight for name in ("x1->h1", "x2->h1")] == [-1.5, -1.5]
    press("Esc")
    assert window.canvas.hasFocus()
    press("F4")
    assert not window.canvas.hasFocus()


def test_the_fields_of_a_unit_go_by_keys(window: MainWindow) -> None:
    walk_to(window, "h1")
    press("F4")
    press("Ctrl+A")
    typed("first")
    press("Tab")
    press("P")
    press("Esc")
    unit = window.document.session.network.node("h1")
    assert isinstance(unit, Unit)
    assert (unit.label, unit.combine) == ("first", "product")
    assert window.canvas.hasFocus()


# --- from nothing -----------------------------------------------------------------------------


def all_is_in_view(window: MainWindow) -> None:
    """Assert that no node is out of sight, and that nothing floats over nodes or buttons."""
    seen = window.canvas.viewport().rect()
    for name in nodes(window):
        assert seen.contains(at(window, name)), "what keys add is in view"
    bar, tools = window.workspace.lack_bar, named(window, "toolbox.unit")
    assert bar.isVisible()
    assert bar.mapToGlobal(bar.rect().bottomLeft()).y() < tools.mapToGlobal(QPoint()).y()
    assert not window.workspace.canvas_frame.minimap.isVisible()


def test_a_network_is_built_from_nothing_and_trained_by_keys(
    open_window: Opener, qtbot: QtBot
) -> None:
    empty = Session(
        network=Network(), data=TableData(),
        training=Training(loss="squared_error", optimizer=Sgd(0.1)),
    )  # fmt: skip
    window = open_window(empty)
    start = encode_session(window.document.session)
    QGuiApplication.clipboard().clear()
    press("Shift+N")
    assert window.canvas.zoom == pytest.approx(1.0), "a node by itself is not blown up"
    press("Shift+N")
    press("Esc")
    walk_to(window, "x1")
    press("M")
    walk_to(window, "x2")
    for _ in range(3):  # each is fed by both inputs, which are selected again
        press("N")
        window.scene.select([], [])
        walk_to(window, "x1")
        press("M")
        walk_to(window, "x2")
    press("Esc")
    press("Ctrl+Shift+N")
    for name in ("h1", "h2", "h3", "y1"):
        walk_to(window, name)
        press("M")
    press("Shift+C")
    press("Shift+A")
    press("Esc")
    assert nodes(window) == ["x1", "x2", "h1", "h2", "h3", "y1"]
    assert len(edges(window)) == 9
    window.scene.glide.finish()
    columns = {node.position[0] for node in window.document.session.network.nodes}
    assert len(columns) == 3
    assert window.player.problem.startswith("There are no rows yet")
    all_is_in_view(window)
    press("Ctrl+Return")
    assert window.player.problem == ""
    press("Space")
    qtbot.waitUntil(lambda: window.player.iteration > 2)
    press("Space")
    while window.document.can_undo:
        press("Ctrl+Z")
    assert encode_session(window.document.session) == start


# --- help -------------------------------------------------------------------------------------


def test_every_verb_of_editing_has_a_key_that_the_help_tells(window: MainWindow) -> None:
    without = {row.id for row in ACTIONS if row.id.startswith("edit.") and not row.key}
    assert not without
    html = keys_html(window.commands)
    for row in ACTIONS:
        if row.id.startswith("edit."):
            assert QKeySequence(row.key).toString() in html, row.id
