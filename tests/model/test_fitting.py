"""Fitting a network to the columns of its data: what remains is untouched, undo is exact."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.engine.builders import new_layered
from bpviz.model.checks import check_network
from bpviz.model.edit import EditError, apply
from bpviz.model.fitting import fit_network
from bpviz.model.network import Network


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4)),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_inputs_and_outputs_are_as_many_as_asked(
    sizes: tuple[int, int, int], inputs: int, outputs: int
) -> None:
    session = new_layered(sizes, activation="tanh", seed=3)
    if (sizes[0], sizes[2]) == (inputs, outputs):
        with pytest.raises(EditError, match="fits the data already"):
            fit_network(session, inputs, outputs)
        return
    edit = fit_network(session, inputs, outputs)
    after = apply(session, edit)
    network = after.network
    check_network(network)
    assert (len(network.inputs), len(network.outputs)) == (inputs, outputs)
    kept = set(network.edge_index) & set(session.network.edge_index)
    assert all(network.edge(name) == session.network.edge(name) for name in kept)
    assert len(kept) == sizes[1] * (min(sizes[0], inputs) + min(sizes[2], outputs))
    assert len(network.edges) == sizes[1] * (inputs + outputs), "new ones are fully connected"
    assert after.data == session.data
    assert apply(after, edit.inverted) == session


def test_an_output_that_feeds_others_stays_as_a_unit() -> None:
    session = new_layered((1, 1, 1))
    network = session.network
    both = Network(network.nodes, network.edges, ("y1", "h1_1"))
    after = apply((held := msgspec.structs.replace(session, network=both)), fit_network(held, 1, 1))
    assert after.network.outputs == ("y1",)
    assert after.network.edges == network.edges


def test_a_network_without_anything_gets_inputs_and_outputs() -> None:
    session = msgspec.structs.replace(new_layered((1, 1)), network=Network())
    after = apply(session, fit_network(session, 2, 1))
    assert [node.id for node in after.network.nodes] == ["x1", "x2", "y1"]
    assert after.network.outputs == ("y1",)
