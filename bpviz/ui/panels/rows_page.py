"""The rows as an editable table, with the chosen sample marked."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.player import Player
from bpviz.explain.numbers import full_number
from bpviz.model.data import TableData
from bpviz.ui.icons import icon
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.form import show_tip
from bpviz.ui.panels.rows_edit import Part
from bpviz.ui.panels.rows_model import NUMBER_ROLE, NumberDelegate, RowsModel
from bpviz.ui.panels.rows_source import RowsSource, tool_button
from bpviz.ui.style import Theme, guard

MAX_MARKED_BATCH = 10_000
# As wide as a cell's number usually is.
LONGEST: Final = "−0.0000"


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

    @guard
    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of the letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.widen_columns()

    def widen_columns(self) -> None:
        """Let columns rather scroll than cut a number of four digits, also in bold."""
        letters = QFont(self.font())
        letters.setBold(True)
        least = QFontMetrics(letters).horizontalAdvance(LONGEST) + 8
        self.horizontalHeader().setMinimumSectionSize(least)

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


class RowsPage(QWidget):
    """The table, and the buttons that add, delete and paste rows."""

    def __init__(self, source: RowsSource, player: Player, theme: Theme) -> None:
        super().__init__()
        self._source = source
        self._player = player
        self._shown: tuple[TableData, Part, tuple[str, ...], bool] | None = None
        self._model = RowsModel(theme)
        self.table = RowsTable()
        self._notice = QLabel()
        self._add_button = tool_button("data.add_row", "Add a row")
        self._delete_button = tool_button("data.delete_row", "Delete the chosen rows")
        self._paste_button = tool_button(
            "data.paste",
            "Paste from a spreadsheet: cells from the current one on, or a whole table with its "
            "heading (Ctrl+V)",
        )
        self._build()
        self._connect()
        self.apply_theme(theme)

    def refresh(self) -> None:
        """Show the rows anew."""
        source = self._source
        table, titles = source.table, source.titles()
        self._notice.setVisible(not source.is_table)
        for button in (self._add_button, self._delete_button):
            button.setVisible(source.is_table)
        shown = (table, source.part, titles, source.is_table)
        old = self._shown
        if old is None or old[0] is not table or old[1:] != shown[1:]:
            self._shown = shown
            inputs, _ = rows_edit.widths(source.session, table)
            rows = rows_edit.rows_of(table, source.part)
            self._model.show(rows, titles, inputs, source.is_table)
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Mark the chosen sample's row, and the rows of this iteration's batch."""
        batch = self._player.batch
        if self._source.part == "test" or self._player.trace is None or not len(batch):
            self._model.mark(-1, None)
            return
        chosen = int(batch[min(self._player.sample, len(batch) - 1)])
        whole = len(batch) >= len(self._source.table.inputs) or len(batch) > MAX_MARKED_BATCH
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

    def delete_chosen(self) -> None:
        """Delete the rows that are selected in the table."""
        gone = {index.row() for index in self.table.selectedIndexes()}
        if not self._source.change(self._delete_button, rows_edit.delete_rows, gone):
            self.refresh()

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
        self.table.widen_columns()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(26)
        self._notice.setText("Generated rows: “Make Editable” under Sets")
        self._notice.setProperty("role", "muted")
        self._notice.setWordWrap(True)
        bar = QHBoxLayout()
        bar.setSpacing(4)
        bar.addWidget(self._notice, 1)
        bar.addStretch(1)
        for button in (self._add_button, self._delete_button, self._paste_button):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table, 1)
        layout.addLayout(bar)

    def _connect(self) -> None:
        self._add_button.clicked.connect(self._on_add)
        self._delete_button.clicked.connect(self.delete_chosen)
        self._model.typed.connect(self._on_typed)
        self._paste_button.clicked.connect(self._on_paste_clicked)
        self.table.clicked.connect(self._on_clicked)
        self.table.pasted.connect(self._on_pasted)
        self.table.verticalHeader().sectionClicked.connect(self._on_row_clicked)

    def _on_typed(self, row: int, column: int, value: float) -> None:
        if not self._source.change(self.table, rows_edit.set_cell, row, column, value):
            self.refresh()

    def _on_add(self) -> None:
        current = self.table.currentIndex()
        at = current.row() + 1 if current.isValid() else self._model.rowCount()
        column = max(0, current.column())
        if self._source.change(self._add_button, rows_edit.add_row, at):
            self.table.setCurrentIndex(self._model.index(at, column))

    def _on_paste_clicked(self) -> None:
        self._on_pasted(QGuiApplication.clipboard().text())

    def _on_pasted(self, text: str) -> None:
        """Paste cells from the current one on, or a whole table in place of these rows."""
        current = self.table.currentIndex()
        if rows_edit.is_whole_table(text) or not self._model.rowCount():
            self._source.change(self.table, rows_edit.paste_table, text)
            return
        if not self._source.is_table:
            show_tip(self.table, "These rows are generated: make them editable first")
            return
        row = current.row() if current.isValid() else self._model.rowCount()
        column = current.column() if current.isValid() else 0
        self._source.change(self.table, rows_edit.paste, row, column, text)

    def _on_clicked(self, index: QModelIndex) -> None:
        self._on_row_clicked(index.row())

    def _on_row_clicked(self, row: int) -> None:
        """Choose the clicked row as the sample that is shown."""
        if self._source.part == "train":
            choose_row(self._player, row, self.table)


def choose_row(player: Player, row: int, at: QWidget) -> None:
    """Choose a training row as the sample that is shown, or say why it can't be."""
    if player.trace is None:
        return
    places = [place for place, each in enumerate(player.batch) if int(each) == row]
    if places:
        player.choose_sample(places[0])
    else:
        show_tip(at, f"Row {row + 1} is not in this iteration's batch")
