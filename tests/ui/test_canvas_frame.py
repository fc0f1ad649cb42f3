"""What floats over the drawing finds room at any size, and lies over nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtWidgets import QApplication, QToolButton

from bpviz.ui.canvas.corners import has_key, key_rect
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.canvas_frame import CanvasFrame
from tests.ui.conftest import named


@pytest.fixture
def frame(window: MainWindow) -> Iterator[CanvasFrame]:
    """The drawing with what floats over it, in a window of its own."""
    made = window.workspace.canvas_frame
    place = made.parentWidget()
    assert place is not None
    column = place.layout()
    assert column is not None
    made.setParent(None)
    made.show()
    yield made
    column.addWidget(made)


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (1000, 600),
        (760, 585),
        (700, 585),
        (630, 300),
        (500, 400),
        (400, 300),
        (373, 180),
        (240, 180),
    ],
)
def test_nothing_lies_over_anything_else(frame: CanvasFrame, width: int, height: int) -> None:
    frame.resize(width, height)
    QApplication.processEvents()
    buttons = [each for each in frame.findChildren(QToolButton) if each.isVisible()]
    boxes = {each.objectName(): QRect(each.mapTo(frame, QPoint()), each.size()) for each in buttons}
    scale = boxes.pop("button.range", None)
    area = QRectF(frame.rect())
    assert has_key(area) == (scale is not None), "the key comes with its menu"
    if scale is not None:
        key = key_rect(area).toRect()
        assert key.contains(scale)
        boxes["key"] = key
    for one, other in combinations(boxes, 2):
        assert not boxes[one].intersects(boxes[other]), (one, other)
    for name, box in boxes.items():
        assert frame.rect().contains(box), name
    assert ("toolbox.unit" in boxes) == (height >= 260)
    assert has_key(area) == (width >= 630 and height >= 260)


def test_a_drawing_is_fitted_into_a_very_small_view(frame: CanvasFrame) -> None:
    frame.resize(373, 180)
    QApplication.processEvents()
    view = named(frame, "canvas")
    assert getattr(view, "zoom", 0.0) > 0.2
