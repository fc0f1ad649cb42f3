"""The data: a gallery of data sets, the rows as points to draw, and the rows as a table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.counts import grouped
from bpviz.model.data import GeneratorData
from bpviz.model.edit import Edit, EditError
from bpviz.model.fitting import fit_network
from bpviz.ui.numbers import localised
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.form import attempt
from bpviz.ui.panels.gallery import OWN, Gallery
from bpviz.ui.panels.generator_form import GeneratorForm
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.points_page import PointsPage
from bpviz.ui.panels.rows_edit import Part
from bpviz.ui.panels.rows_page import RowsPage, RowsTable
from bpviz.ui.panels.rows_source import RowsSource, tool_button
from bpviz.ui.style import Theme

PAGES: Final = {
    "sets": ("Sets", "Data sets to choose from"),
    "points": ("Points", "Rows as points: draw, spray, move, delete them"),
    "rows": ("Rows", "Rows as a table: type and paste numbers"),
}


class DataPanel(Panel):
    """Shows and edits `session.data`; every change is one Edit, none touches the weights."""

    def __init__(
        self, document: Document, player: Player, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._source = RowsSource(document)
        self._gallery = Gallery(theme)
        self._generator = GeneratorForm(document)
        self._points = PointsPage(self._source, player, theme)
        self._rows = RowsPage(self._source, player, theme)
        self._stack = QStackedWidget()
        self._page_group, self._part_group = QButtonGroup(self), QButtonGroup(self)
        self._page_buttons = {
            name: tool_button(f"data.show_{name}", tip, text, checkable=True)
            for name, (text, tip) in PAGES.items()
        }
        self._train_button = tool_button("data.train", "Rows that are trained on", checkable=True)
        self._test_button = tool_button("data.test", "Rows held back for testing", checkable=True)
        self._problem = QLabel()
        self._fix_button = QPushButton("Fit the Network to These Data")
        self._build()
        self._connect()
        self.apply_theme(theme)
        self.show_page("rows" if self._source.is_table else "sets")
        self.refresh()

    @property
    def table(self) -> RowsTable:
        """The rows as a table."""
        return self._rows.table

    @property
    def page(self) -> str:
        """Which page is shown: "sets", "points" or "rows"."""
        return list(PAGES)[self._stack.currentIndex()]

    def show_page(self, name: str) -> None:
        """Show the page "sets", "points" or "rows"."""
        self._stack.setCurrentIndex(list(PAGES).index(name))
        self._page_buttons[name].setChecked(True)
        for button in (self._train_button, self._test_button):
            button.setVisible(name != "sets")
        self.refresh()

    def refresh(self) -> None:
        """Show the session's data anew and mark the chosen sample."""
        source, table = self._source, self._source.table
        if source.part == "test" and not table.test_inputs and not self._can_draw:
            source.part = "train"
        self._train_button.setChecked(source.part == "train")
        self._test_button.setChecked(source.part == "test")
        self._train_button.setText(f"Train {grouped(len(table.inputs))}")
        self._test_button.setText(f"Test {grouped(len(table.test_inputs))}")
        self._test_button.setEnabled(bool(table.test_inputs) or self._can_draw)
        data = source.session.data
        self._gallery.show_name(data.name if isinstance(data, GeneratorData) else OWN)
        self._generator.refresh()
        if self.page == "points":
            self._points.refresh()
        elif self.page == "rows":
            self._rows.refresh()
        self._show_problem()

    def refresh_numbers(self) -> None:
        """Mark the chosen sample's row, and the rows of this iteration's batch."""
        if self.page == "points":
            self._points.refresh_numbers()
        elif self.page == "rows":
            self._rows.refresh_numbers()
        self._show_problem()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._rows.set_digits(digits)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        for part in (self._gallery, self._points, self._rows):
            part.apply_theme(theme)
        self.refresh()

    def delete_chosen_rows(self) -> None:
        """Delete the rows that are selected in the table."""
        self._rows.delete_chosen()

    @property
    def _can_draw(self) -> bool:
        return self.page == "points"

    def _build(self) -> None:
        bar = _bar(self._page_group, self._page_buttons.values())
        parts = _bar(self._part_group, (self._train_button, self._test_button))
        sets = QWidget()
        column = QVBoxLayout(sets)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._gallery, 1)
        column.addWidget(self._generator)
        for page in (sets, self._points, self._rows):
            self._stack.addWidget(page)
        self._problem.setProperty("role", "problem")
        self._problem.setObjectName("data.problem")
        self._problem.setWordWrap(True)
        self._fix_button.setObjectName("data.fit_network")
        self._fix_button.setToolTip(
            "Add or take away inputs and outputs until they match the columns; "
            "all other weights stay"
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 2, 12, 8)
        layout.setSpacing(6)
        layout.addLayout(bar)
        layout.addLayout(parts)
        layout.addWidget(self._problem)
        layout.addWidget(self._fix_button)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self._fix_button.clicked.connect(self._on_fix)
        self._gallery.chosen.connect(self._on_set_chosen)
        for name, button in self._page_buttons.items():
            button.clicked.connect(partial(self.show_page, name))
        self._test_button.clicked.connect(partial(self._on_part, "test"))
        self._train_button.clicked.connect(partial(self._on_part, "train"))

    def _show_problem(self) -> None:
        """Say what the session lacks, and offer what can be done about it."""
        problem = localised(self._player.problem)
        if problem != self._problem.text():
            self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        can_fit = self._player.lack.startswith(("data.inputs:", "data.targets:"))
        self._fix_button.setVisible(can_fit and bool(self._source.table.inputs))

    def _on_fix(self) -> None:
        attempt(self._document, partial(_fitting, self._source), self._fix_button)

    def _on_set_chosen(self, name: str) -> None:
        if name != OWN:
            self._generator.choose(name)  # type: ignore[arg-type]
            return
        self._generator.make_table()
        self.show_page("points")

    def _on_part(self, part: Part) -> None:
        self._source.part = part
        self.refresh()


def _bar(group: QButtonGroup, buttons: Iterable[QToolButton]) -> QHBoxLayout:
    """Return a row of exclusive buttons, all as wide."""
    bar = QHBoxLayout()
    bar.setSpacing(3)
    for button in buttons:
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        group.addButton(button)
        bar.addWidget(button)
    return bar


def _fitting(source: RowsSource) -> Edit:
    """Return the edit that fits the network to the rows' columns."""
    session, table = source.session, source.table
    inputs, targets = rows_edit.widths(session, table)
    outputs = len(session.network.outputs) if session.training.loss == "output_value" else targets
    if not inputs or not outputs:
        raise EditError("The rows need a column of inputs and a column of targets")
    return fit_network(session, inputs, outputs)
