"""The widget of a network's matrices, whose cells are tied to the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from bpviz.explain.matrix_table import LayerTables
from bpviz.ui.formula.flow import Flow
from bpviz.ui.formula.matrix_page import put_layers
from bpviz.ui.formula.page import Page
from bpviz.ui.formula.terms_view import TermsView
from bpviz.ui.formula.typesetter import Typesetter
from bpviz.ui.style import Theme


class MatrixView(TermsView):
    """Shows layers as matrices and vectors, each under a caption."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self._layers: Sequence[LayerTables] = ()
        self._captions: Sequence[str] = ()
        self._typesetter = Typesetter(self._glyphs, self._digits)
        self._made_for = self._digits
        self.setObjectName("matrices")
        self.setAccessibleName("Matrices")

    @property
    def layers(self) -> Sequence[LayerTables]:
        """What is shown."""
        return self._layers

    def layer_rect(self, place: int) -> QRectF:
        """Return where the layer at `place` is."""
        return QRectF(*self._page.bands[place])

    def show_layers(self, layers: Sequence[LayerTables], captions: Sequence[str]) -> None:
        """Show these layers; what lies under the pointer stays lit."""
        self._layers, self._captions = layers, captions
        self.lay_out()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        if self._made_for != self._digits:
            self._made_for = self._digits
            self._typesetter = Typesetter(self._glyphs, self._digits)
        flow = Flow(self._typesetter, self.type_size, width)
        put_layers(flow, self._layers, self._captions)
        return flow.finished()
