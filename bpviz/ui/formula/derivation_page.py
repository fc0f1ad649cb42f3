"""A derivation on a page: each line with its rule, symbols and numbers, long ones folded. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bpviz.explain.chain import Derivation, Gap, Section, Step
from bpviz.explain.expression import Expression, Number
from bpviz.explain.levels import SHOWN_BETWEEN
from bpviz.explain.text import to_text
from bpviz.model.counts import grouped
from bpviz.ui.formula.boxes import Piece, referring, toned
from bpviz.ui.formula.flow import Flow
from bpviz.ui.formula.page import Page
from bpviz.ui.formula.typesetter import Typesetter
from bpviz.ui.numbers import format_number, localised

# From this many ems on numbers stand beside the symbols, else below them.
WIDE: Final = 42.0
# Longer sections show their beginning and end, until they are unfolded.
MOST_LINES: Final = 18
HEAD_LINES, TAIL_LINES = 9, 5


@dataclass(frozen=True)
class Band:
    """What a row of the page is: a line of a section, or (step −1) what unfolds it.

    With a `gap` it is one of the places where the section leaves lines out.
    """

    section: int
    step: int
    gap: int = -1


def bands_of(derivation: Derivation, unfolded: frozenset[int]) -> list[Band]:
    """Return the rows of the page, from top to bottom."""
    found: list[Band] = []
    for place, section in enumerate(derivation.sections):
        count = len(section.steps)
        if count <= MOST_LINES:
            found += _lines_of(place, section, 0, count)
        elif place in unfolded:
            found += [*_lines_of(place, section, 0, count), Band(place, -1)]
        else:
            found += [*_lines_of(place, section, 0, HEAD_LINES), Band(place, -1)]
            found += _lines_of(place, section, count - TAIL_LINES, count)
    return found


def _lines_of(place: int, section: Section, first: int, end: int) -> list[Band]:
    """Return the rows of the steps from `first` to before `end`, and of the gaps between."""
    gaps = {gap.at: number for number, gap in enumerate(section.gaps)}
    found: list[Band] = []
    for step in range(first, end):
        # What a fold hides joins its lines.
        if step in gaps and (step > first or not first):
            found.append(Band(place, -1, gaps[step]))
        found.append(Band(place, step))
    return found


def derivation_page(
    derivation: Derivation,
    typesetter: Typesetter,
    size: int,
    width: float,
    digits: int,
    unfolded: frozenset[int] = frozenset(),
) -> Page:
    """Return the derivation at a type size in pixels on a page `width` pixels wide.

    The page's bands are those of `bands_of`, in the same order.
    """
    return _Writing(derivation, Flow(typesetter, size, width), digits, unfolded).page()


class _Writing:
    def __init__(
        self, derivation: Derivation, flow: Flow, digits: int, unfolded: frozenset[int]
    ) -> None:
        self._derivation, self._flow = derivation, flow
        self._digits, self._unfolded = digits, unfolded
        self._pad = 0.5 * flow.size
        self._room = flow.width - 2 * self._pad
        self._wide = flow.width >= WIDE * flow.size

    def page(self) -> Page:
        bands = bands_of(self._derivation, self._unfolded)
        for place, section in enumerate(self._derivation.sections):
            self._section(section, [band for band in bands if band.section == place])
        return self._flow.finished()

    def _section(self, section: Section, bands: list[Band]) -> None:
        flow = self._flow
        if flow.y:
            flow.skip(1.0)
        if section.title:
            title = flow.typesetter.text(section.title, "roman", flow.size, "accent")
            flow.page.put(title, self._pad, flow.y + title.ascent)
            flow.y += title.height
            flow.skip(0.7)
        self._line(None, section.left, "", "")
        for band in bands:
            if band.gap >= 0:
                self._gap(section.gaps[band.gap])
                continue
            if band.step < 0:
                self._fold(section)
                continue
            top = flow.y
            self._step(section.steps[band.step])
            flow.band(top)
        self._result(section)
        if section.note:
            flow.skip(0.4)
            flow.y += flow.caption(f"{section.note}.", self._pad, self._room)

    def _fold(self, section: Section) -> None:
        flow, top = self._flow, self._flow.y
        count = len(section.steps)
        hidden = section.steps[HEAD_LINES : count - TAIL_LINES]
        names = [rule for step in hidden for rule in step.rule.split(", ")]
        rules = ", ".join(dict.fromkeys(names))
        flow.skip(0.4)
        count = len(hidden) + sum(
            gap.lines for gap in section.gaps if HEAD_LINES <= gap.at <= count - TAIL_LINES
        )
        shut = self._derivation.sections.index(section) not in self._unfolded
        words = f"▸ {grouped(count)} more lines: {rules}" if shut else "▾ fold these lines again"
        flow.y += flow.caption(words, self._pad, self._room, "accent")
        flow.skip(0.2)
        flow.band(top)

    def _gap(self, gap: Gap) -> None:
        flow, top = self._flow, self._flow.y
        flow.skip(0.4)
        shown = min(gap.lines, SHOWN_BETWEEN)
        words = f"▸ {gap.note}. A click shows {shown} of them"
        flow.y += flow.caption(words, self._pad, self._room, "accent")
        flow.skip(0.2)
        flow.band(top)

    def _step(self, step: Step) -> None:
        right, numbers = (to_text(each, self._digits) for each in (step.right, step.numbers))
        self._line("=", step.right, step.rule, "" if right == numbers else "numbers", step.numbers)

    def _line(
        self,
        relation: str | None,
        symbols: Expression,
        rule: str,
        kind: str,
        numbers: Expression | None = None,
    ) -> None:
        flow, pad = self._flow, self._pad
        flow.skip(0.35)
        if rule:
            flow.y += flow.caption(rule, pad, self._room)
            flow.skip(0.1)
        room = self._room * (0.5 if self._wide else 1.0) - pad
        boxes = flow.fitted(symbols, room, self._relation(relation))
        high = flow.put_lines(boxes, pad)
        if kind and numbers is not None:
            high = self._numbers(numbers, high, room)
        flow.y += high
        flow.skip(0.35)

    def _numbers(self, numbers: Expression, high: float, room: float) -> float:
        """Put the numbers beside the symbols, or below; return how high both are."""
        flow, top = self._flow, self._flow.y
        fitted = flow.fitted(numbers, room, self._relation("="))
        boxes = [toned(box, "muted") for box in fitted]
        if self._wide:
            beside = flow.put_lines(boxes, self._pad + self._room / 2)
            return max(high, beside)
        flow.y += high + 0.45 * flow.size
        below = flow.put_lines(boxes, self._pad)
        flow.y = top
        return high + 0.45 * flow.size + below

    def _relation(self, sign: str | None) -> list[Piece]:
        if sign is None:
            return []
        return [Piece(self._flow.typesetter.text(sign, "roman", self._flow.size))]

    def _result(self, section: Section) -> None:
        flow = self._flow
        steps = section.steps
        shown = format_number(section.result, self._digits, trim=True)
        if steps and localised(to_text(steps[-1].right, self._digits)) == shown:
            return
        flow.skip(0.35)
        tone = result_tone(section.result)
        number = flow.typesetter.number(section.result, round(1.1 * flow.size), "bold", tone)
        equals, reference = self._relation("=")[0].box, getattr(section.left, "reference", None)
        baseline = flow.y + number.ascent
        flow.page.put(equals, self._pad, baseline)
        x = self._pad + equals.width + 0.28 * flow.size
        flow.page.put(referring(number, reference), x, baseline)
        flow.y += number.height
        flow.skip(0.35)


def result_tone(value: float) -> str:
    """Return the theme's name of the colour of a gradient."""
    if value == 0.0:
        return "zero"
    if value != value or abs(value) == float("inf"):
        return "non_finite"
    return "gradient_positive" if value > 0.0 else "gradient_negative"


def value_box(typesetter: Typesetter, value: float, size: int) -> Piece:
    """Return a gradient's number, bold and in its colour."""
    return Piece(typesetter.number(Number(value).value, size, "bold", result_tone(value)))
