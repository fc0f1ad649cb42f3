"""Initial weights: seeded draws whose size follows each edge's fan-in and fan-out.

The fan-in of an edge is the number of edges into its target, the fan-out the number of edges out
of its source: in a fully connected layered network the sizes of the layer before and of the layer
behind, as Glorot & Bengio (2010) and He et al. (2015) define them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from bpviz.engine.datasets import Stream
from bpviz.model.network import Activation, Network, Unit, activation_name

RELU_FAMILY = frozenset({"relu", "leaky_relu", "elu", "gelu", "silu"})
DEFAULT_CONSTANT = 0.5
# Data sets draw from the streams 1 to 3 of a seed, epochs from others: weights have their own.
WEIGHTS = 4

Distribution: TypeAlias = Literal["normal", "uniform", "constant"]


class Initialiser(NamedTuple):
    """One way to draw weights.

    `spread(fan_in, fan_out)` is the standard deviation of a normal draw, or the limit of a
    uniform one on [−limit, limit).
    """

    distribution: Distribution
    spread: Callable[[int, int], float]


def standard_normal(_fan_in: int, _fan_out: int) -> float:
    """Return σ = 1."""
    return 1.0


def xavier(fan_in: int, fan_out: int) -> float:
    """Return σ = √(2 / (fan_in + fan_out))."""
    return math.sqrt(2.0 / (fan_in + fan_out))


def xavier_uniform(fan_in: int, fan_out: int) -> float:
    """Return the limit √(6 / (fan_in + fan_out))."""
    return math.sqrt(6.0 / (fan_in + fan_out))


def he(fan_in: int, _fan_out: int) -> float:
    """Return σ = √(2 / fan_in)."""
    return math.sqrt(2.0 / fan_in)


def he_uniform(fan_in: int, _fan_out: int) -> float:
    """Return the limit √(6 / fan_in)."""
    return math.sqrt(6.0 / fan_in)


def nothing(_fan_in: int, _fan_out: int) -> float:
    """Return 0: constants have no spread."""
    return 0.0


INITIALISERS: Mapping[str, Initialiser] = MappingProxyType(
    {
        "normal": Initialiser("normal", standard_normal),
        "xavier": Initialiser("normal", xavier),
        "xavier_uniform": Initialiser("uniform", xavier_uniform),
        "he": Initialiser("normal", he),
        "he_uniform": Initialiser("uniform", he_uniform),
        "zeros": Initialiser("constant", nothing),
        "constant": Initialiser("constant", nothing),
    }
)


def default_initialiser(activation: Activation) -> str:
    """Return `he` for the relu family, else `xavier`."""
    return "he" if activation_name(activation) in RELU_FAMILY else "xavier"


def initial_weights(
    network: Network, how: str, seed: int, constant: float = DEFAULT_CONSTANT
) -> dict[str, float]:
    """Return a weight for every trainable edge, by its name; the same for the same seed.

    `how` is a key of INITIALISERS (KeyError otherwise), `constant` the weight of "constant".
    Each edge takes the draw at its own place in the edge list, so fixing one moves no other.
    Members of a share get the weight of the first.
    """
    initialiser = INITIALISERS[how]
    stream = Stream(seed, 0, WEIGHTS)
    count = len(network.edges)
    if initialiser.distribution == "normal":
        draws = stream.normal(count).tolist()
    elif initialiser.distribution == "uniform":
        draws = stream.uniform(count, -1.0, 1.0).tolist()
    else:
        draws = [0.0] * count
    middle = constant if how == "constant" else 0.0
    weights: dict[str, float] = {}
    shared: dict[str, float] = {}
    for edge, draw in zip(network.edges, draws, strict=True):
        if not edge.trainable:
            continue
        fan_in, fan_out = len(network.incoming[edge.target]), len(network.outgoing[edge.source])
        weight = middle + initialiser.spread(fan_in, fan_out) * draw
        weights[edge.name] = shared.setdefault(edge.share, weight) if edge.share else weight
    return weights


def initialised(
    network: Network, how: str, seed: int, constant: float = DEFAULT_CONSTANT
) -> Network:
    """Return `network` with new weights and with biases 0, where they are trainable.

    What is fixed keeps its value. KeyError where `how` is no key of INITIALISERS.
    """
    weights = initial_weights(network, how, seed, constant)
    edges = tuple(
        msgspec.structs.replace(edge, weight=weights[edge.name]) if edge.trainable else edge
        for edge in network.edges
    )
    nodes = tuple(
        msgspec.structs.replace(node, bias=0.0)
        if isinstance(node, Unit) and node.trainable_bias
        else node
        for node in network.nodes
    )
    return Network(nodes, edges, network.outputs)
