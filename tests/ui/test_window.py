"""The window as a whole: keys, what is shown, what is remembered."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QToolButton, QWidget
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from bpviz.app import ErrorHandler, create_window
from bpviz.explain.numbers import format_number
from bpviz.model.schema import Session
from bpviz.model.verbs import set_edge
from bpviz.ui.main_window import MainWindow
from bpviz.ui.settings import Settings

from .conftest import NO_RAISE, close_for_good, named, type_into

Shift, Control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
Opener = Callable[[Session | None], MainWindow]


def text(window: MainWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    assert label is not None
    return label.text()


# -- keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["canvas", "data.rows", "training.shuffle", "training.loss", "data.set_moons"]
)
def test_space_runs_and_pauses_wherever_the_focus_is(
    window: MainWindow, name: str, qtbot: QtBot
) -> None:
    widget = named(window, name)
    widget.setFocus()
    before = window.document.session.training
    QTest.keyClick(widget, Qt.Key.Key_Space)
    assert window.player.running
    qtbot.waitUntil(lambda: window.player.iteration > 3)
    QTest.keyClick(widget, Qt.Key.Key_Space)
    assert not window.player.running
    assert window.document.session.training == before


def test_keys_in_a_text_field_are_text(window: MainWindow) -> None:
    title = named(window, "notes.title")
    QTest.mouseClick(title, Qt.MouseButton.LeftButton)
    QTest.keyClick(title, Qt.Key.Key_Right, Control)
    QTest.keyClick(title, Qt.Key.Key_Left, Shift)
    for key in (Qt.Key.Key_Home, Qt.Key.Key_1, Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(title, key)
    QTest.keyClick(title, Qt.Key.Key_Delete)
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert not window.player.running
    assert window.player.frame_index == -1
    assert window.document.session.title == "1 our rows"
    assert len(window.document.session.network.nodes) == 5


def test_arrows_step_both_ways(window: MainWindow) -> None:
    player, canvas = window.player, window.canvas
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert player.frame is not None
    assert player.frame.kind == "input"
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert player.frame.kind == "activation"
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert player.frame.kind == "input"
    for phase in ("forward", "loss", "backward", "reduce", "update"):
        QTest.keyClick(canvas, Qt.Key.Key_Right, Shift)
        assert player.frame.phase == phase
    QTest.keyClick(canvas, Qt.Key.Key_Left, Shift)
    assert player.frame.phase == "reduce"
    QTest.keyClick(canvas, Qt.Key.Key_Right, Control)
    assert player.iteration == 1
    assert player.frame_index == -1
    QTest.keyClick(canvas, Qt.Key.Key_Left, Control)
    assert player.iteration == 0
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Right, Control)
    QTest.keyClick(canvas, Qt.Key.Key_Home, Control)
    assert player.iteration == 0


def test_step_by_chooses_what_a_step_is(window: MainWindow) -> None:
    for grain in ("term", "layer", "phase", "epoch", "iteration", "neuron"):
        QTest.mouseClick(named(window, f"button.run.grain_{grain}"), Qt.MouseButton.LeftButton)
        assert window.player.grain == grain
        assert Settings().text("grain") == grain
    window.commands["run.grain_phase"].trigger()
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    assert window.player.frame is not None
    assert window.player.frame.kind == "activation"
    window.commands["run.grain_iteration"].trigger()
    QTest.mouseClick(named(window, "button.run.step_forward"), Qt.MouseButton.LeftButton)
    assert window.player.iteration == 1


def test_stepping_by_terms_shows_each_product_of_a_sum(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_1)
    assert window.player.grain == "term"
    kinds = []
    for _ in range(4):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        assert window.player.frame is not None
        kinds.append(window.player.frame.kind)
    assert kinds.count("term") == 2
    QTest.keyClick(window.canvas, Qt.Key.Key_Left)
    frame = window.player.frame
    assert frame is not None
    assert frame.kind == kinds[-2]
    QTest.keyClick(window.canvas, Qt.Key.Key_2)
    assert Settings().text("grain") == "neuron"


def test_reduce_motion_keeps_the_dots_still_and_is_remembered(
    open_window: Opener, session: Session
) -> None:
    first = open_window(session)
    first.commands["run.step_forward"].trigger()
    QTest.keyClick(first.canvas, Qt.Key.Key_Right)
    assert first.scene.clock.is_running
    first.commands["view.reduce_motion"].trigger()
    assert not first.scene.clock.is_running
    first.commands["run.step_forward"].trigger()
    assert not first.scene.clock.is_running
    close_for_good(first)
    second = open_window(session)
    assert second.commands["view.reduce_motion"].isChecked()
    for _ in range(2):
        second.commands["run.step_forward"].trigger()
    assert not second.scene.clock.is_running
    second.commands["view.reduce_motion"].trigger()
    assert second.scene.clock.is_running
    assert not Settings().flag("reduce_motion")


def test_looking_makes_nothing_dirty(window: MainWindow) -> None:
    for action in ("run.step_forward", "run.phase_forward", "run.step_back", "view.zoom_in",
                   "view.fit", "edit.select_all", "view.theme", "view.show_values"):  # fmt: skip
        window.commands[action].trigger()
    assert not window.isWindowModified()
    assert not window.document.dirty
    assert window.windowTitle() == "Four rows[*] — bpviz"


def test_delete_takes_what_is_selected(window: MainWindow) -> None:
    window.scene.select(["h1"], [])
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Delete)
    assert [node.id for node in window.document.session.network.nodes] == ["x1", "x2", "h2", "y1"]
    assert window.isWindowModified()
    assert window.commands["edit.undo"].isEnabled()
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Control)
    assert len(window.document.session.network.nodes) == 5
    assert not window.isWindowModified()
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, Control | Shift)
    assert len(window.document.session.network.nodes) == 4


# -- what is shown ---------------------------------------------------------------------------


def test_header_and_step_line_follow_the_player(window: MainWindow) -> None:
    player = window.player
    assert text(window, "header.place") == "iteration 0 · epoch 0"
    window.commands["run.step_forward"].trigger()
    assert text(window, "header.place") == "iteration 1 · epoch 1"
    assert text(window, "step.count").startswith("step 1 of ")
    window.commands["run.step_forward"].trigger()
    assert player.trace is not None
    shown = window.workspace.step_line.sentence
    for number in (player.trace.z[0, 2], player.trace.a[0, 2]):
        assert format_number(float(number), 4, trim=True) in shown
    window.view.set_digits(6)
    assert (
        format_number(float(player.trace.a[0, 2]), 6, trim=True)
        in window.workspace.step_line.sentence
    )
    window.commands["run.step_iteration"].trigger()
    assert text(window, "header.place") == "iteration 1 · epoch 1"
    loss, test = player.curve.train[-1], player.curve.test[-1]
    expected = f"loss {format_number(loss, 6)}  test {format_number(test, 6)}"
    assert text(window, "header.loss") == expected


def test_every_frame_has_a_sentence(window: MainWindow) -> None:
    said: list[str] = []
    assert window.player.frames is not None
    for _ in window.player.frames:
        window.commands["run.step_forward"].trigger()
        assert text(window, "step.title")
        said.append(window.workspace.step_line.sentence)
    assert all(said)
    assert len(set(said)) == len(said)


def test_the_run_button_becomes_a_pause_button(window: MainWindow, qtbot: QtBot) -> None:
    button = named(window, "button.run.toggle")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.commands["run.toggle"].text() == "&Pause"
    assert window.workspace.step_line.sentence.startswith("Training")
    qtbot.waitUntil(lambda: len(window.player.curve.iteration) > 3)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.commands["run.toggle"].text() == "&Run"
    assert window.isWindowModified()
    x, _ = window.loss_plot.curve_data("train")
    assert x[-1] == window.player.iteration


def test_editing_while_a_run_is_on_pauses_it(window: MainWindow, qtbot: QtBot) -> None:
    window.commands["run.toggle"].trigger()
    qtbot.waitUntil(lambda: window.player.iteration > 3)
    type_into(named(window, "training.optimizer.learning_rate"), "0,2")
    assert not window.player.running
    assert window.document.session.training.optimizer.learning_rate == 0.2
    assert window.document.undo_label.startswith("Set")


def test_a_run_that_diverges_says_where(window: MainWindow, qtbot: QtBot) -> None:
    window.document.push(set_edge(window.document.session, ["h1->y1"], "weight", 1e100))
    type_into(named(window, "training.optimizer.learning_rate"), "1e99")
    window.scene.select(["h1", "h2", "y1"], [])
    from bpviz.model.verbs import set_node

    window.document.push(
        set_node(window.document.session, ["h1", "h2", "y1"], "activation", "identity")
    )
    with qtbot.waitSignal(window.player.stopped, timeout=5000) as told:
        window.commands["run.toggle"].trigger()
    said = window.workspace.step_line.sentence
    assert said == told.args[0]
    assert "would become" in said
    assert " → " in said
    assert "->" not in said
    assert not window.player.running


@pytest.mark.parametrize("overlay", ["values", "gradients", "updates"])
def test_overlay_buttons(window: MainWindow, overlay: str) -> None:
    button = window.findChild(QToolButton, f"button.view.show_{overlay}")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.view.overlay == window.scene.overlay == overlay
    assert button.isChecked()
    assert button.text() == overlay.title()


def test_themes_change_while_the_window_is_open(window: MainWindow) -> None:
    seen = []
    for _ in range(3):
        window.commands["view.theme"].trigger()
        picture = window.grab().toImage()
        corner = picture.pixelColor(QPoint(picture.width() - 3, 60))
        assert corner.name() == window.view.theme.window
        seen.append(window.view.theme.name)
    assert seen == ["light", "high_contrast", "dark"]


def test_no_text_of_the_panels_is_cut(window: MainWindow) -> None:
    window.resize(1440, 900)
    QApplication.processEvents()
    for label in window.findChildren(QLabel):
        if label.isVisible() and not label.wordWrap() and label.objectName() != "loss.reading":
            assert label.width() >= label.sizeHint().width(), label.text()
    for button in window.findChildren(QToolButton):
        if button.isVisible() and button.icon().isNull():
            wanted = button.fontMetrics().horizontalAdvance(button.text())
            assert button.width() >= wanted, button.text()


# -- what is remembered ----------------------------------------------------------------------


def test_layout_and_choices_last_until_the_next_start(
    open_window: Opener, session: Session
) -> None:
    first = open_window(session)
    for action in ("view.theme_light", "view.digits_6", "view.show_updates", "run.grain_phase",
                   "view.loss_log", "view.panel_notes"):  # fmt: skip
        found = first.findChild(QAction, action)
        assert found is not None
        found.trigger()
    first.resize(700, 640)
    close_for_good(first)
    second = open_window(session)
    assert second.view.theme.name == "light"
    assert second.commands["view.digits_6"].isChecked()
    assert (second.view.overlay, second.player.grain) == ("updates", "phase")
    assert second.loss_plot.logarithmic
    assert not second.workspace.docks["notes"].isVisible()
    assert (second.width(), second.height()) == (700, 640)


def test_docks_can_be_moved_and_floated(open_window: Opener, session: Session) -> None:
    first = open_window(session)
    right = Qt.DockWidgetArea.RightDockWidgetArea
    first.addDockWidget(right, first.workspace.docks["training"])
    close_for_good(first)
    second = open_window(session)
    assert second.dockWidgetArea(second.workspace.docks["training"]) == right


# -- what goes wrong -------------------------------------------------------------------------


def test_an_exception_in_a_slot_shows_one_dialog(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fails() -> None:
        raise RuntimeError("broken slot")

    monkeypatch.setattr(sys, "excepthook", ErrorHandler(window))
    window.commands["view.fit"].triggered.connect(fails)
    window.commands["view.fit"].trigger()
    window.commands["view.fit"].trigger()
    boxes = window.findChildren(QMessageBox)
    assert len(boxes) == 1
    assert "RuntimeError: broken slot" in boxes[0].text()
    boxes[0].accept()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    window.commands["view.fit"].trigger()
    assert len(window.findChildren(QMessageBox)) == 1
    window.findChildren(QMessageBox)[0].accept()


def test_a_guarded_override_reports_too(window: MainWindow) -> None:
    with capture_exceptions() as caught:
        window.workspace.step_line.findChild(QWidget, "step.sentence").resizeEvent(None)  # type: ignore[arg-type, union-attr]
    assert len(caught) <= 1


def test_a_window_without_a_session_starts_on_one_that_runs(
    open_window: Opener, qtbot: QtBot
) -> None:
    window = open_window(None)
    assert window.player.trace is not None
    assert not window.document.dirty
    window.commands["run.step_iteration"].trigger()
    assert window.player.iteration == 1


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_help_lists_every_key(window: MainWindow) -> None:
    window.commands["help.keys"].trigger()
    dialog = named(window, "keys")
    shown = dialog.findChildren(QWidget)
    assert shown
    from bpviz.ui.panels.help_dialog import keys_html

    for action in window.commands.values():
        for key in action.shortcuts():
            assert key.toString() in keys_html(window.commands)
    dialog.close()


def test_create_window_has_what_others_rely_on(open_window: Opener, session: Session) -> None:
    window = open_window(session)
    assert window.document.session == session
    assert window.player.iteration == 0
    assert window.player.frame is None
    assert window.player.running is False
    assert callable(create_window)
