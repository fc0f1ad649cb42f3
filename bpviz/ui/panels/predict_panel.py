"""The Predict panel: hides numbers, asks for them, says what a wrong answer looks like."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from bpviz.document.player import Player
from bpviz.document.quiz import Quiz
from bpviz.explain.hints import Hint
from bpviz.explain.mistakes import WORDS
from bpviz.model.counts import grouped
from bpviz.model.files import atomic_write
from bpviz.ui.formula.markdown_view import MarkdownView
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.panels.dialogs import ask_file_to_save, show_message
from bpviz.ui.panels.number_text import NumberRefusedError, parse_number
from bpviz.ui.panels.panel import Panel
from bpviz.ui.style import Theme

KINDS: Final = {
    "values": ("Values z, a", "The values of all units"),
    "loss": ("Loss", "The loss of the sample"),
    "errors": ("Errors δ", "The error signals of all nodes"),
    "gradients": ("Gradients", "The gradients of weights and biases"),
    "updates": ("Updates", "The new weights and biases"),
}
TIPS: Final = {
    "begin": "Hide the numbers of these kinds everywhere, and ask",
    "answer": "Type a number: 0.5, 0,5, 1/3, 1e-3, −2/7; Enter checks, then goes on",
    "hint": "Uncover one term more of the formula",
    "reveal": "Show the number; it counts as not predicted",
    "rest": "Show all numbers of this step; they count as not predicted",
    "next": "The next question, in this step or a later one; one left open comes again",
    "export": "Save the score sheet as CSV or Markdown",
    "clear": "Begin a new score sheet",
}
FIRST_KINDS: Final = ("errors", "gradients")
FILTER: Final = "CSV (*.csv);;Markdown (*.md)"
INTRO: Final = (
    "Choose what is hidden, begin, and predict each number before you see it. A hint uncovers one "
    "term of its formula after the other."
)
NO_QUESTION: Final = "Nothing hidden is computed at this step. Next goes on to where there is."
WHOLE: Final = (
    "A step of a whole iteration asks for nothing: its numbers stay hidden. Next asks for those of "
    "this iteration, one unit after the other."
)


class PredictPanel(Panel):
    """Asks for the numbers that the present frame computes, and keeps a score sheet."""

    def __init__(self, player: Player, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._theme = theme
        self._digits = 4
        self._turn = 0
        self.quiz = Quiz(player, self)
        self._kinds = {key: QCheckBox(text) for key, (text, _) in KINDS.items()}
        self.begin = QPushButton("Hide and Ask")
        self._progress = QLabel()
        self._question = QLabel()
        self.field = QLineEdit()
        self._verdict = QLabel()
        self._hints = MarkdownView(theme)
        self._hint = QPushButton("Hint")
        self._give_up = QPushButton("Reveal")
        self._rest = QPushButton("Reveal the Rest")
        self._next = QPushButton("Next")
        self._score = QLabel()
        self._export = QPushButton("Export…")
        self._clear = QPushButton("Clear")
        self._build()
        self._connect()
        self.apply_theme(theme)
        self.refresh()

    @property
    def question(self) -> str:
        """What is asked."""
        return self._question.text()

    @property
    def progress(self) -> str:
        """How many numbers the step has, and which of them is asked for."""
        return self._progress.text() if self._progress.isVisibleTo(self) else ""

    @property
    def verdict(self) -> str:
        """What is said of the last answer."""
        return self._verdict.text()

    @property
    def hints(self) -> str:
        """What is uncovered of the formula, as Markdown."""
        return self._hints.text

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.refresh()

    def set_scale(self, factor: float) -> None:
        """Write formulas `factor` times as large, for a projector."""
        self._hints.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self._hints.apply_theme(theme)
        self.refresh()

    def refresh(self) -> None:
        """Show the question, what was answered, and the score."""
        quiz = self.quiz
        # An edit is told before the step to what it made; the node asked for may be gone.
        quiz.follow()
        on, asks = quiz.is_on, quiz.question is not None
        self.begin.setText("Show All Numbers" if on else "Hide and Ask")
        self.begin.setProperty("tone", "" if on else "primary")
        self.begin.style().polish(self.begin)
        self._question.setText(quiz.text if asks else self._no_question() if on else INTRO)
        if quiz.turn != self._turn:
            self._turn = quiz.turn
            self.field.clear()
        is_open = asks and not quiz.is_done
        for part in (self.field, self._hint, self._give_up, self._next):
            part.setVisible(on)
        self.field.setEnabled(asks)
        # It keeps the focus: Enter goes on from what is answered.
        self.field.setReadOnly(not is_open)
        self._show_progress()
        self._hint.setEnabled(is_open and quiz.has_more_hints)
        self._give_up.setEnabled(is_open)
        self._show_verdict()
        given = quiz.hints
        self._hints.show_text("\n\n".join(map(_written, given)))
        self._hints.setVisible(bool(given))
        self._show_score()

    def _no_question(self) -> str:
        player = self._player
        whole = player.grain in ("iteration", "epoch") and player.frame is None
        return WHOLE if whole else NO_QUESTION

    def _show_progress(self) -> None:
        """Tell how many of the step's numbers are asked for, where they are several."""
        quiz, (place, count) = self.quiz, self.quiz.progress
        left = len(quiz.left) if count > 1 else 0
        said = f"{grouped(place)} of {grouped(count)} in this step"
        if 0 < left < count:
            said += f", {grouped(left)} still hidden"
        self._progress.setText(said)
        for part in (self._progress, self._rest):
            part.setVisible(quiz.is_on and place > 0 and count > 1)
        self._rest.setEnabled(left > 0)

    def refresh_numbers(self) -> None:
        """Leave it to the quiz, which follows the player by itself."""

    def toggle(self) -> None:
        """Begin, or end, with the kinds chosen."""
        if self.quiz.is_on:
            self.quiz.stop()
        else:
            self._begin()

    def check(self) -> None:
        """Judge what was typed."""
        text = self.field.text()
        try:
            typed = parse_number(text)
        except NumberRefusedError as refusal:
            self._say(str(refusal), self._theme.warning)
            return
        if self.quiz.question is not None and not self.quiz.is_done:
            self.quiz.try_answer(text, typed)
            self.field.selectAll()

    def go_on(self) -> None:
        """Go to the next question, ready to type."""
        self.quiz.next()
        self.field.setFocus()

    def save_score(self, path: Path) -> None:
        """Write the score sheet; Markdown where the name ends in .md, else CSV."""
        score = self.quiz.score
        text = score.to_markdown() if path.suffix.lower() == ".md" else score.to_csv()
        try:
            atomic_write(path, text.encode())
        except OSError as fault:
            show_message(self, "The score was not saved", f"{fault.strerror}: {path.name}")

    def _begin(self) -> None:
        kinds = frozenset(key for key, box in self._kinds.items() if box.isChecked())
        self.quiz.start(kinds)
        if kinds and self.quiz.question is None:
            self.quiz.next()
        self.field.setFocus()

    def _on_kind_clicked(self) -> None:
        if self.quiz.is_on:
            self._begin()

    def _on_export(self) -> None:
        ask_file_to_save(
            self.window(),
            "Save the score sheet",
            Path.home() / "score.csv",
            FILTER,
            self.save_score,
        )

    def _show_verdict(self) -> None:
        quiz, answer = self.quiz, self.quiz.answer
        if quiz.is_done:
            value = format_number(quiz.value, self._digits, trim=True)
            if answer is not None and answer.right:
                digits = f"{answer.digits} digit" + ("" if answer.digits == 1 else "s")
                self._say(f"✓ right to {digits}: {value}", self._theme.success)
            else:
                self._say(f"It is {value}", self._theme.text)
        elif answer is not None:
            said = " ".join(WORDS[name] for name in answer.mistakes[:2])
            helps = "A hint may help." if quiz.has_more_hints and not quiz.hints else ""
            self._say(f"✗ Not yet. {said or helps}".rstrip(), self._theme.warning)
        else:
            self._say("", self._theme.text)

    def _say(self, text: str, color: str) -> None:
        self._verdict.setText(localised(text))
        self._verdict.setStyleSheet(f"color: {color}; font-weight: bold;")

    def _show_score(self) -> None:
        score = self.quiz.score
        count = len(score.entries)
        said = f"{score.right} of {count} right, {score.at_once} at once" if count else ""
        self._score.setText(said)
        for part in (self._score, self._export, self._clear):
            part.setVisible(bool(count))

    def _connect(self) -> None:
        self.quiz.changed.connect(self.refresh)
        self.begin.clicked.connect(self.toggle)
        self.field.returnPressed.connect(self._on_return)
        self._hint.clicked.connect(self._on_hint)
        self._give_up.clicked.connect(self.quiz.give_up)
        self._rest.clicked.connect(self.quiz.give_up_all)
        for button in (self._give_up, self._rest):
            button.clicked.connect(self._on_revealed)
        self._next.clicked.connect(self.go_on)
        self._export.clicked.connect(self._on_export)
        self._clear.clicked.connect(self.quiz.clear_score)
        for box in self._kinds.values():
            box.clicked.connect(self._on_kind_clicked)

    def _on_return(self) -> None:
        """Judge the answer; where the number is known by now, go on."""
        if self.quiz.is_done:
            self.go_on()
        else:
            self.check()

    def _on_hint(self) -> None:
        """Uncover one term more, in sight; the answer's field stays in sight too."""
        self.quiz.hint()
        self.settle()
        around = self.parentWidget()
        area = None if around is None else around.parentWidget()
        if isinstance(area, QScrollArea):
            below = self._hints.geometry().bottom()
            area.ensureVisible(0, below, 0, 0)
            area.ensureVisible(0, self._question.geometry().top(), 0, 0)

    def _on_revealed(self) -> None:
        """Leave the keyboard where Enter goes on."""
        self.field.setFocus()

    def _build(self) -> None:
        named: tuple[tuple[QWidget, str], ...] = (
            (self.begin, "begin"), (self.field, "answer"), (self._hint, "hint"),
            (self._give_up, "reveal"), (self._rest, "rest"), (self._next, "next"),
            (self._export, "export"), (self._clear, "clear"),
        )  # fmt: skip
        for widget, name in named:
            widget.setObjectName(f"predict.{name}")
            widget.setToolTip(TIPS[name])
            widget.setAccessibleName(TIPS[name])
        self._progress.setObjectName("predict.progress")
        self._progress.setProperty("role", "muted")
        self._question.setObjectName("predict.question")
        self._question.setWordWrap(True)
        self._question.setTextFormat(Qt.TextFormat.PlainText)
        self._verdict.setObjectName("predict.verdict")
        self._verdict.setWordWrap(True)
        self._verdict.setTextFormat(Qt.TextFormat.PlainText)
        self._score.setProperty("role", "muted")
        self._next.setProperty("tone", "primary")
        self.field.setPlaceholderText("Your prediction")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(9)
        layout.addLayout(self._kind_rows())
        layout.addWidget(self.begin)
        above = QHBoxLayout()
        above.addWidget(self._progress, 1)
        above.addWidget(self._rest)
        layout.addLayout(above)
        for part in (self._question, self.field, self._verdict):
            layout.addWidget(part)
        layout.addLayout(_row(self._hint, self._give_up, self._next))
        QWidget.setTabOrder(self._give_up, self._rest)
        QWidget.setTabOrder(self._rest, self._next)
        self._hints.let_grow()
        layout.addWidget(self._hints)
        foot = QHBoxLayout()
        foot.addWidget(self._score, 1)
        foot.addWidget(self._export)
        foot.addWidget(self._clear)
        layout.addLayout(foot)
        layout.addStretch(1)

    def _kind_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        for place, (key, box) in enumerate(self._kinds.items()):
            box.setObjectName(f"predict.{key}")
            box.setToolTip(KINDS[key][1])
            box.setChecked(key in FIRST_KINDS)
            grid.addWidget(box, place // 3, place % 3)
        return grid


def _row(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for button in buttons:
        row.addWidget(button, 1)
    return row


def _written(hint: Hint) -> str:
    return localised(f"{hint.words}\n\n$${hint.latex}$$")
