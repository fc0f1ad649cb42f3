from __future__ import annotations

import numpy as np
import pytest

from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.ui.canvas.geometry import HALF_SQUARE, RADIUS, FloatArray, Geometry
from tests.ui.canvas_fakes import layered, lesson, scattered


def test_an_edge_runs_from_rim_to_rim() -> None:
    geometry = Geometry(lesson("S5").network)
    edge = geometry.names.index("x1->h2")
    start, end = geometry.points[edge, 0], geometry.points[edge, -1]
    assert start == pytest.approx(geometry.positions[geometry.index["x1"]] + (HALF_SQUARE, 0))
    assert end == pytest.approx(geometry.positions[geometry.index["h2"]] - (RADIUS, 0))


def test_the_loss_lies_right_of_the_outputs_where_nothing_else_is() -> None:
    nodes = (
        Input("x1", position=(0, 0)),
        Unit("y1", position=(240, 0)),
        Unit("other", position=(400, 10)),
    )
    geometry = Geometry(Network(nodes, (Edge("x1", "y1", 1.0),), ("y1",)))
    assert geometry.positions[-1, 0] > 240
    apart = np.hypot(*(geometry.positions[:-1] - geometry.positions[-1]).T)
    assert apart.min() > 2 * RADIUS
    assert not Geometry(Network(nodes)).has_loss


def test_points_are_evenly_spaced_along_a_curve() -> None:
    geometry = Geometry(layered(2, 4, 2, 1).network)
    steps = np.hypot(*np.moveaxis(np.diff(geometry.points, axis=1), 2, 0))
    # Chords are a little shorter where a curve bends.
    assert (steps.max(axis=1) / steps.min(axis=1)).max() < 1.1
    middle = geometry.along(np.arange(3), np.full(3, 0.5))
    assert middle == pytest.approx(geometry.points[:3, geometry.points.shape[1] // 2])


def test_a_skip_edge_goes_round_the_node_between() -> None:
    nodes = tuple(Unit(name, position=(240.0 * place, 0.0)) for place, name in enumerate("abc"))
    edges = (Edge("a", "b", 1.0), Edge("b", "c", 1.0), Edge("a", "c", 1.0))
    geometry = Geometry(Network(nodes, edges, ()))
    apart = np.hypot(*(geometry.points[2] - (240.0, 0.0)).T)
    assert apart.min() > RADIUS


def passes(geometry: Geometry, lines: FloatArray) -> int:
    """Count how often a line [E, S, 2] crosses a node that is not its own."""
    hits = 0
    for edge, points in enumerate(lines):
        for node, centre in enumerate(geometry.positions):
            if node not in (geometry.source[edge], geometry.target[edge]):
                hits += int(np.hypot(*(points - centre).T).min() < RADIUS)
    return hits


def test_edges_go_round_most_nodes_in_their_way() -> None:
    straight = curved = 0
    for seed in range(6):
        geometry = Geometry(scattered(12, 18, seed).network)
        share = np.linspace(0, 1, 40)[None, :, None]
        start, end = geometry.points[:, :1], geometry.points[:, -1:]
        straight += passes(geometry, (1 - share) * start + share * end)
        curved += passes(geometry, geometry.points)
    assert straight > 20
    assert curved < straight / 2


@pytest.mark.parametrize("seed", range(3))
def test_hit_test_agrees_with_measuring_every_edge(seed: int) -> None:
    geometry = Geometry(scattered(15, 30, seed).network)
    draw = np.random.default_rng(seed)
    every = np.arange(geometry.edge_count)
    shares = np.linspace(0, 1, 400)
    fine = np.stack([geometry.along(every, np.full(len(every), share)) for share in shares])
    for x, y in draw.uniform(-600, 600, (200, 2)):
        distance = np.hypot(*(np.moveaxis(fine, 2, 0) - np.array([x, y])[:, None, None])).min(0)
        found = geometry.edge_at(x, y, 9.0)
        if distance.min() < 8.0:
            assert distance[found] == pytest.approx(distance.min(), abs=0.8)
        elif distance.min() > 10.0:
            assert found == -1


def test_node_under_a_point_knows_squares_from_circles() -> None:
    geometry = Geometry(lesson("S5").network)
    for name, corner in (("x1", True), ("h1", False)):
        node = geometry.index[name]
        x, y = geometry.positions[node]
        assert geometry.node_at(x, y) == node
        assert (geometry.node_at(x + 31, y + 31) == node) is corner
        assert geometry.node_at(x + 100, y + 70) == -1


def test_nothing_lies_under_a_point_of_an_empty_network() -> None:
    geometry = Geometry(Network())
    assert geometry.node_at(0, 0) == geometry.edge_at(0, 0, 10) == -1
    assert geometry.bounds == (0.0, 0.0, 0.0, 0.0)


def test_many_edges_are_straight_lines() -> None:
    geometry = Geometry(layered(20, 40, 1).network)
    assert not geometry.is_curved
    assert geometry.points.shape[1] == 2
