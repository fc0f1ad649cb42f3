"""What is shown: the trace at the position, a cursor over its frames, and their snapshot."""

from __future__ import annotations

from bpviz.document.curves import take_gradient
from bpviz.document.timeline import Timeline
from bpviz.document.trial import trial_trace
from bpviz.engine.backprop import Trace
from bpviz.engine.errors import NonFinite
from bpviz.engine.frames import Frame, FrameList, Grain, frames
from bpviz.engine.snapshot import Snapshot, running_snapshot, snapshot
from bpviz.explain.problems import in_words
from bpviz.model.edit import Edit

READY = -1


class Stage:
    """The trace of the iteration that starts at the timeline's position, and a cursor over it.

    `index` counts frames of `frames`; −1 is ready, before the first. With a `trial`, an Edit of
    numbers that nobody made, all is shown as it would be after it.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._identity: tuple[str, str, str, str] | None = None
        self._snapshot: Snapshot | None = None
        self._grain: Grain = "neuron"
        self.trial: Edit | None = None
        self._made_for: tuple[object, ...] = ()
        self.index = READY
        self._chosen = 0
        self.lack = ""
        self.problem = ""
        self.trace: Trace | None = None
        self.frames: FrameList | None = None
        self.compute()

    @property
    def frame(self) -> Frame | None:
        """The frame at the cursor, None when ready or without a trace."""
        return self.frames[self.index] if self.index >= 0 and self.frames is not None else None

    @property
    def sample(self) -> int:
        """The chosen sample's place in the batch; at the frame of a single sample, that one's."""
        frame = self.frame
        return frame.sample if frame is not None and frame.sample >= 0 else self._chosen

    def snapshot(self, *, running: bool) -> Snapshot | None:
        """Return every number that may be shown now, None without a trace."""
        if self._snapshot is None:
            self._snapshot = self.snapshot_of(self.sample, running=running)
        return self._snapshot

    def snapshot_of(self, sample: int, *, running: bool) -> Snapshot | None:
        """Return what `snapshot` would be with `sample`, a place in the batch, chosen."""
        if self.trace is None or self.frames is None:
            return None
        if running:
            return running_snapshot(self.trace, self.frames, sample)
        return snapshot(self.trace, self.frames, self.index, sample, self._grain)

    def move_to(self, index: int) -> None:
        """Put the cursor on the frame at `index`; −1 is ready."""
        count = 0 if self.frames is None else len(self.frames)
        self.index = min(max(index, READY), count - 1)
        self._snapshot = None
        self._remember()

    def choose_sample(self, sample: int) -> None:
        """Show the sample at place `sample` of the batch; its frame where another's is shown."""
        self._chosen = sample
        self._snapshot = None
        frame = self.frame
        if frame is not None and frame.sample >= 0:
            self.move_to(self.index + sample - frame.sample)

    def walk_by(self, grain: Grain) -> None:
        """Walk by steps of `grain`; the cursor stays on its frame where that exists."""
        self._grain = grain
        self.rebuild_frames()

    def follow(self, timeline: Timeline) -> None:
        """Show another line from now on."""
        self._timeline = timeline
        self.trial = None
        self.compute()

    def try_out(self, trial: Edit | None) -> None:
        """Show the iteration as it would be after `trial`, or as it is."""
        self.trial = trial
        self.compute_trace()
        self.rebuild_frames()

    def compute(self) -> None:
        """Make the trace anew; the cursor stays on its frame, or goes to its phase's start."""
        self.compute_trace()
        self.rebuild_frames()
        if self.trace is not None:
            timeline = self._timeline
            timeline.record_loss()
            program = timeline.workshop.program(timeline.base)
            take_gradient(timeline.curve, program, timeline.iteration, self.trace.gradient)

    def compute_trace(self) -> None:
        """Make the trace of the timeline's state anew."""
        self.trace, self._snapshot = None, None
        timeline = self._timeline
        base = timeline.base
        try:
            self.lack = timeline.workshop.problem(base)
            self.problem = in_words(self.lack)
            if not self.problem:
                self.trace = self._make_trace(timeline)
                self._chosen = min(self._chosen, len(self.trace.rows) - 1)
        except NonFinite as error:
            self.problem = str(error)

    def _make_trace(self, timeline: Timeline) -> Trace:
        if self.trial is not None:
            return trial_trace(timeline, self.trial)
        return timeline.trainer.trace(timeline.state)

    def rebuild_frames(self) -> None:
        """Make the frames anew where the network or the grain is another."""
        self._snapshot = None
        if self.trace is None:
            self.frames, self.index = None, READY
            return
        base = self._timeline.base
        program = self._timeline.workshop.program(base)
        terms = self._grain == "term"
        grain: Grain = "term" if terms else "neuron"
        batch = len(self.trace.rows)
        # Only single terms tell samples, penalty and the optimizer's lines apart.
        made_for = (program.levels, grain, (base.training, batch) if terms else None)
        if self.frames is None or self._made_for != made_for:
            self.frames = frames(program, grain, base.training, batch)
            self._made_for = made_for
            self.index = self._find()
        else:
            # Names and weights may be others; what is computed, and in which order, is not.
            self.frames.network = program.network

    def forget_frame(self) -> None:
        """Stand at ready, whatever frame was shown; a trial ends there."""
        self.index, self._identity, self._snapshot = READY, None, None
        if self.trial is not None:
            self.try_out(None)

    def _remember(self) -> None:
        """Keep the names of the frame shown: positions change when the network is edited."""
        frame, self._identity = self.frame, None
        if frame is not None and self.frames is not None:
            network = self.frames.network
            node = network.nodes[frame.node].id if frame.node >= 0 else ""
            edge = network.edges[frame.edge].name if frame.edge >= 0 else ""
            self._identity = (frame.phase, frame.kind, node, edge)

    def _find(self) -> int:
        """Return the index of the frame remembered, or of its phase's first."""
        if self._identity is None or self.frames is None:
            return READY
        phase, kind, node_id, edge_name = self._identity
        network = self.frames.network
        node = network.node_index.get(node_id, -1)
        edge = network.edge_index.get(edge_name, -1)
        first = READY
        for index, frame in enumerate(self.frames):
            if frame.phase == phase:
                first = index if first == READY else first
                if (frame.kind, frame.node, frame.edge) == (kind, node, edge):
                    return index
        return first
