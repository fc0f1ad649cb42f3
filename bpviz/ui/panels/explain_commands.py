"""What menus do with explanations: bring a panel to the front, copy LaTeX, export a derivation."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.explain.influence import NoParameterError
from bpviz.export.derivation import derivation_page
from bpviz.model.files import atomic_write
from bpviz.ui.numbers import localised
from bpviz.ui.panels.dialogs import ask_file_to_save
from bpviz.ui.panels.file_commands import FileCommands, reason
from bpviz.ui.panels.workspace import Workspace

DERIVATION_FILTER: Final = "Markdown (*.md);;LaTeX (*.tex);;Web page (*.html)"
FAILED: Final = "The derivation was not written"


class ExplainCommands(QObject):
    """Carries out commands about explanations; what goes wrong is said, nothing is left half."""

    def __init__(
        self,
        document: Document,
        player: Player,
        workspace: Workspace,
        files: FileCommands,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._player = player
        self._workspace = workspace
        self._files = files
        self._window = window

    def on_panel_chosen(self, action: QAction, _checked: bool = False) -> None:
        """Bring the panel to the front that the action is called after."""
        self.show_panel(action.objectName().removeprefix("view.front_"))

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front; KeyError for no such panel."""
        self._workspace.bring_to_front(name)

    def copy_latex(self) -> None:
        """Put the formulas of the explaining panel in front onto the clipboard, as LaTeX."""
        latex = self._workspace.latex()
        step_line = self._workspace.step_line
        if latex:
            QGuiApplication.clipboard().setText(latex)
            step_line.show_notice("The formula is on the clipboard, as LaTeX.", "Copied")
        else:
            step_line.show_notice("No panel shows a formula to copy.", "Nothing copied")

    def export_derivation(self) -> None:
        """Let a file be chosen, and write the derivation of the parameter shown."""
        self._player.pause()
        if self._files.refuse_hidden(FAILED, self._player.hidden.kinds):
            return
        suggested = self._files.folder() / f"{self._files.stem()}-derivation.md"
        ask_file_to_save(
            self._window,
            "Export the derivation",
            suggested,
            DERIVATION_FILTER,
            partial(self._write, self._workspace.analysis.derivation.parameter_name()),
        )

    def _write(self, parameter: str | None, path: Path) -> None:
        trace = self._player.trace
        if trace is None:
            self._files.complain(FAILED, localised(self._player.problem))
            return
        ending = path.suffix.lower()
        if ending not in (".md", ".tex", ".html"):
            self._files.complain(FAILED, f"{path.name} does not end in .md, .tex or .html")
            return
        try:
            page = derivation_page(self._document.session, trace, ending, parameter)
            atomic_write(path, page.encode())
        except NoParameterError as problem:
            self._files.complain(FAILED, str(problem))
        except OSError as problem:
            self._files.complain(FAILED, reason(problem))
