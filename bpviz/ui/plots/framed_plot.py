"""A painted plot in a rounded frame, as wide as there is room and of a height that scales."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.ui.style import Theme, guard

WIDTH, RADIUS = 260, 6.0


class FramedPlot(QWidget):
    """What painted plots share; `height` is theirs at 100 %."""

    def __init__(self, theme: Theme, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._scale = 1.0
        self._plain_height = height
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(height)

    def set_scale(self, factor: float) -> None:
        """Draw `factor` times as large, for a projector."""
        self._scale = factor
        self.setFixedHeight(round(self._plain_height * factor))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return the wanted size."""
        return QSize(round(WIDTH * self._scale), round(self._plain_height * self._scale))

    def paint_frame(self, painter: QPainter) -> QRectF:
        """Paint ground and frame, smooth lines from now on; return where the frame is."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(self._theme.border))
        painter.setBrush(QColor(self._theme.canvas))
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        return frame
