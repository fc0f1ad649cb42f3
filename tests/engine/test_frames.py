"""Frames: their order at every grain, and what may be jumped to."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from random import Random
from time import perf_counter

import pytest

from bpviz.engine.frames import GRAINS, UPDATE_LINES, Frame, FrameList, Grain, frames
from bpviz.engine.optimizers import OPTIMIZERS
from bpviz.model.network import Edge, Input, Network, Node, Unit
from bpviz.model.training import Adam, Adamw, Optimizer, Rprop, Sgd, Training


@dataclass(frozen=True)
class Compiled:
    network: Network


def training(optimizer: Optimizer | None = None, **fields: object) -> Training:
    return Training(loss="huber", optimizer=optimizer or Sgd(0.1), **fields)  # type: ignore[arg-type]


# x1, x2 → h (no bias) → y; x2 → y skips a level; y is a product, z an unused sum of nothing.
NETWORK = Network(
    (
        Input("x1"),
        Unit("y", "product"),
        Input("x2"),
        Unit("h", trainable_bias=False),
        Unit("z", bias=1.0),
        Unit("q", trainable_bias=False),
    ),
    (
        Edge("h", "y", 1.0),
        Edge("x1", "h", 1.0),
        Edge("x2", "h", 1.0, trainable=False),
        Edge("x2", "y", 1.0),
    ),
    ("y",),
)
X1, Y, X2, H, Z, Q = range(6)


def short(found: FrameList) -> list[tuple[str, int, int]]:
    return [(frame.kind, frame.node, frame.edge) for frame in found]


def made(grain: Grain, network: Network = NETWORK) -> FrameList:
    return frames(Compiled(network), grain)


def test_the_order_of_neuron_frames() -> None:
    assert short(made("neuron")) == [
        ("input", -1, -1),
        ("activation", H, -1),
        ("activation", Z, -1),
        ("activation", Q, -1),
        ("activation", Y, -1),
        ("loss", -1, -1),
        ("delta", Y, -1),
        ("gradients", Y, -1),
        ("delta", Q, -1),
        ("delta", Z, -1),
        ("gradients", Z, -1),
        ("delta", H, -1),
        ("gradients", H, -1),
        ("input_gradient", -1, -1),
        ("reduce", -1, -1),
        ("update", -1, 1),
        ("update", -1, 2),
        ("update", Z, -1),
        ("update", -1, 0),
        ("update", -1, 3),
    ]


def test_phases_follow_one_another() -> None:
    assert [frame.phase for frame in made("phase")] == [
        "forward", "loss", "backward", "reduce", "update",
    ]  # fmt: skip


def test_layer_frames_end_each_level() -> None:
    assert short(made("layer")) == [
        ("input", -1, -1),
        ("activation", Q, -1),
        ("activation", Y, -1),
        ("loss", -1, -1),
        ("gradients", Y, -1),
        ("gradients", H, -1),
        ("input_gradient", -1, -1),
        ("reduce", -1, -1),
        ("update", Z, -1),
        ("update", -1, 3),
    ]


def test_the_order_of_term_frames() -> None:
    found = [
        (frame.kind, frame.node, frame.edge, frame.sample, frame.part)
        for frame in frames(Compiled(NETWORK), "term", training(Rprop(0.1), l2=0.5), 2)
    ]
    start = found.index(("term", H, 1, -1, -1))
    assert found[start : start + 4] == [
        ("term", H, 1, -1, -1),
        ("term", H, 2, -1, -1),
        ("pre_activation", H, -1, -1, -1),
        ("activation", H, -1, -1, -1),
    ]
    back = found.index(("contribution", Y, -1, -1, -1))
    assert found[back : back + 5] == [
        ("contribution", Y, -1, -1, -1),
        ("delta", Y, -1, -1, -1),
        ("gradient", Y, 0, -1, -1),
        ("gradient", Y, 3, -1, -1),
        ("gradients", Y, -1, -1, -1),
    ]
    inputs = found.index(("contribution", X2, 2, -1, -1))
    assert found[inputs : inputs + 4] == [
        ("contribution", X2, 2, -1, -1),
        ("contribution", X2, 3, -1, -1),
        ("contribution", X1, 1, -1, -1),
        ("input_gradient", -1, -1, -1, -1),
    ]
    reduce = found.index(("sample_gradient", -1, -1, 0, -1))
    assert found[reduce:] == [
        ("sample_gradient", -1, -1, 0, -1),
        ("sample_gradient", -1, -1, 1, -1),
        ("mean", -1, -1, -1, -1),
        ("penalty", -1, -1, -1, -1),
        ("reduce", -1, -1, -1, -1),
        ("update_line", -1, 1, -1, 0),
        ("update", -1, 1, -1, -1),
        ("update", -1, 2, -1, -1),  # fixed: nothing to work out
        ("update_line", Z, -1, -1, 0),
        ("update", Z, -1, -1, -1),
        ("update_line", -1, 0, -1, 0),
        ("update", -1, 0, -1, -1),
        ("update_line", -1, 3, -1, 0),
        ("update", -1, 3, -1, -1),
    ]


def test_several_outputs_add_up_to_the_loss_term_by_term() -> None:
    network = Network.layered((1, 2), "sigmoid", "sigmoid")
    kinds = [frame.kind for frame in made("term", network) if frame.phase == "loss"]
    assert kinds == ["loss_term", "loss_term", "loss"]


@pytest.mark.parametrize("optimizer", [Adam(0.1), Adamw(0.1), Sgd(0.1)])
def test_update_lines_follow_the_optimizer(optimizer: Optimizer) -> None:
    found = frames(Compiled(NETWORK), "term", training(optimizer))
    first = [frame.part for frame in found if (frame.kind, frame.edge) == ("update_line", 1)]
    assert first == list(range(len(UPDATE_LINES[optimizer.name])))


def test_every_optimizer_has_its_lines() -> None:
    assert set(UPDATE_LINES) == set(OPTIMIZERS)


def random_network(seed: int) -> Network:
    random = Random(seed)
    nodes: list[Node] = [Input(f"x{place}") for place in range(random.randint(0, 3))]
    edges: list[Edge] = []
    for place in range(random.randint(1, 8)):
        unit = Unit(
            f"u{place}",
            random.choice(("sum", "product", "max")),
            trainable_bias=random.random() < 0.5,
        )
        sources = random.sample(nodes, random.randint(0, len(nodes)))
        edges += [Edge(source.id, unit.id, 1.0) for source in sources]
        nodes.append(unit)
    random.shuffle(nodes)
    random.shuffle(edges)
    units = [node.id for node in nodes if isinstance(node, Unit)]
    return Network(tuple(nodes), tuple(edges), tuple(random.sample(units, 1)))


def is_subsequence(part: list[Frame], whole: list[Frame]) -> bool:
    rest = iter(whole)
    return all(frame in rest for frame in part)


@pytest.mark.parametrize("seed", range(40))
def test_a_coarser_grain_is_part_of_the_finer_one(seed: int) -> None:
    network = random_network(seed)
    lists = {
        grain: frames(Compiled(network), grain, training(Adam(0.1), l1=0.1), 3) for grain in GRAINS
    }
    for finer, coarser in itertools.pairwise(GRAINS):
        assert is_subsequence(lists[coarser], lists[finer])
        stops = lists[finer].stops(coarser).tolist()
        assert [lists[finer][stop] for stop in stops] == list(lists[coarser])
    for grain in GRAINS:
        assert len(set(lists[grain])) == len(lists[grain])


@pytest.mark.parametrize("seed", range(40))
def test_nothing_is_shown_before_what_it_comes_from(seed: int) -> None:
    network = random_network(seed)
    known = made("neuron", network).schedule
    index = network.node_index
    for edge in network.edges:
        source, target = index[edge.source], index[edge.target]
        place = network.edge_index[edge.name]
        assert known.value[source] < known.value[target] < known.loss
        assert known.loss < known.delta[target] < known.edge_gradient[place]
        assert known.delta[target] < known.dloss_da[source]
        assert known.edge_gradient[place] < known.reduce < known.edge_update[place]


def test_stepping_by_a_grain_goes_there_and_back() -> None:
    found = made("neuron")
    for grain in ("neuron", "layer", "phase"):
        places, index = [], -1
        while (index := found.following(index, grain)) < len(found):
            places.append(index)
        assert places == found.stops(grain).tolist()
        back, index = [], len(found)
        while (index := found.preceding(index, grain)) >= 0:
            back.append(index)
        assert back == places[::-1]
    assert found.following(len(found) - 1, "phase") == len(found)
    assert found.preceding(0, "phase") == -1


def test_a_network_without_parameters_or_inputs() -> None:
    network = Network((Unit("y", trainable_bias=False),), (), ("y",))
    assert [frame.kind for frame in made("neuron", network)] == [
        "activation", "loss", "delta", "reduce",
    ]  # fmt: skip
    assert len(made("phase", network)) == 4


def test_fifty_thousand_edges_are_walked_quickly() -> None:
    network = Network.layered((200, 200, 50, 1), "tanh", "identity")
    start = perf_counter()
    found = made("neuron", network)
    assert perf_counter() - start < 3.0
    assert sum(frame.kind == "update" for frame in found) == len(network.edges) + 251
