"""What panels share that write formulas of one parameter: their view follows digits and theme."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.banded_view import BandedView
from bpviz.ui.panels.parameter_panel import ParameterPanel
from bpviz.ui.panels.terms import TermLights
from bpviz.ui.style import Theme


class FormulaPanel(ParameterPanel):
    """Shows formulas of one parameter in a view whose terms and the drawing light each other."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        formulas: BandedView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, player, scene, theme, parent)
        self._formulas = formulas
        self._lights = TermLights(scene, formulas, parent=self)

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._formulas.set_digits(digits)
        super().set_digits(digits)

    def set_scale(self, factor: float) -> None:
        """Draw formulas `factor` times as large, for a projector."""
        self._formulas.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        super().apply_theme(theme)
        self._formulas.apply_theme(theme)
