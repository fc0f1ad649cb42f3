"""Dots that flow: their number and size by what flows, and how parts add up where they meet."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.ui.canvas.dots import MOST_A_SECOND, MOST_DOTS, SPEED, Dots, dot_unit
from bpviz.ui.canvas.flow import FlowLayer, picture_size
from bpviz.ui.canvas.geometry import FloatArray
from bpviz.ui.canvas.shown import State
from bpviz.ui.style import DARK
from tests.ui.canvas_fakes import Canvas, canvas_on, layered, lesson, with_network

SIZES = st.lists(st.floats(1e-200, 1e200), min_size=1, max_size=40)


def fan(*weights: float) -> Session:
    """Return a session in which one unit feeds units with these weights, alike in all else."""
    count = len(weights)
    middle = [Unit(f"m{i}", bias=0.1, position=(480, 140 * i)) for i in range(count)]
    nodes: tuple[Input | Unit, ...] = (
        Input("x", position=(0, 0)),
        Unit("h", activation="tanh", position=(240, 0)),
        *middle,
        Unit("y", activation="identity", position=(720, 0)),
    )
    edges = [Edge("x", "h", 0.8)]
    edges += [Edge("h", f"m{i}", weight) for i, weight in enumerate(weights)]
    edges += [Edge(f"m{i}", "y", 0.5) for i in range(count)]
    return with_network(Network(nodes, tuple(edges), ("y",)))


def arrived(dots: Dots, seconds: float) -> FloatArray:
    """Return how many dots reach the end of each path in `seconds`."""
    count = np.zeros(len(dots.rates))
    tick = 0.02
    for _ in range(round(seconds / tick)):
        points, before = dots.places()
        near = np.hypot(*(points - dots.points[before, -1]).T) < SPEED * tick
        count += np.bincount(before[near], minlength=len(count))
        dots.advance(tick)
    return count


def flow_at(canvas: Canvas, kind: str, node: str = "") -> FlowLayer:
    canvas.step_to(kind, node)
    return canvas.scene.picture.flow_layer


def test_the_number_of_dots_is_proportional_to_the_gradient(qapp: QApplication) -> None:
    with canvas_on(layered(3, 5, 2)) as canvas:
        flow = flow_at(canvas, "gradients", "h1_2")
        assert canvas.player.trace is not None
        gradient = canvas.player.trace.edge_gradients(0)[flow.edges]
        assert len(gradient) == 3
        assert flow.parts.rates == pytest.approx(np.abs(gradient) / flow.unit, rel=1e-12)
        assert flow.parts.rates.max() <= MOST_A_SECOND
        seconds = 40.0
        expected = flow.parts.rates * seconds
        assert np.abs(arrived(flow.parts, seconds) - expected).max() <= 1.5


@pytest.mark.parametrize("weights", [(0.9, 0.4, 0.2), (0.9, -0.4, 0.2)])
def test_parts_add_up_where_they_meet(qapp: QApplication, weights: tuple[float, ...]) -> None:
    with canvas_on(fan(*weights)) as canvas:
        flow = flow_at(canvas, "delta", "h")
        trace, index = canvas.player.trace, canvas.scene.geometry.index
        assert trace is not None
        parts = trace.edge_contributions(0)[flow.edges]
        whole = trace.dloss_da[0][index["h"]]
        assert parts.sum() == pytest.approx(whole, rel=1e-12)
        # With one sign as many dots go on as come; else those of the larger side remain.
        seconds = 60.0
        came, left = arrived(flow.parts, seconds), arrived(flow.sums, seconds)
        assert abs((np.sign(parts) * came).sum() - np.sign(whole) * left[0]) <= 4.0
        assert left[0] == pytest.approx(abs(whole) / flow.unit * seconds, abs=1.5)
        note = canvas.scene.surround(1.0).note
        assert note.startswith("1 dot a second = ")
        assert "of ∂E/∂h, together " in note


def test_a_single_part_needs_no_sum(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        flow = flow_at(canvas, "delta", "h1")
        assert [canvas.scene.geometry.names[edge] for edge in flow.edges] == ["h1->y"]
        assert not len(flow.sums.rates)
        assert canvas.scene.surround(1.0).note.endswith("of ∂E/∂h₁")
        flow = flow_at(canvas, "input_gradient")
        assert len(flow.edges) == 4
        assert len(flow.sums.rates) == 2
        assert canvas.player.trace is not None
        whole = np.abs(canvas.player.trace.dloss_da[0][:2])
        assert flow.sums.rates == pytest.approx(whole / flow.unit, rel=1e-12)


def test_an_output_that_feeds_a_unit_gets_the_losss_part_too(qapp: QApplication) -> None:
    nodes = (Input("x"), Unit("p", position=(200, 0)), Unit("q", position=(400, 0)))
    network = Network(nodes, (Edge("x", "p", 0.5), Edge("p", "q", 0.9)), ("p", "q"))
    with canvas_on(with_network(network)) as canvas:
        flow = flow_at(canvas, "delta", "p")
        stream = canvas.scene.picture.stream
        assert len(flow.edges) == 2
        assert canvas.player.trace is not None
        whole = canvas.player.trace.dloss_da[0][1]
        assert stream.amount.value[flow.edges].sum() == pytest.approx(whole, rel=1e-12)
        assert flow.sums.rates == pytest.approx([abs(whole) / flow.unit], rel=1e-12)


def test_dots_go_with_values_and_against_gradients(qapp: QApplication) -> None:
    with canvas_on(lesson("S5")) as canvas:
        places = canvas.scene.geometry.positions
        index = canvas.scene.geometry.index

        def ends(node: str, edge: str) -> tuple[float, float]:
            """Return how far a path's begin and end are from `node`, along x."""
            flow = canvas.scene.picture.flow_layer
            track = list(flow.edges).index(canvas.scene.geometry.names.index(edge))
            begin, end = flow.parts.points[track][[0, -1], 0]
            return abs(begin - places[index[node]][0]), abs(end - places[index[node]][0])

        flow = flow_at(canvas, "activation", "y")
        begin, end = ends("y", "h1->y")
        assert end < begin
        terms = canvas.scene.picture.shown.terms.value[flow.edges]
        assert flow.parts.rates == pytest.approx(np.abs(terms) / flow.unit, rel=1e-12)
        flow_at(canvas, "delta", "h1")
        begin, end = ends("h1", "h1->y")
        assert end < begin


def test_dots_say_the_same_under_every_overlay(qapp: QApplication) -> None:
    with canvas_on(fan(0.9, -0.4)) as canvas:
        flow = flow_at(canvas, "delta", "h")
        rates, state = flow.parts.rates, canvas.scene.picture.stream.amount.state[flow.edges]
        assert set(state.tolist()) == {State.POSITIVE, State.NEGATIVE}
        for overlay in ("values", "weights", "updates"):
            canvas.scene.set_overlay(overlay)
            assert flow.parts.rates.tolist() == rates.tolist()
            colors = {flow._color(each) for each in state.tolist()}
            assert colors == {DARK.gradient_positive, DARK.gradient_negative}


def test_zero_carries_no_dots(qapp: QApplication) -> None:
    with canvas_on(fan(0.9, 0.0)) as canvas:
        session = canvas.document.session
        edges = tuple(
            msgspec.structs.replace(edge, weight=0.0) if edge.name == "h->m1" else edge
            for edge in session.network.edges
        )
        network = Network(session.network.nodes, edges, session.network.outputs)
        canvas.document.new(msgspec.structs.replace(session, network=network))
        flow = flow_at(canvas, "delta", "h")
        assert [canvas.scene.geometry.names[edge] for edge in flow.edges] == ["h->m0"]


def test_dots_stand_where_motion_is_reduced(qapp: QApplication) -> None:
    with canvas_on(fan(0.9, 0.4)) as canvas:
        flow = flow_at(canvas, "delta", "h")
        canvas.scene.set_motion(False)
        before, _ = flow.dots()
        QApplication.processEvents()
        assert not canvas.scene.clock.is_running
        after, _ = flow.dots()
        assert after.tolist() == before.tolist()
        assert len(after) > 2


@given(SIZES)
def test_the_unit_bounds_the_number_of_dots(sizes: list[float]) -> None:
    size, lengths = np.array(sizes), np.full(len(sizes), 30_000.0)
    unit = dot_unit(size, lengths)
    assert unit > 0.0
    rates = size / unit
    assert rates.max() <= MOST_A_SECOND * (1 + 1e-9)
    assert (rates * lengths / SPEED).sum() <= MOST_DOTS * (1 + 1e-9)
    few = dot_unit(size, np.full(len(size), 1.0))
    assert size.max() / few >= MOST_A_SECOND / 2.5 * (1 - 1e-9)


def test_nothing_flows_for_nothing() -> None:
    assert dot_unit(np.zeros(3), np.ones(3)) == 0.0
    assert dot_unit(np.zeros(0), np.zeros(0)) == 0.0


@pytest.mark.parametrize("pixels", [3.2, 4.6, 9.0, 12.0, 13.0, 40.0])
def test_no_dot_is_shrunk_so_far_that_it_looks_square(pixels: float) -> None:
    assert pixels <= picture_size(pixels) < 4 * pixels
