"""Why did this weight move: the button, the causes of an update, and the samples among them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData
from bpviz.model.session import Session
from bpviz.model.training import Adamw, Sgd
from bpviz.model.verbs import connect, delete, set_edge, set_training
from bpviz.ui.main_window import MainWindow
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.explain_panel import ExplainPanel

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Left = Qt.MouseButton.LeftButton
Open = Callable[[Session | None], MainWindow]
EDGE = "x1->h1_1"


def session(optimizer: Sgd | Adamw, l2: float = 0.0) -> Session:
    data = GeneratorData(name="circles", samples=8, test_fraction=0.0)
    made = new_layered((2, 3, 1), data=data, seed=3)
    return replace(made, training=replace(made.training, optimizer=optimizer, l2=l2))


def why(window: MainWindow) -> QPushButton:
    found = window.workspace.explain_panel.findChild(QPushButton, "explain.why")
    assert isinstance(found, QPushButton)
    return found


def press_row(panel: ExplainPanel, row: int) -> None:
    table = panel.causes.table
    QTest.mouseClick(table, Left, pos=QPoint(40, round(table.row_height * (row + 1.5))))


@pytest.mark.parametrize("optimizer", [Sgd(0.5), Adamw(0.05)], ids=["sgd", "adamw"])
def test_the_button_takes_the_last_update_apart(open_window: Open, optimizer: Sgd | Adamw) -> None:
    window = open_window(session(optimizer, l2=0.1))
    panel, player = window.workspace.explain_panel, window.player
    assert not why(window).isVisible(), "nothing is selected"
    for _ in range(3):
        player.step_iteration()
    window.scene.select([], [EDGE])
    assert why(window).isVisible()
    QTest.mouseClick(why(window), Left)
    assert (player.iteration, player.frame is not None) == (2, True)
    assert not why(window).isVisible(), "this is the answer"
    found, trace = panel.causes.movement, player.trace
    assert found is not None
    assert trace is not None
    slot = int(trace.program.edge_slot[trace.program.network.edge_index[EDGE]])
    assert found.change == trace.updated[slot] - trace.theta[slot]
    assert math.isclose(
        sum(c.move for c in found.causes), found.change, rel_tol=1e-12, abs_tol=1e-15
    )
    rows = panel.causes.table.lines
    assert len(rows) == len(found.causes) + 1
    names = [row.cells[0] for row in rows]
    assert sum(name.startswith("sample") for name in names) == 8
    assert any(name.startswith("penalty") for name in names)
    assert ("weight decay, −η·λ·w" in names) == isinstance(optimizer, Adamw)
    assert rows[-1].cells == (
        "together", format_number(found.gradient, 4, trim=True),
        format_number(found.change, 4, trim=True),
    )  # fmt: skip
    assert panel.causes.note.startswith("From ")


def test_a_click_on_a_cause_shows_that_sample(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    panel, player = window.workspace.explain_panel, window.player
    player.step_iteration()
    window.scene.select([], [EDGE])
    QTest.mouseClick(why(window), Left)
    found = panel.causes.movement
    assert found is not None
    strongest, second = found.causes[:2]
    assert abs(strongest.part or 0.0) >= abs(second.part or 0.0)
    press_row(panel, 1)
    assert player.sample == second.sample
    assert panel.causes.isVisible()
    press_row(panel, 0)
    assert player.sample == strongest.sample
    press_row(panel, len(found.causes))
    assert player.sample == strongest.sample, "the sum is no sample"


def test_a_bias_and_what_is_fixed(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    panel = window.workspace.explain_panel
    window.player.step_iteration()
    window.scene.select(["h1_1"], [])
    QTest.mouseClick(why(window), Left)
    assert panel.title.startswith("New bias")
    assert panel.causes.isVisible()
    window.scene.select(["x1"], [])
    assert not why(window).isVisible(), "an input has nothing that could move"
    window.document.push(set_edge(window.document.session, [EDGE], "trainable", False))
    window.scene.select([], [EDGE])
    assert not why(window).isEnabled()
    assert "fixed" in why(window).toolTip()
    window.commands["run.why"].trigger()
    assert "fixed" in window.workspace.step_line.sentence


def said(window: MainWindow) -> tuple[str, str]:
    """Return what the line under the drawing says: its title and its sentence."""
    line = window.workspace.step_line
    return line._title.text(), line.sentence


def ask(window: MainWindow, name: str = EDGE) -> None:
    """Select a weight, or a unit for its bias, and ask why it moved, by the key."""
    window.scene.select([], [name]) if "->" in name else window.scene.select([name], [])
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)


def edit(window: MainWindow, value: float) -> None:
    window.document.push(set_edge(window.document.session, [EDGE], "weight", value))


def change_of(window: MainWindow, name: str = EDGE) -> tuple[float, float, float]:
    """Return how far the update shown takes the weight, its gradient and the learning rate."""
    trace = window.player.trace
    assert trace is not None
    slot = int(trace.program.edge_slot[trace.program.network.edge_index[name]])
    rate = trace.training.optimizer.learning_rate
    return float(trace.updated[slot] - trace.theta[slot]), float(trace.gradient[slot]), rate


def test_what_was_added_after_the_last_update_has_not_moved(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    window.player.step_iteration()
    window.document.push(connect(window.document.session, "x1", "y1"))
    here = window.document.timeline.place
    ask(window, "x1->y1")
    title, words = said(window)
    assert title == "Set by an edit"
    assert "x₁ → y₁ was added by an edit" in words
    assert "after iteration 1. No update since." in words
    assert window.document.timeline.place == here, "the edge is still there"


def test_a_weight_that_an_edit_set_is_no_update_s_work(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    player = window.player
    for _ in range(3):
        player.step_iteration()
    before = window.document.session.network.edge(EDGE).weight
    edit(window, 0.75)
    here = window.document.timeline.place
    ask(window)
    title, words = said(window)
    assert title == "Set by an edit"
    assert f"from {format_number(before, 4, trim=True)} to 0.75 after iteration 3" in words
    assert (window.document.timeline.place, player.frame) == (here, None)
    assert window.workspace.explain_panel.causes.movement is None
    ask(window, "x2->h1_1")
    assert player.iteration == 2, "another weight was moved by the update before"
    note = window.workspace.explain_panel.causes.note
    assert "Edited after it, and so without a part in it: x₁ → h₁,₁ 0.6" in note
    player.go_to_end()
    QTest.keyClick(window.canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    ask(window)
    assert player.iteration == 1, "behind the edit it is an update again"
    window.commands["run.step_forward"].trigger()


def test_the_update_before_an_edit_tells_what_the_edit_did(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    panel = window.workspace.explain_panel
    window.player.step_iteration()
    edit(window, 0.75)
    window.player.go_to_start()
    window.scene.select([], [EDGE])
    assert window.player.frames is not None
    window.player.show_frame(len(window.player.frames) - 1)
    ask(window)
    assert "After this update it was set by an edit" in panel.causes.note
    assert "to 0.75." in panel.causes.note
    found = panel.causes.movement
    assert found is not None
    change, gradient, rate = change_of(window)
    assert found.change == change
    assert math.isclose(change, -rate * gradient, rel_tol=1e-9)
    assert found.new != 0.75


@pytest.mark.parametrize("how", ["rate", "optimizer", "momentum goes on"])
def test_an_update_is_told_by_the_settings_that_it_was_made_with(
    open_window: Open, how: str
) -> None:
    window = open_window(session(Sgd(0.5)))
    player, document = window.player, window.document
    panel = window.workspace.explain_panel
    player.step_iteration()
    new = Sgd(0.125) if how == "rate" else Adamw(0.05)
    document.push(set_training(document.session, "optimizer", new))
    if how == "momentum goes on":
        player.step_iteration()
    ask(window)
    trace = player.trace
    assert trace is not None
    found = panel.causes.movement
    assert found is not None
    change, gradient, _ = change_of(window)
    assert found.change == change
    if how == "momentum goes on":
        assert player.iteration == 1
        assert trace.training.optimizer == new
        assert any("weight decay" in cause.words for cause in found.causes)
    else:
        assert player.iteration == 0
        assert trace.training.optimizer == Sgd(0.5)
        assert math.isclose(change, -0.5 * gradient, rel_tol=1e-9)
        assert "Edited after it" in panel.causes.note
        assert ("learning rate 0.5 → 0.125" in panel.causes.note) == (how == "rate")


def test_undo_fork_and_another_run_have_updates_of_their_own(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    player, document = window.player, window.document
    panel = window.workspace.explain_panel
    for _ in range(2):
        player.step_iteration()
    edit(window, 0.75)
    document.undo()
    ask(window)
    assert player.iteration == 1, "the edit is undone: the update is the last again"
    player.go_to((0, 2))
    window.commands["run.fork"].trigger()
    edit(window, -0.25)
    ask(window)
    assert "to −0.25" in said(window)[1]
    player.step_iteration()
    ask(window)
    assert player.iteration == 2
    found = panel.causes.movement
    assert found is not None
    assert found.old == -0.25
    player.go_to_end()
    document.switch_run(0)
    player.go_to((0, 2))
    ask(window)
    found = panel.causes.movement
    assert found is not None
    assert found.new != -0.25
    assert found.change == change_of(window)[0]


def test_taken_away_and_brought_back(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    player, document = window.player, window.document
    player.step_iteration()
    document.push(delete(document.session, [], [EDGE]))
    document.undo()
    ask(window)
    assert player.iteration == 0, "undone as if nothing had been"
    player.go_to((1, 0))
    document.push(delete(document.session, [], [EDGE]))
    document.push(connect(document.session, "x1", "h1_1"))
    ask(window)
    assert "added by an edit" in said(window)[1]


def test_reset_weights_and_what_was_fixed_meanwhile(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    player, document = window.player, window.document
    player.step_iteration()
    document.push(set_edge(document.session, [EDGE], "trainable", False))
    player.step_iteration()
    document.push(set_edge(document.session, [EDGE], "trainable", True))
    ask(window)
    assert player.iteration == 0, "the second update left it alone"
    player.go_to_end()
    document.push(set_edge(document.session, ["x2->h1_1"], "trainable", False))
    player.step_iteration()
    player.reset()
    assert player.iteration == 0
    ask(window)
    title, words = said(window)
    assert (title, "“Reset”" in words) == ("Set by an edit", True)
    assert "before any update" in words


def test_nothing_has_moved_yet_and_what_is_no_longer_kept(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    ask(window)
    assert said(window) == ("Not moved", "Nothing has moved yet: step forward or run first.")
    window.player.step_iteration()
    kept = replace(window.document.session)
    again = open_window(kept)
    assert again.player.iteration == 1
    ask(again)
    assert "came before the history that is kept" in said(again)[1]
