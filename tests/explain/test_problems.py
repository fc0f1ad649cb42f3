"""What a session lacks is told in one sentence, without the place in its file."""

from __future__ import annotations

import re

import msgspec
import pytest

from bpviz.engine.readiness import problems
from bpviz.explain.problems import in_words
from bpviz.model.data import TableData
from bpviz.model.network import Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.training import Sgd, Training

ROW = TableData(((0.5,),), ((0.5,),))
NODES = (Input("x"), Unit("h", "product", "identity"), Unit("y"))
WIRED = Network(NODES, (Edge("x", "h", 1.0), Edge("h", "y", 1.0)), ("y",))


def session(network: Network, data: TableData, loss: str = "squared_error") -> Session:
    training = msgspec.convert(
        {"loss": loss, "optimizer": {"name": "sgd", "learning_rate": 0.1}}, Training
    )
    assert isinstance(training.optimizer, Sgd)
    return Session(network=network, data=data, training=training)


LACKING = {
    "The network has no nodes yet: add an input, a unit and an output": session(Network(), ROW),
    'The product unit "h" has no edges into it': session(
        Network(NODES, (Edge("x", "y", 1.0),), ("y",)), ROW
    ),
    "No unit is marked as an output: nothing is compared with the targets": session(
        Network(NODES, WIRED.edges, ()), TableData(((0.5,),))
    ),
    "There are no rows yet: choose a data set, draw points, or type and paste rows": session(
        WIRED, TableData()
    ),
    "The rows have 2 input columns, but the network has 1 input": session(
        WIRED, TableData(((0.5, 1.0),), ((0.5,),))
    ),
    "The rows have 0 target columns, but the network has 1 output": session(
        WIRED, TableData(((0.5,),))
    ),
    "The test rows have no targets": session(WIRED, TableData(((0.5,),), ((0.5,),), ((0.5,),))),
    "The targets of row 1 do not suit the loss: binary cross-entropy needs targets from 0 to 1":
        session(WIRED, TableData(((0.5,),), ((2.0,),)), "binary_cross_entropy"),
    "The targets of test row 1 do not suit the loss: softmax cross-entropy needs targets that sum "
    "to 1": session(
        WIRED, TableData(((0.5,),), ((1.0,),), ((0.5,),), ((2.0,),)), "softmax_cross_entropy"
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", LACKING)
def test_what_is_missing_is_one_sentence(sentence: str) -> None:
    told = [in_words(each) for each in problems(LACKING[sentence])]
    assert sentence in told
    assert not [each for each in told if re.match(r"(network|data)[\w.\[\]]*:", each)]


def test_nothing_missing_is_told_as_nothing() -> None:
    assert in_words("") == ""
