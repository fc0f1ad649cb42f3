"""The timeline under the drawing: this iteration's frames, and the whole history, to scrub."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QLabel, QWidget

from bpviz.document.document import Document
from bpviz.document.line_map import LineMap
from bpviz.document.player import Player
from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.history_lane import HistoryLane, Stretch
from bpviz.ui.panels.iteration_lane import IterationLane
from bpviz.ui.panels.travel_bar import TravelBar
from bpviz.ui.plots.scales import LIVE_POINTS, taken, thinned
from bpviz.ui.style import Theme

# Redrawn at most this often while a run is on, in seconds.
LIVE_INTERVAL: Final = 0.2
CURVE_POINTS: Final = 600


class TimelineBar(QFrame):
    """Two lanes that follow the player and lead it: click, drag or move by keys."""

    def __init__(
        self, document: Document, player: Player, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._digits = 4
        self._drawn_at = 0.0
        self.iteration = IterationLane(theme, self._title)
        self.history = HistoryLane(theme)
        self.setObjectName("timeline_bar")
        layout = QGridLayout(self)
        layout.setContentsMargins(16, 2, 10, 2)
        layout.setHorizontalSpacing(10)
        layout.setVerticalSpacing(0)
        layout.setColumnStretch(1, 1)
        self._labels: list[QLabel] = []
        for row, (text, lane) in enumerate(
            (("This iteration", self.iteration), ("History", self.history))
        ):
            label = QLabel(text)
            label.setBuddy(lane)
            label.setProperty("role", "muted")
            label.setContentsMargins(0, 2, 0, 0)
            self._labels.append(label)
            layout.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(lane, row, 1)
        self._travel = TravelBar(player, self)
        layout.addWidget(self._travel, 2, 1)
        self.iteration.sought.connect(player.show_frame)
        self.history.sought.connect(player.scrub)
        self.history.rested.connect(player.rest)
        self.apply_theme(theme)
        self.refresh()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.refresh()

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large, for a projector."""
        for label in self._labels:
            size = round(QFontInfo(QApplication.font()).pixelSize() * factor)
            label.setStyleSheet("" if factor == 1.0 else f"font-size: {size}px;")
        for lane in (self.iteration, self.history):
            lane.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.setStyleSheet(
            f"#timeline_bar {{ background: {theme.window}; border-top: 1px solid {theme.border}; }}"
        )
        for lane in (self.iteration, self.history):
            lane.apply_theme(theme)

    def refresh_live(self) -> None:
        """Follow the player, but while a run is on no more often than the eye can."""
        if not self._player.running or time.monotonic() - self._drawn_at >= max(
            LIVE_INTERVAL, self._player.pace
        ):
            self.refresh()

    def refresh(self) -> None:
        """Show where the player stands."""
        self._drawn_at = time.monotonic()
        player = self._player
        self.iteration.show_frames(player.frames, -1 if player.running else player.frame_index)
        line_map = player.line_map
        place = self._document.timeline.place
        self.history.show_line(line_map, place, self._losses(line_map), self._about())

    def _losses(self, line_map: LineMap) -> list[Stretch]:
        """Return the losses of each leg by their distance along the line."""
        found: list[Stretch] = []
        if "loss" in self._player.hidden.kinds:
            return found
        moving = self._player.running or self._player.scrubbing
        most = LIVE_POINTS if moving else CURVE_POINTS
        for number, leg in enumerate(line_map.legs):
            curve = self._document.timeline.curves.by_leg.get(number)
            if curve is None:
                continue
            chosen = thinned(len(curve.iteration), most)
            along = taken(curve.iteration, chosen) - leg.iteration + leg.along
            loss = taken(curve.train, chosen)
            there = (along >= leg.along) & (along <= leg.along + leg.length)
            found.append(Stretch(along[there], loss[there]))
        return found

    def _about(self) -> str:
        player = self._player
        said = f"iteration {grouped(player.iteration)} of {grouped(player.last_iteration)}"
        if player.epoch:
            said += f", epoch {grouped(player.epoch)}"
        if "loss" in player.hidden.kinds:
            return f"{said}, loss ?"
        loss = player.curve.value_at(player.iteration)
        return said if loss is None else f"{said}, loss {format_number(loss, self._digits)}"

    def _title(self, index: int) -> str:
        """Return what the frame at `index` is called."""
        player = self._player
        if player.trace is None or player.frames is None or index < 0:
            return "Ready"
        frame = player.frames[index]
        return player.told(player.trace, frame, self._digits).title
