"""Small multiples: each sample's numbers and colours, their states, and what is hidden of them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.hiding import KINDS, Hidden
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.ui.canvas.multiple_words import details, loss_of, name_of
from bpviz.ui.canvas.multiples import JOINED, Multiples
from bpviz.ui.canvas.pens import Pens, levels, text_color
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.shown import State
from bpviz.ui.main_window import MainWindow
from bpviz.ui.panels.samples_panel import SamplesPanel
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import layered
from tests.ui.samples_hands import grabbed, opened, with_rows

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")

Key, Modifier = Qt.Key, Qt.KeyboardModifier


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
