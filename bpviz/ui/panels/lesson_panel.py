"""The Lesson panel: the open page with its formulas, its figures checked live, and the way on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.lesson import LessonGuide
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.explain.figures import Figure, figures_of
from bpviz.model.schema import Page
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.formula.markdown_view import MarkdownView
from bpviz.ui.icons import icon
from bpviz.ui.numbers import localised
from bpviz.ui.panels.page_editor import PageEditor
from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import Theme

EMPTY: Final = (
    "### No lesson here\n\nThis session has no pages. Ready-made lessons are in the menu "
    "*Lessons*. To write one of your own, take the pencil below or *Lessons, Write Pages*: each "
    "page keeps its text and the view that belongs to it."
)
NARROWEST: Final = 350
TABLE_HEAD: Final = (
    "\n\n#### Figures of this page\n\n| quantity | printed | computed |\n|---|---|---|\n"
)
MARKS: Final = {"agrees": "✓", "differs": "≠", "moved": "~", "none": "—"}
KEYS: Final = {
    "agrees": "✓ the program agrees with the figure printed",
    "differs": "≠ the figure printed is not what the numbers give",
    "moved": "~ your session stands elsewhere than the page, so its figures are others",
    "none": "— can't be computed here",
}


class LessonPanel(Panel):
    """Shows the guide's page, or its editor; the commands of the lesson turn it and set the view.

    `turn_asked` carries the number of a page, `again_asked` asks for the page's view once more,
    and `run_asked` for the run that a page belongs to.
    """

    turn_asked = Signal(int)
    again_asked = Signal()
    run_asked = Signal()

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        actions: Mapping[str, QAction],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._player = player
        self._digits = 10
        self._shown: Page | None = None
        self.guide = LessonGuide(document, player, self)
        self.reader = MarkdownView(theme)
        self.editor = PageEditor(document, player, self.guide, scene, actions)
        self._leaves = QStackedWidget()
        self._title = QLabel()
        self._notice = QLabel()
        self._run = QPushButton("Show the Lesson's Own Run")
        self._back = QToolButton()
        self._next = QToolButton()
        self._contents = QToolButton()
        self._again = QToolButton()
        self.pencil = QToolButton()
        self._menu = QMenu(self)
        self._build()
        self._back.clicked.connect(self.turn_back)
        self._next.clicked.connect(self.turn_on)
        self._again.clicked.connect(self.again_asked)
        self._run.clicked.connect(self.run_asked)
        self.pencil.toggled.connect(self._on_pencil_toggled)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.guide.changed.connect(self.follow_structure)
        self.apply_theme(theme)
        self.refresh()

    @property
    def title(self) -> str:
        """The open page's title."""
        return self._title.text()

    @property
    def notice(self) -> str:
        """What is said above the page, empty where all is well."""
        return "" if self._notice.isHidden() else self._notice.text()

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The page's figures, compared with the iteration shown."""
        page = self.guide.page
        if page is None:
            return ()
        trace: Trace | None = None if self._player.running else self._player.trace
        player = self._player
        return figures_of(page.expect, trace, player.sample, player.notation, player.hidden)

    def turn_on(self) -> None:
        """Ask for the next page."""
        self.turn_asked.emit(self.guide.index + 1)

    def turn_back(self) -> None:
        """Ask for the page before."""
        self.turn_asked.emit(self.guide.index - 1)

    def refresh(self) -> None:
        """Show the guide's page."""
        pages, page = self.guide.pages, self.guide.page
        self._title.setText(page.title if page is not None else "")
        self._title.setVisible(page is not None and not self.pencil.isChecked())
        if self.pencil.isChecked():
            self.editor.refresh()
        count = len(pages)
        self._contents.setText(f"{self.guide.index + 1} of {count}" if pages else "no pages")
        self._contents.setEnabled(bool(pages))
        self._back.setEnabled(self.guide.index > 0)
        self._next.setEnabled(self.guide.index + 1 < count)
        self._again.setEnabled(page is not None)
        if page is not self._shown:
            self._shown = page
            self.reader.show_text(self._text())
            self.reader.verticalScrollBar().setValue(0)
        self.refresh_numbers()

    def refresh_numbers(self) -> None:
        """Compare the page's figures with the iteration shown."""
        self._show_notice()
        if not self._player.running:
            self.reader.replace_text(self._text())

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large, for a projector."""
        self.reader.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.reader.apply_theme(theme)
        for button, name in (
            (self._back, "step_back"), (self._again, "reset"), (self.pencil, "edit"),
        ):  # fmt: skip
            button.setIcon(icon(name, theme))
        self._next.setIcon(icon("step_forward", replace(theme, text=theme.on_accent)))

    def _text(self) -> str:
        page = self.guide.page
        return EMPTY if page is None else page.text + figures_table(self.figures)

    def _show_notice(self) -> None:
        page = self.guide.page
        lost = page is not None and self.guide.place_of(page) is None
        has_run = lost and page is not None and self.guide.run_with(page) >= 0
        words = ""
        if lost:
            words = "What you changed took the place of the run that this page is about. " + (
                "It is kept beside yours." if has_run else "Undo, or open the lesson anew."
            )
        self._notice.setText(words)
        self._notice.setVisible(bool(words))
        self._run.setVisible(has_run)

    def _fill_menu(self) -> None:
        self._menu.clear()
        for number, page in enumerate(self.guide.pages):
            action = self._menu.addAction(f"{number + 1}  {page.title}".replace("&", "&&"))
            action.setObjectName(f"lesson.page_{number + 1}")
            action.setToolTip(f"Open page {number + 1}")
            action.setCheckable(True)
            action.setChecked(number == self.guide.index)
            action.setData(number)
            action.triggered.connect(self._on_page_chosen)

    def _on_pencil_toggled(self, writing: bool) -> None:
        """Show the editor, or what was written."""
        if not writing:
            self.editor.commit()
        self._leaves.setCurrentWidget(self.editor if writing else self.reader)
        self.refresh()

    def _on_page_chosen(self) -> None:
        action = self.sender()
        for number, each in enumerate(self._menu.actions()):
            if each is action:
                self.turn_asked.emit(number)

    def _build(self) -> None:
        self._title.setObjectName("lesson.title")
        self._title.setProperty("role", "title")
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._notice.setObjectName("lesson.notice")
        self._notice.setProperty("role", "problem")
        self._notice.setWordWrap(True)
        self._run.setObjectName("lesson.run")
        self._run.setToolTip("Make the run that this page is about the active one; yours is kept")
        self.setMinimumWidth(NARROWEST)
        self.reader.setObjectName("lesson.reader")
        self.reader.setAccessibleName("Page of the lesson")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 10)
        layout.setSpacing(8)
        for part in (self._title, self._notice, self._run):
            layout.addWidget(part)
        self._leaves.addWidget(self.reader)
        self._leaves.addWidget(self.editor)
        layout.addWidget(self._leaves, 1)
        layout.addLayout(self._row())

    def _row(self) -> QHBoxLayout:
        buttons: tuple[tuple[QToolButton, str, str, str], ...] = (
            (self.pencil, "lesson.edit", "Write the pages of this lesson", "Write the pages"),
            (self._again, "lesson.set_again", "Set the view of this page once more", "View again"),
            (self._back, "lesson.turn_back", "The page before (Ctrl+PgUp)", "Page before"),
            (self._contents, "lesson.contents", "All pages", "Contents"),
            (self._next, "lesson.turn_on", "The next page (Ctrl+PgDown)", "Next page"),
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        for button, name, tip, words in buttons:
            button.setObjectName(name)
            button.setToolTip(tip)
            button.setAccessibleName(words)
            row.addWidget(button)
            if button is self._again:
                row.addStretch(1)
        self.pencil.setCheckable(True)
        self._contents.setMenu(self._menu)
        self._contents.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._contents.setMinimumWidth(84)
        self._contents.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._next.setProperty("tone", "primary")
        self._next.setMinimumWidth(56)
        return row


def figures_table(figures: tuple[Figure, ...]) -> str:
    """Return the figures as a Markdown table with a mark each, empty where there are none."""
    if not figures:
        return ""
    rows = [
        f"| {_cell(each.name)} | {_cell(each.printed)} | "
        f"{MARKS[each.verdict]} {_cell(localised(each.computed))} |"
        for each in figures
    ]
    found = {each.verdict for each in figures}
    keys = [words for verdict, words in KEYS.items() if verdict in found]
    return TABLE_HEAD + "\n".join(rows) + "\n\n" + "  \n".join(keys) + "\n"


def _cell(text: str) -> str:
    # A number stays with what it counts.
    return text.replace("|", "\\|").replace("sample ", "sample\u00a0") or " "
