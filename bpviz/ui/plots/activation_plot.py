"""The curve of an activation with its slope, and the tangent at the present z."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from bpviz.engine.functions import ACTIVATIONS, parameter_of
from bpviz.engine.survey import flat_limit
from bpviz.model.network import Activation, activation_name
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.framed_plot import FramedPlot
from bpviz.ui.style import Theme, guard, scaled_font

FloatArray = NDArray[np.float64]
SAMPLES: Final = 129
HEIGHT: Final = 196
HEADING: Final = 46
# The curve is shown over these ranges of z: it does not jitter as z moves.
RANGES: Final = (4.0, 6.0, 10.0, 20.0, 50.0, 100.0, 1e3, 1e4, 1e6, 1e9)
# Larger numbers are told in words: their squares, and so most scales, can't be computed.
LARGEST: Final = 1e150
NAMES: Final = {
    "sigmoid": "σ(z)",
    "relu": "ReLU(z)",
    "leaky_relu": "LReLU(z)",
    "elu": "ELU(z)",
    "gelu": "GELU(z)",
    "silu": "SiLU(z)",
    "identity": "a = z",
    "log": "ln z",
    "sqrt": "√z",
    "square": "z²",
    "reciprocal": "1/z",
    "abs": "|z|",
    "power": "zᵖ",
}


@dataclass(frozen=True)
class Point:
    """Where the unit stands on the curve: its z, its value a and the slope ∂a/∂z there."""

    z: float
    a: float
    slope: float

    @property
    def is_drawable(self) -> bool:
        """Whether the point has a place on a curve: finite, and not beyond what can be scaled."""
        return all(abs(each) <= LARGEST for each in (self.z, self.a, self.slope))


@dataclass(frozen=True)
class Curve:
    """Samples of an activation and its slope over [−reach, reach], and the heights shown."""

    z: FloatArray
    a: FloatArray
    slope: FloatArray
    low: float
    high: float
    reach: float


def curve_of(activation: Activation, point: Point | None) -> Curve:
    """Return the curve over a range that holds the point, its height that of most of it."""
    shown = point if point is not None and point.is_drawable else None
    at = abs(shown.z) if shown is not None else 0.0
    reach = next((each for each in RANGES if at <= 0.8 * each), 1.25 * at)
    z = np.linspace(-reach, reach, SAMPLES)
    row, parameter = ACTIVATIONS[activation_name(activation)], parameter_of(activation)
    with np.errstate(all="ignore"):
        a, slope = row.value(z, parameter), row.derivative(z, parameter)
    finite = a[np.abs(a) <= LARGEST]
    low, high = np.percentile(finite, [4, 96]) if len(finite) else (0.0, 1.0)
    bounds = [float(low), float(high), 0.0]
    if shown is not None:
        bounds.append(shown.a)
    low, high = min(bounds), max(bounds)
    room = 0.12 * (high - low) or 0.5
    return Curve(z, a, slope, low - room, high + room, reach)


def warning_of(activation: Activation, point: Point) -> str:
    """Return what hinders learning at the point: no slope, or hardly any; "" where nothing does."""
    if not (math.isfinite(point.a) and math.isfinite(point.slope)):
        return "Not finite here: no training from this point"
    if point.slope == 0.0:
        return f"{_without_slope(activation)} for this sample: slope 0, no error passes back"
    if abs(point.slope) < flat_limit(activation_name(activation), parameter_of(activation)):
        return "Saturated for this sample: small slope, hardly any error passes back"
    return ""


def batch_warning(activation: Activation, point: Point, slopes: FloatArray) -> str:
    """Return the warning at the point, with how many of a batch's samples [B] share it."""
    alone, count = warning_of(activation, point), len(slopes)
    limit = flat_limit(activation_name(activation), parameter_of(activation))
    dead, weak = int((slopes == 0.0).sum()), int((np.abs(slopes) < limit).sum())
    if count < 2 or not (dead or weak) or alone.startswith("Not"):
        return alone
    none = _without_slope(activation)
    if dead == count:
        return f"{none} for all {count} samples: the slope is 0, it can't learn"
    if weak == count:
        return f"Saturated for all {count} samples: it hardly learns"
    some = weak if alone.startswith("Saturated") or not dead else dead
    word = none if dead else "Saturated"
    return alone.replace("this sample", f"{some} of {count} samples, this one too") or (
        f"{word} for {some} of {count} samples, not for this one"
    )


def _without_slope(activation: Activation) -> str:
    """Return what a unit without any slope is called."""
    return "Dead" if activation_name(activation) == "relu" else "Flat"


class ActivationPlot(FramedPlot):
    """Draws the curve of one unit's activation; value and slope stand in its heading."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, HEIGHT, parent)
        self._digits = 4
        self._activation: Activation = "identity"
        self._point: Point | None = None
        self._label = ""
        self._warning = ""
        self._curve = curve_of(self._activation, None)
        self.setObjectName("activation")

    @property
    def heading(self) -> tuple[str, str]:
        """The two lines over the curve."""
        name = activation_name(self._activation)
        function = NAMES.get(name, f"{name}(z)")
        about = f"{function} of {self._label}" if self._label else function
        if self._point is None:
            return about, "z is not computed yet"
        z, a, slope = (
            format_number(each, self._digits, trim=True)
            for each in (self._point.z, self._point.a, self._point.slope)
        )
        return f"{about} and its tangent at z = {z}", f"value {a}   slope {slope}"

    @property
    def warning(self) -> str:
        """What hinders learning here."""
        return self._warning

    def show_unit(
        self,
        activation: Activation,
        label: str,
        point: Point | None,
        slopes: FloatArray | None = None,
    ) -> None:
        """Show the activation of the unit called `label`, at `point` where that is known.

        `slopes` [B] are those of all samples of the batch.
        """
        batch = np.empty(0) if slopes is None else slopes
        warning = "" if point is None else batch_warning(activation, point, batch)
        if warning != self._warning:
            self._warning = warning
            self.update()
        if (activation, label, point) != (self._activation, self._label, self._point):
            self._activation, self._label, self._point = activation, label, point
            self._curve = curve_of(activation, point)
            self.setAccessibleName(" ".join((*self.heading, self.warning)))
            self.update()

    def set_digits(self, digits: int) -> None:
        """Write numbers with up to `digits` significant digits."""
        self._digits = digits
        self.update()

    # -- Qt's events ---------------------------------------------------------------------------

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame, heading, axes, curves, tangent and point."""
        painter = QPainter(self)
        frame = self.paint_frame(painter)
        self._paint_heading(painter)
        below = self._paint_warning(painter, frame)
        area = frame.adjusted(8, HEADING * self._scale, -8, -below)
        painter.setClipRect(area)
        self._paint_axes(painter, area)
        self._paint_curves(painter, area)
        if self._point is not None:
            self._paint_point(painter, area, self._point)
        self._paint_reach(painter, area)
        painter.end()

    def _paint_heading(self, painter: QPainter) -> None:
        scale, theme = self._scale, self._theme
        for line, text in enumerate(self.heading):
            font = scaled_font(self.font(), 12 * scale, bold=line == 1 and self._point is not None)
            metrics = QFontMetricsF(font)
            fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - 20)
            painter.setFont(font)
            painter.setPen(QColor(theme.text if line else theme.muted))
            painter.drawText(QPointF(10, (18 + 17 * line) * scale), fitting)

    def _paint_warning(self, painter: QPainter, frame: QRectF) -> float:
        """Paint the warning in as many lines as it needs; return how high it and its margin are."""
        if not self.warning:
            return 8 * self._scale
        font, edge = scaled_font(self.font(), 11 * self._scale), 8 * self._scale
        room = QRectF(10, 0, self.width() - 20, frame.height())
        flags = Qt.TextFlag.TextWordWrap
        needed = QFontMetricsF(font).boundingRect(room, flags, self.warning).height()
        painter.setFont(font)
        painter.setPen(QColor(self._theme.warning))
        room.moveTop(frame.bottom() - edge / 2 - needed)
        painter.drawText(room, flags, self.warning)
        return needed + edge

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(QColor(self._theme.grid if self._theme.dark else self._theme.border))
        middle = self._at(area, 0.0, 0.0)
        painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), area.top()), QPointF(middle.x(), area.bottom()))

    def _paint_reach(self, painter: QPainter, area: QRectF) -> None:
        """Paint the ends of the axis, on a ground of their own where a curve runs through."""
        font = scaled_font(self.font(), 10 * self._scale)
        metrics = QFontMetricsF(font)
        painter.setFont(font)
        reach = format_number(self._curve.reach, 3, trim=True)
        y = min(self._at(area, 0.0, 0.0).y() + 13 * self._scale, area.bottom() - 3)
        for text, is_left in ((f"−{reach}", True), (reach, False)):
            wide = metrics.horizontalAdvance(text)
            left = area.left() + 2 if is_left else area.right() - wide - 2
            high = metrics.capHeight()
            ground = QRectF(left, y - high, wide, high).adjusted(-2, -2, 2, 2)
            painter.fillRect(ground, QColor(self._theme.canvas))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QPointF(left, y), text)

    def _paint_curves(self, painter: QPainter, area: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for heights, color, style, width in (
            (self._curve.slope, self._theme.muted, Qt.PenStyle.DotLine, 1.3),
            (self._curve.a, self._theme.positive, Qt.PenStyle.SolidLine, 2.0),
        ):
            painter.setPen(QPen(QColor(color), width * self._scale, style))
            painter.drawPath(self._path(area, heights))

    def _path(self, area: QRectF, heights: FloatArray) -> QPainterPath:
        """Return a curve, interrupted where it is not finite or leaps over the picture."""
        curve = self._curve
        tall = curve.high - curve.low
        finite = np.isfinite(heights)
        # Far outside nothing is seen, and Qt's arithmetic would suffer.
        shown = np.clip(heights, curve.low - 9 * tall, curve.high + 9 * tall)
        kept = np.where(finite, shown, curve.low)
        joined = np.zeros(len(kept), dtype=np.int32)
        joined[:-1] = finite[:-1] & finite[1:] & (np.abs(np.diff(kept)) < 4 * tall)
        x = area.left() + area.width() * (curve.z + curve.reach) / (2 * curve.reach)
        y = area.bottom() - area.height() * (kept - curve.low) / tall
        return pg.functions.arrayToQPath(x, y, joined, finiteCheck=False)  # type: ignore[no-any-return]

    def _paint_point(self, painter: QPainter, area: QRectF, point: Point) -> None:
        if not point.is_drawable:
            return
        theme, at = self._theme, self._at(area, point.z, point.a)
        slope = point.slope
        color = theme.zero if slope == 0.0 else theme.gradient_positive
        color = theme.gradient_negative if slope < 0.0 else color
        # From the slope itself: beside a large z one step of 1 would vanish in rounding.
        curve = self._curve
        steepness = slope * (2 * curve.reach / (curve.high - curve.low))
        angle = math.atan(steepness * area.height() / area.width())
        half = QPointF(math.cos(angle), -math.sin(angle)) * (0.34 * area.width())
        painter.setPen(QPen(QColor(theme.muted), 1.0, Qt.PenStyle.DashLine))
        painter.drawLine(at, QPointF(at.x(), self._at(area, 0.0, 0.0).y()))
        painter.setPen(QPen(QColor(color), 2.0 * self._scale))
        painter.drawLine(at - half, at + half)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(at, 4.0 * self._scale, 4.0 * self._scale)

    def _at(self, area: QRectF, z: float, a: float) -> QPointF:
        curve = self._curve
        x = area.left() + area.width() * (z + curve.reach) / (2 * curve.reach)
        y = area.bottom() - area.height() * (a - curve.low) / (curve.high - curve.low)
        return QPointF(x, y)
