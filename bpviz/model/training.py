"""Training settings: loss, batches, penalties, optimizer."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

LossName: TypeAlias = Literal[
    "half_squared_error", "squared_error", "mean_squared_error", "absolute_error", "huber",
    "binary_cross_entropy", "softmax_cross_entropy", "output_value",
]  # fmt: skip
BatchReduction: TypeAlias = Literal["mean", "sum"]
LearningRate: TypeAlias = Annotated[float, msgspec.Meta(gt=0.0)]


class _Optimizer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="name"):
    learning_rate: LearningRate

    @property
    def name(self) -> str:
        """The optimizer's name in session files."""
        return str(type(self).__struct_config__.tag)


class Sgd(_Optimizer, frozen=True, tag="sgd"):
    """Plain gradient descent."""


class Momentum(_Optimizer, frozen=True, tag="momentum"):
    """Gradient descent with a momentum buffer."""

    momentum: float = 0.9


class Nesterov(_Optimizer, frozen=True, tag="nesterov"):
    """Gradient descent with Nesterov's momentum."""

    momentum: float = 0.9


class Adagrad(_Optimizer, frozen=True, tag="adagrad"):
    """Step sizes that shrink with the sum of squared gradients."""

    epsilon: float = 1e-10


class Rmsprop(_Optimizer, frozen=True, tag="rmsprop"):
    """Step sizes that follow a moving mean of squared gradients."""

    decay: float = 0.99
    epsilon: float = 1e-8


class Adam(_Optimizer, frozen=True, tag="adam"):
    """Moving means of gradient and squared gradient, bias-corrected."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


class Adamw(Adam, frozen=True, tag="adamw"):
    """Adam with decoupled weight decay on every trainable parameter."""

    weight_decay: float = 0.01


class Rprop(_Optimizer, frozen=True, tag="rprop"):
    """Step sizes grown or shrunk by the gradient's sign alone."""

    increase: float = 1.2
    decrease: float = 0.5
    minimum_step: float = 1e-6
    maximum_step: float = 50.0


Optimizer: TypeAlias = Sgd | Momentum | Nesterov | Adagrad | Rmsprop | Adam | Adamw | Rprop


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a network is trained; `batch_size` None means all rows."""

    loss: LossName
    batch_reduction: BatchReduction = "mean"
    batch_size: Annotated[int, msgspec.Meta(ge=1)] | None = None
    shuffle: bool = False
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    l1: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    l2: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    optimizer: Optimizer
