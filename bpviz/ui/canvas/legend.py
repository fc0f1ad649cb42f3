"""What stands still over the drawing: where the step is, the legend, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from bpviz.engine.frames import Frame
from bpviz.explain.numbers import format_number
from bpviz.model.network import Network
from bpviz.ui.canvas.names import pretty_name
from bpviz.ui.canvas.pens import WIDEST, state_color
from bpviz.ui.canvas.shown import Overlay, State
from bpviz.ui.style import Theme, scaled_font

EMPTY_TEXT: Final = "Double-click to add a unit, or File > New"
HEADER_SIZE, TEXT_SIZE, EMPTY_SIZE = 15.0, 11.0, 17.0
MARGIN: Final = 18.0
LEGEND_WIDTH, LEGEND_HEIGHT = 348.0, 64.0
_STATES: Final = (
    (State.NOT_COMPUTED, "not yet"),
    (State.STALE, "stale"),
    (State.ZERO, "zero"),
    (State.NON_FINITE, "not finite"),
)


@dataclass(frozen=True)
class Surround:
    """The texts around the drawing.

    `title` names what the edges show; `scale` is the number that the widest line stands for.
    """

    header: str
    header_color: str
    problem: str
    is_empty: bool
    overlay: Overlay
    title: str
    scale: float
    share_drawn: float
    zoom: float


def header_text(frame: Frame | None, network: Network, sample: int, batch: int) -> str:
    """Return the line that says where the player stands: "Backward · neuron h₁ · sample 3 of 4"."""
    if frame is None:
        return "Ready"
    which = f"sample {sample + 1} of {batch}"
    place = _place(frame, network)
    if frame.phase == "reduce":
        return f"Reduce · {batch} sample{'' if batch == 1 else 's'} to one gradient"
    parts = [frame.phase.capitalize(), place, "" if frame.phase == "update" else which]
    return " · ".join(part for part in parts if part)


def _place(frame: Frame, network: Network) -> str:
    if frame.kind in ("input", "input_gradient"):
        return "inputs"
    if frame.edge >= 0:
        edge = network.edges[frame.edge]
        source, target = network.node(edge.source).label, network.node(edge.target).label
        return f"weight {pretty_name(source)} → {pretty_name(target)}"
    if frame.node < 0:
        return ""
    name = pretty_name(network.nodes[frame.node].label)
    if frame.phase == "update" or frame.kind == "bias_gradient":
        return f"bias of {name}"
    return f"gradients into {name}" if frame.kind == "gradients" else f"neuron {name}"


def title_text(overlay: Overlay, symbol: str, *, batch: bool, is_stale: bool) -> str:
    """Return what the edges' numbers are, for the legend."""
    if is_stale:
        return "before the last edit"
    if overlay == "gradients":
        return f"∂{symbol}/∂w of " + ("the whole batch" if batch else "this sample")
    return "w·a of this sample" if overlay == "values" else "Δw of this iteration"


def paint_surround(
    painter: QPainter, area: QRectF, surround: Surround, theme: Theme, font: QFont
) -> None:
    """Paint header, problem, legend and zoom into `area`, in its own pixels."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if surround.is_empty:
        painter.setFont(scaled_font(font, EMPTY_SIZE))
        painter.setPen(QColor(theme.muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)
        return
    left, header_font = area.left() + MARGIN, scaled_font(font, HEADER_SIZE, bold=True)
    line = QFontMetricsF(header_font).height()
    baseline = area.top() + MARGIN + 11.0
    _backed_text(
        painter, QPointF(left, baseline), surround.header, header_font, theme, surround.header_color
    )
    if surround.problem:
        painter.setFont(scaled_font(font, HEADER_SIZE - 2))
        painter.setPen(QColor(theme.warning))
        box = QRectF(area.left() + MARGIN, area.top() + MARGIN + line, area.width() - 36, 60)
        painter.drawText(box, Qt.TextFlag.TextWordWrap, surround.problem)
    if area.width() >= LEGEND_WIDTH + 2 * MARGIN and area.height() >= 260:
        _paint_legend(painter, area, surround, theme, font)
    if not surround.zoom:
        return
    zoom = f"{round(100 * surround.zoom):,} %"
    if surround.share_drawn < 1.0:
        zoom += f"   ·   the strongest {max(1, round(100 * surround.share_drawn))} % of the edges"
    place = QPointF(left, area.bottom() - MARGIN + 4)
    _backed_text(painter, place, zoom, scaled_font(font, TEXT_SIZE), theme, theme.muted)


def _backed_text(
    painter: QPainter, place: QPointF, text: str, font: QFont, theme: Theme, color: str
) -> None:
    """Draw a line of text on a veil of the canvas's colour, legible over any drawing."""
    metrics = QFontMetricsF(font)
    veil = QColor(theme.canvas)
    veil.setAlpha(215)
    box = metrics.boundingRect(text).translated(place).adjusted(-6, -4, 6, 4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    painter.drawRoundedRect(box, 4.0, 4.0)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(place, text)


def _paint_legend(
    painter: QPainter, area: QRectF, surround: Surround, theme: Theme, font: QFont
) -> None:
    box = QRectF(
        area.right() - LEGEND_WIDTH - MARGIN + 4,
        area.bottom() - LEGEND_HEIGHT - MARGIN + 6,
        LEGEND_WIDTH,
        LEGEND_HEIGHT,
    )
    painter.setPen(QPen(QColor(theme.border), 1.0))
    painter.setBrush(QColor(theme.panel))
    painter.drawRoundedRect(box, 7.0, 7.0)
    painter.setFont(scaled_font(font, TEXT_SIZE))
    top = box.top() + 20.0
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(box.left() + 12, top + 4), surround.title)
    _paint_wedge(painter, QRectF(box.left() + 176, top - 4, 150, 8), surround, theme)
    low = box.top() + 45.0
    left = box.left() + 12
    for state, text in _STATES:
        _paint_sample(painter, QPointF(left, low), state, surround.overlay, theme)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QPointF(left + 34, low + 4), text)
        left += 44 + QFontMetricsF(painter.font()).horizontalAdvance(text)


def _paint_wedge(painter: QPainter, box: QRectF, surround: Surround, theme: Theme) -> None:
    """Paint the scale: dashed from −scale on the left to solid +scale on the right."""
    middle = box.center()
    half = WIDEST / 2
    metrics = QFontMetricsF(painter.font())
    text = format_number(surround.scale, 2, trim=True) if surround.scale else "—"
    reach = box.width() / 2 - metrics.horizontalAdvance(text) - 10
    for state, side in ((State.NEGATIVE, -1.0), (State.POSITIVE, 1.0)):
        painter.setPen(Qt.PenStyle.NoPen)
        color = QColor(state_color(theme, surround.overlay, state))
        painter.setBrush(color)
        tip, wide = middle.x() + side * 4, middle.x() + side * (4 + reach)
        corners = [
            QPointF(tip, middle.y() - 0.5),
            QPointF(wide, middle.y() - half),
            QPointF(wide, middle.y() + half),
            QPointF(tip, middle.y() + 0.5),
        ]
        painter.drawPolygon(QPolygonF(corners))
        if state == State.NEGATIVE:
            painter.setBrush(QColor(theme.panel))
            gap = tip - 6.0
            while gap > wide + 3.0:
                painter.drawRect(QRectF(gap - 3.0, middle.y() - half - 1, 3.0, 2 * half + 2))
                gap -= 9.0
        painter.setPen(color)
        label = ("−" if side < 0 and surround.scale else "") + text
        width = metrics.horizontalAdvance(label)
        x = wide + 6 if side > 0 else wide - 6 - width
        painter.drawText(QPointF(x, middle.y() + metrics.capHeight() / 2), label)


def _paint_sample(
    painter: QPainter, start: QPointF, state: int, overlay: Overlay, theme: Theme
) -> None:
    """Paint a short line in the look of `state`."""
    color = QColor(state_color(theme, overlay, state))
    x, y, length = start.x(), start.y(), 28.0
    widths = {State.NOT_COMPUTED: 1.0, State.STALE: 2.0, State.ZERO: 2.4, State.NON_FINITE: 4.0}
    pen = QPen(color, widths[state])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if state == State.STALE:
        pen.setDashPattern([1.2, 2.2])
    painter.setPen(pen)
    painter.drawLine(QLineF(x, y, x + length, y))
    if state == State.NOT_COMPUTED:
        for step in (5.0, 14.0, 23.0):
            painter.drawLine(QLineF(x + step - 2.4, y + 4, x + step + 2.4, y - 4))
