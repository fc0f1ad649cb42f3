"""The timeline: both lanes are clicked, dragged and walked by keys, and say where they stand."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.document.line_map import LineMap, Mark
from bpviz.engine.builders import new_layered
from bpviz.model import verbs
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session
from bpviz.model.training import Sgd
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.history_lane import STRIP, TOP, HistoryLane, Run
from bpviz.ui.panels.iteration_lane import IterationLane
from bpviz.ui.panels.lane import ENDS, LABEL_GAP, Lane, placed_labels

Opener = Callable[[Session | None], MainWindow]
Left = Qt.MouseButton.LeftButton


@pytest.fixture
def history(window: MainWindow) -> HistoryLane:
    """The lower lane, on a line of 60 iterations with an edit after 40."""
    window.document.timeline.advance(40)
    window.document.publish("Train")
    edit = verbs.set_training(window.document.session, "optimizer", Sgd(0.5))
    window.document.push(edit)
    window.document.timeline.advance(20)
    window.document.publish("Train")
    return window.workspace.timeline_bar.history


@pytest.fixture
def iteration(window: MainWindow) -> IterationLane:
    """The upper lane."""
    return window.workspace.timeline_bar.iteration


def at(lane: Lane, x: float) -> QPoint:
    return QPoint(round(x), lane.height() // 3)


def test_a_click_on_a_frame_shows_it(window: MainWindow, iteration: IterationLane) -> None:
    frames = window.player.frames
    assert frames is not None
    for index in (7, 0, len(frames) - 1):
        QTest.mouseClick(iteration, Left, pos=at(iteration, iteration.x_of(index)))
        assert window.player.frame_index == index
        assert f"step {index + 1} of {len(frames)}" in iteration.accessibleName()
    QTest.mouseClick(iteration, Left, pos=QPoint(1, 8))
    assert window.player.frame_index == -1


def test_dragging_seeks_only_the_newest_place(
    window: MainWindow, history: HistoryLane, qtbot: QtBot
) -> None:
    sought: list[object] = []
    history.sought.connect(sought.append)
    QTest.mousePress(history, Left, pos=at(history, history.x_of(5)))
    for along in (10, 20, 30):
        QTest.mouseMove(history, at(history, history.x_of(along)))
    assert sought == []
    qtbot.waitUntil(lambda: window.player.iteration == 30)
    assert len(sought) == 1
    QTest.mouseRelease(history, Left, pos=at(history, history.x_of(12)))
    assert window.player.iteration == 12
    assert window.document.session.progress.iteration == 12
    assert "iteration 12 of 60" in history.accessibleName()


def test_while_dragging_all_numbers_are_shown_and_then_the_place_is_ready(
    window: MainWindow, history: HistoryLane, qtbot: QtBot
) -> None:
    QTest.mousePress(history, Left, pos=at(history, history.x_of(20)))
    qtbot.waitUntil(lambda: window.player.iteration == 20)
    shown = window.player.snapshot
    assert shown is not None
    assert shown.value_known.all()
    QTest.mouseRelease(history, Left, pos=at(history, history.x_of(20)))
    shown = window.player.snapshot
    assert shown is not None
    assert not shown.value_known.any()


def test_scrubbing_keeps_the_frame(window: MainWindow, history: HistoryLane) -> None:
    for _ in range(6):
        window.player.step_forward()
    frame = window.player.frame
    QTest.mouseClick(history, Left, pos=at(history, history.x_of(15)))
    assert window.player.iteration == 15
    assert window.player.frame == frame


def test_a_click_on_a_mark_goes_right_behind_the_edit(
    window: MainWindow, history: HistoryLane
) -> None:
    window.player.seek(3)
    QTest.mouseClick(history, Left, pos=at(history, history.x_of(40) + 2))
    assert window.player.iteration == 40
    assert window.document.session.training.optimizer == Sgd(0.5)
    assert "learning rate 0.1 → 0.5" in history.tip_at(history.x_of(40))
    assert "Iteration 7" in history.tip_at(history.x_of(7))


def test_keys_walk_both_lanes(
    window: MainWindow, history: HistoryLane, iteration: IterationLane
) -> None:
    history.setFocus()
    QTest.keyClick(history, Qt.Key.Key_Left)
    assert window.player.iteration == 59
    QTest.keyClick(history, Qt.Key.Key_Down)
    assert window.player.iteration == 56
    QTest.keyClick(history, Qt.Key.Key_Home)
    assert window.player.iteration == 0
    QTest.keyClick(history, Qt.Key.Key_Right)
    assert window.player.iteration == 1
    QTest.keyClick(history, Qt.Key.Key_End)
    assert window.player.iteration == 60
    iteration.setFocus()
    frames = window.player.frames
    assert frames is not None
    for key, index in (
        (Qt.Key.Key_Right, 0),
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_PageUp, 0),
        (Qt.Key.Key_PageDown, 1),
        (Qt.Key.Key_Up, frames.following(1, "phase")),
        (Qt.Key.Key_End, len(frames) - 1),
        (Qt.Key.Key_Left, len(frames) - 2),
        (Qt.Key.Key_Home, -1),
    ):
        QTest.keyClick(iteration, key)
        assert window.player.frame_index == index
    QTest.keyClick(iteration, Qt.Key.Key_Space)
    assert window.player.running


def test_each_frame_is_where_it_is_drawn(window: MainWindow, iteration: IterationLane) -> None:
    for grain in ("term", "neuron"):
        window.player.set_grain(grain)
        frames = window.player.frames
        assert frames is not None
        assert [iteration.target_at(iteration.x_of(i)) for i in range(len(frames))] == list(
            range(len(frames))
        )
        assert iteration.target_at(10_000) == len(frames) - 1
        assert "step 1 of" in iteration.tip_at(iteration.x_of(0))


def test_a_large_network_and_a_long_line_are_drawn_aggregated(open_window: Opener) -> None:
    session = new_layered((2, 60, 60, 1), data=GeneratorData("xor_points", samples=4))
    window = open_window(session)
    window.player.set_grain("term")
    bar = window.workspace.timeline_bar
    assert len(window.player.frames or ()) > 10_000
    window.player.show_frame(5_000)
    shown = bar.iteration.grab().toImage()
    assert len({shown.pixelColor(x, 12).name() for x in range(8, shown.width() - 8)}) > 3


def test_nothing_to_walk_says_so(window: MainWindow, iteration: IterationLane) -> None:
    window.on_select_all()
    window.on_delete()
    assert window.player.frames is None
    assert "no steps" in iteration.accessibleName()
    QTest.mouseClick(iteration, Left, pos=at(iteration, 100))
    assert iteration.tip_at(100) == "Nothing to walk through yet"
    iteration.grab()


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(1, 150), st.integers(0, 1)), max_size=40))
def test_labels_never_overlap(wanted: list[tuple[float, float, int]]) -> None:
    placed = placed_labels(wanted, 0.0, 500.0)
    boxes = sorted((left, left + wanted[index][1]) for index, left in placed)
    assert all(b[0] - a[1] >= LABEL_GAP - 1e-9 for a, b in pairwise(boxes))
    assert all(left >= 0 and right <= 500 + 1e-9 for left, right in boxes)
    assert bool(placed) == bool(wanted)


@pytest.mark.parametrize("theme", ["dark", "light", "high_contrast"])
def test_the_knob_stands_out_in_every_theme(
    window: MainWindow, history: HistoryLane, theme: str
) -> None:
    window.view.set_theme(theme)
    window.player.seek(30)
    QApplication.processEvents()
    shown = history.grab().toImage()
    knob = shown.pixelColor(round(history.x_of(30)), round(TOP + STRIP / 2)).name()
    assert knob == window.view.theme.text


@pytest.mark.parametrize("percent", [100, 150])
def test_names_of_bookmarks_are_read_beside_their_marks(
    window: MainWindow, history: HistoryLane, percent: int
) -> None:
    window.commands[f"view.scale_{percent}"].trigger()
    name = "A page of the lesson with a long name, which has no room here"
    line = LineMap(window.document.timeline.line)
    named = [(0, f"{name} {number}") for number in range(5)]
    named += [(20, "Here"), (21, "And here"), (22, name), (58, "Solved")]
    line.marks = tuple(Mark(along, (1, 0), "bookmark", label) for along, label in named)
    history.show_line(line, (0, 0), (), "at the start")
    clusters = history.clusters()
    labels = history.labels(clusters)
    assert any(text.startswith("★ A page") and "… +4" in text for text, _ in labels)
    for (_, first), (_, second) in pairwise(labels):
        assert first.right() + LABEL_GAP <= second.left()
    for text, box in labels:
        # A name begins at its own mark, so that it is clear which is meant.
        ends = box.right() > history.width() - ENDS - 1
        assert ends or any(abs(each.x - box.left()) < 0.6 for each in clusters), text
        assert box.right() <= history.width()
        assert box.bottom() <= history.height() + 1
    tip = history.tip_at(clusters[0].x)
    assert all(f"★ {name} {number}" in tip for number in range(5))


@pytest.mark.parametrize(("left", "right"), [(8.0, 61.3), (61.3, 130.0), (40.2, 41.9)])
def test_the_part_of_a_line_that_is_seen_is_painted_as_the_whole(left: float, right: float) -> None:
    draw = np.random.default_rng(1)
    x = np.sort(draw.uniform(8.0, 130.0, 90))
    run = Run(x, [QPointF(*each) for each in zip(x, draw.uniform(3.0, 20.0, 90), strict=True)])
    pictures = []
    for points in (QPolygonF(run.points), run.within(left, right)):
        picture = QImage(140, 24, QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(0)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(Qt.GlobalColor.red, 1.5))
        painter.setClipRect(QRectF(left, 0.0, right - left, 24.0))
        painter.drawPolyline(points)
        painter.end()
        pictures.append(picture)
    assert run.within(left, right).size() < len(x)
    assert pictures[0] == pictures[1]
