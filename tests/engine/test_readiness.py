"""What a session lacks: the same for rows written out and for generated ones."""

from __future__ import annotations

import msgspec
import pytest

from bpviz.engine.builders import new_layered
from bpviz.engine.datasets import as_table
from bpviz.engine.readiness import first_problem, problems
from bpviz.model.data import GeneratorData
from bpviz.model.schema import Session
from bpviz.model.training import LossName


def _session(data: GeneratorData, loss: LossName) -> Session:
    session = new_layered((2, 3, 1), data=GeneratorData("spiral", samples=20))
    training = msgspec.structs.replace(session.training, loss=loss)
    return msgspec.structs.replace(session, data=data, training=training)


@pytest.mark.parametrize(
    ("data", "loss", "place"),
    [
        (GeneratorData("spiral", samples=20), "binary_cross_entropy", ""),
        (GeneratorData("spiral", encoding="signed"), "binary_cross_entropy", "data.targets["),
        (GeneratorData("spiral", encoding="signed"), "softmax_cross_entropy", "data.targets["),
        (GeneratorData("plane", samples=50), "binary_cross_entropy", "data.targets["),
        (GeneratorData("sine", samples=20), "squared_error", "data.inputs: 1 column"),
        (GeneratorData("blobs3", samples=20), "squared_error", "data.targets: 3 columns"),
    ],
)
def test_generated_rows_are_checked_like_written_ones(
    data: GeneratorData, loss: LossName, place: str
) -> None:
    session = _session(data, loss)
    written_out = msgspec.structs.replace(session, data=as_table(data))
    assert problems(session) == problems(written_out)
    assert first_problem(session).startswith(place)
    assert bool(first_problem(session)) == bool(place)
