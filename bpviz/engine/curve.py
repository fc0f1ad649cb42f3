"""The loss curve: loss over all rows at iteration 0 and at epoch ends, thinned evenly."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

from bpviz.engine.gradient_curve import GradientCurve
from bpviz.model.schema import Curve

MAX_POINTS: Final = 10_000


@dataclass
class LossCurve:
    """Points of one run, at most 10,000; `stride` epochs lie between two recorded ones.

    When the curve is full every other epoch is dropped and the stride doubles, so which epochs
    stand in it depends on their number alone, never on when the run was paused. `gradients` are
    the sizes of the gradient along the same line; what is forgotten of one goes from both.
    """

    iteration: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    stride: int = 1
    gradients: GradientCurve = field(default_factory=GradientCurve)

    @classmethod
    def of(cls, saved: Curve) -> LossCurve:
        """Return the recorder that goes on from a saved curve."""
        curve = cls(list(saved.iteration), list(saved.train), list(saved.test))
        steps = [b - a for a, b in zip(curve.iteration, curve.iteration[1:], strict=False)]
        if len(steps) > MAX_POINTS // 4:
            # The stride isn't saved; the spacing that was kept tells it.
            curve.stride = max(1, sorted(steps)[len(steps) // 2])
        return curve

    def copy(self) -> LossCurve:
        """Return a curve of its own with the same points."""
        return LossCurve(
            list(self.iteration), list(self.train), list(self.test), self.stride,
            self.gradients.copy(),
        )  # fmt: skip

    def wants(self, epochs_done: int) -> bool:
        """Whether the end of epoch `epochs_done` is to be recorded."""
        return epochs_done % self.stride == 0

    def has(self, iteration: int) -> bool:
        """Whether the losses after `iteration` updates stand in the curve."""
        index = bisect_right(self.iteration, iteration)
        return bool(index) and self.iteration[index - 1] == iteration

    def value_at(self, iteration: int) -> float | None:
        """Return the training loss last recorded at or before `iteration`, None before any."""
        index = bisect_right(self.iteration, iteration)
        return self.train[index - 1] if index else None

    def record(self, iteration: int, train: float, test: float | None) -> None:
        """Add the losses after `iteration` updates; a point that is there already is replaced."""
        self._drop(iteration)
        index = bisect_right(self.iteration, iteration)
        self.iteration.insert(index, iteration)
        self.train.insert(index, train)
        if test is not None:
            self.test.insert(index, test)
        if len(self.iteration) > MAX_POINTS:
            self._thin()

    def forget(self, iteration: int) -> None:
        """Forget the point after `iteration` updates: an edit gave that iteration a new loss."""
        self.gradients.forget(iteration)
        self._drop(iteration)

    def _drop(self, iteration: int) -> None:
        if self.has(iteration):
            index = bisect_right(self.iteration, iteration) - 1
            del self.iteration[index], self.train[index]
            if index < len(self.test):
                del self.test[index]

    def cut(self, iteration: int) -> None:
        """Forget the points after `iteration`."""
        self.gradients.cut(iteration)
        keep = bisect_right(self.iteration, iteration)
        del self.iteration[keep:], self.train[keep:], self.test[keep:]

    def until(self, iteration: int) -> Curve:
        """Return the points up to `iteration`, as they are saved."""
        keep = bisect_right(self.iteration, iteration)
        return Curve(
            tuple(self.iteration[:keep]), tuple(self.train[:keep]), tuple(self.test[:keep])
        )

    def thinned(self, limit: int) -> Curve:
        """Return at most about `limit` points, evenly spread, the last among them."""
        last = len(self.iteration) - 1
        every = max(1, -(-len(self.iteration) // limit))
        kept = sorted({*range(0, last + 1, every), last} - {-1})
        return Curve(
            tuple(self.iteration[index] for index in kept),
            tuple(self.train[index] for index in kept),
            tuple(self.test[index] for index in kept if index < len(self.test)),
        )

    def _thin(self) -> None:
        # The last point stays: the curve must reach to where training stands.
        last = len(self.iteration) - 1
        kept = [index for index in range(last) if index % 2 == 0] + [last]
        self.iteration = [self.iteration[index] for index in kept]
        self.train = [self.train[index] for index in kept]
        self.test = [self.test[index] for index in kept if index < len(self.test)]
        self.stride *= 2
