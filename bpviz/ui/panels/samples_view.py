"""The batch as small multiples: a grid of small drawings, of which only those seen are painted."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from bpviz.document.player import Player
from bpviz.model.counts import grouped
from bpviz.ui.canvas.letters import Letters, draw_text
from bpviz.ui.canvas.multiple_words import details, loss_of, name_of, tip
from bpviz.ui.canvas.multiples import JOINED, Multiples, Tile
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.small_drawing import SmallDrawing
from bpviz.ui.style import Theme, guard

# The least width of a drawing with its frame, and the room around it, at 100 %.
WIDTH: Final = 112
GAP: Final = 6
EDGE: Final = 10
TEXT: Final = 11.0
LINE: Final = 15
# Height over width of the room for the network.
FLATTEST, STEEPEST = 0.42, 0.9
NOTHING: Final = -2


class SamplesView(QAbstractScrollArea):
    """Shows a drawing of each sample; `chosen` carries the one to show on the canvas."""

    chosen = Signal(int)

    def __init__(
        self, player: Player, scene: CanvasScene, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._player, self._scene, self._theme = player, scene, theme
        self.multiples = Multiples(player, scene)
        self._digits, self._scale = 4, 1.0
        self._pictures: dict[int, QPixmap] = {}
        self.drawing: SmallDrawing | None = None
        self._blank: QPixmap | None = None
        self._points = scene.geometry.points
        self._held: tuple[object, ...] = ()
        self._letters = Letters(self.font())
        self._hovered = NOTHING
        self._shown_sample = NOTHING
        self.paint_count = 0
        self.cost = 0.0
        """Seconds that the last painting took."""
        self.setObjectName("samples")
        self.setFrameShape(QFrame.Shape.NoFrame)
        # A click leaves the keys to the drawing; Tab leads here.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    # -- following -----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what the player shows now."""
        points = self._scene.geometry.points
        # Placing nodes makes the points anew.
        if self.multiples.follow() or points is not self._points:
            self._pictures.clear()
            self._points = points
        self._lay_out()
        sample = self._player.sample
        if sample != self._shown_sample:
            self._shown_sample = sample
            self.scroll_to(sample)
        count = grouped(self.multiples.count)
        self.setAccessibleName(f"Samples of the batch: {grouped(sample + 1)} of {count} is shown")
        self.viewport().update()

    def restart(self) -> None:
        """Begin anew with another session."""
        self.multiples.forget()
        self._shown_sample = NOTHING

    def set_digits(self, digits: int) -> None:
        """Show numbers with `digits` significant digits in the tips."""
        self._digits = digits

    def set_scale(self, factor: float) -> None:
        """Draw and write `factor` times as large."""
        self._scale = factor
        self.redraw()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.redraw()

    def redraw(self) -> None:
        """Paint all anew: numbers, sizes or colours look otherwise."""
        self._forget()
        self._lay_out()
        self.viewport().update()

    def _forget(self) -> None:
        self._pictures.clear()
        self.drawing = self._blank = None

    # -- where drawings stand ------------------------------------------------------------------

    @property
    def samples(self) -> list[int]:
        """What has a drawing, in order: the batch joined, where it has one, then each sample."""
        joined = [JOINED] if self.multiples.has_joined else []
        return joined + list(range(self.multiples.count))

    @property
    def columns(self) -> int:
        """How many drawings stand side by side."""
        room = self.viewport().width() - 2 * EDGE + GAP
        return max(1, room // (round(WIDTH * self._scale) + GAP))

    @property
    def _size(self) -> tuple[int, int, int]:
        """Width of a drawing with its frame, height of the network's room and of the caption."""
        wide = (self.viewport().width() - 2 * EDGE + GAP) // self.columns - GAP
        left, top, right, bottom = self._scene.geometry.bounds
        share = (bottom - top) / (right - left) if right > left else 1.0
        high = wide * min(max(share, FLATTEST), STEEPEST)
        return max(wide, 20), round(high), self._lines * round(LINE * self._scale) + 4

    @property
    def _lines(self) -> int:
        """How many lines a caption has."""
        few = 0 < len(self._scene.geometry.outputs) <= 3
        return 2 if few else 1

    def rect_of(self, sample: int) -> QRect:
        """Return where the drawing of a sample, or of `JOINED`, stands in the viewport."""
        place = sample + 1 if self.multiples.has_joined else sample
        row, column = divmod(place, self.columns)
        wide, high, caption = self._size
        top = GAP + row * (high + caption + GAP) - self.verticalScrollBar().value()
        return QRect(EDGE + column * (wide + GAP), top, wide, high + caption)

    def sample_at(self, at: QPoint) -> int:
        """Return the sample whose drawing holds a point of the viewport, else `NOTHING`."""
        for sample in self.seen():
            if self.rect_of(sample).contains(at):
                return sample
        return NOTHING

    def seen(self) -> list[int]:
        """Return the samples whose drawings can be seen now."""
        _, high, caption = self._size
        step, top = high + caption + GAP, self.verticalScrollBar().value()
        first = max(0, (top - GAP) // step) * self.columns
        last = ((top + self.viewport().height()) // step + 1) * self.columns
        joined = 1 if self.multiples.has_joined else 0
        count = self.multiples.count + joined
        return [place - joined for place in range(first, min(last, count))]

    def scroll_to(self, sample: int) -> None:
        """Bring the drawing of a sample into view."""
        rect, bar = self.rect_of(sample), self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top() - GAP)
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + rect.bottom() - self.viewport().height() + GAP)

    def _lay_out(self) -> None:
        """Give the scroll bar its range; make the drawings anew where they have another size."""
        _, high, caption = self._size
        step = high + caption + GAP
        rows = -(-len(self.samples) // self.columns)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, rows * step + GAP - self.viewport().height()))
        bar.setSingleStep(max(1, step // 3))
        bar.setPageStep(max(1, self.viewport().height()))

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand side by side as many as fit."""
        super().resizeEvent(event)
        self._forget()
        self._lay_out()

    # -- painting ------------------------------------------------------------------------------

    @guard
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the drawings that can be seen; those that stayed as they are, are kept."""
        began = time.perf_counter()
        painter = QPainter(self.viewport())
        for sample in self.seen():
            rect = self.rect_of(sample)
            painter.drawPixmap(rect.topLeft(), self._picture(sample))
            here = sample == self._player.sample and sample != JOINED
            if here or sample == self._hovered:
                focus = here and self.hasFocus()
                color = self._theme.accent if here else self._theme.muted
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(color), 3.0 if focus else 2.0 if here else 1.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5.0, 5.0)
        painter.end()
        self.cost = time.perf_counter() - began

    def _picture(self, sample: int) -> QPixmap:
        """Return the drawing with its caption, made once."""
        found = self._pictures.get(sample)
        if found is None:
            found = self._pictures[sample] = self._painted(self.multiples.tile(sample))
        return found

    def _painted(self, tile: Tile) -> QPixmap:
        self.paint_count += 1
        wide, high, caption = self._size
        picture = QPixmap(self._card(wide, high + caption))
        painter = QPainter(picture)
        self._drawing_for(tile, QRectF(2, 2, wide - 4, high - 2)).paint(painter, tile)
        self._caption(painter, tile, QRectF(6, high - 1, wide - 12, caption - 2))
        painter.end()
        return picture

    def _card(self, wide: int, high: int) -> QPixmap:
        """Return what lies below every drawing, made once."""
        ratio, theme = self.devicePixelRatioF(), self._theme
        size = QSize(round(wide * ratio), round(high * ratio))
        if self._blank is None or self._blank.size() != size:
            self._blank = QPixmap(size)
            self._blank.setDevicePixelRatio(ratio)
            self._blank.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._blank)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1.0))
            painter.setBrush(QColor(theme.canvas))
            painter.drawRoundedRect(QRectF(0.5, 0.5, wide - 1, high - 1), 5.0, 5.0)
            painter.end()
        return self._blank

    def _drawing_for(self, tile: Tile, box: QRectF) -> SmallDrawing:
        """Return the layout of all drawings, made anew only where it is another."""
        geometry, overlay = self._scene.geometry, tile.shown.overlay
        held = (geometry, geometry.points, overlay, self._theme)
        if self.drawing is None or any(
            one is not other for one, other in zip(held, self._held, strict=True)
        ):
            self._held = held
            self.drawing = SmallDrawing(
                geometry, self._theme, overlay, box, self.font(), self.devicePixelRatioF()
            )
        return self.drawing

    def _caption(self, painter: QPainter, tile: Tile, box: QRectF) -> None:
        """Write number and loss, below them what else has room."""
        session, line = self._scene.session, round(LINE * self._scale)
        bold = self._letters.face(TEXT * self._scale, bold=True)
        usual = self._letters.face(TEXT * self._scale)
        name, loss, middle = name_of(tile, session), loss_of(tile, session), box.top() + line / 2
        painter.setPen(QColor(self._theme.text))
        draw_text(painter, bold, name, box.left(), middle)
        painter.setPen(QColor(self._theme.muted))
        wide = usual.width(loss)
        if wide + bold.width(name) + 6 <= box.width():
            draw_text(painter, usual, loss, box.right() - wide, middle)
        for text in details(tile, session, self._scene.geometry):
            if usual.width(text) <= box.width():
                draw_text(painter, usual, text, box.left(), middle + line)
                break

    # -- mouse and keys ------------------------------------------------------------------------

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the sample that was clicked."""
        sample = self.sample_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and sample >= 0:
            self.chosen.emit(sample)

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Frame the drawing under the pointer."""
        self._hover(self.sample_at(event.position().toPoint()))

    def _hover(self, sample: int) -> None:
        if sample != self._hovered:
            self._hovered = sample
            self.viewport().update()

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the sample before or behind with Up and Down."""
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        sample = self._player.sample + by
        if by and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if 0 <= sample < self.multiples.count:
                self.chosen.emit(sample)
            event.accept()
        else:
            event.ignore()

    @guard
    def viewportEvent(self, event: QEvent) -> bool:
        """Say what the drawing under the pointer is."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        if event.type() == QEvent.Type.Leave:
            self._hover(NOTHING)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self.redraw()
        return super().viewportEvent(event)

    def tip_at(self, at: QPoint) -> str:
        """Return what there is to say of the drawing at a point of the viewport."""
        sample = self.sample_at(at)
        if sample == NOTHING:
            return ""
        geometry, session = self._scene.geometry, self._scene.session
        return tip(self.multiples.tile(sample), self._player, session, geometry, self._digits)
