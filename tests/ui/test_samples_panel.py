"""The panel of small multiples: mouse, keys, tips, many samples, runs, large networks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.canvas.multiple_words import details, loss_of
from bpviz.ui.canvas.multiples import JOINED
from bpviz.ui.canvas.pens import levels
from bpviz.ui.canvas.small_drawing import has_lines, has_shapes
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import ALONE, EMPTY, LIVE_INTERVAL, SamplesPanel
from tests.ui.conftest import named
from tests.ui.samples_hands import grabbed, opened, with_rows

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def panel(window: MainWindow) -> SamplesPanel:
    """The panel Samples, in front."""
    return opened(window)


def test_a_click_shows_a_sample(window: MainWindow, panel: SamplesPanel) -> None:
    view = panel.view
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.rect_of(2).center())
    assert window.player.sample == 2
    assert window.canvas.hasFocus()
    image = grabbed(view)
    frame = view.rect_of(2)
    accent = image.pixelColor(frame.left() + 1, frame.center().y())
    assert accent.name() == window.scene.theme.accent
    QTest.keyClick(window.canvas, Key.Key_PageDown, Modifier.AltModifier)
    assert window.player.sample == 3


def test_the_mean_can_be_clicked_without_harm(window: MainWindow, panel: SamplesPanel) -> None:
    middle = panel.view.rect_of(JOINED).center()
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert window.player.sample == 0
    assert panel.view.tip_at(middle).startswith("The batch: the mean")
    window.commands["view.show_values"].trigger()
    assert not panel.view.multiples.has_joined
    assert panel.view.tip_at(middle).startswith("Sample 1 of 4, row 1\n")


def test_up_and_down_walk_through_the_samples(window: MainWindow, panel: SamplesPanel) -> None:
    view = panel.view
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(5):
        QTest.keyClick(view, Key.Key_Down)
    assert window.player.sample == 3
    assert view.accessibleName() == "Samples of the batch: 4 of 4 is shown"
    QTest.keyClick(view, Key.Key_Up)
    assert window.player.sample == 2


def test_a_double_click_on_the_strip_opens_the_panel(window: MainWindow) -> None:
    strip = named(window, "step.samples")
    QTest.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QApplication.processEvents()
    panel = window.workspace.panels["samples"]
    assert panel.is_seen


def test_the_tip_tells_the_numbers(window: MainWindow, panel: SamplesPanel) -> None:
    window.player.step_forward("phase")
    window.player.step_forward("phase")
    panel.refresh()
    trace = window.player.trace
    assert trace is not None
    tip = panel.view.tip_at(panel.view.rect_of(1).center())
    lines = tip.splitlines()
    assert lines[0] == "Sample 2 of 4, row 2"
    assert lines[1].startswith("E = ")
    assert float(lines[1][4:]) == pytest.approx(trace.loss_per_sample[1], rel=1e-3)
    assert lines[2:4] == ["x₁ = 0", "x₂ = 1"]
    assert lines[5:] == ["target t = 1", "Click to show it"]


def test_a_single_sample_needs_no_drawings(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    window = open_window(with_rows(session, [0]))
    panel = opened(window)
    assert panel.key.text() == ALONE
    assert not panel.view.isVisible()
    empty = open_window(msgspec.structs.replace(session, network=Network(), data=TableData()))
    assert opened(empty).key.text() == EMPTY


@pytest.fixture
def thousand(open_window: Callable[[Session | None], MainWindow]) -> MainWindow:
    """A window on a batch of a thousand samples."""
    data = GeneratorData("spiral", samples=1000, test_fraction=0.0)
    return open_window(new_layered((2, 3, 1), activation="tanh", data=data))


def test_of_a_thousand_samples_only_those_seen_are_painted(thousand: MainWindow) -> None:
    view = opened(thousand).view
    grabbed(view)
    assert view.multiples.count == 1000
    assert view.paint_count == len(view.seen()) < 30
    thousand.player.choose_sample(777)
    QApplication.processEvents()
    assert 777 in view.seen()
    assert view.viewport().rect().contains(view.rect_of(777))
    before = view.paint_count
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 1)
    grabbed(view)
    assert view.paint_count - before <= view.columns


def test_in_a_run_drawings_follow_a_few_times_a_second(thousand: MainWindow, qtbot: QtBot) -> None:
    panel = opened(thousand)
    grabbed(panel.view)
    refreshed: list[int] = []
    refresh = panel.view.refresh

    def counted() -> None:
        refreshed.append(1)
        refresh()

    panel.view.refresh = counted  # type: ignore[method-assign]
    thousand.player.run()
    qtbot.wait(int(2500 * LIVE_INTERVAL))
    during = len(refreshed)
    thousand.player.pause()
    assert 1 <= during <= 4
    qtbot.waitUntil(lambda: len(refreshed) > during)
    panel.refresh()
    trace = thousand.player.trace
    assert trace is not None
    thousand.player.step_forward("phase")
    panel.refresh()
    assert np.array_equal(panel.view.multiples.tile(5).shown.value.value, trace.a[5])


def test_large_networks_are_cells_without_edges(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    data = GeneratorData("spiral", samples=20)
    window = open_window(new_layered((2, 40, 40, 8, 1), activation="tanh", data=data))
    panel = opened(window)
    window.player.step_forward("phase")
    panel.refresh()
    geometry = window.scene.geometry
    assert not has_lines(geometry)
    assert not has_shapes(geometry)
    assert panel.key.text() == "Cells: value, δ where it is known."
    image, view = grabbed(panel.view), panel.view
    drawing, tile = view.drawing, view.multiples.tile(0)
    assert drawing is not None
    corner = view.rect_of(0).topLeft()
    bucket = levels(tile.fill.numbers.state, tile.fill.strength)
    for node in (0, 20, 50, 85):
        x, y = drawing.centres[node].tolist()
        wanted = drawing.color("values", int(bucket[node]))
        assert image.pixelColor(corner.x() + int(x), corner.y() + int(y)) == wanted


def test_drawings_follow_nodes_theme_size_and_notation(
    window: MainWindow, panel: SamplesPanel
) -> None:
    view = panel.view
    window.player.step_forward("phase")
    panel.refresh()
    pictures = [grabbed(view)]
    for command in ("view.theme_light", "view.colours_blue_red", "view.scale_150"):
        window.commands[command].trigger()
        pictures.append(grabbed(view))
    window.scene.select(["h1"], [])
    window.commands["edit.nudge_up"].trigger()
    pictures.append(grabbed(view))
    assert all(one != other for one, other in pairwise(pictures))
    assert view.columns < 3
    other = msgspec.structs.replace(
        window.document.session,
        notation=msgspec.convert({"loss_symbol": "C", "target_symbol": "r"},
                                 type(window.player.notation)),
    )  # fmt: skip
    assert loss_of(view.multiples.tile(0), other) == "C —"
    assert details(view.multiples.tile(0), other, window.scene.geometry)[0].endswith("r 0.8")
