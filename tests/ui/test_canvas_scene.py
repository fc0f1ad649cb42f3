from __future__ import annotations

import random

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from shiboken6 import delete as delete_now

from bpviz.model.edit import Edit, EditError
from bpviz.model.schema import Session
from bpviz.model.verbs import (
    add_input,
    add_unit,
    connect,
    delete,
    move,
    set_edge,
    set_node,
    set_output,
)
from bpviz.ui.canvas.pens import Pens, levels, state_color, text_color, width_of
from bpviz.ui.canvas.scene import CanvasScene
from bpviz.ui.canvas.shown import Numbers, State
from bpviz.ui.style import DARK, LIGHT, THEMES, contrast
from tests.ui.canvas_fakes import (
    Canvas,
    canvas_on,
    empty_session,
    layered,
    lesson,
    scattered,
)


def drawn(scene: CanvasScene) -> tuple[object, ...]:
    """Return all that a scene draws, for comparison."""
    picture = scene.picture
    geometry = picture.geometry
    return (
        geometry.ids,
        geometry.names,
        geometry.positions.tolist(),
        geometry.points.tolist(),
        [geometry.ids[place] for place in geometry.outputs],
        {
            node: (item.card, item.pos().toTuple(), item.scene() is scene)
            for node, item in picture.node_items.items()
        },
        picture.label_layer.labels,
        picture.shown.edges.state.tolist(),
        picture.shown.weight.tolist(),
    )


def random_edit(draw: random.Random, session: Session) -> Edit:
    network = session.network
    nodes = [node.id for node in network.nodes]
    edges = [edge.name for edge in network.edges]
    place = (draw.uniform(-500, 900), draw.uniform(-400, 400))
    kind = draw.randrange(9)
    if kind == 0:
        return add_unit(session, place)
    if kind == 1:
        return add_input(session, place)
    if kind in (2, 3):
        return connect(session, draw.choice(nodes), draw.choice(nodes))
    if kind == 4:
        return delete(
            session,
            draw.sample(nodes, min(len(nodes), draw.randrange(2))),
            draw.sample(edges, min(len(edges), draw.randrange(3))),
        )
    if kind == 5:
        return move(session, {node: place for node in draw.sample(nodes, 1)})
    if kind == 6:
        return set_node(session, draw.sample(nodes, 1), "label", draw.choice("abc") + "7")
    if kind == 7:
        return set_output(session, draw.choice(nodes), draw.random() < 0.5)
    return set_edge(session, draw.sample(edges, 1), "weight", round(draw.gauss(0, 1), 3))


@pytest.mark.parametrize("seed", range(4))
def test_after_random_edits_the_scene_equals_a_new_one(qapp: QApplication, seed: int) -> None:
    draw = random.Random(seed)
    done = 0
    with canvas_on(scattered(8, 9, seed)) as canvas:
        document, scene = canvas.document, canvas.scene
        scene.set_zoom(1.0)
        start = drawn(scene)
        for _ in range(90):
            try:
                if draw.random() < 0.15:
                    (document.undo if draw.random() < 0.6 else document.redo)()
                elif draw.random() < 0.2:
                    canvas.player.step_forward("neuron")
                else:
                    document.push(random_edit(draw, document.session))
                    done += 1
            except (EditError, ValueError, IndexError):
                continue
            fresh = CanvasScene(document, canvas.player, DARK, 4)
            for each in (scene, fresh):
                each.set_zoom(1.0)
            if canvas.player.snapshot is not None:
                assert drawn(scene) == drawn(fresh)
            else:  # a new scene has no numbers of before
                assert drawn(scene)[:5] == drawn(fresh)[:5]
            network = document.session.network
            assert scene.geometry.ids == tuple(node.id for node in network.nodes)
            assert scene.geometry.names == tuple(edge.name for edge in network.edges)
            assert set(scene.selected_nodes()) <= set(scene.geometry.ids)
            delete_now(fresh)  # later it would still follow every step
        assert done > 25
        while document.can_undo:
            document.undo()
        canvas.player.seek(0)
        canvas.player.show_frame(-1)
        scene.set_zoom(1.0)
        assert drawn(scene) == start


def test_another_session_replaces_everything(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.scene.select(["h1"], ["x1->h1"])
        canvas.document.new(lesson("S2"))
        assert canvas.scene.geometry.ids == ("x", "y", "z", "q", "f")
        assert canvas.scene.selected_nodes() == canvas.scene.selected_edges() == []
        assert len(canvas.scene.picture.node_items) == 6


def test_every_shown_number_is_the_traces(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        trace = canvas.player.trace
        assert trace is not None
        for _ in range(len(canvas.player.frames or ())):
            canvas.player.step_forward("neuron")
            shown, snapshot = canvas.scene.picture.shown, canvas.player.snapshot
            assert snapshot is not None
            known = shown.value.state != State.NOT_COMPUTED
            assert (known == snapshot.value_known).all()
            if trace is canvas.player.trace:
                assert (shown.value.value[known] == trace.a[0][known]).all()
                known = shown.delta.state != State.NOT_COMPUTED
                assert (shown.delta.value[known] == trace.delta[0][known]).all()


def test_the_four_states_and_both_signs_all_look_different(qapp: QApplication) -> None:
    for theme in THEMES.values():
        looks = set()
        for state in range(6):
            pens = Pens(theme, "gradients")
            bucket = int(levels(np.array([state], np.int8), np.array([0.5]))[0])
            looks.add((pens.color(bucket).name(), width_of(bucket)))
            text = text_color(theme, "gradients", state)
            assert contrast(text, theme.canvas) >= 4.5
            assert contrast(text, theme.label) >= 4.5
        assert len(looks) == 6
        assert len({state_color(theme, "values", state) for state in range(6)}) == 6


def test_a_gradient_not_yet_computed_is_no_zero(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.document.push(set_edge(canvas.document.session, ["h1->y"], "weight", 0.0))
        canvas.step_to("delta", "h2")
        scene, index = canvas.scene, canvas.scene.geometry.index
        assert scene.picture.card(index["h1"]).below == "δ not yet"
        canvas.step_to("gradients", "h1")
        assert scene.picture.card(index["h1"]).below == "δ = 0"
        shown = scene.picture.shown
        edge = scene.geometry.names.index("x1->h1")
        assert shown.edges.state[edge] == State.ZERO
        label = next(each for each in scene.picture.label_layer.labels if each.edge == edge)
        assert label.text.second == "∂ 0"


def test_numbers_that_can_not_be_computed_again_are_stale(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("input_gradient")
        before = canvas.scene.picture.shown
        canvas.document.push(set_output(canvas.document.session, "y", False))
        now = canvas.scene.picture.shown
        assert canvas.player.snapshot is None
        assert set(now.value.state) == {State.STALE}
        assert now.value.value.tolist() == before.value.value.tolist()
        surround = canvas.scene.surround(1.0)
        assert surround.problem.startswith("No unit is marked as an output")
        assert surround.key.title == "before the last edit"
        canvas.document.push(add_unit(canvas.document.session, (0.0, 300.0)))
        assert canvas.scene.picture.shown.value.state[-1] == State.NOT_COMPUTED
        canvas.document.undo()
        canvas.document.undo()
        assert State.STALE not in canvas.scene.picture.shown.value.state


def test_a_number_that_is_not_finite_has_a_look_of_its_own() -> None:
    numbers = Numbers.of(np.array([np.inf, np.nan, 0.0, 1.0, -1.0]), np.ones(5, np.bool_))
    assert numbers.state.tolist() == [
        State.NON_FINITE, State.NON_FINITE, State.ZERO, State.POSITIVE, State.NEGATIVE,
    ]  # fmt: skip
    assert numbers.largest() == 1.0
    nothing = Numbers.of(np.array([np.inf]), np.zeros(1, np.bool_))
    assert nothing.state.tolist() == [State.NOT_COMPUTED]


def test_the_current_neuron_glows_and_what_it_uses_is_lit(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        picture, index = canvas.scene.picture, canvas.scene.geometry.index
        canvas.step_to("activation", "h2")
        assert picture.card(index["h2"]).ring == DARK.positive
        assert picture.card(index["x1"]).lit == picture.card(index["x2"]).lit == DARK.positive
        assert not picture.card(index["h1"]).ring
        assert not picture.card(index["h1"]).lit
        canvas.step_to("delta", "h1")
        assert picture.card(index["h1"]).ring == DARK.gradient_positive
        assert picture.card(index["y"]).lit == DARK.gradient_positive
        names = [canvas.scene.geometry.names[edge] for edge in picture.flow_layer.edges]
        assert names == ["h1->y"]


def test_the_clock_runs_only_while_something_moves(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        scene = canvas.scene
        assert not scene.clock.is_running
        canvas.step_to("delta", "h1")
        assert scene.clock.is_running
        scene.set_motion(False)
        assert not scene.clock.is_running
        scene.set_motion(True)
        assert scene.clock.is_running
        canvas.view.hide()
        assert not scene.clock.is_running
        canvas.view.show()
        assert scene.clock.is_running
        canvas.step_to("update")
        assert not scene.clock.is_running


@pytest.mark.parametrize(
    ("kind", "node", "header"),
    [
        ("input", "", "Forward · inputs"),
        ("activation", "h1", "Forward · neuron h₁"),
        ("loss", "", "Loss"),
        ("delta", "h1", "Backward · neuron h₁"),
        ("gradients", "h1", "Backward · gradients into h₁"),
        ("input_gradient", "", "Backward · inputs"),
        ("reduce", "", "Reduce · 1 sample to one gradient"),
        ("update", "", "Update · weight x₁ → h₁"),
        ("update", "h1", "Update · bias of h₁"),
    ],
)
def test_header_says_where_the_step_is(
    qapp: QApplication, kind: str, node: str, header: str
) -> None:
    with canvas_on(lesson("S5")) as canvas:
        assert canvas.scene.surround(1.0).header == "Ready"
        canvas.step_to(kind, node)
        assert canvas.scene.surround(1.0).header == header


def test_legend_says_whose_gradient_is_shown(qapp: QApplication) -> None:
    with canvas_on(layered(2, 2, 1)) as canvas:
        canvas.step_to("input_gradient")
        assert canvas.scene.surround(1.0).key.title == "∂E/∂w of this sample"
        canvas.step_to("reduce")
        surround = canvas.scene.surround(1.0)
        assert surround.key.title == "∂E/∂w of the whole batch"
        own = canvas.scene.picture.shown.edges.value[: canvas.scene.geometry.edge_count]
        assert surround.key.scale >= np.abs(own).max()
        canvas.document.new(lesson("S4"))
        assert canvas.scene.surround(1.0).key.title == "∂C/∂w of this sample"


def test_overlays_choose_number_and_colour(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("update", "y")
        trace = canvas.player.trace
        assert trace is not None
        edge = canvas.scene.geometry.names.index("h1->y")
        slot = trace.program.edge_slot[edge]
        expected = {
            "gradients": trace.gradient[slot],
            "updates": trace.updated[slot] - trace.theta[slot],
            "values": trace.updated[slot] * trace.a[0][canvas.scene.geometry.index["h1"]],
        }
        for overlay, value in expected.items():
            canvas.scene.set_overlay(overlay)
            assert canvas.scene.picture.shown.edges.value[edge] == pytest.approx(value, rel=1e-9)
        with pytest.raises(ValueError, match="no overlay"):
            canvas.scene.set_overlay("nonsense")


def test_an_empty_network_says_what_to_do(qapp: QApplication) -> None:
    with canvas_on(empty_session()) as canvas:
        assert canvas.scene.surround(1.0).is_empty
        assert colours(canvas) >= {DARK.canvas}
        canvas.view.fit()
        canvas.scene.select_all()
        canvas.scene.editor.delete_selected()
        assert not canvas.document.can_undo


def test_select_all_and_delete(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.scene.select_all()
        assert len(canvas.scene.selected_nodes()) == 5
        assert len(canvas.scene.selected_edges()) == 6
        canvas.scene.editor.delete_selected()
        assert canvas.document.session.network.nodes == ()
        assert canvas.scene.selected_nodes() == []
        canvas.document.undo()
        assert len(canvas.scene.picture.node_items) == 6


def test_deleting_an_input_of_generated_data_makes_the_rows_a_table(qapp: QApplication) -> None:
    import msgspec

    from bpviz.model.data import GeneratorData, TableData

    session = msgspec.structs.replace(
        lesson("S5"), data=GeneratorData(name="xor_points", samples=10)
    )
    with canvas_on(session) as canvas:
        canvas.scene.select(["x2"], [])
        canvas.scene.editor.delete_selected()
        data = canvas.document.session.data
        assert isinstance(data, TableData)
        assert {len(row) for row in data.inputs} == {1}


def test_theme_and_digits_change_at_once(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        canvas.step_to("activation", "y")
        node = canvas.scene.geometry.index["y"]
        canvas.scene.set_digits(8)
        assert canvas.scene.picture.card(node).value == "0.74864928"
        assert DARK.canvas in colours(canvas)
        canvas.view.apply_theme(LIGHT)
        assert colours(canvas) >= {LIGHT.canvas, LIGHT.node}
        assert DARK.canvas not in colours(canvas)


def colours(canvas: Canvas) -> set[str]:
    image = canvas.view.grab().toImage()
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 3)
        for y in range(0, image.height(), 3)
    }
