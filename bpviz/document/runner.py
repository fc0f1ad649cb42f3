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
LEAST_SHARE: Final = 0.15
# What is drawn now and then is drawn at most every so many pictures.
PACE: Final = 5.0


class Runner(QObject):
    """Calls `work` on each tick and tells it when its slice of time is over.

    A slice is the tick less the smoothed cost of drawing and a margin, but never less than a
    share of that cost: a large drawing must not starve the training. The tick is 16 ms where
    drawing leaves room for 60 frames a second, else 31 ms.
    """

    def __init__(self, work: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._work = work
        self._draw_cost = 0.004
        self._deadline = 0.0
        self._worked_until = 0.0
        self._running = False
        self._started = 0.0
        # Each tick starts the next one only once it was painted: a clock that ticks by itself
        # would, where work and painting take longer than a tick, never let the other timers fire.
        self._timer = QTimer(self, singleShot=True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._on_tick)
        # Fires once the paints that a tick asked for are done: the time between is their cost.
        self._after_paint = QTimer(self, singleShot=True, interval=0)
        self._after_paint.timeout.connect(self._on_painted)

    @property
    def running(self) -> bool:
        """Whether the clock ticks."""
        return self._running

    @property
    def pace(self) -> float:
        """Seconds between two drawings of what need not follow every picture."""
        return PACE * self._draw_cost

    def start(self) -> None:
        """Let the clock tick."""
        self._running = True
        self._timer.start(0)

    def stop(self) -> None:
        """Let the clock stand."""
        self._running = False
        self._timer.stop()
        self._after_paint.stop()

    def is_over(self) -> bool:
        """Whether the present slice of time is used up."""
        now = perf_counter()
        if now < self._deadline:
            return False
        self._worked_until = now
        return True

    def _tick_length(self) -> int:
        return FAST_TICK if self._draw_cost < FAST_TICK / 1000 / 2 else SLOW_TICK

    def _on_tick(self) -> None:
        left = self._tick_length() / 1000 - self._draw_cost - MARGIN
        slice_length = max(left, FLOOR, self._draw_cost * LEAST_SHARE)
        self._started = self._worked_until = perf_counter()
        self._deadline = self._started + slice_length
        # What `work` does after its slice is over is making the picture: it counts as drawing.
        self._work()
        if self._running:
            self._after_paint.start()

    def _on_painted(self) -> None:
        now = perf_counter()
        self._draw_cost += SMOOTHING * (min(now - self._worked_until, 1.0) - self._draw_cost)
        left = self._tick_length() / 1000 - (now - self._started)
        self._timer.start(max(round(1000 * left), 0))
