"""The decision plot: the output over the plane of two inputs, with the data on it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from bpviz.engine.plane import Span
from bpviz.ui.numbers import format_number
from bpviz.ui.plots.axes import tick_texts
from bpviz.ui.plots.field import CLASSES, Field, FieldPicture
from bpviz.ui.plots.scales import Span as Range
from bpviz.ui.plots.scales import linear_ticks, thinned
from bpviz.ui.style import Theme, class_colors, guard, heat_colors, mix, scaled_font, text_scale

FloatArray = NDArray[np.float64]

LEFT, TOP, RIGHT, BOTTOM = 46.0, 8.0, 62.0, 36.0
# Where no scale and no names stand at the right.
BARE_RIGHT: Final = 18.0
TEXT_SIZE: Final = 11.0
BAR_WIDTH: Final = 10.0
BAR_GAP: Final = 10.0
POINT: Final = 3.6
# More data points than these hide what lies below.
MOST_POINTS: Final = 1_000
EMPTY: Final = "No input to draw an output over"


class BoundaryPlot(QWidget):
    """Draws a field with its data: training rows as filled points, test rows as hollow ones.

    What does not change while a run is on (axes, points, scale) is kept as a picture.
    """

    read = Signal(str)
    """What lies under the pointer, in words; empty where it is elsewhere."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._digits = 4
        self._field: Field | None = None
        self._problem = EMPTY
        self._kept: QPixmap | None = None
        self._kept_scale = Span(0.0, 0.0)
        self.picture = FieldPicture(theme)
        self.paint_count = 0
        self.setObjectName("decision.plot")
        self.setAccessibleName("Output over the inputs")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def field(self) -> Field | None:
        """What is looked at; None where there is nothing to draw."""
        return self._field

    def show_field(self, field: Field, theta: FloatArray, *, running: bool = False) -> None:
        """Draw `field` at the parameters θ [P]."""
        if not field.is_like(self._field):
            self._kept = None
        self._field, self._problem = field, ""
        self.picture.draw(field, theta, running=running)
        if self.picture.scale != self._kept_scale:
            self._kept = None
        self.update()

    def show_nothing(self, problem: str) -> None:
        """Draw nothing but why there is nothing."""
        self._field, self._problem, self._kept = None, problem or EMPTY, None
        self.update()

    def set_digits(self, digits: int) -> None:
        """Read numbers out with `digits` significant digits."""
        self._digits = digits

    def apply_theme(self, theme: Theme) -> None:
        """Follow the theme; the owner shows the field anew."""
        self._theme = theme
        self._kept = None
        self.picture.apply_theme(theme)
        self.update()

    @property
    def area(self) -> QRectF:
        """The box of the field itself, in the widget's pixels."""
        scale = text_scale(self.font())
        field = self._field
        bare = field is not None and field.is_line and field.output != CLASSES
        right = BARE_RIGHT if bare else RIGHT
        box = QRectF(self.rect()).adjusted(LEFT * scale, TOP, -right * scale, -BOTTOM * scale)
        return box if box.width() > 20 and box.height() > 20 else QRectF()

    @guard
    def sizeHint(self) -> QSize:
        """Ask for a plot nearly as high as it is wide."""
        return QSize(340, 280)

    @guard
    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing can be read."""
        return QSize(150, 150)

    # -- painting ------------------------------------------------------------------------------

    @guard
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, and what stands still over it."""
        self.paint_count += 1
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._theme.canvas))
        field, area = self._field, self.area
        if field is None or area.isEmpty():
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 8, -12, -8), flags, self._problem)
            return
        if self._kept is None:
            self._kept = self._still_picture(field, area)
        if not field.is_line and self.picture.image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, self.picture.image)
        painter.drawPixmap(0, 0, self._kept)
        if field.is_line:
            self._paint_curves(painter, field, area)

    @guard
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay axes and points out anew."""
        self._kept = None
        super().resizeEvent(event)

    def _still_picture(self, field: Field, area: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        kept = QPixmap(self.size() * ratio)
        kept.setDevicePixelRatio(ratio)
        kept.fill(Qt.GlobalColor.transparent)
        self._kept_scale = self.picture.scale
        painter = QPainter(kept)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font(self.font(), TEXT_SIZE * text_scale(self.font())))
        self._paint_axes(painter, field, area)
        painter.save()
        painter.setClipRect(area.adjusted(-4, -4, 4, 4))
        self._paint_points(painter, field, area)
        painter.restore()
        if field.output == CLASSES:
            self._paint_names(painter, field, area)
        elif not field.is_line:
            self._paint_scale(painter, area)
        painter.end()
        return kept

    def _spans(self, field: Field) -> tuple[Span, Span]:
        across, up = field.spans
        return across, self.picture.scale if field.is_line else up

    def _paint_axes(self, painter: QPainter, field: Field, area: QRectF) -> None:
        theme, metrics = self._theme, QFontMetricsF(painter.font())
        across, up = self._spans(field)
        scale, ascent = text_scale(self.font()), metrics.ascent()
        painter.setPen(QPen(QColor(theme.border), 1.0))
        painter.drawRect(area)
        places = linear_ticks(Range(*across), max(2, int(area.width() / (60 * scale))))
        for value, text in zip(places, tick_texts(places), strict=True):
            x = area.left() + _share(value, across) * area.width()
            painter.setPen(QColor(theme.muted))
            place = QPointF(
                x - metrics.horizontalAdvance(text) / 2, area.bottom() + 4 + metrics.ascent()
            )
            painter.drawText(place, text)
        name = _output_name(field) if field.is_line else field.inputs[field.axes.up]
        name = metrics.elidedText(name, Qt.TextElideMode.ElideRight, area.left() - 8)
        wide, top = metrics.horizontalAdvance(name), area.top() + ascent
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(4.0, top), name)
        painter.setPen(QColor(theme.muted))
        places = linear_ticks(Range(*up), max(2, int(area.height() / (45 * scale))))
        for value, text in zip(places, tick_texts(places), strict=True):
            y = area.bottom() - _share(value, up) * area.height()
            place = QPointF(
                area.left() - 6 - metrics.horizontalAdvance(text), y + metrics.capHeight() / 2
            )
            if place.x() > 8.0 + wide or place.y() - ascent > top:
                # A tick gives way to the axis's name.
                painter.drawText(place, text)
        painter.setPen(QColor(theme.text))
        name = field.inputs[field.axes.across]
        middle = area.center().x() - metrics.horizontalAdvance(name) / 2
        painter.drawText(
            QPointF(middle, area.bottom() + 5 + metrics.height() + metrics.ascent()), name
        )

    def _paint_points(self, painter: QPainter, field: Field, area: QRectF) -> None:
        rows, theme = field.rows, self._theme
        for inputs, targets, filled in (
            (rows.test_inputs, rows.test_targets, False),
            (rows.inputs, rows.targets, True),
        ):
            chosen = thinned(len(inputs), MOST_POINTS)
            places = self._places(field, area, inputs[chosen], targets[chosen])
            colors = self._colors(field, targets[chosen])
            for (x, y), color in zip(places, colors, strict=True):
                if filled:
                    painter.setPen(QPen(QColor(theme.canvas), 1.0))
                    painter.setBrush(QColor(color))
                else:
                    painter.setPen(QPen(QColor(theme.canvas), 3.2))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawEllipse(QPointF(x, y), POINT - 0.6, POINT - 0.6)
                    painter.setPen(QPen(QColor(color), 1.5))
                painter.drawEllipse(QPointF(x, y), POINT, POINT)

    def _places(
        self, field: Field, area: QRectF, inputs: FloatArray, targets: FloatArray
    ) -> FloatArray:
        across, up = self._spans(field)
        x = inputs[:, field.axes.across]
        if not field.is_line:
            y = inputs[:, field.axes.up]
        elif targets.shape[1]:
            y = targets[:, max(field.output, 0)]
        else:
            y = np.full(len(x), up.low)
        return np.stack(
            [
                area.left() + (x - across.low) / (across.high - across.low) * area.width(),
                area.bottom() - (y - up.low) / (up.high - up.low) * area.height(),
            ],
            axis=1,
        )

    def _colors(self, field: Field, targets: FloatArray) -> list[QColor]:
        """Return the colour of each row [D]: its class's, or that of its target on the scale."""
        theme = self._theme
        if not targets.shape[1]:
            return [QColor(theme.text)] * len(targets)
        if field.output == CLASSES:
            table = class_colors(theme)
            return [QColor(table[each % len(table)]) for each in targets.argmax(axis=1)]
        if field.is_line:
            return [QColor(theme.positive)] * len(targets)
        share = np.array(
            [_share(float(each), self.picture.scale) for each in targets[:, field.output]]
        )
        shades = np.clip(254 * share, 0, 254).astype(np.int64)
        # Points in the middle of the scale are seen too: they have the colour of text.
        table_of_shades = heat_colors(theme, mix(theme.canvas, theme.text, 0.75), 1.0)
        return [QColor.fromRgb(table_of_shades[each]) for each in shades]

    def _paint_scale(self, painter: QPainter, area: QRectF) -> None:
        """Paint the colour scale with its numbers at the right of the field."""
        theme, scale = self._theme, self.picture.scale
        table = np.array(heat_colors(theme, theme.canvas, 0.9)[:255][::-1], np.uint32)
        image = QImage(table.data, 1, 255, 4, QImage.Format.Format_RGB32)
        bar = QRectF(area.right() + BAR_GAP, area.top(), BAR_WIDTH, area.height())
        painter.drawImage(bar, image)
        painter.setPen(QColor(theme.muted))
        shares = (0.0, 0.5, 1.0)
        values = [scale.low + share * (scale.high - scale.low) for share in shares]
        for share, text in zip(shares, tick_texts(values), strict=True):
            y = bar.bottom() - share * (bar.height() - 9)
            painter.drawText(QPointF(bar.right() + 5, y), text)

    def _paint_names(self, painter: QPainter, field: Field, area: QRectF) -> None:
        """Paint the outputs' names beside their colours, at the right of the field."""
        theme, metrics = self._theme, QFontMetricsF(painter.font())
        table = class_colors(theme)
        for output, name in enumerate(field.outputs):
            y = area.top() + (metrics.height() + 3.0) * output
            if y > area.bottom() - 10:
                break
            left = area.right() + BAR_GAP
            painter.fillRect(QRectF(left, y, 9.0, 9.0), QColor(table[output % len(table)]))
            painter.setPen(QColor(theme.muted))
            room = self.width() - left - 16
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left + 13, y + metrics.capHeight()), text)

    def _paint_curves(self, painter: QPainter, field: Field, area: QRectF) -> None:
        x, curves = self.picture.curves()
        across, up = self._spans(field)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        place = area.left() + (x - across.low) / (across.high - across.low) * area.width()
        table = class_colors(self._theme)
        for number, values in enumerate(curves):
            chosen = field.output == CLASSES
            color = table[number % len(table)] if chosen else self._theme.negative
            height = area.bottom() - (values - up.low) / (up.high - up.low) * area.height()
            drawn = np.isfinite(height) & (np.abs(height) < 1e6)
            points = zip(place[drawn].tolist(), height[drawn].tolist(), strict=True)
            painter.setPen(QPen(QColor(color), 2.0))
            painter.drawPolyline(QPolygonF([QPointF(*each) for each in points]))

    # -- reading -------------------------------------------------------------------------------

    @guard
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what lies under the pointer."""
        self.read.emit(self.reading(event.position()))

    @guard
    def leaveEvent(self, event: QEvent) -> None:
        """Take the reading away."""
        self.read.emit("")

    def reading(self, at: QPointF) -> str:
        """Return inputs and output at a point of the widget, in words; "" outside the field."""
        field, area = self._field, self.area
        if field is None or not area.contains(at):
            return ""
        share = ((at.x() - area.left()) / area.width(), (at.y() - area.top()) / area.height())
        across, up = field.spans
        values = self.picture.value_at(share[0], 0.0 if field.is_line else share[1])
        parts = [self._named(field.inputs[field.axes.across], _at(across, share[0]))]
        if not field.is_line:
            parts.append(self._named(field.inputs[field.axes.up], _at(up, 1.0 - share[1])))
        shown = range(len(values)) if field.output == CLASSES else [field.output]
        outputs = [self._named(field.outputs[each], float(values[each])) for each in shown]
        return "  ".join(parts) + "  →  " + "  ".join(outputs)

    def _named(self, name: str, value: float) -> str:
        return f"{name} {format_number(value, min(self._digits, 3), trim=True)}"


def _output_name(field: Field) -> str:
    return "outputs" if field.output == CLASSES else field.outputs[field.output]


def _share(value: float, span: Span) -> float:
    share = (value - span.low) / (span.high - span.low)
    return share if math.isfinite(share) else 0.0


def _at(span: Span, share: float) -> float:
    return span.low + share * (span.high - span.low)
