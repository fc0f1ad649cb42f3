"""A nudge: the linear prediction beside the true change, without touching the session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.nudge import nudge
from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.nudge_panel import NudgePanel
from tests.ui.canvas_fakes import lesson
from tests.ui.conftest import type_into


@pytest.mark.parametrize(("name", "gradient"), [("x", -4.0), ("y", -4.0), ("z", 3.0)])
def test_s2_x_up_by_1_lowers_f_by_4(name: str, gradient: float) -> None:
    player = Player(Document(lesson("S2")))
    assert player.trace is not None
    place = player.trace.program.network.node_index[name]
    made = nudge(player.trace, player.rows, 0, "input", place, 1.0)
    assert (made.gradient, made.predicted, made.change) == (gradient, gradient, gradient)
    assert made.before == -12.0


@pytest.mark.parametrize(("kind", "place"), [("input", 0), ("weight", 2), ("bias", 3)])
def test_a_small_step_goes_by_the_gradient(session: Session, kind: str, place: int) -> None:
    player = Player(Document(session))
    assert player.trace is not None
    before = player.trace.theta.copy()
    for sample in (0, 3):
        made = nudge(player.trace, player.rows, sample, kind, place, 1e-5)  # type: ignore[arg-type]
        assert made.change == pytest.approx(made.predicted, rel=1e-3)
        assert made.predicted != 0.0
        large = nudge(player.trace, player.rows, sample, kind, place, 3.0)  # type: ignore[arg-type]
        assert large.change != pytest.approx(large.predicted, rel=1e-3)
    assert player.trace.theta.tolist() == before.tolist()


def test_the_panel_nudges_by_slider_and_by_typing(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    window = open_window(lesson("S2"))
    dock = window.workspace.docks["nudge"]
    dock.show()
    dock.raise_()
    panel = window.workspace.panels["nudge"]
    assert isinstance(panel, NudgePanel)
    bytes_before = window.document.session
    QTest.qWait(20)
    assert panel.choice.currentText() == "x"
    assert (
        "= <b>−4.000</b></p><p>True change: f from −12 to −16 = <b>−4.000</b>" in panel.said.text()
    )
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(panel.slider, left, none, QPoint(4, panel.slider.height() // 2))
    assert panel.field.value == 0.5
    assert "<b>−2.000</b>" in panel.said.text()
    type_into(panel.field, "1/4")
    assert "<b>−1.000</b>" in panel.said.text()
    assert panel.slider.value() == 2
    window.scene.select(["z"], [])
    assert panel.choice.currentText() == "z"
    assert "<b>+0.7500</b>" in panel.said.text()
    assert window.document.session is bytes_before
    assert not window.document.dirty
