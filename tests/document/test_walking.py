"""Walking at the finest grain: every part of an iteration is stood at once, both ways."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.document.document import Document
from bpviz.document.player import Player, StepGrain
from bpviz.engine.frames import Frame
from bpviz.model.data import TableData
from bpviz.model.network import Network, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Optimizer, Training
from tests.explain.random_traces import (
    OPTIMIZERS,
    random_network,
    random_rows,
    random_training,
)

# The lines of each optimizer's formula before the step itself, as its paper writes them.
LINES = {
    "sgd": [],
    "momentum": ["buffer"],
    "nesterov": ["buffer", "look ahead"],
    "adagrad": ["sum of squares"],
    "rmsprop": ["mean square"],
    "adam": ["m", "v", "bias correction of m", "bias correction of v"],
    "adamw": ["decay", "m", "v", "bias correction of m", "bias correction of v"],
    "rprop": ["step size"],
}


def random_session(seed: int, optimizer: type[Optimizer], penalty: str, batch: int) -> Session:
    random = Random(seed)
    drawn = random_training(random)
    network = random_network(random, drawn.loss)
    training = Training(
        loss=drawn.loss,
        batch_reduction=drawn.batch_reduction,
        batch_size=batch,
        l1=0.01 if "l1" in penalty else 0.0,
        l2=0.1 if "l2" in penalty else 0.0,
        optimizer=optimizer(learning_rate=0.01),
    )
    rows = random_rows(random, network, drawn.loss, 4)
    inputs, targets = (tuple(map(tuple, part.tolist())) for part in (rows.inputs, rows.targets))
    return Session(network=network, data=TableData(inputs, targets), training=training)


def parts(network: Network, training: Training, batch: int) -> Counter[tuple[object, ...]]:
    """All that the finest grain must stand at, each once, written down from the network alone."""
    found: Counter[tuple[object, ...]] = Counter()
    lines = range(len(LINES[training.optimizer.name]))
    for place, node in enumerate(network.nodes):
        outgoing = [e for e, edge in enumerate(network.edges) if edge.source == node.id]
        found.update(("backward", "contribution", place, edge) for edge in outgoing)
        if not isinstance(node, Unit):
            continue
        incoming = [e for e, edge in enumerate(network.edges) if edge.target == node.id]
        found.update(("forward", "term", place, edge) for edge in incoming)
        found["forward", "pre_activation", place] += 1
        found["forward", "activation", place] += 1
        found["backward", "contribution", place, -1] += node.id in network.outputs
        found["backward", "delta", place] += 1
        if node.has_bias:
            trained = lines if node.trainable_bias else ()
            found.update(("update", "line", place, -1, part) for part in trained)
            found["update", place, -1] += 1
    for place, edge in enumerate(network.edges):
        found.update(("update", "line", -1, place, part) for part in lines if edge.trainable)
        found["update", -1, place] += 1
    found.update(("reduce", "sample", sample) for sample in range(batch))
    found["reduce", "penalty"] += training.l1 > 0 or training.l2 > 0
    found["reduce", "mean"] += training.l1 > 0 or training.l2 > 0
    found["reduce", "reduce"] += 1
    found["loss", "loss"] += 1
    return +found


def part_of(frame: Frame) -> tuple[object, ...] | None:
    """Return what `parts` calls a frame, None for one that only ends a coarser step."""
    match frame.phase, frame.kind:
        case "forward", "term":
            return ("forward", "term", frame.node, frame.edge)
        case "backward", "contribution":
            return ("backward", "contribution", frame.node, frame.edge)
        case ("forward", "pre_activation" | "activation") | ("backward", "delta"):
            return (frame.phase, frame.kind, frame.node)
        case "reduce", "sample_gradient":
            return ("reduce", "sample", frame.sample)
        case "reduce", ("penalty" | "mean"):
            return ("reduce", frame.kind)
        case "update", "update_line":
            return ("update", "line", frame.node, frame.edge, frame.part)
        case "update", "update":
            return ("update", frame.node, frame.edge)
        case ("reduce", "reduce") | ("loss", "loss"):
            return (frame.phase, frame.kind)
    return None


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: each.__name__)
@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    penalty=st.sampled_from(("", "l1", "l2", "l1 l2")),
    batch=st.integers(1, 4),
)
def test_every_part_is_stood_at_once_and_back_in_reverse(
    optimizer: type[Optimizer], seed: int, penalty: str, batch: int
) -> None:
    session = random_session(seed, optimizer, penalty, batch)
    player = Player(Document(session))
    assume(player.trace is not None)
    player.step_iteration()
    assume(player.trace is not None)
    player.set_grain("term")
    there: list[tuple[int, int, Frame | None]] = []
    start, rows = player.iteration, len(player.batch)
    while player.iteration < start + 1:
        there.append((player.iteration, player.frame_index, player.frame))
        player.step_forward()
        # A step that is not finite is not done.
        assume(player.trace is not None)
        assume(player.frame_index > there[-1][1] or player.iteration > start)
    walked = [part_of(frame) for _, _, frame in there if frame is not None]
    expected = parts(session.network, session.training, rows)
    assert Counter(each for each in walked if each is not None) == expected
    back: list[tuple[int, int, Frame | None]] = []
    for _ in there:
        player.step_back()
        back.append((player.iteration, player.frame_index, player.frame))
    assert back == there[::-1]


@pytest.mark.parametrize("grain", ["term", "neuron", "layer", "phase", "iteration", "epoch"])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), optimizer=st.sampled_from(OPTIMIZERS))
def test_each_grain_goes_back_the_way_it_came(
    grain: StepGrain, seed: int, optimizer: type[Optimizer]
) -> None:
    session = random_session(seed, optimizer, "l2", 2)
    player = Player(Document(session))
    player.set_grain(grain)
    there: list[tuple[int, int]] = []
    theta = {0: player.theta.tobytes()}
    while player.iteration < 4 and len(there) < 400:
        assume(player.trace is not None)
        there.append((player.iteration, player.frame_index))
        player.step_forward()
        assume((player.iteration, player.frame_index) > there[-1])
        theta.setdefault(player.iteration, player.theta.tobytes())
    assume(player.trace is not None)
    back: list[tuple[int, int]] = []
    for _ in there:
        player.step_back()
        back.append((player.iteration, player.frame_index))
        assert player.theta.tobytes() == theta[player.iteration]
    assert back == there[::-1]
