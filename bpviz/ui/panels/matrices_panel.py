"""The Matrices panel: the layers as Wⁿ, zⁿ, aⁿ and δⁿ, each cell tied to the drawing."""

from __future__ import annotations

from collections import Counter
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.player import Player
from bpviz.explain.copying import latex_of_tables
from bpviz.explain.expression import Reference
from bpviz.explain.matrices import NotLayeredError
from bpviz.explain.matrix_table import LayerTables, layer_tables
from bpviz.model.network import Input, Network, Unit, activation_name
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.matrix_view import MatrixView
from bpviz.ui.numbers import localised
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.parameter_panel import MOST_EDGES, scrolled
from bpviz.ui.panels.terms import TermLights
from bpviz.ui.style import Theme, guard

LARGE: Final = "The matrices of a network as large as this one can't be read on a screen."
NO_LAYERS: Final = (
    "This network can't be written in matrices: {reason}. Matrices need layers, each connected to "
    "the next one only, whose units sum. Derivation and Paths explain any network."
)


def cell_count(network: Network) -> int:
    """Return how many cells the weight matrices have: with few edges most are structural zeros."""
    sizes = Counter(network.level.values())
    return sum(sizes[level - 1] * sizes[level] for level in sizes)


class MatricesPanel(Panel):
    """Shows a layered network as matrices; a click on a cell selects its node or edge."""

    def __init__(
        self,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._player = player
        self._scene = scene
        self._digits = 4
        self.view = MatrixView(theme)
        self.rest = QLabel()
        self._area = scrolled(self.view)
        self._lights = TermLights(scene, self.view, parent=self)
        self.rest.setProperty("role", "muted")
        self.rest.setWordWrap(True)
        self.rest.setTextFormat(Qt.TextFormat.PlainText)
        self.rest.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.rest)
        layout.addWidget(self._area, 1)
        # The page has its height, and the panel its own, only when Qt comes to it.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._scroll)
        self._layer = 0
        self.view.term_chosen.connect(self._on_term_chosen)
        self.follow_structure()

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.view.set_digits(digits)

    def set_scale(self, factor: float) -> None:
        """Draw formulas `factor` times as large, for a projector."""
        self.view.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.view.apply_theme(theme)

    def latex(self) -> str:
        """Return what is shown as LaTeX; "" where there is nothing."""
        return latex_of_tables(self.view.layers, self._digits)

    def refresh(self) -> None:
        """Show the matrices of the present step, or say why there are none."""
        player = self._player
        trace, snapshot = player.trace, player.snapshot
        if trace is None or snapshot is None:
            self._rest(localised(player.problem) or "There is nothing to compute yet")
            return
        if cell_count(trace.program.network) > MOST_EDGES:
            self._rest(LARGE)
            return
        try:
            layers = layer_tables(trace, snapshot, player.notation)
        except NotLayeredError as why:
            self._rest(NO_LAYERS.format(reason=why))
            return
        self.rest.hide()
        self._area.show()
        captions = [_caption(trace.program.network, layer) for layer in layers]
        self.view.set_names(trace.program.network.names)
        self.view.show_layers(layers, captions)
        layer = self._current_layer(trace.program.network)
        if layer != self._layer:
            self._layer = layer
            self._later.start()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the step's layer in view."""
        super().resizeEvent(event)
        self._later.start()

    def _current_layer(self, network: Network) -> int:
        """Return the layer that the step is at; between them it stays the one before."""
        frame = self._player.frame
        if frame is None:
            return 0
        name = network.nodes[frame.node].id if frame.node >= 0 else ""
        if frame.edge >= 0:
            name = network.edges[frame.edge].target
        return network.level[name] if name else self._layer

    def _scroll(self) -> None:
        """Bring the step's layer into view, its beginning first."""
        if self._layer >= len(self.view.layers):
            return
        rect, bar = self.view.layer_rect(self._layer), self._area.verticalScrollBar()
        top = self.view.y() + round(rect.top())
        below = top + rect.height() > bar.value() + self._area.viewport().height()
        if below or top < bar.value():
            bar.setValue(top)

    def _rest(self, words: str) -> None:
        self.rest.setText(words)
        self.rest.show()
        self._area.hide()
        self.view.show_layers((), ())

    def _on_term_chosen(self, term: Reference) -> None:
        if term.kind == "node":
            self._scene.select([term.name], [])
        elif term.kind == "edge":
            self._scene.select([], [term.name])


def _caption(network: Network, layer: LayerTables) -> str:
    """Return "Layer 2 · sigmoid", the activations of the layer's units in words."""
    (column, *_) = (table for table in layer.tables if not table.columns)
    references = [row[0].reference for row in column.cells]
    nodes = [network.node(each.name) for each in references if each is not None]
    if all(isinstance(node, Input) for node in nodes):
        return f"Layer {layer.number} · inputs"
    names = [activation_name(node.activation) for node in nodes if isinstance(node, Unit)]
    words = ", ".join(dict.fromkeys(name.replace("_", " ") for name in names))
    return f"Layer {layer.number} · {words}"
