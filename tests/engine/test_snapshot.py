"""Snapshots: at each frame exactly what is known there, with the numbers of the trace."""

from __future__ import annotations

import itertools
from time import perf_counter

import numpy as np
import pytest

from bpviz.engine.backprop import Trace, trace
from bpviz.engine.datasets import Rows
from bpviz.engine.frames import FrameList, Grain, frames
from bpviz.engine.program import compile
from bpviz.engine.snapshot import Snapshot, running_snapshot, snapshot
from bpviz.engine.state import initial_state
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.training import Adam, Optimizer, Sgd, Training

NETWORK = Network(
    (
        Input("x1"), Input("x2"), Unit("h", bias=0.1), Unit("p", "product", "tanh"),
        Unit("y", bias=0.3),
    ),
    (
        Edge("x1", "h", 0.5), Edge("x2", "h", 0.2, trainable=False), Edge("x1", "p", 0.4),
        Edge("x2", "p", -0.7), Edge("h", "y", 0.6), Edge("p", "y", 0.7),
    ),
    ("y",),
)  # fmt: skip
X1, X2, H, P, Y = range(5)
MASKS = (
    "value_known", "z_known", "dloss_da_known", "delta_known", "bias_gradient_known",
    "bias_update_known", "edge_term_known", "edge_contribution_known", "edge_gradient_known",
    "edge_update_known",
)  # fmt: skip


def traced(network: Network = NETWORK, rows: int = 2, optimizer: Optimizer | None = None) -> Trace:
    settings = Training(loss="half_squared_error", optimizer=optimizer or Sgd(0.5), l2=0.1)
    bits = np.random.default_rng(0)
    data = bits.normal(size=(rows, len(network.inputs)))
    targets = bits.normal(size=(rows, len(network.outputs)))
    program = compile(network)
    state = initial_state(program, settings.optimizer)
    return trace(program, Rows(data, targets, data[:0], targets[:0]), settings, state)


MADE = traced()


def walk(grain: Grain) -> FrameList:
    return frames(MADE.program, grain, MADE.training, len(MADE.rows))


def at(kind: str, node: int = -1, edge: int = -1, sample: int = 0) -> Snapshot:
    found = walk("neuron")
    keys = [(frame.kind, frame.node, frame.edge) for frame in found]
    return snapshot(MADE, found, keys.index((kind, node, edge)), sample)


def which(mask: np.ndarray) -> list[int]:
    return [int(place) for place in np.flatnonzero(mask)]


def test_ready_shows_parameters_only() -> None:
    shown = snapshot(MADE, walk("neuron"), -1, 1)
    assert not any(getattr(shown, mask).any() for mask in MASKS)
    assert not shown.loss_known
    assert (shown.phase, shown.frame, shown.current_node) == ("", None, -1)
    assert (shown.iteration, shown.epoch, shown.row, shown.sample) == (1, 1, 1, 1)
    assert shown.edge_weight.tolist() == [0.5, 0.2, 0.4, -0.7, 0.6, 0.7]
    assert shown.bias.tolist() == [0.0, 0.0, 0.1, 0.0, 0.3]
    assert not shown.active_edges.any()
    assert not shown.active_nodes.any()


def test_forward_makes_values_known_one_by_one() -> None:
    assert which(at("input").value_known) == [X1, X2]
    assert which(at("activation", H).value_known) == [X1, X2, H]
    assert which(at("activation", H).z_known) == [H]
    shown = at("activation", Y, sample=1)
    assert shown.value_known.all()
    assert shown.value.tolist() == MADE.a[1].tolist()
    assert shown.z.tolist() == MADE.z[1].tolist()
    assert not shown.loss_known


def test_the_step_lights_what_it_uses() -> None:
    assert which(at("input").active_nodes) == [X1, X2]
    shown = at("activation", P)
    assert which(shown.active_edges) == [2, 3]
    assert which(shown.active_nodes) == [X1, X2, P]
    assert shown.current_node == P
    assert which(at("loss").active_nodes) == [Y]
    shown = at("delta", H)
    assert which(shown.active_edges) == [4]
    assert which(shown.active_nodes) == [H, Y]
    shown = at("gradients", Y)
    assert which(shown.active_edges) == [4, 5]
    assert which(shown.active_nodes) == [H, P, Y]
    shown = at("input_gradient")
    assert which(shown.active_edges) == [0, 1, 2, 3]
    assert which(shown.active_nodes) == [X1, X2, H, P]
    assert at("reduce").active_edges.all()
    shown = at("update", edge=5)
    assert (which(shown.active_edges), shown.current_node) == ([5], Y)
    shown = at("update", node=H)
    assert (which(shown.active_edges), which(shown.active_nodes)) == ([], [H])


def test_at_term_grain_a_step_lights_its_term() -> None:
    found = walk("term")
    for index, frame in enumerate(found):
        shown = snapshot(MADE, found, index, 0)
        if frame.kind in ("term", "contribution", "gradient") and frame.edge >= 0:
            edge = MADE.program.network.edges[frame.edge]
            ends = {MADE.program.network.node_index[end] for end in (edge.source, edge.target)}
            assert which(shown.active_edges) == [frame.edge]
            assert set(which(shown.active_nodes)) == ends
        if frame.kind == "activation":
            assert which(shown.active_edges) == []
        if frame.kind == "pre_activation":
            assert shown.z_known[frame.node]
            assert not shown.value_known[frame.node]


def test_joined_samples_show_their_mean_before_the_penalty_is_added() -> None:
    found = walk("term")
    kinds = [frame.kind for frame in found]
    mean = np.mean([MADE.edge_gradients(sample) for sample in range(len(MADE.rows))], axis=0)
    for kind in ("mean", "penalty"):
        shown = snapshot(MADE, found, kinds.index(kind), 1)
        assert shown.batch_gradients
        assert not shown.penalized
        np.testing.assert_allclose(shown.edge_gradient, mean, rtol=1e-12, atol=1e-15)
        assert shown.loss == MADE.loss
    shown = snapshot(MADE, found, kinds.index("reduce"), 1)
    assert shown.penalized
    weight, edges = MADE.theta[MADE.program.edge_slot], NETWORK.edges
    added = [
        0.1 * each if edge.trainable else 0.0 for each, edge in zip(weight, edges, strict=True)
    ]
    np.testing.assert_allclose(shown.edge_gradient, mean + added, rtol=1e-12)


def test_each_term_and_contribution_is_known_from_its_own_step_on() -> None:
    found = walk("term")
    walked: dict[str, list[int]] = {"term": [], "contribution": []}
    for index, frame in enumerate(found):
        if frame.kind in walked and frame.edge >= 0:
            walked[frame.kind].append(frame.edge)
        shown = snapshot(MADE, found, index, 0)
        assert which(shown.edge_term_known) == sorted(walked["term"])
        assert which(shown.edge_contribution_known) == sorted(walked["contribution"])
    assert sorted(walked["term"]) == sorted(walked["contribution"]) == list(range(6))


def test_at_neuron_grain_terms_are_known_with_the_unit_that_they_make() -> None:
    assert which(at("input").edge_term_known) == []
    assert which(at("activation", H).edge_term_known) == [0, 1]
    assert which(at("delta", Y).edge_contribution_known) == []
    assert which(at("delta", H).edge_contribution_known) == [4, 5]
    assert at("input_gradient").edge_contribution_known.all()


def test_gradients_are_the_samples_and_from_reduce_on_the_batchs() -> None:
    shown = at("input_gradient", sample=1)
    assert not shown.batch_gradients
    assert shown.edge_gradient.tolist() == MADE.edge_gradients(1).tolist()
    assert shown.bias_gradient.tolist() == MADE.delta[1].tolist()
    assert shown.loss == MADE.loss_per_sample[1]
    shown = at("reduce", sample=1)
    assert shown.batch_gradients
    assert shown.edge_gradient.tolist() == MADE.gradient[MADE.program.edge_slot].tolist()
    assert shown.bias_gradient[H] == MADE.gradient[MADE.program.bias_slot[H]]
    assert shown.loss == MADE.loss


def test_gradients_become_known_from_the_output_back() -> None:
    assert which(at("delta", Y).delta_known) == [Y]
    assert which(at("delta", Y).edge_gradient_known) == []
    shown = at("gradients", Y)
    assert which(shown.edge_gradient_known) == [4, 5]
    assert which(shown.bias_gradient_known) == [Y]
    shown = at("gradients", P)
    assert which(shown.edge_gradient_known) == [2, 3, 4, 5]
    assert which(shown.bias_gradient_known) == [Y]
    shown = at("input_gradient")
    assert shown.dloss_da_known.all()
    assert which(shown.delta_known) == [H, P, Y]
    assert shown.delta.tolist() == MADE.delta[0].tolist()
    assert shown.dloss_da.tolist() == MADE.dloss_da[0].tolist()


def test_updates_replace_weights_one_by_one() -> None:
    slot = MADE.program.edge_slot
    new, old = MADE.updated[slot], MADE.theta[slot]
    shown = at("update", edge=0)
    assert shown.edge_weight.tolist() == [new[0], *old[1:]]
    assert which(shown.edge_update_known) == [0]
    assert shown.edge_update[0] == new[0] - old[0]
    assert which(shown.bias_update_known) == []
    last = snapshot(MADE, walk("neuron"), len(walk("neuron")) - 1, 0)
    assert last.edge_weight.tolist() == new.tolist()
    assert last.edge_update[1] == 0.0  # fixed
    assert which(last.bias_update_known) == [H, Y]
    assert last.bias[Y] == MADE.updated[MADE.program.bias_slot[Y]]


def test_optimizer_state_is_the_new_one_where_the_update_has_passed() -> None:
    made = traced(optimizer=Adam(0.1))
    found = frames(made.program, "neuron", made.training, len(made.rows))
    before, after = snapshot(made, found, 0, 0), snapshot(made, found, len(found) - 1, 0)
    slots, biases = made.program.edge_slot, made.program.bias_slot
    assert set(before.edge_slots) == set(before.bias_slots) == {"mean", "square_mean"}
    assert not before.edge_slots["mean"].any()
    for slot in ("mean", "square_mean"):
        assert after.edge_slots[slot].tolist() == made.updated_slots[slot][slots].tolist()
        assert after.bias_slots[slot][Y] == made.updated_slots[slot][biases[Y]] != 0.0
        assert after.bias_slots[slot][X1] == 0.0
    assert after.edge_slots["mean"][0] == pytest.approx(0.1 * made.gradient[slots[0]])
    first = [(frame.kind, frame.edge) for frame in found].index(("update", 0))
    passed = snapshot(made, found, first, 0).edge_slots["mean"]
    assert passed[0] == after.edge_slots["mean"][0]
    assert passed[1:].tolist() == before.edge_slots["mean"][1:].tolist()
    assert running_snapshot(made, found, 0).edge_slots["mean"].tolist() == [0.0] * 6


@pytest.mark.parametrize("grain", ["term", "neuron", "layer", "phase"])
def test_what_is_known_stays_known(grain: Grain) -> None:
    found = walk(grain)
    shown = [snapshot(MADE, found, index, 0) for index in range(-1, len(found))]
    for earlier, later in itertools.pairwise(shown):
        for mask in MASKS:
            assert not (getattr(earlier, mask) & ~getattr(later, mask)).any()
        assert later.loss_known >= earlier.loss_known
    assert shown[-1].value_known.all()
    assert shown[-1].edge_gradient_known.all()
    assert shown[-1].edge_update_known.all()


def test_each_grain_shows_the_same_at_the_same_frame() -> None:
    fine = walk("term")
    for grain in ("neuron", "layer", "phase"):
        coarse = walk(grain)
        for index, frame in enumerate(coarse):
            here = snapshot(MADE, coarse, index, 0)
            there = snapshot(MADE, fine, fine.index(frame), 0)
            for mask in MASKS:
                assert np.array_equal(getattr(here, mask), getattr(there, mask)), (frame, mask)


def test_while_running_everything_is_known_and_nothing_is_lit() -> None:
    shown = running_snapshot(MADE, walk("neuron"), 1)
    assert (shown.phase, shown.frame) == ("", None)
    assert shown.batch_gradients
    assert shown.value_known.all()
    assert shown.edge_gradient_known.all()
    assert which(shown.delta_known) == [H, P, Y]
    assert shown.edge_weight.tolist() == MADE.theta[MADE.program.edge_slot].tolist()
    assert not shown.active_edges.any()


def test_a_snapshot_of_a_large_network_is_cheap() -> None:
    made = traced(Network.layered((100, 99, 1), "tanh", "identity"))
    found = frames(made.program, "neuron")
    took = []
    for index in range(50, 80):
        start = perf_counter()
        snapshot(made, found, index, 0)
        took.append(perf_counter() - start)
    assert np.median(took) < 0.005
