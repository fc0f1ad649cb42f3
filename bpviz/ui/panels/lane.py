"""What both lanes of the timeline share: scrubbing by mouse and keys, tips, the spoken place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from bpviz.ui.newest import Newest
from bpviz.ui.style import Theme, guard

# Room at both ends, so that the knob is seen whole.
ENDS: Final = 8
# The height of the texts, and of the line they stand in.
TEXT, TEXT_LINE = 11, 14
MOST_LABELS: Final = 60
LABEL_GAP: Final = 8.0
MOVES: Final = {
    Qt.Key.Key_Left: "back",
    Qt.Key.Key_Right: "forward",
    # Not the page keys: a clicker that has them steps, whatever was clicked before.
    Qt.Key.Key_Down: "far_back",
    Qt.Key.Key_Up: "far_forward",
    Qt.Key.Key_Home: "start",
    Qt.Key.Key_End: "end",
}


class Lane(QWidget):
    """A strip to scrub along. `sought` carries where to go, `rested` says that a drag has ended.

    However fast the mouse moves, only the newest wanted place is sought, once in a turn of the
    event loop.
    """

    sought = Signal(object)
    rested = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        """`name` is the lane's id, and with a capital the first word of what it says."""
        super().__init__(parent)
        self._theme = theme
        self._text_size = float(TEXT)
        self._pressed = False
        self._newest = Newest(self)
        self._newest.sought.connect(self.sought)
        self.setObjectName(f"timeline.{name}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @property
    def scrubbing(self) -> bool:
        """Whether the mouse holds the lane."""
        return self._pressed

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme."""
        self._theme = theme
        self.update()

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large, and be as much higher as that needs."""
        self._text_size = TEXT * factor
        self.setFixedHeight(self.plain_height() + round(TEXT_LINE * (factor - 1.0)))
        self.update()

    # -- what a lane says of itself --------------------------------------------------------------

    @abstractmethod
    def plain_height(self) -> int:
        """Return the lane's height at the usual size of texts."""

    @abstractmethod
    def target_at(self, x: float) -> object:
        """Return where a press at `x` leads, None where nowhere."""

    @abstractmethod
    def target_by(self, move: str) -> object:
        """Return where a key leads: one of the values of MOVES."""

    @abstractmethod
    def tip_at(self, x: float) -> str:
        """Return what lies at `x`, in words."""

    @abstractmethod
    def paint(self, painter: QPainter) -> None:
        """Paint the lane."""

    def speak(self, text: str) -> None:
        """Let assistive technology say where the lane stands."""
        if text != self.accessibleName():
            self.setAccessibleName(text)
            if QAccessible.isActive():
                event = QAccessibleEvent(self, QAccessible.Event.NameChanged)
                QAccessible.updateAccessibility(event)

    # -- Qt's events -----------------------------------------------------------------------------

    @guard
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the lane, and a frame around it where it has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter)
        if self.hasFocus():
            painter.setPen(self._theme.accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    @guard
    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to what was pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = True
            self._newest.want(self.target_at(event.position().x()))

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse that holds the lane."""
        if self._pressed:
            self._newest.want(self.target_at(event.position().x()))

    @guard
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go: the last wanted place is where it stays."""
        if event.button() == Qt.MouseButton.LeftButton and self._pressed:
            self._newest.want(self.target_at(event.position().x()))
            self._newest.seek()
            self._pressed = False
            self.rested.emit()

    @guard
    def event(self, event: QEvent) -> bool:
        """Keep the keys that move along the lane, and say what lies under the pointer."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if _move_of(event):
                event.accept()
                return True
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos().x()), self)
            return True
        return super().event(event)

    @guard
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move along the lane."""
        move = _move_of(event)
        if not move:
            super().keyPressEvent(event)
            return
        self._newest.want(self.target_by(move))
        self._newest.seek()
        self.rested.emit()

    def show_tip(self, x: float) -> None:
        """Show the tip of what lies at `x` now."""
        at = self.mapToGlobal(QPoint(round(x), self.height()))
        QToolTip.showText(at, self.tip_at(x), self)


def placed_labels(
    wanted: Sequence[tuple[float, float, int]], low: float, high: float, share: float = 0.5
) -> list[tuple[int, float]]:
    """Return which labels are shown and where each begins, so that none overlap.

    `wanted` holds for each label the x it belongs to, its width and its weight: where there is
    no room for all, heavier ones come first, and of equal ones the later. A label lies between
    `low` and `high`, with `share` of its width before its x where it can.
    """
    order = sorted(range(len(wanted)), key=lambda index: (-wanted[index][2], -index))
    taken: list[tuple[float, float]] = []
    placed = []
    for index in order[:MOST_LABELS]:
        x, width, _ = wanted[index]
        left = min(max(x - width * share, low), max(high - width, low))
        if all(left + width + LABEL_GAP <= a or left >= b + LABEL_GAP for a, b in taken):
            taken.append((left, left + width))
            placed.append((index, left))
    return sorted(placed)


def _move_of(event: QKeyEvent) -> str:
    if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
        return ""
    return MOVES.get(Qt.Key(event.key()), "")
