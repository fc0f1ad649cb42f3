"""The rows as points on a plane, drawn with the mouse, with a class chosen by key or button."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.model.data import TableData
from bpviz.ui.panels import rows_edit, rows_points
from bpviz.ui.panels.rows_edit import Part
from bpviz.ui.panels.rows_page import choose_row
from bpviz.ui.panels.rows_points import Brush
from bpviz.ui.panels.rows_source import RowsSource, tool_button
from bpviz.ui.plots.points import target_colors
from bpviz.ui.plots.points_plane import NO_POINTS, Points, PointsPlane
from bpviz.ui.style import Theme

SWATCH: Final = 14
EMPTY: Final = "No rows yet.\nClick to draw a point; Shift and drag sprays."
OTHER: Final = (
    "Points can be drawn for two inputs, or for one input and one target. "
    "These rows have {inputs} inputs and {targets} targets: edit them as a table."
)


class PointsPage(QWidget):
    """The plane and its brushes; what is drawn joins the part that is shown, train or test."""

    def __init__(self, source: RowsSource, player: Player, theme: Theme) -> None:
        super().__init__()
        self._source = source
        self._player = player
        self._theme = theme
        self._brushes: tuple[Brush, ...] = ()
        self._brush = 1
        self._shown: tuple[object, ...] = ()
        self.plane = PointsPlane(theme)
        self._spray_button = tool_button(
            "data.spray", "Spray many points while dragging (or hold Shift)", "Spray",
            checkable=True,
        )  # fmt: skip
        self._group = QButtonGroup(self)
        self._bar = QHBoxLayout()
        self._bar.setSpacing(4)
        self._bar.addStretch(1)
        self._bar.addWidget(self._spray_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.plane, 1)
        layout.addLayout(self._bar)
        self.plane.class_asked.connect(self._on_class_asked)
        self.plane.drawn.connect(self._on_drawn)
        self.plane.moved.connect(self._on_moved)
        self.plane.picked.connect(self._on_picked)
        self.plane.removed.connect(self._on_removed)
        self._group.buttonClicked.connect(self._on_brush_clicked)
        self._spray_button.toggled.connect(self.plane.set_spray)

    def refresh(self) -> None:
        """Show the rows anew."""
        source = self._source
        session, table = source.session, source.table
        kind = rows_points.kind_of(session, table)
        titles = source.titles()
        shown = (table, kind, titles, self._theme)
        if len(self._shown) != 4 or self._shown[0] is not table or self._shown[1:] != shown[1:]:
            self._shown = shown
            self._offer(rows_points.brushes(session, table) if kind else ())
            self._show_points(table, kind, titles)
        self.plane.setEnabled(bool(kind))
        self._spray_button.setEnabled(bool(kind))
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Ring the chosen sample."""
        trace, sample = self._player.trace, self._player.sample
        known = trace is not None and sample < len(trace.rows)
        self.plane.choose(int(trace.rows[sample]) if trace is not None and known else -1)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.plane.apply_theme(theme)

    def _show_points(self, table: TableData, kind: str, titles: tuple[str, ...]) -> None:
        if not kind:
            inputs, targets = rows_edit.widths(self._source.session, table)
            hint = OTHER.format(inputs=inputs, targets=targets)
            self.plane.show_points(NO_POINTS, NO_POINTS, ("", ""), hint)
            return
        colors = target_colors(self._theme, _targets(table))
        count = len(table.inputs)
        train = Points(self._positions(table, "train"), colors[:count])
        test = Points(self._positions(table, "test"), colors[count:])
        hint = "" if count or table.test_inputs else EMPTY
        self.plane.show_points(train, test, (titles[0], titles[1]), hint)

    def _positions(self, table: TableData, part: Part) -> np.ndarray:
        return rows_points.positions(self._source.session, table, part)

    def _offer(self, brushes: tuple[Brush, ...]) -> None:
        """Have a button for each brush, in the colour that its points get."""
        if [brush.name for brush in brushes] != [brush.name for brush in self._brushes]:
            for old in self._group.buttons():
                self._group.removeButton(old)
                self._bar.removeWidget(old)
                old.deleteLater()
            for number, brush in enumerate(brushes if len(brushes) > 1 else ()):
                button = tool_button(
                    f"data.class_{number}", f"Draw points of class {brush.name} (key {number})",
                    brush.name, checkable=True,
                )  # fmt: skip
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                self._group.addButton(button, number)
                self._bar.insertWidget(number, button)
        self._brushes = brushes
        self._take_brush(min(self._brush, max(0, len(brushes) - 1)))

    def _take_brush(self, number: int) -> None:
        self._brush = number
        colors = self._brush_colors()
        for button in self._group.buttons():
            place = self._group.id(button)
            button.setChecked(place == number)
            button.setIcon(_swatch(colors[place], self._theme))
        if colors:
            self.plane.set_brush(colors[number])

    def _brush_colors(self) -> list[str]:
        """Return the colours that points of the brushes have among the rows that are there."""
        targets = [brush.target for brush in self._brushes]
        if not targets or not targets[0]:
            return [self._theme.positive] * len(targets)
        both = [*_targets(self._source.table).tolist(), *targets]
        return target_colors(self._theme, np.array(both, dtype=np.float64))[-len(targets) :]

    def _on_brush_clicked(self, button: QAbstractButton) -> None:
        self._take_brush(self._group.id(button))

    def _on_class_asked(self, number: int) -> None:
        if number < len(self._brushes):
            self._take_brush(number)

    def _on_drawn(self, points: list[tuple[float, float]]) -> None:
        brush = self._brushes[self._brush]
        self._source.change(self.plane, rows_points.add_points, points, brush)

    def _on_moved(self, part: Part, row: int, x: float, y: float) -> None:
        self._with_part(part, rows_points.move_point, row, x, y)

    def _on_removed(self, part: Part, row: int) -> None:
        self._with_part(part, rows_edit.delete_rows, {row})

    def _on_picked(self, part: Part, row: int) -> None:
        if part == "train":
            choose_row(self._player, row, self.plane)

    def _with_part(self, part: Part, make: object, *arguments: object) -> None:
        """Change the part that a point belongs to, whichever is shown."""
        shown, self._source.part = self._source.part, part
        self._source.change(self.plane, make, *arguments)  # type: ignore[arg-type]
        self._source.part = shown
        self.refresh()


def _swatch(color: str, theme: Theme) -> QPixmap:
    """Return a dot of `color`, ringed so that it shows on a button of the same colour."""
    swatch = QPixmap(SWATCH, SWATCH)
    swatch.fill(Qt.GlobalColor.transparent)
    painter = QPainter(swatch)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.canvas), 2.0))
    painter.setBrush(QColor(color))
    painter.drawEllipse(1, 1, SWATCH - 2, SWATCH - 2)
    painter.end()
    return swatch


def _targets(table: TableData) -> np.ndarray:
    both = (*table.targets, *table.test_targets)
    if not both:
        return np.empty((len(table.inputs) + len(table.test_inputs), 0))
    return np.array(both, dtype=np.float64)
