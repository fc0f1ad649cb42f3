"""Numbers set on the drawing: typed, dragged or turned, tried out first and then kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.edit import Edit, EditError, apply, diff
from bpviz.ui.canvas.cards import loss_symbol
from bpviz.ui.canvas.gestures import Gesture, Stage
from bpviz.ui.canvas.quantities import Quantity, quantities_of, quantity_edit
from bpviz.ui.canvas.scrub import LARGEST, PressNumber, ScrubNumber, step_of
from bpviz.ui.numbers import format_number, full_number, localised

# A turn of the wheel counts as done when it rested for so long.
REST_MS: Final = 500
DIGITS: Final = 5


class TrialStage(Stage, Protocol):
    """What numbers on the drawing need of the scene."""

    def refuse(self, reason: str, at: QPointF) -> None:
        """Show, at a point, a line of text."""


class NumberTrials(QObject):
    """Sets numbers of the drawing, on one document and player.

    `chosen` carries the Quantity whose number was clicked: a field to type into is wanted there.
    What is dragged or turned is shown as a trial until it is let go, then it is one Edit.
    """

    chosen = Signal(object)

    def __init__(
        self, scene: TrialStage, document: Document, player: Player, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._scene = scene
        self._document = document
        self._player = player
        self._kept: Edit | None = None
        self._loss_before = 0.0
        self._turned: tuple[Quantity, float] | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.flush)
        document.about_to_edit.connect(self.flush)
        document.edited.connect(self._forget)
        document.replaced.connect(self._forget)
        player.about_to_train.connect(self.flush)
        player.stepped.connect(self._on_stepped)

    # -- what a press begins -------------------------------------------------------------------

    def gesture(
        self, at: QPointF, quantity: Quantity, press: Callable[[], Gesture | None], *, drag: bool
    ) -> Gesture | None:
        """Return the gesture that a press on a number begins.

        A number inside a node is dragged only with `drag` (Alt), else the node is; it is clicked
        only where the node was selected before. `press` is what a press there does otherwise.
        """
        scene = self._scene
        if not quantity.is_inside or drag:
            if quantity.kind == "weight":
                scene.select([], [quantity.name])
            elif quantity.kind != "target":
                scene.select([quantity.name], [])
            return ScrubNumber(scene, at, quantity, self, self.chosen.emit)
        was_selected = scene.selected_nodes() == [quantity.name]
        gesture = press()
        if gesture is None or not was_selected:
            return gesture
        return PressNumber(scene, at, quantity.name, quantity, self.chosen.emit)

    def known(self, quantity: Quantity) -> Quantity | None:
        """Return a number, its value read off the data where no step has come to it yet.

        None where that is not there, or hidden to be predicted.
        """
        if not math.isnan(quantity.value):
            return quantity
        row, ids = self._row(), [node.id for node in self._document.session.network.inputs]
        if row < 0 or quantity.name not in ids or self._player.hidden.kinds:
            return None
        value = self._player.rows.inputs[row, ids.index(quantity.name)]
        return replace(quantity, value=float(value))

    def numbers_of(self, kind: str, name: str) -> list[Quantity]:
        """Return the numbers of a "node" or an "edge" that can be set."""
        self._player.pause()
        found = map(self.known, quantities_of(self._scene.picture, kind, name))
        return [each for each in found if each is not None]

    # -- trials --------------------------------------------------------------------------------

    def edit_of(self, quantity: Quantity, value: float) -> Edit:
        """Return the Edit that sets a number; EditError where that can't be."""
        return quantity_edit(self._document.session, quantity, value, self._row())

    def try_out(self, quantity: Quantity, value: float, at: QPointF) -> Edit | None:
        """Show all as it would be with this number, and the loss beside the pointer.

        Return the Edit that would make it so; None, and a tip that says why, where it can't be.
        A run that has begun meanwhile only ends: the number was one of before it. A lane that is
        held still is let go, for the Edit changes the session at the place shown.
        """
        if self._player.running:
            self._player.pause()
            return None
        self._player.rest()
        try:
            edit = self.edit_of(quantity, value)
        except EditError as refused:
            self._scene.refuse(str(refused), at)
            return None
        before = self._player.trace
        if before is not None and self._player.trial is self._kept:
            self._loss_before = before.loss
        self._player.try_out(edit)
        self._scene.refuse(self._told(quantity, value), at)
        return edit

    def end(self) -> None:
        """Show all as it is, or as it was tried out before."""
        self._player.try_out(self._kept)

    def keep_trying(self, quantity: Quantity, value: float) -> None:
        """Show all with this number until the trial is ended; the session stays as it is.

        What is tried out already stays so. EditError where the number can't be.
        """
        self._player.pause()
        session = self._document.session
        tried = session if self._kept is None else apply(session, self._kept)
        after = apply(tried, quantity_edit(tried, quantity, value, self._row()))
        names = [] if self._kept is None else [self._kept.label.removeprefix("Try ")]
        names.append(f"{quantity.title} = {full_number(value)}")
        self._kept = diff(session, after, f"Try {', '.join(names)}")
        self._player.try_out(self._kept)

    def stop_trying(self) -> bool:
        """End the trial that is kept; return whether there was one."""
        was_there, self._kept = self._kept is not None, None
        if was_there:
            self._player.try_out(None)
        return was_there

    @property
    def kept(self) -> Edit | None:
        """What is tried out until it is ended, None where nothing is."""
        return self._kept

    def keep(self) -> None:
        """Make what is tried out so: one Edit."""
        if self._kept is not None:
            self._document.push(self._kept)

    # -- the wheel -----------------------------------------------------------------------------

    def turn(self, quantity: Quantity, notches: float, at: QPointF) -> None:
        """Move a number by `notches` fine steps; once the wheel rests that is one Edit."""
        turned = self._turned
        if turned is not None and (turned[0].kind, turned[0].name) != (
            quantity.kind, quantity.name,
        ):  # fmt: skip
            self.flush()
            turned = None
        value = turned_by(quantity.value if turned is None else turned[1], notches)
        if self.try_out(quantity, value, at) is not None:
            self._turned = (quantity, value)
            self._rest.start()

    def flush(self) -> None:
        """Make what the wheel turned an Edit now."""
        self._rest.stop()
        if self._turned is None:
            return
        (quantity, value), self._turned = self._turned, None
        self._scene.push(self.edit_of(quantity, value), quantity.box.center())

    def _row(self) -> int:
        """Return the chosen sample's row, −1 where there is none."""
        batch = self._player.batch
        return batch[self._player.sample] if batch else -1

    def _told(self, quantity: Quantity, value: float) -> str:
        """Return what a trial changes: the number, and the loss before and now."""
        text = f"{quantity.title} = {full_number(value)}"
        trace = self._player.trace
        if trace is None:
            return f"{text}\n{localised(self._player.problem)}"
        if self._player.hidden.kinds:
            return text  # the loss would give away what is to be predicted
        before, now = (format_number(each, DIGITS) for each in (self._loss_before, trace.loss))
        return f"{text}\n{loss_symbol(self._document.session)} {before} → {now}"

    def _on_stepped(self) -> None:
        if self._player.trial is None:  # it ends with its iteration
            self._kept, self._turned = None, None

    def _forget(self, _edit: Edit | None = None) -> None:
        self._kept, self._turned = None, None
        self._rest.stop()


def turned_by(value: float, notches: float) -> float:
    """Return `value` moved by `notches` fine steps, a tenth of those of dragging."""
    step = step_of(value) / 10.0
    digits = max(0, round(2 - math.log10(step)))
    moved = round(value + notches * step, digits)
    return min(max(moved, -LARGEST), LARGEST) + 0.0
