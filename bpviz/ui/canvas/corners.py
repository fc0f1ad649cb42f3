"""Who stands where over a canvas: header, key, zoom buttons and toolbox, none over another."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF

KEY_WIDTH, KEY_HEIGHT = 356.0, 88.0
# How far the key stands off the canvas's right and lower rim.
KEY_ASIDE, KEY_BELOW = 14.0, 12.0
# What buttons and margins take of the width beside a key: with the toolbox above the zoom
# buttons, and with the toolbox above the key, which takes a canvas as high as TALL.
BUTTONS_WIDTH, ZOOM_WIDTH = 270.0, 160.0
TALL: Final = 400.0
# A canvas lower than this has neither key nor buttons, only its zoom.
LOW_HEIGHT: Final = 260
MARGIN: Final = 18.0
# What the badge takes at the right of the header, as long as it has not said how wide it is.
CORNER_WIDTH: Final = 230.0
# What a fitted drawing leaves free above, below where there is a key, where the buttons stand in
# one row, and where there is only the zoom.
TOP, BOTTOM, ROW_BOTTOM, LOW_BOTTOM = 52.0, 108.0, 74.0, 34.0
# Where the toolbox stands: beside the zoom buttons, or at the rim above them.
BESIDE_ZOOM, ASIDE, BELOW, ABOVE_ZOOM, GAP = 152, 16, 34, 70, 10
TOOLBOX_WIDTH: Final = 224.0
# What an upright toolbox takes of the width at the left rim.
UPRIGHT_WIDTH: Final = 52.0


def around_scale(factor: float) -> float:
    """Return how many times as large texts over the drawing are for texts `factor` times as large.

    They grow by half: the corners that they stand in are not larger.
    """
    return (1.0 + factor) / 2


def has_key(area: QRectF, scale: float = 1.0, *, on_screen: bool = True) -> bool:
    """Whether the key has room in `area`; on the screen beside the buttons."""
    if area.height() < LOW_HEIGHT * scale:
        return False
    return area.width() >= KEY_WIDTH + (_beside(area) if on_screen else 2 * MARGIN)


def key_scale(area: QRectF, scale: float) -> float:
    """Return how many times as large as usual the key is: `scale` where `area` has the room."""
    return min(scale, max((area.width() - _beside(area)) / KEY_WIDTH, 1.0))


def key_rect(area: QRectF, scale: float = 1.0) -> QRectF:
    """Return where in `area` the key stands, `scale` times as large as usual."""
    size = key_scale(area, scale)
    width, height = KEY_WIDTH * size, KEY_HEIGHT * size
    left, top = area.right() - width - KEY_ASIDE, area.bottom() - height - KEY_BELOW
    return QRectF(left, top, width, height)


def toolbox_corner(area: QRectF, scale: float) -> tuple[int, int]:
    """Return how far off the left and the lower rim the toolbox stands."""
    if is_upright(area, scale):
        return ASIDE, ABOVE_ZOOM
    key = key_rect(area, scale)
    right = key.left() if has_key(area, scale) else area.right()
    if right >= BESIDE_ZOOM + TOOLBOX_WIDTH:
        return BESIDE_ZOOM, BELOW
    if right >= ASIDE + TOOLBOX_WIDTH:
        return ASIDE, ABOVE_ZOOM
    return ASIDE, round(area.bottom() - key.top()) + GAP


def is_upright(area: QRectF, scale: float) -> bool:
    """Whether the toolbox is a column, where beside the key is no room for a row of it."""
    return has_key(area, scale) and key_rect(area, scale).left() < ASIDE + TOOLBOX_WIDTH


def room_aside(area: QRectF, scale: float) -> float:
    """Return how much a fitted drawing leaves free at the left rim of `area` for the toolbox."""
    return UPRIGHT_WIDTH if is_upright(area, scale) else 0.0


def room_below(area: QRectF, scale: float) -> float:
    """Return how much a fitted drawing leaves free at the lower rim of `area`."""
    if area.height() < LOW_HEIGHT:
        return LOW_BOTTOM
    if has_key(area, scale):
        return BOTTOM * key_scale(area, scale)
    return ROW_BOTTOM if toolbox_corner(area, scale)[0] == BESIDE_ZOOM else BOTTOM


def _beside(area: QRectF) -> float:
    return ZOOM_WIDTH if area.height() >= TALL else BUTTONS_WIDTH
