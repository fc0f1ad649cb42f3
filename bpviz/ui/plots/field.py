"""A network's output over the plane of two inputs, or over the line of one, ready to be drawn."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from bpviz.engine.datasets import Rows
from bpviz.engine.plane import Axes, Plane, Shader, Span, held_values, input_span, output_span
from bpviz.engine.program import Program
from bpviz.ui.style import Theme, class_colors, heat_colors, mix

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]

# Cells along one side: as many as there is time for, at rest and for each picture of a run.
SIDES: Final = (20, 28, 40, 56, 80, 110)
LINE_POINTS: Final = 240
REST_BUDGET, RUN_BUDGET = 0.040, 0.004
_FIRST_COST: Final = 4e-7
# How strongly a field is coloured, so that the points on it stand out.
FIELD_SHARE: Final = 0.62
CLASSES: Final = -1


@dataclass(frozen=True, eq=False)
class Field:
    """What is looked at: `output` (or CLASSES: the largest one) of a program over `axes`.

    `row` is the data row whose other inputs are held. Names are as they are shown.
    """

    program: Program
    rows: Rows
    axes: Axes
    row: int
    output: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def is_like(self, other: Field | None) -> bool:
        """Whether the same is looked at as in `other`, whatever the parameters."""
        return (
            other is not None
            and self.program is other.program
            and self.rows is other.rows
            and (self.axes, self.row, self.output) == (other.axes, other.row, other.output)
            and (self.inputs, self.outputs) == (other.inputs, other.outputs)
        )

    @property
    def is_line(self) -> bool:
        """Whether there is one input alone."""
        return self.axes.up < 0

    @property
    def spans(self) -> tuple[Span, Span]:
        """What is shown of the inputs across and up; 0 to 1 where there is none up."""
        up = Span(0.0, 1.0) if self.is_line else input_span(self.rows, self.axes.up)
        return input_span(self.rows, self.axes.across), up


class FieldPicture:
    """Computes a field at given parameters into a picture, or into curves where it is a line."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._field: Field | None = None
        self._plane: Plane | None = None
        self._cost = _FIRST_COST
        self._shader: Shader | None = None
        self._theta: FloatArray = np.zeros(0)
        self.image: QImage | None = None
        self.scale = Span(-1.0, 1.0)
        """The values of the colour scale's ends; on a line those of the axis up."""
        self.took = 0.0
        """Seconds that the last picture took."""

    @property
    def side(self) -> int:
        """Cells across; 0 before the first picture."""
        return 0 if self._plane is None else self._plane.columns

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self._field = None

    def draw(self, field: Field, theta: FloatArray, *, running: bool) -> None:
        """Compute the field at θ [P]."""
        began = time.perf_counter()
        size = len(field.program.edge_names) + len(field.program.node_ids)
        budget = RUN_BUDGET if running else REST_BUDGET
        fitting = [side for side in SIDES if side * side * self._cost <= budget]
        side = fitting[-1] if fitting else SIDES[0]
        if not field.is_like(self._field) or (side != self.side and not field.is_line):
            if self._plane is None or self._plane.program is not field.program:
                self._cost = _FIRST_COST * max(1.0, size / 100)
            self._prepare(field, side)
        elif np.array_equal(theta, self._theta):
            return  # drawn already
        self._theta = theta.copy()
        assert self._plane is not None
        self._plane.evaluate(theta)
        if field.is_line:
            self._widen(field)
        elif field.output == CLASSES:
            self._color_classes(field)
        else:
            self._color_values(field)
        self.took = time.perf_counter() - began
        cells = self._plane.columns * self._plane.rows
        self._cost += 0.3 * (self.took / cells - self._cost)

    def curves(self) -> tuple[FloatArray, list[SingleArray]]:
        """Return the inputs [P] of a line, and the values [P] of each output shown."""
        field, plane = self._field, self._plane
        if field is None or plane is None or not field.is_line:
            return np.zeros(0), []
        span, count = field.spans[0], plane.columns
        x = span.low + (np.arange(count) + 0.5) / count * (span.high - span.low)
        nodes = field.program.output_nodes
        shown = nodes if field.output == CLASSES else nodes[[field.output]]
        return x, [plane.values(int(node)) for node in shown]

    def value_at(self, across: float, up: float) -> FloatArray:
        """Return all outputs [K] in the cell at shares `across` and `up` (from the top) of it."""
        assert self._plane is not None
        plane = self._plane
        column = min(max(int(across * plane.columns), 0), plane.columns - 1)
        row = min(max(int(up * plane.rows), 0), plane.rows - 1)
        values = [plane.values(int(node)) for node in plane.program.output_nodes]
        return np.array([each[row * plane.columns + column] for each in values], np.float64)

    def _prepare(self, field: Field, side: int) -> None:
        columns, rows = (LINE_POINTS, 1) if field.is_line else (side, side)
        self._field = field
        plane = self._plane
        if plane is None or plane.program is not field.program or plane.columns != columns:
            self._plane = plane = Plane(field.program, columns, rows)
        plane.place(field.axes, *field.spans, held_values(field.rows, field.axes.held, field.row))
        self._shades = np.zeros((1, columns * rows), np.uint8)
        self._pixels = np.zeros(columns * rows, np.uint32)
        # The picture looks into `_pixels`.
        form = QImage.Format.Format_RGB32
        self.image = QImage(self._pixels.data, columns, rows, 4 * columns, form)
        theme = self._theme
        if field.output == CLASSES:
            table = [mix(theme.canvas, color, FIELD_SHARE) for color in class_colors(theme)]
            self._table = np.array([QColor(color).rgb() for color in table], np.uint32)
        else:
            self._table = np.array(heat_colors(theme, theme.canvas, FIELD_SHARE), np.uint32)
            span = output_span(field.program, field.output, field.rows)
            self._shader = Shader([span], columns * rows)

    def _color_values(self, field: Field) -> None:
        assert self._plane is not None
        assert self._shader is not None
        node = int(field.program.output_nodes[field.output])
        self._shader.shade(self._plane.values(node)[None], self._shades)
        np.take(self._table, self._shades[0], out=self._pixels, mode="clip")
        self.scale = self._shader.spans[0]

    def _color_classes(self, field: Field) -> None:
        assert self._plane is not None
        rows = field.program.node_row[field.program.output_nodes]
        largest = self._plane.matrix[rows].argmax(axis=0)
        np.take(self._table, largest, out=self._pixels, mode="wrap")

    def _widen(self, field: Field) -> None:
        """Let the axis up of a line hold the targets and the curves; it moves in jumps."""
        shown = slice(None) if field.output == CLASSES else slice(field.output, field.output + 1)
        targets = [field.rows.targets[:, shown], field.rows.test_targets[:, shown]]
        both = np.concatenate([*(part.ravel() for part in targets), *self.curves()[1]])
        finite = both[np.isfinite(both)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        step = 10.0 ** np.floor(np.log10(max(high - low, 1e-6)))
        low, high = np.floor(low / step - 0.1) * step, np.ceil(high / step + 0.1) * step
        if self.scale.low <= low and high <= self.scale.high <= low + 4 * (high - low):
            return
        self.scale = Span(float(low), float(high))
