"""What is drawn for a gesture only: an edge or a node being made, ends to grasp, a box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.geometry import HALF_SQUARE, RADIUS, Geometry
from bpviz.ui.canvas.placing import KINDS
from bpviz.ui.style import Theme, guard, mix, scaled_font

WIRE_LEVEL: Final = 3.5
BAND_LEVEL: Final = 6.0
HANDLE_RADIUS: Final = 5.0


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


class HandlesItem(QGraphicsItem):
    """The two ends of an edge by which it can be taken to other nodes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._points: tuple[QPointF, ...] = ()
        self.setZValue(WIRE_LEVEL)

    @property
    def points(self) -> tuple[QPointF, ...]:
        """The middles of the handles."""
        return self._points

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_handles(self, points: Sequence[QPointF]) -> None:
        """Draw a handle at each of `points`."""
        if tuple(points) != self._points:
            self.prepareGeometryChange()
            self._points = tuple(points)
            self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around the handles."""
        box = QRectF()
        size = 2 * HANDLE_RADIUS + 4
        for point in self._points:
            box = box.united(QRectF(point.x() - size / 2, point.y() - size / 2, size, size))
        return box

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the handles."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme.accent), 1.6))
        painter.setBrush(QColor(self._theme.canvas))
        for point in self._points:
            painter.drawEllipse(point, HANDLE_RADIUS, HANDLE_RADIUS)


class GhostItem(QGraphicsItem):
    """The node that is being placed, at the pointer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._kind = "unit"
        self.setZValue(BAND_LEVEL)
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colours of `theme`."""
        self._theme = theme
        self.update()

    def show_ghost(self, kind: str, at: QPointF) -> None:
        """Draw a node of `kind`, one of KINDS, at `at`."""
        self._kind = kind
        self.setPos(at)
        self.show()
        self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around the node."""
        size = RADIUS + 3.0
        return QRectF(-size, -size, 2 * size, 2 * size)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the node's shape with the sign of its kind."""
        theme, kind = self._theme, KINDS[self._kind]
        pen = QPen(QColor(theme.accent), 2.0)
        pen.setDashPattern([3.0, 2.0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(0.85)
        painter.setPen(pen)
        painter.setBrush(QColor(mix(theme.canvas, theme.accent, 0.16)))
        if kind.is_square:
            box = QRectF(-HALF_SQUARE, -HALF_SQUARE, 2 * HALF_SQUARE, 2 * HALF_SQUARE)
            painter.drawRoundedRect(box, 9.0, 9.0)
        else:
            painter.drawEllipse(QPointF(0.0, 0.0), RADIUS, RADIUS)
        painter.setPen(QColor(theme.text))
        painter.setFont(scaled_font(painter.font(), 20.0, bold=True))
        painter.drawText(self.boundingRect(), Qt.AlignmentFlag.AlignCenter, kind.sign)
