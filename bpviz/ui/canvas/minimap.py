"""The minimap: the whole drawing in a corner, with a frame around what the view shows."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.strokes import draw_lines
from bpviz.ui.canvas.view import CanvasView
from bpviz.ui.style import Theme, guard, mix

SIZE: Final = QSize(190, 124)
MARGIN: Final = 8.0
# A drawing of more nodes than this has a minimap even where all of it is in view.
MANY_NODES: Final = 60
# With so few the map comes only where most of the drawing is out of sight.
FEW_NODES: Final = 12
# More lines than this would only be a grey area.
MOST_LINES: Final = 1_500


class Minimap(QWidget):
    """Shows where the view is on the drawing; click or drag to move the view there."""

    def __init__(self, view: CanvasView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._wanted = True
        self._picture: QPixmap | None = None
        self._drawn: tuple[Geometry, FloatArray, Theme] | None = None
        self.setObjectName("minimap")
        self.setAccessibleName("Map of the whole network")
        self.setToolTip("Click or drag to move the view")
        self.setFixedSize(SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        view.camera.moved.connect(self.follow)
        view.canvas.surround_changed.connect(self.follow)
        self.follow()

    def set_wanted(self, wanted: bool) -> None:
        """Show the map where it is of use, or never."""
        self._wanted = wanted
        self.follow()

    def follow(self) -> None:
        """Show where the view is now; hide where all of a small drawing is in view."""
        count = self._view.canvas.geometry.node_count
        content, view = self._view.canvas.picture.content_rect(), self._seen()
        seen = view.contains(content)
        if count <= FEW_NODES and not seen:  # nodes of a small drawing are not to lie below it
            part = view.intersected(content)
            seen = 2.0 * part.width() * part.height() > content.width() * content.height()
        self.setVisible(self._wanted and count > 1 and (count > MANY_NODES or not seen))
        self.update()

    def map_point(self, at: QPointF) -> QPointF:
        """Return the point of the map at which the scene's point `at` stands."""
        scale, offset = self._scaling()
        return QPointF(at.x() * scale, at.y() * scale) + offset

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the view to where the map was clicked."""
        self._go(event)

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the view follow the pointer."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    @guard
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the kept map and the frame of the view."""
        theme = self._view.canvas.theme
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._map())
        box = QRectF(
            self.map_point(self._seen().topLeft()), self.map_point(self._seen().bottomRight())
        )
        box = box.intersected(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        tint = QColor(theme.accent)
        tint.setAlpha(34)
        painter.setBrush(tint)
        painter.drawRect(box)
        painter.end()

    def _go(self, event: QMouseEvent) -> None:
        scale, offset = self._scaling()
        at = event.position() - offset
        self._view.camera.centre_on(QPointF(at.x() / scale, at.y() / scale))
        event.accept()

    def _seen(self) -> QRectF:
        viewport = QRectF(self._view.viewport().rect())
        camera = self._view.camera
        return QRectF(
            camera.scene_point(viewport.topLeft()), camera.scene_point(viewport.bottomRight())
        )

    def _scaling(self) -> tuple[float, QPointF]:
        """Return map pixels per scene unit and where the scene's origin is on the map."""
        content = self._view.canvas.picture.content_rect()
        room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        scale = min(
            room.width() / max(content.width(), 1.0), room.height() / max(content.height(), 1.0)
        )
        return scale, room.center() - content.center() * scale

    def _map(self) -> QPixmap:
        """Return the picture of ground, edges and nodes, made anew only where they changed."""
        geometry, theme = self._view.canvas.geometry, self._view.canvas.theme
        drawn = self._drawn
        if (
            self._picture is None
            or drawn is None
            or drawn[0] is not geometry
            or drawn[2] is not theme
            or not np.array_equal(drawn[1], geometry.positions)
        ):
            self._picture = self._painted(geometry, theme)
            self._drawn = (geometry, geometry.positions.copy(), theme)
        return self._picture

    def _painted(self, geometry: Geometry, theme: Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.border), 1.0))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6.0, 6.0)
        scale, offset = self._scaling()
        painter.setPen(QPen(QColor(mix(theme.panel, theme.edge, 0.45)), 1.0))
        step = max(1, len(geometry.points) // MOST_LINES)
        ends = geometry.points[::step][:, (0, -1)].reshape(-1, 4)
        draw_lines(painter, ends * scale + np.array([offset.x(), offset.y()] * 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text))
        for x, y in geometry.positions * scale + np.array([offset.x(), offset.y()]):
            painter.drawRect(QRectF(x - 1.5, y - 1.5, 3.0, 3.0))
        painter.end()
        return picture
