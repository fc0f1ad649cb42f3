"""Terms and drawing tied to each other: what is pointed at in one lights up in the other."""

from __future__ import annotations

from PySide6.QtCore import QObject

from bpviz.explain.expression import Reference
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.terms_view import TermsView


class TermLights(QObject):
    """Keeps the terms of some views and the drawing lit together."""

    def __init__(self, scene: CanvasScene, *views: TermsView, parent: QObject) -> None:
        super().__init__(parent)
        self._scene = scene
        self._views = views
        for view in views:
            view.term_hovered.connect(self._on_term_hovered)
        scene.hovered.connect(self._on_canvas_hovered)

    def _on_canvas_hovered(self, kind: str, name: str) -> None:
        lit: Reference | None = None
        if kind == "network":
            lit = Reference("network", "", "loss")
        elif kind == "node" or kind == "edge":
            lit = Reference("node" if kind == "node" else "edge", name, "")
        self._light(lit)

    def _on_term_hovered(self, term: Reference | None) -> None:
        self._light(term)
        if term is None:
            self._scene.highlight("", "")
        else:
            self._scene.highlight(term.kind, term.name)

    def _light(self, lit: Reference | None) -> None:
        for view in self._views:
            view.highlight(lit)
