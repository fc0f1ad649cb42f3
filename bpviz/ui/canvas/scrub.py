"""Dragging a number: it follows the pointer, and all that follows from it is seen at once."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

from PySide6.QtCore import QPointF

from bpviz.model.edit import Edit
from bpviz.ui.canvas.gestures import DRAG_DISTANCE, Gesture, Stage
from bpviz.ui.canvas.node_gestures import MoveNodes
from bpviz.ui.canvas.quantities import Quantity

# So many pixels of the pointer's way are one step of the number.
PIXELS_PER_STEP: Final = 4.0
LARGEST: Final = 1e100


class Trials(Protocol):
    """What a scrub needs to show numbers that are not the session's yet."""

    def try_out(self, quantity: Quantity, value: float, at: QPointF) -> Edit | None:
        """Show all as it would be with this number; return the Edit that would make it so."""

    def end(self) -> None:
        """Show all as it is."""


class ScrubNumber(Gesture):
    """Drags a number up to the right and down to the left; a press alone is a click on it."""

    def __init__(
        self,
        scene: Stage,
        start: QPointF,
        quantity: Quantity,
        trials: Trials,
        on_click: Callable[[Quantity], None],
    ) -> None:
        super().__init__(scene, start)
        self._quantity = quantity
        self._trials = trials
        self._on_click = on_click
        self._value = quantity.value
        self._moved = False
        self._wanted: Edit | None = None

    def move_to(self, at: QPointF, zoom: float) -> None:
        """Show what follows from the number at this place of the pointer."""
        by = (at.x() - self._start.x()) * zoom
        if not self._moved and abs(by) < DRAG_DISTANCE:
            return
        self._moved = True
        value = scrubbed(self._quantity.value, by / PIXELS_PER_STEP)
        if value == self._value and self._wanted is not None:
            return
        self._value = value
        self._wanted = self._trials.try_out(self._quantity, value, at)

    def _edit(self, at: QPointF) -> Edit | None:
        if not self._moved:
            self._on_click(self._quantity)
            return None
        return self._wanted if self._wanted is not None and self._wanted.changes else None

    def _clear(self) -> None:
        if self._moved:
            self._trials.end()


def step_of(value: float) -> float:
    """Return the step for a number of this size: 0.01 up to 1, 0.1 up to 10, and so on."""
    size = min(max(abs(value), 0.1), 1e90)
    return float(10.0 ** (math.ceil(math.log10(size) - 1e-9) - 2))


def scrubbed(value: float, steps: float) -> float:
    """Return `value` moved by `steps`, a round number of its step; 0 steps leave it as it is."""
    whole = round(steps)
    if not whole:
        return value
    step = step_of(value)
    digits = max(0, 2 - round(math.log10(step)))
    moved = round(round(value / step) * step + whole * step, digits)
    return min(max(moved, -LARGEST), LARGEST) + 0.0


class PressNumber(MoveNodes):
    """Drags nodes from a number inside a node; a press alone on it is a click on the number."""

    def __init__(
        self,
        scene: Stage,
        start: QPointF,
        node: str,
        quantity: Quantity,
        on_click: Callable[[Quantity], None],
    ) -> None:
        super().__init__(scene, start, node)
        self._quantity = quantity
        self._on_click = on_click

    def _edit(self, at: QPointF) -> Edit | None:
        edit = super()._edit(at)
        if not self._moved:
            self._on_click(self._quantity)
        return edit
