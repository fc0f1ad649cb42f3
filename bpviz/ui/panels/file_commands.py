"""New, open, save, recent files, lessons: what menus do with files, and the questions they ask."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from bpviz.document.document import Document
from bpviz.document.reading import Reading
from bpviz.document.saving import Encoding
from bpviz.document.writing import Writing
from bpviz.model.files import FormatError
from bpviz.model.schema import Loaded, Session
from bpviz.model.session import load_session
from bpviz.ui.panels.dialogs import (
    SESSION_ENDING,
    SESSION_FILTER,
    ask_file_to_open,
    ask_file_to_save,
    ask_unsaved,
    show_message,
)
from bpviz.ui.panels.file_bar import FileBar
from bpviz.ui.panels.new_dialog import NewDialog
from bpviz.ui.settings import Settings
from bpviz.ui.style import resource_path

logger = logging.getLogger(__name__)

HIDDEN: Final = (
    "it holds numbers that are hidden while you predict them; "
    "end the questions in the panel Predict first"
)


class FileCommands(QObject):
    """Carries out the commands of the File and Lessons menus on one document.

    Whatever would lose changes asks first; what goes wrong is said in one dialog, and what was
    open stays.
    """

    def __init__(self, document: Document, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._document = document
        self._settings = settings
        self._window = window
        self.before_save: Callable[[], None] | None = None
        self.bar = FileBar(window)

    def new(self) -> None:
        """Let a new network be described, and start on it."""
        self.when_saved(self._ask_new)

    def open(self) -> None:
        """Let a file be chosen, and open it."""
        self.when_saved(self._ask_open)

    def open_path(self, path: Path) -> None:
        """Open `path`, after asking about unsaved changes."""
        self.when_saved(partial(self._open, path))

    def save(self, then: Callable[[], None] | None = None) -> None:
        """Save to the document's file, asking for one where it has none; `then` once saved."""
        if self._document.path is None:
            self.save_as(then)
        else:
            self._save(None, then)

    def save_as(self, then: Callable[[], None] | None = None) -> None:
        """Let a file be chosen and save to it; `then` once saved."""
        path = self._document.path or self.folder() / (self.stem() + SESSION_ENDING)
        ask_file_to_save(
            self._window, "Save the session", path, SESSION_FILTER, partial(self._save_to, then)
        )

    def when_saved(self, then: Callable[[], None]) -> None:
        """Call `then`, before asking about unsaved changes where there are any."""
        if not self._document.dirty:
            then()
            return
        ask_unsaved(self._window, self._document.name, partial(self.save, then), then)

    def folder(self) -> Path:
        """Return the folder for file dialogs: the document's, else the one used last."""
        if self._document.path is not None:
            return self._document.path.parent
        remembered = Path(self._settings.text("folder") or Path.home())
        return remembered if remembered.is_dir() else Path.home()

    def stem(self) -> str:
        """Return a file name, without its ending, for the document."""
        name = self._document.name.removesuffix(SESSION_ENDING)
        safe = "".join(c if c.isalnum() or c in "-_. " else " " for c in name)
        return " ".join(safe.split())[:60] or "untitled"

    def fill_recent(self, menu: QMenu) -> None:
        """Fill the menu of recent files."""
        menu.clear()
        paths = self._settings.recent_files()
        for number, path in enumerate(paths, start=1):
            action = menu.addAction(f"&{number % 10} {path.name.replace('&', '&&')}")
            action.setObjectName(f"file.recent_{number}")
            action.setToolTip(str(path))
            action.triggered.connect(partial(self._on_recent, path))
        if not paths:
            menu.addAction("Nothing yet").setEnabled(False)
            return
        menu.addSeparator()
        menu.addAction("&Clear the List").triggered.connect(self._settings.clear_recent)

    def fill_lessons(self, menu: QMenu) -> None:
        """Add all lessons that lie in resources/lessons to their menu."""
        menu.addSeparator()
        for path in sorted(resource_path("lessons").glob(f"*{SESSION_ENDING}")):
            name = path.name.removesuffix(SESSION_ENDING)
            try:
                session = _own_lesson(path)
            except (FormatError, OSError):
                logger.exception("the lesson %s can't be read", path)
                continue
            action = QAction(session.title.replace("&", "&&") or name, menu)
            action.setObjectName(f"lessons.{name}")
            action.setToolTip("Open a copy of this lesson")
            action.triggered.connect(partial(self._on_lesson, session))
            menu.addAction(action)

    def _ask_new(self) -> None:
        dialog = NewDialog(self._window)
        dialog.chosen.connect(self._document.new)
        dialog.open()

    def _ask_open(self) -> None:
        ask_file_to_open(self._window, self.folder(), self._open)

    def _open(self, path: Path) -> None:
        reading, shown = Reading(path), self._document.session
        done = partial(self._on_read, reading, shown)
        self.bar.begin(f"Opening {path.name}", reading, done)

    def _on_read(self, reading: Reading, shown: Session) -> None:
        path = reading.path
        try:
            loaded = reading.result()
        except FormatError as fault:
            self.complain(f"“{path.name}” can't be opened", str(fault))
        except OSError as fault:
            self._settings.drop_recent(path)
            self.complain(f"“{path.name}” can't be opened", reason(fault))
        else:
            take = partial(self._take, loaded, path)
            if self._document.session is shown:
                take()
            else:
                self.when_saved(take)  # it was gone on with meanwhile

    def _take(self, loaded: Loaded, path: Path) -> None:
        self._document.take(loaded, path)
        self._remember(path)

    def _save_to(self, then: Callable[[], None] | None, path: Path) -> None:
        self._save(path, then)

    def _save(self, path: Path | None, then: Callable[[], None] | None) -> None:
        if self.before_save is not None:
            self.before_save()
        target = path.absolute() if path is not None else self._document.path
        assert target is not None
        made = self._document.begin_save()
        writing = Writing(made, target)
        done = partial(self._on_written, writing, made, then)
        self.bar.begin(f"Saving {target.name}", writing, done)

    def _on_written(
        self, writing: Writing, made: Encoding, then: Callable[[], None] | None
    ) -> None:
        try:
            writing.result()
        except FormatError as fault:
            self.complain("The session was not saved", str(fault))
        except OSError as fault:
            self.complain("The session was not saved", reason(fault))
        else:
            self._document.on_saved(writing.path, made)
            self._remember(writing.path)
            if then is not None:
                self.when_saved(then)  # who went on meanwhile is asked again

    def refuse_hidden(self, title: str, kinds: frozenset[str]) -> bool:
        """Say that a file of hidden numbers would give them away; False where none is hidden."""
        if kinds:
            self.complain(title, HIDDEN)
        return bool(kinds)

    def complain(self, title: str, line: str) -> None:
        """Say in one dialog what went wrong."""
        show_message(self._window, title, f"{title}:\n{line}" if line else title)

    def _remember(self, path: Path) -> None:
        self._settings.add_recent(path)
        self._settings.put("folder", str(path.resolve().parent))

    def _on_recent(self, path: Path, _checked: bool = False) -> None:
        self.open_path(path)

    def _on_lesson(self, session: Session, _checked: bool = False) -> None:
        self.when_saved(partial(self._document.new, session))


def reason(fault: OSError) -> str:
    """Return the system's reason and the file's name, on one line."""
    reason = fault.strerror or str(fault)
    name = fault.filename
    return f"{reason}: {name}" if name else reason


@cache
def _own_lesson(path: Path) -> Session:
    """Return a lesson of the program's own, read once: sessions don't change."""
    return load_session(path)
