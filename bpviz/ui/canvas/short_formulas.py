"""Formulas as short plain text: σ(0.20) for a sigmoid at 0.20, ½(a−t)² for a loss."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from bpviz.model.network import Activation, Input, Node, activation_name

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


def applied(activation: Activation, argument: str) -> str:
    """Return the activation applied to `argument`, such as σ(0.20)."""
    return ACTIVATION_SYMBOLS[activation_name(activation)].format(argument)


def formula(node: Node) -> str:
    """Return what a node does, without numbers: "input", "σ(Σ)", "Π"."""
    if isinstance(node, Input):
        return "input"
    return applied(node.activation, COMBINE_SYMBOLS[node.combine])
