"""The data: rows as an editable table with the chosen sample marked, or a generator's settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.datasets import as_table
from bpviz.explain.numbers import full_number
from bpviz.model.data import Data, TableData
from bpviz.model.edit import Edit
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.form import attempt, show_tip
from bpviz.ui.panels.generator_form import GeneratorForm
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.rows_edit import Part
from bpviz.ui.panels.rows_model import NUMBER_ROLE, NumberDelegate, RowsModel
from bpviz.ui.style import Theme, guard, icon

MAX_MARKED_BATCH = 10_000


class RowsTable(QTableView):
    """The table view; tells when rows are pasted."""

    pasted = Signal(str)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste and copy as a spreadsheet does."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit(QGuiApplication.clipboard().text())
        elif event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.copied_text())
        else:
            super().keyPressEvent(event)

    def copied_text(self) -> str:
        """Return the selected cells in full, tabs between columns, a line per row."""
        cells = {
            (index.row(), index.column()): index.data(NUMBER_ROLE)
            for index in self.selectedIndexes()
        }
        rows = sorted({row for row, _ in cells})
        columns = sorted({column for _, column in cells})
        return "\n".join(
            "\t".join(
                full_number(cells[row, column]).replace("−", "-") if (row, column) in cells else ""
                for column in columns
            )
            for row in rows
        )


class DataPanel(Panel):
    """Shows and edits `session.data`; every change is one Edit."""

    def __init__(
        self, document: Document, player: Player, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._part: Part = "train"
        self._table_data = TableData()
        self._shown_data: Data | None = None
        self._shown: tuple[TableData, Part, tuple[str, ...]] | None = None
        self._model = RowsModel(theme)
        self._generator = GeneratorForm(document)
        self._parts = QButtonGroup(self)
        self._train_button = _button("data.train", "Rows that are trained on", checkable=True)
        self._test_button = _button("data.test", "Rows held back for testing", checkable=True)
        self._add_button = _button("data.add_row", "Add a row")
        self._delete_button = _button("data.delete_row", "Delete the chosen rows")
        self._paste_button = _button(
            "data.paste", "Paste rows from a spreadsheet, from the current cell on"
        )
        self._problem = QLabel()
        self.table = RowsTable()
        self._build()
        self._connect()
        self.apply_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's rows anew and mark the chosen sample."""
        session = self._document.session
        if session.data is not self._shown_data:
            self._shown_data = session.data
            self._table_data = as_table(session.data)
        table = self._table_data
        if self._part == "test" and not table.test_inputs:
            self._part = "train"
        self._train_button.setChecked(self._part == "train")
        self._test_button.setChecked(self._part == "test")
        self._train_button.setText(f"Train {len(table.inputs):,}")
        self._test_button.setText(f"Test {len(table.test_inputs):,}")
        self._test_button.setEnabled(bool(table.test_inputs))
        is_table = isinstance(session.data, TableData)
        for button in (self._add_button, self._delete_button, self._paste_button):
            button.setVisible(is_table)
        self._generator.refresh()
        inputs, targets = rows_edit.widths(session, table)
        titles = self._titles(inputs, targets)
        shown = self._shown
        if shown is None or shown[0] is not table or shown[1:] != (self._part, titles):
            self._shown = (table, self._part, titles)
            self._model.show(rows_edit.rows_of(table, self._part), titles, inputs, is_table)
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Mark the chosen sample's row, and the rows of this iteration's batch."""
        problem = self._player.problem
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        batch = self._player.batch
        if self._part == "test" or self._player.trace is None or not len(batch):
            self._model.mark(-1, None)
            return
        chosen = int(batch[min(self._player.sample, len(batch) - 1)])
        whole = len(batch) >= len(self._table_data.inputs) or len(batch) > MAX_MARKED_BATCH
        self._model.mark(chosen, None if whole else frozenset(map(int, batch)))

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._model.set_digits(digits)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._model.set_theme(theme)
        for button, name in (
            (self._add_button, "add"),
            (self._delete_button, "delete"),
            (self._paste_button, "paste"),
        ):
            button.setIcon(icon(name, theme))

    def delete_chosen_rows(self) -> None:
        """Delete the rows that are selected in the table."""
        gone = {index.row() for index in self.table.selectedIndexes()}
        self._change(partial(self._edit_of, rows_edit.delete_rows, gone), self._delete_button)

    def _build(self) -> None:
        self.table.setObjectName("data.rows")
        self.table.setAccessibleName("Rows of the data")
        self.table.setModel(self._model)
        self.table.setItemDelegate(NumberDelegate(self.table))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.table.setMinimumHeight(90)
        across, down = self.table.horizontalHeader(), self.table.verticalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        across.setMinimumSectionSize(52)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(26)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        for button in (self._train_button, self._test_button):
            self._parts.addButton(button)
            bar.addWidget(button)
        bar.addStretch(1)
        for button in (self._add_button, self._delete_button, self._paste_button):
            bar.addWidget(button)
        self._problem.setProperty("role", "problem")
        self._problem.setObjectName("data.problem")
        self._problem.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 2, 12, 8)
        layout.setSpacing(6)
        layout.addWidget(self._generator)
        layout.addLayout(bar)
        layout.addWidget(self._problem)
        layout.addWidget(self.table, 1)

    def _connect(self) -> None:
        self._add_button.clicked.connect(self._on_add)
        self._delete_button.clicked.connect(self.delete_chosen_rows)
        self._model.typed.connect(self._on_typed)
        self._paste_button.clicked.connect(self._on_paste_clicked)
        self._test_button.clicked.connect(partial(self._on_part, "test"))
        self._train_button.clicked.connect(partial(self._on_part, "train"))
        self.table.clicked.connect(self._on_clicked)
        self.table.pasted.connect(self._on_pasted)
        self.table.verticalHeader().sectionClicked.connect(self._on_row_clicked)

    def _titles(self, inputs: int, targets: int) -> tuple[str, ...]:
        """Return the columns' titles: the data's own names, else the nodes' labels."""
        network = self._document.session.network
        table = self._table_data
        input_labels = [node.label for node in network.inputs]
        output_labels = [network.node(output).label for output in network.outputs]
        return (
            *_fitted(table.input_names, input_labels, "input", inputs),
            *_fitted(table.target_names, output_labels, "target", targets),
        )

    def _edit_of(self, make: Callable[..., Edit], *arguments: object) -> Edit:
        return make(self._document.session, self._table_data, self._part, *arguments)

    def _change(self, make: Callable[[], Edit], at: QWidget) -> bool:
        done = attempt(self._document, make, at)
        if not done:
            self.refresh()
        return done

    def _on_typed(self, row: int, column: int, value: float) -> None:
        self._change(partial(self._edit_of, rows_edit.set_cell, row, column, value), self.table)

    def _on_add(self) -> None:
        current = self.table.currentIndex()
        at = current.row() + 1 if current.isValid() else self._model.rowCount()
        column = max(0, current.column())
        if self._change(partial(self._edit_of, rows_edit.add_row, at), self._add_button):
            self.table.setCurrentIndex(self._model.index(at, column))

    def _on_paste_clicked(self) -> None:
        self._on_pasted(QGuiApplication.clipboard().text())

    def _on_pasted(self, text: str) -> None:
        if not isinstance(self._document.session.data, TableData):
            show_tip(self.table, "These rows are generated: make them editable first")
            return
        current = self.table.currentIndex()
        row = current.row() if current.isValid() else self._model.rowCount()
        column = current.column() if current.isValid() else 0
        self._change(partial(self._edit_of, rows_edit.paste, row, column, text), self.table)

    def _on_part(self, part: Part) -> None:
        self._part = part
        self.refresh()

    def _on_clicked(self, index: QModelIndex) -> None:
        self._on_row_clicked(index.row())

    def _on_row_clicked(self, row: int) -> None:
        """Choose the clicked row as the sample that is shown."""
        if self._part != "train" or self._player.trace is None:
            return
        places = [place for place, each in enumerate(self._player.batch) if int(each) == row]
        if places:
            self._player.choose_sample(places[0])
        else:
            show_tip(self.table, f"Row {row + 1} is not in this iteration's batch")


def _fitted(given: tuple[str, ...], labels: list[str], word: str, count: int) -> list[str]:
    """Return `count` titles: `given` where it fits, else `labels`, else numbered."""
    names = list(given) if len(given) == count else labels
    if len(names) == count:
        return names
    return [f"{word} {number}" for number in range(1, count + 1)]


def _button(name: str, tip: str, *, checkable: bool = False) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    return button
