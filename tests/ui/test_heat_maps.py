from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from bpviz.engine.builders import new_layered
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.verbs import set_edge
from bpviz.ui.canvas.heat_maps import REST_BUDGET, SIDES
from bpviz.ui.canvas.heat_show import FINER_AFTER
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.parameter_panel import ParameterPanel
from bpviz.ui.plots.field import CLASSES
from bpviz.ui.style import (
    DARK,
    MIN_CONTRAST,
    THEMES,
    Theme,
    contrast,
    heat_colors,
    legible_share,
)
from tests.ui.canvas_fakes import canvas_on, layered
from tests.ui.conftest import close_for_good, named

pytestmark = pytest.mark.usefixtures("qapp")

Opener = Callable[[Session | None], MainWindow]


def across(bias: float = 0.0, inputs: int = 2) -> Session:
    """One tanh unit that is steep in x1 alone, on rows from −1 to 1."""
    places = tuple(Input(f"x{n}", position=(0, 160 * n)) for n in range(1, inputs + 1))
    unit = Unit("y", activation="tanh", bias=bias, position=(240, 160))
    edges = tuple(Edge(f"x{n}", "y", 8.0 if n == 1 else 0.0) for n in range(1, inputs + 1))
    rows = tuple(tuple(value for _ in range(inputs)) for value in (-1.0, 1.0))
    base = layered(2, 1)
    return msgspec.structs.replace(
        base,
        network=Network((*places, unit), edges, ("y",)),
        data=TableData(inputs=rows, targets=((-1.0,), (1.0,)), test_inputs=(), test_targets=()),
    )


def pixel(image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(int(x * (image.width() - 1)), int(y * (image.height() - 1)))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_text_stays_legible_on_every_shade_of_a_heat_map(theme: Theme) -> None:
    share = legible_share(theme, theme.node)
    assert share > 0.25
    for rgb in heat_colors(theme, theme.node, share)[:255]:
        assert contrast(theme.text, QColor.fromRgb(rgb).name()) >= MIN_CONTRAST - 0.05


def test_each_node_has_the_map_of_its_own_value() -> None:
    with canvas_on(across()) as canvas:
        scene = canvas.scene
        assert scene.heat_maps.images == ()
        scene.set_heat_maps(True)
        images = scene.heat_maps.images
        assert len(images) == 3
        low, high = pixel(images[2], 0.0, 0.5), pixel(images[2], 1.0, 0.5)
        assert low.red() > low.blue()  # negative: orange
        assert high.blue() > high.red()
        assert pixel(images[2], 1.0, 0.0) == pixel(images[2], 1.0, 1.0)
        # x1 runs to the right, x2 upwards.
        assert pixel(images[0], 0.9, 0.1) == pixel(images[0], 0.9, 0.9)
        assert pixel(images[1], 0.1, 0.1) == pixel(images[1], 0.9, 0.1)
        assert pixel(images[1], 0.5, 0.0).blue() > pixel(images[1], 0.5, 1.0).blue()
        assert scene.surround().note == "Heat maps: values over x₁ × x₂"
        scene.set_heat_maps(False)
        assert scene.heat_maps.images == ()
        assert scene.surround().note == ""


def test_maps_stand_on_the_canvas_and_follow_an_edit() -> None:
    with canvas_on(across()) as canvas:
        canvas.scene.set_heat_maps(True)
        at = canvas.at("y", dx=-30.0)
        before = canvas.view.grab().toImage().pixelColor(at)
        assert before.red() > before.blue()
        canvas.document.push(set_edge(canvas.document.session, ["x1->y"], "weight", -8.0))
        after = canvas.view.grab().toImage().pixelColor(at)
        assert after.blue() > after.red()
        canvas.document.undo()
        assert canvas.view.grab().toImage().pixelColor(at) == before


def test_maps_hold_other_inputs_at_the_sample_or_the_mean() -> None:
    from bpviz.engine.plane import Axes

    with canvas_on(across(inputs=3)) as canvas:
        scene = canvas.scene
        scene.set_heat_maps(True)
        scene.set_axes(Axes(1, 2, "sample"))
        assert "x₂ × x₃, other inputs at this sample's values" in scene.surround().note
        dark = pixel(scene.heat_maps.images[3], 0.5, 0.5)
        assert dark.red() > dark.blue()  # x1 = −1 in the first row
        canvas.player.choose_sample(1)
        light = pixel(scene.heat_maps.images[3], 0.5, 0.5)
        assert light.blue() > light.red()
        scene.set_axes(Axes(1, 2, "mean"))
        middle = pixel(scene.heat_maps.images[3], 0.5, 0.5)
        assert middle.name() == DARK.node
        assert "at their means" in scene.surround().note


def test_maps_are_not_drawn_without_inputs_or_numbers() -> None:
    lonely = Network((Unit("y", bias=1.0),), (), ("y",))
    base = layered(2, 1)
    data = TableData(inputs=((),), targets=((1.0,),))
    session = msgspec.structs.replace(base, network=lonely, data=data)
    with canvas_on(session) as canvas:
        canvas.scene.set_heat_maps(True)
        assert canvas.scene.heat_maps.images == ()


def test_resolution_gives_way_to_many_nodes_in_a_run() -> None:
    with canvas_on(layered(2, 60, 60, 60, 1)) as canvas:
        scene = canvas.scene
        scene.set_heat_maps(True)
        resting = scene.heat_maps.side
        assert resting in SIDES
        canvas.player.run()
        QTest.qWait(250)
        running = scene.heat_maps.side
        assert canvas.player.iteration > 0
        canvas.player.pause()
        scene.refresh()
        assert SIDES[0] <= running <= resting


def test_after_an_edit_maps_are_coarse_at_once_and_fine_a_moment_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with canvas_on(layered(2, 3, 1)) as canvas:
        scene, maps = canvas.scene, canvas.scene.heat_maps
        monkeypatch.setattr(
            maps, "_side", lambda count, budget: 40 if budget == REST_BUDGET else 14
        )
        scene.set_heat_maps(True)
        QTest.qWait(2 * FINER_AFTER)
        assert maps.side == 40
        before = [image.copy() for image in maps.images]
        edge = scene.session.network.edges[0].name
        canvas.document.push(set_edge(scene.session, [edge], "weight", 3.0))
        assert maps.side == 14  # before anything is painted, and of the new weight
        assert maps.is_coarse
        QTest.qWait(2 * FINER_AFTER)
        assert maps.side == 40
        assert not maps.is_coarse
        assert any(new != old for new, old in zip(maps.images, before, strict=True))
        canvas.player.step_forward()  # other frames leave the maps as they are
        assert maps.side == 40


def test_a_picture_of_the_drawing_has_fine_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    with canvas_on(layered(2, 3, 1)) as canvas:
        scene, maps = canvas.scene, canvas.scene.heat_maps
        monkeypatch.setattr(
            maps, "_side", lambda count, budget: 40 if budget == REST_BUDGET else 14
        )
        scene.set_heat_maps(True)
        assert maps.is_coarse
        image = QImage(300, 200, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        scene.paint_to(painter, QRectF(0, 0, 300, 200))
        painter.end()
        assert maps.side == 40


def test_menu_and_panel_switch_maps_and_plot_and_the_choice_lasts(open_window: Opener) -> None:
    first = open_window(across())
    QTest.keyClick(first, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    assert first.commands["view.heat_maps"].isChecked()
    assert first.scene.heat_maps.images
    plot = first.workspace.decision_panel.plot
    assert plot.isVisible()
    first.commands["view.decision_plot"].trigger()
    assert not plot.isVisible()
    close_for_good(first)
    second = open_window(across())
    assert second.commands["view.heat_maps"].isChecked()
    assert not second.commands["view.decision_plot"].isChecked()
    assert not second.workspace.decision_panel.isVisible()
    second.workspace.docks["decision"].toggleViewAction().trigger()
    assert second.commands["view.decision_plot"].isChecked()
    QTest.qWait(100)  # a panel catches up once it is seen
    assert second.workspace.decision_panel.plot.field is not None


def test_the_decision_plot_shows_the_output_the_rows_and_reads_numbers(open_window: Opener) -> None:
    window = open_window(across())
    panel = window.workspace.decision_panel
    plot = panel.plot
    image = plot.grab().toImage()
    area = plot.area
    left = image.pixelColor(int(area.left() + 0.15 * area.width()), int(area.top() + 8))
    right = image.pixelColor(int(area.left() + 0.85 * area.width()), int(area.top() + 8))
    assert left.red() > left.blue()
    assert right.blue() > right.red()
    # The first row (−1, −1) is a filled point of its target's colour.
    share = 0.12 / 1.24
    point = QPointF(area.left() + share * area.width(), area.bottom() - share * area.height())
    assert image.pixelColor(point.toPoint()).name() == DARK.negative
    words = plot.reading(QPointF(area.right() - 2, area.top() + 2))
    assert words == "x₁ 1.22  x₂ 1.22  →  y 1"
    QTest.mouseMove(plot, area.center().toPoint())
    assert "→" in named(panel, "decision.reading", QLabel).text()  # type: ignore[attr-defined]
    assert plot.reading(QPointF(2, 2)) == ""


def test_test_rows_are_hollow(open_window: Opener) -> None:
    session = across()
    data = msgspec.structs.replace(session.data, test_inputs=((0.0, 0.5),), test_targets=((1.0,),))
    window = open_window(msgspec.structs.replace(session, data=data))
    plot = window.workspace.decision_panel.plot
    image, area = plot.grab().toImage(), plot.area
    at = QPoint(round(area.center().x()), round(area.bottom() - 1.74 / 2.48 * area.height()))
    around = {image.pixelColor(at + QPoint(dx, 0)).name() for dx in (-4, -3, 3, 4)}
    assert DARK.positive in around
    assert image.pixelColor(at).name() != DARK.positive


def test_axes_and_output_are_chosen_in_place(open_window: Opener) -> None:
    data = GeneratorData(name="blobs3", samples=60, encoding="one_hot")
    window = open_window(new_layered((2, 4, 3), data=data, seed=1))
    panel = window.workspace.decision_panel
    assert panel.plot.field is not None
    assert panel.plot.field.output == CLASSES
    pick(panel, "decision.output", "1")
    assert panel.plot.field.output == 1
    assert not named(panel, "decision.across").isVisible()
    window.document.new(across(inputs=3))
    assert named(panel, "decision.across").isVisible()
    pick(panel, "decision.across", "1")
    assert (panel.axes.across, panel.axes.up) == (1, 0)  # x2 was up: the axes change places
    pick(panel, "decision.held", "mean")
    assert panel.axes.held == "mean"
    assert window.scene.heat_maps is not None
    window.scene.set_heat_maps(True)
    assert "x₂ × x₁, other inputs at their means" in window.scene.surround().note


def pick(panel: object, name: str, key: str) -> None:
    """Choose an entry as a person does: the box tells `activated`."""
    choice = named(panel, name, Choice)  # type: ignore[arg-type]
    assert isinstance(choice, Choice)
    index = choice.findData(key)
    choice.setCurrentIndex(index)
    choice.activated.emit(index)


def test_one_input_gives_a_curve_and_none_a_sentence(open_window: Opener) -> None:
    data = GeneratorData(name="sine", samples=40)
    window = open_window(new_layered((1, 4, 1), data=data, seed=1))
    plot = window.workspace.decision_panel.plot
    x, curves = plot.picture.curves()
    assert len(x) == len(curves[0]) > 100
    snapshot = window.player.snapshot
    assert snapshot is not None
    row = window.player.rows.inputs[0, 0]
    near = int(np.abs(x - row).argmin())
    assert curves[0][near] == pytest.approx(snapshot.value[-1], abs=0.05)
    assert plot.grab().toImage().width() > 0
    window.document.new(layered(2, 1))
    nothing = msgspec.structs.replace(window.document.session, network=Network())
    window.document.new(nothing)
    assert plot.field is None


def test_the_plot_follows_a_run(open_window: Opener) -> None:
    data = GeneratorData(name="xor_points", samples=4, test_fraction=0.0)
    window = open_window(new_layered((2, 4, 1), data=data, seed=3))
    plot = window.workspace.decision_panel.plot
    count = plot.paint_count
    before = plot.grab().toImage()
    window.player.run()
    QTest.qWait(300)
    window.player.pause()
    assert plot.paint_count > count + 2
    assert plot.grab().toImage() != before


def test_panels_of_a_large_network_wait_until_something_is_selected(open_window: Opener) -> None:
    window = open_window(layered(2, 50, 50, 1))
    panel = window.workspace.analysis.derivation
    assert isinstance(panel, ParameterPanel)
    panel.refresh()
    assert "The network is large" in panel.rest.text()
