"""A list of named things: Enter or a click goes to one, F2 renames it in place, Del removes it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from bpviz.ui.panels.form import limit_text
from bpviz.ui.style import guard

# Pages and ends belong to the player: a clicker steps wherever the focus is.
OWN_KEYS = (Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Return)
NAME = Qt.ItemDataRole.UserRole


class _NameWriter(QStyledItemDelegate):
    """Makes the field in which a name is typed, as long as a name may be."""

    @guard
    def createEditor(
        self,
        parent: QWidget,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """Return the field."""
        field = super().createEditor(parent, option, index)
        if isinstance(field, QLineEdit):
            limit_text(field)
        return field


class NamesList(QListWidget):
    """Each row shows a text; while it is renamed, its bare name. Rows are told by their place."""

    chosen = Signal(int)
    renamed = Signal(int, str)
    removed = Signal(int)

    def __init__(self, name: str, text: str, parent: QWidget | None = None) -> None:
        """`name` is the widget's id, `text` what assistive technology calls it."""
        super().__init__(parent)
        self._filling = False
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setItemDelegate(_NameWriter(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.itemClicked.connect(self._on_item)
        self.itemChanged.connect(self._on_changed)

    def fill(self, rows: list[tuple[str, str, str]], icons: Sequence[QIcon] = ()) -> None:
        """Show rows of (name, text, tip), with an icon each; the row chosen stays if it can."""
        row = self.currentRow()
        self._filling = True
        self.clear()
        for place, (name, text, tip) in enumerate(rows):
            item = QListWidgetItem(text)
            if icons:
                item.setIcon(icons[place % len(icons)])
            item.setData(NAME, name)
            item.setToolTip(tip)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
        if rows:
            self.setCurrentRow(min(max(row, 0), len(rows) - 1))
        self._filling = False

    @property
    def is_renaming(self) -> bool:
        """Whether a name is being typed."""
        return self.state() == QAbstractItemView.State.EditingState

    def rename_current(self) -> None:
        """Let the name of the current row be typed."""
        item = self.currentItem()
        if item is not None:
            self._filling = True
            item.setText(str(item.data(NAME)))
            self._filling = False
            self.editItem(item)

    @guard
    def event(self, event: QEvent) -> bool:
        """Keep the keys of a list from the program's shortcuts."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in OWN_KEYS
            and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to, rename or remove the current row."""
        row = self.currentRow()
        if row >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(row)
        elif row >= 0 and event.key() == Qt.Key.Key_F2:
            self.rename_current()
        elif row >= 0 and event.key() == Qt.Key.Key_Delete:
            self.removed.emit(row)
        else:
            super().keyPressEvent(event)

    def _on_item(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self.row(item))

    def _on_changed(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.renamed.emit(self.row(item), item.text().strip() or str(item.data(NAME)))
