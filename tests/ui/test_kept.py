"""What is kept as a picture looks as if it were painted anew, and follows what changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from bpviz.model.verbs import set_edge, set_node
from bpviz.ui.canvas import kept, node_item
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.kept import KeptPicture
from bpviz.ui.canvas.strokes import KeptStrokes, draw_lines, strokes
from bpviz.ui.style import LIGHT
from tests.ui.canvas_fakes import Canvas, canvas_on, layered, lesson, scattered

Pixels = NDArray[np.int16]


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Let every item paint itself anew."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "can_paste", lambda painter, widget: False)
        patch.setattr(node_item, "can_paste", lambda painter, widget: False)
        yield


def seen(canvas: Canvas) -> Pixels:
    """Return the viewport's pixels, painted twice, so that what can be kept is."""
    canvas.view.viewport().grab()
    image = canvas.view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.width(), 4)
    return np.frombuffer(image.constBits(), np.uint8).reshape(shape).astype(np.int16)


@pytest.mark.parametrize("zoom", [0.25, 0.33, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("heat", [False, True])
def test_kept_pictures_are_what_painting_gives(qapp: QApplication, zoom: float, heat: bool) -> None:
    with canvas_on(lesson("S5"), width=700, height=500) as canvas:
        canvas.scene.set_motion(False)
        canvas.step_to("gradients", "y")
        canvas.scene.set_heat_maps(heat)
        canvas.scene.select(["h1"], [])
        canvas.view.camera.zoom_by(zoom / canvas.view.zoom)
        canvas.view.camera.stop()
        kept_pixels = seen(canvas)
        with nothing_kept():
            anew = seen(canvas)
        # A map is scaled as a picture, not laid as a pattern: its inner borders may be softer.
        assert np.abs(kept_pixels - anew).max() <= (24 if heat else 3)
        assert np.abs(kept_pixels - anew).mean() < 0.05


def test_kept_pictures_follow_card_theme_and_map(qapp: QApplication) -> None:
    with canvas_on(lesson("S5"), width=700, height=500) as canvas:
        canvas.scene.set_motion(False)
        canvas.scene.set_heat_maps(True)
        before = seen(canvas)
        place = canvas.at("h1")
        area = np.s_[place.y() - 25 : place.y() + 25, place.x() - 25 : place.x() + 25]
        canvas.scene.select(["h1"], [])
        selected = seen(canvas)
        assert np.abs(selected - before)[area].max() > 40
        canvas.document.push(set_node(canvas.document.session, ["h1"], "bias", 9.0))
        changed = seen(canvas)
        assert np.abs(changed - selected)[area].max() > 20, "the map is another"
        canvas.view.apply_theme(LIGHT)
        assert np.abs(seen(canvas) - changed)[area].max() > 60


def test_a_picture_is_kept_at_the_second_time_and_then_pasted(qapp: QApplication) -> None:
    widget, painted = QWidget(), []
    image = QImage(100, 100, QImage.Format.Format_ARGB32_Premultiplied)
    picture = KeptPicture()

    def draw(painter: QPainter) -> None:
        painted.append(painter.worldTransform().m11())
        painter.fillRect(QRectF(0, 0, 10, 10), QColor("red"))

    def paint(look: object, zoom: float, x: float = 20.0, view: QWidget | None = widget) -> int:
        image.fill(0)
        painter = QPainter(image)
        painter.translate(x, 30.0)
        painter.scale(zoom, zoom)
        before = len(painted)
        picture.paint(painter, view, look, QRectF(0, 0, 10, 10), draw)
        assert painter.worldTransform().m11() == zoom
        painter.end()
        assert image.pixelColor(int(x) + 2, 32) == QColor("red")
        return len(painted) - before

    assert [paint("a", 1.0) for _ in range(4)] == [1, 1, 0, 0]
    assert paint("a", 1.0, 43.0) == 0, "elsewhere at the same part of a pixel"
    assert [paint("a", 2.0), paint("a", 1.0), paint("b", 1.0)] == [1, 0, 1]
    assert [paint("b", 1.0, view=None) for _ in range(3)] == [1, 1, 1], "files are painted"
    widget.deleteLater()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("state", range(6))
def test_kept_strokes_are_those_made_anew(seed: int, state: int) -> None:
    geometry = Geometry(scattered(12, 40, seed).network)
    found = KeptStrokes(geometry)
    draw = np.random.default_rng(seed)
    for count in (0, 1, 7, 40):
        edges = np.sort(draw.choice(len(geometry.source), count, replace=False))
        expected = strokes(geometry, edges, state)
        assert np.array_equal(found.of(edges, state), expected.reshape(-1, 4))
    assert found.is_of(geometry)
    geometry.place(geometry.positions[: geometry.node_count] + 1.0)
    assert not found.is_of(geometry)


def test_many_small_maps_are_pasted_at_their_nodes(qapp: QApplication) -> None:
    with canvas_on(layered(2, 60, 60, 1), width=500, height=700) as canvas:
        canvas.scene.set_motion(False)
        assert canvas.view.zoom < 0.3
        assert not canvas.scene.picture.has_items
        canvas.scene.set_heat_maps(True)
        pixels = seen(canvas)
        picture = canvas.scene.picture
        wrong = []
        for node in range(picture.geometry.node_count):
            place = canvas.at(picture.geometry.ids[node])
            image = canvas.scene.heat_maps.images[node]
            middle = image.pixelColor(image.width() // 2, image.height() // 2)
            found = pixels[place.y(), place.x(), :3][::-1]
            wanted = (middle.red(), middle.green(), middle.blue())
            wrong.append(np.abs(found - np.array(wanted)).max())
        # In the middle of a steep map half a pixel makes another colour.
        assert np.median(wrong) < 12
        assert np.mean(np.array(wrong) > 40) < 0.1


def test_edges_at_rest_are_pasted_and_one_that_changes_is_painted_in_its_place(
    qapp: QApplication,
) -> None:
    with canvas_on(layered(2, 24, 24, 1), width=700, height=500) as canvas:
        canvas.scene.set_motion(False)
        canvas.scene.set_overlay("weights")
        layer = canvas.scene.picture.edge_layer
        assert layer.is_plain
        before = seen(canvas)
        name = canvas.scene.geometry.names[300]
        weight = canvas.document.session.network.edges[300].weight
        painted: list[int] = []

        def noted(painter: QPainter, lines: FloatArray) -> None:
            painted.append(len(lines))
            draw_lines(painter, lines)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bpviz.ui.canvas.edge_layer.draw_lines", noted)
            canvas.view.viewport().grab()
            assert not painted, "nothing has changed"
            edit = set_edge(canvas.document.session, [name], "weight", -weight)
            canvas.document.push(edit)
            changed = seen(canvas)
        assert sum(painted) < 600, "only what touches the edge's box"
        assert np.abs(changed - before).max() > 40
        layer._forget()
        assert np.mean(np.abs(seen(canvas) - changed).max(axis=2) > 8) < 1e-3
        canvas.document.undo()
        assert np.mean(np.abs(seen(canvas) - before).max(axis=2) > 8) < 1e-3
