"""The widget of a derivation from ∂E/∂w to a number: lines to point at, to choose and to unfold."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from bpviz.explain.chain import Derivation, Step
from bpviz.ui.formula.banded_view import NONE, BandedView
from bpviz.ui.formula.derivation_page import Band, bands_of, derivation_page
from bpviz.ui.formula.page import Page
from bpviz.ui.style import Theme


class DerivationView(BandedView):
    """Shows a derivation; a click on a line chooses it, one on what is folded unfolds it.

    `lines_asked` asks for the lines of a gap: it carries what `derive` takes as their start.
    """

    lines_asked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._derivation: Derivation | None = None
        self._unfolded: frozenset[int] = frozenset()
        self._bands: list[Band] = []
        self.setObjectName("derivation.lines")
        self.setAccessibleName("Derivation")
        self.band_clicked.connect(self._on_band_clicked)

    @property
    def derivation(self) -> Derivation | None:
        """What is shown."""
        return self._derivation

    @property
    def bands(self) -> list[Band]:
        """What the rows are."""
        return self._bands

    @property
    def chosen_step(self) -> Step | None:
        """The line chosen, if one is."""
        return None if self._chosen == NONE else self.step(self._chosen)

    def step(self, band: int) -> Step | None:
        """Return the line of a row; None for what unfolds."""
        place = self._bands[band]
        if place.step < 0 or self._derivation is None:
            return None
        return self._derivation.sections[place.section].steps[place.step]

    def show_derivation(self, derivation: Derivation | None) -> None:
        """Show this derivation; folds of the same parameter stay open."""
        before = self._derivation
        same = before is not None and derivation is not None and before.name == derivation.name
        if not same:
            self._unfolded, self._chosen = frozenset(), NONE
        self._derivation = derivation
        self.lay_out()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        if self._derivation is None:
            self._bands = []
            return Page()
        self._bands = bands_of(self._derivation, self._unfolded)
        typesetter = self.setter(width - 3 * self.type_size)
        return derivation_page(
            self._derivation, typesetter, self.type_size, width, self._digits, self._unfolded
        )

    def _on_band_clicked(self, band: int) -> None:
        place = self._bands[band]
        if place.gap >= 0 and self._derivation is not None:
            self.lines_asked.emit(self._derivation.sections[place.section].gaps[place.gap].start)
        elif place.step < 0:
            self._unfolded = self._unfolded ^ {place.section}
            self._chosen = NONE
            self.lay_out()
        else:
            self.choose(NONE if band == self._chosen else band)
