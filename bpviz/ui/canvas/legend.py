"""What stands still over the drawing: where the step is, the legend, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from bpviz.engine.frames import Frame
from bpviz.model.counts import grouped
from bpviz.model.names import edge_name
from bpviz.model.network import Network
from bpviz.ui.canvas.corners import CORNER_WIDTH, MARGIN, has_key, key_rect
from bpviz.ui.canvas.kept import KeptPicture
from bpviz.ui.canvas.overlays import slot_title
from bpviz.ui.canvas.scale_key import TEXT_SIZE, ScaleKey, paint_key
from bpviz.ui.canvas.shown import Shown
from bpviz.ui.style import Theme, scaled_font

EMPTY_TEXT: Final = "Double-click to add a unit, or File > New"
HEADER_SIZE, EMPTY_SIZE = 15.0, 17.0
SEPARATOR: Final = " · "
WORD_JOINER: Final = "\u2060"
# What the header takes of the height of a viewport.
TOP_STRIP: Final = 110.0
# A header without room is written so much smaller before it is cut.
SMALLER: Final = 0.85
# A layer of more units than these goes by their number.
MOST_NAMED: Final = 4
# How dense the veil under a text over the drawing is, of 255.
VEIL: Final = 215


@dataclass(frozen=True)
class Surround:
    """The texts around the drawing; `note` says what else is drawn.

    `corner` is the width that is taken at the right of the header, where there is a `zoom`.
    """

    header: str
    header_color: str
    problem: str
    is_empty: bool
    key: ScaleKey
    share_drawn: float
    zoom: float
    note: str = ""
    corner: float = CORNER_WIDTH


def header_text(
    frame: Frame | None, network: Network, sample: int, batch: int, step: Sequence[Frame] = ()
) -> str:
    """Return the line that says where the player stands: "Backward · neuron h₁ · sample 3 of 4".

    `step` are the frames that the step went through, where it is of a whole layer or phase.
    """
    if frame is None:
        return "Ready"
    which = f"sample {sample + 1} of {grouped(batch)}" if batch > 1 else ""
    place = _layers(step, network) if len(step) > 1 else _place(frame, network)
    if frame.phase == "reduce":
        return f"Reduce · {grouped(batch)} sample{'' if batch == 1 else 's'} to one gradient"
    parts = [frame.phase.capitalize(), place, "" if frame.phase == "update" else which]
    return SEPARATOR.join(part for part in parts if part)


def _layers(step: Sequence[Frame], network: Network) -> str:
    """Return the layer that a step goes through, by its units, or that it is all of them."""
    edges, nodes = network.edges, network.nodes
    heads = [edges[each.edge].target if each.edge >= 0 else nodes[each.node].id
             for each in step if max(each.edge, each.node) >= 0]  # fmt: skip
    units = list(dict.fromkeys(heads))
    if not any(set(units) <= set(level) for level in network.levels):
        return "all layers"
    if len(units) > MOST_NAMED:
        return f"layer of {grouped(len(units))} units"
    return f"layer {', '.join(network.names[each] for each in units)}"


def _place(frame: Frame, network: Network) -> str:
    if frame.kind in ("input", "input_gradient"):
        return "inputs"
    if frame.edge >= 0:
        return f"weight {edge_name(network.edges[frame.edge].name, network.names)}"
    if frame.node < 0:
        return ""
    name = network.names[network.nodes[frame.node].id]
    if frame.phase == "update" or frame.kind == "bias_gradient":
        return f"bias of {name}"
    return f"gradients into {name}" if frame.kind == "gradients" else f"neuron {name}"


def title_text(shown: Shown, symbol: str) -> str:
    """Return what the edges' numbers are, for the key; `symbol` is the loss's letter."""
    if shown.is_stale:
        return "before the last edit"
    reference = shown.look.reference
    compared = "Δ₀: to no other run" if reference is None else f"Δ₀: w − w of {reference.title}"
    slot = slot_title(shown.slot, shown.slots)
    return {
        "values": "w·a of this sample",
        "gradients": f"∂{symbol}/∂w of "
        + ("the whole batch" if shown.batch_gradients else "this sample"),
        "updates": "Δw of this iteration",
        "weights": "weights w, biases b",
        "local": "local gradients of this sample",
        "optimizer": f"optimizer: {slot or 'keeps nothing'}",
        "differences": compared,
    }[shown.overlay]


def paint_surround(
    painter: QPainter,
    area: QRectF,
    surround: Surround,
    theme: Theme,
    font: QFont,
    scale: float = 1.0,
) -> None:
    """Paint header, problem, legend and zoom into `area`, in its own pixels.

    All of it is `scale` times as large, where there is the room.
    """
    paint_head(painter, area, surround, theme, font, scale)
    if surround.is_empty:
        return
    if has_key(area, scale, on_screen=bool(surround.zoom)):
        box = key_rect(area, scale)
        paint_key(painter, box, surround.key, theme, font, with_range=not surround.zoom)
    if surround.zoom:
        _paint_foot(painter, area, surround, theme, font, scale)


def paint_head(
    painter: QPainter, area: QRectF, surround: Surround, theme: Theme, font: QFont, scale: float
) -> None:
    """Paint header and problem or note; of an empty drawing what to do."""
    header_size, small_size = _header_size(area, surround, font, scale), TEXT_SIZE * scale
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if surround.is_empty:
        painter.setFont(scaled_font(font, EMPTY_SIZE))
        painter.setPen(QColor(theme.muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, EMPTY_TEXT)
        return
    left, header_font = area.left() + MARGIN, scaled_font(font, header_size, bold=True)
    line = QFontMetricsF(scaled_font(font, HEADER_SIZE * scale, bold=True)).height()
    baseline = area.top() + MARGIN + 11.0 * scale
    header = surround.header
    if surround.zoom:
        header = fitting_header(header, QFontMetricsF(header_font), _header_room(area, surround))
    _backed_text(
        painter, QPointF(left, baseline), header, header_font, theme, surround.header_color
    )
    if surround.problem:
        top = area.top() + MARGIN + line
        box = QRectF(area.left() + MARGIN, top, area.width() - 2 * MARGIN, 60 * scale)
        letters = scaled_font(font, header_size - 2)
        _backed_block(painter, box, surround.problem, letters, theme, theme.warning)
    elif surround.note:
        small = scaled_font(font, small_size)
        top = baseline + line - QFontMetricsF(small).ascent()
        # The badge may reach down to it.
        room = _header_room(area, surround) if surround.zoom else area.right() - MARGIN - left
        box = QRectF(left, top, room, 60 * scale)
        # A symbol like ∂E/∂w stays whole.
        note = surround.note.replace("/", "/" + WORD_JOINER)
        _backed_block(painter, box, note, small, theme, theme.muted)


def _paint_key(
    painter: QPainter, box: QRectF, key: ScaleKey, theme: Theme, font: QFont, with_range: bool
) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_key(painter, box, key, theme, font, with_range=with_range)


def _paint_foot(
    painter: QPainter, area: QRectF, surround: Surround, theme: Theme, font: QFont, scale: float
) -> None:
    """Paint the zoom, and the share of the edges that is drawn."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    zoom = f"{grouped(round(100 * surround.zoom))} %"
    if surround.share_drawn < 1.0:
        zoom += f"   ·   the strongest {max(1, round(100 * surround.share_drawn))} % of the edges"
    place = QPointF(area.left() + MARGIN, area.bottom() - MARGIN + 4)
    small = scaled_font(font, TEXT_SIZE * scale)
    _backed_text(painter, place, zoom, small, theme, theme.muted)


def _header_room(area: QRectF, surround: Surround) -> float:
    return max(area.width() - 2 * MARGIN - surround.corner, 120.0)


def fitting_header(header: str, metrics: QFontMetricsF, room: float) -> str:
    """Return as many parts of a header as fit in `room`; what the step is rather than its phase.

    The colour tells the phase as well, the line under the drawing the sample.
    """
    first, *rest = header.split(SEPARATOR)
    shorter = (SEPARATOR.join((first, *rest[:1])), *(rest[:1] and [_capitalised(rest[0])]))
    for text in (header, *shorter):
        if metrics.horizontalAdvance(text) <= room:
            return text
    return metrics.elidedText(shorter[-1], Qt.TextElideMode.ElideRight, room)


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _header_size(area: QRectF, surround: Surround, font: QFont, scale: float) -> float:
    """Return the height of the header's letters: rather smaller than cut."""
    wanted = HEADER_SIZE * scale
    if not surround.zoom:
        return wanted
    needs = QFontMetricsF(scaled_font(font, wanted, bold=True)).horizontalAdvance(surround.header)
    return wanted * min(1.0, max(_header_room(area, surround) / max(needs, 1.0), SMALLER / scale))


class KeptSurround:
    """Keeps what stands over the drawing as pictures until it says something else."""

    def __init__(self) -> None:
        self._asked: Surround | None = None
        self._head, self._key = KeptPicture(), KeptPicture()

    def is_old(self, surround: Surround) -> bool:
        """Whether `surround` is another than when this was asked last."""
        before, self._asked = self._asked, surround
        return before != surround

    def paint(
        self,
        painter: QPainter,
        view: QWidget,
        surround: Surround,
        theme: Theme,
        font: QFont,
        scale: float,
    ) -> None:
        """Paint `surround` over the viewport `view`, as `paint_surround` does."""
        painter.save()
        painter.resetTransform()
        area, now = QRectF(view.rect()), surround
        words = (
            now.header,
            now.header_color,
            now.problem,
            now.is_empty,
            now.note,
            bool(now.zoom),
            now.corner,
        )
        self._head.paint(
            painter, view, (words, view.size(), theme, font, scale),
            area if now.is_empty or now.problem else QRectF(0, 0, area.width(), TOP_STRIP * scale),
            lambda inside: paint_head(inside, area, now, theme, font, scale),
        )  # fmt: skip
        if has_key(area, scale, on_screen=bool(now.zoom)) and not now.is_empty:
            box, with_range = key_rect(area, scale), not now.zoom
            self._key.paint(
                painter, view, (now.key, view.size(), theme, font, with_range),
                box.adjusted(-3.0, -3.0, 3.0, 3.0),
                lambda inside: _paint_key(inside, box, now.key, theme, font, with_range),
            )  # fmt: skip
        if now.zoom and not now.is_empty:
            # Short, and another in every picture of a run that can't draw all edges.
            _paint_foot(painter, area, now, theme, font, scale)
        painter.restore()


def _backed_block(
    painter: QPainter, box: QRectF, text: str, font: QFont, theme: Theme, color: str
) -> None:
    """Draw `text` into `box`, on lines as long as it is wide and a veil of the canvas's colour."""
    flags = int(Qt.TextFlag.TextWordWrap)
    _paint_veil(painter, QFontMetricsF(font).boundingRect(box, flags, text), theme)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(box, flags, text)


def _backed_text(
    painter: QPainter, place: QPointF, text: str, font: QFont, theme: Theme, color: str
) -> None:
    """Draw a line of text on a veil of the canvas's colour, legible over any drawing."""
    _paint_veil(painter, QFontMetricsF(font).boundingRect(text).translated(place), theme)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(place, text)


def _paint_veil(painter: QPainter, text_box: QRectF, theme: Theme) -> None:
    veil = QColor(theme.canvas)
    veil.setAlpha(VEIL)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(veil)
    painter.drawRoundedRect(text_box.adjusted(-6, -4, 6, 4), 4.0, 4.0)
