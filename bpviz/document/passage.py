"""Training inside one entry of a history line, and what is kept of it on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bpviz.document.checkpoints import Checkpoints
from bpviz.document.curves import take_gradient, take_losses
from bpviz.engine.curve import LossCurve
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.engine.trainer import Trainer
from bpviz.model.history import Place


@dataclass
class Passage:
    """`state` going on from `place` inside an entry, by `trainer`.

    At each place where a checkpoint or the losses are due it stops and keeps them. Losses come
    from `evaluator`, the same one whatever kernel trains, so that they do not depend on it.
    """

    trainer: Trainer
    evaluator: Trainer
    program: Program
    state: State
    curve: LossCurve
    checkpoints: Checkpoints
    place: Place
    epoch_length: int
    has_test: bool

    def train(self, count: int, until: Callable[[], bool] | None = None) -> int:
        """Do up to `count` iterations, as `Trainer.advance` does; return how many were done.

        NonFinite leaves state and place at the last finite iteration.
        """
        done = 0
        while done < count:
            step = self._advance(min(count - done, self._to_next_stop()), until)
            done += step
            if until is not None and (not step or until()):
                break
        return done

    def _advance(self, count: int, until: Callable[[], bool] | None) -> int:
        before, (entry, inside) = self.state.iteration, self.place
        try:
            return self.trainer.advance(self.state, count, until)
        finally:
            done = self.state.iteration - before
            if done:
                self.place = (entry, inside + done)
                self._keep()

    def _to_next_stop(self) -> int:
        every, spacing = self.epoch_length * self.curve.stride, self.checkpoints.spacing
        return min(every - self.state.iteration % every, spacing - self.place[1] % spacing)

    def _keep(self) -> None:
        """Keep the checkpoint, the losses and the gradient due where the state stands."""
        if self.place[1] % self.checkpoints.spacing == 0:
            self.checkpoints.add(self.place, self.state)
        iteration = self.state.iteration
        if iteration % (self.epoch_length * self.curve.stride):
            return
        self.record_loss()
        gradient = self.trainer.last_gradient(self.state)
        if gradient is not None:
            take_gradient(self.curve, self.program, iteration - 1, gradient)

    def record_loss(self) -> None:
        """Add the losses at the state to the curve, where it lacks them."""
        if not self.curve.has(self.state.iteration):
            take_losses(self.curve, self.evaluator, self.state, test=self.has_test)
