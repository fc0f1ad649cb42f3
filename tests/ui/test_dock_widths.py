"""The panels at the sides when the window's size changes, and when a hand moves their edge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.workspace import LEFT_WIDTH, RIGHT_WIDTH
from tests.ui.conftest import NO_RAISE, close_for_good

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)

LEFT = Qt.MouseButton.LeftButton


def widths(window: MainWindow) -> tuple[int, int]:
    """Return how wide the docks are at the left and at the right."""
    QApplication.processEvents()
    docks = window.workspace.docks
    return docks["data"].width(), docks["decision"].width()


def pull(window: MainWindow, by: int) -> None:
    """Move the edge of the docks at the left with the mouse."""
    start = QPoint(window.workspace.docks["data"].geometry().right() + 2, 400)
    end = start + QPoint(by, 0)
    QTest.mousePress(window, LEFT, pos=start)
    for place in (start + QPoint(by // 2, 0), end):
        QTest.mouseMove(window, place)
        QTest.qWait(5)
    QTest.mouseRelease(window, LEFT, pos=end)
    QApplication.processEvents()


def test_docks_have_their_width_again_in_a_window_made_large_again(window: MainWindow) -> None:
    window.resize(1440, 900)
    assert widths(window) == (LEFT_WIDTH, RIGHT_WIDTH)
    window.resize(window.minimumSizeHint())
    left, right = widths(window)
    assert left < LEFT_WIDTH / 2
    assert right < RIGHT_WIDTH / 2
    window.resize(1440, 900)
    assert widths(window) == (LEFT_WIDTH, RIGHT_WIDTH)


def test_large_texts_leave_a_shrunk_window_to_the_drawing(window: MainWindow) -> None:
    window.resize(1440, 900)
    window.commands["view.scale_150"].trigger()
    before = widths(window)
    window.resize(1024, 768)
    left, right = widths(window)
    assert left <= 0.25 * window.width()
    assert right <= 0.335 * window.width()
    assert window.canvas.width() >= 420
    window.resize(1440, 900)
    assert widths(window) == before


@pytest.mark.parametrize("by", [-80, 150])
def test_an_edge_moved_by_hand_stays_there(window: MainWindow, by: int) -> None:
    window.resize(1440, 900)
    assert widths(window)[0] == LEFT_WIDTH
    pull(window, by)
    chosen, right = widths(window)
    assert chosen == pytest.approx(LEFT_WIDTH + by, abs=4)
    window.resize(window.minimumSizeHint())
    assert widths(window)[0] < chosen
    window.resize(1440, 900)
    assert widths(window) == pytest.approx((chosen, right), abs=2)
    window.resize(1600, 900)
    assert widths(window)[0] == pytest.approx(chosen, abs=2)


def test_an_edge_moved_by_hand_is_there_at_the_next_start(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    first = open_window(session)
    first.resize(1440, 900)
    pull(first, -70)
    chosen = widths(first)
    assert chosen[0] < LEFT_WIDTH - 60
    close_for_good(first)
    second = open_window(session)
    second.resize(1440, 900)
    assert widths(second) == pytest.approx(chosen, abs=2)


@pytest.mark.parametrize("saved", [b"", b"wide", b"288 0.2", b"nan 1 384 1", b"-1 1 384 1"])
def test_widths_that_cannot_be_read_leave_the_usual_ones(window: MainWindow, saved: bytes) -> None:
    window.resize(1440, 900)
    window.workspace.widths.restore(QByteArray(saved))
    assert widths(window) == (LEFT_WIDTH, RIGHT_WIDTH)


def test_a_click_in_a_small_window_wishes_for_nothing(window: MainWindow) -> None:
    window.resize(window.minimumSizeHint())
    pull(window, 0)
    window.resize(1440, 900)
    assert widths(window) == (LEFT_WIDTH, RIGHT_WIDTH)
