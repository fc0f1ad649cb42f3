"""Labels are whole: heads of layers, keys and verdicts of plots, header, gallery, large or not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from bpviz.engine.builders import new_layered
from bpviz.model.counts import grouped
from bpviz.model.schema import Session
from bpviz.ui.canvas.geometry import Geometry
from bpviz.ui.canvas.quantities import quantity_at
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.gallery import Gallery, Tile
from bpviz.ui.plots.heading import Heading, write_fitting
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import canvas_on
from tests.ui.conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


@pytest.mark.parametrize("zoom", [0.3, 0.45, 0.64, 1.0])
@pytest.mark.parametrize("pitch", [70.0, 125.0, 180.0, 240.0])
def test_heads_of_near_columns_never_touch(qapp: QApplication, zoom: float, pitch: float) -> None:
    with canvas_on(new_layered((2, 3, 3, 3, 1), seed=1)) as canvas:
        heads, geometry = canvas.scene.sketch.heads, canvas.scene.geometry
        network = canvas.scene.picture.session.network
        columns = sorted({x for x, _ in geometry.positions[: geometry.node_count].tolist()})
        places = geometry.positions[: geometry.node_count].copy()
        places[:, 0] = [columns.index(x) * pitch for x in places[:, 0].tolist()]
        moved = Geometry(network)
        moved.place(places)
        heads.set_zoom(zoom)
        heads.show_heads(network, moved)
        boxes = sorted((part.box for part in heads.parts), key=lambda box: (box.top(), box.left()))
        assert len([part for part in heads.parts if part.what == "select"]) == len(columns)
        for one, other in pairwise(boxes):
            overlap = one.intersected(other)
            assert overlap.width() < 0.01 or overlap.height() < 0.01
        edges = [part.box for part in heads.parts if part.what in ("grow", "shrink")]
        for grow, shrink in zip(edges[1::2], edges[2::2], strict=False):
            assert shrink.left() - grow.right() > 2.0


def test_the_header_is_whole_at_every_size(window: MainWindow) -> None:
    header = window.workspace.header
    for percent in (150, 200, 100):
        window.commands[f"view.scale_{percent}"].trigger()
        QApplication.processEvents()
        rights = set()
        for label in header.findChildren(QLabel):
            assert label.width() >= label.sizeHint().width()
            assert label.geometry().left() >= 0
            rights.add(label.geometry().right())
        assert len(rights) == 1


@pytest.mark.parametrize("iteration", [7_087, 1_234_567, 1_234_567_890])
def test_the_header_is_whole_after_long_training(
    window: MainWindow, iteration: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.resize(1440, 900)
    QApplication.processEvents()
    header, label = window.workspace.header, named(window, "header.place", QLabel)
    assert isinstance(label, QLabel)
    said = f"iteration {grouped(iteration)} · epoch {grouped(iteration)}"
    monkeypatch.setattr(header, "_say_numbers", lambda: label.setText(said))
    header.refresh()
    QApplication.processEvents()
    QApplication.processEvents()
    assert label.width() >= label.sizeHint().width()
    assert header.rect().contains(label.geometry())
    assert window.rect().contains(header.geometry())


def test_menus_and_badge_grow(window: MainWindow) -> None:
    bar, badge = window.menuBar(), window.workspace.badge
    before = (bar.fontMetrics().height(), badge.fontMetrics().height())
    window.commands["view.scale_150"].trigger()
    QApplication.processEvents()
    assert bar.fontMetrics().height() > 1.15 * before[0]
    assert badge.fontMetrics().height() > 1.15 * before[1]
    menu = bar.findChild(QMenu)
    assert isinstance(menu, QMenu)
    menu.ensurePolished()
    assert menu.fontMetrics().height() > 1.15 * before[0]
    window.commands["view.scale_100"].trigger()
    assert (bar.fontMetrics().height(), badge.fontMetrics().height()) == before


def test_keys_of_plots_fit_their_headings(open_window: Callable[[Session], MainWindow]) -> None:
    window = open_window(new_layered((2, 3, 3, 3, 3, 3, 1), seed=1))
    for percent in (100, 150, 200):
        window.commands[f"view.scale_{percent}"].trigger()
        QApplication.processEvents()
        headings = window.findChildren(Heading)
        assert len(headings) == 2
        for heading in headings:
            key = heading.findChild(QLabel)
            assert isinstance(key, QLabel)
            assert key.sizeHint().width() <= key.width() + 1, (percent, key.text())


def test_the_longest_text_that_fits_is_written(qapp: QApplication) -> None:
    label = QLabel()
    room = label.fontMetrics().horizontalAdvance("middle one") + 4
    write_fitting(label, ("a text without any room", "middle one", "short"), room)
    assert label.text() == "middle one"
    write_fitting(label, ("a text without any room", "middle one"), 3)
    assert label.text() == "middle one"


def test_the_gallery_has_as_many_columns_as_it_has_room_for(qtbot: QtBot) -> None:
    gallery = Gallery(DARK)
    qtbot.addWidget(gallery)
    gallery.show()
    for width, columns in ((290, 4), (170, 2), (230, 3)):
        gallery.resize(width, 200)
        QApplication.processEvents()
        tiles = list(gallery.findChildren(Tile))
        assert len({tile.x() for tile in tiles}) == columns
        assert max(tile.geometry().right() for tile in tiles) < gallery.viewport().width()


def test_only_numbers_that_are_drawn_can_be_clicked(qapp: QApplication) -> None:
    with canvas_on(new_layered((2, 4, 1), seed=1)) as canvas:
        picture, geometry = canvas.scene.picture, canvas.scene.geometry
        node = geometry.node_count - 1
        x, y = geometry.positions[node].tolist()
        at = QPointF(x, y - 58.0)
        found = next(
            (q for q in (quantity_at(picture, QPointF(x, y - d), 1.0) for d in range(40, 80)) if q),
            None,
        )
        assert found is not None
        assert found.kind == "bias"
        at = found.box.center()
        # Nodes so near to one another that no line above them has room.
        places = geometry.positions[: geometry.node_count].copy()
        places[:, 1] *= 0.2
        places[:, 0] *= 0.2
        picture.place(places)
        shift = geometry.positions[node] - (x, y)
        at = QPointF(at.x() + shift[0], at.y() + shift[1])
        assert picture.card(node).above == ""
        hit = quantity_at(picture, at, 1.0)
        assert hit is None or hit.kind != "bias"
