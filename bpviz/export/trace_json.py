"""The record of one iteration, and the result of a training, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.engine.program import Program
from bpviz.model.network import Input, Unit

TRACE_FORMAT: Final = "bpviz-trace"
RESULT_FORMAT: Final = "bpviz-result"
VERSION: Final = 1
MAX_NUMBERS: Final = 1_000_000
UNIT_NUMBERS: Final = 5
INPUT_NUMBERS: Final = 2


def count_numbers(program: Program, samples: int, batch: int) -> int:
    """Return how many numbers the record of `samples` out of a batch holds."""
    network = program.network
    edges, units, inputs = len(network.edges), len(network.units), len(network.inputs)
    outputs = len(network.outputs)
    one = UNIT_NUMBERS * units + INPUT_NUMBERS * inputs + edges + outputs + 2
    return samples * one + 2 * (edges + units) + batch


def trace_document(trace: Trace) -> dict[str, Any]:
    """Return the record of `trace` as JSON values, keys in the order of the format.

    `rows` are those of the whole batch, `samples` the ones the trace recorded.
    """
    program = trace.program
    return {
        "format": TRACE_FORMAT,
        "version": VERSION,
        "iteration": trace.iteration,
        "epoch": trace.epoch,
        "rows": trace.batch.tolist(),
        "loss": trace.loss,
        "penalty": trace.penalty,
        "loss_after": trace.loss_after,
        "samples": [_sample(trace, index) for index in range(len(trace.rows))],
        "gradients": parameters(program, trace.gradient),
        "updated": parameters(program, trace.updated),
    }


def _sample(trace: Trace, index: int) -> dict[str, Any]:
    program = trace.program
    quantities = (
        ("z", trace.z[index].tolist()),
        ("a", trace.a[index].tolist()),
        ("slope", trace.slope[index].tolist()),
        ("dloss_da", trace.dloss_da[index].tolist()),
        ("delta", trace.delta[index].tolist()),
    )
    nodes: dict[str, dict[str, float]] = {}
    for position, node in enumerate(program.network.nodes):
        nodes[node.id] = {
            name: values[position]
            for name, values in quantities
            if not isinstance(node, Input) or name in ("a", "dloss_da")
        }
    gradients = trace.edge_gradients(index).tolist()
    sample: dict[str, Any] = {
        "row": int(trace.rows[index]),
        "loss": float(trace.loss_per_sample[index]),
        "nodes": nodes,
        "edges": {
            name: {"gradient": gradient}
            for name, gradient in zip(program.edge_names, gradients, strict=True)
        },
    }
    if trace.probabilities is not None:
        sample["probabilities"] = trace.probabilities[index].tolist()
    return sample


def parameters(program: Program, theta: NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """Return the numbers of `theta` [P] at every edge and every sum unit, by name.

    Members of a share all show the one number they hold together.
    """
    weights = theta[program.edge_slot].tolist()
    units = [
        (position, node)
        for position, node in enumerate(program.network.nodes)
        if isinstance(node, Unit) and node.combine == "sum"
    ]
    return {
        "edges": dict(zip(program.edge_names, weights, strict=True)),
        "biases": {node.id: float(theta[program.bias_slot[position]]) for position, node in units},
    }


def result_document(
    program: Program,
    theta: NDArray[np.float64],
    outputs: NDArray[np.float64] | None,
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the result of a training as JSON values, keys in the order of the format.

    `outputs` [D, K] are the network's for every training row, None (and so null) where one is not
    finite, as only those of a session that starts so can be; `facts` holds iteration, epoch,
    loss, test_loss, stopped and where.
    """
    return {
        "format": RESULT_FORMAT,
        "version": VERSION,
        **{key: facts[key] for key in ("iteration", "epoch", "loss", "test_loss")},
        "stopped": facts["stopped"],
        "where": facts["where"],
        "parameters": parameters(program, theta),
        "outputs": None if outputs is None else outputs.tolist(),
    }


def encode(document: Mapping[str, Any]) -> bytes:
    """Return `document` as JSON: a key a line, and in long lists an item a line."""
    lines = [",\n".join(f' "{key}": {_value(value)}' for key, value in document.items())]
    return "\n".join(["{", *lines, "}", ""]).encode()


def _value(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict | list):
        return "[\n" + ",\n".join(f"  {_compact(item)}" for item in value) + "\n ]"
    return _compact(value)


def _compact(value: object) -> str:
    return msgspec.json.encode(value).decode()
