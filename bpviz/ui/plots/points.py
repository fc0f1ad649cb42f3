"""Rows of data as coloured points: which colour a target has, and data sets drawn small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from bpviz.engine.datasets import GENERATORS, Rows, generate
from bpviz.model.data import GeneratorData, GeneratorName
from bpviz.ui.style import Theme, mix

FloatArray = NDArray[np.float64]

THUMBNAIL_SAMPLES: Final = 72
# What makes points that lie on top of each other a cloud.
CLOUD: Final = 0.13
# Colours between the two ends.
STEPS: Final = 64


def class_color(theme: Theme, index: int) -> str:
    """Return the colour of class `index`, of which there may be any number."""
    colors = (
        theme.negative, theme.positive, theme.gradient_negative, theme.gradient_positive,
        theme.update, theme.muted,
    )  # fmt: skip
    color = colors[index % len(colors)]
    return mix(color, theme.text, 0.45) if index // len(colors) % 2 else color


def target_colors(theme: Theme, targets: FloatArray) -> list[str]:
    """Return a colour for each row of `targets` [D, K].

    One column: from the negative colour at the smallest target to the positive one at the
    largest. Several columns: the colour of the class with the largest target.
    """
    if not targets.size:
        return [theme.muted] * len(targets)
    if targets.shape[1] > 1:
        classes = [class_color(theme, index) for index in range(targets.shape[1])]
        return [classes[index] for index in targets.argmax(axis=1).tolist()]
    column = targets[:, 0]
    low, high = float(column.min()), float(column.max())
    low, high = (low, high) if high > low else (min(low, 0.0), max(high, 1.0))
    steps = [mix(theme.negative, theme.positive, step / STEPS) for step in range(STEPS + 1)]
    shares = np.clip((column - low) / (high - low), 0.0, 1.0)
    return [steps[step] for step in np.rint(shares * STEPS).astype(int).tolist()]


def sample_rows(name: GeneratorName) -> Rows:
    """Return the few rows that a data set is drawn small with."""
    noise = CLOUD if GENERATORS[name].ordered else 0.0
    return generate(
        GeneratorData(name=name, samples=THUMBNAIL_SAMPLES, noise=noise, test_fraction=0.0)
    )


def thumbnail(name: GeneratorName, size: tuple[int, int], ratio: float, theme: Theme) -> QPixmap:
    """Return the data set `name` drawn small, `size` device-independent pixels large."""
    picture = QPixmap(round(size[0] * ratio), round(size[1] * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = QRectF(0, 0, *size).adjusted(5, 5, -5, -5)
    rows = sample_rows(name)
    if rows.inputs.shape[1] == 1:
        order = np.argsort(rows.inputs[:, 0])
        points = np.column_stack([rows.inputs[order, 0], rows.targets[order, 0]])
        painter.setPen(QPen(QColor(theme.positive), 1.8))
        painter.drawPolyline(QPolygonF(_placed(points, area)))
    else:
        _dots(painter, _placed(rows.inputs, area), target_colors(theme, rows.targets), 1.7)
    painter.end()
    return picture


def _dots(
    painter: QPainter, places: Sequence[QPointF], colors: Sequence[str], radius: float
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for place, color in zip(places, colors, strict=True):
        painter.setBrush(QColor(color))
        painter.drawEllipse(place, radius, radius)


def _placed(points: FloatArray, area: QRectF) -> list[QPointF]:
    low, high = points.min(axis=0), points.max(axis=0)
    shares = (points - low) / np.where(high > low, high - low, 1.0)
    return [
        QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())
        for x, y in shares.tolist()
    ]
