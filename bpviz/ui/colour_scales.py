"""Colour scales: which two colours mean plus and minus, for values and for gradients.

Each pair stays apart for people who do not tell red from green or blue from yellow; a test
simulates both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from bpviz.ui.style import THEMES, Theme


@dataclass(frozen=True)
class Signs:
    """The colours of signs in one theme, each as "#rrggbb"."""

    positive: str
    negative: str
    gradient_positive: str
    gradient_negative: str


# The standard scale is that of the themes themselves: blue and orange, magenta and green.
STANDARD: Final = "standard"
_OTHERS: Final[Mapping[str, Mapping[str, Signs]]] = MappingProxyType(
    {
        "blue_red": {
            "dark": Signs("#6694ff", "#ff6352", "#d78cff", "#a6e22e"),
            "light": Signs("#004cff", "#cf1020", "#9a10d0", "#437000"),
            "high_contrast": Signs("#7fb2ff", "#ff8578", "#e79aff", "#b4ff2a"),
        },
        "purple_gold": {
            "dark": Signs("#b48aff", "#f0a020", "#3fa4ff", "#ff7a1f"),
            "light": Signs("#6600ff", "#8f5600", "#005eff", "#c22e00"),
            "high_contrast": Signs("#c9b4f2", "#eb9200", "#5fb8ff", "#ff9040"),
        },
    }
)
COLOUR_CHOICES: Final = (STANDARD, *_OTHERS)


def _coloured(theme: Theme, signs: Signs) -> Theme:
    return replace(
        theme,
        positive=signs.positive,
        negative=signs.negative,
        gradient_positive=signs.gradient_positive,
        gradient_negative=signs.gradient_negative,
        glow=signs.gradient_positive,
    )


_COLOURED: Final[Mapping[tuple[str, str], Theme]] = MappingProxyType(
    {
        (name, colours): theme if colours == STANDARD else _coloured(theme, _OTHERS[colours][name])
        for name, theme in THEMES.items()
        for colours in COLOUR_CHOICES
    }
)


def coloured_theme(name: str, colours: str) -> Theme:
    """Return the theme called `name` in the scale called `colours`; KeyError for no such."""
    return _COLOURED[name, colours]
