"""New sessions: layered networks and computational graphs, ready to be traced and trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bpviz.engine.datasets import as_table, target_columns
from bpviz.engine.initialise import DEFAULT_CONSTANT, default_initialiser, initialised
from bpviz.model.checks import MAX_EDGES, MAX_NODES
from bpviz.model.counts import grouped
from bpviz.model.data import Data, Encoding, GeneratorData, GeneratorName, TableData
from bpviz.model.expression import parse_expression
from bpviz.model.files import one_line, quoted
from bpviz.model.network import Activation, Network
from bpviz.model.schema import Session
from bpviz.model.training import LossName, Sgd, Training

LEARNING_RATE = 0.1
TITLE_LIMIT = 200


class BuildError(ValueError):
    """What was asked for does not fit together; the text is one line that says why."""


def new_layered(
    sizes: Sequence[int],
    *,
    activation: Activation = "sigmoid",
    output_activation: Activation | None = None,
    data: Data | None = None,
    loss: LossName = "half_squared_error",
    initialiser: str | None = None,
    constant: float = DEFAULT_CONSTANT,
    seed: int = 0,
) -> Session:
    """Return a fully connected layered session: ids x1…, h1_1…, y1…, biases 0.

    `sizes` counts the nodes of each layer from inputs to outputs. Without `data` there is one row
    of 0.5s. What is None follows from the rest: the output activation from loss and targets, the
    initialiser from the activation. BuildError where layers and data do not match.
    """
    check_sizes(sizes)
    rows = data if data is not None else _one_row(sizes[0], sizes[-1], loss)
    if data is not None:
        _check_columns(sizes, data, loss)
    if output_activation is None:
        output_activation = default_output_activation(loss, rows)
    network = Network.layered(tuple(sizes), activation, output_activation)
    how = initialiser or default_initialiser(activation)
    shape = "-".join(str(size) for size in sizes)
    return Session(
        title=f"{shape} on {rows.name}" if isinstance(rows, GeneratorData) else shape,
        network=initialised(network, how, seed, constant),
        data=rows,
        training=Training(loss=loss, seed=seed, optimizer=Sgd(LEARNING_RATE)),
    )


def check_sizes(sizes: Sequence[int]) -> None:
    """Raise BuildError where no layered network of these sizes can be made."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise BuildError("layers: two or more layers of one or more nodes, as in 2-4-2-1")
    if sum(sizes) > MAX_NODES:
        raise BuildError(f"layers: {grouped(sum(sizes))} nodes; at most {grouped(MAX_NODES)}")
    edges = sum(a * b for a, b in pairwise(sizes))
    if edges > MAX_EDGES:
        raise BuildError(f"layers: {grouped(edges)} edges; at most {grouped(MAX_EDGES)}")


def generator_for(name: GeneratorName, outputs: int, loss: LossName, seed: int) -> GeneratorData:
    """Return the data set `name` with class targets encoded for `outputs` columns.

    Two classes on one output are 0 and 1; on two outputs, or with softmax, one column per class.
    """
    encoding: Encoding = "binary"
    if loss == "softmax_cross_entropy" or outputs == target_columns(name, "one_hot") != 1:
        encoding = "one_hot"
    return GeneratorData(name=name, seed=seed, encoding=encoding)


def default_output_activation(loss: LossName, data: Data) -> Activation:
    """Return sigmoid for binary_cross_entropy, tanh for signed targets, else identity."""
    if loss == "binary_cross_entropy":
        return "sigmoid"
    if loss in ("softmax_cross_entropy", "output_value"):
        return "identity"
    return "tanh" if _signed(data) else "identity"


def new_graph(expression: str, values: Mapping[str, float]) -> Session:
    """Return the computational graph of `expression` at `values`, nothing in it trainable.

    The objective is the graph's own value. Raises ExpressionError for the text, BuildError where
    a name has no value or a value no name.
    """
    network = parse_expression(expression)
    names = [node.id for node in network.inputs]
    for name in names:
        if name not in values:
            raise BuildError(f"values: no value for {quoted(name)}")
    for name in values:
        if name not in names:
            raise BuildError(f"values: {quoted(name)} does not stand in the expression")
    return Session(
        title=one_line(expression, TITLE_LIMIT),
        network=network,
        data=TableData(inputs=(tuple(float(values[name]) for name in names),)),
        training=Training(loss="output_value", optimizer=Sgd(LEARNING_RATE)),
    )


def _one_row(inputs: int, outputs: int, loss: LossName) -> TableData:
    if loss == "output_value":
        return TableData(inputs=((0.5,) * inputs,))
    # Targets of a softmax sum to 1, which 0.5s do for two classes only.
    target = 1.0 / outputs if loss == "softmax_cross_entropy" else 0.5
    return TableData(inputs=((0.5,) * inputs,), targets=((target,) * outputs,))


def _check_columns(sizes: Sequence[int], data: Data, loss: LossName) -> None:
    table = as_table(data)
    if not table.inputs:
        raise BuildError("data: no rows")
    columns = len(table.inputs[0])
    if columns != sizes[0]:
        raise BuildError(
            f"layers: the first layer has {_count(sizes[0], 'node')}, the data "
            f"{_count(columns, 'input column')}"
        )
    columns = len(table.targets[0]) if table.targets else 0
    if loss != "output_value" and columns != sizes[-1]:
        raise BuildError(
            f"layers: the last layer has {_count(sizes[-1], 'node')}, the data "
            f"{_count(columns, 'target column')}"
        )


def _signed(data: Data) -> bool:
    if isinstance(data, GeneratorData) and data.encoding != "signed":
        return False
    values = {value for row in as_table(data).targets for value in row}
    return -1.0 in values and values <= {-1.0, 1.0}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
