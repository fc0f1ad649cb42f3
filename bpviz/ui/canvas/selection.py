"""What is selected of the drawing: nodes and edges by name, in the order of selection."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Final

import numpy as np
from PySide6.QtCore import QObject, QRectF, Signal

from bpviz.ui.canvas.geometry import RADIUS, Geometry

# The room around a selection that is looked at, in scene units.
AROUND: Final = 60.0


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


def selection_rect(geometry: Geometry, selection: Selection) -> QRectF:
    """Return the box around what is selected, with some room; empty where that is nothing."""
    if selection.is_empty:
        return QRectF()
    chosen = set(selection.edges)
    edges = [place for place, name in enumerate(geometry.names) if name in chosen]
    centres = geometry.positions[[geometry.index[node] for node in selection.nodes]]
    points = [centres - RADIUS, centres + RADIUS, geometry.points[edges].reshape(-1, 2)]
    low, high = np.concatenate(points).min(axis=0), np.concatenate(points).max(axis=0)
    box = QRectF(low[0], low[1], *(high - low))
    return box.adjusted(-AROUND, -AROUND, AROUND, AROUND)
