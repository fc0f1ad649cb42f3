"""A view of formulas in rows that can be pointed at and chosen."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from bpviz.ui.formula.terms_view import RADIUS, TermsView
from bpviz.ui.formula.typesetter import Typesetter
from bpviz.ui.style import Theme, guard, mix

NONE: Final = -1


class BandedView(TermsView):
    """Paints a page whose bands are rows: −1 stands for none.

    `band_hovered` carries the row under the pointer, `band_clicked` the one clicked, and
    `menu_asked` a row with the global place of the pointer.
    """

    band_hovered = Signal(int)
    band_clicked = Signal(int)
    menu_asked = Signal(int, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent=parent)
        self._band = NONE
        self._chosen = NONE
        self._typesetter = Typesetter(self._glyphs)
        self._made_for: tuple[int, float] | None = None

    @property
    def chosen(self) -> int:
        """The row that is chosen."""
        return self._chosen

    def choose(self, band: int) -> None:
        """Mark a row as chosen."""
        self._chosen = band
        self.update()

    def band_rect(self, band: int) -> QRectF:
        """Return where a row is."""
        return QRectF(*self._page.bands[band])

    def setter(self, room: float) -> Typesetter:
        """Return a typesetter for the digits chosen and formulas `room` wide, made once."""
        if self._made_for != (self._digits, room):
            self._made_for = (self._digits, room)
            self._typesetter = Typesetter(self._glyphs, self._digits, room)
        return self._typesetter

    def lay_out(self) -> None:
        """Make the page anew; what was under the pointer may be another row now."""
        super().lay_out()
        self._hover_band(NONE)
        if self._chosen >= len(self._page.bands):
            self._chosen = NONE

    def paint_backdrop(self, painter: QPainter) -> None:
        """Paint the cards, and the rows that are pointed at or chosen."""
        super().paint_backdrop(painter)
        theme = self._theme
        for band, share in ((self._band, 0.07), (self._chosen, 0.16)):
            if 0 <= band < len(self._page.bands):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(mix(theme.panel, theme.accent, share)))
                painter.drawRoundedRect(self.band_rect(band), RADIUS, RADIUS)

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which row and term lie under the pointer."""
        super().mouseMoveEvent(event)
        self._hover_band(self._band_at(event.position()))

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell which row was clicked."""
        super().mouseReleaseEvent(event)
        band = self._band_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and band != NONE:
            self.band_clicked.emit(band)

    @guard
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu of the row under the pointer."""
        self.menu_asked.emit(self._band_at(QPointF(event.pos())), event.globalPos())

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Forget what lay under the pointer."""
        super().leaveEvent(event)
        self._hover_band(NONE)

    def _band_at(self, at: QPointF) -> int:
        rows = (place for place, band in enumerate(self._page.bands) if QRectF(*band).contains(at))
        return next(rows, NONE)

    def _hover_band(self, band: int) -> None:
        if band != self._band:
            self._band = band
            self.update()
            self.band_hovered.emit(band)
