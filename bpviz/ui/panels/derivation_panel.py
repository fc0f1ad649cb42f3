"""The Derivation panel: ∂E/∂w of one parameter, rule by rule, down to its number."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.explain.chain import derive
from bpviz.explain.copying import latex_of_derivation, latex_of_step
from bpviz.explain.parameter import Parameter
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.banded_view import NONE
from bpviz.ui.formula.derivation_view import DerivationView
from bpviz.ui.panels.formula_panel import FormulaPanel
from bpviz.ui.panels.parameter_panel import scrolled
from bpviz.ui.style import Theme


class DerivationPanel(FormulaPanel):
    """Shows the derivation of a gradient; `export_asked` asks for it as a file."""

    export_asked = Signal()

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        self.view = DerivationView(theme)
        super().__init__(document, player, scene, theme, self.view, parent)
        self._copy = QPushButton("Copy LaTeX")
        self._copy_line = QPushButton("Copy Line")
        self._export = QPushButton("Export…")
        self._build()
        self._copy.clicked.connect(self._on_copy)
        self._copy_line.clicked.connect(self._on_copy_line)
        self._export.clicked.connect(self.export_asked)
        self.view.band_clicked.connect(self._on_band_clicked)
        self.view.menu_asked.connect(self._on_menu_asked)
        self.follow_structure()

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Derive the gradient of this parameter."""
        player = self._player
        found = derive(trace, parameter.node, parameter.edge, player.sample, player.notation)
        self.view.show_derivation(found)
        self._offer_line()

    def latex(self) -> str:
        """Return what is shown as LaTeX; "" where there is nothing."""
        shown = self.view.derivation
        return "" if shown is None or self.rest.isVisible() else latex_of_derivation(shown)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.latex())

    def _on_copy_line(self) -> None:
        self._copy_band(self.view.chosen)

    def _copy_band(self, band: int) -> None:
        step = None if band == NONE else self.view.step(band)
        if step is not None:
            QGuiApplication.clipboard().setText(latex_of_step(step))

    def _on_band_clicked(self, _band: int) -> None:
        self._offer_line()

    def _offer_line(self) -> None:
        self._copy_line.setEnabled(self.view.chosen_step is not None)

    def _on_menu_asked(self, band: int, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        line = menu.addAction("Copy &Line as LaTeX", partial(self._copy_band, band))
        line.setEnabled(band != NONE and self.view.step(band) is not None)
        menu.addAction("Copy &All as LaTeX", self._on_copy)
        menu.addAction("&Export…", self.export_asked.emit)
        menu.popup(at)

    def _build(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button, name, tip in (
            (self._copy, "derivation.copy", "Copy the whole derivation as LaTeX"),
            (self._copy_line, "derivation.copy_line", "Copy the line that is chosen as LaTeX: "
             "click a line to choose it"),
            (self._export, "derivation.export", "Write it as Markdown, LaTeX or a web page"),
        ):  # fmt: skip
            button.setObjectName(name)
            button.setToolTip(tip)
            buttons.addWidget(button)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(scrolled(self.view), 1)
        column.addLayout(buttons)
