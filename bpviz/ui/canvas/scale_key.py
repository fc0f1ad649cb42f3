"""The key to the drawing: what the numbers are, what width and colour say, how each state looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from bpviz.ui.canvas.corners import KEY_HEIGHT, KEY_WIDTH
from bpviz.ui.canvas.overlays import DECADES, Overlay
from bpviz.ui.canvas.pens import THINNEST, WIDEST, state_color
from bpviz.ui.canvas.shown import State
from bpviz.ui.numbers import format_number
from bpviz.ui.style import Theme, mix, scaled_font

TEXT_SIZE: Final = 11.0
TICK_SIZE: Final = 10.0
_EDGE: Final = 12.0
_TITLE_ROOM: Final = 186.0
# Where the ticks stand on each side, as shares of the largest strength.
_TICKS: Final = (0.5, 1.0)
_STATES: Final = (
    (State.NOT_COMPUTED, "not computed"),
    (State.STALE, "stale"),
    (State.ZERO, "zero"),
    (State.NON_FINITE, "not finite"),
)


@dataclass(frozen=True)
class ScaleKey:
    """What the key says. `scale` is the number that is drawn widest, 0 for none yet.

    `by_color` tells that lines show size by strength of colour, being all equally thin.
    """

    overlay: Overlay
    title: str
    scale: float
    is_logarithmic: bool = False
    is_fixed: bool = False
    by_color: bool = False

    @property
    def range_text(self) -> str:
        """How sizes become widths: "linear, automatic"."""
        return range_text(is_logarithmic=self.is_logarithmic, is_fixed=self.is_fixed)

    def number_at(self, strength: float) -> float:
        """Return the number that is drawn with a `strength` of 0 to 1."""
        if self.is_logarithmic:
            return float(self.scale * 10.0 ** (DECADES * (strength - 1.0)))
        return strength * self.scale


def range_text(*, is_logarithmic: bool, is_fixed: bool) -> str:
    """Return how sizes become widths, in two words."""
    size = "logarithmic" if is_logarithmic else "linear"
    return f"{size}, {'fixed' if is_fixed else 'automatic'}"


def paint_key(
    painter: QPainter,
    box: QRectF,
    key: ScaleKey,
    theme: Theme,
    font: QFont,
    *,
    with_range: bool,
) -> None:
    """Paint the key into `box`; `with_range` says how sizes become widths, where no button does."""
    painter.save()
    painter.translate(box.topLeft())
    painter.scale(box.width() / KEY_WIDTH, box.height() / KEY_HEIGHT)
    _paint_usual(painter, QRectF(0.0, 0.0, KEY_WIDTH, KEY_HEIGHT), key, theme, font, with_range)
    painter.restore()


def _paint_usual(
    painter: QPainter, box: QRectF, key: ScaleKey, theme: Theme, font: QFont, with_range: bool
) -> None:
    painter.setPen(QPen(QColor(theme.border), 1.0))
    painter.setBrush(QColor(theme.panel))
    painter.drawRoundedRect(box, 7.0, 7.0)
    painter.setFont(scaled_font(font, TEXT_SIZE))
    metrics = QFontMetricsF(painter.font())
    top = box.top() + 17.0
    text = metrics.elidedText(key.title, Qt.TextElideMode.ElideRight, _TITLE_ROOM)
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.left() + _EDGE, top), text)
    if with_range:
        painter.setPen(QColor(theme.muted))
        x = box.right() - _EDGE - metrics.horizontalAdvance(key.range_text)
        painter.drawText(QPointF(x, top), key.range_text)
    _paint_scale(
        painter, QRectF(box.left() + _EDGE + 14, top + 11, box.width() - 52, 8), key, theme
    )
    painter.setFont(scaled_font(font, TEXT_SIZE))
    low, left = box.bottom() - 12.0, box.left() + _EDGE
    for state, name in _STATES:
        _paint_sample(painter, QPointF(left, low), state, key.overlay, theme)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QPointF(left + 29, low + 4), name)
        left += 40 + metrics.horizontalAdvance(name)


def _paint_scale(painter: QPainter, box: QRectF, key: ScaleKey, theme: Theme) -> None:
    """Paint the wedge from −scale, dashed, to +scale, with ticks and their numbers under it."""
    middle, reach = box.center().x(), box.width() / 2 - 4.0
    for state, side in ((State.NEGATIVE, -1.0), (State.POSITIVE, 1.0)):
        _paint_wedge(painter, box, key, theme, state, side)
    painter.setFont(scaled_font(painter.font(), TICK_SIZE))
    metrics = QFontMetricsF(painter.font())
    baseline = box.bottom() + 4.0 + metrics.ascent()
    ticks = [(0.0, _centre_text(key))]
    for share in _TICKS:
        text = format_number(key.number_at(share), 2, trim=True) if key.scale else "—"
        ticks += [(share, text), (-share, f"−{text}" if key.scale else text)]
    painter.setPen(QPen(QColor(theme.muted), 1.0))
    for share, text in ticks:
        x = middle + share * reach
        painter.drawLine(QLineF(x, box.bottom(), x, box.bottom() + 3.0))
        painter.drawText(QPointF(x - metrics.horizontalAdvance(text) / 2, baseline), text)


def _centre_text(key: ScaleKey) -> str:
    if not key.is_logarithmic or not key.scale:
        return "0"
    return "±" + format_number(key.number_at(0.0), 2, trim=True)


def _paint_wedge(
    painter: QPainter, box: QRectF, key: ScaleKey, theme: Theme, state: int, side: float
) -> None:
    middle, reach = box.center(), box.width() / 2 - 4.0
    color = state_color(theme, key.overlay, state)
    painter.setPen(Qt.PenStyle.NoPen)
    # One piece where nothing changes along it, so that no seam shows.
    pieces = 12 if key.by_color or state == State.NEGATIVE else 1
    for piece in range(pieces):
        start, end = piece / pieces, (piece + 1) / pieces
        if state == State.NEGATIVE:
            start += 0.25 / pieces
        shade = mix(theme.canvas, color, 0.25 + 0.75 * end) if key.by_color else color
        painter.setBrush(QColor(shade))
        near, far = (middle.x() + side * share * reach for share in (start, end))
        low, high = (_half_width(share, key) for share in (start, end))
        corners = [
            QPointF(near, middle.y() - low),
            QPointF(far, middle.y() - high),
            QPointF(far, middle.y() + high),
            QPointF(near, middle.y() + low),
        ]
        painter.drawPolygon(QPolygonF(corners))


def _half_width(share: float, key: ScaleKey) -> float:
    return 1.5 if key.by_color else (THINNEST + (WIDEST - THINNEST) * share) / 2


def _paint_sample(
    painter: QPainter, start: QPointF, state: int, overlay: Overlay, theme: Theme
) -> None:
    """Paint a short line in the look of `state`."""
    color = QColor(state_color(theme, overlay, state))
    x, y, length = start.x(), start.y(), 24.0
    widths = {State.NOT_COMPUTED: 1.0, State.STALE: 2.0, State.ZERO: 2.4, State.NON_FINITE: 4.0}
    pen = QPen(color, widths[state])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if state == State.STALE:
        pen.setDashPattern([1.2, 2.2])
    painter.setPen(pen)
    painter.drawLine(QLineF(x, y, x + length, y))
    if state == State.NOT_COMPUTED:
        for step in (4.0, 12.0, 20.0):
            painter.drawLine(QLineF(x + step - 2.4, y + 4, x + step + 2.4, y - 4))
