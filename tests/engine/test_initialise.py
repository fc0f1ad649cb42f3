"""Initial weights: their spread, their seed, and what they leave alone."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from bpviz.engine.initialise import (
    INITIALISERS,
    default_initialiser,
    initial_weights,
    initialised,
)
from bpviz.model.network import Edge, LeakyRelu, Network, Unit

WIDE = Network.layered((30, 50, 20), "tanh", "identity")


def weights_between(how: str, source: str, target: str, seed: int = 3) -> list[float]:
    weights = initial_weights(WIDE, how, seed)
    return [w for name, w in weights.items() if name.startswith(source) and f"->{target}" in name]


@pytest.mark.parametrize(
    ("how", "first", "second"),
    [
        ("normal", 1.0, 1.0),
        ("xavier", math.sqrt(2 / 80), math.sqrt(2 / 70)),
        ("he", math.sqrt(2 / 30), math.sqrt(2 / 50)),
        ("xavier_uniform", math.sqrt(2 / 80), math.sqrt(2 / 70)),
        ("he_uniform", math.sqrt(2 / 30), math.sqrt(2 / 50)),
    ],
)
def test_the_spread_follows_the_layers(how: str, first: float, second: float) -> None:
    for source, target, expected in (("x", "h1_", first), ("h1_", "y", second)):
        weights = weights_between(how, source, target)
        assert np.std(weights) == pytest.approx(expected, rel=0.06)
        assert np.mean(weights) == pytest.approx(0.0, abs=3 * expected / math.sqrt(len(weights)))


@pytest.mark.parametrize("how", ["xavier_uniform", "he_uniform"])
def test_uniform_draws_keep_their_limit(how: str) -> None:
    limit = INITIALISERS[how].spread(30, 50)
    weights = weights_between(how, "x", "h1_")
    assert max(map(abs, weights)) <= limit
    assert max(map(abs, weights)) > 0.98 * limit


def test_constants() -> None:
    assert set(initial_weights(WIDE, "zeros", 1).values()) == {0.0}
    assert set(initial_weights(WIDE, "constant", 1, constant=-0.25).values()) == {-0.25}


def test_the_same_seed_gives_the_same_weights_in_every_version() -> None:
    small = Network.layered((1, 2), "tanh", "tanh")
    assert initial_weights(small, "normal", 7) == {
        "x1->y1": 2.3043363499054226,
        "x1->y2": -0.6227561321672422,
    }
    assert initial_weights(small, "normal", 8) != initial_weights(small, "normal", 7)


def test_what_is_fixed_keeps_its_value_and_moves_no_other() -> None:
    network = Network.layered((2, 2), "tanh", "tanh")
    first, *others = network.edges
    fixed = Edge(first.source, first.target, 9.0, trainable=False)
    unit = Unit("y1", bias=5.0, trainable_bias=False)
    nodes = (*network.nodes[:2], unit, msgspec.structs.replace(network.nodes[3], bias=4.0))
    changed = initialised(Network(nodes, (fixed, *others), network.outputs), "xavier", 4)
    plain = initialised(network, "xavier", 4)
    assert changed.edges == (fixed, *plain.edges[1:])
    assert [unit.bias for unit in changed.units] == [5.0, 0.0]


def test_members_of_a_share_get_one_weight() -> None:
    network = Network.layered((2, 2), "tanh", "tanh")
    shared = tuple(msgspec.structs.replace(edge, share="w") for edge in network.edges[1:3])
    network = Network(network.nodes, (network.edges[0], *shared, network.edges[3]), ("y1",))
    values = [edge.weight for edge in initialised(network, "he", 1).edges]
    assert values[1] == values[2]
    assert len(set(values)) == 3


def test_the_default_follows_the_activation() -> None:
    assert default_initialiser("relu") == default_initialiser(LeakyRelu(0.2)) == "he"
    assert default_initialiser("tanh") == default_initialiser("sigmoid") == "xavier"


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(KeyError):
        initial_weights(WIDE, "magic", 1)
