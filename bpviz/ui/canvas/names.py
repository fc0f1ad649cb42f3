"""Names and formulas as short plain text: h₁ for the label h1, σ(0.20) for a sigmoid at 0.20."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from bpviz.model.network import Activation, Input, Network, Node, activation_name

_SUBSCRIPTS: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NUMBERED: Final = re.compile(r"^([^\W\d_]+)_?(\d+)(?:_(\d+))?$")
_EDGE: Final = re.compile(r"\b([A-Za-z_]\w*)->([A-Za-z_]\w*)")
# The node at which something went wrong, before what did: "h1: exp(1000) is infinite".
_NODE: Final = re.compile(r"(?:^|(?<=: ))([A-Za-z_]\w*)(?=: )")
_MINUS: Final = re.compile(r"(?<![\w)])-(?=\d)")
_EXPONENT: Final = re.compile(r"(?<=\de)([+-])0*(?=\d)")

ACTIVATION_SYMBOLS: Final = MappingProxyType(
    {
        "identity": "{}",
        "sigmoid": "σ({})",
        "tanh": "tanh({})",
        "relu": "relu({})",
        "leaky_relu": "lrelu({})",
        "elu": "elu({})",
        "gelu": "gelu({})",
        "silu": "silu({})",
        "softplus": "softplus({})",
        "step": "step({})",
        "sin": "sin({})",
        "cos": "cos({})",
        "exp": "exp({})",
        "log": "ln({})",
        "sqrt": "√({})",
        "square": "({})²",
        "reciprocal": "1/({})",
        "abs": "|{}|",
        "power": "({})ⁿ",
    }
)
COMBINE_SYMBOLS: Final = MappingProxyType({"sum": "Σ", "product": "Π", "max": "max"})
LOSS_SYMBOLS: Final = MappingProxyType(
    {
        "half_squared_error": "½(a−t)²",
        "squared_error": "(a−t)²",
        "mean_squared_error": "mean (a−t)²",
        "absolute_error": "|a−t|",
        "huber": "huber(a−t)",
        "binary_cross_entropy": "cross-entropy",
        "softmax_cross_entropy": "softmax + CE",
        "output_value": "output",
    }
)


def pretty_name(label: str) -> str:
    """Return `label` with the number at its end as an index: h1 → h₁, h1_2 → h₁,₂."""
    found = _NUMBERED.match(label)
    if not found:
        return label
    stem, first, second = found.groups()
    index = first.translate(_SUBSCRIPTS)
    return f"{stem}{index}" + (f",{second.translate(_SUBSCRIPTS)}" if second else "")


def as_drawn(line: str, network: Network) -> str:
    """Return what the engine says of `network` with names and signs as the drawing has them.

    "x1->h1: its weight would become -2e+100" → "x₁ → h₁: its weight would become −2e100".
    """

    def shown(name: str) -> str:
        return pretty_name(network.node(name).label) if name in network.node_index else name

    line = _EDGE.sub(lambda found: " → ".join(map(shown, found.groups())), line)
    line = _NODE.sub(lambda found: shown(found[0]), line)
    line = _EXPONENT.sub(lambda found: "" if found[1] == "+" else "−", line)
    return _MINUS.sub("−", line)


def applied(activation: Activation, argument: str) -> str:
    """Return the activation applied to `argument`, such as σ(0.20)."""
    return ACTIVATION_SYMBOLS[activation_name(activation)].format(argument)


def formula(node: Node) -> str:
    """Return what a node does, without numbers: "input", "σ(Σ)", "Π"."""
    if isinstance(node, Input):
        return "input"
    return applied(node.activation, COMBINE_SYMBOLS[node.combine])
