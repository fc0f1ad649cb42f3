"""Every lesson walked page by page in the window, with the figures that its pages print."""

from __future__ import annotations

import importlib.util
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.model.edit import Change, Edit
from bpviz.model.schema import Bookmark, Lesson, Page, Session
from bpviz.model.session import decode_session, load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.page_panels import PARTS
from tests.test_architecture import ROOT
from tests.ui.conftest import open_window, session, window

__all__ = ["open_window", "session", "window"]

LESSONS = sorted((ROOT / "resources" / "lessons").glob("*.bpviz.json"))
CONTROL = Qt.KeyboardModifier.ControlModifier
# What the fifth text prints wrongly, quantity by quantity, page by page.
ERRATA = {
    "z(h1)": {".31"}, "z(h2)": {".29"}, "a(h1)": {".57"}, "a(h2)": {".57"}, "z(y)": {".71"},
    "a(y)": {".67"}, "E": {".017"}, "delta(y)": {"−.05"}, "dE/db(y)": {"−.05"},
    "dE/dw(h1->y)": {"−.03"}, "dE/dw(h2->y)": {"−.04"}, "delta(h1)": {"−.01"},
    "delta(h2)": {"−.01"},
}  # fmt: skip


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    path = ROOT / "packaging" / "make_lessons.py"
    spec = importlib.util.spec_from_file_location("make_lessons", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages_of(path: Path) -> tuple[Page, ...]:
    lesson = load_session(path).lesson
    assert isinstance(lesson, Lesson)
    return lesson.pages


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values agree, numbers up to what another processor may round."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-15)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name.partition(".")[0])
def test_a_lesson_is_what_its_source_gives(path: Path, maker: ModuleType) -> None:
    name = path.name.removesuffix(".bpviz.json")
    made = json.loads(maker.made(ROOT / "packaging" / "lessons" / f"{name}.toml"))
    assert same(made, json.loads(path.read_bytes())), "run packaging/make_lessons.py"


def test_every_source_has_its_lesson() -> None:
    sources = {path.stem for path in (ROOT / "packaging" / "lessons").glob("*.toml")}
    assert sources == {path.name.removesuffix(".bpviz.json") for path in LESSONS}
    assert len(sources) == 12


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name.partition(".")[0])
def test_pages_are_whole(path: Path) -> None:
    pages = pages_of(path)
    assert 5 <= len(pages) <= 10
    assert len({page.title for page in pages}) == len(pages), "bookmarks go by the title"
    for page in pages:
        assert page.text
        assert page.grain
        assert page.overlay
        assert page.text.count("$$") % 2 == 0
        assert page.text.replace("$$", "").count("$") % 2 == 0, page.title
    assert any(page.expect for page in pages)


def walked(window: MainWindow) -> Iterator[Page]:
    """Yield the pages of the open lesson, turned with the key."""
    guide = window.workspace.lesson_panel.guide
    while True:
        assert guide.page is not None
        deadline = time.monotonic() + 10.0
        while window.player.travel.busy and time.monotonic() < deadline:
            QApplication.processEvents()
        yield guide.page
        if guide.index + 1 == len(guide.pages):
            return
        QTest.keyClick(window, Qt.Key.Key_PageDown, CONTROL)


def test_every_lesson_page_by_page(window: MainWindow) -> None:
    panel = window.workspace.lesson_panel
    for path in LESSONS:
        window.files._on_lesson(load_session(path))
        QApplication.processEvents()
        assert panel.isVisible(), path.name
        for page in walked(window):
            place = f"{path.name}: {page.title}"
            check_view(window, page, place)
            check_figures(window, page, place)
            check_labels(window, place)
            assert panel.title == page.title
            assert panel.notice == ""
        assert not window.document.dirty, "reading changes nothing"


def check_view(window: MainWindow, page: Page, place: str) -> None:
    player, document, scene = window.player, window.document, window.scene
    guide = window.workspace.lesson_panel.guide
    assert guide.is_at_home, place
    assert player.grain == page.grain, place
    assert scene.overlay == window.view.overlay == page.overlay, place
    assert set(scene.selected_nodes() + scene.selected_edges()) == set(page.selection), place
    wanted = [each.frame for each in document.session.bookmarks if each.name == page.title]
    assert player.frame_index == (wanted[0] if wanted else -1), place
    assert player.trace is not None, place
    assert page.panel, f"{place}: what is seen must not hang on the page before"
    whole = PARTS.get(page.panel, page.panel)
    groups = window.workspace.analysis.groups
    dock = next((name for name, group in groups.items() if whole in group.panels), whole)
    assert window.workspace.docks[dock].is_front, (place, dock)
    assert dock not in groups or groups[dock].front == whole, place
    if page.panel == "surface":
        surface = window.workspace.statistics_panel.surface
        pair = surface.pair
        assert pair is not None, place
        assert {each.name for each in pair} == set(page.selection), place


def check_figures(window: MainWindow, page: Page, place: str) -> None:
    figures = window.workspace.lesson_panel.figures
    for expected, figure in zip(page.expect, figures, strict=True):
        wrong = place.startswith("S5") and expected.printed in ERRATA.get(expected.quantity, ())
        assert figure.verdict == ("differs" if wrong else "agrees"), (place, figure)


def check_labels(window: MainWindow, place: str) -> None:
    """No label of an edge touches another, and up to 20 edges all have one."""
    picture = window.scene.picture
    (width, height), labels = picture.label_layer.size, picture.label_layer.labels
    for number, one in enumerate(labels):
        for other in labels[number + 1 :]:
            assert abs(one.x - other.x) > width or abs(one.y - other.y) > height, place
    if picture.geometry.edge_count <= 20:
        assert len(labels) == picture.geometry.edge_count, place


def lesson_of(session: Session) -> Session:
    """Return a session with a history of 30 iterations and three pages on it."""
    pages = (
        Page("Start", "Text $x$", position=(0, 0), grain="neuron", overlay="values"),
        Page("Later", "More", position=(0, 10), grain="term", overlay="updates", selection=("h1",)),
        Page("Anywhere", "End"),
    )
    return msgspec.structs.replace(
        session, lesson=Lesson(pages), bookmarks=(Bookmark("Later", (0, 10), 3),)
    )


@pytest.fixture
def lesson(window: MainWindow) -> MainWindow:
    """A window on a lesson of three pages, with 30 iterations done."""
    window.document.new(lesson_of(window.document.session))
    for _ in range(30):
        window.player.step_iteration()
    window.lesson_commands.turn_to(0)
    return window


def test_a_page_moves_along_the_history_and_destroys_nothing(lesson: MainWindow) -> None:
    player = lesson.player
    assert (player.iteration, player.last_iteration) == (0, 30)
    QTest.keyClick(lesson, Qt.Key.Key_PageDown, CONTROL)
    assert (player.iteration, player.frame_index, player.grain) == (10, 3, "term")
    assert lesson.scene.selected_nodes() == ["h1"]
    QTest.keyClick(lesson, Qt.Key.Key_PageDown, CONTROL)
    assert player.iteration == 10, "a page without a position leaves the player where it is"
    QTest.keyClick(lesson, Qt.Key.Key_PageUp, CONTROL)
    QTest.keyClick(lesson, Qt.Key.Key_PageUp, CONTROL)
    assert (player.iteration, player.last_iteration) == (0, 30)


def test_what_the_learner_changed_stays(lesson: MainWindow) -> None:
    before = lesson.document.session.network.edges[0].weight
    edit = Edit("Set a weight", (Change("edges/x1->h1/weight", before, 9.0),))
    lesson.document.push(edit)
    panel = lesson.workspace.lesson_panel
    lesson.lesson_commands.turn_to(1)
    assert "took the place" in panel.notice
    assert lesson.document.session.network.edges[0].weight == 9.0
    panel._run.click()
    assert panel.notice == ""
    assert lesson.player.iteration == 10
    assert [run.name for run in lesson.document.runs] == ["Run 2"], "the learner's own is kept"


def test_moving_a_node_shifts_no_page(lesson: MainWindow) -> None:
    lesson.lesson_commands.turn_to(1)
    change = Change("nodes/h1/position", lesson.document.session.network.nodes[2].position, (1, 2))
    lesson.document.push(Edit("Move", (change,)))
    lesson.player.seek(20)
    lesson.lesson_commands.turn_to(1)
    assert lesson.player.iteration == 10
    assert lesson.workspace.lesson_panel.notice == ""


def test_a_session_that_stands_elsewhere_stays_there(window: MainWindow, tmp_path: Path) -> None:
    window.document.new(lesson_of(window.document.session))
    for _ in range(5):
        window.player.step_iteration()
    path = tmp_path / "half.bpviz.json"
    window.document.save(path)
    window.document.open(path)
    assert window.player.iteration == 5
    assert window.workspace.lesson_panel.title == "Start"


def test_the_contents_open_any_page(lesson: MainWindow) -> None:
    panel = lesson.workspace.lesson_panel
    panel._fill_menu()
    actions = panel._menu.actions()
    assert [action.text() for action in actions] == ["1  Start", "2  Later", "3  Anywhere"]
    actions[2].trigger()
    assert panel.title == "Anywhere"
    assert not lesson.commands["lesson.next"].isEnabled()
    assert lesson.commands["lesson.back"].isEnabled()


def test_without_pages_the_panel_says_what_to_do(window: MainWindow) -> None:
    window.lesson_commands.show_panel("lesson")
    assert "no pages" in window.workspace.lesson_panel.reader.toPlainText()
    assert not window.commands["lesson.next"].isEnabled()


def test_a_panel_on_the_right_is_shown_below_the_page_and_goes_back(window: MainWindow) -> None:
    pages = (Page("One", "a", panel="explain"), Page("Two", "b"), Page("Three", "c", panel="paths"))
    session = msgspec.structs.replace(window.document.session, lesson=Lesson(pages))
    window.document.new(session)
    docks = window.workspace.docks

    def below(name: str) -> bool:
        QApplication.processEvents()
        return docks[name] in window.tabifiedDockWidgets(docks["decision"])

    assert below("explain")
    window.lesson_commands.turn_to(1)
    assert not below("explain")
    assert docks["explain"] in window.tabifiedDockWidgets(docks["lesson"])
    window.lesson_commands.turn_to(2)
    assert below("derive")
    window.lesson_commands.turn_to(0)
    assert below("explain")
    assert not below("derive")


def test_a_lesson_replays_where_training_rounds_otherwise(window: MainWindow) -> None:
    """An edit behind a run was saved with weights whose last bits another machine may not get."""
    path = ROOT / "resources" / "lessons" / "T3_learning_rate.bpviz.json"
    text = path.read_text(encoding="utf-8")
    session = load_session(path)
    assert not isinstance(session.history, msgspec.UnsetType)
    saved = msgspec.to_builtins(session.history.entries[1])
    before = saved["changes"][0]["before"]
    assert isinstance(before, float)
    other = text.replace(repr(before), repr(math.nextafter(before, 9.0)))
    assert other != text
    window.document.new(decode_session(other.encode()).session)
    window.lesson_commands.turn_to(3)
    assert window.player.iteration == 1
    assert window.workspace.lesson_panel.notice == ""


def test_the_header_shows_the_loss_of_the_page(window: MainWindow) -> None:
    """Two edits of one iteration lie between the first page of S2 and its layers."""
    window.document.new(load_session(ROOT / "resources" / "lessons" / "S2.bpviz.json"))
    window.lesson_commands.turn_to(6)
    assert window.workspace.header._loss.text() == "loss 0.1976"
    window.lesson_commands.turn_to(0)
    assert window.workspace.header._loss.text() == "loss −12.00"
    window.lesson_commands.turn_to(5)
    assert window.workspace.header._loss.text() == "loss −16.00"
