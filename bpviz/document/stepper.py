"""Steps: the cursor over frames and history moves by a grain, both ways, or where it is sent."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject

from bpviz.document.document import Document
from bpviz.document.reset import reset_edit, start_place
from bpviz.document.showing import Showing
from bpviz.document.stage import READY
from bpviz.document.timeline import Timeline
from bpviz.document.travel import Travel
from bpviz.engine.errors import NonFinite
from bpviz.engine.frames import Grain
from bpviz.engine.hiding import Hidden
from bpviz.model.edit import Edit
from bpviz.model.history import Place, structure

StepGrain: TypeAlias = Literal["term", "neuron", "layer", "phase", "iteration", "epoch"]


class Stepper(Showing):
    """Shows one frame of one iteration's trace, and moves both ways.

    An iteration is computed whole; stepping only changes which frame is shown.
    """

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(document, parent)
        self._grain: StepGrain = "neuron"
        document.travel.failed.connect(self._on_travel_failed)

    @property
    def travel(self) -> Travel:
        """The way along the history that is under way."""
        return self._document.travel

    def set_hidden(self, hidden: Hidden) -> None:
        """Hide these numbers from now on, in all views."""
        if hidden != self._cover.hidden:
            self._cover.hidden = hidden
            self.stepped.emit()

    @property
    def grain(self) -> StepGrain:
        """What a step without a grain of its own moves by."""
        return self._grain

    def pause(self) -> None:
        """End what moves by itself."""
        self.travel.cancel()
        self.rest()

    # -- steps -------------------------------------------------------------------------------

    def set_grain(self, grain: StepGrain) -> None:
        """Choose what steps move by; the frame shown stays where it exists at that grain."""
        if grain == self._grain:
            return
        self._grain = grain
        self._stage.walk_by(fitting(grain, grain))
        self.stepped.emit()

    def step_forward(self, grain: StepGrain | None = None) -> None:
        """Show the next frame; behind the last one the update is applied."""
        self.pause()
        self._forward(grain or self._grain)

    def _forward(self, grain: StepGrain) -> None:
        listed = self._stage.frames
        if listed is None:
            self.stopped.emit(self.problem)
        elif grain == "epoch":
            self._apply(self._to_epoch_end(), "Step over an epoch")
        else:
            following = len(listed)
            if grain != "iteration":
                following = listed.following(self.frame_index, fitting(grain, self._grain))
            if following < len(listed):
                self._show(following)
            else:
                self._apply(1, "Step")

    def _forward_by(self, count: int, most: int) -> None:
        """Take `count` steps and show only the last; in one go no more than `most` iterations."""
        grain, listed = self._grain, self._stage.frames
        if count <= 1 or listed is None or grain == "epoch":
            self._forward(grain)
            return
        if grain == "iteration":
            self._apply(min(count, most), "Step")
            return
        stops, start = listed.stops(grain).tolist(), self.frame_index
        # Ready is a place too: a round of all places is an iteration.
        places = [READY, *stops]
        rounds, place = divmod(bisect_right(places, start) - 1 + count, len(places))
        if rounds:
            self._apply(min(rounds, most), "Step")
        if self.trace is not None and (rounds <= most) and places[place] != self.frame_index:
            self._show(places[place])

    def step_back(self, grain: StepGrain | None = None) -> None:
        """Show the frame before; before the first one, the last frame of the iteration before."""
        grain = grain or self._grain
        self.pause()
        if grain == "iteration":
            self.back_iteration()
            return
        if grain == "epoch":
            self._back_epoch()
            return
        if self.frame_index == READY:
            self._go_to_iteration(self.iteration - 1, partial(self._show_before, grain))
        else:
            self._show_before(grain)

    def _show_before(self, grain: StepGrain) -> None:
        """Show the frame before the one shown, the last of all where none is shown."""
        frames, start = self._stage.frames, self.frame_index
        if frames is not None:
            start = len(frames) if start == READY else start
            self._show(frames.preceding(start, fitting(grain, self._grain)))

    def step_iteration(self) -> None:
        """Apply the update: the next iteration is ready."""
        self.pause()
        self._apply(1, "Step")

    def _apply(self, count: int, label: str) -> None:
        """Train `count` iterations as single steps."""
        if self.trace is None:
            self.stopped.emit(self.problem)
            return
        self.about_to_train.emit()
        try:
            self._document.timeline.advance(count, by="step")
        except NonFinite as error:
            self.stopped.emit(self.as_drawn(f"Stopped: {error}"))
        self._stage.forget_frame()
        self._document.publish(label)
        if self.problem:
            self.stopped.emit(self.problem)

    def _to_epoch_end(self) -> int:
        return self.epoch_length - self.iteration % self.epoch_length

    def back_iteration(self) -> None:
        """Go to the start of this iteration; from there, to the one before."""
        self.pause()
        if self.frame_index != READY:
            self._show(READY)
        else:
            self._go_to_iteration(self.iteration - 1)

    def _back_epoch(self) -> None:
        """Go to the start of this epoch; from there, to the one before."""
        length = max(self.epoch_length, 1)
        if self.frame_index != READY and self.iteration % length == 0:
            self._show(READY)
        elif self.iteration > 0:
            self._go_to_iteration((self.iteration - 1) // length * length)

    def seek(self, iteration: int, then: Callable[[], None] | None = None) -> None:
        """Go to where `iteration` updates are applied on the history line, and show it ready.

        A long way is gone in slices; `then` is called once it is shown.
        """
        self.pause()
        self._go_to_iteration(iteration, then)

    def go_to(self, place: Place, then: Callable[[], None] | None = None) -> None:
        """Go to a place of the history line and show it ready; then call `then`, see `seek`."""
        self.pause()
        self._go(place, then)

    def go_to_start(self) -> None:
        """Go to the start of the history line."""
        self.go_to((0, 0))

    def go_to_end(self) -> None:
        """Go to the end of the history line."""
        self.go_to(self._document.timeline.line.end)

    def scrub(self, place: Place) -> None:
        """Go to a place of the history line; the frame shown stays the same.

        Without a frame all numbers of the iteration there are shown, until `rest`.
        """
        if not self._scrubbing:
            self.pause()
        timeline = self._document.timeline
        if not self.travel.is_near(timeline, place, partial(self._scrub_and_rest, place)):
            self.rest()
            return
        self._scrubbing = True
        timeline.go(place)
        if structure(timeline.base) != structure(self._document.session):
            self._document.publish(f"Go to iteration {timeline.iteration}")
            return
        self._stage.compute()
        self._on_edit_done()

    def _scrub_and_rest(self, place: Place) -> None:
        self.scrub(place)
        self.rest()

    def scrub_to(self, iteration: int) -> None:
        """Go to where `iteration` updates are applied, as `scrub` goes to a place."""
        timeline = self._document.timeline
        place = timeline.line.place_of(iteration, timeline.place)
        if place is not None:
            self.scrub(place)

    def rest(self) -> None:
        """End scrubbing: the document follows, and what is shown is what stepping shows."""
        if self._scrubbing:
            self._scrubbing = False
            self._stage.move_to(self.frame_index)
            self._document.publish(f"Go to iteration {self.iteration}")
            self._on_edit_done()

    def _go_to_iteration(self, iteration: int, then: Callable[[], None] | None = None) -> None:
        timeline = self._document.timeline
        place = timeline.line.place_of(iteration, timeline.place)
        if place is not None:
            self._go(place, then)

    def _go(self, place: Place, then: Callable[[], None] | None = None) -> None:
        """Move to `place` and stand ready there; a long way is gone in slices."""
        timeline = self._document.timeline
        if not self.travel.is_near(timeline, place, partial(self._go, place, then)):
            return
        self._stage.forget_frame()
        timeline.go(place)
        self._document.publish(f"Go to iteration {timeline.iteration}")
        self.stepped.emit()
        if then is not None:
            then()

    def _on_travel_failed(self, why: str) -> None:
        self.rest()
        self.stopped.emit(f"The history can be replayed no further: {self.as_drawn(why)}")

    def show_frame(self, index: int) -> None:
        """Show the frame at `index` of this iteration; −1 is ready."""
        self.pause()
        self._show(index)

    def _show(self, index: int) -> None:
        self._stage.move_to(index)
        self.stepped.emit()

    def reset(self) -> None:
        """Go back to iteration 0 with the present structure; a long way is gone in slices."""
        self.pause()
        timeline = self._document.timeline
        place = start_place(timeline)
        if place is None:
            self._show(READY)
        else:
            self.travel.visit(timeline, place, self._reset_to)

    def _reset_to(self, start: Timeline) -> None:
        timeline = self._document.timeline
        self._stage.forget_frame()
        edit = reset_edit(timeline.session, start.session)
        if edit is not None:
            self._document.push(edit)
            return
        timeline.meet(start)
        self._document.publish("Reset")
        self.stepped.emit()

    def choose_sample(self, index: int) -> None:
        """Show the sample at place `index` of the batch; its own frame where another's is shown."""
        if 0 <= index < len(self.batch) and index != self.sample:
            self._stage.choose_sample(index)
            self.stepped.emit()

    @property
    def trial(self) -> Edit | None:
        """What is only tried out: an Edit that the session does not have, None where all is so."""
        return self._stage.trial

    def try_out(self, trial: Edit | None) -> None:
        """Show this iteration as it would be after `trial`, an Edit of numbers; None ends that.

        The session stays as it is. Any edit and the end of the iteration end the trial.
        """
        self.pause()
        if trial is not self.trial:
            self._stage.try_out(trial)
            self.stepped.emit()

    # -- following the document --------------------------------------------------------------

    def _on_edit_done(self) -> None:
        self.stepped.emit()
        self.curve_changed.emit()


def fitting(grain: StepGrain, own: StepGrain) -> Grain:
    """Return the frames' `own` grain where they are coarser than `grain`."""
    if grain == "iteration" or grain == "epoch" or (grain == "term" and own != "term"):
        return "neuron"
    return grain
