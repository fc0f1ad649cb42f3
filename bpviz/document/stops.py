"""When a run stops by itself: after so much training, at a loss, or when learning fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from bpviz.engine.statistics import EXPLODED, VANISHED
from bpviz.explain.numbers import format_number
from bpviz.model.counts import grouped

DIGITS: Final = 4


class Stops(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Conditions, each of which ends a run; None where it does not count.

    `iterations` and `epochs` count from where the run begins. Losses are over all training rows
    and, like gradients, looked at when an epoch ends: `loss_below`; a change of less than
    `change_below` over `change_epochs`; `loss_rises` from one epoch to the next; and a layer's
    ‖∂E/∂W‖ below `gradient_below` or above `gradient_above`.
    """

    iterations: int | None = None
    epochs: int | None = None
    loss_below: float | None = None
    change_below: float | None = None
    change_epochs: int = 10
    loss_rises: bool = False
    gradient_below: float | None = None
    gradient_above: float | None = None

    @property
    def needs_loss(self) -> bool:
        """Whether the loss is to be computed when an epoch ends."""
        return self.loss_rises or self.loss_below is not None or self.change_below is not None

    @property
    def needs_gradient(self) -> bool:
        """Whether the sizes of the gradient are to be known when an epoch ends."""
        return self.gradient_below is not None or self.gradient_above is not None


STANDARD: Final = Stops(
    epochs=100,
    gradient_below=VANISHED,
    gradient_above=EXPLODED,
    change_below=1e-6,
    loss_below=0.01,
    iterations=1000,
)


class Watched(Protocol):
    """What a watch asks of the training it looks after."""

    @property
    def epoch_length(self) -> int:
        """Iterations in an epoch."""

    def training_loss(self) -> float:
        """Return the loss over all training rows."""

    def gradient_sizes(self) -> Sequence[float]:
        """Return ‖∂E/∂W‖ of each layer in the last iteration."""


class Watch:
    """Looks after one run: how far until the next look, and why it stops."""

    def __init__(self, stops: Stops, iteration: int, watched: Watched) -> None:
        """Watch a run of `watched` that begins after `iteration` updates."""
        self._stops = stops
        self._start = iteration
        self._watched = watched
        self._first_epoch = iteration // watched.epoch_length
        self._losses: deque[float] = deque(maxlen=stops.change_epochs + 1)
        if stops.needs_loss:
            self._losses.append(watched.training_loss())

    def next_look(self, iteration: int) -> int:
        """Return how many iterations lie between `iteration` and the next look."""
        left = self._watched.epoch_length - iteration % self._watched.epoch_length
        if self._stops.iterations is not None:
            left = min(left, self._start + self._stops.iterations - iteration)
        return max(left, 1)

    def reason(self, iteration: int) -> str:
        """Return why the run stops after `iteration` updates, empty where it goes on."""
        stops, done = self._stops, iteration - self._start
        if stops.iterations is not None and done >= stops.iterations:
            return _done(stops.iterations, "iteration")
        if done <= 0 or iteration % self._watched.epoch_length:
            return ""
        return self._loss_reason() or self._gradient_reason() or self._epoch_reason(iteration)

    def _epoch_reason(self, iteration: int) -> str:
        wanted = self._stops.epochs
        done = iteration // self._watched.epoch_length - self._first_epoch
        if wanted is not None and done >= wanted:
            return _done(wanted, "epoch")
        return ""

    def _loss_reason(self) -> str:
        stops = self._stops
        if not stops.needs_loss:
            return ""
        before, loss = self._losses[-1], self._watched.training_loss()
        self._losses.append(loss)
        if stops.loss_below is not None and loss < stops.loss_below:
            return f"the loss {_number(loss)} is below {_number(stops.loss_below)}"
        if stops.loss_rises and loss > before:
            return f"the loss rises, from {_number(before)} to {_number(loss)} in one epoch"
        change = max(self._losses) - min(self._losses)
        full = len(self._losses) > stops.change_epochs
        if stops.change_below is not None and full and change < stops.change_below:
            over = _counted(stops.change_epochs, "epoch")
            return f"converged: over {over} the loss changed by {_number(change)} only"
        return ""

    def _gradient_reason(self) -> str:
        stops = self._stops
        sizes = self._watched.gradient_sizes() if stops.needs_gradient else ()
        for layer, size in enumerate(sizes, 1):
            if stops.gradient_below is not None and size < stops.gradient_below:
                return f"the gradient of layer {layer} vanishes: its size is {_number(size)}"
            if stops.gradient_above is not None and size > stops.gradient_above:
                return f"the gradient of layer {layer} explodes: its size is {_number(size)}"
        return ""


def _number(value: float) -> str:
    return format_number(value, DIGITS)


def _counted(count: int, what: str) -> str:
    return f"{grouped(count)} {what}" + ("" if count == 1 else "s")


def _done(count: int, what: str) -> str:
    return f"{_counted(count, what)} {'is' if count == 1 else 'are'} done"
