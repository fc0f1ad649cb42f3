"""The ground under the drawing: the canvas's colour and a faint grid of dots."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from bpviz.ui.style import Theme

GRID: Final = 30.0


class Ground:
    """Keeps the ground as a picture, as large as the viewport, until it lies elsewhere."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._picture = QPixmap()

    def paint(
        self,
        painter: QPainter,
        view: QWidget,
        rect: QRectF,
        to_pixels: QTransform,
        theme: Theme,
        *,
        keep: bool,
    ) -> None:
        """Fill the scene's `rect` in the viewport `view`; `keep` where it will stay as it is."""
        if not keep:
            paint_ground(painter, rect, to_pixels, theme)
            return
        ratio = view.devicePixelRatioF()
        made_for = (view.size(), ratio, QTransform(to_pixels), theme)
        if made_for != self._made_for:
            picture = QPixmap(view.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            inside = QPainter(picture)
            back, _ = to_pixels.inverted()
            paint_ground(inside, back.mapRect(QRectF(view.rect())), to_pixels, theme)
            inside.end()
            self._made_for, self._picture = made_for, picture
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(0, 0, self._picture)
        painter.restore()


def paint_ground(painter: QPainter, rect: QRectF, to_pixels: QTransform, theme: Theme) -> None:
    """Fill the scene's `rect`; the dots move with the scene, which `to_pixels` maps."""
    painter.save()
    painter.resetTransform()
    area = to_pixels.mapRect(rect).toAlignedRect()
    painter.fillRect(area, QColor(theme.canvas))
    step = GRID * to_pixels.m11()
    while 0.0 < step < 18.0:
        step *= 2.0
    if step <= 200.0:
        painter.setBrushOrigin(to_pixels.map(QPointF(0.0, 0.0)))
        painter.fillRect(area, QBrush(_grid_tile(theme.grid, round(step))))
    painter.restore()


def _grid_tile(color: str, step: int) -> QPixmap:
    tile = QPixmap(step, step)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.fillRect(QRectF(0.0, 0.0, 2.0, 2.0), QColor(color))
    painter.end()
    return tile
