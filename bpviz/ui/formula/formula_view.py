"""The widget of a derivation: lines of formulas, each in symbols, with numbers, and its result."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.page import FormulaLine, Page, lay_out
from bpviz.ui.formula.terms_view import TermsView
from bpviz.ui.formula.typesetter import Typesetter
from bpviz.ui.style import Theme


class FormulaView(TermsView):
    """Shows lines that go on with one another: "= symbols", "= with numbers", "= result"."""

    def __init__(
        self, theme: Theme, font: FormulaFont | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, font, parent)
        self._lines: tuple[FormulaLine, ...] = ()
        self._made_for: tuple[int, float] | None = None
        self._typesetter = Typesetter(self._glyphs)
        self.setObjectName("formula")
        self.setAccessibleName("Formula")

    @property
    def lines(self) -> tuple[FormulaLine, ...]:
        """What is shown."""
        return self._lines

    def show_lines(self, lines: Sequence[FormulaLine]) -> None:
        """Show these lines; the same ones again cost nothing."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.lay_out()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        room = width - 4 * self.type_size
        if self._made_for != (self._digits, room):
            self._made_for = (self._digits, room)
            self._typesetter = Typesetter(self._glyphs, self._digits, room)
        return lay_out(self._lines, self._typesetter, self.type_size, width)
