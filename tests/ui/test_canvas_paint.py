from __future__ import annotations

import gc
import sys
import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import (
    canvas_on,
    layered,
    lesson,
    with_network,
)


def test_paint_to_fills_a_picture(qapp: QApplication) -> None:
    with canvas_on(lesson("S5"), width=300, height=200) as canvas:
        canvas.step_to("gradients", "y")
        image = QImage(1200, 800, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        canvas.scene.paint_to(painter, QRectF(0, 0, 1200, 800))
        painter.end()
        found = {image.pixelColor(x, y).name() for x in range(0, 1200, 2) for y in range(0, 800, 2)}
        assert {DARK.canvas, DARK.node, DARK.gradient_negative, DARK.label} <= found
        assert QColor(DARK.panel).name() in found  # the legend


def test_a_large_network_opens_within_two_seconds(qapp: QApplication) -> None:
    draw = np.random.default_rng(0)
    layers, width = 40, 50
    nodes: list[Input | Unit] = []
    edges: list[Edge] = []
    for layer in range(layers):
        for row in range(width):
            place = (240.0 * layer, 160.0 * row)
            name = f"n{layer}_{row}"
            nodes.append(Input(name, position=place) if layer == 0 else Unit(name, position=place))
            if layer:
                chosen = draw.choice(width, 25, replace=False)
                edges += [Edge(f"n{layer - 1}_{each}", name, 0.1) for each in chosen]
    session = with_network(Network(tuple(nodes), tuple(edges), ("n39_0",)), rows=1)
    with canvas_on(lesson("S5")) as canvas:
        canvas.document.new(session)  # compiles; what counts here is the drawing
        began = time.perf_counter()
        scene = CanvasScene(canvas.document, canvas.player, DARK, 4)
        canvas.view.fit()
        count = canvas.scene.picture.edge_layer.paint_count
        canvas.view.viewport().repaint()
        assert time.perf_counter() - began < 2.0
        assert canvas.scene.picture.edge_layer.paint_count == count + 1
        assert scene.picture.node_items == {}
        assert canvas.scene.picture.node_layer.isVisible()
        # Moving, no more is drawn than fits into the time of a frame.
        canvas.view.zoom_in()
        canvas.view.viewport().repaint()
        assert 0.0 < canvas.scene.picture.edge_layer.share_drawn < 1.0
        scene.deleteLater()


def test_painting_keeps_the_count_of_none(qapp: QApplication) -> None:
    # Some PySide6 releases lose a reference to None with each call and abort in the end.
    with canvas_on(layered(3, 4, 2)) as canvas:
        canvas.step_to("gradients", "h1_1")
        image = QImage(600, 400, QImage.Format.Format_RGB32)
        gc.collect()
        before = sys.getrefcount(None)
        for _ in range(40):
            painter = QPainter(image)
            canvas.scene.paint_to(painter, QRectF(0, 0, 600, 400))
            painter.end()
        gc.collect()
        assert sys.getrefcount(None) > before - 40


def test_a_tip_gives_numbers_in_full(qapp: QApplication) -> None:
    from bpviz.ui.canvas.targets import tip_text

    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("gradients", "y")
        trace, picture = canvas.player.trace, canvas.scene.picture
        assert trace is not None
        place = QPointF(*picture.geometry.positions[picture.geometry.index["y"]])
        text = tip_text(picture, place, 1.0)
        full = repr(float(trace.a[0][picture.geometry.index["y"]]))
        assert f"a = {full}" in text
        edge = picture.geometry.names.index("h1->y")
        middle = QPointF(*picture.geometry.along(np.array([edge]), np.array([0.15]))[0])
        text = tip_text(picture, middle, 1.0)
        assert "w = 0.6" in text
        gradient = repr(float(trace.edge_gradients(0)[edge])).replace("-", "−")
        assert f"∂E/∂w of this sample = {gradient}" in text
        assert tip_text(picture, QPointF(-4000, 0), 1.0) == ""
        unknown = tip_text(
            picture, QPointF(*picture.geometry.positions[picture.geometry.index["h1"]]), 1.0
        )
        assert "δ = ∂E/∂z = not computed yet" in unknown
