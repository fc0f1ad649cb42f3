"""The timeline's lower lane: the whole history with its losses, edits and bookmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.document.line_map import LineMap, Mark
from bpviz.model.counts import grouped
from bpviz.model.history import Place
from bpviz.ui.panels.lane import ENDS, LABEL_GAP, TEXT, Lane, placed_labels
from bpviz.ui.plots.scales import drawable
from bpviz.ui.style import Theme, mix, scaled_font

TOP: Final = 4
STRIP: Final = 20
HEIGHT: Final = 40
KNOB: Final = 5.5
# A press this near to a mark means the mark.
SNAP: Final = 4.0
# Marks nearer to each other are drawn as one.
TOGETHER: Final = 3.0
LONGEST_LABEL, SHORTEST_LABEL = 150.0, 90.0
MOST_IN_TIP: Final = 12
FLAG: Final = 6.0
FAR: Final = 20
AHEAD: Final = 0.4
# More than a line is wide.
MARGIN: Final = 3.0

FloatArray = NDArray[np.float64]


class Stretch(NamedTuple):
    """The losses of one leg of the line: how far along [P], and the loss there [P]."""

    along: FloatArray
    loss: FloatArray


class Run(NamedTuple):
    """A line without gaps: its points, and the x of each [P], rising."""

    x: FloatArray
    points: list[QPointF]

    def within(self, left: float, right: float) -> QPolygonF:
        """Return the points between two x, and those next to them: the line there is the same."""
        low = max(int(np.searchsorted(self.x, left - MARGIN)) - 1, 0)
        high = int(np.searchsorted(self.x, right + MARGIN)) + 1
        return QPolygonF(self.points[low:high])


class Cluster(NamedTuple):
    """Marks that are drawn as one, at `x`."""

    x: float
    marks: tuple[Mark, ...]

    @property
    def starred(self) -> list[Mark]:
        """The bookmarks among them."""
        return [mark for mark in self.marks if mark.kind == "bookmark"]

    @property
    def label(self) -> tuple[str, str]:
        """The name of the last bookmark or the one edit, and how many bookmarks are there too."""
        starred = self.starred
        if starred:
            return f"★ {starred[-1].label}", f" +{len(starred) - 1}" if len(starred) > 1 else ""
        return self.marks[0].label if len(self.marks) == 1 else f"{len(self.marks)} changes", ""


class HistoryLane(Lane):
    """Shows the line from its start to its end; what lies ahead of the position is dim."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "history", parent)
        self._map: LineMap | None = None
        self._place: Place = (0, 0)
        self._losses: Sequence[Stretch] = ()
        self._about = ""
        self._drawn: tuple[tuple[object, ...], list[Run]] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_scale(1.0)

    def show_line(
        self, line_map: LineMap, place: Place, losses: Sequence[Stretch], about: str
    ) -> None:
        """Show a line with its losses and the position on it; `about` says where that is."""
        self._map, self._place, self._losses, self._about = line_map, place, losses, about
        self.speak(f"History: {about}")
        self.update()

    def plain_height(self) -> int:
        """Return the lane's height at the usual size of texts."""
        return HEIGHT

    # -- places ------------------------------------------------------------------------------------

    def x_of(self, along: float) -> float:
        """Return where the distance `along` the line is drawn."""
        length = max(self._map.length if self._map else 0, 1)
        return ENDS + (self.width() - 2 * ENDS) * along / length

    def clusters(self) -> list[Cluster]:
        """Return the marks, those too near to be told apart put together."""
        found: list[Cluster] = []
        for mark in self._map.marks if self._map else ():
            x = self.x_of(mark.along)
            if found and x - found[-1].x <= TOGETHER:
                found[-1] = Cluster(found[-1].x, (*found[-1].marks, mark))
            else:
                found.append(Cluster(x, (mark,)))
        return found

    def _near(self, x: float) -> Cluster | None:
        near = [cluster for cluster in self.clusters() if abs(cluster.x - x) <= SNAP]
        return min(near, key=lambda cluster: abs(cluster.x - x), default=None)

    def target_at(self, x: float) -> Place | None:
        """Return the place drawn at `x`; near a mark the place right behind it."""
        if self._map is None:
            return None
        near = self._near(x)
        if near is not None and near.x > ENDS:
            return near.marks[-1].place
        share = (x - ENDS) / max(self.width() - 2 * ENDS, 1)
        return self._map.place(round(min(max(share, 0.0), 1.0) * self._map.length))

    def target_by(self, move: str) -> Place | None:
        """Return the next iteration, the next twentieth of the line, or its start or end."""
        line = self._map
        if line is None:
            return None
        along = line.along(self._place)
        far = max(line.length // FAR, 1)
        if move == "start":
            return (0, 0)
        step = {"back": -1, "forward": 1, "far_back": -far, "far_forward": far, "end": line.length}
        return line.place(along + step[move])

    def tip_at(self, x: float) -> str:
        """Return the iteration at `x`, with its loss and what was changed there."""
        if self._map is None:
            return ""
        near = self._near(x)
        lines = []
        if near is not None:
            last = near.marks[-MOST_IN_TIP:]
            lines = [("★ " if m.kind == "bookmark" else "") + m.label for m in last]
            if len(near.marks) > len(lines):
                lines.insert(0, f"… and {len(near.marks) - len(lines)} before")
        place = self.target_at(x)
        assert place is not None
        iteration = self._map.iteration(self._map.along(place))
        return "\n".join([*lines, f"Iteration {grouped(iteration)}: click or drag to go there"])

    # -- painting ----------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Paint the strip, the losses, the marks with their labels, and the knob."""
        theme = self._theme
        here = self.x_of(self._map.along(self._place)) if self._map else float(ENDS)
        strip = QRectF(ENDS, TOP, self.width() - 2 * ENDS, STRIP)
        painter.setPen(QPen(QColor(theme.border), 1.0))
        painter.setBrush(QColor(theme.field))
        painter.drawRoundedRect(strip.adjusted(-0.5, -0.5, 0.5, 0.5), 3, 3)
        self._paint_losses(painter, strip, here)
        clusters = self.clusters()
        self._paint_marks(painter, clusters, here)
        self._paint_labels(painter, clusters)
        painter.setPen(QPen(QColor(theme.window), 1.5))
        painter.setBrush(QColor(theme.text))
        painter.drawEllipse(QPointF(here, TOP + STRIP / 2), KNOB, KNOB)

    def _paint_losses(self, painter: QPainter, strip: QRectF, here: float) -> None:
        """Paint the curves, in full colour up to `here` and dim from there on."""
        theme = self._theme
        curves = self._curves_in(strip.adjusted(0, 3, 0, -3))
        for passed in (False, True):
            color = theme.positive if passed else mix(theme.field, theme.positive, AHEAD)
            painter.setPen(QPen(QColor(color), 1.5))
            # Each part is painted once: what is clipped away would cost as much as what is seen.
            left, right = (strip.left(), here) if passed else (here, strip.right())
            if right - left < 1.0:
                continue
            painter.setClipRect(QRectF(left, strip.top(), right - left, strip.height()))
            for run in curves:
                painter.drawPolyline(run.within(left, right))
        painter.setClipping(False)

    def _curves_in(self, box: QRectF) -> list[Run]:
        """Return the losses as lines within `box`, made anew only where they or it are others."""
        length = max(self._map.length if self._map else 0, 1)
        key = (box, length, *(array.tobytes() for stretch in self._losses for array in stretch))
        if self._drawn is None or self._drawn[0] != key:
            scaled = _scaled([stretch.loss for stretch in self._losses])
            lines = [
                run
                for stretch, height in zip(self._losses, scaled, strict=True)
                for run in _runs(
                    box.left() + box.width() * stretch.along / length,
                    box.bottom() - height * box.height(),
                )
            ]
            self._drawn = (key, lines)
        return self._drawn[1]

    def _paint_marks(self, painter: QPainter, clusters: list[Cluster], here: float) -> None:
        for cluster in clusters:
            painter.setPen(QPen(QColor(self._mark_color(cluster, here)), 1.5))
            top, bottom = TOP - 2.0, TOP + STRIP + 2.0
            painter.drawLine(QLineF(cluster.x, top, cluster.x, bottom))
            if cluster.starred:
                # A flag, so that bookmarks differ from edits by more than their colour.
                painter.setBrush(painter.pen().color())
                points = [(0.0, top), (FLAG, top + FLAG / 2), (0.0, top + FLAG)]
                painter.drawPolygon(QPolygonF([QPointF(cluster.x + x, y) for x, y in points]))

    def labels(self, clusters: list[Cluster]) -> list[tuple[str, QRectF]]:
        """Return the texts under the strip and their boxes: each begins at its mark if it can."""
        metrics = QFontMetricsF(scaled_font(self.font(), self._text_size))
        longest = LONGEST_LABEL * self._text_size / TEXT
        texts: list[str] = []
        ahead = [*(each.x for each in clusters[1:]), float(self.width())]
        end = float(ENDS)
        for cluster, following in zip(clusters, ahead, strict=False):
            name, more = cluster.label
            # Rather a shorter name than none, as long as it can be told from others.
            room = max(following - cluster.x - LABEL_GAP, SHORTEST_LABEL)
            if len(texts) == len(clusters) - 1:
                # The last one may end at its mark, or at the lane's end.
                room = max(room, self.width() - ENDS - end - LABEL_GAP)
            room = min(longest, room) - metrics.horizontalAdvance(more)
            texts.append(metrics.elidedText(name, Qt.TextElideMode.ElideRight, room) + more)
            end = max(cluster.x, end) + metrics.horizontalAdvance(texts[-1])
        wanted = [
            (each.x, metrics.horizontalAdvance(text), int(bool(each.starred)))
            for each, text in zip(clusters, texts, strict=True)
        ]
        top, height = TOP + STRIP + 2.0, metrics.height()
        return [
            (texts[place], QRectF(left, top, wanted[place][1], height))
            for place, left in placed_labels(wanted, ENDS, self.width() - ENDS, share=0.0)
        ]

    def _paint_labels(self, painter: QPainter, clusters: list[Cluster]) -> None:
        painter.setFont(scaled_font(self.font(), self._text_size))
        painter.setPen(QColor(self._theme.muted))
        ascent = painter.fontMetrics().ascent()
        for text, box in self.labels(clusters):
            painter.drawText(QPointF(box.left(), box.top() + ascent), text)

    def _mark_color(self, cluster: Cluster, here: float) -> str:
        theme = self._theme
        color = theme.update if cluster.starred else theme.negative
        return mix(theme.window, color, 0.55) if cluster.x > here + 0.5 else color


def _scaled(losses: Sequence[FloatArray]) -> list[FloatArray]:
    """Return the losses from 0 (lowest) to 1, logarithmic where they span much."""
    every = np.concatenate([np.empty(0), *losses])
    finite = every[np.isfinite(every)]
    logarithmic = bool(finite.size and finite.min() > 0 and finite.max() > 20 * finite.min())
    shown = [drawable(loss, logarithmic) for loss in losses]
    known = drawable(finite, logarithmic)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    size = high - low
    return [
        (loss - low) / size if size > 0 else np.where(np.isfinite(loss), 0.5, np.nan)
        for loss in shown
    ]


def _runs(x: FloatArray, y: FloatArray) -> list[Run]:
    """Return the points as lines, broken where there is no value."""
    found: list[Run] = []
    for piece in np.split(np.arange(len(x)), np.flatnonzero(~np.isfinite(y))):
        kept = piece[np.isfinite(y[piece])]
        if len(kept) > 1:
            points = map(QPointF, x[kept].tolist(), y[kept].tolist())
            found.append(Run(x[kept], list(points)))
    return found
