"""The tangent in the plot of an activation."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from bpviz.model.network import Activation
from bpviz.ui.plots.activation_plot import ActivationPlot, Point
from bpviz.ui.style import THEMES


@pytest.mark.parametrize(
    ("activation", "point", "rises"),
    [
        ("sigmoid", Point(0.5, 0.6225, 0.235), True),
        ("cos", Point(1.2, 0.3624, -0.932), False),
    ],
)
def test_the_tangent_leans_as_its_slope_says(
    qtbot: QtBot, activation: Activation, point: Point, rises: bool
) -> None:
    theme = THEMES["dark"]
    plot = ActivationPlot(theme)
    qtbot.addWidget(plot)
    plot.resize(320, 200)
    plot.show_unit(activation, "u", point)
    image = plot.grab().toImage()
    color = QColor(theme.gradient_positive if rises else theme.gradient_negative).rgb()
    where = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixel(x, y) == color
    ]
    assert len(where) > 60
    across, down = np.array(where, np.float64).T
    # Pixels count downwards.
    assert np.corrcoef(across, down)[0, 1] * (-1 if rises else 1) > 0.5
