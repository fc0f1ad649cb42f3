"""The texts around a drawing, made from the player's place and what is drawn."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene

from bpviz.document.player import Player
from bpviz.ui.canvas.cards import loss_symbol
from bpviz.ui.canvas.legend import Surround, header_text, paint_surround, title_text
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.scale_key import ScaleKey
from bpviz.ui.canvas.stream import stream_text
from bpviz.ui.numbers import localised

# The room that header and legend take from a drawing in a file: left, top, right, bottom.
INNER: Final = (12, 48, -12, -112)


def surround_of(player: Player, picture: Picture, zoom: float, note: str = "") -> Surround:
    """Return the texts that stand over the drawing; a zoom of 0 is left out."""
    now, theme = picture.shown, picture.theme
    network = picture.session.network
    frame = None if player.running else player.frame
    snapshot, frames = player.snapshot, player.frames
    step = [] if snapshot is None or frames is None else [frames[each] for each in snapshot.step]
    header = header_text(frame, network, player.sample, len(player.batch), step)
    problem = localised(player.problem)
    if player.running:
        header = "Running"
    elif problem:
        header = "Nothing to compute yet"
    symbol = loss_symbol(picture.session)
    flow_text = stream_text(picture.stream, network, symbol, picture.flow_layer.unit)
    return Surround(
        header=header,
        header_color=theme.phase_color(now.phase) if frame else theme.muted,
        # In a few words: the whole sentence, with what to do, stands in the line below.
        problem=problem.partition(": ")[0] if player.lack else problem,
        is_empty=not network.nodes,
        key=ScaleKey(
            overlay=now.overlay,
            title=title_text(now, symbol),
            scale=now.scale,
            is_logarithmic=now.look.is_logarithmic,
            is_fixed=now.look.fixed > 0.0,
            by_color=picture.edge_layer.is_plain,
        ),
        share_drawn=picture.edge_layer.share_drawn,
        zoom=zoom,
        note=" · ".join(part for part in (flow_text, note) if part),
    )


def paint_all(
    scene: QGraphicsScene, picture: Picture, surround: Surround, painter: QPainter, rect: QRectF
) -> None:
    """Paint the drawing on its ground, and the texts around it, into `rect`."""
    painter.save()
    painter.fillRect(rect, QColor(picture.theme.canvas))
    scene.render(painter, rect.adjusted(*INNER), picture.content_rect())
    painter.restore()
    painter.save()
    paint_surround(painter, rect, surround, picture.theme, QApplication.font())
    painter.restore()
