"""A widget that paints formulas and knows which term lies under the pointer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bpviz.explain.expression import Reference
from bpviz.model.names import edge_name
from bpviz.ui.formula.boxes import Drawn, Fence, Hit, Text
from bpviz.ui.formula.fonts import FormulaFont
from bpviz.ui.formula.page import Page
from bpviz.ui.style import Theme, guard, mix

BASE_SIZE: Final = 17
RADIUS: Final = 6.0
# Terms are pointed at a little around their ink; a small one is no harder to meet.
REACH: Final = 3.0
LOWEST_HIT: Final = 16.0


def same_thing(one: Reference, other: Reference) -> bool:
    """Whether two references are to one node or edge, and to one quantity where both name one."""
    named = not one.quantity or not other.quantity or one.quantity == other.quantity
    return named and one[:2] == other[:2]


class TermsView(QWidget):
    """Paints a page; `term_hovered` carries a Reference or None, `term_chosen` the one clicked."""

    term_hovered = Signal(object)
    term_chosen = Signal(object)

    def __init__(
        self, theme: Theme, font: FormulaFont | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._glyphs = font if font is not None else FormulaFont()
        self._page = Page()
        self._names: Mapping[str, str] = {}
        self._digits = 4
        self._scale = 1.0
        self._hovered: Reference | None = None
        self._highlighted: Reference | None = None
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    @property
    def page(self) -> Page:
        """What is painted."""
        return self._page

    @property
    def type_size(self) -> int:
        """The type size in pixels."""
        return max(8, round(BASE_SIZE * self._scale))

    @property
    def highlighted(self) -> Reference | None:
        """What is lit up."""
        return self._highlighted

    def set_names(self, names: Mapping[str, str]) -> None:
        """Call nodes in tips by `names`, by id."""
        self._names = names

    def set_digits(self, digits: int) -> None:
        """Write numbers with up to `digits` significant digits."""
        self._digits = digits
        self.lay_out()

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self._scale = factor
        self.lay_out()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def highlight(self, reference: Reference | None) -> None:
        """Light up the terms of a node or edge; an empty quantity stands for all of its own."""
        if reference != self._highlighted:
            self._highlighted = reference
            self.update()

    def rect_of(self, reference: Reference) -> QRectF:
        """Return where the first term of `reference` is; an empty box where there is none."""
        for hit in self._page.hits:
            if same_thing(hit.reference, reference):
                return hit_rect(hit)
        return QRectF()

    def lay_out(self) -> None:
        """Make the page anew and take as much height as it needs."""
        self._page = self.made_page(float(max(self.width(), 1)))
        self.setFixedHeight(max(1, round(self._page.height)))
        self._hover(None)
        self.update()

    def made_page(self, width: float) -> Page:
        """Return the page for a width in pixels."""
        return Page()

    # -- Qt's events ---------------------------------------------------------------------------

    @guard
    def sizeHint(self) -> QSize:
        """Return the page's size."""
        return QSize(240, max(1, round(self._page.height)))

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break lines anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.lay_out()

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which term lies under the pointer."""
        self._hover(self._term_at(event.position()))

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell which term was clicked."""
        term = self._term_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and term is not None:
            self.term_chosen.emit(term)

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Forget what lay under the pointer."""
        self._hover(None)

    @guard
    def event(self, event: QEvent) -> bool:
        """Say in a tip what the term under the pointer is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            term = self._term_at(QPointF(event.pos()))
            text = "" if term is None else term_tip(term, self._names)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return bool(super().event(event))

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint cards, marks and ink."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        self.paint_backdrop(painter)
        self._paint_marks(painter)
        # Of a long page the most part is scrolled out of sight.
        top, bottom = event.rect().top() - REACH, event.rect().bottom() + REACH
        seen = (
            drawn
            for drawn in self._page.drawn
            if drawn.y - drawn.box.ascent <= bottom and drawn.y + drawn.box.descent >= top
        )
        paint_ink(painter, seen, self._glyphs, self._theme)
        painter.end()

    def paint_backdrop(self, painter: QPainter) -> None:
        """Paint what lies behind the terms."""
        painter.setPen(QColor(self._theme.border))
        painter.setBrush(QColor(self._theme.field))
        for card in self._page.cards:
            rect = QRectF(*card).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(rect, RADIUS, RADIUS)

    def _paint_marks(self, painter: QPainter) -> None:
        lit = [each for each in (self._hovered, self._highlighted) if each is not None]
        painter.setPen(QColor(mix(self._theme.panel, self._theme.accent, 0.7)))
        painter.setBrush(QColor(mix(self._theme.panel, self._theme.accent, 0.28)))
        for hit in self._page.hits:
            if any(same_thing(hit.reference, each) for each in lit):
                rect, radius = self.mark_shape(hit)
                painter.drawRoundedRect(rect, radius, radius)

    def mark_shape(self, hit: Hit) -> tuple[QRectF, float]:
        """Return the box that lights up behind a term, and the radius of its corners."""
        return hit_rect(hit), 3.0

    def _term_at(self, at: QPointF) -> Reference | None:
        for hit in self._page.hits:
            if hit_rect(hit).contains(at):
                return hit.reference
        return None

    def _hover(self, term: Reference | None) -> None:
        if term == self._hovered:
            return
        self._hovered = term
        if term is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.update()
        self.term_hovered.emit(term)


def hit_rect(hit: Hit) -> QRectF:
    """Return where a term is met by the pointer."""
    rect = QRectF(hit.x, hit.y, hit.width, hit.height)
    rect.adjust(-REACH, -REACH, REACH, REACH)
    missing = max(0.0, LOWEST_HIT - rect.height()) / 2
    return rect.adjusted(0.0, -missing, 0.0, missing)


def term_tip(term: Reference, names: Mapping[str, str]) -> str:
    """Return what a term is, in words, where `names` are those of the nodes."""
    quantity = term.quantity.replace("_", " ").replace("dloss da", "gradient by the value")
    name = edge_name(term.name, names)
    return f"{quantity} of {name}" if name else quantity


def paint_ink(painter: QPainter, drawn: Iterable[Drawn], glyphs: FormulaFont, theme: Theme) -> None:
    """Paint texts, bars and stretched signs."""
    tone: str | None = None
    lettering: tuple[str, int] | None = None
    for x, y, box in drawn:
        ink = box.ink
        if isinstance(ink, Text):
            # Changing pen or font takes longer than most of these texts.
            if ink.tone != tone:
                tone = ink.tone
                painter.setPen(QColor(getattr(theme, tone or "text")))
            if (ink.style, ink.size) != lettering:
                lettering = (ink.style, ink.size)
                painter.setFont(glyphs.font(ink.style, ink.size))
            painter.drawText(QPointF(x, y), glyphs.shown(ink.text, ink.style))
            continue
        color = QColor(theme.text)
        rect = QRectF(x, y - box.ascent, box.width, box.height)
        if isinstance(ink, Fence):
            path = glyphs.outline(ink.sign)
            painter.fillPath(_onto(path.boundingRect(), rect).map(path), color)
        else:
            # On whole pixels the bar of a fraction is sharp.
            top = round(rect.top())
            painter.fillRect(QRectF(x, top, box.width, max(1.0, round(rect.height()))), color)


def _onto(source: QRectF, target: QRectF) -> QTransform:
    """Return the map of one box onto another."""
    across, down = target.width() / source.width(), target.height() / source.height()
    moved = QTransform.fromTranslate(target.left(), target.top())
    return moved.scale(across, down).translate(-source.left(), -source.top())
