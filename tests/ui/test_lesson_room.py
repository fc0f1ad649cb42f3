"""A page of a lesson gets the room that its text and figures need, and scrolls to its part."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QScrollArea, QToolButton
from pytestqt.qtbot import QtBot

from bpviz.model.schema import Lesson, Page, Session
from bpviz.model.session import load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.page_panels import PAGE_PANELS, PARTS
from bpviz.ui.style import THEMES, contrast, resource_path
from tests.ui.conftest import close_for_good

Opener = Callable[[Session | None], MainWindow]
LONG = "\n\n".join(f"Paragraph {number} of a text." for number in range(14))


def lesson(session: Session, *pages: Page) -> Session:
    return msgspec.structs.replace(session, lesson=Lesson(pages))


def opened(open_window: Opener, session: Session) -> MainWindow:
    window = open_window(session)
    window.resize(1440, 900)
    QApplication.processEvents()
    return window


def turn(window: MainWindow, index: int) -> None:
    window.lesson_commands.turn_to(index)
    QTest.qWait(120)


def hidden_lines(window: MainWindow) -> int:
    return int(window.workspace.lesson_panel.reader.verticalScrollBar().maximum())


def test_a_long_page_gets_the_height_it_needs(open_window: Opener, session: Session) -> None:
    pages = (Page("Short", "a"), Page("Long", LONG), Page("Longer", LONG + "\n\n" + LONG))
    window = opened(open_window, lesson(session, *pages))
    docks = window.workspace.docks
    turn(window, 0)
    short = docks["lesson"].height()
    turn(window, 1)
    assert docks["lesson"].height() > short + 50
    assert hidden_lines(window) == 0
    turn(window, 2)
    assert hidden_lines(window) > 0
    assert docks["decision"].height() >= 200, "something is left below"
    turn(window, 0)
    assert docks["lesson"].height() == pytest.approx(short, abs=20)


def test_what_was_divided_by_hand_stays(open_window: Opener, session: Session) -> None:
    window = opened(open_window, lesson(session, Page("Short", "a"), Page("Long", LONG)))
    docks: list[QDockWidget] = [window.workspace.docks[name] for name in ("lesson", "decision")]
    turn(window, 0)
    total = sum(dock.height() for dock in docks)
    window.resizeDocks(docks, [300, total - 300], Qt.Orientation.Vertical)
    QTest.qWait(60)
    own = docks[0].height()
    turn(window, 1)
    assert docks[0].height() == own


def test_every_figure_of_a_page_is_seen_at_once(open_window: Opener, qtbot: QtBot) -> None:
    window = opened(open_window, load_session(resource_path("lessons", "S5.bpviz.json")))
    for index in range(len(window.workspace.lesson_panel.guide.pages)):
        window.lesson_commands.turn_to(index)
        # No more than the key of the marks is left.
        qtbot.waitUntil(lambda: hidden_lines(window) <= 24)


def test_a_page_scrolls_to_the_curve(open_window: Opener, session: Session, qtbot: QtBot) -> None:
    window = opened(open_window, lesson(session, Page("One", "a"), Page("Two", "b", panel="curve")))
    window.player.show_frame(2)
    turn(window, 1)
    curve = window.workspace.explain_panel.activation
    qtbot.waitUntil(lambda: curve.visibleRegion().boundingRect().height() > 100)


def test_a_curve_higher_than_its_room_is_shown_from_its_top(
    open_window: Opener, session: Session, qtbot: QtBot
) -> None:
    window = opened(open_window, lesson(session, Page("1", LONG), Page("2", LONG, panel="curve")))
    window.resize(1280, 720)
    window.commands["view.scale_200"].trigger()
    window.player.show_frame(2)
    turn(window, 1)
    curve = window.workspace.explain_panel.activation
    qtbot.waitUntil(lambda: not curve.visibleRegion().isEmpty())
    QTest.qWait(120)
    assert curve.visibleRegion().boundingRect().top() == 0


def test_the_button_to_the_next_page_is_drawn_for_its_ground(
    open_window: Opener, session: Session
) -> None:
    window = opened(open_window, lesson(session, Page("One", "a"), Page("Two", "b")))
    button = window.findChild(QToolButton, "lesson.turn_on")
    assert button is not None
    for theme in THEMES.values():
        window.commands[f"view.theme_{theme.name}"].trigger()
        image = button.icon().pixmap(QSize(20, 20)).toImage()
        shades = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert shades == {theme.on_accent}
    turn(window, 1)
    assert not button.isEnabled()
    ground = button.grab().toImage().pixelColor(6, button.height() // 2).name()
    assert contrast(ground, theme.accent) > 3.0, "a button that can't be pressed does not call"


def test_explain_begins_at_its_top_after_a_page_that_showed_its_curve(
    open_window: Opener, session: Session, qtbot: QtBot
) -> None:
    pages = (Page("One", LONG, panel="curve"), Page("Two", LONG, panel="explain"))
    window = opened(open_window, lesson(session, *pages))
    window.player.show_frame(2)
    area = window.workspace.docks["explain"].findChild(QScrollArea)
    assert area is not None
    bar = area.verticalScrollBar()
    turn(window, 0)
    qtbot.waitUntil(lambda: bar.value() > 0)
    turn(window, 1)
    assert bar.value() == 0


def test_a_page_computes_the_surface_over_its_two_weights(
    open_window: Opener, session: Session, qtbot: QtBot
) -> None:
    edges = ("x1->h1", "h1->y1")
    pages = (
        Page("One", "a", selection=edges, panel="surface"),
        Page("Two", "b", selection=edges[:1], panel="surface"),
    )
    window = opened(open_window, lesson(session, *pages))
    surface = window.workspace.statistics_panel.surface
    turn(window, 0)
    qtbot.waitUntil(lambda: surface.is_computed)
    assert surface.pair is not None
    assert tuple(each.name for each in surface.pair) == edges
    assert window.workspace.docks["statistics"].is_front
    turn(window, 1)
    assert surface.is_computed, "one edge is no pair: what stands there stays"


def test_every_panel_that_a_page_may_name_can_be_shown(window: MainWindow) -> None:
    names = [name for name in PAGE_PANELS if name]
    pages = [Page(name, "a", panel=name) for name in names]
    window.document.new(lesson(window.document.session, *pages))
    workspace = window.workspace
    groups = workspace.analysis.groups
    for index, name in enumerate(names):
        window.lesson_commands.turn_to(index)
        whole = PARTS.get(name, name)
        inside = next((dock for dock, group in groups.items() if whole in group.panels), whole)
        assert workspace.docks[inside].is_front, name
        if inside in groups:
            assert groups[inside].front == whole
        if whole == "data" and name != "data":
            assert workspace.data_panel.page == name


def test_what_a_page_arranged_is_not_the_users_layout(
    open_window: Opener, session: Session
) -> None:
    first = opened(open_window, lesson(session, Page("One", "a", panel="explain")))
    turn(first, 0)
    docks = first.workspace.docks
    assert docks["explain"] in first.tabifiedDockWidgets(docks["decision"])
    close_for_good(first)
    second = open_window(session)
    docks = second.workspace.docks
    assert docks["explain"] not in second.tabifiedDockWidgets(docks["decision"])
    assert docks["explain"] in second.tabifiedDockWidgets(docks["lesson"])
