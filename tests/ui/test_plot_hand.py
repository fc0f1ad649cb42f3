"""The loss plot under the mouse: clicks and drags go along the history."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.ui.main_window import MainWindow

Left = Qt.MouseButton.LeftButton


def at(window: MainWindow, iteration: float) -> QPoint:
    """Return where the loss plot draws an iteration, halfway up."""
    box = window.loss_plot.plot_item.vb
    middle = box.viewRect().center().y()
    return QPointF(box.mapViewToScene(QPointF(iteration, middle))).toPoint()


def trained(window: MainWindow, count: int) -> None:
    window.document.timeline.advance(count)
    window.document.publish("Train")
    QApplication.processEvents()


def test_a_click_goes_to_the_iteration_under_it(window: MainWindow) -> None:
    trained(window, 40)
    viewport = window.loss_plot.plot.viewport()
    QTest.mouseClick(viewport, Left, pos=at(window, 10))
    assert window.player.iteration == 10
    assert not window.player.scrubbing
    assert window.document.session.progress.iteration == 10
    assert window.player.last_iteration == 40


def test_a_drag_scrubs_and_ends_where_it_is_let_go(window: MainWindow) -> None:
    trained(window, 40)
    viewport = window.loss_plot.plot.viewport()
    QTest.mousePress(viewport, Left, pos=at(window, 30))
    QApplication.processEvents()
    assert window.player.iteration == 30
    assert window.player.scrubbing
    QTest.mouseMove(viewport, at(window, 20))
    QApplication.processEvents()
    assert window.player.iteration == 20
    QTest.mouseRelease(viewport, Left, pos=at(window, 500))
    assert window.player.iteration == 40, "outside the curve the end is meant"
    assert not window.player.scrubbing


def test_without_training_a_click_leads_nowhere(window: MainWindow) -> None:
    QTest.mouseClick(window.loss_plot.plot.viewport(), Left, pos=at(window, 3))
    assert window.player.iteration == 0
