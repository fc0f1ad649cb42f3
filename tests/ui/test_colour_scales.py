"""Plus and minus stay apart for people who do not see all colours, on every scale and theme."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from bpviz.model.schema import Session
from bpviz.ui.colour_scales import COLOUR_CHOICES, coloured_theme
from bpviz.ui.main_window import MainWindow
from bpviz.ui.settings import COLOUR_CHOICES as SETTING_CHOICES
from bpviz.ui.style import THEMES, Theme, contrast

Vector = NDArray[np.float64]

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision
# Deficiency, IEEE TVCG 15 (2009), table of the authors' page, severity 1.0; on linear RGB.
VISIONS = MappingProxyType(
    {
        "full": np.eye(3),
        "protanopia": np.array(
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ]
        ),
        "deuteranopia": np.array(
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ]
        ),
        "tritanopia": np.array(
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ]
        ),
    }
)
# IEC 61966-2-1: linear sRGB to XYZ, white D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = TO_XYZ @ np.ones(3)
# Two colours this far apart are told apart at a glance; 2.3 is just noticeable.
LEAST = 45.0
GROUNDS = ("window", "panel", "canvas", "field", "node", "label")


def linear(color: str) -> Vector:
    chosen = QColor(color)
    channels = np.array([chosen.redF(), chosen.greenF(), chosen.blueF()])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(rgb: Vector) -> Vector:
    """Return CIE 1976 L*a*b* of linear RGB."""
    ratio = TO_XYZ @ np.clip(rgb, 0.0, 1.0) / WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root
    return np.array([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)])


def distance(first: str, second: str, vision: str) -> float:
    """Return ΔE of 1976 between two colours as people with `vision` see them."""
    seen = VISIONS[vision]
    return float(np.linalg.norm(lab(seen @ linear(first)) - lab(seen @ linear(second))))


def all_themes() -> list[Theme]:
    return [coloured_theme(name, colours) for colours in COLOUR_CHOICES for name in THEMES]


def test_the_measure_itself() -> None:
    assert distance("#000000", "#ffffff", "full") == pytest.approx(100.0, abs=1e-6)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    # Red and green are alike to the one, blue and green to the other, and not to others.
    assert distance("#b05a00", "#5f7a00", "deuteranopia") < 12.0
    assert distance("#b05a00", "#5f7a00", "full") > 40.0
    assert distance("#0080a0", "#008a70", "tritanopia") < 12.0
    for seen in VISIONS.values():
        assert seen.sum(axis=1) == pytest.approx(np.ones(3), abs=2e-6)  # greys stay grey


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", all_themes(), ids=lambda theme: theme.name)
def test_plus_and_minus_are_told_apart(theme: Theme, vision: str) -> None:
    assert distance(theme.positive, theme.negative, vision) >= LEAST
    assert distance(theme.gradient_positive, theme.gradient_negative, vision) >= LEAST


@pytest.mark.parametrize("theme", all_themes(), ids=lambda theme: theme.name)
def test_signs_are_legible(theme: Theme) -> None:
    least = 7.0 if theme.name == "high_contrast" else 4.5
    for name in ("positive", "negative", "gradient_positive", "gradient_negative"):
        for ground in GROUNDS:
            assert contrast(getattr(theme, name), getattr(theme, ground)) >= least, (name, ground)
    assert contrast(theme.on_accent, theme.positive) >= 4.5
    assert contrast(theme.on_gradient, theme.gradient_positive) >= 4.5


def test_three_scales_can_be_set() -> None:
    assert COLOUR_CHOICES == SETTING_CHOICES
    assert len(COLOUR_CHOICES) == 3
    assert coloured_theme("dark", "standard") is THEMES["dark"]
    with pytest.raises(KeyError):
        coloured_theme("dark", "rainbow")


def test_the_scale_is_chosen_in_the_menu_and_remembered(
    window: MainWindow, open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    window.commands["view.colours_purple_gold"].trigger()
    assert window.scene.theme is coloured_theme("dark", "purple_gold")
    QTest.keyClick(window.canvas, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert window.scene.theme is coloured_theme("light", "purple_gold")
    assert window.commands["view.colours_purple_gold"].isChecked()
    second = open_window(session)
    assert second.scene.theme is coloured_theme("light", "purple_gold")
