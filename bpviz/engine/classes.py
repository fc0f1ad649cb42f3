"""Outputs as classes: which rows of targets are classes, what a network decides, and how often."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.program import Program
from bpviz.model.network import Unit, activation_name
from bpviz.model.training import LossName

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# How targets tell classes: one column of 0 and 1 or of −1 and 1, one column a class, or softmax.
ClassKind: TypeAlias = Literal["binary", "signed", "one_hot", "softmax", ""]


def class_kind(loss: LossName, targets: FloatArray) -> ClassKind:
    """Return how the targets [D, K] tell classes; "" where they are numbers to be met."""
    if not targets.size:
        return ""
    if targets.shape[1] == 1:
        values = set(np.unique(targets).tolist())
        if len(values) == 2:
            return "binary" if values == {0.0, 1.0} else "signed" if values == {-1.0, 1.0} else ""
        return ""
    if loss == "softmax_cross_entropy":
        return "softmax"
    high = targets == 1.0
    rest = targets[~high]
    is_hot = bool((high.sum(axis=1) == 1).all())
    return "one_hot" if is_hot and (bool((rest == 0.0).all()) or bool((rest == -1.0).all())) else ""


def class_count(kind: ClassKind, targets: FloatArray) -> int:
    """Return the number of classes."""
    return 2 if kind in ("binary", "signed") else targets.shape[1]


def threshold(kind: ClassKind) -> float:
    """Return the output above which a single output means class 1."""
    return 0.5 if kind == "binary" else 0.0


def decide(kind: ClassKind, outputs: FloatArray) -> IntArray:
    """Return the class [D] of each row of outputs or targets [D, K].

    One column: class 1 above 0.5, or above 0 where targets are −1 and 1. Several: the largest,
    the first of equals.
    """
    if kind in ("binary", "signed"):
        return np.asarray(outputs[:, 0] > threshold(kind), dtype=np.int64)
    return np.asarray(outputs.argmax(axis=1), dtype=np.int64)


def confusion(true: IntArray, decided: IntArray, classes: int) -> IntArray:
    """Return how many rows of each true class (down) were given each class (across) [C, C]."""
    counts = np.bincount(true * classes + decided, minlength=classes * classes)
    return np.asarray(counts, dtype=np.int64).reshape(classes, classes)


def accuracy(counts: IntArray) -> float:
    """Return the share of rows decided rightly, nan where there are none."""
    total = int(counts.sum())
    return float(np.trace(counts)) / total if total else float("nan")


def class_scores(
    program: Program, kind: ClassKind, outputs: FloatArray, probabilities: FloatArray | None
) -> tuple[FloatArray, bool]:
    """Return a number for each class from one row of outputs [K], and if they are probabilities.

    They are with softmax and with one sigmoid output (1 − a and a); else they are the outputs
    themselves, of a single one just that.
    """
    if kind == "softmax" and probabilities is not None:
        return probabilities, True
    if kind == "binary":
        unit = program.network.nodes[int(program.output_nodes[0])]
        if isinstance(unit, Unit) and activation_name(unit.activation) == "sigmoid":
            return np.array([1.0 - outputs[0], outputs[0]]), True
    return outputs, False
