"""The camera of the canvas: which part of the scene the view shows, and how large."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView

from bpviz.ui.canvas.corners import CORNER_WIDTH, TOP, room_aside, room_below

MAX_ZOOM, MIN_ZOOM = 8.0, 0.05
FIT_ZOOM: Final = 1.5
# A drawing no wider than this has one column.
FEW_WIDTH: Final = 300.0
ZOOM_STEP: Final = 1.25
# The room beside a fitted drawing, in pixels.
SIDE: Final = 12
# So far from its middle the scene can be moved; positions end at a million.
REACH: Final = 3e6
SETTLE_MS: Final = 150


class Camera(QObject):
    """Zooms and pans a view; a fitted drawing stays fitted until the person moves it.

    `moved` tells that zoom or place are others, `settled` that nothing moved for a moment.
    """

    moved = Signal()
    settled = Signal()

    def __init__(self, view: QGraphicsView) -> None:
        super().__init__(view)
        self._view = view
        self._fits = True
        self.fit_limit = FIT_ZOOM
        self._fitted = QRectF()
        self.scale = 1.0
        """How many times as large as usual header and legend are."""
        self.corner = CORNER_WIDTH
        """What is taken of the width at the right of the header."""
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.settled)

    def set_corner(self, width: float) -> None:
        """Leave so much of the width to what stands at the right of the header."""
        if width != self.corner:
            self.corner = width
            self._view.viewport().update()

    @property
    def zoom(self) -> float:
        """Pixels per scene unit."""
        return self._view.transform().m11()

    @property
    def is_moving(self) -> bool:
        """Whether the picture moved just now."""
        return self._settle.isActive()

    @property
    def fits(self) -> bool:
        """Whether the whole drawing is kept in view."""
        return self._fits

    def hold(self) -> None:
        """Stay where the view is, however the drawing grows: a hand is at work there."""
        self._fits = False

    def stop(self) -> None:
        """Wait no longer for the picture to settle."""
        self._settle.stop()

    def fit(self, rect: QRectF) -> None:
        """Show all of `rect`, the drawing's extent, and keep it in view."""
        self._fits, self._fitted = True, rect
        area = self.area()
        below = room_below(area, self.scale)
        left = SIDE + room_aside(area, self.scale)
        area = area.adjusted(left, TOP * self.scale, -SIDE, -below)
        if rect.isEmpty() or area.width() < 20 or area.height() < 20:
            self._view.setTransform(QTransform())
            self._view.centerOn(0.0, 0.0)
            self.moved.emit()
            return
        # A node or two by themselves are not blown up: more are about to come.
        limit = self.fit_limit if rect.width() > FEW_WIDTH else self.fit_limit / FIT_ZOOM
        zoom = min(area.width() / rect.width(), area.height() / rect.height(), limit)
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._move_point(rect.center(), area.center())
        self.moved.emit()

    def frame(self, rect: QRectF) -> None:
        """Show all of `rect` as large as it fits; the view does not stay fitted to it."""
        self.fit(rect)
        self._begin_moving()
        self.moved.emit()

    def centre_on(self, point: QPointF) -> None:
        """Move the scene's `point` into the middle of the view."""
        self._begin_moving()
        self._move_point(point, QRectF(self._view.viewport().rect()).center())
        self.moved.emit()

    def refit(self, rect: QRectF) -> None:
        """Keep the drawing fitted where its extent is another than when it was fitted."""
        if rect != self._fitted:
            self.fit(rect)

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by `factor`; what lies at the viewport's point `at` (the middle) stays there."""
        zoom = min(max(self.zoom * factor, min(MIN_ZOOM, self.zoom)), MAX_ZOOM)
        if zoom == self.zoom:
            return
        if at is None:
            at = self.area().center()
        self._begin_moving()
        held = self.scene_point(at)
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._move_point(held, at)
        self.moved.emit()

    def pan_by(self, by: QPoint) -> None:
        """Move the picture by so many pixels."""
        self._begin_moving()
        self._scroll(-by.x(), -by.y())
        self.moved.emit()

    def area(self) -> QRectF:
        """Return the viewport, in its own pixels."""
        return QRectF(self._view.viewport().rect())

    def scene_point(self, at: QPointF) -> QPointF:
        """Return the scene's point that shows at the viewport's point `at`."""
        inverse, _ = self._view.viewportTransform().inverted()
        return inverse.map(at)

    def viewport_point(self, point: QPointF) -> QPointF:
        """Return the viewport's point at which the scene's `point` shows."""
        return self._view.viewportTransform().map(point)

    def _begin_moving(self) -> None:
        self._fits = False
        self._settle.start()

    def _move_point(self, point: QPointF, to: QPointF) -> None:
        """Scroll so that the scene's `point` shows at the viewport's point `to`."""
        away = self.viewport_point(point) - to
        self._scroll(round(away.x()), round(away.y()))

    def _scroll(self, x: int, y: int) -> None:
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        across.setValue(across.value() + x)
        down.setValue(down.value() + y)
