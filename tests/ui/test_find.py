"""Finding nodes and edges, zooming to them, the minimap, pinching, copying: with real events."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.canvas.find import Found, find
from bpviz.ui.main_window import MainWindow
from tests.ui.canvas_fakes import canvas_on, layered, lesson
from tests.ui.conftest import NO_RAISE

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
OpenWindow = Callable[[Session | None], MainWindow]


def names(network: Network, text: str) -> list[str]:
    return [each.name for each in find(network, text)]


def test_exact_names_come_first() -> None:
    network = layered(2, 12, 1).network
    assert names(network, "h1_1") == ["h1_1", "h1_10", "h1_11", "h1_12"]
    assert names(network, "h1_12") == ["h1_12"]
    assert names(network, "Y") == ["y1"]
    assert names(network, "h₁_₁₁") == ["h1_11"]
    assert names(network, "   ") == []
    assert names(network, "nothing") == []


def test_edges_are_found_by_their_ends() -> None:
    network = lesson("S5").network
    assert find(network, "h1->y") == [Found("edge", "h1->y")]
    assert names(network, "x1 → ") == ["x1->h1", "x1->h2"]
    assert names(network, "->h2") == ["x1->h2", "x2->h2"]
    assert len(names(network, "->")) == 6


def test_the_bar_finds_while_one_types(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_F, CTRL)
    bar = window.workspace.canvas_frame.find_bar
    assert bar.isVisible()
    assert QApplication.focusWidget() is bar.field
    QTest.keyClicks(bar.field, "h")
    assert (bar.count.text(), window.scene.selected_nodes()) == ("1 of 2", ["h1"])
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert (bar.count.text(), window.scene.selected_nodes()) == ("2 of 2", ["h2"])
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert window.scene.selected_nodes() == ["h1"]
    QTest.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    assert window.scene.selected_nodes() == ["h2"]
    QTest.keyClicks(bar.field, "2->y1")
    assert window.scene.selected_edges() == ["h2->y1"]
    QTest.keyClicks(bar.field, "zzz")
    assert bar.count.text() == "none"
    assert window.scene.selected_edges() == ["h2->y1"]
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert QApplication.focusWidget() is window.canvas


def test_what_is_found_comes_into_sight(open_window: OpenWindow) -> None:
    window = open_window(layered(2, 30, 30, 1))
    QTest.keyClick(window.canvas, Qt.Key.Key_F, CTRL)
    QTest.keyClicks(window.workspace.canvas_frame.find_bar.field, "h2_30")
    place = window.scene.geometry.positions[window.scene.geometry.index["h2_30"]]
    at = window.canvas.mapFromScene(QPointF(*place))
    assert window.canvas.zoom == pytest.approx(1.0)
    assert window.canvas.viewport().rect().adjusted(60, 60, -60, -60).contains(at)


def test_zoom_to_selection(window: MainWindow) -> None:
    window.scene.select(["h1"], ["h1->y1"])
    before = window.canvas.zoom
    QTest.keyClick(window.canvas, Qt.Key.Key_9, CTRL)
    assert window.canvas.zoom >= before
    seen = window.canvas.mapToScene(window.canvas.viewport().rect()).boundingRect()
    for node in ("h1", "y1"):
        place = window.scene.geometry.positions[window.scene.geometry.index[node]]
        assert seen.contains(QPointF(*place))
    assert not window.canvas.camera.fits
    window.scene.select([], [])
    QTest.keyClick(window.canvas, Qt.Key.Key_9, CTRL)
    assert window.canvas.camera.fits


def test_the_minimap_comes_where_it_is_of_use(window: MainWindow, open_window: OpenWindow) -> None:
    small = window.workspace.canvas_frame.minimap
    assert not small.isVisible()
    window.canvas.zoom_in()
    for _ in range(6):
        window.canvas.zoom_in()
    assert small.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_M, CTRL)
    assert not small.isVisible()
    assert not open_window(layered(2, 40, 40, 1)).workspace.canvas_frame.minimap.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_M, CTRL)


def test_clicking_and_dragging_on_the_minimap_pans(open_window: OpenWindow) -> None:
    window = open_window(layered(2, 40, 40, 1))
    minimap = window.workspace.canvas_frame.minimap
    assert minimap.isVisible()
    for _ in range(8):
        window.canvas.zoom_in()

    def middle() -> QPointF:
        return window.canvas.mapToScene(window.canvas.viewport().rect()).boundingRect().center()

    geometry = window.scene.geometry
    node = QPointF(*geometry.positions[geometry.index["h1_40"]])
    at = minimap.map_point(node).toPoint()
    QTest.mouseClick(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    reach = 2.0 * minimap.map_point(QPointF(1.0, 0.0)).x() - 2.0 * minimap.map_point(QPointF()).x()
    assert (middle() - node).manhattanLength() < 4.0 / reach
    QTest.mousePress(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseMove(minimap, at - QPoint(0, 30))
    QTest.mouseRelease(minimap, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert middle().y() < node.y() - 100.0


def test_two_fingers_zoom_at_their_place(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        viewport, at = canvas.view.viewport(), QPointF(300.0, 200.0)
        held = canvas.view.camera.scene_point(at)
        before = canvas.view.zoom
        everywhere = QPointF(viewport.mapToGlobal(at.toPoint()))
        event = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture,
            QPointingDevice.primaryPointingDevice(),
            2,
            at,
            at,
            everywhere,
            0.25,
            QPointF(),
        )
        QApplication.sendEvent(viewport, event)
        assert canvas.view.zoom == pytest.approx(1.25 * before)
        assert (canvas.view.camera.scene_point(at) - held).manhattanLength() < 3.0


@pytest.mark.qt_log_ignore(NO_RAISE)
def test_a_number_is_copied_with_all_digits(window: MainWindow) -> None:
    window.player.show_frame(len(window.player.frames or ()) - 1)
    window.scene.select([], ["h1->y1"])
    QTest.keyClick(window.canvas, Qt.Key.Key_N, CTRL | Qt.KeyboardModifier.AltModifier)
    edge = window.scene.geometry.names.index("h1->y1")
    copied = QGuiApplication.clipboard().text()
    assert float(copied) == window.scene.picture.shown.edges.value[edge]
    window.scene.select(["h1"], [])
    QTest.keyClick(window.canvas, Qt.Key.Key_N, CTRL | Qt.KeyboardModifier.AltModifier)
    assert float(QGuiApplication.clipboard().text()) == window.scene.picture.shown.value.value[2]
    tips: list[str] = []
    window.scene.tip_asked.connect(lambda text, _at: tips.append(text))
    window.scene.select(["h1", "h2"], [])
    QTest.keyClick(window.canvas, Qt.Key.Key_N, CTRL | Qt.KeyboardModifier.AltModifier)
    assert tips == ["Select one node or edge"]


def test_the_drawing_is_copied_as_svg_and_png(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_C, CTRL | Qt.KeyboardModifier.AltModifier)
    copied = QGuiApplication.clipboard().mimeData()
    assert b"<svg" in copied.data("image/svg+xml").data()
    image = QImage.fromData(copied.data("image/png"))
    assert not image.isNull()
    assert copied.hasImage()
    colors = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
    assert len(colors) > 3
