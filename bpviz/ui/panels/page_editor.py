"""The page editor: title, text, view and figures of each page of the session's lesson."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import msgspec
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.document import Document
from bpviz.document.lesson import LessonGuide
from bpviz.document.player import Player
from bpviz.explain.numbers import format_number
from bpviz.explain.quantities import QuantityError, parse_quantity, value_of
from bpviz.model.edit import Edit
from bpviz.model.pages import add_page, change_page, move_page, remove_page
from bpviz.model.schema import Expectation, Page, Session
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.panels.form import attempt, limit_text, show_tip
from bpviz.ui.panels.page_panels import PAGE_PANELS
from bpviz.ui.panels.text_field import TextField

OVERLAYS = "view.show_"
NEW_TITLE = "New page"
BUTTONS = (
    ("add", "Add", "Put a new page in after this one, with the present view"),
    ("remove", "Remove", "Remove this page"),
    ("up", "Up", "Move this page one place up"),
    ("down", "Down", "Move this page one place down"),
    ("view", "Take the Present View",
     "Let this page show what is shown now: place in the history, step, grain, overlay, selection"),
)  # fmt: skip


class PageEditor(QWidget):
    """Edits the guide's page; each change is one Edit of the document."""

    def __init__(
        self,
        document: Document,
        player: Player,
        guide: LessonGuide,
        scene: CanvasScene,
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._player, self._guide = document, player, guide
        self._scene, self._actions = scene, actions
        self._filling = False
        self.title = QLineEdit()
        limit_text(self.title)
        self.text = TextField()
        self.figures = QTableWidget(0, 2)
        self.panel = QComboBox()
        for name, words in PAGE_PANELS.items():
            self.panel.addItem(words, name)
        self.buttons = {key: QPushButton(text) for key, text, _ in BUTTONS}
        self._build()
        self.title.editingFinished.connect(self.commit)
        self.text.left.connect(self.commit)
        self.figures.itemChanged.connect(self._on_figure_changed)
        self.panel.activated.connect(self._on_panel_chosen)
        slots: dict[str, Callable[[], None]] = {
            "add": self.add, "remove": self.remove, "up": partial(self.shift, -1),
            "down": partial(self.shift, +1), "view": self.take_view,
        }  # fmt: skip
        for key, slot in slots.items():
            self.buttons[key].clicked.connect(slot)
        self.refresh()

    def refresh(self) -> None:
        """Show the guide's page."""
        page, guide = self._guide.page, self._guide
        for field in (self.title, self.text, self.figures, self.panel):
            field.setEnabled(page is not None)
        for key, able in (
            ("remove", page is not None), ("up", guide.index > 0),
            ("down", guide.index + 1 < len(guide.pages)), ("view", page is not None),
        ):  # fmt: skip
            self.buttons[key].setEnabled(able)
        shown = page if page is not None else Page("")
        if self.title.text() != shown.title:
            self.title.setText(shown.title)
        if self.text.toPlainText() != shown.text:
            self.text.setPlainText(shown.text)
        self._show_panel(shown.panel)
        self._fill(shown)

    def begin(self) -> None:
        """Put the keyboard where writing begins: into the text, or on Add where no page is."""
        first: QWidget = self.buttons["add"] if self._guide.page is None else self.text
        first.setFocus()

    def commit(self) -> None:
        """Hand title and text to the document."""
        page = self._guide.page
        if page is None or self._filling:
            return
        title, text = self.title.text().strip(), self.text.toPlainText()
        if (title, text) != (page.title, page.text):
            self._change(msgspec.structs.replace(page, title=title, text=text), "Write a page")
            self.refresh()

    def add(self) -> None:
        """Put a new page in after this one."""
        index = self._guide.index + 1 if self._guide.pages else 0
        page = self._viewed(Page(NEW_TITLE, "Text, with formulas such as $w \\cdot a$."))
        frame = self._player.frame_index
        if self._push(lambda: add_page(self._session, self._guide.pages, index, page, frame)):
            self._guide.turn_to(index)
            self.title.setFocus()
            self.title.selectAll()

    def remove(self) -> None:
        """Remove this page."""
        guide = self._guide
        self._push(lambda: remove_page(self._session, guide.pages, guide.index))

    def shift(self, by: int) -> None:
        """Move this page by so many places."""
        guide, to = self._guide, self._guide.index + by
        if self._push(lambda: move_page(self._session, guide.pages, guide.index, to)):
            guide.turn_to(to)

    def take_view(self) -> None:
        """Let this page show what is shown now."""
        page = self._guide.page
        if page is not None:
            frame = self._player.frame_index
            self._change(self._viewed(page), "Take the view for a page", frame)

    def set_panel(self, name: str) -> None:
        """Let this page show the panel called `name`, "" for none."""
        page = self._guide.page
        if page is not None and name != page.panel:
            self._change(msgspec.structs.replace(page, panel=name), "Choose a page's panel")

    def set_figures(self, given: list[tuple[str, str]]) -> None:
        """Make these (quantity, printed) the page's figures; a wrong quantity is told."""
        page = self._guide.page
        if page is None:
            return
        try:
            expect = tuple(self._expectation(*each) for each in given)
        except QuantityError as problem:
            show_tip(self.figures, str(problem))
            return
        self._change(msgspec.structs.replace(page, expect=expect), "Set a page's figures")

    @property
    def _session(self) -> Session:
        return self._document.session

    def _viewed(self, page: Page) -> Page:
        shown = [name for name, action in self._actions.items()
                 if name.startswith(OVERLAYS) and action.isChecked()]  # fmt: skip
        return msgspec.structs.replace(
            page,
            position=self._guide.place,
            grain=self._player.grain,
            overlay=shown[0].removeprefix(OVERLAYS) if shown else "",
            selection=(*self._scene.selected_nodes(), *self._scene.selected_edges()),
        )

    def _expectation(self, text: str, printed: str) -> Expectation:
        trace = self._player.trace
        if trace is None:
            raise QuantityError("nothing can be computed here yet")
        symbol = self._player.notation.loss_symbol
        quantity = parse_quantity(text, trace.program.network, symbol)
        value = value_of(quantity, trace, self._player.sample)
        return Expectation(text, printed or format_number(value, 8, trim=True), value)

    def _change(self, page: Page, label: str, frame: int | None = None) -> None:
        guide = self._guide
        self._push(lambda: change_page(self._session, guide.pages, guide.index, page, label, frame))

    def _push(self, make: Callable[[], Edit]) -> bool:
        done = attempt(self._document, make, self)
        self.refresh()
        return done

    def _fill(self, page: Page) -> None:
        self._filling = True
        rows = [(each.quantity, each.printed) for each in page.expect]
        self.figures.setRowCount(len(rows) + 1)
        for row, cells in enumerate([*rows, ("", "")]):
            for column, text in enumerate(cells):
                # A cell that is being left must stay the one it was.
                item = self.figures.item(row, column)
                if item is None:
                    self.figures.setItem(row, column, QTableWidgetItem(text))
                elif item.text() != text:
                    item.setText(text)
        self._filling = False

    def _show_panel(self, name: str) -> None:
        """Show which panel the page has; one that only its file knows is kept and listed."""
        if self.panel.findData(name) < 0:
            self.panel.addItem(name, name)
        self.panel.setCurrentIndex(self.panel.findData(name))

    def _on_panel_chosen(self, place: int) -> None:
        self.set_panel(str(self.panel.itemData(place)))

    def _on_figure_changed(self, _item: QTableWidgetItem) -> None:
        if self._filling:
            return
        given = [(self._cell(row, 0), self._cell(row, 1)) for row in range(self.figures.rowCount())]
        self.set_figures([(quantity, printed) for quantity, printed in given if quantity])

    def _cell(self, row: int, column: int) -> str:
        item = self.figures.item(row, column)
        return item.text().strip() if item is not None else ""

    def _build(self) -> None:
        for widget, name, words in (
            (self.title, "page.title", "Title of the page"),
            (self.text, "page.text", "Text of the page: Markdown, formulas between $ signs"),
            (self.figures, "page.figures",
             "Figures: a quantity such as dE/dw(h1->y1), and what is printed; empty removes"),
            (self.panel, "page.panel", "The panel that comes to the front with this page"),
        ):  # fmt: skip
            widget.setObjectName(name)
            widget.setToolTip(words)
            widget.setAccessibleName(words)
        self.text.setTabChangesFocus(True)
        self.title.setPlaceholderText("Title of the page")
        self.text.setPlaceholderText("Add begins the first page, with what is shown now.")
        self.figures.setHorizontalHeaderLabels(["Quantity", "Printed"])
        self.figures.verticalHeader().hide()
        header = self.figures.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.figures.setMaximumHeight(150)
        grid = QGridLayout()
        grid.setSpacing(6)
        for place, (key, _, tip) in enumerate(BUTTONS):
            button = self.buttons[key]
            button.setObjectName(f"page.{key}")
            button.setToolTip(tip)
            if key == "view":
                grid.addWidget(button, 1, 0, 1, 2)
            else:
                grid.addWidget(button, 0, place)
        grid.addWidget(self.panel, 1, 2, 1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.text, 1)
        heading = QLabel("Figures checked on this page")
        heading.setProperty("role", "muted")
        layout.addWidget(heading)
        layout.addWidget(self.figures)
        layout.addLayout(grid)
