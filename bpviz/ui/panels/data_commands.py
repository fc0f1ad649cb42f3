"""Import of rows and new random weights: the commands that replace much of a session at once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from bpviz.document.document import Document
from bpviz.engine.initialise import default_initialiser, initialised
from bpviz.model.data import TableData
from bpviz.model.edit import Edit, EditError
from bpviz.model.files import FormatError
from bpviz.model.network import Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_data, set_parameters
from bpviz.ui.panels.dialogs import TABLE_FILTER, ask_file_to_open
from bpviz.ui.panels.file_commands import FileCommands
from bpviz.ui.panels.import_dialog import ImportDialog
from bpviz.ui.panels.reinitialise_dialog import ReinitialiseDialog
from bpviz.ui.settings import Settings


class DataCommands(QObject):
    """Carries out Import Data and Re-initialise on one document, each as one Edit."""

    def __init__(
        self, document: Document, files: FileCommands, settings: Settings, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document = document
        self._files = files
        self._settings = settings
        self._window = window

    def import_data(self) -> None:
        """Let a file of rows be chosen, then what to make of it."""
        ask_file_to_open(
            self._window, self._files.folder(), self._ask_import, "Import data", TABLE_FILTER
        )

    def reinitialise(self) -> None:
        """Ask how weights are to be drawn, and draw them."""
        session = self._document.session
        dialog = ReinitialiseDialog(usual_initialiser(session), session.training.seed, self._window)
        dialog.chosen.connect(self._reinitialise)
        dialog.open()

    def _ask_import(self, path: Path) -> None:
        self._settings.put("folder", str(path.resolve().parent))
        dialog = ImportDialog(path, self._window)
        dialog.chosen.connect(partial(self._import, path))
        dialog.failed.connect(partial(self._files.complain, f"“{path.name}” can't be imported"))
        dialog.open()

    def _import(self, path: Path, table: TableData) -> None:
        label = f"Import {path.name}"[:100]
        self._push("The rows were not imported", partial(_imported, self._document, table, label))

    def _reinitialise(self, how: str, seed: int, constant: float) -> None:
        self._push(
            "The weights were not changed",
            partial(_reinitialised, self._document, how, seed, constant),
        )

    def _push(self, title: str, make: partial[Edit]) -> None:
        try:
            self._document.push(make())
        except EditError as refusal:
            self._files.complain(title, str(refusal))
        except FormatError as fault:
            self._files.complain(title, str(fault))


def usual_initialiser(session: Session) -> str:
    """Return the initialiser that suits the first unit with inputs, as for a new network."""
    for node in session.network.nodes:
        if isinstance(node, Unit):
            return default_initialiser(node.activation)
    return "xavier"


def reinitialise(session: Session, how: str, seed: int, constant: float) -> Edit:
    """Return the edit that draws all trainable weights anew and sets trainable biases to 0.

    `how` is a key of INITIALISERS. EditError where nothing changes.
    """
    network = initialised(session.network, how, seed, constant)
    weights = {edge.name: edge.weight for edge in network.edges}
    biases = {node.id: node.bias for node in network.units}
    return set_parameters(session, weights, biases, "Re-initialise")


def _imported(document: Document, table: TableData, label: str) -> Edit:
    return set_data(document.session, table, label)


def _reinitialised(document: Document, how: str, seed: int, constant: float) -> Edit:
    return reinitialise(document.session, how, seed, constant)
