"""The player: a cursor over the frames of an iteration and over the history line."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal

from bpviz.document.document import Document
from bpviz.document.reset import reset
from bpviz.document.runner import Runner
from bpviz.document.stage import READY, Stage
from bpviz.engine.backprop import Trace
from bpviz.engine.curve import LossCurve
from bpviz.engine.datasets import Rows, epoch_of
from bpviz.engine.errors import NonFinite
from bpviz.engine.frames import Frame, FrameList, Grain
from bpviz.engine.program import Program
from bpviz.engine.snapshot import Snapshot
from bpviz.model.edit import Edit
from bpviz.model.schema import Notation

StepGrain: TypeAlias = Literal["term", "neuron", "layer", "phase", "iteration"]
LONG_RUN = 1_000_000_000


class Player(QObject):
    """Shows one frame of one iteration's trace, and moves both ways.

    An iteration is computed whole; stepping only changes which frame is shown. All numbers on
    screen come from `snapshot` (or from `trace` behind it).
    """

    stepped = Signal()
    run_changed = Signal()
    curve_changed = Signal()
    stopped = Signal(str)

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._grain: StepGrain = "neuron"
        self._stage = Stage(document.timeline)
        self._runner = Runner(self._tick, self)
        document.about_to_edit.connect(self.pause)
        document.edited.connect(self._on_edited)
        document.replaced.connect(self._on_replaced)
        document.edit_done.connect(self._on_edit_done)

    # -- what is shown -----------------------------------------------------------------------

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
    def running(self) -> bool:
        """Whether a run is on."""
        return self._runner.running

    @property
    def grain(self) -> StepGrain:
        """What a step without a grain of its own moves by."""
        return self._grain

    @property
    def problem(self) -> str:
        """Why there is no trace: what the session lacks, or where it is not finite; else empty."""
        return self._stage.problem

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
    def rows(self) -> Rows:
        """All rows of the data."""
        timeline = self._document.timeline
        return timeline.workshop.rows(timeline.base)

    @property
    def curve(self) -> LossCurve:
        """The losses along the history line."""
        return self._document.timeline.curve

    @property
    def trace(self) -> Trace | None:
        """All that the iteration shown computed, None where there is a problem."""
        return self._stage.trace

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

    @property
    def sample(self) -> int:
        """Place in the batch of the chosen sample."""
        return self._stage.sample

    @property
    def batch(self) -> list[int]:
        """Row numbers of the batch shown."""
        return [] if self._stage.trace is None else [int(row) for row in self._stage.trace.rows]

    @property
    def snapshot(self) -> Snapshot | None:
        """Every number that may be shown now, None where there is a problem."""
        return self._stage.snapshot(running=self.running)

    # -- steps -------------------------------------------------------------------------------

    def set_grain(self, grain: StepGrain) -> None:
        """Choose what steps move by; the frame shown stays where it exists at that grain."""
        if grain == self._grain:
            return
        was_term, self._grain = self._grain == "term", grain
        if was_term != (grain == "term"):
            self._stage.show_terms(grain == "term")
        self.stepped.emit()

    def step_forward(self, grain: StepGrain | None = None) -> None:
        """Show the next frame; behind the last one the update is applied."""
        grain = grain or self._grain
        self.pause()
        listed = self._stage.frames
        if listed is None:
            self.stopped.emit(self.problem)
            return
        following = len(listed)
        if grain != "iteration":
            following = listed.following(self.frame_index, self._fitting(grain))
        if following < len(listed):
            self.show_frame(following)
        else:
            self.step_iteration()

    def step_back(self, grain: StepGrain | None = None) -> None:
        """Show the frame before; before the first one, the last frame of the iteration before."""
        grain = grain or self._grain
        self.pause()
        if grain == "iteration":
            self.back_iteration()
            return
        start = self.frame_index
        if start == READY:
            if not self._go_to_iteration(self.iteration - 1):
                return
            start = len(self._stage.frames or ())
        if self._stage.frames is not None:
            self.show_frame(self._stage.frames.preceding(start, self._fitting(grain)))

    def _fitting(self, grain: StepGrain) -> Grain:
        """Return the frames' own grain where they are coarser than `grain`."""
        if grain == "iteration" or (grain == "term" and self._grain != "term"):
            return "neuron"
        return grain

    def step_iteration(self) -> None:
        """Apply the update: the next iteration is ready."""
        self.pause()
        if self.trace is None:
            self.stopped.emit(self.problem)
            return
        try:
            self._document.timeline.advance(1, by="step")
        except NonFinite as error:
            self.stopped.emit(f"Stopped: {error}")
        self._stage.forget_frame()
        self._document.publish("Step")
        if self.problem:
            self.stopped.emit(self.problem)

    def back_iteration(self) -> None:
        """Go to the start of this iteration; from there, to the one before."""
        self.pause()
        if self.frame_index != READY:
            self.show_frame(READY)
        else:
            self._go_to_iteration(self.iteration - 1)

    def seek(self, iteration: int) -> None:
        """Go to where `iteration` updates are applied on the history line, and show it ready."""
        self.pause()
        self._go_to_iteration(iteration)

    def _go_to_iteration(self, iteration: int) -> bool:
        timeline = self._document.timeline
        place = timeline.line.place_of(iteration, timeline.place)
        if place is None:
            return False
        self._stage.forget_frame()
        timeline.go(place)
        self._document.publish(f"Go to iteration {iteration}")
        return True

    def show_frame(self, index: int) -> None:
        """Show the frame at `index` of this iteration; −1 is ready."""
        self.pause()
        self._stage.move_to(index)
        self.stepped.emit()

    def reset(self) -> None:
        """Go back to iteration 0 with the present structure."""
        self.pause()
        self._stage.forget_frame()
        edit = reset(self._document.timeline)
        if edit is not None:
            self._document.push(edit)
        else:
            self._document.publish("Reset")
            self.stepped.emit()

    def choose_sample(self, index: int) -> None:
        """Show the sample at place `index` of the batch."""
        if 0 <= index < len(self.batch) and index != self.sample:
            self._stage.choose_sample(index)
            self.stepped.emit()

    # -- runs --------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Run, or pause."""
        if self.running:
            self.pause()
        else:
            self.run()

    def run(self) -> None:
        """Train until paused; every tick shows the state reached."""
        if self.running:
            return
        if self.trace is None:
            self.stopped.emit(self.problem)
            return
        self._stage.forget_frame()
        self._document.timeline.close_entry()
        self._runner.start()
        self.run_changed.emit()

    def pause(self) -> None:
        """End a run: it becomes one entry of the history."""
        if not self.running:
            return
        self._runner.stop()
        self._document.timeline.close_entry()
        self._stage.forget_frame()
        self._document.publish("Train")
        self._stage.compute()
        self.run_changed.emit()
        self.stepped.emit()

    def _tick(self) -> None:
        timeline = self._document.timeline
        network = timeline.base.network
        try:
            timeline.advance(LONG_RUN, self._runner.is_over)
        except NonFinite as error:
            self.pause()
            self.stopped.emit(f"Stopped after iteration {self.iteration:,}: {error}")
            return
        if timeline.base.network is not network:
            # Replaying came over an edit of the line: the views must follow it.
            self._document.publish("Train")
        self._stage.compute_trace()
        if self.problem:
            self.pause()
            self.stopped.emit(self.problem)
            return
        self.stepped.emit()
        self.curve_changed.emit()

    # -- following the document --------------------------------------------------------------

    def _on_edited(self, _edit: Edit) -> None:
        self._stage.follow(self._document.timeline)

    def _on_replaced(self) -> None:
        self._stage = Stage(self._document.timeline)
        self._stage.show_terms(self._grain == "term")

    def _on_edit_done(self) -> None:
        self.stepped.emit()
        self.curve_changed.emit()
