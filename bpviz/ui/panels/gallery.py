"""The gallery: every data set as a small picture to choose from."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QFrame, QGridLayout, QScrollArea, QWidget

from bpviz.engine.datasets import GENERATORS
from bpviz.ui.panels import names
from bpviz.ui.plots.points import thumbnail
from bpviz.ui.style import Theme, guard, scaled_font, text_scale

OWN: Final = "own"
COLUMNS: Final = 4
PICTURE: Final = (58, 44)
LABEL: Final = 15
SPACING: Final = 5
# The width that a picture takes in a row.
NARROWEST: Final = PICTURE[0] + SPACING
ROWS_SHOWN: Final = 2
# The best known first.
ORDER: Final = ("xor_points", "circles", "moons", "spiral", "gaussians", "blobs3", "linear")
SHORT: Final = {"gaussians": "Clouds", "linear": "Linear", "blobs3": "Blobs", OWN: "Own…"}


class Tile(QAbstractButton):
    """One data set: its picture and its name; framed where it is the session's."""

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self._name = name
        self._theme = theme
        self._picture: QPixmap | None = None
        full = names.GENERATORS.get(name, "Rows of your own")
        self.setObjectName(f"data.set_{name}")
        self.setText(SHORT.get(name, full))
        self.setAccessibleName(full)
        own = "Rows of your own: draw points, type or paste them"
        self.setToolTip(own if name == OWN else f"Learn from {full}; the weights stay as they are")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self._picture = None
        self.update()

    @guard
    def sizeHint(self) -> QSize:
        """Return the wanted size."""
        return QSize(PICTURE[0], PICTURE[1] + self._label)

    @property
    def _label(self) -> int:
        """How high the name is, in pixels."""
        return round(LABEL * text_scale(self.font()))

    @guard
    def changeEvent(self, event: QEvent) -> None:
        """Take the room for letters of another size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._picture = None
            self.updateGeometry()

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with Enter: Space runs and pauses everywhere."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    @guard
    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be clicked."""
        super().enterEvent(event)
        self.update()

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Look as before."""
        super().leaveEvent(event)
        self.update()

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame, picture and name."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        frame = QRectF(1, 1, self.width() - 2, self.height() - self._label - 2)
        edge = theme.accent if chosen or self.hasFocus() else theme.border
        painter.setPen(QPen(QColor(edge), 2.0 if chosen else 1.0))
        painter.setBrush(QColor(theme.hover if self.underMouse() else theme.canvas))
        painter.drawRoundedRect(frame, 5.0, 5.0)
        if self._name == OWN:
            self._paint_own(painter, frame)
        else:
            painter.drawPixmap(0, 0, self._own_picture())
        font = scaled_font(self.font(), 10.5 * text_scale(self.font()), bold=chosen)
        painter.setFont(font)
        painter.setPen(QColor(theme.text if chosen else theme.muted))
        below = QRectF(0, self.height() - self._label, self.width(), self._label)
        name = QFontMetricsF(font).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _paint_own(self, painter: QPainter, frame: QRectF) -> None:
        painter.setPen(QPen(QColor(self._theme.muted), 1.6))
        middle = frame.center()
        painter.drawLine(int(middle.x()) - 7, int(middle.y()), int(middle.x()) + 7, int(middle.y()))
        painter.drawLine(int(middle.x()), int(middle.y()) - 7, int(middle.x()), int(middle.y()) + 7)

    def _own_picture(self) -> QPixmap:
        size = (self.width(), self.height() - self._label)
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.width() != round(size[0] * ratio):
            self._picture = thumbnail(self._name, size, ratio, self._theme)  # type: ignore[arg-type]
        return self._picture


class Gallery(QScrollArea):
    """All data sets; `chosen` carries the name of the one that was picked, or "own"."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data.gallery")
        self.setAccessibleName("Data sets")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING)
        self._shown = ""
        others = [name for name in GENERATORS if name not in ORDER]
        self._tiles = {name: Tile(name, theme) for name in (*ORDER, *others, OWN)}
        for name, tile in self._tiles.items():
            tile.clicked.connect(partial(self._on_clicked, name))
        self._grid, self._columns = grid, 0
        self._arrange(COLUMNS)
        self.setWidget(holder)
        # Where the panel is low, one row and the head of the next: they scroll.
        self.setMinimumHeight(PICTURE[1] + LABEL + SPACING + PICTURE[1] // 4)

    @guard
    def sizeHint(self) -> QSize:
        """Return a size that shows ROWS_SHOWN rows, and that there are more."""
        height = PICTURE[1] + LABEL
        rows = ROWS_SHOWN * (height + SPACING) + height // 4
        return QSize(COLUMNS * (PICTURE[0] + SPACING), rows)

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many pictures side by side as there is room for."""
        self._arrange(min(COLUMNS, max(1, (self.viewport().width() + SPACING) // NARROWEST)))
        super().resizeEvent(event)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._grid.setRowStretch(self._grid.rowCount() - 1, 0)
        self._columns = columns
        for place, tile in enumerate(self._tiles.values()):
            self._grid.addWidget(tile, *divmod(place, columns))
        self._grid.setRowStretch(-(-len(self._tiles) // columns), 1)

    def show_name(self, name: str) -> None:
        """Frame the data set `name`, or "own"."""
        self._shown = name
        for each, tile in self._tiles.items():
            if tile.isChecked() != (each == name):
                tile.setChecked(each == name)
                if each == name:
                    self.ensureWidgetVisible(tile, 0, SPACING)

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        for tile in self._tiles.values():
            tile.set_theme(theme)

    def _on_clicked(self, name: str) -> None:
        # Which one is framed is the session's to say.
        self._tiles[name].setChecked(name == self._shown)
        self.chosen.emit(name)
