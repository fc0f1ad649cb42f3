"""The panels Derivation and Paths in the window: which parameter, lines, lights, copies, files."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QMenu, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from bpviz.explain.expression import Reference
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Notation, Session
from bpviz.model.session import load_session
from bpviz.ui.formula.derivation_page import MOST_LINES
from bpviz.ui.formula.paths_view import FEW
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.derivation_panel import DerivationPanel
from bpviz.ui.panels.paths_panel import PathsPanel
from bpviz.ui.style import resource_path
from tests.ui.conftest import NO_RAISE, named

pytestmark = pytest.mark.qt_log_ignore(NO_RAISE)


@pytest.fixture
def panel(window: MainWindow) -> DerivationPanel:
    bring(window, "derivation")
    return window.workspace.analysis.derivation


@pytest.fixture
def paths(window: MainWindow) -> PathsPanel:
    bring(window, "paths")
    return window.workspace.analysis.paths


def bring(window: MainWindow, name: str) -> None:
    action = window.findChild(QAction, f"view.front_{name}")
    assert action is not None
    action.trigger()
    QApplication.processEvents()


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def click_band(panel: DerivationPanel | PathsPanel, band: int) -> None:
    at = panel.view.band_rect(band).topLeft() + QPointF(4, 4)
    QTest.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=at.toPoint())


def test_it_is_about_the_selection_then_the_step_then_the_first(
    window: MainWindow, panel: DerivationPanel
) -> None:
    assert panel.parameter_name() == "x1->h1"
    window.scene.select([], ["h2->y1"])
    assert panel.view.derivation is not None
    assert panel.view.derivation.name == "h2->y1"
    window.scene.select(["h1"], [])
    assert panel.view.derivation.name == "h1"
    window.scene.select([], [])
    window.player.show_frame(len(window.player.frames or ()) - 1)
    assert panel.view.derivation.name == panel.parameter_name() == "y1"


def test_a_list_behind_another_panel_may_name_what_is_gone(
    window: MainWindow, panel: DerivationPanel
) -> None:
    bring(window, "explain")
    window.scene.select([], ["x1->h1"])
    window.commands["edit.delete"].trigger()
    assert "x1->h1" not in window.document.session.network.edge_index
    box = named(panel, "parameter", QComboBox)
    assert isinstance(box, QComboBox)
    assert not panel.is_seen
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.currentData() == "x1->h1"
    assert window.scene.selected_nodes() == []
    assert window.scene.selected_edges() == ["x2->h1"]


def test_the_list_selects_on_the_drawing(window: MainWindow, panel: DerivationPanel) -> None:
    box = named(panel, "parameter", QComboBox)
    assert isinstance(box, QComboBox)
    assert [box.itemText(at) for at in (0, 6)] == ["w  x₁ → h₁", "b  h₁"]
    box.setFocus()
    # Home and End step, here as everywhere but in a text; the list is walked by the arrows.
    for _ in range(box.count() - 1):
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert window.scene.selected_nodes() == ["y1"]
    assert panel.view.derivation is not None
    assert panel.view.derivation.name == "y1"


def test_terms_and_drawing_light_each_other(window: MainWindow, panel: DerivationPanel) -> None:
    window.scene.select([], ["x1->h1"])
    view = panel.view
    weight = Reference("edge", "h1->y1", "weight")
    (area,) = panel.findChildren(QScrollArea)
    at = view.rect_of(weight).center().toPoint()
    area.ensureVisible(at.x(), at.y())
    QTest.mouseMove(view, at)
    edges = window.document.session.network.edge_index
    assert window.scene.picture.marks.hovered_edge == edges["h1->y1"]
    QTest.mouseMove(view, QPoint(view.width() - 1, at.y()))
    assert window.scene.picture.marks.hovered_edge == -1
    x, y = window.scene.geometry.positions[2]
    at = window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
    QTest.mouseMove(window.canvas.viewport(), at)
    assert view.highlighted == Reference("node", "h1", "")


def test_the_whole_or_a_line_is_copied(window: MainWindow, panel: DerivationPanel) -> None:
    line = named(panel, "derivation.copy_line", QPushButton)
    assert not line.isEnabled()
    QTest.mouseClick(named(panel, "derivation.copy"), Qt.MouseButton.LeftButton)
    whole = clipboard()
    assert whole.startswith("% The objective\n\\begin{align*}\n\\frac{\\partial E}{\\partial w} &=")
    assert r"\text{sigmoid rule}" in whole
    click_band(panel, 1)
    assert line.isEnabled()
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    assert clipboard().startswith(r"\frac{\partial E}{\partial w} = ")
    assert "\n" not in clipboard()
    click_band(panel, 1)
    assert not line.isEnabled()
    panel.set_digits(10)
    QTest.mouseClick(named(panel, "derivation.copy"), Qt.MouseButton.LeftButton)
    assert len(clipboard()) > len(whole), "numbers are copied with the digits that are shown"


@pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints|grabbing)")
def test_a_right_click_offers_the_same(window: MainWindow, panel: DerivationPanel) -> None:
    at = panel.view.band_rect(0).center().toPoint()
    panel.view.menu_asked.emit(0, panel.view.mapToGlobal(at))
    (menu,) = panel.findChildren(QMenu)
    texts = [action.text().replace("&", "") for action in menu.actions()]
    assert texts == ["Copy Line as LaTeX", "Copy All as LaTeX", "Export…"]
    menu.actions()[0].trigger()
    assert clipboard().startswith(r"\frac{\partial E}{\partial w} = ")
    menu.close()


def test_the_key_copies_what_is_in_front(
    window: MainWindow, panel: DerivationPanel, qtbot: QtBot
) -> None:
    action = window.commands["edit.copy_latex"]
    action.trigger()
    assert clipboard().startswith("% The objective")
    bring(window, "paths")
    action.trigger()
    assert clipboard().startswith("\\begin{align*}\n\\frac{\\partial E_{1}}")
    bring(window, "explain")
    action.trigger()
    assert window.workspace.step_line.sentence == "No panel shows a formula to copy."
    window.player.step_forward("neuron")
    window.player.step_forward("neuron")
    action.trigger()
    assert clipboard().startswith("\\begin{align*}\nz_{h_{1}} &=")


def test_of_two_panels_in_sight_the_latest_is_copied(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    """In a lesson Explain stands below the page, so that Derive can be seen with it."""
    window = open_window(load_session(resource_path("lessons", "S5.bpviz.json")))
    window.lesson_commands.turn_to(4)
    action = window.commands["edit.copy_latex"]
    explained = r"\begin{align*}" + "\n" + r"\frac{\partial E}{\partial a_{y}}"
    action.trigger()
    assert clipboard().startswith(explained)
    bring(window, "paths")
    assert window.workspace.explain_panel.is_seen
    action.trigger()
    assert clipboard().startswith("\\begin{align*}\n\\frac{\\partial E}{\\partial w} &=")
    bring(window, "derivation")
    action.trigger()
    assert "chain rule" in clipboard()
    bring(window, "explain")
    action.trigger()
    assert clipboard().startswith(explained)


@pytest.mark.parametrize(
    ("ending", "start"),
    [(".md", "# Four rows"), (".tex", r"\documentclass"), (".html", "<!DOCTYPE html>")],
)
def test_it_is_exported(
    window: MainWindow, panel: DerivationPanel, tmp_path: Path, ending: str, start: str
) -> None:
    window.scene.select([], ["h1->y1"])
    QTest.mouseClick(named(panel, "derivation.export"), Qt.MouseButton.LeftButton)
    dialog = window.findChild(QFileDialog, "save")
    assert dialog is not None
    path = tmp_path / f"found{ending}"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    text = path.read_text(encoding="utf-8")
    assert text.startswith(start)
    assert "sigmoid rule" in text


def test_long_derivations_are_folded_and_unfolded(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    units = [Unit(f"u{place}", activation="tanh") for place in range(7)]
    ids = ["x1", *(unit.id for unit in units)]
    edges = tuple(Edge(a, b, 0.5) for a, b in pairwise(ids))
    rows = TableData(inputs=((0.5,),), targets=((0.25,),))
    network = Network((Input("x1"), *units), edges, (ids[-1],))
    window = open_window(
        Session(network=network, data=rows, training=session.training, notation=Notation("L"))
    )
    bring(window, "derivation")
    view = window.workspace.analysis.derivation.view
    assert view.derivation is not None
    (section,) = view.derivation.sections
    assert len(section.steps) > MOST_LINES
    fold = next(place for place, band in enumerate(view.bands) if band.step < 0)
    click_band(window.workspace.analysis.derivation, fold)
    assert [band.step for band in view.bands] == [*range(len(section.steps)), -1]
    click_band(window.workspace.analysis.derivation, len(view.bands) - 1)
    assert len(view.bands) < len(section.steps)
    # From the text's own letters to the number, nothing wider than the panel.
    assert view.page.width <= view.width()
    assert view.derivation.gradient.of.text == "L"


def deep(count: int, session: Session, rows: int = 1) -> Session:
    """Return a chain of `count` units, one level below the other."""
    units = [Unit(f"u{place}", activation="tanh") for place in range(count)]
    ids = ["x1", *(unit.id for unit in units)]
    edges = tuple(Edge(a, b, 1.1) for a, b in pairwise(ids))
    data = TableData(inputs=((0.5,),) * rows, targets=((0.25,),) * rows)
    network = Network((Input("x1"), *units), edges, (ids[-1],))
    return Session(network=network, data=data, training=session.training)


def test_what_a_long_derivation_leaves_out_is_shown_by_clicks(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    window = open_window(deep(300, session))
    bring(window, "derivation")
    panel = window.workspace.analysis.derivation
    view = panel.view
    window.scene.select([], ["x1->u0"])

    def gaps() -> list[tuple[int, int]]:
        assert view.derivation is not None
        (section,) = view.derivation.sections
        return [(gap.lines, gap.start) for gap in section.gaps]

    def click_gap(number: int) -> None:
        click_band(panel, next(at for at, band in enumerate(view.bands) if band.gap == number))

    assert gaps() == [(283, 12)]
    click_band(panel, next(at for at, band in enumerate(view.bands) if band.step < 0))
    click_gap(0)
    assert gaps() == [(12, 0), (271, 24)]
    click_gap(1)
    assert gaps() == [(24, 12), (259, 36)]
    assert len([band for band in view.bands if band.gap >= 0]) == 2, "it stays unfolded"
    click_gap(0)
    assert gaps() == [(12, 0), (271, 24)]
    line = next(at for at, band in enumerate(view.bands) if band.gap < 0 <= band.step)
    click_band(panel, line)
    assert view.chosen_step is not None
    assert "12 lines are left out" in panel.latex()
    window.scene.select([], ["u0->u1"])
    assert gaps() == [(282, 12)], "another parameter begins anew"


def test_a_slow_derivation_shows_its_progress_and_can_be_given_up(
    open_window: Callable[[Session | None], MainWindow],
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    monkeypatch.setattr("bpviz.ui.panels.work_bar.AT_ONCE", 0.0)
    monkeypatch.setattr("bpviz.ui.panels.work_bar.SLICE", 0.0)
    window = open_window(deep(40, session, rows=3))
    bring(window, "derivation")
    panel = window.workspace.analysis.derivation
    window.scene.select([], ["x1->u0"])
    assert panel.bar.isVisible()
    assert panel.bar.busy
    assert not panel.view.isVisible()
    assert panel.latex() == ""
    before = panel.bar.bar.value()
    qtbot.waitUntil(lambda: panel.bar.bar.value() > before)
    QTest.mouseClick(panel.bar.cancel, Qt.MouseButton.LeftButton)
    assert not panel.bar.busy
    assert panel.rest.text().startswith("The derivation was given up.")
    assert panel.latex() == ""
    window.scene.select([], ["u0->u1"])
    qtbot.waitUntil(lambda: panel.view.isVisible())
    assert panel.view.derivation is not None
    assert panel.view.derivation.name == "u0->u1"
    assert not panel.bar.isVisible()
    window.scene.select([], ["u1->u2"])
    window.player.run()
    assert not panel.bar.busy
    window.player.pause()


def test_paths_light_up_and_add_up(window: MainWindow, paths: PathsPanel) -> None:
    window.scene.select([], ["x1->h2"])
    found = paths.view.paths
    assert found is not None
    assert found.count == 1
    QTest.mouseMove(paths.view, paths.view.band_rect(0).topLeft().toPoint() + QPoint(4, 4))
    marks, network = window.scene.picture.marks, window.document.session.network
    named_edges = {network.edges[edge].name for edge in marks.path_edges if edge < 6}
    assert named_edges == {"x1->h2", "h2->y1"}
    loss = len(network.nodes)
    assert marks.path_nodes == {*(network.node_index[each] for each in ("x1", "h2", "y1")), loss}
    bring(window, "explain")
    assert window.scene.picture.marks.path_edges == frozenset()


def test_terms_of_a_path_and_the_drawing_light_each_other(
    window: MainWindow, paths: PathsPanel
) -> None:
    window.scene.select([], ["x1->h2"])
    view, edges = paths.view, window.document.session.network.edge_index
    (area,) = paths.findChildren(QScrollArea)
    at = view.rect_of(Reference("edge", "h2->y1", "weight")).center().toPoint()
    area.ensureVisible(at.x(), at.y())
    QTest.mouseMove(view, at)
    assert window.scene.picture.marks.hovered_edge == edges["h2->y1"]
    QTest.mouseMove(view, QPoint(view.width() - 1, at.y()))
    assert window.scene.picture.marks.hovered_edge == -1
    place = window.document.session.network.node_index["h2"]
    x, y = window.scene.geometry.positions[place]
    pointer = window.canvas.viewportTransform().map(QPointF(x, y)).toPoint()
    QTest.mouseMove(window.canvas.viewport(), pointer)
    assert view.highlighted == Reference("node", "h2", "")


def test_of_many_paths_the_strongest_are_shown_and_the_rest_is_summed(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    network = Network.layered((1, 7, 7, 7, 1), "tanh", "identity")
    rows = TableData(inputs=((0.5,),), targets=((0.25,),))
    edges = tuple(
        Edge(edge.source, edge.target, 0.1 + 0.01 * place)
        for place, edge in enumerate(network.edges)
    )
    network = Network(network.nodes, edges, network.outputs)
    window = open_window(Session(network=network, data=rows, training=session.training))
    bring(window, "paths")
    # A bias of a unit of the first layer reaches the loss by 49 paths, its input's weight too.
    panel = window.workspace.analysis.paths
    found = panel.view.paths
    assert found is not None
    assert found.count == len(found.shown) == 49
    assert "49 paths lead" in panel.count.text()
    height = panel.view.page.height
    click_band(panel, 20)
    assert panel.view.page.height > height
    click_band(panel, 20)
    assert panel.view.page.height == height
    assert len(panel.view.page.bands) == 49 > FEW


def test_nothing_to_derive_says_what_to_do(window: MainWindow, panel: DerivationPanel) -> None:
    window.scene.select_all()
    window.commands["edit.delete"].trigger()
    assert panel.rest.isVisible()
    assert not panel.body.isVisible()
    assert panel.latex() == ""
    window.document.undo()
    assert panel.body.isVisible()
    window.player.run()
    assert panel.rest.text().endswith("Space pauses.")
    window.player.pause()


@pytest.mark.parametrize("lesson", ["S1", "S2", "S3", "S4", "S5"])
def test_every_parameter_of_every_lesson_fits(
    open_window: Callable[[Session | None], MainWindow], lesson: str
) -> None:
    window = open_window(load_session(resource_path("lessons", f"{lesson}.bpviz.json")))
    network = window.document.session.network
    for name in ("derivation", "paths"):
        bring(window, name)
        view = getattr(window.workspace.analysis, name).view
        for edge in network.edge_index:
            window.scene.select([], [edge])
            assert view.page.width <= view.width(), (name, edge)
