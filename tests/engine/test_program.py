"""Compiling: any acyclic network gives the numbers of plain back propagation in every layout."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bpviz.engine.program import compile
from bpviz.engine.sparse import packs, targets
from bpviz.engine.trainer import Trainer
from bpviz.model.network import Activation, Combine, Edge, Input, Network, Node, Unit
from bpviz.model.training import LossName, Sgd, Training
from tests.engine.graphs import Case, edges_of, layered, rows_of
from tests.engine.test_backprop import assert_samples


def sparse(units: int, edges: int, seed: int = 0, inputs: int = 8) -> Network:
    """A random acyclic graph of sum, product and max units; its last unit is the output."""
    draw = random.Random(seed)
    nodes: list[Node] = [Input(f"x{i}") for i in range(inputs)]
    chosen: set[tuple[int, int]] = set()
    for place in range(units):
        combine: Combine = draw.choice(["sum", "sum", "sum", "product", "max"])
        nodes.append(Unit(f"u{place}", combine=combine, activation="tanh", bias=0.1))
        chosen.add((draw.randrange(inputs + place), inputs + place))
    while len(chosen) < edges:
        target = inputs + draw.randrange(units)
        chosen.add((draw.randrange(target), target))
    scale = (units / edges) ** 0.5
    return Network(
        tuple(nodes),
        tuple(Edge(nodes[s].id, nodes[t].id, draw.gauss(0, scale)) for s, t in sorted(chosen)),
        (nodes[-1].id,),
    )


def case_of(network: Network, seed: int = 0) -> Case:
    draw = np.random.default_rng(seed)
    rows = rows_of(
        draw.normal(size=(3, len(network.inputs))).tolist(),
        draw.normal(size=(3, len(network.outputs))).tolist(),
    )
    return Case(compile(network), rows, Training(loss="squared_error", optimizer=Sgd(0.1)))


@pytest.mark.parametrize(("units", "edges"), [(12, 20), (40, 60), (40, 300), (120, 400)])
def test_random_sparse_graphs(units: int, edges: int) -> None:
    for seed in range(3):
        assert_samples(case_of(sparse(units, edges, seed)).trace())


def test_every_layout_of_weights_occurs_in_those_graphs() -> None:
    blocks = [
        level.sums
        for seed in range(3)
        for level in compile(sparse(120, 400, seed)).levels
        if level.sums is not None
    ]
    assert any(block.entries is None for block in blocks)
    assert any(block.entries is not None for block in blocks)
    assert any(block.gathered is not None for block in blocks)
    dense = [level.sums for level in compile(layered((3, 4, 2))).levels if level.sums]
    assert all(b.gathered is None and b.exclusive and b.entries is None for b in dense)


def thin(activation: Activation, seed: int) -> Network:
    """Wide levels with few edges, skips, a hub that all feed, one that feeds all, and a product."""
    draw = random.Random(seed)
    sizes = (6, 90, 80, 70)
    nodes: list[Node] = [Input(f"x{place}") for place in range(sizes[0])]
    chosen: set[tuple[str, str]] = set()
    layers = [[node.id for node in nodes]]
    for depth, size in enumerate(sizes[1:], 1):
        usual: Activation = activation if depth == 2 else "tanh"
        layer = [Unit(f"h{depth}_{place}", activation=usual, bias=0.1) for place in range(size)]
        nodes += layer
        for unit in layer:
            before = layers[-1]
            chosen |= {(source, unit.id) for source in draw.sample(before, draw.randint(1, 3))}
            chosen.add((draw.choice(draw.choice(layers)), unit.id))
            chosen.add((before[0], unit.id))
        chosen |= {(source, layer[-1].id) for source in layers[-1][:40]}
        layers.append([unit.id for unit in layer])
    nodes += [Unit("p", combine="product"), Unit("y")]
    chosen |= {("h1_1", "p"), ("h2_2", "p"), ("p", "y"), *((unit, "y") for unit in layers[-1])}
    edges = tuple(Edge(s, t, draw.gauss(0, 0.4)) for s, t in sorted(chosen))
    return Network(tuple(nodes), edges, ("y", "h2_3"))


@pytest.mark.parametrize("activation", ["tanh", "identity"])
def test_levels_whose_edges_are_computed_one_by_one(activation: Activation) -> None:
    for seed in range(2):
        case = case_of(thin(activation, seed))
        blocks = [level.sums for level in case.program.levels if level.sums is not None]
        few = [block for block in blocks if block.is_sparse]
        assert len(few) >= 2
        assert any(len(packs(targets(block))) > 1 for block in few)
        found = case.trace()
        assert_samples(found)
        # Training leaves out what only a trace shows.
        state = case.state
        before = state.theta.copy()
        Trainer(*case, kernel="numpy").advance(state, 1)
        expected = before - 0.1 * np.where(case.program.trainable, found.gradient, 0.0)
        assert state.theta == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_packs_hold_each_edge_once_and_few_empty_places() -> None:
    draw = random.Random(3)
    owner = np.array([draw.choice([2, 3, 5, 5, 5, 5, 5, 5, 5, 9]) for _ in range(200)])
    found = packs(owner)
    assert sorted(edge for pack in found for edge in pack.edges.tolist()) == list(range(200))
    for pack in found:
        assert pack.shape[0] * pack.shape[1] <= 2 * len(pack.edges)
        assert len(set(pack.places.tolist())) == len(pack.places)
        assert pack.rows[pack.places // pack.shape[1]].tolist() == owner[pack.edges].tolist()
        assert (
            pack.spread(owner).reshape(pack.shape).T.tolist()
            == [pack.rows.tolist()] * (pack.shape[1])
        )
    assert packs(np.zeros(0, dtype=np.int64)) == []


def test_the_matrix_of_a_dense_level_is_theta_itself() -> None:
    program = compile(layered((3, 4, 2)))
    assert program.theta_size == 4 * (3 + 1) + 2 * (4 + 1)
    assert program.trainable.all()
    assert sorted([*program.edge_slot.tolist(), *program.bias_slot[3:].tolist()]) == list(
        range(program.theta_size)
    )


def test_theta_holds_little_more_than_the_edges_of_a_sparse_network() -> None:
    program = compile(sparse(500, 2000))
    assert program.theta_size < 3 * (2000 + 500)


def test_initial_theta_holds_weights_and_biases() -> None:
    network = layered((2, 3, 1), seed=4)
    program = compile(network)
    theta = program.initial_theta()
    assert theta[program.edge_slot].tolist() == [edge.weight for edge in network.edges]
    biases = [0.0 if isinstance(node, Input) else node.bias for node in network.nodes]
    assert program.biases(theta).tolist() == biases
    assert program.parameter_name(int(program.edge_slot[2])) == network.edges[2].name
    assert program.parameter_name(int(program.bias_slot[3])) == network.nodes[3].id


def test_nodes_and_outputs_keep_the_network_s_order() -> None:
    nodes = (
        Unit("y", activation="sigmoid", bias=0.1),
        Input("b"),
        Unit("h", activation="tanh", bias=0.2),
        Input("a"),
        Unit("z", activation="tanh", bias=0.3),
    )
    weights = {"h->y": 0.5, "a->h": 0.4, "b->h": -0.3, "h->z": 0.2, "b->y": 0.7}
    network = Network(nodes, edges_of(weights), ("z", "y"))
    found = case_of(network).trace()
    assert_samples(found)
    assert found.outputs.tolist() == found.a[:, [4, 0]].tolist()
    assert found.program.unit_order.tolist() == [2, 0, 4]
    assert found.program.node_level.tolist() == [2, 0, 1, 0, 2]


def test_units_without_edges_or_without_a_way_to_an_output() -> None:
    nodes = (Input("x"), Unit("lone", bias=0.5), Unit("y", bias=0.1), Unit("dead", bias=0.2))
    network = Network(nodes, edges_of({"x->y": 0.5, "lone->y": 0.3, "y->dead": 2.0}), ("y",))
    found = case_of(network).trace()
    assert_samples(found)
    assert np.all(found.delta[:, 3] == 0.0)


def test_an_output_may_feed_another_one() -> None:
    nodes = (Input("x"), Unit("p", bias=0.5), Unit("q", bias=0.1))
    network = Network(nodes, edges_of({"x->p": 0.5, "p->q": 0.3, "x->q": 0.2}), ("p", "q"))
    rows = rows_of([[0.3], [-0.8]], [[0.0, 1.0], [1.0, 0.25]])
    losses: tuple[LossName, ...] = ("squared_error", "binary_cross_entropy")
    for loss in losses:
        training = Training(loss=loss, optimizer=Sgd(0.1))
        assert_samples(Case(compile(network), rows, training).trace())


def test_incomplete_networks_compile() -> None:
    compile(Network())
    compile(Network((Input("x"),)))
    compile(
        Network((Input("x"), Unit("p", combine="product"), Unit("m", combine="max")), (), ("p",))
    )


def test_slices_depend_on_the_program_alone() -> None:
    assert compile(layered((2, 4, 1))).slice_rows == 4096
    assert compile(layered((2, 300, 300, 1))).slice_rows == 32
    assert compile(layered((2, 64, 64, 64, 1))).slice_rows == 128
