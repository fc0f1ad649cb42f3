"""The size of the gradient along a run: one number a layer at each iteration measured."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final

MAX_POINTS: Final = 10_000


@dataclass
class GradientCurve:
    """Points of one run, at most 10,000: ‖∂E/∂W‖ of every layer, first hidden layer first.

    The point at `iteration[i]` is of the gradient at the parameters after that many updates, the
    one that the next iteration takes: what a trace there shows. `sizes[i]` has a number for each
    layer that the network had then.
    """

    iteration: list[int] = field(default_factory=list)
    sizes: list[tuple[float, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.iteration)

    def copy(self) -> GradientCurve:
        """Return a curve of its own with the same points."""
        return GradientCurve(list(self.iteration), list(self.sizes))

    def record(self, iteration: int, sizes: tuple[float, ...]) -> None:
        """Add the sizes at `iteration`; a point that is there already is replaced."""
        index = bisect_left(self.iteration, iteration)
        if index < len(self.iteration) and self.iteration[index] == iteration:
            self.sizes[index] = sizes
            return
        self.iteration.insert(index, iteration)
        self.sizes.insert(index, sizes)
        if len(self.iteration) > MAX_POINTS:
            self._thin()

    def forget(self, iteration: int) -> None:
        """Forget the point at `iteration`: an edit gave it another gradient."""
        index = bisect_left(self.iteration, iteration)
        if index < len(self.iteration) and self.iteration[index] == iteration:
            del self.iteration[index], self.sizes[index]

    def cut(self, iteration: int) -> None:
        """Forget the points after `iteration`."""
        keep = bisect_right(self.iteration, iteration)
        del self.iteration[keep:], self.sizes[keep:]

    def add_missing(self, other: GradientCurve) -> None:
        """Take from `other`, of the same line, the points that are not here."""
        here = dict(zip(other.iteration, other.sizes, strict=True))
        here.update(zip(self.iteration, self.sizes, strict=True))
        self.iteration = sorted(here)
        self.sizes = [here[each] for each in self.iteration]
        while len(self.iteration) > MAX_POINTS:
            self._thin()

    def _thin(self) -> None:
        # The last point stays: the curve must reach to where training stands.
        last = len(self.iteration) - 1
        kept = [*range(0, last, 2), last]
        self.iteration = [self.iteration[index] for index in kept]
        self.sizes = [self.sizes[index] for index in kept]
