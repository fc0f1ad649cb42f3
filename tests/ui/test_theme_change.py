"""A change of theme or colour scale looks as if the window had been opened in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.model.session import load_session
from bpviz.ui.colour_scales import coloured_theme
from bpviz.ui.main_window import MainWindow
from bpviz.ui.style import resource_path, style_sheet

OpenWindow = Callable[[Session | None], MainWindow]

LESSON = resource_path("lessons", "T3_learning_rate.bpviz.json")


def prepared(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A window of one size with gradients shown, nothing moving or checked in the pauses."""
    window.resize(1440, 900)
    window.commands["view.reduce_motion"].setChecked(True)
    window.commands["view.gradient_check"].setChecked(False)
    qtbot.wait(300)
    window.commands["view.show_gradients"].trigger()
    for _ in range(3):
        window.commands["run.step_iteration"].trigger()
    return window


def pictures(window: MainWindow, qtbot: QtBot) -> list[QImage]:
    """What is seen of each part once all is drawn."""
    qtbot.wait(300)
    space = window.workspace
    parts = (
        window.menuBar(), window.tool_bar, window.canvas, space.step_line, space.loss_plot,
        space.panels["explain"], space.panels["decision"],
    )  # fmt: skip
    return [part.grab().toImage() for part in parts]


@pytest.mark.parametrize(
    ("theme", "colours"),
    [("light", "standard"), ("dark", "blue_red"), ("high_contrast", "purple_gold")],
)
def test_a_changed_window_looks_like_one_opened_so(
    open_window: OpenWindow, qtbot: QtBot, theme: str, colours: str
) -> None:
    session = load_session(LESSON)
    first = prepared(open_window(session), qtbot)
    before = pictures(first, qtbot)
    first.commands[f"view.theme_{theme}"].trigger()
    first.commands[f"view.colours_{colours}"].trigger()
    changed = pictures(first, qtbot)
    assert changed != before
    first.hide()
    opened = prepared(open_window(session), qtbot)
    qtbot.waitUntil(lambda: pictures(opened, qtbot) == changed, timeout=8000)


def test_a_colour_scale_leaves_the_style_sheet_as_it_is(
    window: MainWindow, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: list[str] = []
    monkeypatch.setattr(QApplication, "setStyleSheet", lambda _self, sheet: laid.append(sheet))
    window.commands["view.colours_blue_red"].trigger()
    assert not laid
    assert window.scene.theme is coloured_theme("dark", "blue_red")
    assert qapp.styleSheet() == style_sheet(window.scene.theme)
    window.commands["view.theme_light"].trigger()
    assert laid == ["", style_sheet(coloured_theme("light", "blue_red"))]


def test_the_overlays_buttons_take_the_scales_colours(window: MainWindow, qtbot: QtBot) -> None:
    for colours in ("blue_red", "purple_gold"):
        window.commands[f"view.colours_{colours}"].trigger()
        theme = coloured_theme("dark", colours)
        for overlay, ground in (
            ("values", theme.positive),
            ("gradients", theme.gradient_positive),
            ("updates", theme.update),
        ):
            window.commands[f"view.show_{overlay}"].trigger()
            qtbot.wait(20)
            button = window.tool_bar._overlays[f"view.show_{overlay}"]
            assert button.grab().toImage().pixelColor(8, 6).name() == ground


def test_large_text_is_the_same_after_all_themes(window: MainWindow, qtbot: QtBot) -> None:
    prepared(window, qtbot).commands["view.scale_150"].trigger()
    bars = pictures(window, qtbot)[:4]
    for _ in range(3):
        window.commands["view.theme"].trigger()
        QApplication.processEvents()
    # Three themes on it is the first again: menus, tool bar, drawing and step line as before.
    assert pictures(window, qtbot)[:4] == bars
