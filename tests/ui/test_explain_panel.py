"""The Explain panel in the window: steps, selections, terms and drawing tied to each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from random import Random

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QTabBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from bpviz.engine.functions import ACTIVATIONS
from bpviz.explain.derivation import explain
from bpviz.explain.expression import Reference
from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.model.verbs import set_node
from bpviz.ui.formula.terms_view import TermsView
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.explain_panel import ExplainPanel
from bpviz.ui.plots.activation_plot import (
    ActivationPlot,
    Point,
    batch_warning,
    curve_of,
    warning_of,
)
from bpviz.ui.style import THEMES, guard, resource_path

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

WEIGHT = Reference("edge", "h2->y1", "weight")


@pytest.fixture
def panel(window: MainWindow) -> ExplainPanel:
    return window.workspace.explain_panel


def go_to(window: MainWindow, kind: str, node: str) -> None:
    """Step by key until the frame of that kind and node is shown."""
    for _ in range(40):
        frame = window.player.frame
        network = window.document.session.network
        if frame is not None and frame.kind == kind:
            place = frame.node
            if frame.edge >= 0:
                place = network.node_index[network.edges[frame.edge].target]
            if network.nodes[place].id == node:
                return
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    raise AssertionError(f"no frame {kind} of {node}")


def hover(view: TermsView, reference: Reference) -> None:
    at = view.rect_of(reference).center().toPoint()
    area: QWidget | None = view
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if isinstance(area, QScrollArea):
        panel = area.widget()
        assert panel is not None
        inside = view.mapTo(panel, at)
        area.ensureVisible(inside.x(), inside.y())
    QTest.mouseMove(view, at)


def leave(view: TermsView) -> None:
    QTest.mouseMove(view, QPoint(view.width() - 1, 0))


def shown_numbers(panel: ExplainPanel) -> list[str]:
    return [line.role for line in panel.formula.lines]


def test_it_stands_in_front_of_the_session(window: MainWindow, panel: ExplainPanel) -> None:
    bars = [bar for bar in window.findChildren(QTabBar) if bar.count() > 1 and bar.isVisible()]
    texts = {bar.tabText(0): [bar.tabText(tab) for tab in range(bar.count())] for bar in bars}
    assert texts["Output"][-1] == "Session"
    bar = next(bar for bar in bars if bar.tabText(0) == "Explain")
    assert bar.currentIndex() == 0
    assert panel.isVisible()
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(bar.count() - 1).center())
    assert window.workspace.notes_panel.isVisible()


def test_a_panel_behind_another_tab_rests_until_it_is_seen(
    window: MainWindow, panel: ExplainPanel
) -> None:
    window.workspace.bring_to_front("runs")
    assert not panel.is_seen
    title = panel.title
    window.player.step_forward("neuron")
    assert panel.title == title
    window.workspace.bring_to_front("explain")
    assert panel.title == "Inputs"


def test_every_step_is_explained(window: MainWindow, panel: ExplainPanel) -> None:
    assert panel.title == "Ready"
    assert not panel.formula.isVisible()
    player = window.player
    assert player.frames is not None
    for _ in range(len(player.frames)):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        assert player.frame is not None
        assert player.trace is not None
        told = explain(player.trace, player.frame, player.sample)
        assert panel.title == told.title
        assert panel.sentence
        assert panel.formula.isVisible() == bool(told.lines)
        assert panel.formula.page.width <= panel.formula.width()
        assert panel.chips.page.width <= panel.chips.width()
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    assert panel.title == "Ready"


def test_a_formula_is_shown_in_symbols_in_numbers_and_its_result(
    window: MainWindow, panel: ExplainPanel
) -> None:
    go_to(window, "gradients", "y1")
    assert shown_numbers(panel)[:3] == ["symbols", "numbers", "result"]
    assert panel.formula.lines[2].tone == "gradient_negative"
    go_to(window, "update", "y1")
    assert panel.formula.lines[0].relation == "←"
    assert panel.formula.lines[-1].tone == "positive"


def test_a_term_lights_up_its_edge(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "delta", "h2")
    marks = window.scene.picture
    edges = window.document.session.network.edge_index
    hover(panel.formula, WEIGHT)
    assert marks.marks.hovered_edge == edges["h2->y1"]
    assert panel.chips.highlighted == WEIGHT
    leave(panel.formula)
    assert marks.marks.hovered_edge == -1
    assert panel.chips.highlighted is None
    hover(panel.chips, Reference("node", "y1", "delta", 0))
    assert marks.marks.hovered_node == window.document.session.network.node_index["y1"]


def test_the_drawing_lights_up_its_terms(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "activation", "y1")
    x, y = window.scene.geometry.positions[window.document.session.network.node_index["h1"]]
    at = window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
    QTest.mouseMove(window.canvas.viewport(), at)
    assert panel.formula.highlighted == Reference("node", "h1", "")
    QTest.mouseMove(window.canvas.viewport(), QPoint(3, 3))
    assert panel.formula.highlighted is None


def test_the_loss_is_lit_by_its_terms_and_the_other_way_round(
    window: MainWindow, panel: ExplainPanel
) -> None:
    for _ in range(30):
        QTest.keyClick(window.canvas, Qt.Key.Key_Right)
        if window.player.frame is not None and window.player.frame.kind == "reduce":
            break
    hover(panel.formula, Reference("network", "", "loss", 0))
    loss = len(window.document.session.network.nodes)
    assert window.scene.picture.marks.hovered_node == loss
    x, y = window.scene.geometry.positions[loss]
    at = window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
    QTest.mouseMove(window.canvas.viewport(), QPoint(3, 3))
    QTest.mouseMove(window.canvas.viewport(), at)
    assert panel.formula.highlighted == Reference("network", "", "loss")


def test_what_is_clicked_is_explained_until_the_next_step(
    window: MainWindow, panel: ExplainPanel
) -> None:
    go_to(window, "activation", "y1")
    window.scene.select([], ["h1->y1"])
    assert panel.title == "Term 1 of y₁"
    value = panel.findChild(QToolButton, "explain.value")
    update = panel.findChild(QToolButton, "explain.update")
    assert value is not None
    assert update is not None
    assert value.isChecked()
    QTest.mouseClick(update, Qt.MouseButton.LeftButton)
    assert panel.title == "New weight of h₁ → y₁"
    assert "Not computed yet" in panel.sentence
    # No number is given away before its time.
    assert set(shown_numbers(panel)) == {"symbols"}
    assert not panel.chips.isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_Right)
    assert panel.title == "Loss"
    assert not value.isVisible()


def test_a_clicked_term_is_selected_and_explained(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "delta", "h2")
    at = panel.formula.rect_of(WEIGHT).center().toPoint()
    QTest.mouseClick(panel.formula, Qt.MouseButton.LeftButton, pos=at)
    assert window.scene.selected_edges() == ["h2->y1"]
    assert "h₂ → y₁" in panel.title
    window.scene.select([], [])
    assert panel.title == "Error signal of h₂"


def test_it_follows_edits_and_deleted_nodes(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "activation", "h1")
    window.scene.select(["h1"], [])
    window.document.push(set_node(window.document.session, ["h1"], "label", "first"))
    assert panel.title == "Value of first"
    window.scene.editor.delete_selected()
    assert "first" not in panel.title


def test_it_is_quiet_while_running(window: MainWindow, panel: ExplainPanel, qtbot: QtBot) -> None:
    go_to(window, "delta", "y1")
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert panel.title == "Running"
    assert not panel.formula.isVisible()
    qtbot.waitUntil(lambda: window.player.iteration > 2)
    assert panel.title == "Running"
    QTest.keyClick(window.canvas, Qt.Key.Key_Space)
    assert panel.title == "Ready"


def test_what_is_not_complete_says_what_to_do(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "delta", "y1")
    window.scene.select(["y1"], [])
    window.scene.editor.delete_selected()
    assert panel.title == "Nothing to explain yet"
    assert panel.sentence == window.player.problem
    assert not panel.formula.isVisible()
    assert not panel.activation.isVisible()
    window.scene.select_all()
    window.scene.editor.delete_selected()
    assert "Double-click the canvas" in panel.sentence
    window.document.undo()
    window.document.undo()
    assert panel.title != "Nothing to explain yet"


def test_the_activation_is_shown_with_its_tangent(window: MainWindow, panel: ExplainPanel) -> None:
    assert not panel.activation.isVisible()
    window.scene.select(["y1"], [])
    assert panel.activation.heading == ("σ(z) of y₁", "z is not computed yet")
    go_to(window, "activation", "y1")
    first, second = panel.activation.heading
    assert first == "σ(z) of y₁ and its tangent at z = 1.091"
    assert second == "value 0.7486   slope 0.1882"
    assert not panel.activation.grab().isNull()


def test_digits_and_scale_reach_all_parts(window: MainWindow, panel: ExplainPanel) -> None:
    go_to(window, "activation", "y1")
    window.view.set_digits(6)
    assert panel.activation.heading[1] == "value 0.748649   slope 0.188174"
    height = panel.formula.height()
    panel.set_scale(1.5)
    assert panel.formula.height() > 1.3 * height


@pytest.mark.parametrize(
    ("activation", "point", "warning"),
    [
        ("relu", Point(-1.0, 0.0, 0.0), "Dead"),
        ("step", Point(1.0, 1.0, 0.0), "Flat"),
        ("sigmoid", Point(8.0, 0.99966, 0.000335), "Saturated"),
        ("exp", Point(1000.0, float("inf"), float("inf")), "Not finite"),
        ("sigmoid", Point(1.0, 0.731, 0.1966), ""),
        ("leaky_relu", Point(-1.0, -0.01, 0.01), ""),
    ],
)
def test_what_hinders_learning_is_said(activation: str, point: Point, warning: str) -> None:
    said = warning_of(activation, point)  # type: ignore[arg-type]  # the names of the table
    assert said.startswith(warning) if warning else said == ""


@pytest.mark.parametrize(
    ("slopes", "warning"),
    [
        ([0.0, 0.0, 0.0], "Dead for all 3 samples"),
        ([0.0, 1.0, 0.0], "Dead for 2 of 3 samples, this one too"),
        ([0.0], "Dead for this sample"),
    ],
)
def test_dead_units_are_counted_over_the_batch(slopes: list[float], warning: str) -> None:
    said = batch_warning("relu", Point(-1.0, 0.0, 0.0), np.array(slopes))
    assert said.startswith(warning)
    other = batch_warning("relu", Point(1.0, 1.0, 1.0), np.array([1.0, 0.0]))
    assert other == "Dead for 1 of 2 samples, not for this one"


@pytest.mark.parametrize(
    ("slopes", "warning"),
    [
        ([1e-4, 0.2, 0.1], "Saturated for 1 of 3 samples, this one too"),
        ([1e-4, 0.002], "Saturated for all 2 samples"),
        ([1e-4], "Saturated for this sample"),
    ],
)
def test_saturation_is_counted_over_the_batch(slopes: list[float], warning: str) -> None:
    said = batch_warning("sigmoid", Point(9.0, 0.9999, 1e-4), np.array(slopes))
    assert said.startswith(warning)
    other = batch_warning("sigmoid", Point(0.0, 0.5, 0.25), np.array([0.25, 1e-4, 0.2]))
    assert other == "Saturated for 1 of 3 samples, not for this one"


@pytest.mark.parametrize("z", [0.0, 3.0, -7.5, 90.0, 1e7, 1e12])
def test_the_curve_reaches_to_the_point(z: float) -> None:
    curve = curve_of("tanh", Point(z, 1.0 if z > 0 else -1.0, 0.0))
    assert curve.reach >= abs(z)
    assert curve.low < -0.9 < 0.9 < curve.high


HUGE = [1e15, -1e17, 1e100, 1e150, -1.7e308]


@pytest.mark.parametrize("z", [0.0, 1e-300, *HUGE])
@pytest.mark.parametrize("activation", ["identity", "square", "exp", "reciprocal", "tanh"])
def test_a_point_of_any_size_is_painted(qtbot: QtBot, activation: str, z: float) -> None:
    plot = ActivationPlot(THEMES["dark"])
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    row = ACTIVATIONS[activation]
    with np.errstate(all="ignore"):
        a, slope = (float(each(np.array([z]), 0.0)[0]) for each in (row.value, row.derivative))
    plot.show_unit(activation, "u", Point(z, a, slope))  # type: ignore[arg-type]  # the table's names
    assert not plot.grab().isNull()


def test_the_tangent_lies_on_the_curve_however_far_out(qtbot: QtBot) -> None:
    plot = ActivationPlot(THEMES["dark"])
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    pictures = []
    for z in (8e14, 8e18):
        # The curve of the identity is the same line at every scale, and so is its tangent. What
        # differs is the range written at both ends.
        plot.show_unit("identity", "u", Point(z, z, 1.0))
        image = plot.grab().toImage()
        pictures.append([image.pixel(x, y) for x in range(80, 240) for y in range(60, 170)])
    assert pictures[0] == pictures[1]


STEPS = (
    *4 * ("step_forward",), *2 * ("step_back",), "phase_forward", "step_iteration", "grain_term",
    "grain_neuron", "grain_layer", "grain_phase",
)  # fmt: skip


class Watcher(QObject):
    """Notes what overlaps in a panel whenever something in it is painted."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self._panel = panel
        self.found: list[str] = []
        for each in (panel, *panel.findChildren(QWidget)):
            each.installEventFilter(self)

    @guard
    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            layout = self._panel.layout()
            assert layout is not None
            parts = [item.widget() for at in range(layout.count()) if (item := layout.itemAt(at))]
            shown = [part for part in parts if part is not None and not part.isHidden()]
            self.found += [
                f"{one.objectName()} {other.objectName()}"
                for one, other in combinations(shown, 2)
                if not one.geometry().intersected(other.geometry()).isEmpty()
            ]
        return False


def test_nothing_is_painted_over_another_while_one_steps_fast(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    window = open_window(load_session(resource_path("lessons", "S5.bpviz.json")))
    window.resize(1440, 900)
    window.commands["view.front_explain"].trigger()
    QApplication.processEvents()
    watcher, chance = Watcher(window.workspace.explain_panel), Random(5)
    edges, nodes = window.scene.geometry.names, window.scene.geometry.ids
    for _ in range(24):
        for _ in range(chance.choice((1, 2, 4))):
            window.commands[f"run.{chance.choice(STEPS)}"].trigger()
        if chance.random() < 0.2:
            window.scene.select([chance.choice(nodes)], [])
        elif chance.random() < 0.2:
            window.scene.select([], [chance.choice(edges)])
        QApplication.processEvents()
    assert watcher.found == []
