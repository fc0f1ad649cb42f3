"""Under the pointer: what a node is not connected to fades, and a tip says all of an edge."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bpviz.ui.canvas.fade import kept_nodes, own_edges
from bpviz.ui.canvas.targets import tip_text
from tests.ui.canvas_fakes import Canvas, canvas_on, layered, lesson


def hover(canvas: Canvas, at: QPoint) -> None:
    QTest.mouseMove(canvas.view.viewport(), at)
    QApplication.processEvents()


def opacity(canvas: Canvas) -> dict[str, float]:
    items = canvas.scene.picture.node_items
    return {node: items[place].opacity() for node, place in canvas.scene.geometry.index.items()}


def test_what_is_not_connected_fades(qapp: QApplication) -> None:
    with canvas_on(layered(2, 3, 2, 1)) as canvas:
        hover(canvas, QPoint(2, 2))
        plain = canvas.view.grab().toImage()
        hover(canvas, canvas.at("h1_1"))
        seen = opacity(canvas)
        assert seen["h1_1"] == seen["x1"] == seen["h2_2"] == 1.0
        assert seen["h1_2"] == seen["y1"] < 0.5
        assert canvas.scene.picture.node_items[canvas.scene.geometry.node_count].opacity() < 0.5
        faded = canvas.view.grab().toImage()
        theme = canvas.scene.theme

        def away(name: str, image_number: int) -> int:
            """Return how far the line of an edge is from the canvas's colour, at its best."""
            image = (plain, faded)[image_number]
            at = canvas.on_edge(name, 0.25)
            shades = [image.pixelColor(at.x(), at.y() + step).lightness() for step in (-1, 0, 1)]
            ground = image.pixelColor(2, 2 + image.height() // 2).lightness()
            return max(abs(shade - ground) for shade in shades)

        assert theme.dark
        assert away("x2->h1_3", 1) < 0.5 * away("x2->h1_3", 0)
        assert away("x1->h1_1", 1) > 0.8 * away("x1->h1_1", 0)
        hover(canvas, QPoint(2, 2))
        assert set(opacity(canvas).values()) == {1.0}
        assert canvas.view.grab().toImage() == plain


def test_nothing_fades_for_a_term_of_a_formula_or_while_a_node_is_dragged(
    qapp: QApplication,
) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.scene.highlight("node", "h1")
        assert not canvas.scene.fader.is_on
        hover(canvas, canvas.at("h1"))
        assert canvas.scene.fader.is_on
        viewport, at = canvas.view.viewport(), canvas.at("h1")
        left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QTest.mousePress(viewport, left, none, at)
        QTest.mouseMove(viewport, at + QPoint(30, 30))
        assert not canvas.scene.fader.is_on
        QTest.mouseRelease(viewport, left, none, at + QPoint(30, 30))


def test_the_loss_is_connected_to_the_outputs() -> None:
    with canvas_on(lesson("S5")) as canvas:
        geometry = canvas.scene.geometry
        loss = geometry.node_count
        kept = [geometry.ids[node] for node in np.flatnonzero(kept_nodes(geometry, loss)[:loss])]
        assert kept == ["y"]
        assert own_edges(geometry, loss).tolist() == [geometry.edge_count]
        assert not kept_nodes(geometry, -1).any()


def test_fading_among_ten_thousand_edges_is_cheap(qapp: QApplication) -> None:
    with canvas_on(layered(100, 99, 1)) as canvas:
        layer = canvas.scene.picture.edge_layer
        assert canvas.scene.geometry.edge_count > 9_900
        hover(canvas, canvas.at("h1_1"))
        canvas.view.grab()
        taken = []
        for number in range(2, 12):
            begun = time.perf_counter()
            canvas.scene.hover(QPointF(*canvas.scene.geometry.positions[100 + number]), 1.0)
            taken.append(time.perf_counter() - begun)
            assert canvas.scene.fader.is_on
        assert sorted(taken)[5] < 0.02
        assert layer.is_plain


def test_the_tip_of_an_edge_says_weight_gradient_update_and_share(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.player.show_frame(len(canvas.player.frames or ()) - 1)
        geometry, shown = canvas.scene.geometry, canvas.scene.picture.shown
        text = tip_text(
            canvas.scene.picture, canvas.view.mapToScene(canvas.on_edge("h1->y")), canvas.view.zoom
        )
        lines = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
        assert float(lines["w"]) == pytest.approx(0.6011616440, abs=5e-11)
        gradient = lines["∂E/∂w of the batch"].replace("−", "-")
        assert float(gradient) == pytest.approx(-0.0116164404, abs=5e-11)
        assert float(lines["Δw"]) == pytest.approx(0.0011616440, abs=5e-11)
        sizes = np.abs(shown.gradient.value[[geometry.names.index(e) for e in ("h1->y", "h2->y")]])
        share = 100.0 * sizes[0] / sizes.sum()
        assert f"{share:.1f} % of all |∂| into its layer" in text


def test_no_share_while_gradients_are_missing(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("gradients", "h2")
        at = canvas.view.mapToScene(canvas.on_edge("x1->h2", 0.3))
        text = tip_text(canvas.scene.picture, at, canvas.view.zoom)
        assert "∂E/∂w of this sample = " in text
        assert "% of all" not in text
