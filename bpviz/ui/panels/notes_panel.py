"""Title and notes of the session: shown as Markdown, edited as text."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.model.verbs import set_text
from bpviz.ui.formula.markdown_view import MarkdownView
from bpviz.ui.icons import icon
from bpviz.ui.panels.form import attempt, limit_text
from bpviz.ui.panels.panel import Panel
from bpviz.ui.panels.text_field import TextField
from bpviz.ui.style import Theme

EMPTY = "*No notes yet. Write some with the pencil above.*"


class NotesPanel(Panel):
    """Shows `session.title` and `session.notes`; a change is one Edit when the field is left."""

    def __init__(self, document: Document, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._shown: str | None = None
        self._title = QLineEdit()
        self._pencil = QToolButton()
        self._pages = QStackedWidget()
        self._reader = MarkdownView(theme)
        self._editor = TextField()
        self._build()
        self._title.editingFinished.connect(self._on_title_finished)
        self._pencil.toggled.connect(self._on_pencil_toggled)
        self._editor.left.connect(self.commit)
        self.apply_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Show the session's title and notes."""
        session = self._document.session
        if not self._title.hasFocus() and self._title.text() != session.title:
            self._title.setText(session.title)
            self._title.setCursorPosition(0)
        if session.notes == self._shown:
            return
        self._shown = session.notes
        self._reader.show_text(session.notes or EMPTY)
        if self._editor.toPlainText() != session.notes:
            self._editor.setPlainText(session.notes)

    def refresh_numbers(self) -> None:
        """Nothing here changes on a step."""

    def set_scale(self, factor: float) -> None:
        """Write the notes `factor` times as large, for a projector."""
        self._reader.set_scale(factor)

    def commit(self) -> None:
        """Hand the edited notes to the document."""
        text = self._editor.toPlainText()
        session = self._document.session
        writing = self._pages.currentWidget() is self._editor
        if writing and text != session.notes:
            attempt(self._document, partial(set_text, session, "notes", text), self._editor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._pencil.setIcon(icon("edit", theme))
        self._reader.apply_theme(theme)

    def _build(self) -> None:
        self._title.setObjectName("notes.title")
        limit_text(self._title)
        self._title.setAccessibleName("Title of the session")
        self._title.setPlaceholderText("Title")
        self._pencil.setObjectName("notes.edit")
        self._pencil.setCheckable(True)
        self._pencil.setToolTip("Write the notes; Markdown is shown as it reads")
        self._pencil.setAccessibleName("Write the notes")
        self._reader.setObjectName("notes.reader")
        self._editor.setObjectName("notes.editor")
        self._editor.setTabChangesFocus(True)
        self._pages.addWidget(self._reader)
        self._pages.addWidget(self._editor)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        head.addWidget(self._pencil)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 2, 12, 10)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._pages, 1)

    def _on_title_finished(self) -> None:
        text = self._title.text().strip()
        session = self._document.session
        if text != session.title:
            attempt(self._document, partial(set_text, session, "title", text), self._title)
        self._title.setCursorPosition(0)

    def _on_pencil_toggled(self, writing: bool) -> None:
        if not writing:
            self.commit()
        self._pages.setCurrentWidget(self._editor if writing else self._reader)
        if writing:
            self._editor.setFocus()
