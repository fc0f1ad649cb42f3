"""What the drawing shows of each weight and bias, and on what scale; chosen by button and key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton

from bpviz.model.schema import Session
from bpviz.model.training import Adam
from bpviz.ui.canvas.overlays import DECADES, Look, Reference, rounded_up, strength_of
from bpviz.ui.canvas.scale_key import ScaleKey
from bpviz.ui.canvas.shown import State
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.look_commands import parse_ranges, ranges_text
from tests.ui.canvas_fakes import canvas_on, lesson
from tests.ui.conftest import named, type_into

CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier
OpenWindow = Callable[[Session | None], MainWindow]


def with_adam(session: Session) -> Session:
    training = msgspec.structs.replace(session.training, optimizer=Adam(0.1))
    return msgspec.structs.replace(session, training=training)


def labels(window: MainWindow) -> dict[str, str]:
    names = window.scene.geometry.names
    return {
        names[label.edge]: label.text.second for label in window.scene.picture.label_layer.labels
    }


def test_weights_are_shown_on_edges_and_under_nodes(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_4, CTRL)
    assert window.scene.overlay == "weights"
    assert labels(window)["x1->h1"] == "0.5000"
    assert window.scene.picture.card(2).below == "b = 0.1000"
    assert window.scene.surround(1.0).key.title == "weights w, biases b"
    button = named(window, "button.overlays", QToolButton)
    assert isinstance(button, QToolButton)
    assert (button.text(), button.isChecked()) == ("Weights ▾", True)
    QTest.keyClick(window.canvas, Qt.Key.Key_1, CTRL)
    assert (button.text(), button.isChecked()) == ("More ▾", False)


def test_local_gradients_stand_on_their_edges_and_multiply_to_the_gradients(
    window: MainWindow,
) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_7, CTRL)
    assert window.scene.overlay == "local"
    assert labels(window)["h1->y1"] == "∂y₁/∂h₁ —", "not computed before its unit"
    assert window.player.frames is not None
    window.player.show_frame(len(window.player.frames) - 1)
    trace, shown = window.player.trace, window.scene.picture.shown
    assert trace is not None
    network = trace.program.network
    for place, edge in enumerate(network.edges):
        nodes = [network.node_index[name] for name in (edge.source, edge.target)]
        slope = trace.slope[0, nodes[1]]
        assert shown.edges.value[place] == pytest.approx(edge.weight * slope)
        if edge.target == "y1":
            passed_on = trace.dloss_da[0, nodes[1]] * shown.edges.value[place]
            assert trace.dloss_da[0, nodes[0]] == pytest.approx(passed_on)
    assert labels(window)["h1->y1"].startswith("∂y₁/∂h₁ 0.11")
    cards = [window.scene.picture.card(node) for node in (0, network.node_index["h1"])]
    assert [card.below.partition(" = ")[0] for card in cards] == ["∂E/∂x₁", "δ"]
    assert not cards[0].below.endswith("—"), "what the local gradients multiply to is seen as well"
    window.workspace.predict_panel.quiz.start(frozenset({"values"}))
    assert labels(window)["h1->y1"] == "∂y₁/∂h₁ ?", "it has the slope in it"


def test_optimizer_state_goes_round_its_slots(open_window: OpenWindow, session: Session) -> None:
    window = open_window(with_adam(session))
    window.player.step_iteration()
    trace = window.player.trace
    assert trace is not None
    slots = trace.program.edge_slot
    QTest.keyClick(window.canvas, Qt.Key.Key_5, CTRL)
    shown = window.scene.picture.shown
    assert (shown.slot, shown.symbol, shown.bias_symbol) == ("mean", "m", "m of b")
    assert shown.edges.value[: len(slots)].tolist() == trace.slots["mean"][slots].tolist()
    assert window.scene.surround(1.0).key.title == "optimizer: mean gradient m"
    QTest.keyClick(window.canvas, Qt.Key.Key_5, CTRL)
    shown = window.scene.picture.shown
    assert (shown.slot, shown.symbol) == ("square_mean", "v")
    assert shown.biases.value[4] == trace.program.biases(trace.slots["square_mean"])[4] > 0.0
    QTest.keyClick(window.canvas, Qt.Key.Key_5, CTRL)
    assert window.scene.picture.shown.slot == "mean"


def test_the_menu_offers_the_optimizers_slots(open_window: OpenWindow, session: Session) -> None:
    window = open_window(with_adam(session))
    button = window.tool_bar.overlay_button
    menu = button.menu()
    for _ in range(2):  # opened again it offers the same
        menu.aboutToShow.emit()
        texts = [action.text().strip() for action in menu.actions()]
        assert texts[3:5] == ["Mean gradient m", "Mean squared gradient v"]
        assert len(texts) == 6
    menu.actions()[4].trigger()
    assert window.scene.overlay == "optimizer"
    assert window.scene.picture.shown.slot == "square_mean"


def test_an_optimizer_without_state_says_so(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_5, CTRL)
    shown = window.scene.picture.shown
    assert set(shown.edges.state.tolist()) == {State.NOT_COMPUTED}
    assert window.scene.surround(1.0).key.title == "optimizer: keeps nothing"


def test_differences_are_to_where_the_history_began(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_6, CTRL)
    shown = window.scene.picture.shown
    assert set(shown.edges.state[:6].tolist()) == {State.ZERO}
    before = shown.weight.copy()
    for _ in range(3):
        window.player.step_iteration()
    shown = window.scene.picture.shown
    assert shown.edges.value[:6] == pytest.approx(shown.weight - before, abs=0.0)
    assert np.abs(shown.edges.value[:6]).min() > 0.0
    assert shown.biases.value[4] == shown.bias[4] - 0.3


def test_a_weight_that_the_other_run_lacks_has_no_difference(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        reference = Reference("run A", {"x1->h1": 0.25}, {"h1": 0.0})
        canvas.scene.set_look(replace(Look("differences"), reference=reference))
        shown = canvas.scene.picture.shown
        known = np.flatnonzero(shown.edges.state != State.NOT_COMPUTED)
        assert [canvas.scene.geometry.names[edge] for edge in known] == ["x1->h1"]
        assert shown.edges.value[known].tolist() == [0.25]
        assert canvas.scene.surround(1.0).key.title == "Δ₀: w − w of run A"


def test_sizes_by_logarithm() -> None:
    sizes = np.array([0.0, 1e-9, 2e-4, 0.02, 2.0, 5.0])
    strength = strength_of(sizes, 2.0, is_logarithmic=True)
    assert strength == pytest.approx([0.0, 0.0, 0.0, 0.5, 1.0, 1.0])
    linear = strength_of(sizes, 2.0, is_logarithmic=False)
    assert linear == pytest.approx([0.0, 5e-10, 1e-4, 0.01, 1.0, 1.0])
    assert DECADES == 4
    assert not strength_of(sizes, 0.0, is_logarithmic=True).any()


def test_the_automatic_range_goes_by_round_numbers() -> None:
    assert [rounded_up(each) for each in (0.0, 0.11, 0.2, 3.0, 7.0)] == [0.0, 0.2, 0.2, 5.0, 10.0]


@pytest.mark.parametrize("is_logarithmic", [False, True])
def test_a_tick_stands_where_its_number_is_drawn(is_logarithmic: bool) -> None:
    key = ScaleKey("gradients", "", 0.5, is_logarithmic)
    for share in (0.25, 0.5, 1.0):
        back = strength_of(
            np.array([key.number_at(share)]), key.scale, is_logarithmic=is_logarithmic
        )
        assert back[0] == pytest.approx(share)


def test_a_fixed_range_stays_while_numbers_change(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_2, CTRL)
    window.player.show_frame(len(window.player.frames or ()) - 1)
    scale = window.scene.picture.shown.scale
    QTest.keyClick(window.canvas, Qt.Key.Key_R, CTRL_SHIFT)
    assert window.scene.look.ranges == {"gradients": scale}
    field = named(window, "range_field", QLineEdit)
    assert field.isVisible()
    type_into(field, "1/4")
    assert window.scene.picture.shown.scale == 0.25
    assert window.scene.surround(1.0).key.range_text == "linear, fixed"
    for _ in range(5):
        window.player.step_forward()
        assert window.scene.picture.shown.scale == 0.25
    QTest.keyClick(window.canvas, Qt.Key.Key_1, CTRL)
    assert not field.isVisible()  # each overlay has a range of its own
    QTest.keyClick(window.canvas, Qt.Key.Key_2, CTRL)
    assert window.commands["view.range_fixed"].isChecked()
    QTest.keyClick(window.canvas, Qt.Key.Key_R, CTRL_SHIFT)
    assert window.scene.look.ranges == {}


def test_logarithmic_size_thickens_what_is_small(window: MainWindow) -> None:
    QTest.keyClick(window.canvas, Qt.Key.Key_2, CTRL)
    window.player.show_frame(len(window.player.frames or ()) - 1)
    before = window.scene.picture.shown.strength[:6].copy()
    QTest.keyClick(window.canvas, Qt.Key.Key_Y, CTRL_SHIFT)
    after = window.scene.picture.shown.strength[:6]
    assert (after > before)[before < 0.9].all()
    assert window.workspace.canvas_frame.range_bar.button.text() == "logarithmic, automatic ▾"


def test_scale_and_slot_are_remembered(
    open_window: OpenWindow, session: Session, window: MainWindow
) -> None:
    look = Look("weights", "square_mean", {"weights": 2.5}, is_logarithmic=True)
    window.scene.set_look(look)
    second = open_window(session).scene.look
    assert (second.slot, second.ranges, second.is_logarithmic) == (
        "square_mean", {"weights": 2.5}, True
    )  # fmt: skip


def test_ranges_are_read_back_and_nonsense_is_left_out() -> None:
    ranges = {"gradients": 0.1, "weights": 1e-12}
    assert parse_ranges(ranges_text(ranges)) == ranges
    assert parse_ranges("values=x nonsense=1 updates=-1 weights=inf gradients") == {}


def test_nothing_controls_a_key_that_is_not_there(window: MainWindow) -> None:
    bar = window.workspace.canvas_frame.range_bar.button
    assert bar.isVisible()
    window.on_select_all()
    window.on_delete()
    assert not bar.isVisible()
