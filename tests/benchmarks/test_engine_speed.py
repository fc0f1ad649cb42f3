"""How fast the engine is, against the textbook NumPy loop in the same run; prints a table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bpviz.engine.datasets import Rows
from bpviz.engine.program import Program, compile
from bpviz.engine.state import State, initial_state
from bpviz.engine.trainer import Trainer
from bpviz.model.network import Edge, Input, Network, Node, Unit
from bpviz.model.training import Sgd, Training
from tests.engine.graphs import layered

RATE = 0.01
# Sizes, batch, and how many times faster than the textbook loop the numpy kernel must be.
NETS: tuple[tuple[tuple[int, ...], int, float], ...] = (
    ((2, 4, 2, 1), 10, 1.6),
    ((2, 8, 8, 8, 8, 8, 8, 1), 10, 1.6),
    ((2, 32, 32, 1), 32, 0.9),
    ((2, 64, 64, 64, 1), 32, 1.0),
)
STEPS = 400
ROUNDS = 7


def best(function: Callable[[int], object], steps: int = STEPS, rounds: int = ROUNDS) -> float:
    """Return the microseconds of one step in the fastest of several rounds."""
    function(steps // 10 + 1)
    times = []
    for _ in range(rounds):
        # The process's own time: other programs on the machine count less.
        start = time.process_time()
        function(steps)
        times.append(time.process_time() - start)
    return 1e6 * min(times) / steps


class Textbook:
    """Back propagation of a layered tanh network as a book writes it in NumPy."""

    def __init__(self, network: Network, sizes: tuple[int, ...], rows: Rows) -> None:
        weights = iter([edge.weight for edge in network.edges])
        biases = iter([node.bias for node in network.nodes if isinstance(node, Unit)])
        self.weights = [
            np.array([[next(weights) for _ in range(fan_in)] for _ in range(size)]).T.copy()
            for fan_in, size in pairwise(sizes)
        ]
        self.biases = [np.array([next(biases) for _ in range(size)]) for size in sizes[1:]]
        self.x, self.t = rows.inputs, rows.targets

    def train(self, steps: int) -> None:
        weights, biases, last = self.weights, self.biases, len(self.weights) - 1
        for _ in range(steps):
            a = [self.x]
            for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
                z = a[-1] @ w + b
                a.append(np.tanh(z) if layer < last else z)
            delta = (a[-1] - self.t) / len(self.x)
            gradients = []
            for layer in range(last, -1, -1):
                gradients.append((a[layer].T @ delta, delta.sum(axis=0)))
                if layer:
                    delta = (delta @ weights[layer].T) * (1.0 - a[layer] ** 2)
            for layer, (dw, db) in enumerate(reversed(gradients)):
                weights[layer] -= RATE * dw
                biases[layer] -= RATE * db


def rows_for(network: Network, batch: int) -> Rows:
    draw = np.random.default_rng(0)
    inputs, outputs = len(network.inputs), len(network.outputs)
    return Rows(
        draw.normal(size=(batch, inputs)),
        draw.normal(size=(batch, outputs)),
        np.empty((0, inputs)),
        np.empty((0, outputs)),
    )


def trained(network: Network, rows: Rows) -> tuple[Program, Trainer, State]:
    program = compile(network)
    training = Training(loss="half_squared_error", optimizer=Sgd(RATE))
    state = initial_state(program, training.optimizer)
    return program, Trainer(program, rows, training, kernel="numpy"), state


def sparse(units: int, edges: int) -> Network:
    """A random acyclic graph of tanh units over 10 inputs."""
    draw = random.Random(units)
    nodes: list[Node] = [Input(f"x{place}") for place in range(10)]
    nodes += [Unit(f"u{place}", activation="tanh") for place in range(units)]
    chosen = {(draw.randrange(place), place) for place in range(10, 10 + units)}
    while len(chosen) < edges:
        target = draw.randrange(10, 10 + units)
        chosen.add((draw.randrange(target), target))
    found = tuple(Edge(nodes[s].id, nodes[t].id, draw.gauss(0, 0.3)) for s, t in sorted(chosen))
    return Network(tuple(nodes), found, (nodes[-1].id,))


@pytest.mark.parametrize(("sizes", "batch", "required"), NETS)
def test_advance_against_the_textbook_loop(
    benchmark: BenchmarkFixture, sizes: tuple[int, ...], batch: int, required: float
) -> None:
    network = layered(sizes)
    rows = rows_for(network, batch)
    program, trainer, state = trained(network, rows)
    textbook = Textbook(network, sizes, rows)
    trainer.advance(state, 50)
    textbook.train(50)
    first = textbook.weights[0].T.ravel()
    assert state.theta[program.edge_slot[: first.size]] == pytest.approx(first, rel=1e-9)
    benchmark(trainer.advance, state, STEPS)
    ours = best(lambda steps: trainer.advance(state, steps))
    theirs = best(textbook.train)
    ours = min(ours, best(lambda steps: trainer.advance(state, steps)))
    name = "-".join(map(str, sizes))
    print(  # noqa: T201
        f"\n{name:>18} batch {batch}: textbook {theirs:7.1f} µs, numpy kernel {ours:7.1f} µs, "
        f"{theirs / ours:5.2f} x (at least {required} x)"
    )
    assert theirs / ours >= required


def test_one_iteration_of_a_sparse_graph(benchmark: BenchmarkFixture) -> None:
    network = sparse(500, 5000)
    _, trainer, state = trained(network, rows_for(network, 32))
    trainer.advance(state, 2)
    benchmark(trainer.advance, state, 1)
    taken = best(lambda steps: trainer.advance(state, steps), steps=20)
    print(f"\n500 units, 5,000 edges, batch 32: {taken / 1000:.2f} ms (at most 20)")  # noqa: T201
    assert taken < 20_000


def test_compiling_a_sparse_graph(benchmark: BenchmarkFixture) -> None:
    network = sparse(500, 5000)

    def anew() -> Program:
        # Without what the network remembers of itself.
        return compile(Network(network.nodes, network.edges, network.outputs))

    benchmark(anew)
    times = []
    for _ in range(20):
        start = time.process_time()
        anew()
        times.append(time.process_time() - start)
    print(f"\ncompile 500 units, 5,000 edges: {1e3 * min(times):.1f} ms (at most 50)")  # noqa: T201
    assert min(times) < 0.05


def exponent(sizes: list[int], times: list[float]) -> float:
    """Return p of the best fit time = c · sizeᵖ."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def cost(network: Network, batch: int, steps: int) -> float:
    """Return the microseconds of one iteration."""
    _, trainer, state = trained(network, rows_for(network, batch))
    return best(partial(trainer.advance, state), steps, rounds=3)


def test_cost_grows_with_edges_and_batch_and_no_faster(benchmark: BenchmarkFixture) -> None:
    widths = [64, 128, 256, 512]
    dense = [cost(layered((2, width, width, 1)), 32, 20) for width in widths]
    batches = [256, 1024, 4096, 16_384]
    by_batch = [cost(layered((2, 32, 32, 1)), batch, 10) for batch in batches]
    # With ten edges a unit the levels' matrices get emptier as the graph grows, so that the
    # product, which is still the fastest way, costs more per edge.
    edges = [2_500, 5_000, 10_000, 20_000]
    thin = [cost(sparse(count // 10, count), 32, 5) for count in edges]
    network = layered((2, 64, 64, 1))
    _, trainer, state = trained(network, rows_for(network, 32))
    benchmark(trainer.advance, state, 1)
    in_edges = exponent([width * (width + 3) for width in widths], dense)
    in_batch, in_thin = exponent(batches, by_batch), exponent(edges, thin)
    print(  # noqa: T201
        f"\ncost ~ edges^{in_edges:.2f} in layers, edges^{in_thin:.2f} in sparse graphs, "
        f"batch^{in_batch:.2f}"
    )
    assert in_edges < 1.25
    assert in_batch < 1.25
    assert in_thin < 1.6
