"""The heat map of each node: its value over the plane of two inputs, as a small picture."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
from PySide6.QtGui import QImage

from bpviz.document.player import Player
from bpviz.engine.datasets import Rows
from bpviz.engine.plane import (
    Axes,
    Plane,
    Shader,
    Span,
    held_values,
    input_span,
    known_span,
    output_span,
)
from bpviz.engine.program import Program
from bpviz.ui.canvas.geometry import FloatArray
from bpviz.ui.style import Theme, heat_colors, legible_share

# Cells along one side of a map: as many as there is time for.
SIDES: Final = (10, 14, 20, 28, 40)
# Seconds that all maps together may take: at rest, at once after an edit, which must be seen
# first, and for each picture of a run.
REST_BUDGET, EDIT_BUDGET, RUN_BUDGET = 0.040, 0.006, 0.0025
# A run draws the maps no more often than so many seconds apart (every second picture), and than
# that they take this share of the time.
RUN_INTERVAL: Final = 0.045
_RUN_SHARE: Final = 0.12
_FIRST_COST: Final = 2e-8
# Above this many nodes there are no cards, and no place for maps.
NODE_LIMIT: Final = 500


class HeatMaps:
    """Keeps one picture for each node up to date with the player; makes none while it is off."""

    def __init__(self, player: Player, theme: Theme) -> None:
        self._player = player
        self._theme = theme
        self._is_on = False
        self._axes = Axes()
        self._plane: Plane | None = None
        self._placed: tuple[object, ...] = ()
        self._theta: FloatArray = np.zeros(0)
        self._cost = _FIRST_COST
        self._took = 0.0
        self._made_at = 0.0
        self.is_coarse = False
        """Whether there is time for finer maps, at rest: `refine` makes them."""
        self._table = np.zeros(0, np.uint32)
        self.images: tuple[QImage, ...] = ()
        """One for each node of the network, or none at all."""
        self.apply_theme(theme)

    @property
    def is_on(self) -> bool:
        """Whether maps are wanted."""
        return self._is_on

    @property
    def side(self) -> int:
        """Cells along one side of each map; 0 where there are none."""
        return self._plane.columns if self.images and self._plane is not None else 0

    @property
    def note(self) -> str:
        """What the maps show, in words; empty where there are none."""
        if not self.images or self._plane is None:
            return ""
        program, axes = self._plane.program, self._axes.fitted(self._plane.program.input_count)
        names = [program.network.names[node.id] for node in program.network.inputs]
        spanned = [axes.across] if axes.up < 0 else [axes.across, axes.up]
        text = "Heat maps: values over " + " × ".join(names[each] for each in spanned)
        if len(names) > len(spanned):
            held = "at this sample's values" if axes.held == "sample" else "at their means"
            text += f", other inputs {held}"
        return text

    def set_on(self, on: bool) -> None:
        """Make maps, or none."""
        self._is_on = on

    def set_axes(self, axes: Axes) -> None:
        """Let the maps span these inputs, the others held as said there."""
        self._axes = axes

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        share = legible_share(theme, theme.node)
        self._table = np.array(heat_colors(theme, theme.node, share), np.uint32)
        self._placed = ()

    def refresh(self) -> bool:
        """Bring the maps up to date; return whether any changed."""
        if not self._can_draw():
            had, self.images, self.is_coarse = bool(self.images), (), False
            return had
        player = self._player
        now, running = time.perf_counter(), player.running
        if running and now - self._made_at < max(RUN_INTERVAL, self._took / _RUN_SHARE):
            return False
        program, theta = player.program, player.theta
        count = len(program.node_ids)
        finest = self._side(count, REST_BUDGET)
        side = self._side(count, RUN_BUDGET if running else EDIT_BUDGET)
        if not running and self._shows(program, theta, finest):
            side = finest
        self.is_coarse = not running and side < finest
        return self._bring_to(program, theta, side)

    def refine(self) -> bool:
        """Make the maps as fine as there is time for at rest; return whether any changed."""
        player = self._player
        if not self.is_coarse or player.running or not self._can_draw():
            return False
        self.is_coarse = False
        program = player.program
        return self._bring_to(program, player.theta, self._side(len(program.node_ids), REST_BUDGET))

    def _shows(self, program: Program, theta: FloatArray, side: int) -> bool:
        """Whether the maps are of these parameters already, with as many cells or more."""
        return (
            self._plane is not None
            and self._plane.program is program
            and self.side >= side
            and np.array_equal(theta, self._theta)
        )

    def _bring_to(self, program: Program, theta: FloatArray, side: int) -> bool:
        """Make the maps with `side` cells along a side, unless they are there."""
        now = time.perf_counter()
        placed = self._place(program, side)
        if not placed and np.array_equal(theta, self._theta):
            return False
        self._draw(theta)
        self._took = time.perf_counter() - now
        self._made_at = now
        cells = len(program.node_ids) * side * side
        self._cost += 0.3 * (self._took / cells - self._cost)
        return True

    def _can_draw(self) -> bool:
        player = self._player
        if not self._is_on or player.problem or player.theta is None:
            return False
        program = player.program
        return program.input_count > 0 and len(program.node_ids) <= NODE_LIMIT

    def _side(self, nodes: int, budget: float) -> int:
        fitting = [side for side in SIDES if nodes * side * side * self._cost <= budget]
        return fitting[-1] if fitting else SIDES[0]

    def _place(self, program: Program, side: int) -> bool:
        """Make plane and pictures for `side` cells, unless they are there; return whether so."""
        player = self._player
        axes = self._axes.fitted(program.input_count)
        rows, batch = player.rows, player.batch
        row = int(batch[min(player.sample, len(batch) - 1)]) if batch else 0
        held = held_values(rows, axes.held, row)
        other = np.ones(len(held), np.bool_)
        other[[axes.across, axes.up]] = False
        key = (program, rows, side, axes, held[other].tobytes())
        if len(key) == len(self._placed) and all(
            mine is old or (index > 1 and mine == old)
            for index, (mine, old) in enumerate(zip(key, self._placed, strict=True))
        ):
            return False
        self._placed = key
        height = side if axes.up >= 0 else 1
        if self._plane is None or self._plane.program is not program or side != self.side:
            self._plane = Plane(program, side, height)
            self._make_pictures(program, side, height)
        up = input_span(rows, axes.up) if axes.up >= 0 else Span(0.0, 1.0)
        self._plane.place(axes, input_span(rows, axes.across), up, held)
        self._shader = Shader(_spans(program, rows), side * height)
        return True

    def _make_pictures(self, program: Program, side: int, height: int) -> None:
        self._shades = np.zeros((program.row_count, side * height), np.uint8)
        self._pixels = np.zeros((program.row_count, height, side), np.uint32)
        # The pictures look into `_pixels`, which lives as long as they are drawn.
        form = QImage.Format.Format_RGB32
        self.images = tuple(
            QImage(self._pixels[row].data, side, height, 4 * side, form)
            for row in program.node_row.tolist()
        )

    def _draw(self, theta: FloatArray) -> None:
        assert self._plane is not None
        self._theta = theta.copy()
        self._plane.evaluate(theta)
        self._shader.shade(self._plane.matrix, self._shades)
        flat = self._pixels.reshape(self._shades.shape)
        np.take(self._table, self._shades, out=flat, mode="clip")


def _spans(program: Program, rows: Rows) -> list[Span | None]:
    """Return the scale of each row of a pass; rows of ones have one too."""
    spans: list[Span | None] = [Span(0.0, 1.0)] * program.row_count
    for node, row in enumerate(program.node_row.tolist()):
        spans[row] = known_span(program, node)
    for output, node in enumerate(program.output_nodes.tolist()):
        spans[program.node_row[node]] = output_span(program, output, rows)
    return spans
