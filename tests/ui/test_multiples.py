"""Small multiples: each sample's numbers and colours, their states, and what is hidden of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.engine.backprop import Trace
from bpviz.engine.builders import new_layered
from bpviz.engine.hiding import KINDS, Hidden
from bpviz.model.data import GeneratorData
from bpviz.model.edit import diff
from bpviz.model.network import Network, Unit
from bpviz.model.schema import Session
from bpviz.ui.canvas.common_scale import common_scale
from bpviz.ui.canvas.geometry import FloatArray
from bpviz.ui.canvas.multiple_words import details, loss_of, name_of
from bpviz.ui.canvas.multiples import JOINED, Multiples
from bpviz.ui.canvas.overlays import rounded_up
from bpviz.ui.canvas.pens import LEVELS, Pens, levels, text_color
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.shown import State
from bpviz.ui.numbers import format_number
from bpviz.ui.panels.samples_panel import STALE
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import layered
from tests.ui.samples_hands import (
    Alone,
    MakeAlone,
    grabbed,
    panels_alone,
    with_inputs,
    with_rows,
)

pytestmark = pytest.mark.qt_log_ignore(r"does not support (raise|propagateSizeHints)\(\)")


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
def make_alone(qapp: QApplication) -> Iterator[MakeAlone]:
    """Make panels without a window around them."""
    with panels_alone(qapp) as make:
        yield make


@pytest.fixture
def alone(make_alone: MakeAlone, session: Session) -> Alone:
    """The panel Samples on `session`, without a window around it."""
    return make_alone(session)


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
        assert tile.shown.edges.state.tolist() == on_canvas.edges.state.tolist()
        assert tile.shown.edges.value.tolist() == on_canvas.edges.value.tolist()
        # One scale for all samples: never stronger than on the canvas, which shows one alone.
        assert tile.shown.scale >= on_canvas.scale
        assert (tile.shown.strength <= on_canvas.strength).all()
        states = [*on_canvas.value.state.tolist(), int(on_canvas.loss.state[0])]
        assert tile.fill.numbers.state.tolist() == states


@pytest.mark.parametrize("overlay", ["values", "gradients", "local"])
def test_all_drawings_share_the_scale_of_the_largest(
    qapp: QApplication, session: Session, overlay: str
) -> None:
    player, scene = at_end(session, qapp)
    scene.set_overlay(overlay)
    own = slice(0, scene.geometry.edge_count)
    assert player.frames is not None
    for index in range(-1, len(player.frames)):
        player.show_frame(index)
        made = multiples_of(player, scene)
        tiles = [made.tile(sample).shown for sample in range(4)]
        peak = max(
            float(tile.edges.sizes[own].max())
            for tile in [*tiles, made.tile(JOINED).shown if made.has_joined else tiles[0]]
        )
        assert {tile.scale for tile in tiles} == {rounded_up(peak)}


@pytest.mark.parametrize("overlay", ["weights", "updates"])
def test_what_is_the_same_for_all_is_on_the_scale_of_the_canvas(
    qapp: QApplication, session: Session, overlay: str
) -> None:
    player, scene = at_end(session, qapp)
    scene.set_overlay(overlay)
    made = multiples_of(player, scene)
    assert {made.tile(sample).shown.scale for sample in range(4)} == {scene.picture.shown.scale}


def test_a_fixed_scale_holds_in_the_drawings_too(qapp: QApplication, session: Session) -> None:
    player, scene = at_end(session, qapp)
    scene.set_look(dataclasses.replace(scene.look, ranges={"gradients": 3.0}))
    assert {multiples_of(player, scene).tile(each).shown.scale for each in range(4)} == {3.0}


@pytest.mark.parametrize(("shape", "most"), [((2, 8, 1), 64), ((2, 150, 150, 1), 1)])
def test_the_scale_of_many_numbers_is_found_in_few_samples(
    qapp: QApplication, shape: tuple[int, ...], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = GeneratorData("spiral", samples=1000, test_fraction=0.0)
    player, scene = at_end(new_layered(shape, activation="tanh", data=data), qapp)
    trace, snapshot = player.trace, player.snapshot
    assert trace is not None
    assert snapshot is not None
    asked: list[int] = []
    found = Trace.edge_gradients

    def counted(trace: Trace, sample: int) -> FloatArray:
        asked.append(sample)
        return found(trace, sample)

    monkeypatch.setattr(Trace, "edge_gradients", counted)
    assert common_scale(trace, snapshot, scene.look) > 0.0
    assert most // 2 <= len(asked) <= most
    assert max(asked) >= 1000 - 1000 // len(asked) - len(asked)


def test_samples_that_cancel_do_not_look_stronger_than_they_are(
    make_alone: MakeAlone, session: Session
) -> None:
    # The same inputs with targets on either side of the output: the mean is next to nothing.
    alone = make_alone(with_rows(session, [0]))
    y = alone.player.trace.a[0, -1] if alone.player.trace is not None else 0.0
    session = with_rows(session, [0, 0])
    data = msgspec.structs.replace(session.data, targets=((y - 0.1,), (y + 0.101,)))
    alone = make_alone(msgspec.structs.replace(session, data=data))
    alone.player.show_frame(len(alone.player.frames or ()) - 1)
    alone.panel.refresh()
    made, drawn = alone.view.multiples, alone.scene.picture.shown.scale
    assert drawn < made.scales.edges / 50
    own = slice(0, alone.scene.geometry.edge_count)
    assert made.tile(JOINED).shown.strength[own].max() < 0.02
    assert 0.4 < made.tile(0).shown.strength[own].max() <= 1.0
    words = alone.panel.key.text()
    assert f"full colour at {format_number(made.scales.edges, 2, trim=True)}" in words
    assert f"on the drawing at {format_number(drawn, 2, trim=True)}" in words


def test_edges_and_nodes_are_painted_in_the_colours_of_their_numbers(alone: Alone) -> None:
    alone.scene.set_overlay("values")
    while alone.player.snapshot is not None and not alone.player.snapshot.loss_known:
        alone.player.step_forward()
    alone.panel.refresh()
    view = alone.view
    image = grabbed(view)
    tile, drawing = view.multiples.tile(alone.player.sample), view.drawing
    assert drawing is not None
    bucket = levels(tile.shown.edges.state, tile.shown.strength)
    pens = Pens(alone.scene.theme, "values")
    for edge in range(len(bucket)):
        assert drawing.edge_color(tile, edge) == pens.color(int(bucket[edge]), plain=True)
    corner = view.rect_of(alone.player.sample).topLeft()
    strongest = levels(tile.fill.numbers.state, np.ones(len(tile.fill.strength)))
    for node, (x, y) in enumerate(drawing.centres.tolist()):
        fill = levels(tile.fill.numbers.state, tile.fill.strength)[node]
        wanted = drawing.color("values", int(fill))
        assert image.pixelColor(corner.x() + round(x), corner.y() + round(y)) == wanted
        # The strongest is the very colour of the number's text on the canvas.
        state = int(tile.fill.numbers.state[node])
        full = drawing.color("values", int(strongest[node])).name()
        assert full == text_color(alone.scene.theme, "values", state)


def test_nothing_is_computed_before_the_first_step(alone: Alone) -> None:
    tile = alone.view.multiples.tile(1)
    assert (tile.fill.numbers.state == State.NOT_COMPUTED).all()
    assert details(tile, alone.scene.session, alone.scene.geometry) == ("t 1",)


def test_drawings_are_stale_where_nothing_can_be_computed(alone: Alone) -> None:
    alone.step("phase")
    before = alone.view.multiples.tile(0).shown.value.value.copy()
    alone.scene.select(["y1"], [])
    alone.scene.editor.delete_selected()
    alone.panel.refresh()
    assert alone.player.trace is None
    tile = alone.view.multiples.tile(0)
    known = tile.fill.numbers.state != State.NOT_COMPUTED
    assert known.any()
    assert (tile.fill.numbers.state[known] == State.STALE).all()
    assert tile.shown.value.value.tolist() == before[:4].tolist()
    alone.document.undo()
    alone.panel.refresh()
    assert alone.view.multiples.tile(0).fill.numbers.state[0] != State.STALE


def test_exact_zeros_do_not_look_as_if_not_computed(
    make_alone: MakeAlone, session: Session
) -> None:
    zeros = with_rows(session, [0, 1, 0])
    alone = make_alone(with_inputs(zeros, ((0.5, 0.3), (0.0, 0.0), (1.0, 0.0))))
    alone.step("phase", 3)
    geometry, made = alone.scene.geometry, alone.view.multiples
    tile = made.tile(1)
    states = [tile.fill.numbers.state[geometry.index[name]] for name in ("x1", "x2")]
    assert states == [State.ZERO] * 2
    first = [place for place, name in enumerate(geometry.names) if name.startswith("x")]
    assert (tile.shown.edges.state[first] == State.ZERO).all()
    assert made.tile(0).shown.edges.state[first].min() >= State.NEGATIVE
    image = grabbed(alone.view)
    drawing = alone.view.drawing
    assert drawing is not None
    x, y = drawing.centres[geometry.index["x1"]].tolist()
    at = alone.view.rect_of(1).topLeft()
    seen = image.pixelColor(at.x() + round(x), at.y() + round(y))
    assert seen == drawing.color("values", State.ZERO * LEVELS)
    assert seen != drawing.color("values", State.NOT_COMPUTED * LEVELS)


def test_where_a_number_is_not_finite_the_panel_says_so(
    make_alone: MakeAlone, session: Session
) -> None:
    network = session.network
    nodes = (
        *network.nodes[:-1],
        Unit("y1", activation="exp", bias=0.3, position=(480, 0)),
    )
    odd = msgspec.structs.replace(session, network=Network(nodes, network.edges, network.outputs))
    alone = make_alone(odd)
    alone.step("phase", 3)
    grabbed(alone.view)
    nodes = (*nodes[:-1], msgspec.structs.replace(nodes[-1], bias=800.0))
    worse = msgspec.structs.replace(odd, network=Network(nodes, network.edges, network.outputs))
    alone.document.push(diff(odd, worse, "Set bias"))
    alone.panel.refresh()
    assert alone.player.trace is None
    assert alone.panel.key.text().startswith(STALE)
    assert alone.player.problem in alone.panel.key.text()
    assert not alone.view.isHidden()
    assert (alone.view.multiples.tile(1).fill.numbers.state == State.STALE).all()
    # Where nothing was shown before, there is nothing to show.
    fresh = make_alone(alone.document.session)
    assert fresh.panel.key.text() == fresh.player.problem
    assert fresh.view.isHidden()


# -- what is to be predicted -------------------------------------------------------------------


def test_hidden_numbers_leave_no_trace_in_the_drawings(
    make_alone: MakeAlone, session: Session
) -> None:
    pictures = []
    for factor in (1.0, -3.0):
        network = session.network
        edges = tuple(
            msgspec.structs.replace(edge, weight=edge.weight * factor) for edge in network.edges
        )
        other = Network(network.nodes, edges, network.outputs)
        alone = make_alone(msgspec.structs.replace(session, network=other))
        view = alone.view
        alone.step("phase", 4)
        first_row = view.rect_of(JOINED).united(view.rect_of(1))
        shown = grabbed(view).copy(first_row)
        alone.player.set_hidden(Hidden(frozenset(KINDS)))
        alone.panel.refresh()
        pictures.append((shown, grabbed(view).copy(first_row), alone.panel.key.text()))
        assert all("?" in loss_of(view.multiples.tile(each), session) for each in range(4))
    assert pictures[0][0] != pictures[1][0]
    assert pictures[0][1:] == pictures[1][1:]


def test_what_is_revealed_of_one_sample_stays_hidden_of_the_others(alone: Alone) -> None:
    alone.step("phase")
    hidden = Hidden(frozenset({"values"}), frozenset({("values", "h1")}))
    alone.player.set_hidden(hidden)
    place, made = alone.scene.geometry.index["h1"], alone.view.multiples
    states = [made.tile(each).shown.value.state[place] for each in range(4)]
    assert states[0] != State.NOT_COMPUTED
    assert states[1:] == [State.NOT_COMPUTED] * 3
    assert "?" in details(made.tile(2), alone.scene.session, alone.scene.geometry)[0]
