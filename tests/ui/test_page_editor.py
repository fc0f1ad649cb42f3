"""Pages written by hand: added, moved, removed, with a view and figures of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from bpviz.model.edit import Change, Edit, EditError
from bpviz.model.pages import add_page, change_page, free_title, move_page, remove_page
from bpviz.model.schema import Lesson, Notation, Page
from bpviz.model.session import decode_session, load_session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.page_editor import PageEditor
from tests.ui.conftest import NO_RAISE, type_into


@pytest.fixture
def editor(window: MainWindow) -> PageEditor:
    """The editor, open, on a session without pages."""
    window.lesson_commands.show_panel("lesson")
    panel = window.workspace.lesson_panel
    QTest.mouseClick(panel.pencil, Qt.MouseButton.LeftButton)
    assert panel.editor.isVisible()
    return panel.editor


def titles(window: MainWindow) -> list[str]:
    lesson = window.document.session.lesson
    return [page.title for page in lesson.pages] if isinstance(lesson, Lesson) else []


def test_pages_are_added_written_moved_and_removed(window: MainWindow, editor: PageEditor) -> None:
    guide = window.workspace.lesson_panel.guide
    editor.buttons["add"].click()
    type_into(editor.title, "First")
    editor.buttons["add"].click()
    assert titles(window) == ["First", "New page"]
    assert guide.index == 1
    editor.buttons["up"].click()
    assert titles(window) == ["New page", "First"]
    assert guide.index == 0
    editor.text.setPlainText("Look at $w$.")
    editor.commit()
    assert guide.page is not None
    assert guide.page.text == "Look at $w$."
    editor.buttons["remove"].click()
    assert titles(window) == ["First"]
    for _ in range(6):
        window.document.undo()
    assert titles(window) == []
    assert guide.page is None
    window.document.redo()
    assert guide.page is not None


@pytest.mark.qt_log_ignore(NO_RAISE, extend=True)
def test_a_page_takes_the_present_view_and_sets_it_again(
    window: MainWindow, editor: PageEditor
) -> None:
    player, guide = window.player, window.workspace.lesson_panel.guide
    for _ in range(4):
        player.step_iteration()
    player.show_frame(5)
    window.scene.select(["h1"], [])
    window.commands["view.show_updates"].trigger()
    editor.buttons["add"].click()
    editor.buttons["view"].click()
    assert guide.page is not None
    assert (guide.page.overlay, guide.page.selection) == ("updates", ("h1",))
    assert window.document.session.bookmarks[0].frame == 5
    type_into(editor.title, "Here")
    assert window.document.session.bookmarks[0].name == "Here", "the frame goes by the title"
    player.seek(1)
    window.scene.select([], [])
    window.commands["view.show_values"].trigger()
    window.lesson_commands.on_again()
    assert (player.iteration, player.frame_index) == (4, 5)
    assert window.scene.selected_nodes() == ["h1"]
    assert window.scene.overlay == "updates"


def test_pages_written_later_are_read_and_saved_while_looking_back(
    window: MainWindow, editor: PageEditor, tmp_path: Path
) -> None:
    editor.buttons["add"].click()
    for _ in range(4):
        window.player.step_iteration()
    editor.buttons["add"].click()
    guide = window.workspace.lesson_panel.guide
    window.lesson_commands.turn_to(0)
    assert window.player.iteration == 0
    assert len(guide.pages) == 2, "going back in time takes no page back"
    window.files._save(tmp_path / "lesson.bpviz.json", None)
    lesson = load_session(tmp_path / "lesson.bpviz.json").lesson
    assert isinstance(lesson, Lesson)
    assert len(lesson.pages) == 2
    assert window.player.last_iteration == 4, "what lies ahead is kept"


@pytest.mark.qt_log_ignore(NO_RAISE, extend=True)
def test_figures_are_checked_as_they_are_written(window: MainWindow, editor: PageEditor) -> None:
    editor.buttons["add"].click()
    guide = window.workspace.lesson_panel.guide
    editor.set_figures([("a(y1)", ".75"), ("E", "")])
    assert guide.page is not None
    first, second = guide.page.expect
    assert first.printed == ".75"
    assert first.computed == pytest.approx(0.7486492779)
    assert second.printed, "left empty, the computed figure is printed"
    editor.set_figures([("nonsense(", "1")])
    assert guide.page.expect == (first, second), "what is no quantity changes nothing"
    item = editor.figures.item(0, 0)
    assert item is not None
    item.setText("")
    assert [each.quantity for each in guide.page.expect] == ["E"]


@pytest.mark.parametrize("first", ["lesson", "notation"])
def test_the_history_is_kept_where_a_session_gets_its_first_page_or_letters(
    window: MainWindow, tmp_path: Path, first: str
) -> None:
    session = window.document.session
    before = getattr(session, first)
    after = Lesson((Page("One"),)) if first == "lesson" else Notation("L", "y")
    window.document.push(Edit("First", (Change(first, before, after),)))
    window.player.step_iteration()
    window.document.save(tmp_path / "a.bpviz.json")
    loaded = decode_session((tmp_path / "a.bpviz.json").read_bytes())
    assert loaded.notices == ()
    window.document.open(tmp_path / "a.bpviz.json")
    assert window.player.iteration == 1
    window.player.back_iteration()
    window.document.undo()
    assert getattr(window.document.session, first) == before


def test_page_edits_refuse_what_can_not_be(window: MainWindow) -> None:
    session = window.document.session
    pages = (Page("A"), Page("B"))
    with pytest.raises(EditError):
        move_page(session, pages, 0, 2)
    for title in ("B", " ", "A", "A" * 201):
        with pytest.raises(EditError):
            change_page(session, pages, 0, Page(title), "x")
    assert free_title(pages, "A") == "A 2"
    assert all(edit.is_cosmetic for edit in (add_page(session, pages, 1, Page("A")),
                                             remove_page(session, pages, 0)))  # fmt: skip


def paste(field: QWidget, text: str) -> None:
    """Replace what stands in a field by `text` from the clipboard."""
    field.setFocus()
    for key in (Qt.Key.Key_A, Qt.Key.Key_V):
        if key == Qt.Key.Key_V:
            QApplication.clipboard().setText(text)
        QTest.keyClick(field, key, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.qt_log_ignore(NO_RAISE, extend=True)
def test_a_title_is_as_long_as_a_file_holds_and_no_longer(
    window: MainWindow, editor: PageEditor, tmp_path: Path
) -> None:
    editor.buttons["add"].click()
    paste(editor.title, 230 * "é")
    assert QToolTip.text() == "At most 200 characters"
    QTest.keyClick(editor.title, Qt.Key.Key_Return)
    assert titles(window) == [200 * "é"]
    path = tmp_path / "pages.bpviz.json"
    window.document.save(path)
    assert load_session(path).lesson == window.document.session.lesson


@pytest.mark.qt_log_ignore(NO_RAISE, extend=True)
def test_what_no_file_holds_is_refused_and_the_page_stays(
    window: MainWindow, editor: PageEditor, tmp_path: Path
) -> None:
    editor.buttons["add"].click()
    type_into(editor.title, "First")
    before, path = window.document.session, tmp_path / "pages.bpviz.json"
    paste(editor.title, "bell\a")
    QTest.keyClick(editor.title, Qt.Key.Key_Return)
    assert QToolTip.text() == "title: contains the character U+0007"
    assert editor.title.text() == "First"
    QToolTip.hideText()
    paste(editor.text, "Look at\tthis:\n$w$ \x1b[0m")
    editor.commit()
    assert QToolTip.text() == "text: contains the character U+001B"
    assert window.document.session is before
    window.document.save(path)
    assert load_session(path).lesson == before.lesson
    paste(editor.text, "Look at\tthis:\n$w$")
    editor.commit()
    window.document.save(path)
    lesson = load_session(path).lesson
    assert isinstance(lesson, Lesson)
    assert lesson == window.document.session.lesson
    assert lesson.pages[0].text == "Look at\tthis:\n$w$"
