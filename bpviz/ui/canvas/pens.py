"""The small table of pens that edges are drawn with: by state, size and whether a step uses it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from bpviz.ui.canvas.geometry import FloatArray
from bpviz.ui.canvas.overlays import Overlay, has_gradient_colors
from bpviz.ui.canvas.shown import State, StateArray
from bpviz.ui.style import Theme, mix

LEVELS: Final = 8
THINNEST, WIDEST = 1.4, 6.0
# Below this a wide antialiased line costs far more than it shows.
COSMETIC_BELOW: Final = 1.6
GLOW_WIDTH: Final = 15.0


def state_color(theme: Theme, overlay: Overlay, state: int) -> str:
    """Return the colour of a number in `state`: its sign's colour, or its state's own."""
    if state == State.POSITIVE:
        return theme.gradient_positive if has_gradient_colors(overlay) else theme.positive
    if state == State.NEGATIVE:
        return theme.gradient_negative if has_gradient_colors(overlay) else theme.negative
    return {
        State.NOT_COMPUTED: theme.not_computed,
        State.STALE: theme.stale,
        State.ZERO: theme.zero,
        State.NON_FINITE: theme.non_finite,
    }[state]


def text_color(theme: Theme, overlay: Overlay, state: int) -> str:
    """Return the colour for the text of a number in `state`."""
    return theme.muted if state == State.NOT_COMPUTED else state_color(theme, overlay, state)


def levels(state: StateArray, strength: FloatArray) -> NDArray[np.int64]:
    """Return each edge's bucket: state · LEVELS + level, the level by size where there is one."""
    signed = (state == State.POSITIVE) | (state == State.NEGATIVE)
    level = np.where(signed, np.ceil(strength * (LEVELS - 1)), 0).astype(np.int64)
    bucket: NDArray[np.int64] = state.astype(np.int64) * LEVELS + level
    return bucket


def width_of(bucket: int) -> float:
    """Return the width, in scene units, of a bucket's lines."""
    state, level = divmod(bucket, LEVELS)
    if state in (State.POSITIVE, State.NEGATIVE):
        return THINNEST + (WIDEST - THINNEST) * level / (LEVELS - 1)
    return {State.NON_FINITE: 4.0, State.ZERO: 2.4, State.STALE: 2.0}.get(state, 1.0)


class Pens:
    """Colours and pens of all buckets in one theme and overlay."""

    def __init__(self, theme: Theme, overlay: Overlay) -> None:
        self._theme = theme
        self._overlay = overlay

    def color(self, bucket: int, *, plain: bool = False) -> QColor:
        """Return a bucket's colour; `plain` lines show size by strength of colour, not by width."""
        state, level = divmod(bucket, LEVELS)
        color = state_color(self._theme, self._overlay, state)
        if state == State.NOT_COMPUTED:
            color = mix(self._theme.canvas, color, 0.35 if plain else 0.75)
        elif plain and state in (State.POSITIVE, State.NEGATIVE):
            color = mix(self._theme.canvas, color, 0.25 + 0.75 * level / (LEVELS - 1))
        return QColor(color)

    def pen(self, bucket: int, zoom: float, *, plain: bool = False) -> QPen:
        """Return the pen of a bucket's lines at `zoom` device pixels per scene unit."""
        return line_pen(self.color(bucket, plain=plain), 1.0 if plain else width_of(bucket), zoom)

    def glow(self, bucket: int, zoom: float) -> QPen:
        """Return the wide, soft pen behind the edges that a step uses."""
        state = bucket // LEVELS
        color = state_color(self._theme, self._overlay, state)
        if state in (State.NOT_COMPUTED, State.ZERO):
            color = self._theme.accent
        share = 0.22 if self._theme.dark else 0.18
        return line_pen(QColor(mix(self._theme.canvas, color, share)), GLOW_WIDTH, zoom)


def line_pen(color: QColor, width: float, zoom: float) -> QPen:
    """Return a flat pen `width` scene units wide; thin ones are one device pixel instead."""
    pen = QPen(color)
    if width * zoom < COSMETIC_BELOW:
        pen.setWidthF(1.0)
        pen.setCosmetic(True)
    else:
        pen.setWidthF(width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return pen
