"""The loss curves of one history line: one for each stretch on which iterations count up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.curve import LossCurve
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import Program
from bpviz.engine.state import State
from bpviz.engine.statistics import layer_norms
from bpviz.engine.trainer import Trainer

FloatArray = NDArray[np.float64]


@dataclass
class Curves:
    """Loss curves by leg: an edit that sets the count of iterations starts a new one."""

    by_leg: dict[int, LossCurve] = field(default_factory=dict)

    def of_leg(self, leg: int) -> LossCurve:
        """Return the curve of `leg`, empty where nothing is recorded yet."""
        return self.by_leg.setdefault(leg, LossCurve())

    def copy(self) -> Curves:
        """Return curves of their own with the same points."""
        return Curves({leg: curve.copy() for leg, curve in self.by_leg.items()})

    def cut(self, leg: int, iteration: int) -> None:
        """Forget the points after `iteration` of `leg`, and the legs after it."""
        self.of_leg(leg).cut(iteration)
        self.by_leg = {each: curve for each, curve in self.by_leg.items() if each <= leg}


def take_losses(curve: LossCurve, trainer: Trainer, state: State, *, test: bool) -> None:
    """Record in `curve` the losses over all rows at `state`, where they are finite."""
    try:
        trained = trainer.loss(state.theta, "train")
        tested = trainer.loss(state.theta, "test") if test else None
    except NonFinite:
        return
    curve.record(state.iteration, trained, tested)


def take_gradient(curve: LossCurve, program: Program, iteration: int, gradient: FloatArray) -> None:
    """Record in `curve` the sizes of `gradient` [P], that of the iteration after `iteration`."""
    curve.gradients.record(iteration, layer_norms(program, gradient))
