"""The Conventions panel: the same iteration as other texts would compute it, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.errors import NonFinite
from bpviz.explain.book import Match, matches
from bpviz.explain.conventions import Convention, conventions
from bpviz.explain.parameter import Parameter, parameter_words
from bpviz.model.counts import grouped
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.notation_form import NotationForm
from bpviz.ui.panels.number_text import NumberRefusedError, parse_number
from bpviz.ui.panels.parameter_panel import ParameterPanel, scrolled
from bpviz.ui.style import Theme

# Beyond this many edges times samples some ten iterations more take too long for each step.
MOST_WORK: Final = 2_000_000
MOST_MATCHES: Final = 5
# With fewer digits many conventions would look alike.
DIGITS: Final = 6
COLUMNS: Final = ("gradient", "new value", "loss")
TOO_LARGE: Final = "This network is too large to compute each step under every convention."


class ConventionsPanel(ParameterPanel):
    """Shows gradient, new value and loss under each convention, and finds what a book uses."""

    def __init__(
        self,
        document: Document,
        player: Player,
        scene: CanvasScene,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, player, scene, theme, parent)
        self.found: tuple[Convention, ...] = ()
        self.notation = NotationForm(document)
        self._grid = QGridLayout()
        self._book = QLineEdit()
        self._answer = QLabel()
        self._build()
        self._book.textChanged.connect(self._on_book_changed)
        self.follow_structure()

    @property
    def answer(self) -> str:
        """What is said of the book's number."""
        return self._answer.text()

    def refresh(self) -> None:
        """Show the session's notation, and the parameter's numbers."""
        self.notation.refresh()
        super().refresh()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        super().apply_theme(theme)
        self._shown_for = ()
        self.follow_numbers()

    def about(self, count: int) -> str:
        """Return that the numbers are the whole batch's, whichever sample is shown."""
        return f"batch of {grouped(count)}"

    def show_parameter(self, trace: Trace, parameter: Parameter) -> None:
        """Show this parameter's numbers under every convention."""
        network = trace.program.network
        if len(network.edges) * len(trace.batch) > MOST_WORK:
            self._rest(TOO_LARGE)
            return
        try:
            self.found = conventions(self._document.session, self._player.rows)
        except NonFinite as error:
            self._rest(f"One of the conventions is not finite: {self._fault(error)}")
            return
        self._fill(self.found, parameter.name(network))
        self._on_book_changed()

    def _fill(self, found: Sequence[Convention], name: str) -> None:
        self._clear()
        for column, text in enumerate(COLUMNS):
            self._put(0, column, QLabel(text), "muted")
        row = 1
        for question, answers in groupby(found, key=lambda each: each.question):
            heading = QLabel(f"{question[:1].upper()}{question[1:]}")
            heading.setProperty("role", "heading")
            heading.setIndent(0)
            self._grid.addWidget(heading, row, 0, 1, len(COLUMNS))
            row += 1
            for answer in answers:
                self._put_answer(row, answer, name)
                row += 2

    def _put_answer(self, row: int, answer: Convention, name: str) -> None:
        words = answer.answer + ("  (here)" if answer.current else "")
        label = QLabel(f"✗ {words}: a mistake" if answer.wrong else words)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        # Over its numbers: beside them its words would be broken into a narrow column.
        self._grid.addWidget(label, row, 0, 1, len(COLUMNS))
        numbers = (answer.gradients[name], answer.updated[name], answer.loss)
        for column, value in enumerate(numbers):
            number = QLabel(format_number(value, max(self._digits, DIGITS), trim=True))
            number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            if answer.current:
                number.setStyleSheet(f"color: {self._theme.positive}; font-weight: bold;")
            self._put(row + 1, column, number, "")
        if answer.wrong:
            label.setStyleSheet(f"color: {self._theme.warning};")
        elif answer.current:
            label.setStyleSheet("font-weight: bold;")

    def _put(self, row: int, column: int, label: QLabel, role: str) -> None:
        if role:
            label.setProperty("role", role)
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(label, row, column)

    def _clear(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _on_book_changed(self) -> None:
        """Say which conventions give what was typed."""
        text, trace = self._book.text().strip(), self._player.trace
        if not text or trace is None or self.parameter is None:
            self._answer.setText("")
            return
        try:
            printed = parse_number(text)
            name = self.parameter.name(trace.program.network)
            found = matches(self._document.session, self._player.rows, printed, text, name)
        except NumberRefusedError as refusal:
            self._answer.setText(f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")
        except NonFinite as error:
            self._answer.setText(f"Not finite: {self._fault(error)}")
        else:
            self._answer.setText(self._told(found))

    def _fault(self, error: NonFinite) -> str:
        return localised(self._player.as_drawn(str(error)))

    def _told(self, found: Sequence[Match]) -> str:
        if not found:
            return "No convention gives this number. Another weight, row or iteration may."
        lines = [self._line(match) for match in found[:MOST_MATCHES]]
        more = len(found) - len(lines)
        return "\n".join([*lines, *([f"… and {more} more"] if more else [])])

    def _line(self, match: Match) -> str:
        number = format_number(match.value, max(self._digits, DIGITS), trim=True)
        network = self._document.session.network
        of = f" of {parameter_words(network, match.name)}" if match.name else ""
        words = f"{match.quantity.capitalize()}{of} is {number}"
        if not match.conventions:
            return f"✓ {words} here too."
        return f"→ {words} with: {', '.join(match.conventions)}."

    def _build(self) -> None:
        self._book.setObjectName("conventions.book")
        self._book.setAccessibleName("The book says")
        self._book.setPlaceholderText("a printed gradient, new value or loss")
        self._book.setClearButtonEnabled(True)
        self._answer.setObjectName("conventions.answer")
        self._answer.setWordWrap(True)
        self._answer.setTextFormat(Qt.TextFormat.PlainText)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        for place in range(len(COLUMNS)):
            self._grid.setColumnStretch(place, 1)
        holder = QWidget()
        holder.setLayout(self._grid)
        headings = [QLabel("The book says"), QLabel("Notation of this session")]
        for heading in headings:
            heading.setProperty("role", "heading")
            heading.setIndent(0)
        inside = scrolled(holder, headings[0], self._book, self._answer, headings[1], self.notation)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(inside)
