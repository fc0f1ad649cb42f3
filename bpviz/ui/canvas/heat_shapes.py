"""Heat maps cut to the shapes of nodes: for one node, or for all of many small ones at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from bpviz.ui.canvas.card import CORNER
from bpviz.ui.canvas.geometry import HALF_SQUARE, RADIUS, Geometry, IntArray
from bpviz.ui.canvas.kept import whole_pixels
from bpviz.ui.canvas.strokes import draw_pixmap_at

_FORMAT = QImage.Format.Format_ARGB32_Premultiplied
_CUT = QPainter.CompositionMode.CompositionMode_DestinationIn
_COPY = QPainter.CompositionMode.CompositionMode_Source


class HeatShape:
    """One node's heat map, cut to its shape; kept until the map changes or lies elsewhere.

    Scaling and then cutting is several times faster than a path filled with the map.
    """

    def __init__(self) -> None:
        self._is_old = True
        self._made_for: tuple[object, ...] = ()
        self._mask = QImage()
        self._picture = QImage()

    def renew(self) -> None:
        """Say that the map's pixels have changed."""
        self._is_old = True

    def paint(
        self, painter: QPainter, widget: QWidget | None, heat: QImage, *, is_square: bool
    ) -> None:
        """Paint `heat` around the painter's origin, which must be upright."""
        transform = painter.worldTransform()
        ratio = 1.0 if widget is None else widget.devicePixelRatioF()
        (left, top), inside = whole_pixels(transform)
        zoom = transform.m11()
        reach = int(RADIUS * zoom) + 3
        made_for = (zoom, inside, ratio, is_square)
        if made_for != self._made_for:
            self._made_for, self._is_old = made_for, True
            size = round(2 * reach * ratio)
            place = QTransform(zoom, 0.0, 0.0, zoom, reach + inside[0], reach + inside[1])
            self._mask = _mask(size, ratio, place, is_square=is_square)
            self._picture = QImage(size, size, _FORMAT)
            self._picture.setDevicePixelRatio(ratio)
        if self._is_old:
            self._is_old = False
            half = zoom * (HALF_SQUARE if is_square else RADIUS)
            x, y = reach + inside[0], reach + inside[1]
            self._cut(heat, QRectF(x - half, y - half, 2 * half, 2 * half))
        painter.resetTransform()
        painter.drawImage(QPointF(left - reach, top - reach), self._picture)
        painter.setWorldTransform(transform)

    def _cut(self, heat: QImage, place: QRectF) -> None:
        inside = QPainter(self._picture)
        inside.setCompositionMode(_COPY)
        inside.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # One pixel wider on each side: where the shape ends the mask says.
        inside.drawImage(place.adjusted(-1.0, -1.0, 1.0, 1.0), heat)
        inside.setCompositionMode(_CUT)
        inside.drawImage(QPointF(0.0, 0.0), self._mask)
        inside.end()


class HeatDots:
    """The heat maps of many small nodes in one picture, pasted in one call."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._picture = QPixmap()

    def renew(self) -> None:
        """Say that the maps' pixels have changed."""
        self._made_for = ()

    def paint(
        self,
        painter: QPainter,
        geometry: Geometry,
        nodes: IntArray,
        heat: Sequence[QImage],
        zoom: float,
        size: int,
    ) -> None:
        """Paint the maps of `nodes`, each in the middle of a square of `size` pixels."""
        nodes = nodes[nodes < len(heat)]
        # Squares first, so that one mask lies over each half.
        nodes = nodes[np.argsort(~geometry.is_square[nodes], kind="stable")]
        made_for = (geometry, nodes.tobytes(), zoom, size)
        if made_for != self._made_for:
            squares = int(geometry.is_square[nodes].sum())
            self._picture = _sheet([heat[node] for node in nodes.tolist()], squares, zoom, size)
            self._made_for = made_for
        parts = np.zeros((len(nodes), 4))
        parts[:, 1] = size * np.arange(len(nodes))
        parts[:, 2:] = size
        draw_pixmap_at(painter, geometry.positions[nodes], self._picture, 1.0 / zoom, parts)


def _sheet(heat: Sequence[QImage], squares: int, zoom: float, size: int) -> QPixmap:
    """Return all maps below one another, the first `squares` cut to squares, others to circles."""
    sheet = QImage(size, size * max(len(heat), 1), _FORMAT)
    sheet.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    edge = size / 2 - RADIUS * zoom
    side = 2 * RADIUS * zoom
    for row, each in enumerate(heat):
        painter.drawImage(QRectF(edge, row * size + edge, side, side), each)
    painter.setCompositionMode(_CUT)
    place = QTransform(zoom, 0.0, 0.0, zoom, size / 2, size / 2)
    for first, last, is_square in ((0, squares, True), (squares, len(heat), False)):
        if last > first:
            mask = QBrush(_mask(size, 1.0, place, is_square=is_square))
            painter.setBrushOrigin(0, first * size)
            painter.fillRect(0, first * size, size, (last - first) * size, mask)
    painter.end()
    return QPixmap.fromImage(sheet)


def _mask(size: int, ratio: float, place: QTransform, *, is_square: bool) -> QImage:
    """Return a node's shape, opaque, in a picture of `size` pixels."""
    mask = QImage(size, size, _FORMAT)
    mask.setDevicePixelRatio(ratio)
    mask.fill(Qt.GlobalColor.transparent)
    painter = QPainter(mask)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setWorldTransform(place)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("black"))
    if is_square:
        box = QRectF(-HALF_SQUARE, -HALF_SQUARE, 2 * HALF_SQUARE, 2 * HALF_SQUARE)
        painter.drawRoundedRect(box, CORNER, CORNER)
    else:
        painter.drawEllipse(QPointF(0.0, 0.0), RADIUS, RADIUS)
    painter.end()
    return mask
