"""Walking a whole history line once more, beside the one shown, to measure what was not kept."""

from __future__ import annotations

from collections.abc import Callable

from bpviz.document.curves import Curves
from bpviz.document.timeline import Timeline
from bpviz.engine.curve import LossCurve
from bpviz.engine.errors import NonFinite
from bpviz.model.edit import EditError
from bpviz.model.history import History, Train

# Called at each stop with the line walked, which stands there.
Visit = Callable[[Timeline], None]


class Retrace:
    """Replays `history` from its start on a line of its own, in slices of work.

    `visit` is called at the start, about `stops` times evenly along the way, and at the end. The
    line shown and its session stay as they are; losses and gradients along the way stand in
    `curve` in the end.
    """

    def __init__(self, history: History, visit: Visit | None = None, stops: int = 400) -> None:
        self._timeline = Timeline.of(History(history.start, history.entries, (0, 0)), Curves())
        self._visit = visit
        self._total = sum(each.train for each in history.entries if isinstance(each, Train))
        self._stride = max(1, -(-self._total // max(1, stops)))
        self._done = 0
        self._ended = False
        self._stand()

    @property
    def curve(self) -> LossCurve:
        """What was measured so far."""
        return self._timeline.curve

    @property
    def curves(self) -> Curves:
        """What was measured so far, leg by leg."""
        return self._timeline.curves

    @property
    def share(self) -> float:
        """How much of the line is walked, 0 to 1."""
        return self._done / self._total if self._total else 1.0

    @property
    def ended(self) -> bool:
        """Whether all is walked, or the line can be walked no further."""
        return self._ended

    def work(self, until: Callable[[], bool]) -> None:
        """Walk on until `until` says so, or to the end."""
        while not self._ended:
            left = min(self._stride - self._done % self._stride, self._total - self._done)
            try:
                step = self._timeline.advance(left, until) if left else 0
            except (NonFinite, EditError):
                step = 0
            self._done += step
            at_stop = self._done % self._stride == 0 or self._done == self._total
            if step and at_stop:
                self._stand()
            if self._done >= self._total or (not step and not until()):
                self._ended = True
            if until():
                return

    def _stand(self) -> None:
        if self._visit is not None:
            self._visit(self._timeline)
