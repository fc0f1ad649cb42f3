"""The gradient check in the window: badge, table, plot and slider."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from bpviz.explain.numbers import format_number
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import delete, set_edge
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels import idle_check
from bpviz.ui.panels.check_panel import STEPS, CheckPanel
from bpviz.ui.plots.step_plot import StepPlot
from bpviz.ui.style import THEMES
from tests.ui.conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


def done(window: MainWindow) -> Callable[[], bool]:
    return lambda: window.workspace.analysis.idle_check.is_done


def badge(window: MainWindow) -> QToolButton:
    found = named(window, "gradient_check", QToolButton)
    assert isinstance(found, QToolButton)
    return found


@pytest.fixture
def panel(window: MainWindow, qtbot: QtBot) -> CheckPanel:
    QTest.mouseClick(badge(window), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(done(window))
    return window.workspace.analysis.check


def test_the_badge_checks_when_all_is_still(window: MainWindow, qtbot: QtBot) -> None:
    assert "gradient check" in badge(window).text()  # it may be done by now
    qtbot.waitUntil(done(window))
    assert badge(window).text().startswith("✓ gradient check ")
    check = window.workspace.analysis.idle_check
    assert check.count == check.total == 9
    # A step within the iteration changes nothing, the next iteration does.
    window.player.step_forward("neuron")
    assert check.is_done
    window.player.step_iteration()
    assert check.count == 0
    assert badge(window).text() == "gradient check"
    qtbot.waitUntil(done(window))


def test_it_rests_while_frames_are_walked_through(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, player = window.workspace.analysis.idle_check, window.player
    monkeypatch.setattr(idle_check, "SLICE", 0.0)
    player.step_iteration()
    qtbot.waitUntil(lambda: check.count > 0)
    player.step_forward("neuron")
    before = check.count
    assert before < check.total
    for _ in range(5):
        QApplication.processEvents()
    assert check.count == before
    qtbot.waitUntil(done(window))


def test_it_rests_while_a_run_is_on_and_when_it_is_switched_off(
    window: MainWindow, qtbot: QtBot
) -> None:
    check = window.workspace.analysis.idle_check
    qtbot.waitUntil(done(window))
    window.player.run()
    qtbot.waitUntil(lambda: window.player.iteration > 3)
    assert check.total == 0
    window.commands["view.gradient_check"].trigger()
    assert not badge(window).isVisible()
    window.player.pause()
    qtbot.wait(2 * idle_check.REST_MS)
    assert check.total == 0
    window.commands["view.gradient_check"].trigger()
    qtbot.waitUntil(done(window))


def test_what_is_dear_waits_to_be_asked_for(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_check, "SLICE", 0.0)
    monkeypatch.setattr(idle_check, "DEAR", 0.0)
    check = window.workspace.analysis.idle_check
    window.commands["view.front_gradient_check"].trigger()
    window.player.step_iteration()  # it may have begun already
    qtbot.waitUntil(lambda: check.waits)
    assert re.fullmatch("gradient check [1-8] of 9", badge(window).text())
    go = named(window.workspace.analysis.check, "check.go")
    assert go.isVisible()
    QTest.mouseClick(go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(done(window))
    assert not go.isVisible()


def test_the_badge_has_room_for_its_text_at_once(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idle_check, "SLICE", 0.0)
    window.player.step_iteration()  # it may have begun already
    shown, counting = badge(window), set[int]()

    def on_progressed() -> None:
        wanted = shown.fontMetrics().horizontalAdvance(shown.text())
        assert shown.width() > wanted, shown.text()
        if " of " in shown.text():
            counting.add(shown.width())

    window.workspace.analysis.idle_check.progressed.connect(on_progressed)
    qtbot.waitUntil(done(window))
    assert len(counting) == 1, "the width jumps while it counts"


def test_the_table_has_the_worst_first_and_selects(window: MainWindow, panel: CheckPanel) -> None:
    assert panel.is_seen
    errors = [check.error for check in panel.model.checks]
    assert len(errors) == 9
    assert errors == sorted(errors, reverse=True)
    assert "9 of 9 parameters checked. ✓ They agree" in panel.summary
    header = panel.table.horizontalHeader()
    QTest.mouseClick(
        header.viewport(),
        Qt.MouseButton.LeftButton,
        pos=header.rect().topLeft() + header.rect().center() * 0.2,
    )
    names = [check.name for check in panel.model.checks]
    assert names == sorted(names) or names == sorted(names, reverse=True)
    row = names.index("h1->y1")
    at = panel.table.visualRect(panel.model.index(row, 1)).center()
    panel.table.scrollTo(panel.model.index(row, 1))
    at = panel.table.visualRect(panel.model.index(row, 1)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert window.scene.selected_edges() == ["h1->y1"]


def test_the_slider_shows_both_kinds_of_error(window: MainWindow, panel: CheckPanel) -> None:
    middle = panel.slider.height() // 2
    # Each click beside the handle moves it by one power of ten.
    for _ in range(20):
        right = QPoint(panel.slider.width() - 2, middle)
        QTest.mouseClick(panel.slider, Qt.MouseButton.LeftButton, pos=right)
    assert panel.slider.value() == len(STEPS) - 1
    window.resize(1440, 900)
    QApplication.processEvents()
    for part in (panel.plot, panel.slider, panel.findChild(QLabel, "check.step_text")):
        assert isinstance(part, QWidget)
        assert part.visibleRegion().boundingRect() == part.rect(), part.objectName()
    assert panel.step_text.endswith("the curve bends away.")
    for _ in range(20):
        QTest.mouseClick(panel.slider, Qt.MouseButton.LeftButton, pos=QPoint(2, middle))
    assert panel.step_text.endswith("for the digits that the loss has.")
    assert "h = 1e−12" in panel.step_text


def test_the_panel_follows_the_selection_and_an_edit(
    window: MainWindow, panel: CheckPanel, qtbot: QtBot
) -> None:
    window.scene.select(["y1"], [])
    (index,) = panel.table.selectionModel().selectedRows()
    assert panel.model.checks[index.row()].name == "y1"
    window.document.push(set_edge(window.document.session, ["h1->y1"], "weight", 2.0))
    assert "begins as soon as" in panel.summary
    qtbot.waitUntil(done(window))
    assert "9 of 9" in panel.summary


def test_kinks_are_told(
    open_window: Callable[[Session | None], MainWindow], session: Session, qtbot: QtBot
) -> None:
    network = Network((Input("x"), Unit("u", activation="relu")), (Edge("x", "u", 0.0),), ("u",))
    rows = TableData(inputs=((1.0,),), targets=((1.0,),))
    window = open_window(Session(network=network, data=rows, training=session.training))
    qtbot.waitUntil(done(window))
    assert badge(window).text().endswith("· 2 at a kink")
    window.commands["view.front_gradient_check"].trigger()
    panel = window.workspace.analysis.check
    assert "2 lie at a kink" in panel.summary
    assert panel.step_text.startswith("h = ")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_an_empty_plot_and_one_without_error_are_painted(qtbot: QtBot, theme: str) -> None:
    plot = StepPlot(THEMES[theme])
    qtbot.addWidget(plot)
    plot.resize(320, 168)
    assert not plot.grab().isNull()
    plot.show_errors([], -1)
    assert not plot.grab().isNull()


def test_digits_change_while_the_panel_rests_on_another_network(
    window: MainWindow, panel: CheckPanel
) -> None:
    window.scene.select([], ["h2->y1"])
    QApplication.processEvents()
    window.commands["view.front_explain"].trigger()
    QApplication.processEvents()
    session = window.document.session
    window.document.push(delete(session, ["h1", "h2"], [], None))
    window.view.set_digits(6)
    window.commands["view.front_gradient_check"].trigger()
    QApplication.processEvents()
    assert window.document.session.network.edges == ()


def test_names_stay_readable_at_projector_size(window: MainWindow, panel: CheckPanel) -> None:
    window.view.set_scale(150)
    assert panel.table.isColumnHidden(2)
    assert panel.table.rowHeight(0) == 36
    tip = panel.model.data(panel.model.index(0, 1), Qt.ItemDataRole.ToolTipRole)
    assert format_number(panel.model.checks[0].numeric, 4) in str(tip)
    window.view.set_scale(100)
    assert not panel.table.isColumnHidden(2)
