"""The ground under the drawing: the canvas's colour and a faint grid of dots."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap, QTransform

from bpviz.ui.style import Theme

GRID: Final = 30.0


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
