"""Marks on edges: selection and hover go with the network they were made in."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from bpviz.model.schema import Session
from bpviz.ui.main_window import MainWindow


def test_deleting_a_hovered_edge_that_is_selected_leaves_no_mark(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    window = open_window(session)
    scene = window.scene
    scene.select([], ["h1->y1", "h2->y1"])
    scene.highlight("edge", "h2->y1")
    QApplication.processEvents()
    scene.select(["h1", "h2", "x1", "x2"], ["h1->y1", "h2->y1"])
    scene.editor.delete_selected()
    layer = scene.picture.edge_layer
    painted = layer.paint_count
    scene.highlight("", "")
    window.canvas.viewport().grab()
    assert layer.paint_count > painted or not scene.geometry.edge_count
    assert window.document.session.network.edges == ()
