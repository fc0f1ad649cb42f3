"""What the program offers after it was ended by force: the changes that were not saved."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from time import localtime, strftime

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from bpviz.document.autosave import Autosave, left_behind
from bpviz.document.document import Document
from bpviz.model.files import FormatError
from bpviz.model.session import load_session
from bpviz.ui.panels.dialogs import show_message
from bpviz.ui.panels.file_commands import reason

Button = QMessageBox.StandardButton


class Recovery(QObject):
    """Offers the recovery files of a folder, one after the other, the newest first."""

    def __init__(
        self, document: Document, autosave: Autosave, folder: Path, window: QWidget
    ) -> None:
        super().__init__(window)
        self._document = document
        self._autosave = autosave
        self._window = window
        self._waiting = left_behind(folder)

    def offer(self) -> None:
        """Ask what becomes of the newest file, if there is one; later it is asked again."""
        while self._waiting:
            path = self._waiting.pop(0)
            try:
                title = load_session(path).title or "untitled"
            except (FormatError, OSError):
                # Written whole or not at all, so this is not one of ours; it stays where it is.
                continue
            self._ask(path, title)
            return

    def _ask(self, path: Path, title: str) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("recovery")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Unsaved changes were kept")
        box.setTextFormat(Qt.TextFormat.PlainText)
        moment = strftime("%Y-%m-%d %H:%M", localtime(path.stat().st_mtime))
        box.setText(f"bpviz ended before “{title}” was saved. Restore it as it was at {moment}?")
        box.setInformativeText("It opens as a new session; the file it came from is as it was.")
        box.setStandardButtons(Button.Open | Button.Discard | Button.Cancel)
        box.button(Button.Open).setText("&Restore")
        box.button(Button.Cancel).setText("Ask &Later")
        box.setDefaultButton(Button.Open)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.finished.connect(partial(self._on_answered, path))
        box.open()

    def _on_answered(self, path: Path, result: int) -> None:
        if result == Button.Open:
            try:
                self._document.recover(path)
            except (FormatError, OSError) as fault:
                line = reason(fault) if isinstance(fault, OSError) else str(fault)
                show_message(self._window, "It can't be restored", line)
                return
            self._autosave.write(
                at_once=True
            )  # before the old file goes, so that one is always there
        if result in (Button.Open, Button.Discard):
            with contextlib.suppress(OSError):
                path.unlink()
        if result == Button.Discard:
            self.offer()
