"""The menu's exports: asks for a file and writes the drawing or the loss curve into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.ui import figures
from bpviz.ui.panels.dialogs import ask_file_to_save
from bpviz.ui.panels.file_commands import FileCommands, reason
from bpviz.ui.panels.workspace import Workspace

FAILED: Final = "The figure was not written"


class ExportCommands(QObject):
    """Writes figures of what the window shows; what goes wrong is said, nothing is left half."""

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

    def export_drawing(self) -> None:
        """Let a file be chosen, and write the drawing as it is shown."""
        self._ask("Export the drawing", "", figures.DRAWING_FILTER, self._write_drawing)

    def export_loss(self) -> None:
        """Let a file be chosen, and write the loss curve."""
        if self._files.refuse_hidden(FAILED, self._player.hidden.kinds & {"loss"}):
            return
        self._ask("Export the loss", "-loss", figures.LOSS_FILTER, self._write_loss)

    def copy_drawing(self) -> None:
        """Put the drawing as it is shown on the clipboard, as SVG and as PNG."""
        QGuiApplication.clipboard().setMimeData(figures.copied_drawing(self._workspace.scene))

    def _ask(self, title: str, tail: str, filters: str, write: Callable[[Path], None]) -> None:
        self._player.pause()
        suggested = self._files.folder() / f"{self._files.stem()}{tail}.svg"
        ask_file_to_save(self._window, title, suggested, filters, partial(self._export, write))

    def _export(self, write: Callable[[Path], None], path: Path) -> None:
        try:
            write(path)
        except figures.FigureError as problem:
            self._files.complain(FAILED, str(problem))
        except OSError as problem:
            self._files.complain(FAILED, reason(problem))

    def _write_drawing(self, path: Path) -> None:
        figures.write_drawing(self._workspace.scene, path)

    def _write_loss(self, path: Path) -> None:
        plot = self._workspace.loss_plot
        figures.write_loss(
            self._document.session,
            self._player.curve,
            path,
            self._workspace.scene.theme,
            logarithmic=plot.logarithmic,
        )
