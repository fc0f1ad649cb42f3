"""The size of texts for a projector: menu, keys, panels, and the next start."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QFontInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Session
from bpviz.ui.canvas.corners import around_scale, has_key, key_rect
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.choice_group import ChoiceButton, ChoiceGroup
from bpviz.ui.panels.workspace import PLACES
from bpviz.ui.style import text_scale
from tests.ui.conftest import NO_RAISE, close_for_good

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


def test_formulas_panels_and_header_grow_and_shrink_again(window: MainWindow, qtbot: QtBot) -> None:
    window.player.step_forward("neuron")
    window.player.step_forward("neuron")
    panel = window.workspace.explain_panel
    label = next(each for each in panel.findChildren(QLabel) if each.text() == panel.sentence)
    before = (panel.formula.type_size, label.fontMetrics().height())
    dock = window.workspace.docks["explain"]
    width = dock.width()
    window.commands["view.scale_150"].trigger()
    assert panel.formula.type_size == round(1.5 * before[0])
    assert label.fontMetrics().height() > 1.35 * before[1]
    qtbot.waitUntil(lambda: dock.width() > width)
    assert panel.formula.page.width <= panel.formula.width()
    window.commands["view.scale_100"].trigger()
    assert (panel.formula.type_size, label.fontMetrics().height()) == before


def test_keys_go_from_size_to_size(window: MainWindow) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    assert not window.commands["view.smaller"].isEnabled()
    for percent in (125, 150, 200):
        QTest.keyClick(window, Qt.Key.Key_Plus, both)
        assert window.commands[f"view.scale_{percent}"].isChecked()
    assert not window.commands["view.larger"].isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Minus, both)
    assert window.settings.number("scale") == 150


def test_the_size_lasts_until_the_next_start(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    first = open_window(session)
    first.commands["view.scale_125"].trigger()
    close_for_good(first)
    second = open_window(session)
    assert second.commands["view.scale_125"].isChecked()
    assert second.workspace.explain_panel.formula.type_size == round(1.25 * 17)


def test_no_formula_is_cut_at_the_projectors_size(window: MainWindow) -> None:
    window.resize(1440, 900)
    window.commands["view.scale_150"].trigger()
    analysis, player = window.workspace.analysis, window.player
    for name, view in (
        ("explain", window.workspace.explain_panel.formula),
        ("derivation", analysis.derivation.view),
        ("paths", analysis.paths.view),
        ("matrices", analysis.matrices.view),
    ):
        window.commands[f"view.front_{name}"].trigger()
        for _ in range(len(player.frames or ())):
            player.step_forward("neuron")
            assert view.page.width <= view.width(), (name, player.frame)


def test_the_window_still_fits_its_screen(window: MainWindow) -> None:
    for size, percent in (((1440, 900), 150), ((1280, 720), 200)):
        window.resize(*size)
        window.commands[f"view.scale_{percent}"].trigger()
        for name, place in PLACES.items():
            if place.area == Qt.DockWidgetArea.RightDockWidgetArea:
                window.workspace.bring_to_front(name)
                QApplication.processEvents()
                assert (window.width(), window.height()) == size, name
                assert window.minimumSizeHint().height() <= size[1], name
                assert window.minimumSizeHint().width() <= size[0], name


def test_nothing_over_the_drawing_lies_over_something_else(window: MainWindow) -> None:
    frame = window.workspace.canvas_frame
    # A change of the texts' size is dearer than one of the window's.
    for percent in (100, 150, 200):
        window.commands[f"view.scale_{percent}"].trigger()
        for size in ((1440, 900), (1280, 720), (1060, 900)):
            window.resize(*size)
            QApplication.processEvents()
            area = QRectF(frame.rect())
            buttons = [
                QRectF(each.mapTo(frame, QPoint(0, 0)), each.size())
                for each in frame.findChildren(QToolButton)
                if each.isVisibleTo(frame) and each.objectName() != "gradient_check"
            ]
            for first, second in combinations(buttons, 2):
                assert not first.intersects(second), (size, percent)
            if has_key(area, around_scale(percent / 100)):
                key = key_rect(area, around_scale(percent / 100))
                assert area.contains(key)
                inside = [each for each in buttons if each.intersects(key)]
                assert len(inside) == 1  # the button of the range belongs to the key
                assert key.contains(inside[0])


def test_key_lanes_and_axes_grow(window: MainWindow) -> None:
    window.resize(1440, 900)
    workspace = window.workspace
    lanes = (workspace.timeline_bar.iteration, workspace.timeline_bar.history)
    axes = [workspace.loss_plot.plot_item.getAxis(side) for side in ("left", "bottom")]
    before = [lane.height() for lane in lanes]
    key = key_rect(QRectF(workspace.canvas_frame.rect())).width()
    usual = QFontInfo(QApplication.font()).pixelSize()
    window.commands["view.scale_150"].trigger()
    QApplication.processEvents()
    assert [lane.height() - low for lane, low in zip(lanes, before, strict=True)] == [7, 7]
    area = QRectF(workspace.canvas_frame.rect())
    assert key_rect(area, around_scale(1.5)).width() > 1.2 * key
    for axis in axes:
        assert axis.style["tickFont"].pixelSize() == round(1.5 * usual)
    assert text_scale(workspace.decision_panel.plot.font()) == pytest.approx(1.5, abs=0.05)
    window.commands["view.scale_100"].trigger()
    QApplication.processEvents()
    assert [lane.height() for lane in lanes] == before
    assert axes[0].style["tickFont"].pixelSize() == usual


def test_a_narrow_tool_bar_has_menus_in_the_place_of_buttons(window: MainWindow) -> None:
    bar = window.tool_bar
    window.resize(1440, 900)
    QApplication.processEvents()
    groups = bar.findChildren(ChoiceGroup)
    assert [group.is_short for group in groups] == [False, False]
    for width, expected in ((1280, [True, False]), (1000, [True, True])):
        window.resize(width, 900)
        QApplication.processEvents()
        assert [group.is_short for group in groups] == expected
        header = window.workspace.header
        assert header.isVisible()
        assert header.mapTo(window, QPoint(header.width(), 0)).x() <= width
    button = groups[0].findChild(ChoiceButton)
    assert button is not None
    assert button.text() == "Neuron ▾"
    window.commands["run.grain_layer"].trigger()
    assert button.text() == "Layer ▾"
    assert button.accessibleName() == "Step by: Layer"
    window.resize(1440, 900)
    QApplication.processEvents()
    assert [group.is_short for group in groups] == [False, False]


def test_matrices_too_wide_for_their_panel_are_set_smaller(window: MainWindow) -> None:
    """Of numbers that fit in no other way some columns are left out, then they are set smaller."""
    window.commands["view.digits_10"].trigger()
    window.commands["view.front_matrices"].trigger()
    window.player.step_forward("phase")
    view = window.workspace.analysis.matrices.view
    view.set_scale(2.0)
    view.resize(120, view.height())
    assert len(view.page.hits) > 0
    wide = view.page.height
    view.set_scale(1.0)
    assert view.page.height <= wide


def test_dialogs_grow(window: MainWindow) -> None:
    heights = []
    for percent in (100, 150):
        window.commands[f"view.scale_{percent}"].trigger()
        window.commands["run.until"].trigger()
        (dialog,) = [each for each in window.findChildren(QDialog) if each.isVisible()]
        label = dialog.findChild(QLabel)
        assert label is not None
        heights.append(label.fontMetrics().height())
        dialog.reject()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert heights[1] > 1.4 * heights[0]
