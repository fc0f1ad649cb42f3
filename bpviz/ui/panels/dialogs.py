"""Dialogs that never block: each is shown, and what follows is called with the answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

SESSION_FILTER: Final = "Sessions (*.bpviz.json);;All files (*)"
TABLE_FILTER: Final = "Tables (*.csv *.tsv *.txt);;All files (*)"
SESSION_ENDING: Final = ".bpviz.json"

Button = QMessageBox.StandardButton


def show_message(
    parent: QWidget, title: str, line: str, kind: QMessageBox.Icon = QMessageBox.Icon.Warning
) -> QMessageBox:
    """Show one line (plain text) with an OK button."""
    box = QMessageBox(kind, title, line, Button.Ok, parent)
    box.setObjectName("message")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def ask_unsaved(
    parent: QWidget, name: str, on_save: Callable[[], None], on_discard: Callable[[], None]
) -> QMessageBox:
    """Ask whether to save the changes of `name`; cancel calls nothing."""
    box = QMessageBox(
        QMessageBox.Icon.Question,
        "Unsaved changes",
        f"Save the changes to “{name}”?",
        Button.Save | Button.Discard | Button.Cancel,
        parent,
    )
    box.setObjectName("unsaved")
    box.setInformativeText("Without saving they are lost.")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setDefaultButton(Button.Save)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def on_finished(result: int) -> None:
        if result == Button.Save:
            on_save()
        elif result == Button.Discard:
            on_discard()

    box.finished.connect(on_finished)
    box.open()
    return box


def ask_file_to_open(
    parent: QWidget,
    folder: Path,
    on_path: Callable[[Path], None],
    title: str = "Open a session",
    filters: str = SESSION_FILTER,
) -> QFileDialog:
    """Let a file be chosen, without being told otherwise a session."""
    dialog = QFileDialog(parent, title, str(folder), filters)
    dialog.setObjectName("open")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _opened(dialog, on_path)


def ask_file_to_save(
    parent: QWidget, title: str, suggested: Path, filters: str, on_path: Callable[[Path], None]
) -> QFileDialog:
    """Let a file to write be chosen; what exists is asked about."""
    dialog = QFileDialog(parent, title, str(suggested.parent), filters)
    dialog.setObjectName("save")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.selectFile(suggested.name)
    return _opened(dialog, on_path)


def _opened(dialog: QFileDialog, on_path: Callable[[Path], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def on_selected(name: str) -> None:
        on_path(Path(with_ending(name, dialog.selectedNameFilter())))

    dialog.fileSelected.connect(on_selected)
    dialog.open()
    return dialog


def with_ending(name: str, chosen_filter: str) -> str:
    """Return `name` with the ending of the chosen filter, where it has none."""
    start, end = chosen_filter.find("(*."), chosen_filter.rfind(")")
    if Path(name).suffix or start < 0:
        return name
    return name + chosen_filter[start + 2 : end].split()[0]
