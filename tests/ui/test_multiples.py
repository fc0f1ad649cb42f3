"""Small multiples: each sample's numbers and colours, what is hidden of them, mouse and keys."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.builders import new_layered
from bpviz.engine.hiding import KINDS, Hidden
from bpviz.model.data import GeneratorData, TableData
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.canvas.multiple_words import details, loss_of, name_of
from bpviz.ui.canvas.multiples import JOINED, Multiples
from bpviz.ui.canvas.pens import Pens, levels, text_color
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.shown import State
from bpviz.ui.canvas.small_drawing import has_lines, has_shapes
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import ALONE, EMPTY, LIVE_INTERVAL, SamplesPanel
from bpviz.ui.panels.samples_view import SamplesView
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import layered
from tests.ui.conftest import named

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def with_rows(session: Session, rows: list[int]) -> Session:
    """Return `session` with only these rows of its table."""
    data = session.data
    assert isinstance(data, TableData)
    return msgspec.structs.replace(
        session,
        data=msgspec.structs.replace(
            data,
            inputs=tuple(data.inputs[row] for row in rows),
            targets=tuple(data.targets[row] for row in rows),
        ),
    )


def at_end(session: Session, qapp: QApplication) -> tuple[Player, CanvasScene]:
    """Return a player at the last frame of an iteration, and a scene on it."""
    document = Document(session)
    player = Player(document)
    scene = CanvasScene(document, player, DARK)
    player.setParent(document)
    document.setParent(scene)
    assert player.frames is not None
    player.show_frame(len(player.frames) - 1)
    return player, scene


def multiples_of(player: Player, scene: CanvasScene) -> Multiples:
    """Return the small drawings of now."""
    made = Multiples(player, scene)
    made.follow()
    return made


@pytest.fixture
def panel(window: MainWindow) -> SamplesPanel:
    """The panel Samples, in front."""
    return opened(window)


def opened(window: MainWindow) -> SamplesPanel:
    """Open the panel Samples by its key."""
    QTest.keyClick(window.canvas, Key.Key_7, Modifier.AltModifier)
    QApplication.processEvents()
    found = window.workspace.panels["samples"]
    assert isinstance(found, SamplesPanel)
    assert found.is_seen
    return found


# -- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["S5", "deep"])
def test_each_drawing_has_the_numbers_of_an_iteration_on_its_sample_alone(
    qapp: QApplication, session: Session, base: str
) -> None:
    whole = session if base == "S5" else layered(3, 4, 3, 2, seed=3)
    player, scene = at_end(whole, qapp)
    made = multiples_of(player, scene)
    assert made.count == 4
    edges = scene.geometry.edge_count
    for sample in range(4):
        alone, _ = at_end(with_rows(whole, [sample]), qapp)
        trace, tile = alone.trace, made.tile(sample)
        assert trace is not None
        shown = tile.shown
        assert np.abs(shown.edges.value[:edges] - trace.edge_gradient_batch).max() < 1e-12
        assert np.abs(shown.value.value - trace.a[0]).max() < 1e-12
        assert np.abs(shown.delta.value - trace.delta[0]).max() < 1e-12
        assert abs(shown.loss.value[0] - trace.loss) < 1e-12
        assert shown.target.tolist() == trace.targets[0].tolist()


def test_the_mean_of_the_drawings_is_the_joined_one(qapp: QApplication, session: Session) -> None:
    player, scene = at_end(session, qapp)
    made = multiples_of(player, scene)
    own = slice(0, scene.geometry.edge_count)
    parts = [made.tile(sample).shown for sample in range(4)]
    joined = made.tile(JOINED).shown
    mean = np.mean([part.edges.value[own] for part in parts], axis=0)
    assert np.abs(joined.edges.value[own] - mean).max() < 1e-12
    biases = np.mean([part.delta.value for part in parts], axis=0)
    units = ~scene.geometry.is_square[: scene.geometry.node_count]
    assert np.abs(joined.bias_gradient.value - biases)[units].max() < 1e-12
    assert joined.loss.value[0] == pytest.approx(np.mean([p.loss.value[0] for p in parts]))
    assert name_of(made.tile(JOINED), session) == "mean"


def test_the_joined_drawing_waits_for_the_batch(qapp: QApplication, session: Session) -> None:
    player, scene = at_end(session, qapp)
    while player.snapshot is not None and player.snapshot.batch_gradients:
        player.step_back("neuron")
    tile = multiples_of(player, scene).tile(JOINED)
    assert (tile.shown.edges.state == State.NOT_COMPUTED).all()
    assert loss_of(tile, session) == "E —"


# -- states and colours ------------------------------------------------------------------------


@pytest.mark.parametrize("overlay", ["values", "gradients", "weights", "local", "updates"])
def test_the_shown_sample_has_the_colours_of_the_canvas(
    qapp: QApplication, session: Session, overlay: str
) -> None:
    player, scene = at_end(session, qapp)
    scene.set_overlay(overlay)
    assert player.frames is not None
    for index in range(-1, len(player.frames)):
        player.show_frame(index)
        if player.snapshot is None or player.snapshot.batch_gradients:
            break
        on_canvas, tile = scene.picture.shown, multiples_of(player, scene).tile(player.sample)
        assert tile.shown.scale == on_canvas.scale
        assert tile.shown.edges.state.tolist() == on_canvas.edges.state.tolist()
        assert tile.shown.edges.value.tolist() == on_canvas.edges.value.tolist()
        assert tile.shown.strength.tolist() == on_canvas.strength.tolist()
        states = [*on_canvas.value.state.tolist(), int(on_canvas.loss.state[0])]
        assert tile.fill.numbers.state.tolist() == states


def test_all_drawings_share_the_scale_of_the_canvas(qapp: QApplication, session: Session) -> None:
    player, scene = at_end(session, qapp)
    scene.set_overlay("values")
    made = multiples_of(player, scene)
    assert {made.tile(sample).shown.scale for sample in range(4)} == {scene.picture.shown.scale}


def test_edges_and_nodes_are_painted_in_the_colours_of_their_numbers(
    window: MainWindow, panel: SamplesPanel
) -> None:
    window.commands["view.show_values"].trigger()
    while window.player.snapshot is not None and not window.player.snapshot.loss_known:
        window.player.step_forward()
    panel.refresh()
    view, shown = panel.view, window.scene.picture.shown
    image = grabbed(view)
    tile = view.multiples.tile(window.player.sample)
    drawing = view.drawing
    assert drawing is not None
    bucket = levels(shown.edges.state, shown.strength)
    pens = Pens(window.scene.theme, "values")
    for edge in range(len(bucket)):
        assert drawing.edge_color(tile, edge) == pens.color(int(bucket[edge]), plain=True)
    corner = view.rect_of(window.player.sample).topLeft()
    strongest = levels(tile.fill.numbers.state, np.ones(len(tile.fill.strength)))
    for node, (x, y) in enumerate(drawing.centres.tolist()):
        fill = levels(tile.fill.numbers.state, tile.fill.strength)[node]
        wanted = drawing.color("values", int(fill))
        assert image.pixelColor(corner.x() + round(x), corner.y() + round(y)) == wanted
        # The strongest is the very colour of the number's text on the canvas.
        state = int(tile.fill.numbers.state[node])
        full = drawing.color("values", int(strongest[node])).name()
        assert full == text_color(window.scene.theme, "values", state)


def test_nothing_is_computed_before_the_first_step(window: MainWindow) -> None:
    panel = opened(window)
    window.player.go_to_start()
    tile = panel.view.multiples.tile(1)
    assert (tile.fill.numbers.state == State.NOT_COMPUTED).all()
    assert details(tile, window.scene.session, window.scene.geometry) == ("t 1",)


def test_drawings_are_stale_where_nothing_can_be_computed(
    window: MainWindow, panel: SamplesPanel
) -> None:
    window.player.step_forward("phase")
    panel.refresh()
    before = panel.view.multiples.tile(0).shown.value.value.copy()
    window.scene.select(["y1"], [])
    window.scene.editor.delete_selected()
    assert window.player.trace is None
    tile = panel.view.multiples.tile(0)
    known = tile.fill.numbers.state != State.NOT_COMPUTED
    assert known.any()
    assert (tile.fill.numbers.state[known] == State.STALE).all()
    assert tile.shown.value.value.tolist() == before[:4].tolist()
    window.document.undo()
    assert panel.view.multiples.tile(0).fill.numbers.state[0] != State.STALE


# -- what is to be predicted -------------------------------------------------------------------


def grabbed(view: SamplesView) -> QImage:
    """Return the view as painted now."""
    QApplication.processEvents()
    return view.viewport().grab().toImage()


def test_hidden_numbers_leave_no_trace_in_the_drawings(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    pictures = []
    for factor in (1.0, -3.0):
        network = session.network
        edges = tuple(
            msgspec.structs.replace(edge, weight=edge.weight * factor) for edge in network.edges
        )
        other = Network(network.nodes, edges, network.outputs)
        window = open_window(msgspec.structs.replace(session, network=other))
        view = opened(window).view
        assert window.player.frames is not None
        for step in ("run.phase_forward",) * 4:
            window.commands[step].trigger()
        first_row = view.rect_of(JOINED).united(view.rect_of(1))
        shown = grabbed(view).copy(first_row)
        window.player.set_hidden(Hidden(frozenset(KINDS)))
        pictures.append((shown, grabbed(view).copy(first_row)))
        assert all("?" in loss_of(view.multiples.tile(each), session) for each in range(4))
    assert pictures[0][0] != pictures[1][0]
    assert pictures[0][1] == pictures[1][1]


def test_what_is_revealed_of_one_sample_stays_hidden_of_the_others(
    window: MainWindow, panel: SamplesPanel
) -> None:
    window.player.step_forward("phase")
    hidden = Hidden(frozenset({"values"}), frozenset({("values", "h1")}))
    window.player.set_hidden(hidden)
    place = window.scene.geometry.index["h1"]
    states = [panel.view.multiples.tile(each).shown.value.state[place] for each in range(4)]
    assert states[0] != State.NOT_COMPUTED
    assert states[1:] == [State.NOT_COMPUTED] * 3
    assert "?" in details(panel.view.multiples.tile(2), window.scene.session,
                          window.scene.geometry)[0]  # fmt: skip


# -- the panel ---------------------------------------------------------------------------------


def test_a_click_shows_a_sample(window: MainWindow, panel: SamplesPanel) -> None:
    view = panel.view
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.rect_of(2).center())
    assert window.player.sample == 2
    assert window.canvas.hasFocus()
    image = grabbed(view)
    frame = view.rect_of(2)
    accent = image.pixelColor(frame.left() + 1, frame.center().y())
    assert accent.name() == window.scene.theme.accent
    QTest.keyClick(window.canvas, Key.Key_PageDown, Modifier.AltModifier)
    assert window.player.sample == 3


def test_the_mean_can_be_clicked_without_harm(window: MainWindow, panel: SamplesPanel) -> None:
    middle = panel.view.rect_of(JOINED).center()
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert window.player.sample == 0
    assert panel.view.tip_at(middle).startswith("The batch: the mean")
    window.commands["view.show_values"].trigger()
    assert not panel.view.multiples.has_joined
    assert panel.view.tip_at(middle).startswith("Sample 1 of 4, row 1\n")


def test_up_and_down_walk_through_the_samples(window: MainWindow, panel: SamplesPanel) -> None:
    view = panel.view
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(5):
        QTest.keyClick(view, Key.Key_Down)
    assert window.player.sample == 3
    assert view.accessibleName() == "Samples of the batch: 4 of 4 is shown"
    QTest.keyClick(view, Key.Key_Up)
    assert window.player.sample == 2


def test_a_double_click_on_the_strip_opens_the_panel(window: MainWindow) -> None:
    strip = named(window, "step.samples")
    QTest.mouseDClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    QApplication.processEvents()
    panel = window.workspace.panels["samples"]
    assert panel.is_seen


def test_the_tip_tells_the_numbers(window: MainWindow, panel: SamplesPanel) -> None:
    window.player.step_forward("phase")
    window.player.step_forward("phase")
    panel.refresh()
    trace = window.player.trace
    assert trace is not None
    tip = panel.view.tip_at(panel.view.rect_of(1).center())
    lines = tip.splitlines()
    assert lines[0] == "Sample 2 of 4, row 2"
    assert lines[1].startswith("E = ")
    assert float(lines[1][4:]) == pytest.approx(trace.loss_per_sample[1], rel=1e-3)
    assert lines[2:4] == ["x₁ = 0", "x₂ = 1"]
    assert lines[5:] == ["target t = 1", "Click to show it"]


def test_a_single_sample_needs_no_drawings(
    open_window: Callable[[Session | None], MainWindow], session: Session
) -> None:
    window = open_window(with_rows(session, [0]))
    panel = opened(window)
    assert panel.key.text() == ALONE
    assert not panel.view.isVisible()
    empty = open_window(msgspec.structs.replace(session, network=Network(), data=TableData()))
    assert opened(empty).key.text() == EMPTY


@pytest.fixture
def thousand(open_window: Callable[[Session | None], MainWindow]) -> MainWindow:
    """A window on a batch of a thousand samples."""
    data = GeneratorData("spiral", samples=1000, test_fraction=0.0)
    return open_window(new_layered((2, 3, 1), activation="tanh", data=data))


def test_of_a_thousand_samples_only_those_seen_are_painted(thousand: MainWindow) -> None:
    view = opened(thousand).view
    grabbed(view)
    assert view.multiples.count == 1000
    assert view.paint_count == len(view.seen()) < 30
    thousand.player.choose_sample(777)
    QApplication.processEvents()
    assert 777 in view.seen()
    assert view.viewport().rect().contains(view.rect_of(777))
    before = view.paint_count
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 1)
    grabbed(view)
    assert view.paint_count - before <= view.columns


def test_in_a_run_drawings_follow_a_few_times_a_second(thousand: MainWindow, qtbot: QtBot) -> None:
    panel = opened(thousand)
    grabbed(panel.view)
    refreshed: list[int] = []
    refresh = panel.view.refresh

    def counted() -> None:
        refreshed.append(1)
        refresh()

    panel.view.refresh = counted  # type: ignore[method-assign]
    thousand.player.run()
    qtbot.wait(int(2500 * LIVE_INTERVAL))
    during = len(refreshed)
    thousand.player.pause()
    assert 1 <= during <= 4
    qtbot.waitUntil(lambda: len(refreshed) > during)
    panel.refresh()
    trace = thousand.player.trace
    assert trace is not None
    thousand.player.step_forward("phase")
    panel.refresh()
    assert np.array_equal(panel.view.multiples.tile(5).shown.value.value, trace.a[5])


def test_large_networks_are_cells_without_edges(
    open_window: Callable[[Session | None], MainWindow],
) -> None:
    data = GeneratorData("spiral", samples=20)
    window = open_window(new_layered((2, 40, 40, 8, 1), activation="tanh", data=data))
    panel = opened(window)
    window.player.step_forward("phase")
    panel.refresh()
    geometry = window.scene.geometry
    assert not has_lines(geometry)
    assert not has_shapes(geometry)
    assert panel.key.text() == "Cells: value, δ where it is known."
    image, view = grabbed(panel.view), panel.view
    drawing, tile = view.drawing, view.multiples.tile(0)
    assert drawing is not None
    corner = view.rect_of(0).topLeft()
    bucket = levels(tile.fill.numbers.state, tile.fill.strength)
    for node in (0, 20, 50, 85):
        x, y = drawing.centres[node].tolist()
        wanted = drawing.color("values", int(bucket[node]))
        assert image.pixelColor(corner.x() + int(x), corner.y() + int(y)) == wanted


def test_drawings_follow_nodes_theme_size_and_notation(
    window: MainWindow, panel: SamplesPanel
) -> None:
    view = panel.view
    window.player.step_forward("phase")
    panel.refresh()
    pictures = [grabbed(view)]
    for command in ("view.theme_light", "view.colours_blue_red", "view.scale_150"):
        window.commands[command].trigger()
        pictures.append(grabbed(view))
    window.scene.select(["h1"], [])
    window.commands["edit.nudge_up"].trigger()
    pictures.append(grabbed(view))
    assert all(one != other for one, other in pairwise(pictures))
    assert view.columns < 3
    other = msgspec.structs.replace(
        window.document.session,
        notation=msgspec.convert({"loss_symbol": "C", "target_symbol": "r"},
                                 type(window.player.notation)),
    )  # fmt: skip
    assert loss_of(view.multiples.tile(0), other) == "C —"
    assert details(view.multiples.tile(0), other, window.scene.geometry)[0].endswith("r 0.8")
