"""The rows of a session as an item model, and the delegate that edits their numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, Qt, Signal
from PySide6.QtCore import QPersistentModelIndex as Persistent
from PySide6.QtGui import QBrush, QColor, QFont
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bpviz.model.data import Rows
from bpviz.ui.numbers import format_number, full_number
from bpviz.ui.panels.number_field import NumberField
from bpviz.ui.style import Theme, guard, mix

Index = QModelIndex | Persistent
Role = Qt.ItemDataRole
NUMBER_ROLE = Role.UserRole


class RowsModel(QAbstractTableModel):
    """Rows of numbers: input columns, then target columns; one row is the chosen sample.

    `typed` tells (row, column, number) when a person has typed a number; the model itself
    never changes its rows.
    """

    typed = Signal(int, int, float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: Rows = ()
        self._titles: tuple[str, ...] = ()
        self._inputs = 0
        self._editable = True
        self._chosen = -1
        self._batch: frozenset[int] | None = None
        self._digits = 4

    def show(self, rows: Rows, titles: tuple[str, ...], inputs: int, editable: bool) -> None:
        """Show `rows` under `titles`, of which the first `inputs` columns are inputs."""
        if len(titles) != len(self._titles) or len(rows) != len(self._rows):
            self.beginResetModel()
            self._rows, self._titles, self._inputs = rows, titles, inputs
            self._editable = editable
            self.endResetModel()
            return
        self._rows, self._titles, self._inputs, self._editable = rows, titles, inputs, editable
        self._tell_all()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, max(0, len(titles) - 1))

    def mark(self, chosen: int, batch: frozenset[int] | None) -> None:
        """Mark row `chosen` (−1: none); rows outside `batch` are drawn fainter."""
        if (chosen, batch) == (self._chosen, self._batch):
            return
        self._chosen, self._batch = chosen, batch
        self._tell_all()
        self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, max(0, len(self._rows) - 1))

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self._tell_all()

    def set_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self._tell_all()

    @guard
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    @guard
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._titles)

    @guard
    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return whether a cell may be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if self._editable and index.isValid() else flags

    @guard
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> Any:  # noqa: ANN401
        """Return column titles and row numbers."""
        across = orientation == Qt.Orientation.Horizontal
        if role == Role.DisplayRole:
            return self._titles[section] if across else str(section + 1)
        if role == Role.ToolTipRole and across:
            return f"{'Input' if section < self._inputs else 'Target'} {self._titles[section]}"
        if role == Role.ForegroundRole and across and section >= self._inputs:
            return QBrush(QColor(self._theme.accent))
        if role == Role.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Role.FontRole and not across and section == self._chosen:
            return _bold()
        return None

    @guard
    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:  # noqa: ANN401
        """Return what a cell shows."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = index.row()
        value = self._rows[row][index.column()]
        if role == Role.DisplayRole:
            return format_number(value, self._digits, trim=True)
        if role in (NUMBER_ROLE, Role.EditRole):
            return value
        if role == Role.ToolTipRole:
            return full_number(value)
        if role == Role.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return self._look(row, index.column(), role)

    def _look(self, row: int, column: int, role: int) -> QBrush | QFont | None:
        """Return a cell's look: the chosen sample stands out, targets have another ground."""
        if role == Role.BackgroundRole and row == self._chosen:
            return QBrush(QColor(mix(self._theme.canvas, self._theme.accent, 0.28)))
        if role == Role.BackgroundRole and column >= self._inputs:
            return QBrush(QColor(mix(self._theme.canvas, self._theme.hover, 0.6)))
        if role == Role.FontRole and row == self._chosen:
            return _bold()
        if role == Role.ForegroundRole and self._batch is not None and row not in self._batch:
            return QBrush(QColor(self._theme.muted))
        return None

    @guard
    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:  # noqa: ANN401
        """Tell a typed number; what it becomes is the document's to say."""
        if role != Role.EditRole or not index.isValid():
            return False
        if float(value) != self._rows[index.row()][index.column()]:
            self.typed.emit(index.row(), index.column(), float(value))
        return True

    def _tell_all(self) -> None:
        if self._rows and self._titles:
            last = self.index(len(self._rows) - 1, len(self._titles) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


class NumberDelegate(QStyledItemDelegate):
    """Edits a cell with a number field, so that every way to write a number works."""

    @guard
    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index
    ) -> QWidget:
        """Return a number field."""
        field = NumberField(parent)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        return field

    @guard
    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Put the cell's number into the field, all of it selected."""
        if isinstance(editor, NumberField):
            editor.set_value(index.data(NUMBER_ROLE))
            editor.selectAll()

    @guard
    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Hand the number on, unless the field refused it."""
        if isinstance(editor, NumberField) and editor.commit() and editor.value is not None:
            model.setData(index, editor.value)


def _bold() -> QFont:
    font = QFont()
    font.setBold(True)
    return font
