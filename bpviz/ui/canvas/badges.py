"""Badges on nodes that lack something before anything can be computed: they say what."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.model.network import Network, Unit
from bpviz.ui.canvas.geometry import RADIUS, Geometry
from bpviz.ui.style import Theme, guard, scaled_font

BADGE_LEVEL: Final = 5.2
SIZE: Final = 11.0
# The word stands so far below a node: above it are its bias, and the head of its layer.
BELOW: Final = 30.0
NEEDS_EDGE: Final = "needs an edge into it"


def lacking(network: Network) -> tuple[str, ...]:
    """Return the ids of the product and max units without an edge into them."""
    return tuple(
        node.id
        for node in network.nodes
        if isinstance(node, Unit) and node.combine != "sum" and not network.incoming[node.id]
    )


class BadgesItem(QGraphicsItem):
    """Draws a mark and a word of what is missing beside each node that lacks something."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        super().__init__()
        self._theme = theme
        self._font = font
        self.places: tuple[tuple[float, float], ...] = ()
        self.setZValue(BADGE_LEVEL)

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_lacking(self, network: Network, geometry: Geometry) -> None:
        """Draw the badges of `network`, whose nodes lie as in `geometry`."""
        rows = [geometry.positions[geometry.index[each]] for each in lacking(network)]
        places = tuple((float(x), float(y)) for x, y in rows)
        if places != self.places:
            self.prepareGeometryChange()
            self.places = places
            self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all badges."""
        box = QRectF()
        for x, y in self.places:
            box = box.united(QRectF(x - 90.0, y - RADIUS, 180.0, 2 * RADIUS + BELOW + 20.0))
        return box

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the badges."""
        theme = self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x, y in self.places:
            middle = QPointF(x + 0.72 * RADIUS, y - 0.72 * RADIUS)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.warning))
            painter.drawEllipse(middle, SIZE, SIZE)
            painter.setPen(QColor(theme.canvas))
            painter.setFont(scaled_font(self._font, 15.0, bold=True))
            box = QRectF(middle.x() - SIZE, middle.y() - SIZE, 2 * SIZE, 2 * SIZE)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")
            painter.setPen(QColor(theme.warning))
            painter.setFont(scaled_font(self._font, 12.0))
            text = QRectF(x - 90.0, y + RADIUS + BELOW, 180.0, 18.0)
            painter.drawText(text, Qt.AlignmentFlag.AlignCenter, NEEDS_EDGE)
