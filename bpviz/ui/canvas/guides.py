"""Alignment while nodes are moved: lines through what they align with, and the snap to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import RADIUS, FloatArray
from bpviz.ui.style import Theme, guard

# Nodes snap from this far away, in pixels of the screen.
SNAP_PIXELS: Final = 7.0
GUIDE_LEVEL: Final = 5.0
# Of more nodes than this none is looked at for alignment: nobody sees single ones.
MOST_NODES: Final = 2000


class Snap(NamedTuple):
    """How far what moves must go on (dx, dy), and the guides to draw."""

    dx: float
    dy: float
    lines: tuple[QLineF, ...]


def snap(moving: FloatArray, still: FloatArray, reach: float) -> Snap:
    """Return the snap of nodes at `moving` [M, 2] to those at `still` [S, 2] within `reach`.

    In each direction the nearest alignment of centres counts. Guides run through all nodes that
    are aligned then.
    """
    if not len(moving) or not len(still) or len(still) > MOST_NODES:
        return Snap(0.0, 0.0, ())
    dx, dy = (_nearest(moving[:, axis], still[:, axis], reach) for axis in (0, 1))
    moved = np.add(moving, (dx or 0.0, dy or 0.0))
    lines: list[QLineF] = []
    if dx is not None:
        lines += _guides(moved, still, 0)
    if dy is not None:
        lines += _guides(moved, still, 1)
    return Snap(dx or 0.0, dy or 0.0, tuple(lines))


def _nearest(moving: FloatArray, still: FloatArray, reach: float) -> float | None:
    """Return the smallest move that brings one of `moving` onto one of `still`, None for none."""
    apart = still[None, :] - moving[:, None]
    best = float(apart.flat[int(np.argmin(np.abs(apart)))])
    return best if abs(best) <= reach else None


def _guides(moved: FloatArray, still: FloatArray, axis: int) -> list[QLineF]:
    lines = []
    along = 1 - axis
    for place in np.unique(np.round(moved[:, axis], 3)):
        fixed = still[np.abs(still[:, axis] - place) < 0.05][:, along]
        own = moved[np.abs(moved[:, axis] - place) < 0.05][:, along]
        if not len(fixed):
            continue
        ends = np.concatenate([fixed, own])
        low, high = float(ends.min()) - 1.6 * RADIUS, float(ends.max()) + 1.6 * RADIUS
        line = (place, low, place, high) if axis == 0 else (low, place, high, place)
        lines.append(QLineF(*(float(each) for each in line)))
    return lines


class GuidesItem(QGraphicsItem):
    """Draws the guides."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: tuple[QLineF, ...] = ()
        self.setZValue(GUIDE_LEVEL)

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_guides(self, lines: Sequence[QLineF]) -> None:
        """Draw these lines; none takes all away."""
        if tuple(lines) != self.lines:
            self.prepareGeometryChange()
            self.lines = tuple(lines)
            self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all guides."""
        box = QRectF()
        for line in self.lines:
            box = box.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2))
        return box

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the guides as thin dashed lines."""
        pen = QPen(QColor(self._theme.accent), 1.0, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(list(self.lines))
