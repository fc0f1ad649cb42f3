"""How everything looks: the themes, the style sheet, and the guard of Qt overrides."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template
from typing import Concatenate, ParamSpec, TypeVar

from PySide6.QtGui import QColor, QFont, QFontInfo, QPainter, QPalette
from PySide6.QtWidgets import QApplication

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Owner = TypeVar("Owner")

logger = logging.getLogger(__name__)

# Of text, by WCAG 2.1.
MIN_CONTRAST = 4.5


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, each as "#rrggbb".

    Text colours stand at a contrast of 4.5 or more on window, panel, canvas, field and node.
    """

    name: str
    dark: bool
    # Surfaces.
    window: str
    panel: str
    canvas: str
    grid: str
    field: str
    hover: str
    border: str
    node: str
    node_border: str
    label: str
    # Text.
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    on_gradient: str
    # Quantities: the sign of values and of gradients.
    positive: str
    negative: str
    gradient_positive: str
    gradient_negative: str
    # The states of a number that is not simply positive or negative.
    not_computed: str
    stale: str
    zero: str
    non_finite: str
    # Where the player stands.
    edge: str
    update: str
    glow: str
    success: str
    warning: str

    def phase_color(self, phase: str) -> str:
        """Return the colour of the player's `phase`, the text colour where it is ready."""
        return {
            "forward": self.positive,
            "loss": self.text,
            "backward": self.gradient_positive,
            "reduce": self.gradient_positive,
            "update": self.update,
        }.get(phase, self.text)


DARK = Theme(
    name="dark",
    dark=True,
    window="#1b1f26",
    panel="#1b1f26",
    canvas="#14171c",
    grid="#262c36",
    field="#222831",
    hover="#2c3440",
    border="#323a47",
    node="#262d38",
    node_border="#3a4453",
    label="#1b2028",
    text="#e9ecf1",
    muted="#a3adbd",
    disabled="#677183",
    accent="#5aa9ff",
    on_accent="#0c1726",
    on_gradient="#1f0716",
    positive="#5aa9ff",
    negative="#ff9f43",
    gradient_positive="#f070e8",
    gradient_negative="#72d45a",
    not_computed="#7a8699",
    stale="#c9a76a",
    zero="#b4bdca",
    non_finite="#ff7b72",
    edge="#6d788a",
    update="#e3b341",
    glow="#f070e8",
    success="#5fc98a",
    warning="#e3b341",
)

LIGHT = Theme(
    name="light",
    dark=False,
    window="#ffffff",
    panel="#ffffff",
    canvas="#f4f5f7",
    grid="#dde1e7",
    field="#f7f8fa",
    hover="#e9edf3",
    border="#d5dae2",
    node="#ffffff",
    node_border="#c3cad5",
    label="#ffffff",
    text="#1c2430",
    muted="#566173",
    disabled="#98a2b1",
    accent="#1769c2",
    on_accent="#ffffff",
    on_gradient="#ffffff",
    positive="#1769c2",
    negative="#b04f05",
    gradient_positive="#b519a5",
    gradient_negative="#2f7a10",
    not_computed="#8a94a3",
    stale="#8a6414",
    zero="#5d6878",
    non_finite="#c8232c",
    edge="#8d97a6",
    update="#8a6100",
    glow="#b519a5",
    success="#17753f",
    warning="#8a6100",
)

HIGH_CONTRAST = Theme(
    name="high_contrast",
    dark=True,
    window="#000000",
    panel="#000000",
    canvas="#000000",
    grid="#2b2b2b",
    field="#0d0d0d",
    hover="#333333",
    border="#b8b8b8",
    node="#0d0d0d",
    node_border="#ffffff",
    label="#000000",
    text="#ffffff",
    muted="#e0e0e0",
    disabled="#a0a0a0",
    accent="#6fc3ff",
    on_accent="#000000",
    on_gradient="#000000",
    positive="#6fc3ff",
    negative="#ffb454",
    gradient_positive="#ff85ef",
    gradient_negative="#7dff7a",
    not_computed="#a8a8a8",
    stale="#ffd479",
    zero="#e0e0e0",
    non_finite="#ff8080",
    edge="#c0c0c0",
    update="#ffd84a",
    glow="#ff85ef",
    success="#6dff9e",
    warning="#ffd84a",
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, HIGH_CONTRAST)}


def guard(
    method: Callable[Concatenate[Owner, Arguments], Result],
) -> Callable[Concatenate[Owner, Arguments], Result]:
    """Keep what a Qt override raises from crossing Qt's C++ frames.

    PySide6 may crash when an override raises while Python stands further up the stack; so the
    exception is logged, handed to sys.excepthook, and the override returns None.
    """

    @functools.wraps(method)
    def guarded(self: Owner, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            _end_painters(error, args)
            logger.exception("%s failed", method.__qualname__)
            sys.excepthook(*sys.exc_info())
            return None  # type: ignore[return-value]  # what Qt takes for "nothing"

    return guarded


def _end_painters(error: BaseException, given: Sequence[object]) -> None:
    """End the painters that code which raised has begun; not those that Qt has `given` it.

    A painter still at work when its widget's paint event is over, or its picture gone, crashes.
    """
    trace = error.__traceback__
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            if isinstance(value, QPainter) and not any(value is each for each in given):
                value.end()
        trace = trace.tb_next


def resource_path(*parts: str) -> Path:
    """Return the path of a file under resources, in the wheel or in the source tree."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "resources"
    root = inside if inside.is_dir() else package.parent / "resources"
    return root.joinpath(*parts)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.1, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(first: str, second: str, share: float) -> str:
    """Return the opaque colour with `share` (0 to 1) of `second` over `first`."""
    one, two = QColor(first), QColor(second)
    return QColor(
        round(one.red() + share * (two.red() - one.red())),
        round(one.green() + share * (two.green() - one.green())),
        round(one.blue() + share * (two.blue() - one.blue())),
    ).name()


def class_colors(theme: Theme) -> tuple[str, ...]:
    """Return the colours of classes, the first two those of a scale's low and high end."""
    return (
        theme.negative, theme.positive, theme.gradient_negative, theme.gradient_positive,
        theme.update, theme.zero,
    )  # fmt: skip


def legible_share(theme: Theme, ground: str) -> float:
    """Return how strongly a heat map may be coloured over `ground` for text to stay legible."""
    ends = (theme.positive, theme.negative)
    for percent in range(90, 20, -5):
        share = percent / 100
        if all(contrast(theme.text, mix(ground, end, share)) >= MIN_CONTRAST for end in ends):
            return share
    return 0.2


@functools.lru_cache(maxsize=16)
def heat_colors(theme: Theme, ground: str, share: float) -> tuple[int, ...]:
    """Return 256 colours as 0xffRRGGBB: from negative over `ground` to positive, then non-finite.

    The ends hold `share` of the sign's colour; the last one stands for what is no finite number.
    """
    colors = []
    for shade in range(255):
        size = abs(shade - 127) / 127
        end = theme.positive if shade > 127 else theme.negative
        colors.append(mix(ground, end, share * size))
    return tuple(QColor(color).rgb() for color in (*colors, theme.non_finite))


def palette(theme: Theme) -> QPalette:
    """Return the Fusion palette of `theme`, with every role set."""
    role = QPalette.ColorRole
    chosen = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: mix(theme.field, theme.hover, 0.5),
        role.ToolTipBase: theme.field,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Text: theme.text,
        role.Button: theme.field,
        role.ButtonText: theme.text,
        role.BrightText: theme.non_finite,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Light: mix(theme.border, "#ffffff", 0.15),
        role.Midlight: theme.hover,
        role.Mid: theme.border,
        role.Dark: mix(theme.border, "#000000", 0.4),
        role.Shadow: mix(theme.window, "#000000", 0.7),
    }
    made = QPalette()
    for one, color in chosen.items():
        made.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, one, QColor(theme.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.border))
    return made


def style_sheet(theme: Theme) -> str:
    """Return the application's style sheet in the colours of `theme`."""
    template = Template(resource_path("style", "window.qss").read_text("utf-8"))
    return template.substitute(asdict(theme), icons=resource_path("icons").as_posix())


def apply_theme(app: QApplication, chosen: str | Theme) -> Theme:
    """Give the application a theme, or the one so called, and return it; KeyError for none."""
    theme = THEMES[chosen] if isinstance(chosen, str) else chosen
    with _own_sheets_away(app):
        # Qt styles all widgets four times as fast where the sheet that stood before is gone.
        app.setStyleSheet("")
        if app.style().name() != "fusion":
            app.setStyle("Fusion")
        app.setPalette(palette(theme))
        app.setStyleSheet(style_sheet(theme))
    return theme


@contextmanager
def _own_sheets_away(app: QApplication) -> Iterator[None]:
    """Let no widget have a sheet of its own in here: where text is large every dock has one.

    Each is merged anew for all inside it: a change of theme would take five times as long.
    """
    own = {widget: sheet for widget in app.allWidgets() if (sheet := widget.styleSheet())}
    for widget in own:
        widget.setStyleSheet("")
    try:
        yield
    finally:
        for widget, sheet in own.items():
            widget.setStyleSheet(sheet)


def run_colors(theme: Theme) -> tuple[str, ...]:
    """Return the colours of a session's runs, the active one first."""
    return (
        theme.positive, theme.gradient_negative, theme.gradient_positive, theme.update,
        theme.stale, theme.non_finite, theme.muted, theme.zero,
    )  # fmt: skip


@contextmanager
def unstyled() -> Iterator[None]:
    """Build a window in here: until it is whole, no style sheet is there.

    With one Qt styles a widget and all in it anew whenever it gets another parent. Where other
    windows are open nothing is done, as they would be seen without their style.
    """
    application = QApplication.instance()
    if not isinstance(application, QApplication) or any(
        window.isVisible() for window in application.topLevelWidgets()
    ):
        yield
        return
    sheet = application.styleSheet()
    application.setStyleSheet("")
    try:
        yield
    finally:
        application.setStyleSheet(sheet)


def scaled_font(base: QFont, pixels: float, *, bold: bool = False) -> QFont:
    """Return `base` at a height of `pixels`, the size that scenes and exports share."""
    font = QFont(base)
    font.setPixelSize(max(1, round(pixels)))
    font.setBold(bold)
    return font


def text_scale(font: QFont) -> float:
    """Return how many times as large as usual a widget with `font` is to write."""
    return QFontInfo(font).pixelSize() / max(1, QFontInfo(QApplication.font()).pixelSize())


def _luminance(color: str) -> float:
    """Relative luminance of WCAG 2.1, 0 (black) to 1 (white)."""
    chosen = QColor(color)
    channels = (chosen.redF(), chosen.greenF(), chosen.blueF())
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
