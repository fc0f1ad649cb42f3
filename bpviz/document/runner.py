"""The run loop's clock: work in slices between paints, so that the window stays responsive."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer

FAST_TICK: Final = 16
SLOW_TICK: Final = 31
MARGIN: Final = 0.001
FLOOR: Final = 0.005
SMOOTHING: Final = 0.2


class Runner(QObject):
    """Calls `work` on each tick and tells it when its slice of time is over.

    A slice is the tick less the smoothed cost of drawing and a margin. The tick is 16 ms where
    drawing leaves room for 60 frames a second, else 31 ms.
    """

    def __init__(self, work: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._draw_cost = 0.004
        self._deadline = 0.0
        self._worked_until = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        # Fires once the paints that a tick asked for are done: the time between is their cost.
        self._after_paint = QTimer(self)
        self._after_paint.setSingleShot(True)
        self._after_paint.setInterval(0)
        self._after_paint.timeout.connect(self._on_painted)

    @property
    def running(self) -> bool:
        """Whether the clock ticks."""
        return self._timer.isActive()

    @property
    def draw_cost(self) -> float:
        """Smoothed time that drawing takes, in seconds."""
        return self._draw_cost

    def start(self) -> None:
        """Let the clock tick."""
        self._timer.start(self._tick_length())

    def stop(self) -> None:
        """Let the clock stand."""
        self._timer.stop()
        self._after_paint.stop()

    def is_over(self) -> bool:
        """Whether the present slice of time is used up."""
        return perf_counter() >= self._deadline

    def _tick_length(self) -> int:
        return FAST_TICK if self._draw_cost < FAST_TICK / 1000 / 2 else SLOW_TICK

    def _on_tick(self) -> None:
        length = self._tick_length()
        if self._timer.interval() != length:
            self._timer.setInterval(length)
        slice_length = max(length / 1000 - self._draw_cost - MARGIN, FLOOR)
        self._deadline = perf_counter() + slice_length
        self._work()
        if self.running:
            self._worked_until = perf_counter()
            self._after_paint.start()

    def _on_painted(self) -> None:
        cost = perf_counter() - self._worked_until
        self._draw_cost += SMOOTHING * (min(cost, 1.0) - self._draw_cost)
