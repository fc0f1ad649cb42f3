"""Clipboard, guides, layers, arranging and the menu of the canvas, by mouse and keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from bpviz.model.data import TableData
from bpviz.model.schema import Session
from bpviz.model.session import encode_session
from bpviz.ui.canvas.clipboard import MIME
from bpviz.ui.main_window import MainWindow
from tests.ui.canvas_hands import (
    ALT,
    LEFT,
    PLAIN,
    at,
    bring_forward,
    click,
    drag,
    edges,
    hover,
    key,
    labels,
    move_mouse,
    nodes,
    on_edge,
    undone,
)

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)")
Opener = Callable[[Session | None], MainWindow]


# --- the clipboard ----------------------------------------------------------------------------


def test_copies_go_from_window_to_window(open_window: Opener, session: Session) -> None:
    first, second = open_window(session), open_window(session)
    first.scene.select(["h1", "h2", "y1"], [])
    bring_forward(first)
    key(first, "Ctrl+C")
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasFormat(MIME)
    assert '"format": "bpviz-session"' in data.text()
    bring_forward(second)
    before = encode_session(second.document.session)
    hover(second, at(second, "h1", 0, 260))
    key(second, "Ctrl+V")
    assert nodes(second)[-3:] == ["h3", "h4", "y2"]
    assert edges(second)[-2:] == ["h3->y2", "h4->y2"]
    assert second.document.session.network.outputs == ("y1", "y2")
    assert isinstance(second.document.session.data, TableData)
    assert second.document.session.data.targets[0] == (0.8, 0.8)
    assert second.scene.selected_nodes() == ["h3", "h4", "y2"]
    assert undone(second, before)


def test_pasting_again_goes_a_step_further(window: MainWindow) -> None:
    click(window, at(window, "h1"))
    key(window, "Ctrl+C")
    place = at(window, "h1", 0, 300)
    hover(window, place)
    key(window, "Ctrl+V")
    key(window, "Ctrl+V")
    network = window.document.session.network
    (x, y), (x2, y2) = network.node("h3").position, network.node("h4").position
    assert (x2 - x, y2 - y) == pytest.approx((40, 40), abs=0.2)


def test_cut_and_paste_brings_everything_back(window: MainWindow) -> None:
    window.scene.select_all()
    network, data = window.document.session.network, window.document.session.data
    key(window, "Ctrl+X")
    assert nodes(window) == []
    key(window, "Ctrl+V")
    after = window.document.session
    assert edges(window) == [edge.name for edge in network.edges]
    assert after.network.outputs == network.outputs
    assert isinstance(data, TableData)
    assert isinstance(after.data, TableData)
    assert after.data.inputs == data.inputs
    window.document.undo()
    window.document.undo()
    assert window.document.session.network == network


@pytest.mark.parametrize("text", ["hello", "[1, 2", '{"format": "other"}', ""])
def test_foreign_text_is_refused_with_a_tip(window: MainWindow, tips: list[str], text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    key(window, "Ctrl+V")
    assert len(tips) == 1
    assert "clipboard holds no network" in tips[0]
    assert labels(window) == []


def test_copying_nothing_says_what_to_do(window: MainWindow, tips: list[str]) -> None:
    for keys in ("Ctrl+C", "Ctrl+X", "Ctrl+J"):
        key(window, keys)
    assert tips == ["Select the nodes to copy; edges between them come along"] * 3


def test_duplicates_stand_beside_the_originals(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    window.scene.select(["x2", "h1"], [])
    key(window, "Ctrl+J")
    network = window.document.session.network
    assert nodes(window)[-2:] == ["x3", "h3"]
    assert edges(window)[-1] == "x3->h3"
    assert network.node("h3").position == (280.0, -40.0)
    assert window.scene.selected_nodes() == ["x3", "h3"]
    assert undone(window, before)


# --- moving -----------------------------------------------------------------------------------


def test_moved_nodes_snap_to_others_and_show_it(window: MainWindow) -> None:
    zoom = window.canvas.zoom
    start = at(window, "y1")
    almost = start + QPoint(0, round(-80 * zoom) + 3)
    QTest.mousePress(window.canvas.viewport(), LEFT, PLAIN, start)
    move_mouse(window, almost)
    assert len(window.scene.sketch.guides.lines) >= 1
    QTest.mouseRelease(window.canvas.viewport(), LEFT, PLAIN, almost)
    assert window.document.session.network.node("y1").position == (480.0, -80.0)
    assert window.scene.sketch.guides.lines == ()
    assert labels(window) == ["Move y₁"]


def test_alt_or_the_menu_leave_snapping_out(window: MainWindow) -> None:
    zoom = window.canvas.zoom
    almost = QPoint(0, round(-80 * zoom) + 3)
    drag(window, at(window, "y1"), at(window, "y1") + almost, ALT)
    assert window.document.session.network.node("y1").position[1] != -80.0
    window.document.undo()
    key(window, "Ctrl+Shift+G")
    assert not window.settings.flag("snap")
    drag(window, at(window, "y1"), at(window, "y1") + almost)
    assert window.document.session.network.node("y1").position[1] != -80.0


def test_nudges_one_after_the_other_are_one_edit(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    click(window, at(window, "h1"))
    for keys in ("Right", "Right", "Down", "Right", "Up", "Up"):
        key(window, f"Alt+Shift+{keys}")
    assert window.document.session.network.node("h1").position == (255.0, -85.0)
    assert labels(window) == ["Nudge h₁"]
    assert undone(window, before)
    click(window, at(window, "h2"))
    key(window, "Alt+Shift+Left")
    assert labels(window) == ["Nudge h₁", "Nudge h₂"]
    window.document.undo()
    window.document.undo()
    assert encode_session(window.document.session) == before


def test_a_nudge_in_the_past_keeps_what_lies_ahead(window: MainWindow) -> None:
    for _ in range(3):
        window.player.step_iteration()
    end = encode_session(window.document.session)
    window.player.seek(1)
    click(window, at(window, "h1"))
    key(window, "Alt+Shift+Down")
    key(window, "Alt+Shift+Down")
    assert window.player.last_iteration == 3
    window.player.seek(3)
    assert window.document.session.network.node("h1").position == (240.0, -70.0)
    assert encode_session(window.document.session) != end


# --- layers, weights --------------------------------------------------------------------------


def press_head(window: MainWindow, what: str, node: str) -> None:
    part = next(p for p in window.scene.sketch.heads.parts if (p.what, p.node) == (what, node))
    place = window.canvas.mapFromScene(part.box.center())
    hover(window, place)
    click(window, place)


def test_heads_change_layers(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    texts = [part.text for part in window.scene.sketch.heads.parts if part.what == "select"]
    assert texts == ["inputs · 2", "layer 1 · 2 units", "outputs · 1"]
    press_head(window, "grow", "h1")
    assert nodes(window)[2:5] == ["h1", "h2", "h3"]
    press_head(window, "select", "h1")
    assert window.scene.selected_nodes() == ["h1", "h2", "h3"]
    press_head(window, "shrink", "h1")
    press_head(window, "shrink", "h1")
    press_head(window, "shrink", "h1")
    assert nodes(window) == ["x1", "x2", "y1"]
    press_head(window, "insert", "x1")
    assert nodes(window) == ["x1", "x2", "h1_1", "h1_2", "y1"]
    press_head(window, "grow", "x1")
    assert window.player.problem == ""
    assert labels(window) == [
        "Add h₃ to layer 1", "Remove h₃ from layer 1", "Remove h₂ from layer 1",
        "Remove layer 1", "Add a layer of 2", "Add x₃ to the inputs",
    ]  # fmt: skip
    for _ in labels(window):
        window.document.undo()
    assert encode_session(window.document.session) == before


def test_a_quick_second_press_on_a_head_counts(window: MainWindow) -> None:
    part = next(p for p in window.scene.sketch.heads.parts if (p.what, p.node) == ("grow", "h1"))
    place = window.canvas.mapFromScene(part.box.center())
    QTest.mouseClick(window.canvas.viewport(), LEFT, PLAIN, place)
    QTest.mouseDClick(window.canvas.viewport(), LEFT, PLAIN, place)
    assert [label for label in labels(window) if not label.endswith("layer 1")] == []
    assert len(nodes(window)) in (6, 7)  # the fitted drawing may have moved under the pointer


def test_a_press_let_go_beside_a_head_does_nothing(window: MainWindow) -> None:
    part = next(p for p in window.scene.sketch.heads.parts if (p.what, p.node) == ("grow", "h1"))
    place = window.canvas.mapFromScene(part.box.center())
    drag(window, place, place + QPoint(0, -40))
    assert labels(window) == []


def test_keys_change_the_layer_of_the_selection(window: MainWindow, tips: list[str]) -> None:
    click(window, at(window, "h1"))
    key(window, "Shift+U")
    assert nodes(window)[2:5] == ["h1", "h2", "h3"]
    key(window, "Shift+L")
    assert window.scene.selected_nodes() == ["h1", "h2", "h3"]
    key(window, "Shift+K")
    key(window, "Ctrl+Shift+L")
    assert len(nodes(window)) == 7
    key(window, "Ctrl+Shift+K")
    assert len(nodes(window)) == 5
    assert tips == []
    window.scene.select([], [])
    key(window, "Shift+U")
    assert tips == ["Select a node of the layer"]


def test_keys_randomise_and_freeze(window: MainWindow) -> None:
    before = encode_session(window.document.session)
    window.scene.select(["y1"], ["h1->y1"])
    key(window, "Shift+R")
    network = window.document.session.network
    assert network.edge("h1->y1").weight != 0.6
    assert undone(window, before)
    key(window, "Shift+F")
    network = window.document.session.network
    assert not network.edge("h1->y1").trainable
    key(window, "Shift+F")
    assert window.document.session.network.edge("h1->y1").trainable
    assert labels(window)[1:] == ["Freeze 1 bias and 1 weight", "Unfreeze 1 bias and 1 weight"]


def test_editing_keeps_the_training_position_and_the_optimizer(window: MainWindow) -> None:
    for _ in range(3):
        window.player.step_iteration()
    weight = window.document.session.network.edge("h1->y1").weight
    window.scene.select(["h1"], [])
    for keys in ("Shift+U", "Ctrl+Shift+L", "Ctrl+J", "Shift+A"):
        key(window, keys)
        assert window.player.iteration == 3, keys
    assert weight != 0.6
    assert window.document.session.network.edge("x1->h1").weight != 0.5


# --- arranging --------------------------------------------------------------------------------


def test_nodes_glide_to_their_arranged_places(window: MainWindow) -> None:
    drag(window, at(window, "h1"), at(window, "h1", 60, 170), ALT)
    before = window.scene.geometry.positions.copy()
    key(window, "Shift+A")
    assert window.scene.glide.is_running
    assert (window.scene.geometry.positions == before).all()
    QTest.qWait(100)
    assert window.scene.glide.is_running
    click(window, at(window, "x1"))
    assert not window.scene.glide.is_running
    wanted = [node.position for node in window.document.session.network.nodes]
    assert window.scene.geometry.positions[:5].tolist() == [list(place) for place in wanted]
    assert labels(window)[-1] == "Arrange"


def test_nodes_are_arranged_at_once_without_motion(window: MainWindow, tips: list[str]) -> None:
    window.commands["view.reduce_motion"].trigger()
    drag(window, at(window, "h1"), at(window, "h1", 60, 170), ALT)
    key(window, "Shift+A")
    assert not window.scene.glide.is_running
    key(window, "Shift+A")
    assert tips == ["All is arranged already"]


# --- the canvas's menu ------------------------------------------------------------------------


def open_menu(window: MainWindow, to: QPoint, *, by_key: bool = False) -> QMenu:
    reason = QContextMenuEvent.Reason
    viewport = window.canvas.viewport()
    event = QContextMenuEvent(
        reason.Keyboard if by_key else reason.Mouse, to, viewport.mapToGlobal(to)
    )
    QApplication.sendEvent(viewport, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(menu: QMenu, name: str) -> None:
    action = next(action for action in menu.actions() if action.objectName() == name)
    menu.setActiveAction(action)
    QTest.keyClick(menu, Qt.Key.Key_Return)


def test_the_menu_of_a_node_selects_it(window: MainWindow) -> None:
    menu = open_menu(window, at(window, "h2"))
    assert menu.objectName() == "menu.node"
    assert window.scene.selected_nodes() == ["h2"]
    choose(menu, "edit.layer_grow")
    assert "h3" in nodes(window)


def test_the_menu_of_an_edge_splits_it(window: MainWindow) -> None:
    choose(open_menu(window, on_edge(window, "h1->y1", 0.6)), "edit.insert")
    assert edges(window)[4:6] == ["h1->h3", "h3->y1"]


def test_the_menu_of_the_canvas_adds_where_it_was_opened(window: MainWindow) -> None:
    place = at(window, "h1", 60, -120)
    hover(window, place)
    menu = open_menu(window, place)
    assert menu.objectName() == "menu.canvas"
    choose(menu, "edit.add_max")
    assert (at(window, "h3") - place).manhattanLength() <= 2


def test_the_menu_key_opens_the_menu_of_the_selection(window: MainWindow) -> None:
    click(window, at(window, "h1"))
    menu = open_menu(window, QPoint(5, 5), by_key=True)
    assert menu.objectName() == "menu.node"
    choose(menu, "edit.duplicate")
    assert nodes(window)[-1] == "h3"


def test_nudges_in_the_past_are_one_entry_too(window: MainWindow) -> None:
    window.scene.select(["h1"], [])
    window.player.step_iteration()
    window.player.step_iteration()
    end = encode_session(window.document.session)
    window.player.seek(1)
    for _ in range(3):
        key(window, "Alt+Shift+Right")
    assert len(labels(window)) == 2
    x, y = window.document.session.network.node("h1").position
    window.player.go_to_end()
    assert window.player.iteration == 2
    assert window.document.session.network.node("h1").position == (x, y)
    while window.document.can_undo:
        window.document.undo()
    window.document.redo()
    assert window.player.iteration == 1
    window.document.redo()
    assert window.document.session.network.node("h1").position == (x, y)
    assert encode_session(window.document.session) != end
