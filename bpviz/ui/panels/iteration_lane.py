"""The timeline's upper lane: the frames of this iteration, phase by phase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.engine.frames import GRAINS, FrameList, Grain, Phase
from bpviz.model.counts import grouped
from bpviz.ui.panels.lane import ENDS, Lane, placed_labels
from bpviz.ui.style import Theme, mix, scaled_font

TOP: Final = 5
BLOCK: Final = 13
HEIGHT: Final = 34
# A phase is never narrower: a network of a thousand units still shows its loss.
NARROWEST: Final = 16.0
# Blocks narrower than this are drawn by the next coarser grain.
FINEST: Final = 5.0
AHEAD: Final = 0.38


class Part(NamedTuple):
    """A phase's stretch: its frames from `start` to before `stop`, drawn from `left` on `width`."""

    phase: Phase
    start: int
    stop: int
    left: float
    width: float


class IterationLane(Lane):
    """Shows which frames the iteration has and which one is shown; frame −1 is ready."""

    def __init__(
        self, theme: Theme, title: Callable[[int], str], parent: QWidget | None = None
    ) -> None:
        """`title` returns what the frame at an index is called."""
        super().__init__(theme, "iteration", parent)
        self._title = title
        self._frames: FrameList | None = None
        self._index = -1
        self._phases: list[tuple[Phase, int, int]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_scale(1.0)

    def show_frames(self, frames: FrameList | None, index: int) -> None:
        """Show `frames` with the cursor at `index`; without frames there is nothing to walk."""
        if frames is not self._frames:
            self._frames = frames
            self._phases = [] if frames is None else _phases(frames)
        elif index == self._index:
            return
        self._index = index
        count = 0 if frames is None else len(frames)
        where = f"ready, {grouped(count)} steps" if count else "no steps"
        if index >= 0:
            where = f"step {grouped(index + 1)} of {grouped(count)}: {self._title(index)}"
        self.speak(f"This iteration: {where}")
        self.update()

    def plain_height(self) -> int:
        """Return the lane's height at the usual size of texts."""
        return HEIGHT

    # -- places ------------------------------------------------------------------------------------

    def parts(self) -> list[Part]:
        """Return where each phase is drawn."""
        room, left = max(self.width() - 2 * ENDS, 1), float(ENDS)
        total = sum(stop - start for _, start, stop in self._phases)
        least = min(NARROWEST, room / max(len(self._phases), 1))
        spare = room - least * len(self._phases)
        found = []
        for phase, start, stop in self._phases:
            width = least + spare * (stop - start) / total
            found.append(Part(phase, start, stop, left, width))
            left += width
        return found

    def x_of(self, index: int) -> float:
        """Return where the middle of the frame at `index` is drawn."""
        for part in self.parts():
            if index < part.stop and index >= 0:
                return part.left + part.width * (index + 0.5 - part.start) / _count(part)
        return float(ENDS)

    def target_at(self, x: float) -> int | None:
        """Return the frame drawn at `x`, ready left of the first."""
        parts = self.parts()
        if not parts or x < ENDS:
            return -1 if parts else None
        part = next((part for part in parts if x < part.left + part.width), parts[-1])
        inside = int((x - part.left) / part.width * _count(part))
        return part.start + min(max(inside, 0), _count(part) - 1)

    def target_by(self, move: str) -> int | None:
        """Return the next frame, the next phase's end, or the first or last frame."""
        frames, index = self._frames, self._index
        if frames is None or not len(frames):
            return None
        last = len(frames) - 1
        return {
            "back": max(index - 1, -1),
            "forward": min(index + 1, last),
            "far_back": frames.preceding(index, "phase") if index >= 0 else -1,
            "far_forward": min(frames.following(index, "phase"), last),
            "start": -1,
            "end": last,
        }[move]

    def tip_at(self, x: float) -> str:
        """Return the name of the frame at `x`."""
        index = self.target_at(x)
        if index is None or self._frames is None:
            return "Nothing to walk through yet"
        if index < 0:
            return "Ready: before the first step"
        return f"{self._title(index)} (step {grouped(index + 1)} of {grouped(len(self._frames))})"

    # -- painting ----------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Paint phases as rows of blocks, what lies ahead dim, and the cursor."""
        parts, theme = self.parts(), self._theme
        if self._frames is None:
            self._paint_nothing(painter)
            return
        grain = self._drawn_grain(parts)
        stops = self._frames.stops(grain)
        for part in parts:
            self._paint_part(painter, part, stops)
        self._paint_names(painter, parts)
        x = self.x_of(self._index) if self._index >= 0 else float(ENDS) - 3
        painter.setPen(QPen(QColor(theme.text), 2.0))
        painter.drawLine(QPointF(x, 2), QPointF(x, TOP + BLOCK + 3))

    def _drawn_grain(self, parts: list[Part]) -> Grain:
        """Return the finest grain whose blocks can be told apart."""
        assert self._frames is not None
        for grain in GRAINS:
            if GRAINS.index(grain) < GRAINS.index(self._frames.grain):
                continue
            stops = self._frames.stops(grain)
            blocks = [((stops >= part.start) & (stops < part.stop)).sum() for part in parts]
            if all(
                part.width / max(int(count), 1) >= FINEST
                for part, count in zip(parts, blocks, strict=True)
            ):
                return grain
        return "phase"

    def _paint_part(self, painter: QPainter, part: Part, stops: np.ndarray) -> None:
        theme, color = self._theme, phase_shade(self._theme, part.phase)
        dim = QColor(mix(theme.window, color, AHEAD))
        ends = stops[(stops >= part.start) & (stops < part.stop)] + 1
        begins = np.concatenate(([part.start], ends[:-1]))
        scale = part.width / _count(part)
        gap = 1.5 if scale * (ends - begins).min(initial=1) >= 2 * FINEST else 1.0
        painter.setPen(Qt.PenStyle.NoPen)
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            box = QRectF(
                part.left + (begin - part.start) * scale, TOP, (end - begin) * scale, BLOCK
            )
            box.adjust(0.0, 0.0, -gap, 0.0)
            here = begin <= self._index < end
            painter.setBrush(QColor(color) if end - 1 <= self._index or here else dim)
            painter.drawRoundedRect(box, 2, 2)

    def _paint_names(self, painter: QPainter, parts: list[Part]) -> None:
        painter.setFont(scaled_font(self.font(), self._text_size))
        painter.setPen(QColor(self._theme.muted))
        metrics = painter.fontMetrics()
        # Where there is no room for all, the widest phases keep their names.
        wanted = [
            (part.left, metrics.horizontalAdvance(part.phase), int(part.width)) for part in parts
        ]
        for index, left in placed_labels(wanted, ENDS, self.width() - ENDS, share=0.0):
            at = QPointF(left, TOP + BLOCK + 2 + metrics.ascent())
            painter.drawText(at, parts[index].phase)

    def _paint_nothing(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.field))
        painter.drawRoundedRect(QRectF(ENDS, TOP, self.width() - 2 * ENDS, BLOCK), 2, 2)


def phase_shade(theme: Theme, phase: str) -> str:
    """Return the colour of a phase's blocks: the loss stands back, and so does the reduction."""
    if phase == "loss":
        return theme.not_computed
    if phase == "reduce":
        return mix(theme.phase_color("reduce"), theme.phase_color("update"), 0.5)
    return theme.phase_color(phase)


def _phases(frames: FrameList) -> list[tuple[Phase, int, int]]:
    """Return the phases in order, each with its first frame and the one behind its last."""
    found: list[tuple[Phase, int, int]] = []
    for index, frame in enumerate(frames):
        if found and found[-1][0] == frame.phase:
            found[-1] = (frame.phase, found[-1][1], index + 1)
        else:
            found.append((frame.phase, index, index + 1))
    return found


def _count(part: Part) -> int:
    return part.stop - part.start
