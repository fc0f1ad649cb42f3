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
from bpviz.model.verbs import connect, set_edge
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


def test_what_came_after_the_last_update_has_not_moved(open_window: Open) -> None:
    window = open_window(session(Sgd(0.5)))
    window.player.step_iteration()
    window.document.push(connect(window.document.session, "x1", "y1"))
    window.scene.select([], ["x1->y1"])
    window.commands["run.why"].trigger()
    assert "not there yet" in window.workspace.step_line.sentence
