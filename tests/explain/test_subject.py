"""What is explained of a node or edge, and from which frame on."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.frames import frames
from bpviz.engine.snapshot import snapshot
from bpviz.explain.expression import Symbol, evaluate, leaves
from bpviz.explain.subject import ASPECTS, Subject, aspects, explain_subject, known, subject_named
from bpviz.model.network import Edge, Input, Network, Unit
from tests.explain.random_traces import looked_up, random_trace
from tests.explain.test_derivation import check_line

MADE = {"term", "contribution", "loss_contribution", "look_ahead", "corrected_mean",
        "corrected_square_mean", "decayed"}  # fmt: skip


@given(st.integers(0, 10**6))
def test_every_aspect_of_everything_is_explained_with_the_numbers_of_the_trace(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    network = made.program.network
    subjects = [Subject(node=node) for node in range(len(network.nodes))]
    subjects += [Subject(edge=edge) for edge in range(len(network.edges))]
    for subject in subjects:
        for aspect in aspects(network, subject):
            told = explain_subject(made, subject, aspect, 0, batch=True)
            assert told.title
            assert told.sentence
            for line in told.lines:
                assert evaluate(line.right) == pytest.approx(line.result, rel=1e-9, abs=1e-12)
                for leaf in leaves(line.right):
                    if isinstance(leaf, Symbol) and leaf.reference is not None:
                        quantity = leaf.reference.quantity.removeprefix("bias_")
                        if not quantity.startswith("new_") and quantity not in MADE:
                            assert leaf.value == looked_up(made, leaf.reference)


def test_aspects_become_known_one_after_the_other() -> None:
    made = next(found for found in map(random_trace, range(1, 99)) if found is not None)
    network = made.program.network
    listed = frames(made.program, "neuron")
    for subject in [Subject(node=0), Subject(node=len(network.nodes) - 1), Subject(edge=0)]:
        before: tuple[str, ...] = ()
        for index in range(-1, len(listed)):
            now = known(snapshot(made, listed, index, 0), network, subject)
            assert set(before) <= set(now)
            before = now
        assert before == aspects(network, subject)


def test_inputs_and_units_without_bias_have_nothing_to_train() -> None:
    nodes = (Input("x"), Unit("p", combine="product"), Unit("y"))
    network = Network(nodes, (Edge("x", "p", 1.0), Edge("p", "y", 1.0)), ("y",))
    found = [aspects(network, Subject(node=node)) for node in range(3)]
    assert found == [("value", "error"), ("value", "error"), ASPECTS]
    assert aspects(network, Subject(edge=0)) == ASPECTS


def test_names_find_their_subjects() -> None:
    network = Network((Input("x"), Unit("y")), (Edge("x", "y", 1.0),), ("y",))
    assert subject_named(network, "y") == Subject(node=1)
    assert subject_named(network, edge_name="x->y") == Subject(edge=0)
    assert subject_named(network, "gone", "gone->y") is None


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_of_the_loss_every_number_is_the_traces(seed: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    sample, loss = len(made.rows) - 1, Subject(is_loss=True)
    network = made.program.network
    for batch in (False, True):
        told = explain_subject(made, loss, "value", sample, batch=batch)
        assert told.lines[0].result == made.loss_per_sample[sample]
        for line in told.lines:
            check_line(made, line)
        if batch and len(made.rows) == len(made.batch) > 1:
            assert told.lines[1].result == made.loss
    told = explain_subject(made, loss, "error", sample)
    assert len(told.lines) == len(network.outputs)
    for output, line in zip(network.outputs, told.lines, strict=True):
        check_line(made, line)
        if not network.outgoing[output]:
            assert line.result == made.dloss_da[sample, network.node_index[output]]
