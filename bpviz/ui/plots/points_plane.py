"""Rows as points on a plane that are drawn, sprayed, moved and deleted with mouse and keys."""

from __future__ import annotations

import math
import random
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.ui.plots.ground import Ground, span_around
from bpviz.ui.plots.scales import Span, thinned
from bpviz.ui.style import Theme, guard, scaled_font, text_scale

FloatArray = NDArray[np.float64]
Part: TypeAlias = Literal["train", "test"]

PARTS: Final[tuple[Part, Part]] = ("train", "test")
RADIUS: Final = 3.6
GRIP: Final = 9.0
DRAG_START: Final = 4.0
LARGEST_PAINTED: Final = 4_000
# A spray drops a point about every so many pixels, scattered by so many.
SPRAY_STEP, SPRAY_SCATTER = 7.0, 9.0
KEYS: Final = {
    Qt.Key.Key_Plus: 1, Qt.Key.Key_Minus: 0,
    **{Qt.Key(int(Qt.Key.Key_0) + digit): digit for digit in range(10)},
}  # fmt: skip


class Points(NamedTuple):
    """Points [D, 2] in data units, and the colour of each."""

    places: FloatArray
    colors: list[str]


NO_POINTS: Final = Points(np.empty((0, 2)), [])


class PointsPlane(QWidget):
    """Shows training rows filled and test rows hollow; hands on what a person does to them.

    `drawn` carries new points [(x, y)], `moved` (part, row, x, y), `removed` and `picked` (part,
    row), `class_asked` the class that a key names. The plane itself changes no rows. Without
    `editable` points are only picked.
    """

    drawn = Signal(object)
    moved = Signal(str, int, float, float)
    removed = Signal(str, int)
    picked = Signal(str, int)
    class_asked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._points: dict[Part, Points] = {"train": NO_POINTS, "test": NO_POINTS}
        self._spans = (Span(-1.0, 1.0), Span(-1.0, 1.0))
        self._titles = ("", "")
        self._brush = theme.positive
        self._hint = ""
        self._spray = False
        self._chosen = -1
        self._held: tuple[Part, int] | None = None
        self._pressed_at: QPointF | None = None
        self._dragged: QPointF | None = None
        self._sprayed: list[QPointF] = []
        self._picture: QPixmap | None = None
        self._random = random.Random(1)
        self.setObjectName("data.plane")
        self.setAccessibleName("Rows as points")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(130)

    # -- what is shown -----------------------------------------------------------------------

    def show_points(
        self, train: Points, test: Points, titles: tuple[str, str], hint: str = ""
    ) -> None:
        """Show these points; `hint` says what to do where there are none."""
        self._points = {"train": train, "test": test}
        self._titles, self._hint = titles, hint
        both = np.concatenate([train.places, test.places])
        self._spans = (span_around(both[:, 0]), span_around(both[:, 1]))
        self._forget_gesture()
        self._picture = None
        self.update()

    def choose(self, row: int) -> None:
        """Ring training row `row`, the chosen sample; −1 for none."""
        if row != self._chosen:
            self._chosen = row
            self.update()

    def set_brush(self, color: str) -> None:
        """Draw new points in `color`."""
        self._brush = color
        self.update()

    def set_spray(self, spray: bool) -> None:
        """Let a drag over empty ground spray points, or not; with Shift it always does."""
        self._spray = spray

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme; the colours of the points are given anew by `show_points`."""
        self._theme = theme
        self._picture = None
        self.update()

    @property
    def ground(self) -> Ground:
        """The axes, and which numbers stand where on the widget."""
        return Ground.of(QRectF(self.rect()), self._spans, self._titles, self.font())

    # -- painting ------------------------------------------------------------------------------

    @guard
    def sizeHint(self) -> QSize:
        """Return the wanted size."""
        return QSize(260, 180)

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, axes and points, then what is under the mouse."""
        if self._picture is None:
            self._picture = self._painted()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._picture)
        self._paint_chosen(painter)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._brush))
        for place in self._sprayed:
            painter.drawEllipse(place, RADIUS, RADIUS)
        if self._held is not None and self._dragged is not None:
            part, row = self._held
            painter.setBrush(QColor(self._points[part].colors[row]))
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
            painter.drawEllipse(self._dragged, RADIUS + 1.5, RADIUS + 1.5)
        painter.end()

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self._theme.panel))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = self.ground
        area = ground.area
        ground.paint(painter, self._theme, self.font())
        painter.setClipRect(area.adjusted(-RADIUS, -RADIUS, RADIUS, RADIUS))
        for part in reversed(PARTS):
            self._paint_points(painter, part)
        painter.setClipping(False)
        if self._hint:
            self._paint_hint(painter, area.adjusted(12, 0, -12, 0))
        painter.end()
        return picture

    def _paint_hint(self, painter: QPainter, area: QRectF) -> None:
        """Write the hint on a ground of its own: no line of the grid runs through the words."""
        painter.setFont(scaled_font(self.font(), 12 * text_scale(self.font())))
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        words = painter.boundingRect(area, flags, self._hint)
        painter.fillRect(words.adjusted(-6, -4, 6, 4), QColor(self._theme.canvas))
        painter.setPen(QColor(self._theme.muted))
        painter.drawText(area, flags, self._hint)

    def _paint_points(self, painter: QPainter, part: Part) -> None:
        points, ground = self._points[part], self.ground
        for row in thinned(len(points.places), LARGEST_PAINTED).tolist():
            x, y = points.places[row].tolist()
            color = QColor(points.colors[row])
            painter.setPen(QPen(color, 1.3) if part == "test" else Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.NoBrush if part == "test" else color)
            painter.drawEllipse(ground.place_of(x, y), RADIUS, RADIUS)

    def _paint_chosen(self, painter: QPainter) -> None:
        if 0 <= self._chosen < len(self._points["train"].places):
            x, y = self._points["train"].places[self._chosen].tolist()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.text), 1.6))
            painter.drawEllipse(self.ground.place_of(x, y), RADIUS + 3, RADIUS + 3)

    # -- mouse and keys --------------------------------------------------------------------------

    def _near(self, at: QPointF) -> tuple[Part, int] | None:
        """Return the point under the mouse, the training rows first."""
        ground = self.ground
        for part in PARTS:
            places = self._points[part].places
            if len(places):
                row, far = ground.nearest(places, at)
                if far <= GRIP:
                    return part, row
        return None

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a point, or begin to draw."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        self._pressed_at = at if self.ground.area.contains(at) else None
        sprays = self._spray or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._held = None if sprays else self._near(at)
        if sprays and self._pressed_at is not None:
            self._spray_at(at)
        self.update()

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the point held, or spray on."""
        at = event.position()
        if not event.buttons() & Qt.MouseButton.LeftButton:
            near = self._near(at) is not None
            shape = Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.CrossCursor
            self.setCursor(shape)
            return
        if self._sprayed:
            self._spray_at(at)
        elif self._held is not None and self._pressed_at is not None:
            moved = at - self._pressed_at
            if self._dragged is not None or math.hypot(moved.x(), moved.y()) >= DRAG_START:
                self._dragged = self.ground.inside(at)
        self.update()

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Hand on what was drawn, moved or picked."""
        held, pressed, dragged = self._held, self._pressed_at, self._dragged
        sprayed = self._sprayed
        self._forget_gesture()
        self.update()
        if event.button() != Qt.MouseButton.LeftButton or pressed is None:
            return
        if sprayed:
            self.drawn.emit([self.ground.data_of(place) for place in sprayed])
        elif held is None:
            self.drawn.emit([self.ground.data_of(pressed)])
        elif dragged is not None:
            at = self.ground.inside(event.position())
            self.moved.emit(*held, *self.ground.data_of(at))
        else:
            self._held = held
            self.picked.emit(*held)

    @guard
    def event(self, event: QEvent) -> bool:
        """Keep the keys of this plane from the menus: classes, Del, Esc."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            wanted = (*KEYS, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape)
            if event.key() in wanted and (plain or event.key() == Qt.Key.Key_Plus):
                event.accept()
                return True
        return super().event(event)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a class, delete the point picked, or give a gesture up."""
        key = Qt.Key(event.key())
        if key in KEYS:
            self.class_asked.emit(KEYS[key])
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._held is not None:
            held, self._held = self._held, None
            self.removed.emit(*held)
        elif key == Qt.Key.Key_Escape:
            self._forget_gesture()
            self.update()
        else:
            super().keyPressEvent(event)

    @guard
    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let go of what is held."""
        super().focusOutEvent(event)
        self._forget_gesture()
        self.update()

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint all anew."""
        super().resizeEvent(event)
        self._picture = None

    def _forget_gesture(self) -> None:
        self._held = self._pressed_at = self._dragged = None
        self._sprayed = []

    def _spray_at(self, at: QPointF) -> None:
        last = self._sprayed[-1] if self._sprayed else None
        if last is not None and math.hypot(at.x() - last.x(), at.y() - last.y()) < SPRAY_STEP:
            return
        scatter = QPointF(
            self._random.gauss(0.0, SPRAY_SCATTER), self._random.gauss(0.0, SPRAY_SCATTER)
        )
        self._sprayed.append(self.ground.inside(at + scatter))
