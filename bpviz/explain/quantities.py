"""Quantities by name: `a(h1)`, `delta(y1)`, `dE/dw(h1->y1)`, `after w(h1->y1)`, `E` … of a trace.

    a(h1)  z(h1)  slope(h1)  delta(h1)  dE/da(h1)     of one sample
    t(y1)  p(y1)  E[2]                                target, softmax probability, loss of sample 2
    E  after E  penalty                               of the batch
    w(x1->h1)  b(h1)  after w(…)  change w(…)         before, after and by the update
    dE/dw(x1->h1)  dE/db(h1)                          the batch's; with [2] that of sample 2 alone
    numeric dE/dw(x1->h1)                             the batch's, by a central difference

Nodes go by their id, or by their label where it is the only one. `[2]` names the second sample of
the batch; without it node quantities are those of the chosen sample. ∂, δ, → and the letter that
the session has for its loss are understood too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.engine.datasets import Rows
from bpviz.engine.evaluation import Evaluator
from bpviz.engine.kernels import penalty
from bpviz.model.names import edge_name
from bpviz.model.network import Input, Network, Unit
from bpviz.model.schema import Notation

FORM: Final = re.compile(
    r"(?:(?P<mode>after|change|numeric)\s+)?(?P<head>[^\s()\[\]]+)\s*"
    r"(?:\((?P<name>[^()]*)\))?\s*(?:\[(?P<sample>[1-9][0-9]{0,5})\])?"
)
DERIVATIVE: Final = re.compile(r"[d∂](?P<of>\w{1,8})/[d∂](?P<by>[azwb])")
LOSS_WORDS: Final = ("E", "C", "L", "J", "loss")
NODE_HEADS: Final = MappingProxyType(
    {"a": "a", "z": "z", "slope": "slope", "delta": "delta", "δ": "delta", "t": "target"}
    | {"target": "target", "p": "probability", "b": "bias"}
)
DERIVATIVES: Final = MappingProxyType(
    {"a": "dloss_da", "z": "delta", "w": "gradient", "b": "bias_gradient"}
)
MODES: Final = MappingProxyType(
    {
        ("after", "weight"): "new_weight", ("after", "bias"): "new_bias",
        ("after", "loss"): "new_loss",
        ("change", "weight"): "update", ("change", "bias"): "bias_update",
        ("numeric", "gradient"): "numeric", ("numeric", "bias_gradient"): "bias_numeric",
    }
)  # fmt: skip
OF_EDGES: Final = frozenset({"weight", "new_weight", "update", "gradient", "numeric"})
OF_SAMPLES: Final = frozenset(
    {"a", "z", "slope", "delta", "dloss_da", "target", "probability"}
    | {"gradient", "bias_gradient", "loss"}
)
NUMERIC_STEP: Final = 1e-5

# For the help: what can be written, and what it is.
HELP: Final = (
    ("a(h1), z(h1), slope(h1), delta(h1)", "Of a node: value, sum, slope of the activation, δ"),
    ("dE/da(h1), t(y1), p(y1)", "Gradient by the value, target, softmax probability"),
    ("w(x1->h1), b(h1)", "A weight, a bias; with “after” or “change” before it: by the update"),
    ("dE/dw(x1->h1), dE/db(h1)", "The batch's gradient; with “numeric” before it: estimated"),
    ("E, after E, penalty", "Loss of the batch, before and after the update; the penalty"),
    ("a(h1)[2], dE/dw(x1->h1)[2], E[2]", "The same of the second sample in the batch"),
)


class QuantityError(ValueError):
    """A text names no quantity of the network; the message says why."""


class Quantity(NamedTuple):
    """A quantity: its kind, the node's id or edge's name, the sample's place in the batch.

    `sample` −1 stands for none: the chosen one for values of a node, else the whole batch.
    """

    kind: str
    name: str = ""
    sample: int = -1


def parse_quantity(text: str, network: Network, loss_symbol: str = "E") -> Quantity:
    """Return the quantity that `text` names; QuantityError where there is no such."""
    match = FORM.fullmatch(text.strip())
    if match is None:
        raise QuantityError(f"“{text.strip()[:40]}” is no quantity, as dE/dw(x1->h1) is one")
    kind = _kind(match["head"], loss_symbol)
    if match["mode"]:
        try:
            kind = MODES[match["mode"], kind]
        except KeyError:
            raise QuantityError(f"“{match['mode']}” goes with weights, biases and E") from None
    sample = int(match["sample"]) - 1 if match["sample"] else -1
    if sample >= 0 and kind not in OF_SAMPLES:
        raise QuantityError(f"{match['head']} has no number of a sample")
    return Quantity(kind, _owner(match["name"], kind, network), sample)


def _kind(head: str, loss_symbol: str) -> str:
    losses = (*LOSS_WORDS, loss_symbol)
    if head in losses:
        return "loss"
    if head in NODE_HEADS:
        return NODE_HEADS[head]
    if head in ("w", "penalty"):
        return "weight" if head == "w" else head
    derivative = DERIVATIVE.fullmatch(head)
    if derivative is None or derivative["of"] not in losses:
        raise QuantityError(f"nothing is called {head[:40]}; there are a, z, delta, w, b, dE/dw …")
    return DERIVATIVES[derivative["by"]]


def _owner(name: str | None, kind: str, network: Network) -> str:
    """Return the id or edge name that stands in the brackets."""
    if kind in ("loss", "new_loss", "penalty"):
        if name:
            raise QuantityError("E is of the whole network: write E, or E[2] for the second sample")
        return ""
    if not (name or "").strip():
        raise QuantityError("which one? Write a(h1) for a node, w(x1->h1) for an edge")
    assert name is not None
    if kind not in OF_EDGES:
        node = _node(name, network)
        _check_node(node, kind, network)
        return node
    ends = re.split(r"->|→", name)
    if len(ends) != 2:
        raise QuantityError(f"an edge is written x1->h1, not “{name[:40]}”")
    edge = "->".join(_node(end, network) for end in ends)
    if edge not in network.edge_index:
        raise QuantityError(f"there is no edge {edge[:60]}")
    return edge


def _node(name: str, network: Network) -> str:
    name = name.strip()
    if name in network.node_index:
        return name
    found = [node.id for node in network.nodes if name in (node.label, network.names[node.id])]
    if len(found) != 1:
        raise QuantityError(f"no node is called “{name[:40]}”")
    return found[0]


def _check_node(node_id: str, kind: str, network: Network) -> None:
    node = network.node(node_id)
    if isinstance(node, Input) and kind not in ("a", "dloss_da"):
        raise QuantityError(f"{node_id} is an input: it has a value and dE/da only")
    of_output = kind in ("target", "probability")
    if of_output and node_id not in network.outputs:
        raise QuantityError(f"{node_id} is no output")
    if "bias" in kind and isinstance(node, Unit) and node.combine != "sum":
        raise QuantityError(f"{node_id} has no bias: it does not add up")


def value_of(quantity: Quantity, trace: Trace, sample: int = 0) -> float:
    """Return the number; `sample` is the place in the batch where the quantity names none.

    QuantityError where this trace does not have it: fewer samples, no softmax.
    """
    place = quantity.sample if quantity.sample >= 0 else sample
    if not 0 <= place < len(trace.rows):
        raise QuantityError(f"the batch has no sample {place + 1}")
    return float(VALUES[quantity.kind](trace, quantity, place))


def _of_node(array: str) -> Callable[[Trace, Quantity, int], float]:
    def value(trace: Trace, quantity: Quantity, sample: int) -> float:
        node = trace.program.network.node_index[quantity.name]
        return float(getattr(trace, array)[sample, node])

    return value


def _slot(trace: Trace, quantity: Quantity) -> int:
    program = trace.program
    if quantity.kind in OF_EDGES:
        return int(program.edge_slot[program.network.edge_index[quantity.name]])
    return int(program.bias_slot[program.network.node_index[quantity.name]])


def _parameter(array: str) -> Callable[[Trace, Quantity, int], float]:
    return lambda trace, quantity, _: float(getattr(trace, array)[_slot(trace, quantity)])


def _update(trace: Trace, quantity: Quantity, _sample: int) -> float:
    slot = _slot(trace, quantity)
    return float(trace.updated[slot] - trace.theta[slot])


def _gradient(trace: Trace, quantity: Quantity, sample: int) -> float:
    if quantity.sample < 0:
        return float(trace.gradient[_slot(trace, quantity)])
    edge = trace.program.network.edge_index[quantity.name]
    return float(trace.edge_gradients(sample)[edge])


def _bias_gradient(trace: Trace, quantity: Quantity, sample: int) -> float:
    if quantity.sample < 0:
        return float(trace.gradient[_slot(trace, quantity)])
    return float(trace.delta[sample, trace.program.network.node_index[quantity.name]])


def _loss(trace: Trace, quantity: Quantity, sample: int) -> float:
    return float(trace.loss if quantity.sample < 0 else trace.loss_per_sample[sample])


def _column(trace: Trace, quantity: Quantity) -> int:
    return trace.program.network.outputs.index(quantity.name)


def _target(trace: Trace, quantity: Quantity, sample: int) -> float:
    if not trace.targets.size:
        raise QuantityError("there are no targets: the objective is the output itself")
    return float(trace.targets[sample, _column(trace, quantity)])


def _probability(trace: Trace, quantity: Quantity, sample: int) -> float:
    if trace.probabilities is None:
        raise QuantityError("only softmax gives probabilities")
    return float(trace.probabilities[sample, _column(trace, quantity)])


def _numeric(trace: Trace, quantity: Quantity, _sample: int) -> float:
    """(E(θ+h) − E(θ−h)) / 2h of the batch's objective, h = 10⁻⁵ · max(1, |θ|)."""
    program, slot = trace.program, _slot(trace, quantity)
    inputs, none = trace.a[:, program.input_nodes], np.zeros((0, 0))
    evaluator = Evaluator(program, Rows(inputs, trace.targets, none, none), trace.training)
    tied = np.array([slot])
    if program.shares is not None and slot in program.shares.members:
        group = program.shares.group[program.shares.members == slot]
        tied = program.shares.members[program.shares.group == group]

    def objective(step: float) -> float:
        theta = trace.theta.copy()
        theta[tied] += step
        return evaluator.loss(theta) + penalty(program, trace.training, theta)

    step = NUMERIC_STEP * max(1.0, abs(float(trace.theta[slot])))
    return (objective(step) - objective(-step)) / (2.0 * step)


VALUES: Final[Mapping[str, Callable[[Trace, Quantity, int], float]]] = MappingProxyType(
    {
        "a": _of_node("a"), "z": _of_node("z"), "slope": _of_node("slope"),
        "delta": _of_node("delta"), "dloss_da": _of_node("dloss_da"),
        "weight": _parameter("theta"), "bias": _parameter("theta"),
        "new_weight": _parameter("updated"), "new_bias": _parameter("updated"),
        "update": _update, "bias_update": _update,
        "gradient": _gradient, "bias_gradient": _bias_gradient,
        "numeric": _numeric, "bias_numeric": _numeric,
        "loss": _loss, "new_loss": lambda trace, _q, _s: trace.loss_after,
        "penalty": lambda trace, _q, _s: trace.penalty,
        "target": _target, "probability": _probability,
    }
)  # fmt: skip

PATTERNS: Final = MappingProxyType(
    {
        "a": "a({})", "z": "z({})", "slope": "slope({})", "delta": "δ({})",
        "dloss_da": "∂E/∂a({})", "weight": "w({})", "bias": "b({})",
        "new_weight": "w({}) after", "new_bias": "b({}) after", "update": "Δw({})",
        "bias_update": "Δb({})", "gradient": "∂E/∂w({})", "bias_gradient": "∂E/∂b({})",
        "numeric": "∂E/∂w({}) numeric", "bias_numeric": "∂E/∂b({}) numeric", "loss": "E",
        "new_loss": "E after", "penalty": "penalty", "target": "t({})", "probability": "p({})",
    }
)  # fmt: skip


def quantity_text(quantity: Quantity, network: Network, notation: Notation | None = None) -> str:
    """Return the quantity as it is shown: with labels, ∂, δ and the letter of the loss."""
    letters = notation or Notation()
    pattern = PATTERNS[quantity.kind]
    if quantity.kind in ("loss", "new_loss"):
        pattern = pattern.replace("E", letters.loss_symbol)
    elif quantity.kind == "target":
        pattern = f"{letters.target_symbol}({{}})"
    else:
        pattern = pattern.replace("∂E", f"∂{letters.loss_symbol}")
    text = pattern.format(edge_name(quantity.name, network.names, "→"))
    return text if quantity.sample < 0 else f"{text}, sample {quantity.sample + 1}"


def printed_number(printed: str) -> float | None:
    """Return the number that a text prints (.67, −0,5), None where it prints something else."""
    plain = printed.strip().replace("−", "-").replace(",", ".")
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain, re.ASCII) is None:
        return None
    return float(plain)


def agrees(value: float, printed: str) -> bool:
    """Whether `value` lies within half a unit of the last digit printed."""
    shown = printed_number(printed)
    if shown is None or not np.isfinite(value):
        return False
    mantissa, _, exponent = printed.strip().lower().replace("−", "-").partition("e")
    digits = len(re.split(r"[.,]", mantissa)[1]) if re.search(r"[.,]", mantissa) else 0
    unit = 10.0 ** (int(exponent or 0) - digits)
    return abs(value - shown) <= 0.5000001 * unit
