"""No number on the drawing is cut, wider than its room, or over another; tiny ones are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication, QGraphicsScene, QStyleOptionGraphicsItem

from bpviz.engine.builders import new_layered
from bpviz.model.schema import Session
from bpviz.ui.canvas import card as card_module
from bpviz.ui.canvas import letters as letters_module
from bpviz.ui.canvas.card import ALL_TEXT_FROM, SQUARE_TEXT, Card, paint_card
from bpviz.ui.canvas.geometry import RADIUS, Geometry
from bpviz.ui.canvas.labels import box_size
from bpviz.ui.canvas.letters import LEAST_PIXELS, Face, Letters
from bpviz.ui.canvas.overlays import OVERLAYS, Look
from bpviz.ui.canvas.picture import Picture
from bpviz.ui.canvas.shown import Numbers, Shown, shown
from bpviz.ui.canvas.targets import tip_text
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import canvas_on, lesson, scattered

NUMBERS = st.one_of(
    st.floats(1e-300, 1e300),
    st.floats(-1e300, -1e-300),
    st.floats(-10.0, 10.0),
    st.sampled_from([0.0, -0.003202, 1e-300, -1e300, np.inf, -np.inf, np.nan]),
)


@dataclass(frozen=True)
class Drawn:
    """A line of text as it was drawn, its box in scene units."""

    text: str
    box: QRectF
    pixels: float


@contextmanager
def recorded() -> Iterator[list[Drawn]]:
    """Note every text that is drawn on cards and labels."""
    drawn: list[Drawn] = []
    real = letters_module.draw_text

    def noted(painter: QPainter, face: Face, text: str, x: float, middle: float) -> None:
        at = painter.worldTransform().map(QPointF(x, middle))
        zoom = painter.worldTransform().m11()
        width = QFontMetricsF(face.font).horizontalAdvance(text)
        half = face.half_cap
        box = QRectF(at.x() / zoom, at.y() / zoom - half, width, 2 * half)
        drawn.append(Drawn(text, box, face.font.pixelSize() * zoom))
        real(painter, face, text, x, middle)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters_module, "draw_text", noted)
        patch.setattr(card_module, "draw_text", noted)
        yield drawn


def painted_at(zoom: float, paint: Callable[[QPainter], None]) -> None:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.scale(zoom, zoom)
    paint(painter)
    painter.end()


def with_numbers(now: Shown, draw: Callable[[int], np.ndarray]) -> Shown:
    """Return what is shown with other numbers in every place."""

    def other(numbers: Numbers) -> Numbers:
        return Numbers.of(draw(len(numbers.value)), np.ones(len(numbers.value), np.bool_))

    numbers = ("edges", "value", "z", "delta", "dloss_da", "bias_gradient", "biases", "loss")
    return replace(
        now,
        weight=draw(len(now.weight)),
        bias=draw(len(now.bias)),
        target=draw(1),
        **{name: other(getattr(now, name)) for name in numbers},  # type: ignore[arg-type]
    )


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(NUMBERS, min_size=3, max_size=12),
    digits=st.integers(2, 12),
    zoom=st.floats(0.3, 3.0),
    overlay=st.sampled_from(OVERLAYS),
    seed=st.integers(0, 1_000),
)
def test_no_number_is_cut_or_lies_over_another(
    qapp: QApplication,
    values: list[float],
    digits: int,
    zoom: float,
    overlay: str,
    seed: int,
) -> None:
    session = scattered(4 + seed % 12, 4 + seed % 10, seed)
    picture = drawn_picture(session, values, digits, zoom, overlay, qapp.font())
    with recorded() as drawn:
        painted_at(zoom, lambda painter: paint_all(picture, painter, zoom))
    geometry = picture.geometry
    names = {node.label for node in session.network.nodes}
    width, _ = picture.label_layer.size
    for each in drawn:
        assert "…" not in each.text
        assert each.pixels >= LEAST_PIXELS - 1e-6
        # Inside a shape, or in the room of a line or of a label.
        room = 2 * RADIUS - 8.0 if is_inside(geometry, each) else max(SQUARE_TEXT, width)
        assert each.box.width() <= room + 1e-6
    assert_apart(geometry, [each for each in drawn if each.text not in names])


def drawn_picture(
    session: Session, values: list[float], digits: int, zoom: float, overlay: str, font: QFont
) -> Picture:
    """Return the items of a session that shows these values everywhere, by turns."""
    geometry = Geometry(session.network)
    look = Look(overlay=overlay)  # type: ignore[arg-type]
    blank = shown(None, session.network, geometry, look)
    scene = QGraphicsScene()
    picture = Picture(scene, session, geometry, blank, DARK, font)
    picture.scene = scene  # type: ignore[attr-defined]  # lives as long as its items
    picture.set_zoom(zoom)
    numbers = with_numbers(blank, lambda count: np.resize(np.array(values), count))
    picture.show(session, geometry, numbers, DARK, digits)
    return picture


def paint_all(picture: Picture, painter: QPainter, zoom: float) -> None:
    """Paint labels and cards at their places."""
    letters = Letters(picture.font)
    picture.label_layer.paint(painter, QStyleOptionGraphicsItem())
    for node, (x, y) in enumerate(picture.geometry.positions.tolist()):
        painter.save()
        painter.translate(x, y)
        paint_card(painter, picture.card(node), DARK, letters, zoom)
        painter.restore()


def is_inside(geometry: Geometry, each: Drawn) -> bool:
    """Whether a text stands in a node's shape."""
    x, y = each.box.center().x(), each.box.center().y()
    return geometry.node_at(x, y) >= 0


def assert_apart(geometry: Geometry, drawn: list[Drawn]) -> None:
    """Texts of different places are apart; those in one node's shape are stacked there."""
    outside = [each for each in drawn if not is_inside(geometry, each)]
    for number, one in enumerate(outside):
        for other in outside[number + 1 :]:
            assert not one.box.intersects(other.box), (one, other)


def texts_of(card: Card, zoom: float) -> list[str]:
    """Return what is drawn of a card's texts at a zoom."""
    with recorded() as drawn:
        letters = Letters(QApplication.font())
        painted_at(zoom, lambda painter: paint_card(painter, card, DARK, letters, zoom))
    return [each.text for each in drawn]


@pytest.mark.parametrize("zoom", [0.55, 0.71, 0.84, 1.0, 1.5])
@pytest.mark.parametrize("below", ["δ = −0.003202", "δ = −1.234e−17", "∂E/∂x₁ = −0.000123"])
@pytest.mark.usefixtures("qapp")
def test_a_delta_is_shown_whole(zoom: float, below: str) -> None:
    for square in (False, True):
        texts = texts_of(Card(square, "h", below=below, above="b 0.1   ∂ −0.01933"), zoom)
        assert below in texts
        assert "b 0.1   ∂ −0.01933" in texts


@pytest.mark.usefixtures("qapp")
def test_without_room_the_line_over_a_node_shows_its_bias_alone() -> None:
    above = "b 0.123456789012   ∂ −0.000123456789012"
    assert texts_of(Card(False, "h", above=above), 0.6) == ["h", "b 0.123456789012"]
    assert texts_of(Card(False, "h", above=above), 3.0) == ["h", above]


def test_a_number_too_long_to_read_is_left_out_and_told_by_the_tip(qapp: QApplication) -> None:
    card = Card(False, "h", value="−1.23456789012e−300")
    assert texts_of(card, ALL_TEXT_FROM) == ["h"]
    assert texts_of(card, 2.0) == ["h", card.value]
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("gradients", "y")
        picture = canvas.scene.picture
        at = QPointF(*picture.geometry.positions[-1].tolist())
        assert "target of y = 0.8" in tip_text(picture, at, 1.0)


@given(st.text("0123456789.,−e∞—", min_size=1, max_size=24), st.integers(4, 22), st.booleans())
def test_the_width_of_a_number_is_the_sum_of_its_letters(
    qapp: QApplication, text: str, size: int, bold: bool
) -> None:
    face = Letters(qapp.font()).face(size, bold=bold)
    exact = QFontMetricsF(face.font).horizontalAdvance(text)
    assert abs(face.width(text) - exact) < 0.02 * exact + 0.5


def test_labels_of_long_numbers_keep_within_their_boxes(qapp: QApplication) -> None:
    width, _ = box_size(qapp.font(), 4)
    session = new_layered((2, 2, 1), seed=1)
    picture = drawn_picture(session, [-1e-300, 1e300], 4, 1.0, "gradients", qapp.font())
    with recorded() as drawn:
        painted_at(1.0, lambda painter: paint_all(picture, painter, 1.0))
    labels = [each for each in drawn if each.text.startswith("∂ −1.000e−300")]
    assert labels
    assert all(each.box.width() <= width for each in labels)


@pytest.mark.parametrize("zoom", [0.3, 0.45, 0.56, 0.8, 1.5])
def test_texts_of_heads_keep_off_their_borders(qapp: QApplication, zoom: float) -> None:
    with canvas_on(lesson("S5")) as canvas:
        heads = canvas.scene.sketch.heads
        canvas.view.camera.zoom_by(zoom / canvas.view.zoom)
        canvas.view.camera.stop()
        for part in heads.parts:
            found = heads.text_face(part, zoom)
            assert found is not None
            assert found.font.pixelSize() * zoom >= LEAST_PIXELS
            assert QFontMetricsF(found.font).horizontalAdvance(part.text) <= part.box.width() - 6.0
