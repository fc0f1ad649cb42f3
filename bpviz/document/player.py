"""The player: a cursor over the frames of an iteration and over the history line."""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal

from bpviz.document.document import Document
from bpviz.document.runner import Runner
from bpviz.engine.backprop import Trace, trace
from bpviz.engine.curve import LossCurve
from bpviz.engine.datasets import Rows, epoch_of
from bpviz.engine.errors import NonFinite
from bpviz.engine.frames import Frame, FrameList, Grain, frames
from bpviz.engine.program import Program
from bpviz.engine.readiness import first_problem
from bpviz.engine.snapshot import Snapshot, running_snapshot, snapshot
from bpviz.model.edit import Edit

StepGrain: TypeAlias = Literal["term", "neuron", "layer", "phase", "iteration"]
READY = -1


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
        self._index = READY
        self._sample = 0
        self._grain: StepGrain = "neuron"
        self._frames: FrameList | None = None
        self._shown: Snapshot | None = None
        self._trace: Trace | None = None
        self._problem = ""
        self._identity: tuple[str, str, str, str] | None = None
        self._runner = Runner(self._tick, self)
        document.about_to_edit.connect(self.pause)
        document.edited.connect(self._on_edited)
        document.replaced.connect(self._on_replaced)
        document.edit_done.connect(self._on_edit_done)
        self._compute()

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
        if self._problem:
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
        return self._problem

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
        return self._trace

    @property
    def frames(self) -> FrameList | None:
        """The frames of the iteration, None where there is a problem."""
        return self._frames

    @property
    def frame_index(self) -> int:
        """Which frame is shown; −1 is ready: before the first."""
        return self._index

    @property
    def frame(self) -> Frame | None:
        """The frame shown; None when ready, running, or where there is a problem."""
        if self._index < 0 or self._frames is None or self.running:
            return None
        return self._frames[self._index]

    @property
    def sample(self) -> int:
        """Place in the batch of the chosen sample."""
        return self._sample

    @property
    def batch(self) -> list[int]:
        """Row numbers of the batch shown."""
        return [] if self._trace is None else [int(row) for row in self._trace.rows]

    @property
    def snapshot(self) -> Snapshot | None:
        """Every number that may be shown now, None where there is a problem."""
        if self._shown is None and self._trace is not None and self._frames is not None:
            if self.running:
                self._shown = running_snapshot(self._trace, self._frames, self._sample)
            else:
                self._shown = snapshot(self._trace, self._frames, self._index, self._sample)
        return self._shown

    # -- steps -------------------------------------------------------------------------------

    def set_grain(self, grain: StepGrain) -> None:
        """Choose what steps move by; the frame shown stays where it exists at that grain."""
        if grain == self._grain:
            return
        was_term, self._grain = self._grain == "term", grain
        if was_term != (grain == "term"):
            self._rebuild_frames()
        self._show()

    def step_forward(self, grain: StepGrain | None = None) -> None:
        """Show the next frame; behind the last one the update is applied."""
        grain = grain or self._grain
        self.pause()
        if self._frames is None:
            self.stopped.emit(self._problem)
            return
        if grain == "iteration":
            self.step_iteration()
            return
        following = self._frames.following(self._index, self._fitting(grain))
        if following < len(self._frames):
            self._index = following
            self._show()
        else:
            self.step_iteration()

    def step_back(self, grain: StepGrain | None = None) -> None:
        """Show the frame before; before the first one, the last frame of the iteration before."""
        grain = grain or self._grain
        self.pause()
        if grain == "iteration":
            self.back_iteration()
            return
        if self._index == READY or self._frames is None:
            if self._go_to_iteration(self.iteration - 1) and self._frames is not None:
                self._index = self._frames.preceding(len(self._frames), self._fitting(grain))
                self._show()
            return
        self._index = self._frames.preceding(self._index, self._fitting(grain))
        self._show()

    def _fitting(self, grain: StepGrain) -> Grain:
        """Return the frames' own grain where they are coarser than `grain`."""
        if grain == "iteration" or (grain == "term" and self._grain != "term"):
            return "neuron"
        return grain

    def step_iteration(self) -> None:
        """Apply the update: the next iteration is ready."""
        self.pause()
        if self._trace is None:
            self.stopped.emit(self._problem)
            return
        try:
            self._document.timeline.advance(1, by="step")
        except NonFinite as error:
            self.stopped.emit(f"Stopped: {error}")
        self._index = READY
        self._document.publish("Step")

    def back_iteration(self) -> None:
        """Go to the start of this iteration; from there, to the one before."""
        self.pause()
        if self._index != READY:
            self._index = READY
            self._show()
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
        self._index = READY
        self._identity = None
        timeline.go(place)
        self._document.publish("Go to iteration " + str(iteration))
        return True

    def show_frame(self, index: int) -> None:
        """Show the frame at `index` of this iteration; −1 is ready."""
        self.pause()
        if self._frames is not None:
            self._index = min(max(index, READY), len(self._frames) - 1)
            self._show()

    def reset(self) -> None:
        """Go back to iteration 0 with the present structure."""
        self.pause()
        self._index = READY
        self._identity = None
        edit = self._document.timeline.reset()
        if edit is not None:
            self._document.push(edit)
            return
        self._document.publish("Reset")
        self._show()

    def choose_sample(self, index: int) -> None:
        """Show the sample at place `index` of the batch."""
        count = 0 if self._trace is None else len(self._trace.rows)
        if 0 <= index < count and index != self._sample:
            self._sample = index
            self._show()

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
        if self._trace is None:
            self.stopped.emit(self._problem)
            return
        self._index = READY
        self._document.timeline.close_entry()
        self._runner.start()
        self.run_changed.emit()

    def pause(self) -> None:
        """End a run: it becomes one entry of the history."""
        if not self.running:
            return
        self._runner.stop()
        self._document.timeline.close_entry()
        self._identity = None
        self._document.publish("Train")
        self._compute()
        self.run_changed.emit()
        self._show()

    def _tick(self) -> None:
        timeline = self._document.timeline
        base = timeline.base
        try:
            timeline.advance(1_000_000, self._runner.is_over)
        except NonFinite as error:
            self.pause()
            self.stopped.emit(f"Stopped after iteration {self.iteration:,}: {error}")
            return
        if timeline.base is not base:
            # Replaying came over an edit of the line: the views must follow it.
            self._document.publish("Train")
        self._compute_trace()
        self._shown = None
        self.stepped.emit()
        self.curve_changed.emit()

    # -- following the document --------------------------------------------------------------

    def _on_edited(self, edit: Edit) -> None:
        if edit.is_cosmetic:
            self._rebuild_frames()
            self._shown = None
            return
        self._compute()

    def _on_replaced(self) -> None:
        self._index, self._sample, self._identity = READY, 0, None
        self._frames = None
        self._compute()

    def _on_edit_done(self) -> None:
        self.stepped.emit()
        self.curve_changed.emit()

    def _show(self) -> None:
        self._shown = None
        self._remember_frame()
        self.stepped.emit()

    def _compute(self) -> None:
        """Make the trace anew; the cursor stays on its frame, or goes to its phase's start."""
        self._compute_trace()
        self._rebuild_frames()
        if self._trace is not None:
            self._document.timeline.record_loss()

    def _compute_trace(self) -> None:
        self._trace, self._shown = None, None
        timeline = self._document.timeline
        try:
            self._problem = first_problem(timeline.base)
            if not self._problem:
                self._trace = trace(self.program, self.rows, timeline.base.training, timeline.state)
                self._sample = min(self._sample, len(self._trace.rows) - 1)
        except NonFinite as error:
            self._problem = str(error)

    def _rebuild_frames(self) -> None:
        if self._trace is None:
            self._frames, self._index = None, READY
            return
        network = self.program.network
        grain: Grain = "term" if self._grain == "term" else "neuron"
        known = self._frames
        if known is None or known.network is not network or known.grain != grain:
            training = self._document.timeline.base.training
            self._frames = frames(self.program, grain, training, len(self._trace.rows))
            self._index = self._find(self._identity)
        self._shown = None

    def _remember_frame(self) -> None:
        frame, held = self.frame, self._frames
        self._identity = None
        if frame is not None and held is not None:
            network = held.network
            node = network.nodes[frame.node].id if frame.node >= 0 else ""
            edge = network.edges[frame.edge].name if frame.edge >= 0 else ""
            self._identity = (frame.phase, frame.kind, node, edge)

    def _find(self, identity: tuple[str, str, str, str] | None) -> int:
        """Return the index of a frame remembered by name, or of its phase's first."""
        if identity is None or self._frames is None:
            return READY
        phase, kind, node_id, edge_name = identity
        network = self._frames.network
        node = network.node_index.get(node_id, -1)
        edge = network.edge_index.get(edge_name, -1)
        first = READY
        for index, frame in enumerate(self._frames):
            if frame.phase == phase:
                first = index if first == READY else first
                if (frame.kind, frame.node, frame.edge) == (kind, node, edge):
                    return index
        return first
