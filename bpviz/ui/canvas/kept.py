"""Pictures kept of what is painted again and again: pixel for pixel what painting would give."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

# Larger pictures, in pixels, cost more to keep and to paste than they save.
LARGEST: Final = 1_000_000


class KeptPicture:
    """A picture of what an item paints, pasted as long as it would come out the same.

    It is made when the same is asked for a second time, so that zooming makes none.
    """

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._made_for: tuple[object, ...] = ()
        self._picture = QPixmap()
        self._corner = (0, 0)

    def paint(
        self,
        painter: QPainter,
        widget: QWidget | None,
        look: object,
        box: QRectF,
        draw: Callable[[QPainter], None],
    ) -> None:
        """Let `draw` paint, within `box` of the painter's units, or paste what it painted before.

        `look` is all that the picture depends on but its place and size. Files, which have no
        `widget`, and painters that turn are always painted on.
        """
        transform = painter.worldTransform()
        if widget is None or not can_paste(painter, widget):
            draw(painter)
            return
        ratio = widget.devicePixelRatioF()
        (left, top), inside = whole_pixels(transform)
        asked = (look, transform.m11(), transform.m22(), inside, ratio)
        if asked != self._made_for:
            was_asked, self._asked = self._asked == asked, asked
            if not was_asked or not self._make(transform, inside, ratio, box, draw):
                draw(painter)
                return
            self._made_for = asked
        painter.resetTransform()
        painter.drawPixmap(QPointF(left + self._corner[0], top + self._corner[1]), self._picture)
        painter.setWorldTransform(transform)

    def _make(
        self,
        transform: QTransform,
        inside: tuple[float, float],
        ratio: float,
        box: QRectF,
        draw: Callable[[QPainter], None],
    ) -> bool:
        """Make the picture; return False where it would be too large."""
        place = QTransform(transform.m11(), 0.0, 0.0, transform.m22(), *inside)
        area = place.mapRect(box).toAlignedRect().adjusted(-1, -1, 1, 1)
        if area.width() * area.height() * ratio * ratio > LARGEST:
            return False
        picture = QPixmap(area.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setWorldTransform(place * QTransform.fromTranslate(-area.x(), -area.y()))
        draw(painter)
        painter.end()
        self._picture, self._corner = picture, (area.x(), area.y())
        return True


def can_paste(painter: QPainter, widget: QWidget | None) -> bool:
    """Whether a picture pasted at whole pixels is what painting would give."""
    if widget is None or painter.opacity() < 1.0:
        return False
    is_upright = not painter.worldTransform().isRotating()
    return is_upright and widget.devicePixelRatioF().is_integer()


def whole_pixels(transform: QTransform) -> tuple[tuple[int, int], tuple[float, float]]:
    """Return the whole pixels of a transform's origin, and what is left of a pixel."""
    left, top = math.floor(transform.dx()), math.floor(transform.dy())
    return (left, top), (transform.dx() - left, transform.dy() - top)
