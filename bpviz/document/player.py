"""The player: a cursor over the frames of an iteration and over the history line, that runs."""

from __future__ import annotations

from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer

from bpviz.document.document import Document
from bpviz.document.runner import Runner
from bpviz.document.stage import Stage
from bpviz.document.stepper import StepGrain, Stepper, fitting
from bpviz.document.stops import Stops, Watch
from bpviz.document.travel import work
from bpviz.engine.errors import NonFinite
from bpviz.engine.statistics import layer_norms
from bpviz.model.counts import grouped
from bpviz.model.edit import Edit

__all__ = ["Player", "StepGrain"]

LONG_RUN = 1_000_000_000
# What takes more multiplications than this (2,000 iterations of a small network) to the end of the
# epoch is stepped over as a run, so that the window answers.
LONG_EPOCH = 40_000_000
# Played faster than this, in ms, several steps are taken between two pictures.
SHORTEST_BEAT = 30
# What a slow picture delays is caught up with, but no more than this many seconds of it.
LONGEST_DEBT = 0.25


class Player(Stepper):
    """Steps by hand, plays steps at a speed, or trains as fast as it goes.

    `playing` is either; while it is `running`, views show the state reached at each tick.
    """

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(document, parent)
        self._speed = 0.0
        self._watch: Watch | None = None
        self._runner = Runner(self._tick, self)
        self._owed = 0.0
        self._beat_at = 0.0
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        document.about_to_edit.connect(self.pause)
        document.edited.connect(self._on_edited)
        document.replaced.connect(self._on_replaced)
        document.edit_done.connect(self._on_edit_done)

    @property
    def running(self) -> bool:
        """Whether training runs as fast as it goes."""
        return self._runner.running

    @property
    def playing(self) -> bool:
        """Whether anything moves by itself: a run, or steps at the chosen speed."""
        return self.running or self._beat.isActive()

    @property
    def speed(self) -> float:
        """Steps per second when playing; 0 trains as fast as it goes."""
        return self._speed

    @property
    def pace(self) -> float:
        """Seconds that plots should wait between two drawings in a run, so that it stays fluent."""
        return self._runner.pace if self.running else 0.0

    def set_speed(self, speed: float) -> None:
        """Play `speed` steps per second from now on, 0 for as fast as it goes."""
        playing, watch = self.playing, self._watch
        self.pause()
        self._speed = speed
        if playing:
            self._start(watch)

    # -- runs --------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Run, or pause."""
        if self.playing:
            self.pause()
        else:
            self.run()

    def run(self, stops: Stops | None = None) -> None:
        """Train, or play steps at the chosen speed, until paused or until one of `stops` holds."""
        if self.playing:
            return
        if self.trace is None:
            self.stopped.emit(self.problem)
            return
        self.travel.cancel()
        self.rest()
        self.about_to_train.emit()
        self._start(None if stops is None else Watch(stops, self.iteration, self))

    def _start(self, watch: Watch | None) -> None:
        self._watch = watch
        if self._speed:
            self._owed, self._beat_at = 0.0, perf_counter()
            self._beat.start(max(round(1000 / self._speed), SHORTEST_BEAT))
        else:
            self._stage.forget_frame()
            self._document.timeline.close_entry()
            self._runner.start()
        self.run_changed.emit()

    def pause(self) -> None:
        """End a run: it becomes one entry of the history."""
        super().pause()
        self._watch = None
        if self._beat.isActive():
            self._beat.stop()
            self.run_changed.emit()
        if not self.running:
            return
        self._runner.stop()
        self._document.timeline.close_entry()
        self._stage.forget_frame()
        self._document.publish("Train")
        self._stage.compute()
        self.run_changed.emit()
        self.stepped.emit()

    def step_forward(self, grain: StepGrain | None = None) -> None:
        """Show the next frame; behind the last one the update is applied."""
        if (grain or self.grain) == "epoch" and not self._speed and self._is_long_epoch():
            self.pause()
            self.run(Stops(iterations=self._to_epoch_end()))
        else:
            super().step_forward(grain)

    def _is_long_epoch(self) -> bool:
        """Whether it takes long to get to the end of the epoch."""
        length = self.epoch_length
        return length > 0 and work(self._document.timeline, self._to_epoch_end()) > LONG_EPOCH

    def _on_beat(self) -> None:
        """Do the next steps of those played at a speed: one, or all that are due since the last."""
        before = self.iteration
        now = perf_counter()
        self._owed += min(now - self._beat_at, LONGEST_DEBT) * self._speed
        self._beat_at = now
        due = 1 if self._speed <= 1000 / SHORTEST_BEAT else max(int(self._owed), 1)
        self._owed -= min(due, self._owed)
        most = LONG_RUN if self._watch is None else self._watch.next_look(self.iteration)
        self._forward_by(due, most)
        if self.trace is None:
            self.pause()
        elif self.iteration != before:
            self._stop_where_due()

    def _tick(self) -> None:
        timeline = self._document.timeline
        network = timeline.base.network
        try:
            why = self._train_a_slice()
        except NonFinite as error:
            self.pause()
            self.stopped.emit(self._told(self.as_drawn(str(error))))
            return
        if timeline.base.network is not network:
            # Replaying came over an edit of the line: the views must follow it.
            self._document.publish("Train")
        self._stage.compute_trace()
        if self.problem or why:
            self._end(why or self.problem)
            return
        self.stepped.emit()
        self.curve_changed.emit()

    def _train_a_slice(self) -> str:
        """Train until the slice of time is over; return why the run stops, empty if it goes on."""
        timeline, watch = self._document.timeline, self._watch
        if watch is None:
            timeline.advance(LONG_RUN, self._runner.is_over)
            return ""
        while not self._runner.is_over():
            if not timeline.advance(watch.next_look(self.iteration), self._runner.is_over):
                break
            why = watch.reason(self.iteration)
            if why:
                return self._told(why)
        return ""

    def _stop_where_due(self) -> None:
        """Pause where one of the conditions of the run holds."""
        if self._watch is not None:
            why = self._watch.reason(self.iteration)
            if why:
                self._end(self._told(why))

    def _told(self, why: str) -> str:
        return f"Stopped after iteration {grouped(self.iteration)}: {why}"

    def _end(self, why: str) -> None:
        self.pause()
        self.stopped.emit(why)

    def on_kernel_arrived(self) -> None:
        """Compute with the kernel that has come: what trains next is an entry of its own."""
        if not self.running and self.trace is not None:
            self._stage.compute()
            self.stepped.emit()

    # -- what a watch asks -------------------------------------------------------------------

    def training_loss(self) -> float:
        """Return the loss over all training rows at the position; NonFinite where it is none."""
        timeline = self._document.timeline
        return timeline.workshop.trainer(timeline.base).loss(timeline.state.theta, "train")

    def gradient_sizes(self) -> tuple[float, ...]:
        """Return ‖∂E/∂W‖ of each layer in the last iteration, of the next where that is gone."""
        timeline = self._document.timeline
        trainer = timeline.workshop.trainer(timeline.base)
        gradient = trainer.last_gradient(timeline.state)
        if gradient is None:
            gradient = trainer.trace(timeline.state).gradient
        return layer_norms(self.program, gradient)

    # -- following the document --------------------------------------------------------------

    def _on_edited(self, _edit: Edit) -> None:
        self._stage.follow(self._document.timeline)

    def _on_replaced(self) -> None:
        self._stage = Stage(self._document.timeline)
        self._stage.walk_by(fitting(self._grain, self._grain))
