from __future__ import annotations

import numpy as np
import pytest

from bpviz.engine.datasets import Rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.evaluation import evaluate
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.plane import (
    NOT_FINITE,
    SHADES,
    Axes,
    Plane,
    Shader,
    Span,
    held_values,
    input_span,
    known_span,
    output_span,
)
from bpviz.engine.program import Program, compile
from bpviz.model.network import Edge, Input, Network, Node, Unit
from tests.engine.graphs import layered, random_case, rows_of

COLUMNS, ROWS = 5, 4


def points_of(axes: Axes, across: Span, up: Span, held: np.ndarray) -> np.ndarray:
    """The inputs at the middles of all cells, the top row first, written out."""
    points = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            x = held.copy()
            x[axes.across] = across.low + (column + 0.5) / COLUMNS * (across.high - across.low)
            x[axes.up] = up.high - (row + 0.5) / ROWS * (up.high - up.low)
            points.append(x)
    return np.array(points)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_plane_has_the_values_of_the_double_precision_pass(name: str) -> None:
    for seed in range(2):
        case = random_case(name, "squared_error", seed)
        axes, across, up = Axes(2, 0), Span(0.2, 0.8), Span(0.1, 1.2)
        held = case.rows.inputs[0]
        plane = Plane(case.program, COLUMNS, ROWS)
        plane.place(axes, across, up, held)
        plane.evaluate(case.state.theta)
        points = points_of(axes, across, up, held)
        rows = Rows(points, np.zeros((len(points), 2)), points[:0], np.zeros((0, 2)))
        try:
            whole = evaluate(case.program, rows, case.training, case.state.theta)
        except NonFinite:  # no finite loss there: nothing to compare with
            continue
        for output, node in enumerate(case.program.output_nodes):
            expected = whole.outputs[:, output]
            size = max(1.0, float(np.abs(expected).max()))
            assert plane.values(int(node)) == pytest.approx(expected, rel=2e-3, abs=1e-4 * size)


def test_a_sparse_network_and_a_line_work_alike() -> None:
    nodes: tuple[Node, ...] = (
        *(Input(f"x{i}") for i in range(40)),
        *(Unit(f"h{i}") for i in range(40)),
    )
    edges = tuple(Edge(f"x{i}", f"h{i}", 0.5) for i in range(40))
    program = compile(Network(nodes, edges, ("h3",)))
    blocks = [level.sums for level in program.levels if level.sums is not None]
    assert any(block.entries is not None for block in blocks)
    plane = Plane(program, 8, 1)
    plane.place(Axes(3, -1), Span(0.0, 8.0), Span(0.0, 0.0), np.full(40, 2.0))
    plane.evaluate(program.initial_theta())
    wanted = 1 / (1 + np.exp(-0.5 * (np.arange(8) + 0.5)))
    assert plane.values(program.network.node_index["h3"]) == pytest.approx(wanted, rel=1e-5)
    other = plane.values(program.network.node_index["h4"])
    assert other == pytest.approx(np.full(8, 1 / (1 + np.exp(-1.0))), rel=1e-5)


def test_an_evaluation_makes_no_array() -> None:
    program = compile(layered((2, 4, 1)))
    plane = Plane(program, 9, 9)
    plane.place(Axes(), Span(-1, 1), Span(-1, 1), np.zeros(2))
    before = plane.values(3)
    plane.evaluate(program.initial_theta())
    first = plane.values(3).copy()
    plane.evaluate(program.initial_theta() * 2.0)
    assert np.shares_memory(before, plane.values(3))
    assert not np.array_equal(first, plane.values(3))


def test_axes_fit_what_inputs_there_are() -> None:
    assert Axes(5, 4).fitted(1) == Axes(0, -1)
    assert Axes(0, 1).fitted(3) == Axes(0, 1)
    assert Axes(2, 2).fitted(2) == Axes(1, 0)
    assert Axes(0, -1).fitted(2) == Axes(0, 1)


def test_spans_hold_the_data() -> None:
    rows = rows_of([[0.0, 5.0], [1.0, 5.0]], [[0.0], [1.0]], [[3.0, 5.0]], [[1.0]])
    assert input_span(rows, 0) == pytest.approx((-0.36, 3.36))
    assert input_span(rows, 1) == pytest.approx((2.5, 7.5))
    assert held_values(rows, "mean", 0).tolist() == [0.5, 5.0]
    assert held_values(rows, "sample", 1).tolist() == [1.0, 5.0]


def program_with(activation: str) -> Program:
    unit = Unit("y", activation=activation)  # type: ignore[arg-type]
    return compile(Network((Input("x"), unit), (Edge("x", "y", 1.0),), ("y",)))


def test_scales_come_from_the_activation_or_else_from_the_targets() -> None:
    assert known_span(program_with("tanh"), 1) == (-1.0, 1.0)
    assert known_span(program_with("relu"), 1) is None
    assert known_span(program_with("relu"), 0) is None
    zero_one = rows_of([[0.0], [1.0]], [[0.0], [1.0]])
    assert output_span(program_with("identity"), 0, zero_one) == (0.0, 1.0)
    wide = rows_of([[0.0], [1.0]], [[-3.0], [8.0]])
    assert output_span(program_with("identity"), 0, wide) == (-3.0, 8.0)
    assert output_span(program_with("sigmoid"), 0, wide) == (0.0, 1.0)


def test_shades_run_over_the_scale_and_tell_what_is_not_finite() -> None:
    values = np.array([[-9.0, -1.0, 0.0, 1.0, 9.0, np.nan, np.inf]] * 2, np.float32)
    out = np.empty((2, 7), np.uint8)
    shader = Shader([Span(-1.0, 1.0), Span(0.0, 2.0)], 7)
    shader.shade(values, out)
    assert out[0].tolist() == [0, 0, 127, SHADES - 1, SHADES - 1, NOT_FINITE, NOT_FINITE]
    assert out[1].tolist() == [0, 0, 0, 127, SHADES - 1, NOT_FINITE, NOT_FINITE]


def test_a_row_without_bounds_gets_an_even_round_scale() -> None:
    shader = Shader([None, Span(0.0, 1.0), None, None], 3)
    values = np.array([[0.3, -1.2, 0], [1, 0, 0], [0, 0, 0], [np.inf, 4.0, np.nan]], np.float32)
    shader.shade(values, np.empty((4, 3), np.uint8))
    assert shader.spans == [(-2.0, 2.0), (0.0, 1.0), (-1.0, 1.0), (-5.0, 5.0)]
