"""The Paths panel: all ways from a parameter to the loss, whose products add up to the gradient."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.explain.copying import latex_of_paths
from bpviz.explain.parameter import Parameter
from bpviz.explain.paths import Path, Paths, paths
from bpviz.model.counts import grouped
from bpviz.model.network import Network
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.banded_view import NONE
from bpviz.ui.formula.paths_view import FEW, PathsView
from bpviz.ui.panels.formula_panel import FormulaPanel
from bpviz.ui.panels.parameter_panel import scrolled
from bpviz.ui.style import Theme, guard

# Of a longer path the first and the last nodes are named.
MOST_NAMES: Final = 24


class PathsPanel(FormulaPanel):
    """Shows the paths of the parameter; the one under the pointer is lit on the drawing."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        self.view = PathsView(theme)
        super().__init__(document, player, scene, theme, self.view, parent)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.count.setWordWrap(True)
        self.count.setObjectName("paths.count")
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.count)
        column.addWidget(scrolled(self.view), 1)
        self.view.band_hovered.connect(self._on_band_hovered)
        self.follow_structure()

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Show the paths of this parameter for the chosen sample."""
        player = self._player
        found = paths(trace, parameter.node, parameter.edge, player.sample, player.notation)
        network, loss = trace.program.network, player.notation.loss_symbol
        routes = [_route(network, path, loss) for path in found.shown]
        self.count.setText(_count(found, len(trace.rows)))
        self.view.set_names(network.names)
        self.view.show_paths(found, routes)

    def latex(self) -> str:
        """Return what is shown as LaTeX; "" where there is nothing."""
        shown = self.view.paths
        return "" if shown is None or self.rest.isVisible() else latex_of_paths(shown, self._digits)

    def set_front(self, front: bool) -> None:
        """Leave no path lit behind another tab."""
        super().set_front(front)
        if not front:
            self._scene.light_path((), ())

    @guard
    def hideEvent(self, event: QHideEvent) -> None:
        """Leave no path lit."""
        super().hideEvent(event)
        self._scene.light_path((), ())

    def _on_band_hovered(self, band: int) -> None:
        found = self.view.paths
        if band == NONE or found is None:
            self._scene.light_path((), ())
            return
        path, geometry = found.shown[band], self._scene.geometry
        nodes, edges = list(path.nodes), list(path.edges)
        outputs = geometry.outputs.tolist()
        if nodes[-1] in outputs:
            edges.append(geometry.edge_count + outputs.index(nodes[-1]))
            nodes.append(geometry.node_count)
        if len(path.edges) == len(path.nodes):
            nodes.append(int(geometry.source[path.edges[0]]))
        self._scene.light_path(nodes, edges)


def _route(network: Network, path: Path, loss: str) -> str:
    nodes = [network.nodes[node].id for node in path.nodes]
    if len(path.edges) == len(path.nodes):
        nodes.insert(0, network.edges[path.edges[0]].source)
    names = [*(network.names[node] for node in nodes), loss]
    if len(names) > MOST_NAMES + 1:
        half = MOST_NAMES // 2
        names[half:-half] = [f"… {grouped(len(names) - 2 * half)} more …"]
    return " → ".join(names)


def _count(found: Paths, samples: int) -> str:
    if not found.count:
        return "No path leads from it to the loss: its gradient is zero."
    words = "One path leads" if found.count == 1 else f"{grouped(found.count)} paths lead"
    words += " from it to the loss"
    if samples > 1:
        words += ", here with the numbers of the chosen sample"
    words += "."
    if len(found.shown) < found.count:
        words += f" The {len(found.shown)} strongest are shown, the rest is summed."
    if len(found.shown) > FEW:
        words += " Click one to write it out."
    elif found.count:
        words += f" Point at {'it' if found.count == 1 else 'one'} to see it on the drawing."
    return words
