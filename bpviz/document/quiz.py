"""The quiz: numbers are hidden, asked for one after the other, and shown once predicted."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from bpviz.document.player import Player
from bpviz.document.stage import READY
from bpviz.document.stepper import fitting
from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Grain
from bpviz.engine.hiding import Hidden
from bpviz.explain.hints import Hint, hints
from bpviz.explain.mistakes import digits_right, is_right, recognised
from bpviz.explain.quantities import value_of
from bpviz.explain.questions import Question, questions_in

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
    """Hides kinds of numbers and asks for all that a step computes, one after the other.

    `changed` tells of each change. A step is as long as the player's: of a layer or a phase the
    numbers of all its units are asked for. A step of a whole iteration, or of an epoch, asks for
    nothing; `next` goes through its numbers unit by unit.
    """

    changed = Signal()

    def __init__(self, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._kinds: frozenset[str] = frozenset()
        self._trace: Trace | None = None
        self._place: tuple[object, ...] = ()
        self._asked: tuple[Question, ...] = ()
        self._at = -1
        self._begun: dict[Question, Entry] = {}
        self._current: Entry | None = None
        self._made: tuple[Hint, ...] = ()
        self._made_of: Trace | None = None
        self._made_for: tuple[object, ...] = ()
        self.is_on = False
        self.turn = 0
        self.answer: Answer | None = None
        self.score = Score()
        player.stepped.connect(self._on_stepped)

    @property
    def kinds(self) -> frozenset[str]:
        """Which kinds of numbers are asked for."""
        return self._kinds

    @property
    def question(self) -> Question | None:
        """The present question; None where the step has none."""
        return self._asked[self._at] if self._at >= 0 else None

    @property
    def progress(self) -> tuple[int, int]:
        """Which of the step's questions is asked, from 1, and how many there are."""
        return self._at + 1, len(self._asked)

    @property
    def left(self) -> tuple[Question, ...]:
        """The questions of the step whose numbers are hidden, the present one among them."""
        hidden = self._player.hidden
        return tuple(each for each in self._asked if each.is_hidden(hidden))

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
        assert self.question is not None
        return self._value_of(self.question)

    def start(self, kinds: frozenset[str]) -> None:
        """Hide the numbers of these kinds and ask for them; none of them ends the quiz."""
        self._kinds, self.is_on = kinds, bool(kinds)
        self._trace, self._place = None, ()
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
            self._close([question])
        self.changed.emit()
        return self.answer

    def give_up(self) -> None:
        """Reveal the number of the present question."""
        if self._current is not None and self.question is not None:
            self.answer = None
            self._close([self.question])
            self.changed.emit()

    def give_up_all(self) -> None:
        """Reveal all numbers of the step that are hidden still."""
        left = self.left
        if left:
            self.answer = None
            self._close(left)
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
        """Go to the next question: of this step, of a later one, or of the next iteration.

        A question that is left open is asked again once the step's others have been.
        """
        player, frames = self._player, self._player.frames
        if not self.is_on or player.trace is None or frames is None:
            return
        hidden = player.hidden
        order = [*range(self._at + 1, len(self._asked)), *range(max(self._at, 0))]
        for place in order:
            if self._asked[place].is_hidden(hidden):
                self._ask(place)
                return
        if not self._go_on(player.frame_index):
            player.step_iteration()
            self._go_on(READY)

    def follow(self) -> None:
        """Ask anew where the player shows another place than the question is about."""
        self._on_stepped()

    def clear_score(self) -> None:
        """Begin a new score sheet."""
        self.score = Score()
        self.changed.emit()

    def _go_on(self, index: int) -> bool:
        """Show the first step behind the frame at `index` that asks; False where none is left."""
        frames, hidden = self._player.frames, self._player.hidden
        stops = () if frames is None else frames.stops(self._grain).tolist()
        for stop in stops:
            if stop > index and any(each.is_hidden(hidden) for each in self._questions_at(stop)):
                self._player.show_frame(stop)
                return True
        return False

    def _close(self, questions: Sequence[Question]) -> None:
        """Put these questions on the sheet and show their numbers."""
        trace = self._player.trace
        assert trace is not None
        self._put_back()
        revealed: list[tuple[str, str]] = []
        for each in questions:
            entry = self._begun.pop(each, None)
            self.score.entries.append(self._entry(each, trace) if entry is None else entry)
            revealed += each.reveals(trace)
        self._player.set_hidden(self._player.hidden.showing(revealed))

    def _put_back(self) -> None:
        """Keep how far the present question has come, to go on with it later."""
        if self._current is not None and self.question is not None:
            self._begun[self.question] = self._current
        self._current = None

    def _entry(self, question: Question, trace: Trace) -> Entry:
        text = question.text(trace, self._player.notation)
        return Entry(self._player.iteration + 1, text, self._value_of(question))

    def _value_of(self, question: Question) -> float:
        trace = self._player.trace
        assert trace is not None
        return value_of(question.quantity, trace, self._player.sample)

    def _all_hints(self) -> tuple[Hint, ...]:
        player, trace = self._player, self._player.trace
        if trace is None or self.question is None:
            return ()
        quantity, hidden = self.question.quantity, player.hidden
        made_for = (quantity, player.sample, player.notation, hidden)
        # The panel asks for them several times after every click.
        if self._made_of is not trace or self._made_for != made_for:
            made = hints(quantity, trace, player.sample, player.notation, hidden=hidden)
            self._made, self._made_of, self._made_for = made, trace, made_for
        return self._made

    @property
    def _grain(self) -> Grain:
        return fitting(self._player.grain, self._player.grain)

    def _questions_at(self, index: int) -> tuple[Question, ...]:
        """Return what the step that ends at a frame computes of the kinds asked for."""
        trace, frames = self._player.trace, self._player.frames
        if trace is None or frames is None:
            return ()
        step = (frames[place] for place in frames.step(index, self._grain))
        asked = questions_in(trace, step, self._player.sample)
        return tuple(each for each in asked if each.kind in self._kinds)

    def _ask(self, place: int) -> None:
        """Ask the question at `place` of the step's; −1 asks nothing."""
        self._put_back()
        self._at, self.answer, trace = place, None, self._player.trace
        self.turn += 1
        if self.question is not None and trace is not None:
            begun = self._begun.pop(self.question, None)
            self._current = self._entry(self.question, trace) if begun is None else begun
        self.changed.emit()

    def _on_stepped(self) -> None:
        player = self._player
        place = (player.iteration, player.sample, player.grain, player.frame_index)
        if place == self._place and player.trace is self._trace:
            return
        self._put_back()
        whole = player.trace is self._trace and place[:2] == self._place[:2]
        had, self._asked, self._at = self._asked, (), -1
        if not whole:
            self._begun = {}
        self._place, self._trace = place, player.trace
        if self.is_on and not whole and player.hidden.revealed:
            player.set_hidden(Hidden(self._kinds))
        if self.is_on and not player.running:
            self._asked, hidden = self._questions_at(player.frame_index), player.hidden
            still = (at for at, each in enumerate(self._asked) if each.is_hidden(hidden))
            self._ask(next(still, -1))
        elif had or self.answer is not None:
            self.answer = None
            self.changed.emit()
