"""The causes of a parameter's last change: each sample's part, penalties, the optimizer's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bpviz.document.origin import Origin
from bpviz.explain.movement import Movement
from bpviz.ui.numbers import format_number, localised
from bpviz.ui.plots.lines_table import Line, LinesTable
from bpviz.ui.style import Theme

HEADING: Final = (
    ("Why it moved", "What the change comes from, the strongest samples first"),
    ("in ∂E/∂w", "The part that it has in the gradient of the whole batch"),
    ("moves by", "What it adds to the change of the parameter"),
)


# So many edits behind an update are told.
MOST_EDITS: Final = 3


def set_words(found: Origin, name: str, digits: int = 4) -> str:
    """Return what an edit did to the parameter called `name`."""
    before, after = (
        "" if each is None else format_number(each, digits, trim=True)
        for each in (found.before, found.after)
    )
    label = found.label.rstrip(".")
    if not after:
        return f"{name} was taken away by an edit (“{label}”)"
    if not before:
        return f"{name} was added by an edit (“{label}”) with {after}"
    return f"{name} was set by an edit (“{label}”) from {before} to {after}"


def behind_words(own: Origin | None, others: Sequence[str], name: str, digits: int) -> str:
    """Return what edits did right behind an update; "" where there are none."""
    said = "" if own is None else f" After this update {set_words(own, name, digits)}."
    if others:
        listed = "; ".join(others[:MOST_EDITS]) + ("; …" if len(others) > MOST_EDITS else "")
        said += f" Edited after it, and so without a part in it: {listed}."
    return said


class MovementSection(QWidget):
    """A table of causes and their sum; `sample_chosen` carries the sample of a row clicked."""

    sample_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digits = 4
        self._movement: Movement | None = None
        self._sample = -1
        self._behind = ""
        self.table = LinesTable(theme, HEADING)
        self._note = QLabel()
        self._build()
        self.table.chosen.connect(self._on_row_chosen)
        self.hide()

    @property
    def movement(self) -> Movement | None:
        """What is shown."""
        return self._movement

    @property
    def note(self) -> str:
        """What is said below the table."""
        return self._note.text()

    def set_loss_symbol(self, letter: str) -> None:
        """Call the loss by the letter of the session's notation."""
        self.table.set_heading([(text.replace("∂E", f"∂{letter}"), tip) for text, tip in HEADING])

    def show_movement(self, movement: Movement | None, sample: int, behind: str = "") -> None:
        """Show these causes, the row of the chosen sample marked; None hides the section.

        `behind` tells what edits did after that.
        """
        self._movement, self._sample, self._behind = movement, sample, behind
        self.setVisible(movement is not None)
        if movement is None:
            return
        lines = [
            Line(
                (cause.words, "" if cause.part is None else self._text(cause.part),
                 self._text(cause.move)),
                "Click to show this sample" if cause.sample >= 0 else "",
            )
            for cause in movement.causes
        ]  # fmt: skip
        total = ("together", self._text(movement.gradient), self._text(movement.change))
        places = [cause.sample for cause in movement.causes]
        self.table.show_lines(
            [*lines, Line(total, strong=True)], places.index(sample) if sample in places else -1
        )
        old, new, change = map(self._text, (movement.old, movement.new, movement.change))
        sign = "" if change.startswith("−") else "+"
        moved = f"From {old} to {new}: {sign}{change}." if movement.change else f"It stays {new}."
        self._note.setText(f"{moved} {localised(movement.note + self._behind)}")

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits."""
        self._digits = digits
        self.show_movement(self._movement, self._sample, self._behind)

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self.table.set_scale(factor)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self.table.apply_theme(theme)

    def _text(self, value: float) -> str:
        return format_number(value, self._digits, trim=True)

    def _on_row_chosen(self, row: int) -> None:
        causes = () if self._movement is None else self._movement.causes
        if row < len(causes) and causes[row].sample >= 0:
            self.sample_chosen.emit(causes[row].sample)

    def _build(self) -> None:
        self.table.setObjectName("explain.causes")
        self.table.setAccessibleName("Why it moved")
        self._note.setObjectName("explain.movement")
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.table)
        layout.addWidget(self._note)
