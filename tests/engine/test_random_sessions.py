"""Random sessions: gradients are central differences, and a record survives a file to the bit."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpviz.cli import main
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.gradcheck import check_program
from bpviz.engine.losses import LOSSES
from bpviz.model.data import TableData
from bpviz.model.network import Unit
from bpviz.model.schema import Session
from bpviz.model.session import encode_session, load_session, save_session
from bpviz.model.training import Optimizer
from tests.engine.graphs import Case, random_case
from tests.engine.test_optimizers import ALL

# A graph of these has fan-out, a skip, sum, product and max units, shared and fixed weights.
CASES = st.builds(
    random_case,
    st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from(sorted(LOSSES)),
    st.integers(0, 10_000),
)


def session_of(case: Case, optimizer: Optimizer) -> Session:
    """Return the session whose next iteration is that of `case`, with another optimizer."""
    data = TableData(
        tuple(map(tuple, case.rows.inputs.tolist())),
        tuple(map(tuple, case.rows.targets.tolist())) if case.rows.targets.size else (),
    )
    training = msgspec.structs.replace(case.training, optimizer=optimizer)
    return Session(network=case.program.network, data=data, training=training)


def test_the_random_graphs_hold_all_that_is_promised() -> None:
    network = random_case("tanh", "huber", 0).program.network
    units = [node for node in network.nodes if isinstance(node, Unit)]
    assert {unit.combine for unit in units} == {"sum", "product", "max"}
    assert sum(bool(edge.share) for edge in network.edges) == 2
    assert len(network.outputs) == 2


@given(CASES)
@settings(max_examples=60, deadline=None)
def test_gradients_of_a_trace_are_central_differences(case: Case) -> None:
    result = check_program(case.program, case.rows, case.training, case.state)
    assert result.passed, f"{result.worst} at {result.name}"


@given(CASES, st.sampled_from(ALL))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_record_of_a_saved_and_reloaded_session_is_the_same_to_the_bit(
    capsys: pytest.CaptureFixture[str], case: Case, optimizer: Optimizer
) -> None:
    session = session_of(case, optimizer)
    with tempfile.TemporaryDirectory() as folder:
        first, again = Path(folder, "first.json"), Path(folder, "again.json")
        save_session(session, first)
        save_session(load_session(first), again)
        assert again.read_bytes() == first.read_bytes() == encode_session(session)
        records = []
        for path in (first, again):
            capsys.readouterr()
            status = main(["trace", str(path)])
            records.append((status, *capsys.readouterr()))
    assert records[0] == records[1]
    status, out, error = records[0]
    # Another optimizer may take so large a step that the loss after it is not finite.
    assert (status, error) == (0, "") if out else status == 3
    if out:
        told = json.loads(out)
        found = case.trace()
        names = found.program.edge_names
        expected = found.gradient[found.program.edge_slot].tolist()
        assert [told["gradients"]["edges"][name] for name in names] == expected
