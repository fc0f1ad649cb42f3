"""Losses that a file did not hold are measured anew in idle slices: of the line and of its runs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QObject

from bpviz.document.curves import Curves
from bpviz.document.document import Document
from bpviz.document.line import Line
from bpviz.document.player import Player
from bpviz.document.retrace import Retrace
from bpviz.document.slices import Slices
from bpviz.document.timeline import Timeline
from bpviz.engine.curve import LossCurve
from bpviz.model.history import Entry, History

# Seconds of work in a slice, ms between two, and ms of rest before the first.
SLICE: Final = 0.008
BREAK: Final = 16
DELAY: Final = 400


class CurveFilling(QObject):
    """Walks each line whose losses are not known once more, while nothing else goes on.

    That is no edit: the session stays as it is, and is not to be saved for it.
    """

    def __init__(self, document: Document, player: Player, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._retrace: Retrace | None = None
        self._history: History | None = None
        self._curves = Curves()
        # Lines that were walked, or can't be: they are not walked once more.
        self._done: list[tuple[Entry, ...]] = []
        self._slices = Slices(self, rest=BREAK)
        document.replaced.connect(self._on_replaced)
        document.runs_changed.connect(self._wake)
        self._wake()

    @property
    def busy(self) -> bool:
        """Whether a line is being walked."""
        return self._retrace is not None

    @property
    def share(self) -> float:
        """How much of the line under way is walked, 0 to 1."""
        return 0.0 if self._retrace is None else self._retrace.share

    @property
    def ended(self) -> bool:
        """Whether there is no line left to walk."""
        return self._retrace is None and self._lacking() is None

    def work(self, until: Callable[[], bool]) -> None:
        """Walk on until `until` says so, unless something else goes on."""
        player = self._player
        if player.playing or player.scrubbing or player.travel.busy:
            self._slices.wait(DELAY)
            return
        if self._retrace is None:
            found = self._lacking()
            if found is None:
                return
            self._history, self._curves = found
            # It stands at the start and the end; in between losses are recorded as in a run.
            self._retrace = Retrace(self._history, Timeline.record_loss, stops=1)
        self._retrace.work(until)
        if self._retrace.ended:
            self._take(self._retrace)
            self._slices.wait(BREAK)

    def _on_replaced(self) -> None:
        self._retrace, self._done = None, []
        self._slices.cancel()
        self._wake()

    def _wake(self) -> None:
        if self._retrace is None and self._lacking() is not None:
            self._slices.begin(self, SLICE, DELAY)

    def _lacking(self) -> tuple[History, Curves] | None:
        """Return the next line whose losses are not known, and where they belong."""
        timeline = self._document.timeline
        lines = [(timeline.history, timeline.curves)]
        lines += [(run.history, run.curves) for run in self._document.runs]
        for history, curves in lines:
            if history.entries not in self._done and lacks_losses(history, curves):
                return history, curves
        return None

    def _take(self, retrace: Retrace) -> None:
        """Put what was measured where it belongs, if that line is still there."""
        history, timeline = self._history, self._document.timeline
        self._retrace = None
        assert history is not None
        self._done.append(history.entries)
        lines = (timeline.history.entries, *(run.history.entries for run in self._document.runs))
        if history.entries not in lines:
            return
        for leg, curve in retrace.curves.by_leg.items():
            add_missing(self._curves.of_leg(leg), curve)
        self._player.curve_changed.emit()
        self._document.runs_changed.emit()


def lacks_losses(history: History, curves: Curves) -> bool:
    """Whether the losses of the last leg of `history` end long before the leg does."""
    line = Line.of(history)
    last, first = line.iteration_at(line.end), history.start.progress.iteration
    leg = line.leg(line.end)
    if line.distance(line.end, (0, 0)) == 0:
        return False
    known = curves.by_leg.get(leg, LossCurve()).iteration
    reached = known[-1] if known else first if not leg else 0
    # The last epoch may be under way, and long runs are measured with gaps.
    gap = max((b - a for a, b in pairwise(known)), default=0)
    return last > reached + gap


def add_missing(curve: LossCurve, measured: LossCurve) -> None:
    """Take into `curve` the points of `measured`, of the same line, that it does not have."""
    has_test = len(measured.test) == len(measured.iteration)
    for index, iteration in enumerate(measured.iteration):
        if not curve.has(iteration):
            test = measured.test[index] if has_test else None
            curve.record(iteration, measured.train[index], test)
    curve.gradients.add_missing(measured.gradients)
