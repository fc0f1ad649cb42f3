"""What settings are called on screen: one table for each kind of name in session files."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

LOSSES: Final = MappingProxyType(
    {
        "half_squared_error": "½ squared error",
        "squared_error": "Squared error",
        "mean_squared_error": "Mean squared error",
        "absolute_error": "Absolute error",
        "huber": "Huber",
        "binary_cross_entropy": "Binary cross-entropy",
        "softmax_cross_entropy": "Softmax cross-entropy",
        "output_value": "Output value",
    }
)
REDUCTIONS: Final = MappingProxyType({"mean": "Mean over batch", "sum": "Sum over batch"})
OPTIMIZERS: Final = MappingProxyType(
    {
        "sgd": "SGD",
        "momentum": "Momentum",
        "nesterov": "Nesterov",
        "adagrad": "AdaGrad",
        "rmsprop": "RMSProp",
        "adam": "Adam",
        "adamw": "AdamW",
        "rprop": "Rprop",
    }
)
OPTIMIZER_FIELDS: Final = MappingProxyType(
    {
        "learning_rate": "Learning rate",
        "momentum": "Momentum",
        "decay": "Decay",
        "beta1": "β₁",
        "beta2": "β₂",
        "epsilon": "ε",
        "weight_decay": "Weight decay",
        "increase": "Increase",
        "decrease": "Decrease",
        "minimum_step": "Smallest step",
        "maximum_step": "Largest step",
    }
)
COMBINES: Final = MappingProxyType(
    {"sum": "Sum  Σ w·a + b", "product": "Product  Π w·a", "max": "Max of w·a"}
)
ACTIVATIONS: Final = MappingProxyType(
    {
        "identity": "Identity",
        "sigmoid": "Sigmoid",
        "tanh": "tanh",
        "relu": "ReLU",
        "leaky_relu": "Leaky ReLU",
        "elu": "ELU",
        "gelu": "GELU",
        "silu": "SiLU",
        "softplus": "Softplus",
        "step": "Step",
        "sin": "sin",
        "cos": "cos",
        "exp": "exp",
        "log": "log",
        "sqrt": "Square root",
        "square": "Square",
        "reciprocal": "Reciprocal",
        "abs": "Absolute value",
        "power": "Power",
    }
)
ACTIVATION_PARAMETERS: Final = MappingProxyType(
    {
        "leaky_relu": ("slope", "Slope", 0.01),
        "elu": ("alpha", "α", 1.0),
        "power": ("exponent", "Exponent", 2.0),
    }
)
GENERATORS: Final = MappingProxyType(
    {
        "xor_points": "XOR",
        "and_points": "AND",
        "or_points": "OR",
        "circles": "Circles",
        "moons": "Moons",
        "spiral": "Spiral",
        "gaussians": "Two clouds",
        "linear": "Linear classes",
        "blobs3": "Three blobs",
        "plane": "Plane",
        "sine": "Sine",
        "parabola": "Parabola",
    }
)
ENCODINGS: Final = MappingProxyType(
    {"binary": "0 and 1", "signed": "−1 and 1", "one_hot": "One column a class"}
)
