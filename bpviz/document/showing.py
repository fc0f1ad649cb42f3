"""What a player shows: position, trace, frame, sample and curve, and the signals that tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from bpviz.document.cover import Cover
from bpviz.document.document import Document
from bpviz.document.line_map import LineMap
from bpviz.document.runs import Run
from bpviz.document.stage import READY, Stage
from bpviz.engine.backprop import Trace
from bpviz.engine.curve import LossCurve
from bpviz.engine.datasets import Rows, batches_per_epoch, epoch_of
from bpviz.engine.frames import Frame, FrameList
from bpviz.engine.hiding import Hidden, hide
from bpviz.engine.program import Program
from bpviz.engine.snapshot import Snapshot, own_share
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Explanation
from bpviz.explain.steps import explain_step
from bpviz.model.names import as_drawn
from bpviz.model.schema import Notation


class Showing(QObject):
    """All that views read of a player. All numbers on screen come from `snapshot` or `trace`."""

    about_to_train = Signal()
    stepped = Signal()
    run_changed = Signal()
    curve_changed = Signal()
    stopped = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._stage = Stage(document.timeline)
        self._cover = Cover()
        self._scrubbing = False
        self._explained: tuple[Trace, tuple[object, ...], Explanation] | None = None

    @property
    def running(self) -> bool:
        """Whether training runs as fast as it goes."""
        return False

    @property
    def pace(self) -> float:
        """Seconds that plots should wait between two drawings in a run, so that it stays fluent."""
        return 0.0

    @property
    def iteration(self) -> int:
        """Updates applied so far, 0 at the untrained session."""
        return self._document.timeline.iteration

    @property
    def last_iteration(self) -> int:
        """Updates applied at the end of the history line."""
        return self._document.timeline.last_iteration

    @property
    def epoch(self) -> int:
        """Epoch of the iteration shown, from 1; 0 where nothing can be computed."""
        if self._stage.problem:
            return 0
        timeline = self._document.timeline
        return epoch_of(self.rows.count, timeline.base.training, self.iteration + 1)

    @property
    def epoch_length(self) -> int:
        """Iterations in an epoch; 0 where nothing can be computed."""
        if self._stage.problem:
            return 0
        return batches_per_epoch(self.rows.count, self._document.timeline.base.training)

    @property
    def line_map(self) -> LineMap:
        """The history line as a stretch of iterations, with edits and bookmarks on it."""
        timeline = self._document.timeline
        return LineMap(timeline.line, timeline.place, timeline.session.network.names)

    @property
    def problem(self) -> str:
        """Why there is no trace: what the session lacks, or where it is not finite; else empty.

        It is a sentence for people, with the names that the drawing has.
        """
        return self.as_drawn(self._stage.problem)

    @property
    def fault(self) -> str:
        """The problem as files and the command line tell it: with ids, and plain numbers."""
        return self._stage.problem

    @property
    def lack(self) -> str:
        """What the session lacks as a line that names the place in its file; empty for nothing."""
        return self._stage.lack

    def as_drawn(self, line: str) -> str:
        """Return what the engine says of the network shown with names as the drawing has them."""
        return as_drawn(line, self._document.timeline.base.network.names) if line else ""

    @property
    def notation(self) -> Notation:
        """The letters that the session's text has for loss and target."""
        notation = self._document.timeline.base.notation
        return notation if isinstance(notation, Notation) else Notation()

    @property
    def program(self) -> Program:
        """The network shown, compiled."""
        timeline = self._document.timeline
        return timeline.workshop.program(timeline.base)

    @property
    def theta(self) -> NDArray[np.float64]:
        """The parameters θ [P] of `program` at the position; not to be changed."""
        return self._document.timeline.state.theta

    @property
    def rows(self) -> Rows:
        """All rows of the data."""
        timeline = self._document.timeline
        return timeline.workshop.rows(timeline.base)

    @property
    def curve(self) -> LossCurve:
        """The losses along the history line."""
        return self._document.timeline.curve

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs beside the active one."""
        return self._document.runs

    @property
    def trace(self) -> Trace | None:
        """All that the iteration shown computed, None where there is a problem."""
        return self._stage.trace

    @property
    def snapshot(self) -> Snapshot | None:
        """Every number that may be shown now, None where there is a problem."""
        whole = self._stage.snapshot(running=self._shows_all)
        if whole is None or self.trace is None or self.running:
            return whole
        return self._cover.over(whole, self.trace)

    @property
    def _shows_all(self) -> bool:
        """Whether all numbers of the iteration are shown, at whatever frame."""
        return self.running or (self._scrubbing and self.frame_index == READY)

    def snapshot_of(self, sample: int) -> Snapshot | None:
        """Return every number of one sample of the batch that may be shown now.

        Gradients and loss are its own at every frame. Of numbers to be predicted only those of
        the chosen sample count as revealed. None where there is a problem.
        """
        whole = self._stage.snapshot_of(sample, running=self._shows_all)
        if whole is None or self.trace is None:
            return None
        own = own_share(whole, self.trace)
        if self.running:
            return own
        hidden = self.hidden if sample == self.sample else Hidden(self.hidden.kinds)
        return hide(own, self.trace, hidden) if hidden.kinds else own

    @property
    def hidden(self) -> Hidden:
        """Which numbers are hidden, to be predicted."""
        return self._cover.hidden

    @property
    def scrubbing(self) -> bool:
        """Whether the position is dragged along the line: the document hears of it at `rest`."""
        return self._scrubbing

    @property
    def frames(self) -> FrameList | None:
        """The frames of the iteration, None where there is a problem."""
        return self._stage.frames

    @property
    def frame_index(self) -> int:
        """Which frame is shown; −1 is ready: before the first."""
        return self._stage.index

    @property
    def frame(self) -> Frame | None:
        """The frame shown; None when ready, running, or where there is a problem."""
        return None if self.running else self._stage.frame

    def told_step(self, trace: Trace, frame: Frame, digits: int) -> Explanation:
        """Explain the step shown, which ends with `frame`: one frame, a layer or a phase."""
        step = range(0) if self.snapshot is None else self.snapshot.step
        return self.told(trace, frame, digits, step if len(step) > 1 else range(0))

    def told(self, trace: Trace, frame: Frame, digits: int, step: range = range(0)) -> Explanation:
        """Explain a frame of `trace`, or all frames of `step`, for the chosen sample.

        Several views ask for the same at each step: it is made once.
        """
        sample, notation, frames = self.sample, self.notation, self.frames
        asked = (frame, step, sample, digits, notation)
        kept = self._explained
        if kept is None or kept[0] is not trace or kept[1] != asked:
            if step and frames is not None:
                told = explain_step(trace, frames, step, sample, digits, notation)
            else:
                told = explain(trace, frame, sample, digits, notation)
            kept = self._explained = (trace, asked, told)
        return kept[2]

    @property
    def sample(self) -> int:
        """Place in the batch of the chosen sample."""
        return self._stage.sample

    @property
    def batch(self) -> list[int]:
        """Row numbers of the batch shown."""
        return [] if self._stage.trace is None else [int(row) for row in self._stage.trace.rows]
