"""The Derivation panel: ∂E/∂w of one parameter, rule by rule, down to its number."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.explain.chain import Deriving
from bpviz.explain.copying import latex_of_derivation, latex_of_step
from bpviz.explain.parameter import Parameter
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.banded_view import NONE
from bpviz.ui.formula.derivation_view import DerivationView
from bpviz.ui.panels.formula_panel import FormulaPanel
from bpviz.ui.panels.parameter_panel import scrolled
from bpviz.ui.panels.work_bar import WorkBar
from bpviz.ui.style import Theme

GIVEN_UP: Final = "The derivation was given up. Select an edge or a unit, or step, for another one."


class DerivationPanel(FormulaPanel):
    """Shows the derivation of a gradient; `export_asked` asks for it as a file.

    One that takes longer than a moment is made in slices, with a button that gives it up.
    """

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
        self._start = 0
        self._asked: Parameter | None = None
        self._area = scrolled(self.view)
        # The bar stands above its room, not in the middle of it.
        policy = self._area.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._area.setSizePolicy(policy)
        self.bar = WorkBar("Deriving… %p %", self)
        self._copy = QPushButton("Copy LaTeX")
        self._copy_line = QPushButton("Copy Line")
        self._export = QPushButton("Export…")
        self._build()
        self._copy.clicked.connect(self._on_copy)
        self._copy_line.clicked.connect(self._on_copy_line)
        self._export.clicked.connect(self.export_asked)
        self.view.band_clicked.connect(self._on_band_clicked)
        self.view.lines_asked.connect(self._on_lines_asked)
        self.bar.ended.connect(self._on_derived)
        self.bar.cancelled.connect(self._on_given_up)
        self.view.menu_asked.connect(self._on_menu_asked)
        self.follow_structure()

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Derive the gradient of this parameter."""
        if parameter != self._asked:
            self._asked, self._start = parameter, 0
        self._derive(trace, parameter)

    def latex(self) -> str:
        """Return what is shown as LaTeX; "" where there is nothing."""
        shown = self.view.derivation
        gone = self.rest.isVisible() or self.bar.busy
        return "" if shown is None or gone else latex_of_derivation(shown, self._digits)

    def _derive(self, trace: Trace, parameter: Parameter) -> None:
        player = self._player
        node, edge = parameter
        work = Deriving(trace, node, edge, player.sample, player.notation, self._start)
        # Meanwhile the lines of before would be taken for those asked for.
        self._area.setVisible(self.bar.begin(work))

    def _on_derived(self, work: Deriving) -> None:
        self.view.set_names(self._player.program.network.names)
        self.view.show_derivation(work.result)
        self._area.show()
        self._offer_line()

    def _on_given_up(self) -> None:
        self.view.show_derivation(None)
        self._rest(GIVEN_UP)

    def _on_lines_asked(self, start: int) -> None:
        """Show other lines of a long derivation."""
        trace = self._player.trace
        if trace is not None and self._parameter is not None:
            self._start = start
            self._derive(trace, self._parameter)

    def _rest(self, words: str) -> None:
        self.bar.stop()
        super()._rest(words)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.latex())

    def _on_copy_line(self) -> None:
        self._copy_band(self.view.chosen)

    def _copy_band(self, band: int) -> None:
        step = None if band == NONE else self.view.step(band)
        if step is not None:
            QGuiApplication.clipboard().setText(latex_of_step(step, self._digits))

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
        column.addWidget(self.bar)
        column.addWidget(self._area, 1)
        column.addLayout(buttons)
