"""New sessions: layered networks and graphs that can be traced at once."""

from __future__ import annotations

from typing import get_args

import pytest

from bpviz.engine.builders import (
    BuildError,
    default_output_activation,
    generator_for,
    new_graph,
    new_layered,
)
from bpviz.engine.datasets import GENERATORS, as_table
from bpviz.engine.readiness import problems
from bpviz.model.checks import check_session, missing
from bpviz.model.data import GeneratorData, GeneratorName, TableData
from bpviz.model.network import activation_name
from bpviz.model.schema import Progress
from bpviz.model.training import LossName

LOSSES: tuple[LossName, ...] = get_args(LossName)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sizes", [(1, 1), (2, 4, 2, 1), (3, 2, 4)])
def test_every_new_session_is_complete(loss: LossName, sizes: tuple[int, ...]) -> None:
    session = new_layered(sizes, loss=loss, seed=2)
    check_session(session)
    assert not missing(session)
    assert session.progress == Progress()


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_generated_targets_fit_the_outputs_or_are_refused(
    name: GeneratorName, outputs: int
) -> None:
    generator = GENERATORS[name]
    fits = {0: (1,), 2: (1, 2), 3: (3,)}[generator.classes]
    data = generator_for(name, outputs, "half_squared_error", seed=1)
    if outputs in fits:
        session = new_layered((generator.columns, 3, outputs), data=data)
        assert not problems(session)
    else:
        with pytest.raises(BuildError, match="last layer"):
            new_layered((generator.columns, 3, outputs), data=data)


def test_softmax_takes_one_column_per_class() -> None:
    data = generator_for("spiral", 2, "softmax_cross_entropy", seed=1)
    assert data.encoding == "one_hot"


@pytest.mark.parametrize(
    ("loss", "encoding", "activation"),
    [
        ("binary_cross_entropy", "binary", "sigmoid"),
        ("half_squared_error", "signed", "tanh"),
        ("half_squared_error", "binary", "identity"),
        ("softmax_cross_entropy", "one_hot", "identity"),
    ],
)
def test_the_output_activation_follows_loss_and_targets(
    loss: LossName, encoding: str, activation: str
) -> None:
    data = GeneratorData(name="spiral", samples=20, encoding=encoding)  # type: ignore[arg-type]
    for given in (data, as_table(data)):
        assert activation_name(default_output_activation(loss, given)) == activation


def test_layers_that_do_not_fit_the_rows() -> None:
    data = TableData(inputs=((1.0, 2.0),), targets=((1.0,),))
    with pytest.raises(BuildError, match="3 nodes, the data 2 input columns"):
        new_layered((3, 1), data=data)
    with pytest.raises(BuildError, match=r"2 nodes, the data 1 target column$"):
        new_layered((2, 2), data=data)
    with pytest.raises(BuildError, match="no rows"):
        new_layered((2, 2), data=TableData())


def test_a_graph_at_its_values() -> None:
    session = new_graph("(x+y)*z", {"z": -4.0, "x": -2.0, "y": 5.0})
    check_session(session)
    assert not missing(session)
    assert session.data == TableData(inputs=((-2.0, 5.0, -4.0),))
    assert session.title == "(x+y)*z"


def test_every_name_needs_exactly_one_value() -> None:
    with pytest.raises(BuildError, match='no value for "y"'):
        new_graph("x+y", {"x": 1.0})
    with pytest.raises(BuildError, match='"z" does not stand'):
        new_graph("x+y", {"x": 1.0, "y": 2.0, "z": 3.0})
