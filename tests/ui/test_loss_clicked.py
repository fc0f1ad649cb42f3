"""The loss is explained at any step once it is clicked on the drawing, or in a formula."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from bpviz.explain.expression import Reference
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.explain_panel import ExplainPanel

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")


def place_of_loss(window: MainWindow) -> QPoint:
    geometry = window.scene.geometry
    x, y = geometry.positions[geometry.node_count]
    return window.canvas.viewportTransform().map(QPoint(round(x), round(y)))


def click_loss(window: MainWindow) -> ExplainPanel:
    viewport = window.canvas.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place_of_loss(window))
    return window.workspace.explain_panel


def step_to(window: MainWindow, kind: str) -> None:
    for _ in range(60):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        if window.player.frame is not None and window.player.frame.kind == kind:
            return
    raise AssertionError(kind)


def test_a_click_explains_the_loss_at_any_step(window: MainWindow) -> None:
    step_to(window, "activation")
    panel = click_loss(window)
    assert panel.title == "Loss"
    assert "Not computed yet" in panel.sentence
    step_to(window, "delta")
    panel = click_loss(window)
    # What was computed last is shown first.
    assert panel.title == "Loss to the outputs"
    assert panel.latex().startswith("\\begin{align*}\n\\frac{\\partial E}{\\partial a_{y_{1}}}")
    value = panel.findChild(QToolButton, "explain.value")
    assert value is not None
    QTest.mouseClick(value, Qt.MouseButton.LeftButton)
    assert panel.title == "Loss"
    assert panel.latex().count("&=") == 1
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    assert panel.title == "Gradients into y₁"


def test_from_reduce_on_it_is_that_of_the_batch_too(window: MainWindow) -> None:
    step_to(window, "reduce")
    panel = click_loss(window)
    value = panel.findChild(QToolButton, "explain.value")
    assert value is not None
    QTest.mouseClick(value, Qt.MouseButton.LeftButton)
    assert panel.sentence == "The loss compares outputs and targets; then the samples are joined."
    assert panel.latex().count("&=") == 2
    assert "frac{1}{4}" in panel.latex()


def test_a_click_on_the_loss_in_a_formula_does_the_same(window: MainWindow) -> None:
    step_to(window, "reduce")
    panel = window.workspace.explain_panel
    at = panel.formula.rect_of(Reference("network", "", "loss", 0)).center().toPoint()
    QTest.mouseClick(panel.formula, Qt.MouseButton.LeftButton, pos=at)
    assert panel.title in ("Loss", "Loss to the outputs")


def test_a_drag_from_the_loss_still_selects_in_a_box(window: MainWindow) -> None:
    step_to(window, "activation")
    panel = window.workspace.explain_panel
    before, viewport = panel.title, window.canvas.viewport()
    start = place_of_loss(window)
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.5, 1.0):
        far = QPoint(round(start.x() * (1 - share)), round(start.y() * (1 - share)))
        QTest.mouseMove(viewport, far)
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert window.scene.selected_nodes()
    assert panel.title == before or "Loss" not in panel.title
