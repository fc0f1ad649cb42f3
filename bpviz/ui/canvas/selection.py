"""What is selected of the drawing: nodes and edges by name, in the order of selection."""

from __future__ import annotations

from collections.abc import Container, Iterable

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """Selected nodes and edges; `changed` tells that they are others now."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._nodes: dict[str, None] = {}
        self._edges: dict[str, None] = {}

    @property
    def nodes(self) -> list[str]:
        """The ids of the selected nodes."""
        return list(self._nodes)

    @property
    def edges(self) -> list[str]:
        """The names of the selected edges."""
        return list(self._edges)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return not self._nodes and not self._edges

    def select(self, nodes: Iterable[str], edges: Iterable[str]) -> None:
        """Select exactly these."""
        before = (self._nodes, self._edges)
        self._nodes, self._edges = dict.fromkeys(nodes), dict.fromkeys(edges)
        if (self._nodes, self._edges) != before:
            self.changed.emit()

    def keep(self, nodes: Container[str], edges: Container[str]) -> None:
        """Forget what is not among these: it is gone from the network."""
        self.select(
            [each for each in self._nodes if each in nodes],
            [each for each in self._edges if each in edges],
        )

    def forget(self) -> None:
        """Select nothing, without a word: another session is drawn, of which all is told anew."""
        self._nodes, self._edges = {}, {}
