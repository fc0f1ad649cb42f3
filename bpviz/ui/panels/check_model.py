"""The table of the gradient check: every parameter, the worst first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from bpviz.engine.gradcheck import TOLERANCE, ParameterCheck
from bpviz.explain.parameter import parameter_words
from bpviz.model.network import Network
from bpviz.ui.numbers import format_number
from bpviz.ui.style import guard

HEADS: Final = ("parameter", "backprop", "numeric", "error")
TIPS: Final = (
    "The weight of an edge, or the bias of a unit",
    "The gradient from back propagation",
    "The gradient from central differences",
    "|g − n| / max(|g|, |n|, 1e−4 · max(1, |loss|))",
)
KEYS: Final[tuple[Callable[[ParameterCheck], str | float], ...]] = (
    lambda check: check.name,
    lambda check: check.gradient,
    lambda check: check.numeric,
    lambda check: -1.0 if check.is_kink else check.error,
)
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
NUMERIC: Final = 2


class CheckModel(QAbstractTableModel):
    """Holds checks in the order chosen by a click on a heading."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._checks: list[ParameterCheck] = []
        self._order = (3, Qt.SortOrder.DescendingOrder)
        self._network: Network | None = None
        self._digits = 4

    @property
    def checks(self) -> Sequence[ParameterCheck]:
        """The checks in their order."""
        return self._checks

    def show_checks(self, checks: Sequence[ParameterCheck], network: Network, digits: int) -> None:
        """Show these checks of the parameters of `network`."""
        self.beginResetModel()
        self._checks, self._network, self._digits = list(checks), network, digits
        self._arrange()
        self.endResetModel()

    def row_of(self, name: str) -> int:
        """Return the row of a parameter, −1 where it is not checked yet."""
        rows = (row for row, check in enumerate(self._checks) if check.name == name)
        return next(rows, -1)

    def _arrange(self) -> None:
        column, order = self._order
        self._checks.sort(key=KEYS[column], reverse=order == Qt.SortOrder.DescendingOrder)

    @guard
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self.beginResetModel()
        self._order = (column, order)
        self._arrange()
        self.endResetModel()

    @guard
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many parameters are checked."""
        return 0 if parent.isValid() else len(self._checks)

    @guard
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADS)

    @guard
    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        """Return text and place of a cell."""
        check, column = self._checks[index.row()], index.column()
        if role == Role.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.ToolTipRole and check.is_kink:
            return "Every step crosses a kink, such as that of ReLU at 0: nothing to compare"
        if role == Role.ToolTipRole and column == 1:
            return f"From central differences: {format_number(check.numeric, self._digits)}"
        if role != Role.DisplayRole:
            return None
        if column == 0:
            mark = "" if check.is_kink or check.error <= TOLERANCE else "✗ "
            words = parameter_words(self._network, check.name) if self._network else ""
            return mark + words
        if column == 1:
            return format_number(check.gradient, self._digits)
        if check.is_kink:
            return "kink"
        return (
            format_number(check.numeric, self._digits)
            if column == NUMERIC
            else format_number(check.error, 2)
        )

    @guard
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole
    ) -> object:
        """Return the headings."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Role.ToolTipRole:
            return TIPS[section]
        if role == Role.TextAlignmentRole:
            # In the middle, as the mark of the order stands at the right.
            side = Qt.AlignmentFlag.AlignHCenter if section else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return HEADS[section] if role == Role.DisplayRole else None
