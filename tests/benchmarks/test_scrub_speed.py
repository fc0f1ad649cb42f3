"""Scrubbing either lane in the window: one move of the mouse, painted, must stay below 60 ms.

What counts is processor time: what else the machine is busy with changes it least. The time that
a person waits, from the move until all is painted, is printed beside it.
"""

from __future__ import annotations

import random
from time import perf_counter, process_time

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytest_benchmark.fixture import BenchmarkFixture
from pytestqt.qtbot import QtBot

from bpviz.app import create_window
from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import SamplesPanel

ITERATIONS = 20_000


DEEP = (2, 8, 8, 8, 8, 8, 8, 1)
# Milliseconds of processor time: for one move, and for nine small drawings made and painted.
LIMIT = 60.0
ANEW_LIMIT = 16.0


def opened(qtbot: QtBot, shape: tuple[int, ...], batch: int | None = None) -> MainWindow:
    """Return a window with a long history behind it."""
    data = GeneratorData("spiral", samples=200)
    session = new_layered(shape, activation="tanh", data=data)
    training = msgspec.structs.replace(session.training, batch_size=batch)
    window = create_window(msgspec.structs.replace(session, training=training))
    window.resize(1440, 900)
    window.show()
    qtbot.waitExposed(window)
    window.document.timeline.advance(ITERATIONS)
    window.document.publish("Train")
    QApplication.processEvents()
    return window


def closed(window: MainWindow) -> None:
    """Leave the window, whatever is unsaved."""
    window.player.rest()
    window.document.new(window.document.session)
    window.close()
    window.deleteLater()


class Moves:
    """Moves along one lane to places drawn at random, and how long each took in milliseconds."""

    def __init__(self, window: MainWindow, lane: str) -> None:
        self._bar, self._lane = window.workspace.timeline_bar, lane
        self._player, self._draw = window.player, random.Random(1)
        self.times: list[float] = []
        self.waits: list[float] = []

    def __call__(self) -> None:
        at, before = perf_counter(), process_time()
        if self._lane == "history":
            lane = self._bar.history
            lane.sought.emit(lane.target_at(lane.x_of(self._draw.randrange(ITERATIONS))))
        else:
            assert self._player.frames is not None
            self._bar.iteration.sought.emit(self._draw.randrange(len(self._player.frames)))
        QApplication.processEvents()
        self.times.append(1000 * (process_time() - before))
        self.waits.append(1000 * (perf_counter() - at))

    def tell(self, name: str = "") -> None:
        """Print what moves took."""
        for what, taken in (("processor", self.times), ("waited", self.waits)):
            median, late = np.percentile(taken, [50, 95])
            print(f"\n{name}{what}: median {median:.1f} ms, 95th percentile {late:.1f} ms")  # noqa: T201


@pytest.mark.parametrize("lane", ["history", "iteration"])
@pytest.mark.parametrize("shape", [(2, 4, 2, 1), (2, 8, 8, 8, 1), (2, 8, 8, 8, 8, 8, 8, 1)])
def test_a_move_along_a_lane(
    benchmark: BenchmarkFixture, qtbot: QtBot, shape: tuple[int, ...], lane: str
) -> None:
    window = opened(qtbot, shape)
    move = Moves(window, lane)
    benchmark.pedantic(move, rounds=100)  # type: ignore[no-untyped-call]
    move.tell()
    closed(window)
    assert np.percentile(move.times, 95) < LIMIT


@pytest.mark.parametrize("lane", ["history", "iteration"])
def test_a_move_with_the_samples_open(benchmark: BenchmarkFixture, qtbot: QtBot, lane: str) -> None:
    window = opened(qtbot, DEEP, batch=10)
    without, beside = Moves(window, lane), Moves(window, lane)
    for _ in range(60):
        without()
    window.commands["view.front_samples"].trigger()
    QApplication.processEvents()
    benchmark.pedantic(beside, rounds=100)  # type: ignore[no-untyped-call]
    without.tell("closed, ")
    beside.tell("open, ")
    ratio = float(np.median(beside.times) / np.median(without.times))
    print(f"open / closed: {ratio:.2f}")  # noqa: T201
    closed(window)
    assert np.percentile(beside.times, 95) < LIMIT
    assert ratio < 1.5


def test_all_small_drawings_anew(benchmark: BenchmarkFixture, qtbot: QtBot) -> None:
    window = opened(qtbot, DEEP, batch=10)
    window.commands["view.front_samples"].trigger()
    QApplication.processEvents()
    panel, player = window.workspace.panels["samples"], window.player
    assert isinstance(panel, SamplesPanel)
    assert player.frames is not None
    last, times = len(player.frames) - 1, list[float]()

    def anew() -> None:
        player.show_frame(last - len(times) % 2)
        QApplication.processEvents()
        panel.refresh()
        panel.view.restart()
        painted, before = panel.view.paint_count, process_time()
        panel.refresh()
        panel.view.viewport().repaint()
        times.append(1000 * (process_time() - before))
        assert panel.view.paint_count - painted == len(panel.view.seen()) >= 9

    benchmark.pedantic(anew, rounds=40)  # type: ignore[no-untyped-call]
    print(f"\nprocessor: median {np.median(times):.1f} ms, least {min(times):.1f} ms")  # noqa: T201
    closed(window)
    assert min(times) < ANEW_LIMIT
