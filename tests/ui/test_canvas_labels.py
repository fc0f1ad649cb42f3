from __future__ import annotations

import random

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QApplication

from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.ui.canvas.geometry import RADIUS, Geometry
from bpviz.ui.canvas.label_room import LabelRoom, Spot
from bpviz.ui.canvas.labels import box_size
from tests.ui.canvas_fakes import canvas_on, layered, lesson, scattered, with_network

LESSONS = ("S1", "S2", "S3", "S4", "S5")


def all_placed(geometry: Geometry, size: tuple[float, float]) -> tuple[dict[int, Spot], float]:
    return LabelRoom(geometry, size).fit(tuple(range(geometry.edge_count)))


def boxes(places: dict[int, Spot], size: tuple[float, float]) -> list[QRectF]:
    width, height = size
    return [QRectF(x - width / 2, y - height / 2, width, height) for x, y, _ in places.values()]


def assert_apart(geometry: Geometry, found: list[QRectF]) -> None:
    for number, box in enumerate(found):
        assert not any(box.intersects(other) for other in found[number + 1 :])
        for node, (x, y) in enumerate(geometry.positions):
            half = geometry.half_size(node)
            assert not box.intersects(QRectF(x - half, y - half, 2 * half, 2 * half))


@pytest.mark.parametrize("seed", range(6))
def test_labels_overlap_neither_nodes_nor_one_another(qapp: QApplication, seed: int) -> None:
    geometry = Geometry(scattered(14, 30, seed).network)
    size = box_size(qapp.font(), 4)
    places, scale = all_placed(geometry, size)
    assert len(places) > 5
    assert_apart(geometry, boxes(places, (size[0] * scale, size[1] * scale)))


@pytest.mark.parametrize("seed", range(3))
def test_places_do_not_depend_on_what_was_asked_for_before(qapp: QApplication, seed: int) -> None:
    geometry, draw = Geometry(scattered(14, 30, seed).network), random.Random(seed)
    size = box_size(qapp.font(), 4)
    room = LabelRoom(geometry, size)
    sets = [tuple(draw.sample(range(geometry.edge_count), draw.randrange(30))) for _ in range(6)]
    for wanted in sets + sets:
        assert room.fit(wanted) == LabelRoom(geometry, size).fit(wanted)


@pytest.mark.parametrize("name", LESSONS)
def test_every_edge_of_a_lesson_has_a_label(qapp: QApplication, name: str) -> None:
    geometry = Geometry(lesson(name).network)
    places, scale = all_placed(geometry, box_size(qapp.font(), 4))
    assert len(places) == geometry.edge_count
    assert scale == 1.0


@pytest.mark.parametrize("session", [layered(2, 4, 2, 1), layered(3, 4, 1), layered(2, 2, 2, 2)])
def test_nets_up_to_20_edges_show_all(qapp: QApplication, session: Session) -> None:
    geometry = Geometry(session.network)
    assert geometry.edge_count <= 20
    size = box_size(qapp.font(), 4)
    places, scale = all_placed(geometry, size)
    assert len(places) == geometry.edge_count
    assert_apart(geometry, boxes(places, (size[0] * scale, size[1] * scale)))


def test_a_label_sits_on_its_own_edge(qapp: QApplication) -> None:
    geometry = Geometry(lesson("S4").network)
    places, _scale = all_placed(geometry, box_size(qapp.font(), 4))
    shares = np.linspace(0, 1, 500)
    for edge, place in places.items():
        line = geometry.along(np.full(500, edge), shares)
        assert np.hypot(*(line - place[:2]).T).min() < 1.0


def test_a_label_without_room_is_left_out(qapp: QApplication) -> None:
    session = lesson("S3")
    geometry = Geometry(session.network)
    geometry.place(np.array([[0.0, 0.0], [2 * RADIUS + 40, 0.0], [4 * RADIUS + 80, 0.0]]))
    places, _scale = all_placed(geometry, box_size(qapp.font(), 4))
    assert places == {}


def test_labels_stay_while_their_numbers_change(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:

        def places() -> list[tuple[int, float, float]]:
            layer = canvas.scene.picture.label_layer
            return [(label.edge, label.x, label.y) for label in layer.labels]

        before = places()
        assert len(before) == 6
        for overlay in ("values", "gradients", "updates"):
            canvas.scene.set_overlay(overlay)
            for _ in range(20):
                canvas.player.step_forward("neuron")
                assert places() == before


def test_labels_carry_weight_and_number(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("gradients", "y")
        names, layer = canvas.scene.geometry.names, canvas.scene.picture.label_layer
        texts = {names[each.edge]: each.text[:2] for each in layer.labels}
        assert texts["h1->y"] == ("w 0.6", "∂ −0.01162")
        assert texts["x1->h1"] == ("w 0.5", "∂ —")


def test_a_dense_net_labels_only_what_the_step_uses(qapp: QApplication) -> None:
    with canvas_on(layered(2, 8, 8, 1)) as canvas:
        assert not canvas.scene.picture.label_layer.labels
        canvas.step_to("activation", "h1_3")
        edges = {each.edge for each in canvas.scene.picture.label_layer.labels}
        active = np.flatnonzero(canvas.scene.picture.shown.active_edges)
        assert edges
        assert edges <= set(active.tolist())


def test_shared_weights_and_biases_carry_a_tie_mark(qapp: QApplication) -> None:
    nodes = (
        Input("x", position=(0, 0)),
        Unit("h", bias_share="b1", position=(240, -80)),
        Unit("k", bias_share="b1", position=(240, 80)),
        Unit("y", position=(480, 0)),
    )
    edges = (
        Edge("x", "h", 0.5, share="w1"),
        Edge("x", "k", 0.5, share="w1"),
        Edge("h", "y", 0.3, share="a_very_long_name"),
        Edge("k", "y", 0.25),
    )
    with canvas_on(with_network(Network(nodes, edges, ("y",)))) as canvas:
        firsts = {label.edge: label.text.first for label in canvas.scene.picture.label_layer.labels}
        assert firsts == {0: "w 0.5 =w₁", 1: "w 0.5 =w₁", 2: "w 0.3 =a_very_…", 3: "w 0.25"}
        assert canvas.scene.picture.card(1).above.startswith("b 0 =b₁")
        assert "=" not in canvas.scene.picture.card(3).above


def test_labels_are_placed_anew_where_the_network_is_another(qapp: QApplication) -> None:
    # Geometries come and go at the same address, so an address tells nothing of them.
    with canvas_on(lesson("S5")) as canvas:
        for sizes in ((2, 3, 2), (3, 2, 3), (2, 2, 3, 1), (2, 3, 2), (3, 2, 3), (2, 2, 3, 1)):
            canvas.document.new(layered(*sizes))
            layer, geometry = canvas.scene.picture.label_layer, canvas.scene.geometry
            width, height = layer.size
            found = [
                QRectF(label.x - width / 2, label.y - height / 2, width, height)
                for label in layer.labels
            ]
            assert len(found) == geometry.edge_count
            assert_apart(geometry, found)
