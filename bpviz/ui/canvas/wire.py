"""What is drawn for a gesture only: the edge being made and the box of a selection."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.style import Theme, guard

WIRE_LEVEL: Final = 3.5
BAND_LEVEL: Final = 6.0


class WireItem(QGraphicsItem):
    """The edge that follows the pointer: green where it may end, red where it may not."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._line = QLineF()
        self._answer = ""
        self.setZValue(WIRE_LEVEL)
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_wire(
        self, geometry: Geometry, source: int, at: QPointF, target: int, answer: str
    ) -> None:
        """Draw from node `source` to `at`, or to the rim of node `target` (−1: none)."""
        self.prepareGeometryChange()
        line = QLineF(QPointF(*geometry.positions[source]), at)
        arrive = 0.0
        if target >= 0:
            line.setP2(QPointF(*geometry.positions[target]))
            arrive = geometry.half_size(target)
        length, leave = line.length(), geometry.half_size(source)
        if length > leave + arrive:
            line = QLineF(line.pointAt(leave / length), line.pointAt(1.0 - arrive / length))
        self._line = line
        self._answer = answer
        self.show()
        self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around the edge."""
        return QRectF(self._line.p1(), self._line.p2()).normalized().adjusted(-8, -8, 8, 8)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the edge with a dot at its end."""
        theme = self._theme
        color = {"yes": theme.success, "no": theme.non_finite}.get(self._answer, theme.accent)
        pen = QPen(QColor(color), 2.4)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        path = QPainterPath(self._line.p1())
        path.lineTo(self._line.p2())
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(self._line.p2(), 5.0, 5.0)


class BandItem(QGraphicsItem):
    """The box of a selection."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._box = QRectF()
        self.setZValue(BAND_LEVEL)
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_box(self, box: QRectF) -> None:
        """Draw `box`; an empty one hides it."""
        self.prepareGeometryChange()
        self._box = box
        self.setVisible(not box.isEmpty())
        self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box and its border."""
        return self._box.adjusted(-2, -2, 2, 2)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the box."""
        fill = QColor(self._theme.accent)
        fill.setAlpha(34)
        pen = QPen(QColor(self._theme.accent), 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRect(self._box)
