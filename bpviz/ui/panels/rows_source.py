"""The rows that the pages of the data panel share: the table of now, and which part is shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QToolButton, QWidget

from bpviz.document.document import Document
from bpviz.engine.datasets import as_table
from bpviz.model.data import Data, TableData
from bpviz.model.edit import Edit
from bpviz.model.schema import Session
from bpviz.ui.panels import rows_edit
from bpviz.ui.panels.form import attempt
from bpviz.ui.panels.rows_edit import Part


class RowsSource:
    """The session's rows as a table, whatever they come from; changes make them a table."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made_for: Data | None = None
        self._table = TableData()
        self.part: Part = "train"

    @property
    def session(self) -> Session:
        """The session whose rows these are."""
        return self._document.session

    @property
    def is_table(self) -> bool:
        """Whether the session holds the rows themselves, not a generator of them."""
        return isinstance(self.session.data, TableData)

    @property
    def table(self) -> TableData:
        """The rows, written out."""
        data = self.session.data
        if data is not self._made_for:
            self._made_for, self._table = data, as_table(data)
        return self._table

    def titles(self) -> tuple[str, ...]:
        """Return the columns' titles: the data's own names, else the nodes' labels."""
        network, table = self.session.network, self.table
        inputs, targets = rows_edit.widths(self.session, table)
        input_labels = [network.names[node.id] for node in network.inputs]
        output_labels = [network.names[output] for output in network.outputs]
        return (
            *_fitted(table.input_names, input_labels, "input", inputs),
            *_fitted(table.target_names, output_labels, "target", targets),
        )

    def change(self, at: QWidget, make: Callable[..., Edit], *arguments: object) -> bool:
        """Push what `make(session, table, part, …)` returns; where refused, say so at `at`."""
        return attempt(self._document, partial(self._edit, make, arguments), at)

    def _edit(self, make: Callable[..., Edit], arguments: tuple[object, ...]) -> Edit:
        return make(self.session, self.table, self.part, *arguments)


def _fitted(given: tuple[str, ...], labels: list[str], word: str, count: int) -> list[str]:
    """Return `count` titles: `given` where it fits, else `labels`, else numbered."""
    names = list(given) if len(given) == count else labels
    if len(names) == count:
        return names
    return [f"{word} {number}" for number in range(1, count + 1)]


def tool_button(name: str, tip: str, text: str = "", *, checkable: bool = False) -> QToolButton:
    """Return a button called `name` that says what it does."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    return button
