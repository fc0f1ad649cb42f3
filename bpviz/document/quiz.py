"""The quiz: numbers are hidden, asked for one after the other, and shown once predicted."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from bpviz.document.player import Player
from bpviz.engine.hiding import Hidden
from bpviz.explain.hints import Hint, hints
from bpviz.explain.mistakes import digits_right, is_right, recognised
from bpviz.explain.quantities import value_of
from bpviz.explain.questions import Question, questions_at

COLUMNS = ("iteration", "question", "answer", "right", "tries", "hints", "mistakes")


@dataclass(frozen=True)
class Entry:
    """A line of the score sheet: a question and how it was answered.

    `right` is whether it was predicted, `answers` all that was typed, `mistakes` what wrong
    answers looked like.
    """

    iteration: int
    question: str
    value: float
    answers: tuple[str, ...] = ()
    right: bool = False
    hints: int = 0
    mistakes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What is to be said of an answer."""

    right: bool
    digits: int = 0
    mistakes: tuple[str, ...] = ()


@dataclass
class Score:
    """The sheet: all questions that were answered or given up."""

    entries: list[Entry] = field(default_factory=list)

    @property
    def right(self) -> int:
        """How many were predicted."""
        return sum(entry.right for entry in self.entries)

    @property
    def at_once(self) -> int:
        """How many were right at the first try and without a hint."""
        return sum(e.right and len(e.answers) == 1 and not e.hints for e in self.entries)

    def to_csv(self) -> str:
        """Return the sheet as CSV."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(self._rows())
        return out.getvalue()

    def to_markdown(self) -> str:
        """Return the sheet as a Markdown table, with the sums below."""
        lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
        for row in self._rows():
            cells = [str(cell).replace("|", "\\|") for cell in row]
            lines.append(f"| {' | '.join(cells)} |")
        said = f"{self.right} of {len(self.entries)} right, {self.at_once} of them at once."
        return "# Score\n\n" + "\n".join(lines) + f"\n\n{said}\n"

    def _rows(self) -> list[tuple[object, ...]]:
        return [
            (
                e.iteration, e.question, "; ".join(e.answers), "yes" if e.right else "no",
                len(e.answers), e.hints, "; ".join(e.mistakes),
            )
            for e in self.entries
        ]  # fmt: skip


class Quiz(QObject):
    """Hides kinds of numbers and asks for them, frame by frame; `changed` tells of each change."""

    changed = Signal()

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._kinds: frozenset[str] = frozenset()
        self._place: tuple[object, ...] = ()
        self._current: Entry | None = None
        self.is_on = False
        self.question: Question | None = None
        self.answer: Answer | None = None
        self.score = Score()
        player.stepped.connect(self._on_stepped)

    @property
    def kinds(self) -> frozenset[str]:
        """Which kinds of numbers are asked for."""
        return self._kinds

    @property
    def is_done(self) -> bool:
        """Whether the present question is answered or given up."""
        return self.question is not None and self._current is None

    @property
    def text(self) -> str:
        """The present question in words, "" where there is none."""
        trace = self._player.trace
        if self.question is None or trace is None:
            return ""
        return self.question.text(trace, self._player.notation)

    @property
    def value(self) -> float:
        """The right answer to the present question."""
        trace = self._player.trace
        assert trace is not None
        assert self.question is not None
        return value_of(self.question.quantity, trace, self._player.sample)

    def start(self, kinds: frozenset[str]) -> None:
        """Hide the numbers of these kinds and ask for them; none of them ends the quiz."""
        self._kinds, self.is_on = kinds, bool(kinds)
        self._place = ()
        self._player.set_hidden(Hidden(kinds))
        self._on_stepped()

    def stop(self) -> None:
        """Show all numbers again; the score sheet stays."""
        self.start(frozenset())

    def try_answer(self, text: str, typed: float) -> Answer:
        """Judge an answer; a right one reveals the number."""
        trace, question = self._player.trace, self.question
        assert trace is not None
        assert question is not None
        right = is_right(typed, text, self.value)
        found: tuple[str, ...] = ()
        if not right:
            found = recognised(typed, text, question.quantity, trace, self._player.sample)
        digits = digits_right(text, typed, self.value) if right else 0
        self.answer = Answer(right, digits, found)
        if self._current is not None:
            entry = self._current
            self._current = replace(
                entry,
                answers=(*entry.answers, text.strip()),
                right=right,
                mistakes=(*entry.mistakes, *found[:1]),
            )
        if right:
            self._close()
        self.changed.emit()
        return self.answer

    def give_up(self) -> None:
        """Reveal the number of the present question."""
        if self._current is not None:
            self.answer = None
            self._close()
            self.changed.emit()

    def hint(self) -> None:
        """Uncover one step more of the formula."""
        if self._current is not None and self._current.hints < len(self._all_hints()):
            self._current = replace(self._current, hints=self._current.hints + 1)
            self.changed.emit()

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What is uncovered of the formula; all of it once the question is done."""
        if self.question is None:
            return ()
        found = self._all_hints()
        return found if self._current is None else found[: self._current.hints]

    @property
    def has_more_hints(self) -> bool:
        """Whether a further hint is left."""
        open_ = self._current
        return open_ is not None and open_.hints < len(self._all_hints())

    def next(self) -> None:
        """Go to the next question: of this frame, of a later one, or of the next iteration."""
        player, frames = self._player, self._player.frames
        if not self.is_on or player.trace is None or frames is None:
            return
        if self._ask():
            return
        for index in range(player.frame_index + 1, len(frames)):
            if self._asked_at(index):
                player.show_frame(index)
                return
        player.step_iteration()
        frames = player.frames
        for index in range(len(frames or ())):
            if self._asked_at(index):
                player.show_frame(index)
                return

    def follow(self) -> None:
        """Ask anew where the player shows another place than the question is about."""
        self._on_stepped()

    def clear_score(self) -> None:
        """Begin a new score sheet."""
        self.score = Score()
        self.changed.emit()

    def _close(self) -> None:
        """Put the present question on the sheet and show its number."""
        assert self._current is not None
        assert self.question is not None
        self.score.entries.append(self._current)
        self._current = None
        hidden = self._player.hidden
        self._player.set_hidden(hidden.showing(self.question.kind, self.question.name))

    def _all_hints(self) -> tuple[Hint, ...]:
        trace = self._player.trace
        if trace is None or self.question is None:
            return ()
        player = self._player
        return hints(self.question.quantity, trace, player.sample, player.notation)

    def _asked_at(self, index: int) -> list[Question]:
        """Return the questions of a frame whose numbers are hidden."""
        trace, frames, hidden = self._player.trace, self._player.frames, self._player.hidden
        if trace is None or frames is None or not 0 <= index < len(frames):
            return []
        asked = questions_at(trace, frames[index], self._player.sample)
        return [each for each in asked if hidden.covers(each.kind, each.name)]

    def _ask(self) -> bool:
        """Ask the next question of the present frame; False where none is left."""
        asked = self._asked_at(self._player.frame_index)
        self.question = asked[0] if asked else None
        self.answer, self._current = None, None
        if self.question is not None:
            self._current = Entry(self._player.iteration + 1, self.text, self.value)
        self.changed.emit()
        return bool(asked)

    def _on_stepped(self) -> None:
        player = self._player
        whole = (player.iteration, player.sample, id(player.trace))
        place = (*whole, player.frame_index)
        if place == self._place:
            return
        if self.is_on and self._place[:3] != whole and player.hidden.revealed:
            player.set_hidden(Hidden(self._kinds))
        self._place = place
        if self.is_on and not player.running:
            self._ask()
        elif self.question is not None or self.answer is not None:
            self.question, self.answer, self._current = None, None, None
            self.changed.emit()
