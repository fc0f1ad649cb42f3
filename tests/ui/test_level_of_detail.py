"""The nearer the drawing, the more of a node is told: dot, name, name and value, full card."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QApplication

from bpviz.ui.canvas import letters as letters_module
from bpviz.ui.canvas.card import Card, paint_card
from bpviz.ui.canvas.letters import Face, Letters
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import canvas_on, lesson

CARD = Card(False, "h₁", value="0.5490", details=("σ(0.20)",), below="δ = 0.1", above="b 0.3")
NAME, VALUE = ["h₁"], ["h₁", "0.5490"]
ALL = ["h₁", "0.5490", "σ(0.20)", "δ = 0.1", "b 0.3"]


@pytest.mark.parametrize(
    ("zoom", "texts"), [(0.2, []), (0.35, NAME), (0.5, VALUE), (0.6, ALL), (1.0, ALL)]
)
def test_more_is_told_the_nearer_it_is(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch, zoom: float, texts: list[str]
) -> None:
    drawn: list[str] = []
    real: Callable[..., None] = letters_module.draw_text

    def noted(painter: QPainter, face: Face, text: str, x: float, middle: float) -> None:
        drawn.append(text)
        assert QFontMetricsF(face.font).height() * zoom > 5.0
        real(painter, face, text, x, middle)

    monkeypatch.setattr(letters_module, "draw_text", noted)
    image = QImage(400, 400, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(200, 200)
    painter.scale(zoom, zoom)
    paint_card(painter, CARD, DARK, Letters(qapp.font()), zoom)
    painter.end()
    assert sorted(drawn) == sorted(texts)


def test_cards_know_their_value_from_where_it_is_shown(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.player.show_frame(len(canvas.player.frames or ()) - 1)
        canvas.scene.set_zoom(0.35)
        assert canvas.scene.picture.card(2).value == ""
        canvas.scene.set_zoom(0.5)
        assert canvas.scene.picture.card(2).value != ""
