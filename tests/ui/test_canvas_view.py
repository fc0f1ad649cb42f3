from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from bpviz.model.names import drawn_name
from bpviz.model.session import encode_session
from tests.ui.canvas_fakes import Canvas, canvas_on, lesson

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def canvas(qapp: QApplication) -> Iterator[Canvas]:
    with canvas_on(lesson("S5")) as made:
        yield made


def click(canvas: Canvas, at: QPoint, keys: Qt.KeyboardModifier = PLAIN) -> None:
    QTest.mouseClick(canvas.view.viewport(), LEFT, keys, at)


def move_to(canvas: Canvas, at: QPoint, button: Qt.MouseButton = LEFT) -> None:
    """Move with a button down; QTest's own move tells no buttons."""
    viewport = canvas.view.viewport()
    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(viewport.mapToGlobal(at)),
        Qt.MouseButton.NoButton, button, PLAIN,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def drag(canvas: Canvas, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = PLAIN) -> None:
    viewport = canvas.view.viewport()
    QTest.mousePress(viewport, LEFT, keys, start)
    for step in (0.2, 0.6, 1.0):
        move_to(canvas, start + (end - start) * step)
    QTest.mouseRelease(viewport, LEFT, keys, end)


def edits(canvas: Canvas) -> list[str]:
    """Return the labels of all edits on the line."""
    labels = []
    while canvas.document.can_undo:
        labels.append(canvas.document.undo_label)
        canvas.document.undo()
    for _ in labels:
        canvas.document.redo()
    return labels[::-1]


def test_clicks_select(canvas: Canvas) -> None:
    scene = canvas.scene
    click(canvas, canvas.at("h1"))
    assert scene.selected_nodes() == ["h1"]
    click(canvas, canvas.at("h2"), CTRL)
    assert scene.selected_nodes() == ["h1", "h2"]
    click(canvas, canvas.at("h1"), CTRL)
    assert scene.selected_nodes() == ["h2"]
    click(canvas, canvas.at("y"), SHIFT)
    assert scene.selected_nodes() == ["h2", "y"]
    click(canvas, canvas.on_edge("h1->y", 0.12))
    assert (scene.selected_nodes(), scene.selected_edges()) == ([], ["h1->y"])
    click(canvas, canvas.at("x1"), SHIFT)
    assert (scene.selected_nodes(), scene.selected_edges()) == (["x1"], ["h1->y"])
    click(canvas, canvas.at("x1", 0, -130))
    assert (scene.selected_nodes(), scene.selected_edges()) == ([], [])
    assert not canvas.document.can_undo


def test_a_label_selects_its_edge(canvas: Canvas) -> None:
    label = canvas.scene.picture.label_layer.labels[0]
    click(canvas, canvas.view.mapFromScene(QPointF(label.x, label.y)))
    assert canvas.scene.selected_edges() == [canvas.scene.geometry.names[label.edge]]


def test_a_box_selects_what_lies_in_it(canvas: Canvas) -> None:
    drag(canvas, canvas.at("h1", -60, -120), canvas.at("y", 60, 150))
    assert set(canvas.scene.selected_nodes()) == {"h1", "h2", "y"}
    assert set(canvas.scene.selected_edges()) == {"h1->y", "h2->y"}
    drag(canvas, canvas.at("x1", -60, 55), canvas.at("x1", 55, -45), SHIFT)
    assert set(canvas.scene.selected_nodes()) == {"h1", "h2", "y", "x1"}
    assert not canvas.document.can_undo


def test_a_group_moves_as_one_edit(canvas: Canvas) -> None:
    before = encode_session(canvas.document.session)
    canvas.scene.select(["h1", "h2"], [])
    start = canvas.at("h1")
    drag(canvas, start, start + QPoint(30, -20))
    network = canvas.document.session.network
    zoom = canvas.view.zoom
    assert network.node("h1").position == pytest.approx((240 + 30 / zoom, -80 - 20 / zoom), abs=1)
    assert network.node("h2").position == pytest.approx((240 + 30 / zoom, 80 - 20 / zoom), abs=1)
    assert canvas.scene.selected_nodes() == ["h1", "h2"]
    assert edits(canvas) == ["Move 2 nodes"]
    canvas.document.undo()
    assert encode_session(canvas.document.session) == before
    assert canvas.scene.geometry.positions[2].tolist() == [240.0, -80.0]


def test_a_press_that_hardly_moves_is_a_click(canvas: Canvas) -> None:
    canvas.scene.select(["h1", "h2"], [])
    drag(canvas, canvas.at("h1"), canvas.at("h1") + QPoint(1, 1))
    assert canvas.scene.selected_nodes() == ["h1"]
    assert not canvas.document.can_undo


def test_escape_cancels_a_move(canvas: Canvas) -> None:
    before = canvas.scene.geometry.positions.tolist()
    start = canvas.at("h1")
    QTest.mousePress(canvas.view.viewport(), LEFT, PLAIN, start)
    move_to(canvas, start + QPoint(50, 50))
    assert canvas.scene.geometry.positions.tolist() != before
    QTest.keyClick(canvas.view, Qt.Key.Key_Escape)
    assert canvas.scene.geometry.positions.tolist() == before
    move_to(canvas, start + QPoint(80, 80))
    QTest.mouseRelease(canvas.view.viewport(), LEFT, PLAIN, start + QPoint(80, 80))
    assert canvas.scene.geometry.positions.tolist() == before
    assert not canvas.document.can_undo


def test_escape_restores_the_selection_of_a_box(canvas: Canvas) -> None:
    canvas.scene.select(["x1"], [])
    start = canvas.at("h1", -60, -120)
    QTest.mousePress(canvas.view.viewport(), LEFT, PLAIN, start)
    move_to(canvas, canvas.at("y", 60, 150))
    assert len(canvas.scene.selected_nodes()) == 3
    QTest.keyClick(canvas.view, Qt.Key.Key_Escape)
    assert canvas.scene.selected_nodes() == ["x1"]
    QTest.mouseRelease(canvas.view.viewport(), LEFT, PLAIN, start)
    QTest.keyClick(canvas.view, Qt.Key.Key_Escape)
    assert canvas.scene.selected_nodes() == []


def test_double_click_adds_a_unit_and_selects_it(canvas: Canvas) -> None:
    at = canvas.at("h1", 0, -150)
    viewport = canvas.view.viewport()
    QTest.mouseClick(viewport, LEFT, PLAIN, at)
    QTest.mouseDClick(viewport, LEFT, PLAIN, at)
    network = canvas.document.session.network
    assert len(network.nodes) == 6
    added = network.nodes[-1]
    assert added.position == pytest.approx((240, -230), abs=1.5)
    assert canvas.scene.selected_nodes() == [added.id]
    assert edits(canvas) == [f"Add {drawn_name(added.id)}"]
    QTest.mouseDClick(viewport, LEFT, PLAIN, canvas.at("h1"))
    assert len(canvas.document.session.network.nodes) == 6


def test_dragging_from_a_rim_connects(canvas: Canvas) -> None:
    start = canvas.at("x1", 34)
    viewport = canvas.view.viewport()
    QTest.mousePress(viewport, LEFT, PLAIN, start)
    index, picture = canvas.scene.geometry.index, canvas.scene.picture
    assert picture.card(index["y"]).offered == "yes"
    assert picture.card(index["h1"]).offered == "no"
    assert picture.card(index["x2"]).offered == "no"
    move_to(canvas, canvas.at("y"))
    assert canvas.scene.sketch.wire.isVisible()
    QTest.mouseRelease(viewport, LEFT, PLAIN, canvas.at("y"))
    assert canvas.scene.geometry.names[-1] == "x1->y"
    assert not canvas.scene.sketch.wire.isVisible()
    assert picture.card(index["y"]).offered == ""
    assert edits(canvas) == ["Connect x₁ to y"]


@pytest.mark.qt_log_ignore("does not support raise")
@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("x1", "h1", "connected already"),
        ("y", "h1", "cycle"),
        ("h1", "x2", "is an input"),
    ],
)
def test_a_refused_edge_is_a_tip_and_changes_nothing(
    canvas: Canvas, source: str, target: str, reason: str
) -> None:
    before = encode_session(canvas.document.session)
    tips: list[tuple[str, QPointF]] = []

    def on_tip(text: str, at: QPointF) -> None:
        tips.append((text, at))

    canvas.scene.tip_asked.connect(on_tip)
    # Straight up or down, where no other node's rim is.
    rim = 34 if source.startswith("x") else 38
    drag(canvas, canvas.at(source, 0, -rim), canvas.at(target))
    assert [reason in text for text, _ in tips] == [True]
    assert QToolTip.text() == tips[0][0]
    assert encode_session(canvas.document.session) == before
    assert not canvas.document.can_undo
    QToolTip.hideText()


def test_an_edge_let_go_over_nothing_is_forgotten(canvas: Canvas) -> None:
    drag(canvas, canvas.at("x1", 0, -34), canvas.at("x1", 0, -150))
    assert not canvas.document.can_undo
    assert not canvas.scene.sketch.wire.isVisible()


def test_dragging_to_the_loss_makes_an_output(canvas: Canvas) -> None:
    x, y = canvas.scene.geometry.positions[-1]
    drag(canvas, canvas.at("h1", 0, -38), canvas.view.mapFromScene(QPointF(x, y)))
    assert canvas.document.session.network.outputs == ("y", "h1")
    assert len(canvas.scene.geometry.source) == len(canvas.scene.geometry.names) + 2


def test_an_edit_from_elsewhere_ends_the_gesture(canvas: Canvas) -> None:
    from bpviz.model.verbs import delete

    start = canvas.at("h1")
    QTest.mousePress(canvas.view.viewport(), LEFT, PLAIN, start)
    move_to(canvas, start + QPoint(40, 0))
    canvas.document.push(delete(canvas.document.session, ["h1"], []))
    move_to(canvas, start + QPoint(60, 0))
    QTest.mouseRelease(canvas.view.viewport(), LEFT, PLAIN, start + QPoint(60, 0))
    assert canvas.scene.geometry.ids == ("x1", "x2", "h2", "y")
    assert edits(canvas) == ["Delete h₁"]


def wheel(canvas: Canvas, at: QPoint, turn: int) -> None:
    viewport = canvas.view.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, turn),
        Qt.MouseButton.NoButton, PLAIN, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_at_the_pointer(canvas: Canvas) -> None:
    at = canvas.at("h2", 11, 7)
    held, zoom = canvas.view.mapToScene(at), canvas.view.zoom
    for turn in (120, 120, 120, -120, 240):
        wheel(canvas, at, turn)
        here = canvas.view.mapToScene(at)
        assert abs(here.x() - held.x()) < 1.5
        assert abs(here.y() - held.y()) < 1.5
    assert canvas.view.zoom == pytest.approx(zoom * 1.25**4)
    for _ in range(60):
        wheel(canvas, at, -120)
    assert canvas.view.zoom == pytest.approx(0.05)


def test_the_middle_button_pans(canvas: Canvas) -> None:
    viewport, start = canvas.view.viewport(), QPoint(300, 300)
    held = canvas.view.mapToScene(start)
    QTest.mousePress(viewport, MIDDLE, PLAIN, start)
    move_to(canvas, start + QPoint(57, -31), MIDDLE)
    QTest.mouseRelease(viewport, MIDDLE, PLAIN, start + QPoint(57, -31))
    here = canvas.view.mapToScene(start + QPoint(57, -31))
    assert (here - held).manhattanLength() < 3
    assert not canvas.document.can_undo


def test_fit_shows_everything(canvas: Canvas) -> None:
    for _ in range(6):
        canvas.view.zoom_in()
    canvas.view.fit()
    seen = canvas.view.mapToScene(canvas.view.viewport().rect()).boundingRect()
    assert seen.contains(canvas.scene.picture.content_rect())
    canvas.view.resize(500, 400)
    seen = canvas.view.mapToScene(canvas.view.viewport().rect()).boundingRect()
    assert seen.contains(canvas.scene.picture.content_rect())


def test_space_and_arrows_are_left_to_the_window(canvas: Canvas) -> None:
    before = canvas.view.mapToScene(QPoint(0, 0))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_PageDown):
        QTest.keyClick(canvas.view, key)
    assert canvas.view.mapToScene(QPoint(0, 0)) == before


def test_what_lies_under_the_pointer_shows_in_the_cursor(canvas: Canvas) -> None:
    viewport = canvas.view.viewport()
    for at, cursor in (
        (canvas.at("h1"), Qt.CursorShape.PointingHandCursor),
        (canvas.at("h1", 38), Qt.CursorShape.CrossCursor),
        (canvas.at("h1", 0, -150), Qt.CursorShape.ArrowCursor),
        (canvas.on_edge("h1->y", 0.12), Qt.CursorShape.CrossCursor),
        (canvas.on_edge("h1->y", 0.26), Qt.CursorShape.PointingHandCursor),
    ):
        move_to(canvas, at, Qt.MouseButton.NoButton)
        assert viewport.cursor().shape() == cursor


def test_only_dots_are_drawn_anew_while_they_flow(canvas: Canvas) -> None:
    canvas.step_to("gradients", "y")
    layer = canvas.scene.picture.edge_layer
    canvas.view.viewport().repaint()
    kept = layer._cache
    assert kept is not None
    canvas.scene.picture.flow_layer.advance_by(0.1)
    canvas.view.viewport().repaint()
    assert layer._cache is kept
    drawn = kept[1].toImage()
    canvas.player.step_forward("neuron")
    canvas.view.viewport().repaint()
    assert layer._cache is not None
    assert layer._cache[1].toImage() != drawn


def test_a_run_redraws_without_dots(canvas: Canvas) -> None:
    count = canvas.scene.picture.edge_layer.paint_count
    canvas.player.run()
    assert canvas.scene.surround(1.0).header == "Running"
    for _ in range(200):
        QApplication.processEvents()
        if canvas.scene.picture.edge_layer.paint_count > count + 5:
            break
        QTest.qWait(5)
    assert canvas.scene.picture.edge_layer.paint_count > count + 5
    assert not canvas.scene.clock.is_running
    canvas.player.pause()
    assert canvas.player.iteration > 0
