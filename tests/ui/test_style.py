from __future__ import annotations

import sys
from dataclasses import fields

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from bpviz.ui.icons import icon
from bpviz.ui.style import (
    THEMES,
    Theme,
    apply_theme,
    contrast,
    guard,
    mix,
    palette,
    resource_path,
    style_sheet,
)

TEXTS = (
    "text", "muted", "accent", "positive", "negative", "gradient_positive", "gradient_negative",
    "stale", "zero", "non_finite", "update", "success", "warning",
)  # fmt: skip
GROUNDS = ("window", "panel", "canvas", "field", "node", "label")


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_every_text_stands_out_from_every_ground(theme: Theme) -> None:
    for text in TEXTS:
        for ground in GROUNDS:
            ratio = contrast(getattr(theme, text), getattr(theme, ground))
            assert ratio >= (7.0 if theme.name == "high_contrast" else 4.5), (text, ground)
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_accent, theme.positive) >= 4.5
    assert contrast(theme.on_gradient, theme.gradient_positive) >= 4.5
    assert contrast(theme.on_gradient, theme.update) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_colours_are_written_as_six_digits(theme: Theme) -> None:
    for field in fields(theme):
        value = getattr(theme, field.name)
        if field.name not in ("name", "dark"):
            assert QColor(value).name() == value, field.name


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)


def test_mix_goes_from_one_colour_to_the_other() -> None:
    assert [mix("#000000", "#ff8040", share) for share in (0.0, 0.5, 1.0)] == [
        "#000000",
        "#804020",
        "#ff8040",
    ]


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
def test_style_sheet_is_complete_and_its_pictures_exist(theme: Theme) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    for part in sheet.split("url(")[1:]:
        assert resource_path("icons", part.split(")")[0].rpartition("/")[2]).is_file()


def test_apply_theme_sets_palette_and_sheet(qapp: QApplication) -> None:
    before = (qapp.palette(), qapp.styleSheet())
    try:
        for name in THEMES:
            theme = apply_theme(qapp, name)
            assert theme is THEMES[name]
            assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(theme.window)
            assert qapp.palette() == palette(theme)
    finally:
        qapp.setPalette(before[0])
        qapp.setStyleSheet(before[1])


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    for path in sorted(resource_path("icons").glob("*.svg")):
        assert not icon(path.stem, THEMES["dark"]).isNull()
    images = [icon("undo", theme).pixmap(QSize(24, 24)).toImage() for theme in THEMES.values()]
    assert images[0] != images[1]
    shades = {
        image.pixelColor(x, y).name()
        for image in images[:1]
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert shades == {THEMES["dark"].text}


def test_an_icon_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        icon("no_such_icon", THEMES["dark"])


def test_guard_reports_what_an_override_raises(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(QWidget):
        @guard
        def sizeHint(self) -> QSize:
            return QSize(1 // 0, 1)

        @guard
        def doubled(self, value: int) -> int:
            """Double."""
            return 2 * value

    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_rest: seen.append(kind))
    widget = Broken()
    assert widget.doubled(4) == 8
    assert widget.doubled.__doc__ == "Double."
    assert widget.sizeHint() is None
    assert seen == [ZeroDivisionError]
    widget.deleteLater()
