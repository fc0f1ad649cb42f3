"""Numbers are changed where they stand: typed, dragged, turned, or only tried out."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.data import TableData
from bpviz.model.session import encode_session
from bpviz.model.training import Sgd
from bpviz.model.verbs import set_training
from bpviz.ui.canvas.quantities import Quantity, quantity_at
from bpviz.ui.canvas.scrub import scrubbed
from bpviz.ui.canvas.trials import turned_by
from bpviz.ui.main_window import MainWindow

Left = Qt.MouseButton.LeftButton
None_ = Qt.KeyboardModifier.NoModifier
NO_RAISE = r"does not support (raise|propagateSizeHints)\(\)"
pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


@pytest.fixture
def at_loss(window: MainWindow) -> MainWindow:
    """The window at the end of the forward pass, where inputs have values."""
    window.player.step_forward("phase")
    window.player.step_forward("phase")
    return window


def spot(window: MainWindow, kind: str, name: str) -> QPoint:
    """Return where on the viewport a number stands."""
    box = find(window, kind, name).box
    return window.canvas.camera.viewport_point(box.center()).toPoint()


def find(window: MainWindow, kind: str, name: str) -> Quantity:
    """Return the number of that kind and name, found by looking everywhere."""
    picture = window.scene.picture
    area = picture.content_rect()
    for x in range(int(area.left()), int(area.right()), 8):
        for y in range(int(area.top()) - 20, int(area.bottom()), 6):
            found = quantity_at(picture, QPointF(x, y), window.canvas.zoom)
            if found is not None and (found.kind, found.name) == (kind, name):
                return found
    raise AssertionError(f"no {kind} of {name} is seen")


def click(window: MainWindow, kind: str, name: str) -> QLineEdit:
    """Click a number and return the field that opens on it."""
    QTest.mouseClick(window.canvas.viewport(), Left, None_, spot(window, kind, name))
    return field_of(window)


def field_of(window: MainWindow) -> QLineEdit:
    """Return the field that is open on a number."""
    field = window.workspace.number_spot.field
    assert isinstance(field, QLineEdit)
    return field


def type_number(field: QLineEdit, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    """Type over what stands in the field, and Enter."""
    QTest.keyClicks(field, text)
    QTest.keyClick(field, key)


@pytest.mark.parametrize(
    ("kind", "name", "text", "value"),
    [
        ("weight", "x1->h1", "1/4", 0.25),
        ("weight", "h1->y1", "-0,5", -0.5),
        ("bias", "h1", "1e-3", 0.001),
        ("target", "y1", "-2/8", -0.25),
    ],
)
def test_a_number_that_is_clicked_can_be_typed(
    at_loss: MainWindow, kind: str, name: str, text: str, value: float
) -> None:
    window = at_loss
    before = encode_session(window.document.session)
    type_number(click(window, kind, name), text)
    assert window.workspace.number_spot.field is None
    assert find(window, kind, name).value == value
    assert window.canvas.hasFocus(), "the keys are the player's again"
    window.document.undo()
    assert encode_session(window.document.session) == before


def test_an_input_is_typed_at_the_second_click_and_changes_the_row(at_loss: MainWindow) -> None:
    window = at_loss
    place = spot(window, "input", "x1")
    QTest.mouseClick(window.canvas.viewport(), Left, None_, place)
    assert window.workspace.number_spot.field is None, "the first click selects"
    assert window.scene.selected_nodes() == ["x1"]
    QTest.mouseClick(window.canvas.viewport(), Left, None_, place)
    type_number(field_of(window), "0,75")
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert data.inputs[0] == (0.75, 0.3)
    assert data.inputs[1:] == ((0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def test_text_is_refused_and_escape_leaves_the_number(at_loss: MainWindow) -> None:
    window = at_loss
    before = window.document.session
    field = click(window, "weight", "x1->h1")
    type_number(field, "half")
    assert field_of(window) is field, "it stays, to be typed again"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert window.workspace.number_spot.field is None
    assert window.document.session is before


def test_leaving_the_field_accepts(at_loss: MainWindow) -> None:
    window = at_loss
    field = click(window, "weight", "x1->h1")
    QTest.keyClicks(field, "2")
    window.canvas.setFocus()
    assert window.workspace.number_spot.field is None
    assert window.document.session.network.edge("x1->h1").weight == 2.0


def test_dragging_shows_what_follows_and_is_one_edit(at_loss: MainWindow) -> None:
    window = at_loss
    viewport, place = window.canvas.viewport(), spot(window, "weight", "h1->y1")
    trace = window.player.trace
    assert trace is not None
    before, session = trace.loss, window.document.session
    QTest.mousePress(viewport, Left, None_, place)
    for by in range(4, 44, 4):
        QTest.mouseMove(viewport, place + QPoint(by, 0))
        assert window.document.session is session
        assert window.player.trace is not None
        assert window.player.trace.loss != before
    assert find(window, "weight", "h1->y1").value == pytest.approx(0.7)
    QTest.mouseRelease(viewport, Left, None_, place + QPoint(40, 0))
    assert window.document.session.network.edge("h1->y1").weight == pytest.approx(0.7)
    assert window.player.trial is None
    window.document.undo()
    assert window.document.session.network == session.network
    assert not window.document.can_undo


def test_escape_ends_dragging_without_effect(at_loss: MainWindow) -> None:
    window = at_loss
    viewport, place = window.canvas.viewport(), spot(window, "weight", "h1->y1")
    session = window.document.session
    QTest.mousePress(viewport, Left, None_, place)
    QTest.mouseMove(viewport, place + QPoint(40, 0))
    assert window.player.trial is not None
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(viewport, Left, None_, place + QPoint(40, 0))
    assert window.player.trial is None
    assert window.document.session is session


def test_an_input_is_dragged_with_alt_and_moved_without(at_loss: MainWindow) -> None:
    window = at_loss
    viewport, place = window.canvas.viewport(), spot(window, "input", "x1")
    alt = Qt.KeyboardModifier.AltModifier
    QTest.mousePress(viewport, Left, alt, place)
    QTest.mouseMove(viewport, place + QPoint(20, 0))
    QTest.mouseRelease(viewport, Left, alt, place + QPoint(20, 0))
    data = window.document.session.data
    assert isinstance(data, TableData)
    assert data.inputs[0][0] == pytest.approx(0.55)
    where = window.document.session.network.node("x1").position
    QTest.mousePress(viewport, Left, None_, place)
    QTest.mouseMove(viewport, place + QPoint(20, 0))
    QTest.mouseRelease(viewport, Left, None_, place + QPoint(20, 0))
    assert window.document.session.data is data
    assert window.document.session.network.node("x1").position != where


def turn(window: MainWindow, place: QPoint, notches: int) -> None:
    """Turn the wheel over a place of the canvas with Ctrl held."""
    viewport = window.canvas.viewport()
    where = QPointF(place)
    event = QWheelEvent(
        where,
        QPointF(viewport.mapToGlobal(place)),
        QPoint(0, 0),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    assert event.type() == QEvent.Type.Wheel
    QApplication.sendEvent(viewport, event)


def test_the_wheel_changes_a_number_finely_and_is_one_edit(
    at_loss: MainWindow, qtbot: QtBot
) -> None:
    window = at_loss
    place, zoom = spot(window, "weight", "h1->y1"), window.canvas.zoom
    for _ in range(3):
        turn(window, place, 1)
    assert window.canvas.zoom == zoom
    assert window.document.session.network.edge("h1->y1").weight == 0.6
    qtbot.waitUntil(lambda: window.player.trial is None)
    assert window.document.session.network.edge("h1->y1").weight == 0.603
    window.document.undo()
    assert not window.document.can_undo
    turn(window, QPoint(5, 200), 1)
    assert window.canvas.zoom > zoom, "elsewhere the wheel zooms"


def test_the_field_closes_when_what_it_belongs_to_is_gone(at_loss: MainWindow) -> None:
    window = at_loss
    field = click(window, "weight", "h1->y1")
    QTest.keyClicks(field, "2")
    window.scene.select([], ["h1->y1"])
    window.scene.editor.delete_selected()
    assert window.workspace.number_spot.field is None
    assert "h1->y1" not in window.document.session.network.edge_index


def test_what_the_wheel_turned_is_set_before_training_goes_on(at_loss: MainWindow) -> None:
    window = at_loss
    turn(window, spot(window, "weight", "h1->y1"), 1)
    window.player.step_iteration()
    window.document.undo()
    assert window.document.session.network.edge("h1->y1").weight == 0.601


def test_a_trial_ends_where_one_goes_elsewhere_on_the_line(at_loss: MainWindow) -> None:
    window = at_loss
    trace = window.player.trace
    assert trace is not None
    theta = trace.theta
    turn(window, spot(window, "weight", "h1->y1"), 1)
    window.player.seek(0)
    assert window.player.trace is not None
    assert window.player.trace.theta.tolist() == theta.tolist()
    assert find(window, "weight", "h1->y1").value == 0.6
    window.scene.editor.trials.flush()
    assert not window.document.can_undo


def test_undo_right_after_the_wheel_takes_that_back(at_loss: MainWindow) -> None:
    window = at_loss
    turn(window, spot(window, "weight", "h1->y1"), 2)
    window.document.undo()
    assert window.document.session.network.edge("h1->y1").weight == 0.6
    assert window.document.can_redo


def test_own_inputs_are_tried_without_touching_the_data(at_loss: MainWindow) -> None:
    window = at_loss
    session = window.document.session
    for name, text in (("x1", "1"), ("x2", "0,25")):
        place = spot(window, "input", name)
        for _ in range(2):
            QTest.mouseClick(window.canvas.viewport(), Left, None_, place)
        field = field_of(window)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert window.document.session is session
    assert find(window, "input", "x1").value == 1.0
    assert find(window, "input", "x2").value == 0.25
    bar = window.workspace.trial_bar
    assert bar.isVisible()
    assert bar.text == "Try x₁ = 1, x₂ = 0.25"
    window.player.step_forward()
    assert bar.isVisible(), "the trial can be walked"
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert find(window, "input", "x1").value == 0.5


def test_what_was_tried_can_be_kept(at_loss: MainWindow) -> None:
    window = at_loss
    field = click(window, "weight", "x1->h1")
    QTest.keyClicks(field, "3")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert window.document.session.network.edge("x1->h1").weight == 0.5
    keep = window.workspace.trial_bar.findChild(QToolButton, "trial.keep")
    assert keep is not None
    QTest.mouseClick(keep, Left)
    assert window.document.session.network.edge("x1->h1").weight == 3.0
    assert not window.workspace.trial_bar.isVisible()


def test_a_node_is_still_pressed_and_moved_at_its_middle(at_loss: MainWindow) -> None:
    window = at_loss
    middle = window.canvas.camera.viewport_point(QPointF(240.0, -80.0)).toPoint()
    QTest.mouseClick(window.canvas.viewport(), Left, None_, middle)
    QTest.mouseClick(window.canvas.viewport(), Left, None_, middle)
    assert window.workspace.number_spot.field is None
    assert window.scene.selected_nodes() == ["h1"]


def run_a_little(window: MainWindow, qtbot: QtBot) -> None:
    """Run until some iterations are done, and leave the run on."""
    start = window.player.iteration
    window.player.run()
    qtbot.waitUntil(lambda: window.player.iteration > start + 3)
    assert window.player.running


@pytest.mark.parametrize("how", ["drag", "wheel"])
def test_a_number_taken_while_a_run_is_on_ends_the_run_first(
    at_loss: MainWindow, qtbot: QtBot, how: str
) -> None:
    window, viewport = at_loss, at_loss.canvas.viewport()
    place = spot(window, "weight", "h1->y1")
    run_a_little(window, qtbot)
    if how == "drag":
        QTest.mousePress(viewport, Left, None_, place)
        reached = window.document.session.network.edge("h1->y1").weight
        QTest.mouseMove(viewport, place + QPoint(40, 0))
        QTest.mouseRelease(viewport, Left, None_, place + QPoint(40, 0))
        wanted = scrubbed(reached, 10)
    else:
        turn(window, place, 1)
        reached = window.document.session.network.edge("h1->y1").weight
        window.scene.editor.trials.flush()
        wanted = turned_by(reached, 1)
    assert not window.player.running
    assert reached != 0.6
    assert window.document.session.network.edge("h1->y1").weight == pytest.approx(wanted)
    window.document.undo()
    assert window.document.session.network.edge("h1->y1").weight == reached


def test_a_run_begun_while_a_number_is_dragged_ends_the_drag(
    at_loss: MainWindow, qtbot: QtBot
) -> None:
    window, viewport = at_loss, at_loss.canvas.viewport()
    # However long the run gets, it moves the weight by less than the drag would.
    slow = set_training(window.document.session, "optimizer", Sgd(1e-6))
    window.document.push(slow)
    place = spot(window, "weight", "h1->y1")
    QTest.mousePress(viewport, Left, None_, place)
    QTest.mouseMove(viewport, place + QPoint(20, 0))
    run_a_little(window, qtbot)
    QTest.mouseMove(viewport, place + QPoint(60, 0))
    assert not window.player.running
    QTest.mouseRelease(viewport, Left, None_, place + QPoint(60, 0))
    assert window.player.trial is None
    assert window.document.undo_label.startswith("Train ")
    window.document.undo()
    assert window.document.session.network.edge("h1->y1").weight == 0.6, "no drag is in it"


@pytest.mark.parametrize("how", ["drag", "wheel", "field"])
def test_a_number_is_changed_where_a_lane_was_left_in_mid_scrub(
    at_loss: MainWindow, qtbot: QtBot, how: str
) -> None:
    window, viewport = at_loss, at_loss.canvas.viewport()
    run_a_little(window, qtbot)
    window.player.pause()
    half = window.player.iteration // 2
    window.player.scrub_to(half)
    place = spot(window, "weight", "h1->y1")
    there = find(window, "weight", "h1->y1").value
    if how == "drag":
        QTest.mousePress(viewport, Left, None_, place)
        QTest.mouseMove(viewport, place + QPoint(40, 0))
        QTest.mouseRelease(viewport, Left, None_, place + QPoint(40, 0))
        wanted = scrubbed(there, 10)
    elif how == "wheel":
        turn(window, place, 1)
        window.scene.editor.trials.flush()
        wanted = turned_by(there, 1)
    else:
        field = click(window, "weight", "h1->y1")
        field.setText(str(wanted := 0.25))
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.player.iteration == half
    assert window.document.session.network.edge("h1->y1").weight == pytest.approx(wanted)
    window.document.undo()
    assert window.document.session.network.edge("h1->y1").weight == there


def test_a_number_is_tried_out_while_a_run_is_on(at_loss: MainWindow, qtbot: QtBot) -> None:
    window = at_loss
    field = click(window, "weight", "h1->y1")
    run_a_little(window, qtbot)
    QTest.keyClicks(field, "2")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert not window.player.running
    assert find(window, "weight", "h1->y1").value == 2.0
    assert window.document.session.network.edge("h1->y1").weight != 2.0


def test_the_value_in_an_input_does_not_end_a_run(at_loss: MainWindow, qtbot: QtBot) -> None:
    window = at_loss
    place = spot(window, "input", "x1")
    run_a_little(window, qtbot)
    QTest.mouseClick(window.canvas.viewport(), Left, None_, place)
    assert window.player.running
    assert window.scene.selected_nodes() == ["x1"]
