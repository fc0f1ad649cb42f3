"""Texts on the drawing: lines over and under nodes, labels of edges, none over another."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtWidgets import QApplication

from bpviz.ui.canvas.card import Card, card_bounds, paint_card
from bpviz.ui.canvas.geometry import FloatArray, Geometry
from bpviz.ui.canvas.label_room import LabelRoom
from bpviz.ui.canvas.labels import box_size
from bpviz.ui.canvas.letters import Letters
from bpviz.ui.canvas.room import above_boxes, below_boxes, lines_with_room, shape_boxes
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import canvas_on, layered, scattered

LONG = "a very long line of text, longer than any number in the whole program is"


def rects(boxes: FloatArray) -> list[QRectF]:
    return [QRectF(x, y, right - x, bottom - y) for x, y, right, bottom in boxes.tolist()]


def drawn_texts(geometry: Geometry) -> list[tuple[int, QRectF]]:
    """Return (node, box) of each line that is shown."""
    lines = lines_with_room(geometry)
    below, above = rects(below_boxes(geometry)), rects(above_boxes(geometry))
    shown = [(node, below[node]) for node in np.flatnonzero(lines.below).tolist()]
    return shown + [
        (node, above[node])
        for node in np.flatnonzero(lines.above).tolist()
        if not np.isnan(above[node].left())
    ]


@settings(max_examples=40, deadline=None)
@given(
    nodes=st.integers(4, 24),
    seed=st.integers(0, 10_000),
    spread=st.sampled_from([0.3, 0.7, 1.0, 2.0]),
)
def test_no_text_lies_over_another_in_random_nets(
    qapp: QApplication, nodes: int, seed: int, spread: float
) -> None:
    geometry = Geometry(scattered(nodes, nodes, seed).network)
    geometry.place(geometry.positions[: geometry.node_count] * spread)
    texts, shapes = drawn_texts(geometry), rects(shape_boxes(geometry))
    size = box_size(qapp.font(), 4)
    spots, scale = LabelRoom(geometry, size).fit(tuple(range(geometry.edge_count)))
    width, height = size[0] * scale, size[1] * scale
    labels = [QRectF(x - width / 2, y - height / 2, width, height) for x, y, _ in spots.values()]
    for place, (node, box) in enumerate(texts):
        assert not any(box.intersects(other) for _, other in texts[place + 1 :])
        assert not any(box.intersects(each) for at, each in enumerate(shapes) if at != node)
        assert not any(box.intersects(label) for label in labels)
    for place, label in enumerate(labels):
        assert not any(label.intersects(each) for each in shapes)
        assert not any(label.intersects(other) for other in labels[place + 1 :])


def test_a_net_with_room_shows_every_line() -> None:
    lines = lines_with_room(Geometry(layered(2, 4, 4, 1).network))
    assert lines.below.all()
    assert lines.above.all()


def test_in_a_dense_column_the_gradients_come_before_the_biases() -> None:
    lines = lines_with_room(Geometry(layered(2, 12, 1).network))
    assert lines.below[2:14].all()
    assert lines.above[2:14].tolist() == [True] + [False] * 11


def test_a_line_comes_back_once_its_node_is_drawn_apart(qapp: QApplication) -> None:
    with canvas_on(layered(2, 2, 1)) as canvas:
        picture, geometry = canvas.scene.picture, canvas.scene.geometry
        own = geometry.positions[: geometry.node_count].copy()
        near = own.copy()
        near[3] = near[2] + (0.0, 80.0)
        picture.place(near)
        assert not picture.node_items[3].card.above
        picture.place(own)
        assert picture.node_items[3].card.above.startswith("b ")


def test_nodes_in_one_heap_show_one_line_of_each_kind() -> None:
    geometry = Geometry(scattered(8, 8, 1).network)
    geometry.place(np.zeros((8, 2)))
    lines = lines_with_room(geometry)
    assert lines.below[:8].sum() == 1
    assert lines.above[2:8].sum() <= 1


def test_lines_are_painted_within_their_boxes(qapp: QApplication) -> None:
    for card in (
        Card(False, "h", below=LONG, above=LONG),
        Card(True, "x", below=LONG),
        Card(True, "E", below=LONG, above=LONG, is_loss=True),
    ):
        geometry = Geometry(layered(1, 1).network)
        node = 0 if card.name == "x" else 1 if card.name == "h" else 2
        x, y = geometry.positions[node]
        allowed = [box[node].translated(-x, -y) for box in (
            rects(shape_boxes(geometry)), rects(below_boxes(geometry)),
            rects(above_boxes(geometry)))]  # fmt: skip
        for at_x, at_y in painted(card, qapp.font()):
            assert any(box.adjusted(-2, -2, 2, 2).contains(at_x, at_y) for box in allowed)


def painted(card: Card, font: QFont) -> list[tuple[float, float]]:
    """Return the points, from the node's centre, where anything is painted."""
    bounds = card_bounds()
    image = QImage(int(bounds.width()), int(bounds.height()), QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(-bounds.left(), -bounds.top())
    paint_card(painter, card, DARK, Letters(font), 1.0)
    painter.end()
    alpha = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, :, 3]
    rows, columns = np.nonzero(alpha > 40)
    return [
        (column + bounds.left() + 0.5, row + bounds.top() + 0.5)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
