"""The panel of small multiples: mouse, keys, tips, many samples, runs, large networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from bpviz.model.verbs import move
from bpviz.ui.canvas.multiple_words import details, loss_of
from bpviz.ui.canvas.multiples import JOINED
from bpviz.ui.canvas.pens import levels
from bpviz.ui.canvas.small_drawing import has_lines, has_shapes
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import ALONE, EMPTY, LIVE_INTERVAL, STALE, SamplesPanel
from bpviz.ui.panels.samples_view import SamplesView
from bpviz.ui.style import LIGHT
from tests.ui.conftest import close_for_good, named
from tests.ui.samples_hands import Alone, MakeAlone, grabbed, opened, panels_alone, with_rows

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def make_alone(qapp: QApplication) -> Iterator[MakeAlone]:
    """Make panels without a window around them."""
    with panels_alone(qapp) as make:
        yield make


@pytest.fixture
def alone(make_alone: MakeAlone, session: Session) -> Alone:
    """The panel Samples on `session`, without a window around it."""
    return make_alone(session)


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


def test_the_mean_can_be_clicked_without_harm(alone: Alone) -> None:
    view = alone.view
    middle = view.rect_of(JOINED).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert alone.player.sample == 0
    assert view.tip_at(middle).startswith("The batch: the mean")
    alone.scene.set_overlay("values")
    alone.panel.refresh()
    assert not view.multiples.has_joined
    assert view.tip_at(middle).startswith("Sample 1 of 4, row 1\n")


def test_up_and_down_walk_through_the_samples(alone: Alone) -> None:
    view = alone.view
    for _ in range(5):
        QTest.keyClick(view, Key.Key_Down)
    assert alone.player.sample == 3
    assert view.accessibleName() == "Samples of the batch: 4 of 4 is shown"
    QTest.keyClick(view, Key.Key_Up)
    assert alone.player.sample == 2


def test_a_double_click_on_the_strip_opens_the_panel(window: MainWindow) -> None:
    strip = named(window, "step.samples")
    QTest.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QApplication.processEvents()
    panel = window.workspace.panels["samples"]
    assert panel.is_seen


def test_the_tip_tells_the_numbers(alone: Alone) -> None:
    alone.step("phase", 2)
    trace = alone.player.trace
    assert trace is not None
    tip = alone.view.tip_at(alone.view.rect_of(1).center())
    lines = tip.splitlines()
    assert lines[0] == "Sample 2 of 4, row 2"
    assert lines[1].startswith("E = ")
    assert float(lines[1][4:]) == pytest.approx(trace.loss_per_sample[1], rel=1e-3)
    assert lines[2:4] == ["x₁ = 0", "x₂ = 1"]
    assert lines[5:] == ["target t = 1", "Click to show it"]


def test_a_single_sample_needs_no_drawings(make_alone: MakeAlone, session: Session) -> None:
    alone = make_alone(with_rows(session, [0]))
    assert alone.panel.key.text() == ALONE
    assert alone.view.isHidden()
    empty = make_alone(msgspec.structs.replace(session, network=Network(), data=TableData()))
    assert empty.panel.key.text() == EMPTY


def test_drawings_follow_a_node_while_it_is_dragged(
    window: MainWindow, panel: SamplesPanel, qtbot: QtBot
) -> None:
    view, canvas, scene = panel.view, window.canvas, window.scene
    before, pictures = grabbed(view), view.paint_count
    at = canvas.mapFromScene(*scene.geometry.positions[2].tolist())
    port, left = canvas.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(port, left, pos=at)
    for far in (10, 30, 60):
        QTest.mouseMove(port, at + QPoint(far, -far // 2))
    qtbot.waitUntil(lambda: view.paint_count > pictures)
    x = scene.geometry.positions[:, 0]
    share = (x[2] - x[0]) / (x[4] - x[0])
    assert share != pytest.approx(0.5)
    qtbot.waitUntil(lambda: share_of(view) == pytest.approx(share))
    assert grabbed(view) != before
    QTest.keyClick(canvas, Key.Key_Escape)
    QTest.mouseRelease(port, left, pos=at)
    qtbot.waitUntil(lambda: grabbed(view) == before)


def share_of(view: SamplesView) -> float:
    """Return how far the third node stands between the first and the last of 2-2-1."""
    assert view.drawing is not None
    x = view.drawing.centres[:, 0]
    return float((x[2] - x[0]) / (x[4] - x[0]))


def test_the_panel_is_there_again_after_a_restart(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    first = open_window(session)
    opened(first)
    close_for_good(first)
    again = open_window(session)
    QApplication.processEvents()
    assert again.workspace.panels["samples"].is_seen


def test_the_key_is_right_after_an_edit_is_undone(window: MainWindow, panel: SamplesPanel) -> None:
    player = window.player
    assert player.frames is not None
    player.show_frame(len(player.frames) - 1)
    panel.refresh()
    grabbed(panel.view)
    said = panel.key.text()
    assert "on the drawing at" in said
    window.scene.select(["y1"], [])
    window.scene.editor.delete_selected()
    assert panel.key.text().startswith(STALE)
    window.commands["edit.undo"].trigger()
    assert panel.key.text() == said


@pytest.fixture
def thousand(make_alone: MakeAlone) -> Alone:
    """The panel on a batch of a thousand samples."""
    data = GeneratorData("spiral", samples=1000, test_fraction=0.0)
    return make_alone(new_layered((2, 3, 1), activation="tanh", data=data))


def test_of_a_thousand_samples_only_those_seen_are_painted(thousand: Alone) -> None:
    view = thousand.view
    grabbed(view)
    assert view.multiples.count == 1000
    assert view.paint_count == len(view.seen()) < 40
    thousand.player.choose_sample(777)
    thousand.panel.refresh()
    assert 777 in view.seen()
    assert view.viewport().rect().contains(view.rect_of(777))
    grabbed(view)
    before = view.paint_count
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 1)
    grabbed(view)
    assert view.paint_count - before <= view.columns


def test_in_a_run_drawings_follow_a_few_times_a_second(thousand: Alone, qtbot: QtBot) -> None:
    panel = thousand.panel
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


def test_large_networks_are_cells_without_edges(make_alone: MakeAlone) -> None:
    data = GeneratorData("spiral", samples=20)
    alone = make_alone(new_layered((2, 40, 40, 8, 1), activation="tanh", data=data))
    panel, geometry = alone.panel, alone.scene.geometry
    alone.step("phase")
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


def test_drawings_follow_nodes_theme_size_and_notation(alone: Alone) -> None:
    view = alone.view
    alone.step("phase")
    pictures = [grabbed(view)]
    alone.panel.apply_theme(LIGHT)
    pictures.append(grabbed(view))
    alone.panel.set_scale(1.5)
    pictures.append(grabbed(view))
    assert view.columns < 3
    alone.document.push(move(alone.document.session, {"h1": (200.0, -140.0)}))
    alone.panel.refresh()
    pictures.append(grabbed(view))
    assert all(one != other for one, other in pairwise(pictures))
    other = msgspec.structs.replace(
        alone.document.session,
        notation=msgspec.convert({"loss_symbol": "C", "target_symbol": "r"},
                                 type(alone.player.notation)),
    )  # fmt: skip
    assert loss_of(view.multiples.tile(0), other) == "C —"
    assert details(view.multiples.tile(0), other, alone.scene.geometry)[0].endswith("r 0.8")
