"""A field for one number: takes what people type, refuses text with a tip, keeps the old value."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from bpviz.ui.numbers import format_number, full_number
from bpviz.ui.panels.form import show_tip
from bpviz.ui.panels.number_text import NumberRefusedError, parse_number
from bpviz.ui.style import guard

DIGITS_AT_REST = 6


class NumberField(QLineEdit):
    """Shows a number short, in full while it is typed; `accepted` tells a new value.

    The value is None for "several values" or, with `empty` given, for what `empty` says
    ("all rows"). Enter and leaving the field accept; Esc gives the old value back.
    """

    accepted = Signal(object)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        low: float | None = None,
        high: float | None = None,
        above: float | None = None,
        whole: bool = False,
        empty: str = "",
    ) -> None:
        """Allow numbers from `low` to `high`, or greater than `above`; only integers if `whole`.

        `empty`: what leaving the field empty means; without it a number is needed.
        """
        super().__init__(parent)
        self._low, self._high, self._above = low, high, above
        self._whole = whole
        self._empty = empty
        self._value: float | None = None
        self._shown = self._about = ""
        self._digits = DIGITS_AT_REST
        self.setPlaceholderText(empty)
        self.returnPressed.connect(self.commit)
        self.textEdited.connect(self._on_text_edited)

    @property
    def value(self) -> float | None:
        """The number last accepted or set."""
        return self._value

    def set_value(self, value: float | None, placeholder: str | None = None) -> None:
        """Show `value`, without telling `accepted`; `placeholder` is what None looks like."""
        self.setPlaceholderText(self._empty if placeholder is None else placeholder)
        self._value = value
        self._show_tip()
        self._show(full=self.hasFocus())

    def describe(self, about: str) -> None:
        """Say in the tip what the field is for, above the whole number."""
        self._about = about
        self._show_tip()

    def _show_tip(self) -> None:
        number = "" if self._value is None else full_number(self._value)
        self.setToolTip("\n".join(filter(None, (self._about, number))))

    def set_digits(self, digits: int) -> None:
        """Show numbers at rest with `digits` significant digits, 6 at least."""
        self._digits = max(DIGITS_AT_REST, digits)
        if not self.hasFocus():
            self._show(full=False)

    def commit(self) -> bool:
        """Accept what was typed; return False where it is refused and the old value is back."""
        if self.text() == self._shown:
            return True
        try:
            value = self._read()
        except NumberRefusedError as problem:
            self._show(full=self.hasFocus())
            self.refuse(str(problem))
            return False
        self._set_refused(False)
        changed = value != self._value
        self._value = value
        self._show(full=self.hasFocus())
        if changed:
            self.accepted.emit(value)
        return True

    def typed(self) -> float | None:
        """Return the number that stands in the field; None where it is refused, which is said."""
        try:
            return self._read()
        except NumberRefusedError as problem:
            self.refuse(str(problem))
            return None

    def refuse(self, reason: str) -> None:
        """Say at the field why something was not taken."""
        self._set_refused(True)
        show_tip(self, reason)

    def _read(self) -> float | None:
        text = self.text().strip()
        if self._empty and text in ("", self._empty):
            return None
        value = parse_number(text)
        if self._whole and value != int(value):
            raise NumberRefusedError("a whole number is needed here")
        if self._above is not None and value <= self._above:
            raise NumberRefusedError(f"a number above {full_number(self._above)} is needed here")
        if self._low is not None and value < self._low:
            raise NumberRefusedError(f"at least {full_number(self._low)} is needed here")
        if self._high is not None and value > self._high:
            raise NumberRefusedError(f"at most {full_number(self._high)} is allowed here")
        return value

    def _show(self, full: bool) -> None:
        if self._value is None:
            text = ""
        elif full or self._whole:
            text = full_number(self._value)
        else:
            text = format_number(self._value, self._digits, trim=True)
        self._shown = text
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)

    def _set_refused(self, refused: bool) -> None:
        if bool(self.property("wrong")) != refused:
            self.setProperty("wrong", refused)
            self.style().unpolish(self)
            self.style().polish(self)

    def _on_text_edited(self) -> None:
        self._set_refused(False)

    @guard
    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the number in full, selected where the keyboard came in."""
        super().focusInEvent(event)
        self._show(full=True)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()

    @guard
    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Accept what was typed."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()
            self._show(full=False)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Esc give the old value back."""
        if event.key() == Qt.Key.Key_Escape and self.text() != self._shown:
            self._set_refused(False)
            self._show(full=True)
            self.selectAll()
            event.accept()
            return
        super().keyPressEvent(event)
