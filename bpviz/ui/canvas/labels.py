"""The numbers on edges: small boxes at free places along them, never over one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from bpviz.ui.canvas.letters import Letters, draw_centred
from bpviz.ui.style import Theme, guard, scaled_font

LABEL_LEVEL: Final = 2.0
# How strong labels of faded edges are still drawn.
FAINT: Final = 0.25
TEXT_SIZE: Final = 12.0
LINE_HEIGHT: Final = 15.0
# Below this zoom the texts can't be read and are left out.
LABELS_FROM: Final = 0.55
# Above this many edges in the network only those that matter now have a label.
ALL_LABELS_LIMIT: Final = 30


class LabelText(NamedTuple):
    """The two lines of a label; `color` is that of the second."""

    first: str
    second: str
    color: str


@dataclass(frozen=True)
class Label:
    """A label at its place: the middle of its box in scene units."""

    edge: int
    x: float
    y: float
    text: LabelText


def box_size(font: QFont, digits: int) -> tuple[float, float]:
    """Return width and height of every label with numbers of `digits` digits.

    The size is the same for all, so that labels stay in place while numbers change.
    """
    metrics = QFontMetricsF(scaled_font(font, TEXT_SIZE, bold=True))
    longest = "∂ −0.0" + "0" * digits
    return metrics.horizontalAdvance(longest) + 12.0, 2 * LINE_HEIGHT + 4.0


class LabelLayer(QGraphicsItem):
    """Draws all labels of edges in one item."""

    def __init__(self, theme: Theme, letters: Letters) -> None:
        super().__init__()
        self._theme = theme
        self._letters = letters
        self._size = (0.0, 0.0)
        self._scale = 1.0
        self._bright: frozenset[int] | None = None
        self.labels: tuple[Label, ...] = ()
        self.setZValue(LABEL_LEVEL)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a label's box."""
        return self._size

    def show_labels(
        self, labels: tuple[Label, ...], size: tuple[float, float], scale: float, theme: Theme
    ) -> None:
        """Draw `labels`, boxes of `size`, with texts at `scale`, from now on."""
        if labels == self.labels and size == self._size and theme is self._theme:
            return
        self.prepareGeometryChange()
        self.labels, self._size, self._scale, self._theme = labels, size, scale, theme
        self.update()

    def set_bright(self, edges: frozenset[int] | None) -> None:
        """Draw the labels of all but these edges faintly; None for all bright."""
        if edges != self._bright:
            self._bright = edges
            self.update()

    def _opacity(self, label: Label) -> float:
        return 1.0 if self._bright is None or label.edge in self._bright else FAINT

    @guard
    def boundingRect(self) -> QRectF:
        """Return the box around all labels."""
        if not self.labels:
            return QRectF()
        x = [label.x for label in self.labels]
        y = [label.y for label in self.labels]
        width, height = self._size
        box = QRectF(min(x), min(y), max(x) - min(x), max(y) - min(y))
        return box.adjusted(-width, -height, width, height)

    @guard
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint the labels, where the zoom lets them be read."""
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if zoom < LABELS_FROM or not self.labels:
            return
        theme, (width, height) = self._theme, self._size
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.label))
        border = QPen(QColor(theme.node_border), 1.0)
        border.setCosmetic(True)
        for label in self.labels:
            painter.setOpacity(self._opacity(label))
            painter.setPen(border)
            box = QRectF(label.x - width / 2, label.y - height / 2, width, height)
            painter.drawRoundedRect(box, 5.0, 5.0)
        for label in self.labels:
            painter.setOpacity(self._opacity(label))
            painter.setPen(QColor(theme.muted))
            self._line(painter, label, zoom, bold=False)
            painter.setPen(QColor(label.text.color))
            self._line(painter, label, zoom, bold=True)

    def _line(self, painter: QPainter, label: Label, zoom: float, *, bold: bool) -> None:
        """Draw a label's first line, or its second, in `bold`."""
        text = label.text.second if bold else label.text.first
        room = self._size[0] - 6.0 * self._scale
        face = self._letters.fitting(text, TEXT_SIZE * self._scale, room, zoom, bold=bold)
        if face is not None:
            down = LINE_HEIGHT * self._scale / (2 if bold else -2)
            draw_centred(painter, face, text, label.x, label.y + down)
