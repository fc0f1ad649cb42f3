"""Networks for tests of the engine: short builders, and random graphs with everything in them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import Program, compile
from bpviz.engine.state import State, initial_state
from bpviz.model.network import (
    Activation,
    Combine,
    Edge,
    Elu,
    Input,
    LeakyRelu,
    Network,
    Node,
    Power,
    Unit,
)
from bpviz.model.training import Sgd, Training


class Case(NamedTuple):
    """What an iteration needs."""

    program: Program
    rows: Rows
    training: Training

    @property
    def state(self) -> State:
        return initial_state(self.program, self.training.optimizer)

    def trace(self) -> Trace:
        return trace(self.program, self.rows, self.training, self.state)


def rows_of(
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Sequence[float]],
    test_inputs: Sequence[Sequence[float]] = (),
    test_targets: Sequence[Sequence[float]] = (),
) -> Rows:
    x = np.array(inputs, dtype=np.float64).reshape(len(inputs), -1)
    t = np.array(targets, dtype=np.float64).reshape(len(inputs), -1 if len(targets) else 0)
    test_x = np.array(test_inputs, dtype=np.float64).reshape(len(test_inputs), x.shape[1])
    test_t = np.array(test_targets, dtype=np.float64).reshape(len(test_inputs), t.shape[1])
    return Rows(x, t, test_x, test_t)


def edges_of(weights: dict[str, float], **options: object) -> tuple[Edge, ...]:
    """Edges from {"x->h": weight}."""
    pairs = ((name.split("->"), weight) for name, weight in weights.items())
    return tuple(
        Edge(source, target, weight, **options)  # type: ignore[arg-type]
        for (source, target), weight in pairs
    )


def layered(
    sizes: tuple[int, ...],
    seed: int = 0,
    activation: Activation = "tanh",
    output_activation: Activation = "identity",
) -> Network:
    """A layered network with random weights and biases."""
    draw = random.Random(seed)
    plain = Network.layered(sizes, activation, output_activation)
    return Network(
        tuple(
            node
            if isinstance(node, Input)
            else Unit(node.id, activation=node.activation, bias=draw.uniform(-0.3, 0.3))
            for node in plain.nodes
        ),
        tuple(Edge(e.source, e.target, draw.gauss(0.0, 0.6)) for e in plain.edges),
        plain.outputs,
    )


def with_parameter(name: str) -> Activation:
    """The activation `name` in a session, with a parameter other than its default."""
    special: dict[str, Activation] = {
        "leaky_relu": LeakyRelu(0.2),
        "elu": Elu(1.5),
        "power": Power(3.0),
    }
    return special.get(name, name)  # type: ignore[arg-type]


def random_case(activation: str, loss: str, seed: int) -> Case:
    """A random graph with `activation` and `loss` whose iteration is finite.

    It has fan-out, skips, a product (in one row with a factor 0), a maximum, two outputs one of
    which feeds the other, shared and fixed weights and penalties.
    """
    for attempt in range(400):
        draw = random.Random(f"{activation} {loss} {seed} {attempt}")
        case = _draw_case(draw, activation, loss, plain_outputs=attempt < 200)
        try:
            case.trace()
        except NonFinite:
            continue
        return case
    raise AssertionError(f"no finite graph for {activation} and {loss}")


def _draw_case(draw: random.Random, activation: str, loss: str, *, plain_outputs: bool) -> Case:
    network = _draw_network(draw, activation, loss, plain_outputs=plain_outputs)
    inputs = [[draw.uniform(0.2, 1.5) for _ in network.inputs] for _ in range(3)]
    inputs[1][0] = 0.0
    targets = [[draw.random() for _ in network.outputs] for _ in range(3)]
    if loss == "softmax_cross_entropy":
        targets = [[value / sum(row) for value in row] for row in targets]
    training = Training(
        loss=loss,  # type: ignore[arg-type]
        batch_reduction=draw.choice(["mean", "sum"]),
        batch_size=draw.choice([None, 2]),
        l1=draw.choice([0.0, 0.01]),
        l2=draw.choice([0.0, 0.1]),
        optimizer=Sgd(0.01),
    )
    rows = rows_of(inputs, [] if loss == "output_value" else targets)
    return Case(compile(network), rows, training)


def _draw_network(
    draw: random.Random, activation: str, loss: str, *, plain_outputs: bool
) -> Network:
    tested = with_parameter(activation)
    low = draw.choice([-1.0, 0.1])
    nodes: list[Node] = [Input("x1"), Input("x2"), Input("x3")]
    edges: list[Edge] = []
    combines: list[Combine] = ["sum", "sum", "product", "max", "sum", "sum"]
    for place, combine in enumerate(combines):
        unit_id = f"u{place}"
        usual: list[Activation] = [tested, "tanh", "identity"]
        chosen = tested if place == 0 else draw.choice(usual)
        if place >= 4 and (loss == "binary_cross_entropy" or draw.random() < 0.5):
            chosen = tested if plain_outputs and draw.random() < 0.3 else "sigmoid"
        earlier = [node.id for node in nodes]
        sources = draw.sample(earlier, draw.randint(2, 3))
        if combine == "product" and "x1" not in sources:
            sources[0] = "x1"  # which is 0 in one row
        if place == 5 and "u4" not in sources:
            sources[0] = "u4"
        for source in sources:
            trainable = draw.random() < 0.9
            edges.append(Edge(source, unit_id, draw.uniform(low, 1.2), trainable=trainable))
        bias = draw.uniform(low, 0.8)
        nodes.append(Unit(unit_id, combine=combine, activation=chosen, bias=bias))
    edges = _with_share(draw, edges)
    return Network(tuple(nodes), tuple(edges), ("u5", "u4"))


def _with_share(draw: random.Random, edges: list[Edge]) -> list[Edge]:
    members = set(draw.sample(range(len(edges)), 2))
    first = edges[min(members)]
    return [
        Edge(e.source, e.target, first.weight, trainable=first.trainable, share="same")
        if place in members
        else e
        for place, e in enumerate(edges)
    ]
