"""What is left undone while a run is on: nothing is laid out anew, and all is right at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.plots.scales import LIVE_POINTS
from bpviz.ui.style import guard
from tests.ui.conftest import named

COUNTED = (QEvent.Type.LayoutRequest, QEvent.Type.StyleChange)


class Counting(QObject):
    """Counts layouts asked for and styles changed, by the class of who asks."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    @guard
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in COUNTED:
            self.counts[f"{event.type().name} {type(watched).__name__}"] += 1
        return False


def run_for(qtbot: QtBot, window: MainWindow, iterations: int) -> None:
    start = window.player.iteration
    qtbot.waitUntil(lambda: window.player.iteration >= start + iterations, timeout=20_000)


def test_no_layout_is_made_anew_at_each_picture(qtbot: QtBot, window: MainWindow) -> None:
    window.player.run()
    run_for(qtbot, window, 300)  # labels have found their sizes
    layer = window.scene.picture.edge_layer
    painted, counting = layer.paint_count, Counting()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(counting)
    qtbot.waitUntil(lambda: layer.paint_count >= painted + 12, timeout=20_000)
    app.removeEventFilter(counting)
    window.player.pause()
    assert counting.counts["LayoutRequest MainWindow"] <= 3
    assert counting.counts["StyleChange QLabel"] <= 3


def test_after_a_run_everything_stands_where_training_stands(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.player.run()
    run_for(qtbot, window, 2 * LIVE_POINTS)
    window.player.pause()
    done = window.player.iteration
    place = named(window, "header.place", QLabel)
    assert isinstance(place, QLabel)
    assert place.text().startswith(f"iteration {done:,} ·")
    assert (
        f"iteration {done:,} of {done:,}" in window.workspace.timeline_bar.history.accessibleName()
    )
    x, _ = window.loss_plot.curve_data("train")
    assert x[-1] == done
    assert len(x) > LIVE_POINTS
    x, _ = window.workspace.gradient_panel.plot.curve_data(0)
    assert len(x) > LIVE_POINTS


def test_a_label_of_the_header_keeps_its_size_until_its_text_is_longer(
    window: MainWindow,
) -> None:
    header = window.workspace.header
    label = named(window, "header.place", QLabel)
    width = label.width()
    window.player.step_iteration()
    assert label.width() == width
    assert label.sizeHint().width() <= width
    header.set_digits(12)
    loss = named(window, "header.loss", QLabel)
    assert loss.sizeHint().width() <= loss.width()


@pytest.mark.parametrize("kind", ["loss", "gradients"])
def test_a_run_draws_fewer_points_of_a_curve(
    qtbot: QtBot, open_window: Callable[[Session | None], MainWindow], session: Session, kind: str
) -> None:
    window = open_window(session)
    window.player.run()
    run_for(qtbot, window, LIVE_POINTS + 50)
    if kind == "loss":
        window.loss_plot.refresh()
        x, _ = window.loss_plot.curve_data("train")
    else:
        window.workspace.gradient_panel.plot.show_curve(
            window.player.curve.gradients, window.player.iteration, moving=True
        )
        x, _ = window.workspace.gradient_panel.plot.curve_data(0)
    recorded = len(window.player.curve.iteration)
    window.player.pause()
    assert recorded > LIVE_POINTS >= len(x)


def test_a_drag_draws_fewer_points_and_all_of_them_when_let_go(window: MainWindow) -> None:
    window.document.timeline.advance(3 * LIVE_POINTS)
    window.document.publish("Train")
    QApplication.processEvents()
    gradients, lane = window.workspace.gradient_panel.plot, window.workspace.timeline_bar.history
    middle = QPoint(round(lane.x_of(1.5 * LIVE_POINTS)), 12)
    QTest.mousePress(lane, Qt.MouseButton.LeftButton, pos=middle)
    QApplication.processEvents()
    assert window.player.scrubbing
    window.loss_plot.refresh()
    window.workspace.gradient_panel.refresh()
    for x in (window.loss_plot.curve_data("train")[0], gradients.curve_data(0)[0]):
        assert 1 < len(x) < LIVE_POINTS
    QTest.mouseRelease(lane, Qt.MouseButton.LeftButton, pos=middle)
    QApplication.processEvents()
    assert not window.player.scrubbing
    for x in (window.loss_plot.curve_data("train")[0], gradients.curve_data(0)[0]):
        assert len(x) > LIVE_POINTS
