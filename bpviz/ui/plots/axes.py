"""The axes of plots: ticks at round numbers, as large as the texts around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication, QGraphicsItem

from bpviz.model.counts import grouped
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.scales import Span, ticks
from bpviz.ui.style import guard, scaled_font

TICK_DIGITS: Final = 3
# More digits have no room beside an axis.
MOST_DIGITS: Final = 6
# Room for half a text beyond an axis's ends.
TEXT_ROOM: Final = 12
LEFT_WIDTH, TEXT_HEIGHT = 64, 18
# The least distances of ticks, up and across.
ROOM_UP, ROOM_ACROSS = 34, 90


class NumberAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis with ticks at round numbers, written as all numbers of the program are."""

    # Here, as pyqtgraph writes the label while the axis is made.
    _typeset = ""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.logarithmic = False
        self._factor = 1.0

    def _updateLabel(self) -> None:
        """Typeset the label where it is another: pyqtgraph does at each change of the range."""
        text = self.labelString()
        if text != self._typeset:
            self._typeset = text
            self.label.setHtml(text)
        self._adjustSize()
        self.picture = None
        self.update()

    def set_scale(self, factor: float) -> None:
        """Write `factor` times as large as usual."""
        self._factor = factor
        size = QFontInfo(QApplication.font()).pixelSize() * factor
        font = scaled_font(QApplication.font(), size)
        self.setStyle(tickFont=font, tickTextHeight=round(TEXT_HEIGHT * factor))
        self.label.setFont(font)
        if self.orientation == "left":
            self.setWidth(round(LEFT_WIDTH * factor))
        self.picture = None
        self.update()

    @guard
    def boundingRect(self) -> QRectF:
        """Leave room for the texts at both ends, which pyqtgraph drops where there is a grid."""
        across, down = (0, TEXT_ROOM) if self.orientation == "left" else (TEXT_ROOM, 0)
        return QRectF(super().boundingRect()).adjusted(-across, -down, across, down)

    @guard
    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """Return the places of ticks for a range drawn on `size` pixels."""
        if not high > low:
            return []
        room = ROOM_UP if self.orientation == "left" else ROOM_ACROSS
        wanted = max(2, int(size / (room * self._factor)))
        places = ticks(Span(low, high), self.logarithmic, wanted)
        if self.orientation == "left":
            height = TEXT_HEIGHT * self._factor
            places = apart(places, height / size * (high - low), whole_first=self.logarithmic)
        return [(high - low, places)]

    @guard
    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """Return the ticks' texts."""
        return tick_texts(values, self.logarithmic)


def tick_text(value: float, logarithmic: bool, digits: int = TICK_DIGITS) -> str:
    """Return the text at a tick; on a logarithmic axis `value` is the exponent."""
    if logarithmic:
        value = 10.0**value
    if 1_000 <= abs(value) < 1e6 and digits == TICK_DIGITS:
        return grouped(value)
    return format_number(value, digits, trim=True)


def tick_texts(values: Sequence[float], logarithmic: bool = False) -> list[str]:
    """Return the texts at all ticks of an axis, with as many digits as tell them apart.

    Where MOST_DIGITS do not, only the first of equal texts stands: none is there twice.
    """
    texts: list[str] = []
    for digits in range(TICK_DIGITS, MOST_DIGITS + 1):
        texts = [tick_text(value, logarithmic, digits) for value in values]
        if len(set(texts)) == len(texts):
            return texts
    return [text if texts.index(text) == place else "" for place, text in enumerate(texts)]


def apart(places: Sequence[float], least: float, *, whole_first: bool = False) -> list[float]:
    """Return those of the `places` that are at least `least` from each other, from the first on.

    With `whole_first` whole numbers, the decades of a logarithmic axis, go before others.
    """
    kept: list[float] = []
    for place in sorted(places, key=lambda at: (whole_first and at != round(at), at)):
        if all(abs(place - other) >= least for other in kept):
            kept.append(place)
    return sorted(kept)


def scale_axes(axes: Iterable[NumberAxis], factor: float) -> None:
    """Let all of `axes` write `factor` times as large as usual."""
    for axis in axes:
        axis.set_scale(factor)


def keep_axes(axes: Iterable[NumberAxis]) -> None:
    """Let the axes be kept as pictures: with the grid they lie below all that is drawn."""
    for axis in axes:
        axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
