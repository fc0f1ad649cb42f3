"""The gradient plot: what is drawn is what was measured, dim ahead, filled in on demand."""

import math

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.document.saving import encode_with_history
from bpviz.engine.statistics import layer_norms
from bpviz.model.session import decode_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.gradient_panel import GradientPanel
from bpviz.ui.style import LIGHT


def panel_of(window: MainWindow) -> GradientPanel:
    panel = window.workspace.panels["gradients"]
    assert isinstance(panel, GradientPanel)
    return panel


def fill_button(window: MainWindow) -> QToolButton:
    button = window.findChild(QToolButton, "gradients.fill")
    assert button is not None
    return button


def test_what_is_drawn_is_the_trace_of_each_position(window: MainWindow) -> None:
    player, plot = window.player, panel_of(window).plot
    for _ in range(6):
        player.step_iteration()
    player.seek(3)
    for layer in (0, 1):
        x, y = plot.curve_data(layer)
        assert x.tolist() == [0, 1, 2, 3]
        ahead_x, ahead_y = plot.curve_data(layer, ahead=True)
        assert ahead_x.tolist() == [3, 4, 5, 6]
        assert player.trace is not None
        size = layer_norms(player.program, player.trace.gradient)[layer]
        assert y[-1] == ahead_y[0] == math.log10(size)
    assert plot.verdict == ""
    window.commands["run.reset"].trigger()
    assert plot.curve_data(0)[0].tolist() == [0]


def test_the_panel_follows_a_run_and_a_theme(window: MainWindow, qtbot: QtBot) -> None:
    window.player.run()
    qtbot.waitUntil(lambda: window.player.iteration > 20)
    window.player.pause()
    x, _ = panel_of(window).plot.curve_data(0)
    assert x[-1] == window.player.iteration
    window.view.set_theme("light")
    assert panel_of(window).plot.plot.backgroundBrush().color().name() == LIGHT.canvas


def test_vanishing_is_said_in_words(window: MainWindow) -> None:
    session = window.document.session
    edges = tuple(
        msgspec.structs.replace(edge, weight=1e-12) if edge.target == "y1" else edge
        for edge in session.network.edges
    )
    network = msgspec.structs.replace(session.network, edges=edges)
    window.document.new(msgspec.structs.replace(session, network=network))
    plot = panel_of(window).plot
    assert plot.verdict.startswith("Vanishing: the gradient of layer 1")
    label = plot.findChild(QLabel, "gradients.verdict")
    assert isinstance(label, QLabel)
    for width in (600, 260, 200):
        plot.resize(width, 220)
        QApplication.processEvents()
        assert label.height() >= label.heightForWidth(label.width())
        assert plot.plot.rect().contains(label.geometry())


def test_an_opened_history_is_filled_in(window: MainWindow, qtbot: QtBot) -> None:
    window.document.timeline.advance(40)
    window.document.publish("Train")
    measured = window.player.curve.gradients.copy()
    text, _ = encode_with_history(window.document.timeline)
    assert not fill_button(window).isVisible()
    window.document.new(decode_session(text).session)
    before = window.document.session
    assert len(window.player.curve.gradients) == 1
    button = fill_button(window)
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not button.isVisible())
    curve = window.player.curve.gradients
    assert curve.iteration == measured.iteration
    assert np.array_equal(curve.sizes, measured.sizes)
    assert window.document.session is before
    assert not window.document.dirty


def test_filling_in_can_be_cancelled(window: MainWindow) -> None:
    window.document.timeline.advance(40)
    window.document.publish("Train")
    text, _ = encode_with_history(window.document.timeline)
    window.document.new(decode_session(text).session)
    button = fill_button(window)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text().startswith("Cancel")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.text() == "Fill in"
    assert len(window.player.curve.gradients) == 1
