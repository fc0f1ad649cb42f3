"""Traces of random small networks, and an own look-up of the numbers that explanations name."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import get_args

import numpy as np

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.errors import NonFinite
from bpviz.engine.program import compile
from bpviz.engine.state import initial_state
from bpviz.engine.trainer import advance
from bpviz.explain.expression import Reference
from bpviz.model import training as settings
from bpviz.model.network import (
    Activation,
    ActivationName,
    Combine,
    Edge,
    Elu,
    Input,
    LeakyRelu,
    Network,
    Power,
    Unit,
)

LOSSES: tuple[settings.LossName, ...] = get_args(settings.LossName)
OPTIMIZERS: tuple[type[settings.Optimizer], ...] = get_args(settings.Optimizer)
ACTIVATIONS: tuple[Activation, ...] = (
    *get_args(ActivationName),
    LeakyRelu(0.2),
    Elu(0.7),
    Power(3.0),
    Power(2.0),
    Power(0.0),
)


def random_network(random: Random, loss: str) -> Network:
    inputs = [Input(f"x{place}") for place in range(1, random.randint(1, 3) + 1)]
    ids: list[str] = [node.id for node in inputs]
    nodes: list[Input | Unit] = list(inputs)
    edges: list[Edge] = []
    count = random.randint(1, 5)
    for place in range(1, count + 1):
        sources = random.sample(ids, random.randint(1, len(ids)))
        # Three in ten edges lead across: more fan-out, so that paths add up.
        combine: Combine = random.choice(("sum", "sum", "product", "max"))
        activation = random.choice(ACTIVATIONS)
        outputs_from = count - random.randint(0, 1)
        if place >= outputs_from and loss == "binary_cross_entropy":
            activation = "sigmoid"
        share = "tied" if combine == "sum" and random.random() < 0.3 else ""
        unit = Unit(
            f"u{place}",
            combine,
            activation,
            bias=0.25 if share else random.choice((0.0, random.uniform(-1, 1))),
            trainable_bias=bool(share) or random.random() < 0.7,
            bias_share=share,
            label=random.choice(("", "sum ", "größe_")) + f"u{place}",
        )
        nodes.append(unit)
        for source in sources:
            tied = random.random() < 0.2
            weight = 0.5 if tied else random.choice((random.uniform(-1.5, 1.5), 0.0, 1.0))
            trainable = tied or random.random() < 0.8
            edges.append(Edge(source, unit.id, weight, trainable, "pair" if tied else ""))
        ids.append(unit.id)
    outputs = [f"u{count}"]
    if count > 1 and random.random() < 0.5:
        other = f"u{random.randint(1, count - 1)}"
        if loss != "binary_cross_entropy" or _is_sigmoid(nodes, other):
            outputs.insert(0, other)
    return Network(tuple(nodes), tuple(edges), tuple(outputs))


def _is_sigmoid(nodes: list[Input | Unit], node_id: str) -> bool:
    return any(
        isinstance(node, Unit) and node.id == node_id and node.activation == "sigmoid"
        for node in nodes
    )


def random_training(random: Random) -> settings.Training:
    optimizer = random.choice(OPTIMIZERS)
    return settings.Training(
        loss=random.choice(LOSSES),
        batch_reduction=random.choice(("mean", "sum")),
        batch_size=random.choice((None, 1, 2)),
        shuffle=random.random() < 0.3,
        l1=random.choice((0.0, 0.01)),
        l2=random.choice((0.0, 0.1)),
        optimizer=optimizer(learning_rate=random.choice((0.01, 0.1))),
    )


def random_rows(random: Random, network: Network, loss: str, count: int) -> Rows:
    columns = len(network.outputs)
    inputs = np.array(
        [[random.uniform(-1.5, 1.5) for _ in network.inputs] for _ in range(count)]
    ).reshape(count, -1)
    targets = np.array([[random.random() for _ in range(columns)] for _ in range(count)])
    if loss == "softmax_cross_entropy":
        targets /= targets.sum(axis=1, keepdims=True)
    if loss == "output_value":
        targets = np.empty((count, 0))
    return Rows(inputs, targets, inputs[:0], targets[:0])


def random_trace(seed: int) -> Trace | None:
    """Return the trace of a random network after some updates; None where it is not finite."""
    random = Random(seed)
    training = random_training(random)
    network = random_network(random, training.loss)
    rows = random_rows(random, network, training.loss, random.randint(1, 4))
    program = compile(network)
    state = initial_state(program, training.optimizer)
    try:
        state = advance(program, rows, training, state, random.randint(0, 4))
        made = trace(program, rows, training, state)
    except NonFinite:
        return None
    largest = max(float(np.abs(array).max(initial=0.0)) for array in (made.z, made.a, made.delta))
    return made if largest < 1e4 else None


def looked_up(made: Trace, reference: Reference) -> float:
    """Return the number of `reference` straight from the trace; nan for what only it contains."""
    network, sample = made.program.network, reference.sample
    if reference.kind == "network":
        return _of_network(made, reference)
    if reference.kind == "edge":
        edge = network.edge_index[reference.name]
        return _of_parameter(
            made,
            int(made.program.edge_slot[edge]),
            reference.quantity,
            lambda: float(made.edge_gradients(sample)[edge]),
        )
    node = network.node_index[reference.name]
    column = network.outputs.index(reference.name) if reference.name in network.outputs else -1
    per_node = {
        "value": made.a,
        "z": made.z,
        "slope": made.slope,
        "delta": made.delta,
        "dloss_da": made.dloss_da,
    }
    if reference.quantity in per_node:
        return float(per_node[reference.quantity][sample, node])
    if reference.quantity == "target":
        return float(made.targets[sample, column])
    if reference.quantity == "probability":
        assert made.probabilities is not None
        return float(made.probabilities[sample, column])
    if reference.quantity in ("loss_term", "loss_contribution"):
        return math.nan
    return _of_parameter(
        made,
        int(made.program.bias_slot[node]),
        {"bias": "weight", "new_bias": "new_weight", "bias_gradient": "gradient"}.get(
            reference.quantity, reference.quantity.removeprefix("bias_")
        ),
        lambda: float(made.delta[sample, node]),
    )


def _of_network(made: Trace, reference: Reference) -> float:
    if reference.quantity == "loss":
        return float(made.loss_per_sample[reference.sample])
    if reference.quantity == "batch_loss":
        return made.loss
    if reference.quantity == "penalty":
        return made.penalty
    if reference.quantity == "step":
        return float(made.step)
    if reference.quantity in ("l1", "l2"):
        return float(getattr(made.training, reference.quantity))
    return float(getattr(made.training.optimizer, reference.quantity))


def _of_parameter(made: Trace, slot: int, quantity: str, gradient: Callable[[], float]) -> float:
    known = {
        "weight": made.theta,
        "new_weight": made.updated,
        "batch_gradient": made.gradient,
        **made.slots,
        **{f"new_{name}": values for name, values in made.updated_slots.items()},
    }
    if quantity == "gradient":
        return gradient()
    return float(known[quantity][slot]) if quantity in known else math.nan
