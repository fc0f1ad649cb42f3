"""Runs, bookmarks and samples in the window: by buttons, keys and in place."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolTip

from bpviz.engine.hiding import Hidden
from bpviz.model import verbs
from bpviz.model.session import load_session
from bpviz.model.training import Sgd
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.names_list import NamesList
from bpviz.ui.panels.runs_panel import RunsPanel

from .conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)

Key, Left = Qt.Key, Qt.MouseButton.LeftButton


@pytest.fixture
def panel(window: MainWindow) -> RunsPanel:
    """The panel in front, on a line of 40 iterations."""
    window.document.timeline.advance(40)
    window.document.publish("Train")
    dock = window.workspace.docks["runs"]
    dock.show()
    dock.raise_()
    QApplication.processEvents()
    return window.workspace.runs_panel


def fork(window: MainWindow) -> None:
    """Go back to 20, change one thing, and train on for 30."""
    window.player.seek(20)
    window.document.push(verbs.set_training(window.document.session, "optimizer", Sgd(0.5)))
    window.document.timeline.advance(30)
    window.document.publish("Train")


def texts(names: NamesList) -> list[str]:
    return [names.item(row).text() for row in range(names.count())]


def press(window: MainWindow, name: str) -> None:
    QTest.mouseClick(named(window, f"runs.{name}"), Left)


def type_name(names: NamesList, text: str) -> str:
    """Give the current row another name; return the tip that was shown while it was typed."""
    names.setFocus()
    QTest.keyClick(names, Key.Key_F2)
    editor = names.findChild(QLineEdit)
    assert editor is not None
    editor.selectAll()
    if text.isascii() and text.isprintable():
        QTest.keyClicks(editor, text)
    else:
        QApplication.clipboard().setText(text)
        QTest.keyClick(editor, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    tip = QToolTip.text()
    QTest.keyClick(editor, Key.Key_Return)
    QApplication.processEvents()
    return tip


def test_both_curves_stay_and_one_switches_back_and_forth(
    window: MainWindow, panel: RunsPanel
) -> None:
    fork(window)
    assert len(texts(panel.runs)) == 2
    assert "not kept" in texts(panel.runs)[1]
    plot = window.loss_plot
    plot.refresh()
    x, _ = plot._runs[0].getData()
    assert x[-1] == 40
    assert plot.curve_data("train")[0][-1] == 50
    panel.runs.setCurrentRow(1)
    press(window, "switch")
    assert window.player.last_iteration == 40
    assert window.document.session.training.optimizer == Sgd(0.1)
    panel.runs.setCurrentRow(1)
    press(window, "switch")
    assert window.player.last_iteration == 50


def test_a_run_is_kept_renamed_compared_and_deleted(window: MainWindow, panel: RunsPanel) -> None:
    fork(window)
    panel.runs.setCurrentRow(1)
    press(window, "keep")
    assert not window.document.runs[0].is_ghost
    panel.runs.setCurrentRow(1)
    type_name(panel.runs, "slow one")
    assert window.document.runs[0].name == "slow one"
    assert "slow one" in texts(panel.runs)[1]
    window.player.seek(30)
    press(window, "compare")
    assert window.scene.overlay == "differences"
    reference = window.scene.look.reference
    assert reference is not None
    assert reference.title == "slow one after 30 iterations"
    assert reference.edges["x1->h1"] != window.document.session.network.edge("x1->h1").weight
    panel.runs.setCurrentRow(1)
    panel.runs.setFocus()
    QTest.keyClick(panel.runs, Key.Key_Delete)
    assert not window.document.runs
    assert len(window.document.session.network.nodes) == 5, "Del was for the list alone"


def test_fork_by_key_keeps_the_line(window: MainWindow, panel: RunsPanel) -> None:
    window.player.seek(10)
    window.commands["run.fork"].trigger()
    assert window.player.last_iteration == 10
    assert window.document.runs[0].last_iteration == 40
    assert len(texts(panel.runs)) == 2


def test_bookmarks_by_key_and_list(window: MainWindow, panel: RunsPanel) -> None:
    window.player.seek(15)
    QTest.keyClick(window.canvas, Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert texts(panel.marks) == ["★ iteration 15"]
    assert window.player.last_iteration == 40
    window.player.seek(30)
    assert texts(panel.marks) == ["☆ iteration 15"]
    QTest.mouseClick(
        panel.marks.viewport(), Left, pos=panel.marks.visualItemRect(panel.marks.item(0)).center()
    )
    assert window.player.iteration == 15
    type_name(panel.marks, "stuck here")
    assert texts(panel.marks) == ["★ stuck here"]
    lane = window.workspace.timeline_bar.history
    assert "★ stuck here" in [cluster.label[0] for cluster in lane.clusters()]
    panel.marks.setFocus()
    QTest.keyClick(panel.marks, Key.Key_Delete)
    assert texts(panel.marks) == []
    window.document.undo()
    assert texts(panel.marks) == ["★ stuck here"]


def test_samples_are_chosen_by_key_and_click(window: MainWindow) -> None:
    strip = window.workspace.step_line.samples
    assert strip.isVisible()
    QTest.keyClick(window.canvas, Key.Key_PageDown, Qt.KeyboardModifier.AltModifier)
    assert window.player.sample == 1
    QTest.keyClick(window.canvas, Key.Key_PageUp, Qt.KeyboardModifier.AltModifier)
    QTest.keyClick(window.canvas, Key.Key_PageUp, Qt.KeyboardModifier.AltModifier)
    assert window.player.sample == 3
    QTest.mouseClick(strip, Left, pos=QPoint(round(strip.x_of(2)), 8))
    assert window.player.sample == 2
    assert strip.accessibleName() == "Sample 3 of 4 in the batch"
    assert "loss" not in strip.tip_of(2)
    for _ in range(2):
        window.player.step_forward("phase")
    trace = window.player.trace
    assert trace is not None
    assert "loss" in strip.tip_of(2)
    assert "row 3" in strip.tip_of(2)


def test_why_a_weight_moved_leads_to_its_update(window: MainWindow) -> None:
    window.commands["run.why"].trigger()
    assert "Select an edge" in window.workspace.step_line.sentence
    window.scene.select([], ["h1->y1"])
    window.commands["run.why"].trigger()
    assert "Nothing has moved" in window.workspace.step_line.sentence
    for _ in range(3):
        window.player.step_iteration()
    window.commands["run.why"].trigger()
    player = window.player
    assert (player.iteration, player.grain) == (2, "term")
    assert player.frame is not None
    assert player.frame.phase == "update"
    snapshot = player.snapshot
    assert snapshot is not None
    edge = player.program.network.edge_index["h1->y1"]
    assert snapshot.edge_update_known[edge]
    assert window.scene.selected_edges() == ["h1->y1"]
    explain = window.workspace.explain_panel
    assert explain.title.startswith("New weight of h")
    window.player.step_back("phase")
    before = player.frame
    assert before is not None
    assert before.phase == "reduce", "the samples that are joined lie right before"


def test_a_ninth_run_is_refused_and_the_tip_says_why(window: MainWindow, panel: RunsPanel) -> None:
    for iteration in range(30, 23, -1):
        window.player.seek(iteration)
        window.commands["run.fork"].trigger()
    assert len(texts(panel.runs)) == 8
    button = named(window, "runs.fork")
    assert not button.isEnabled()
    assert button.toolTip() == "8 runs are the most: delete one first"
    window.player.seek(20)
    window.commands["run.fork"].trigger()
    assert len(texts(panel.runs)) == 8
    assert window.player.last_iteration == 24
    assert "8 runs" in window.workspace.step_line.sentence


def test_the_losses_of_runs_are_hidden_while_they_are_predicted(
    window: MainWindow, panel: RunsPanel
) -> None:
    fork(window)
    shown = texts(panel.runs)[1]
    assert " · loss 0" in shown
    window.player.set_hidden(Hidden(frozenset({"loss"})))
    assert " · loss ?" in texts(panel.runs)[1]
    assert "loss 0" not in "".join(texts(panel.runs))
    assert window.workspace.docks["loss"].is_covered, "the plot holds their curves"
    window.player.set_hidden(Hidden())
    assert texts(panel.runs)[1] == shown


def in_size(window: MainWindow, percent: int) -> None:
    window.commands[f"view.scale_{percent}"].trigger()
    QApplication.processEvents()


def test_lists_and_buttons_grow_for_a_projector(window: MainWindow, panel: RunsPanel) -> None:
    window.resize(1440, 900)
    fork(window)
    panel.bookmarks.add("look here")
    buttons = [each for each in panel.findChildren(QPushButton) if each.isVisible()]
    assert len(buttons) == 9

    def sizes() -> list[int]:
        return [each.fontMetrics().height() for each in (panel.runs, panel.marks, *buttons)]

    small = sizes()
    in_size(window, 200)
    for before, large in zip(small, sizes(), strict=True):
        assert large > 1.7 * before
    for button in buttons:
        text = button.text()
        assert button.fontMetrics().horizontalAdvance(text) <= button.width(), text
    for names in (panel.runs, panel.marks):
        assert names.sizeHintForRow(0) >= names.fontMetrics().height()
        row = names.visualItemRect(names.item(0))
        assert row.height() >= names.fontMetrics().height()
        assert names.viewport().height() >= row.height(), "a row is seen whole"
    type_name(panel.marks, "at twice the size")
    assert texts(panel.marks) == ["★ at twice the size"]
    in_size(window, 100)
    assert sizes() == small


def test_a_name_is_as_long_as_a_file_holds_and_no_longer(
    window: MainWindow, panel: RunsPanel, tmp_path: Path
) -> None:
    fork(window)
    panel.bookmarks.add("mark")
    path = tmp_path / "names.bpviz.json"
    for row, names in ((0, panel.runs), (1, panel.runs), (0, panel.marks)):
        names.setCurrentRow(row)
        assert type_name(names, 230 * "é") == "At most 200 characters"
    document = window.document
    longest = 200 * "é"
    assert [document.active_run, document.runs[0].name] == [longest, longest]
    assert document.session.bookmarks[0].name == longest
    document.save(path)
    assert load_session(path).bookmarks[0].name == longest


def test_a_name_that_no_file_holds_is_refused_and_the_old_one_stays(
    window: MainWindow, panel: RunsPanel, tmp_path: Path
) -> None:
    fork(window)
    panel.bookmarks.add("mark")
    document, position = window.document, window.document.timeline.place
    before = document.active_run
    for names in (panel.runs, panel.marks):
        names.setCurrentRow(0)
        shown = texts(names)
        type_name(names, "bell\a")
        assert QToolTip.text() == "name: contains the character U+0007"
        assert texts(names) == shown
        QToolTip.hideText()
    assert (document.active_run, document.timeline.place) == (before, position)
    assert document.session.bookmarks[0].name == "mark"
    document.save(tmp_path / "names.bpviz.json")
    assert load_session(tmp_path / "names.bpviz.json").bookmarks == document.session.bookmarks
    type_name(panel.marks, "pasted\tfrom a table")
    assert document.session.bookmarks[0].name == "pasted from a table"
