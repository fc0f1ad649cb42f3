"""Why a parameter moved: its last change taken apart into samples, penalties and what was kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from bpviz.explain.expression import evaluate
from bpviz.explain.joining import members, penalty_terms, sample_gradients
from bpviz.explain.symbols import Leaves
from bpviz.model.counts import grouped
from bpviz.model.network import Unit

MOST_SAMPLES = 12


class Cause(NamedTuple):
    """One cause of a change: its `part` of the gradient (None: it is none), and its `move`.

    `sample` is the place in the batch, −1 where the cause is no single sample.
    """

    words: str
    part: float | None
    move: float
    sample: int = -1


@dataclass(frozen=True)
class Movement:
    """The change of a parameter by one update, and its causes, which add up to it.

    The samples come first, the strongest before the others, then penalties, then what the
    optimizer adds of its own. `gradient` is that of the whole objective. `note` says how the
    optimizer makes a change of the gradient.
    """

    old: float
    new: float
    gradient: float
    causes: tuple[Cause, ...]
    note: str

    @property
    def change(self) -> float:
        """How far the parameter moved."""
        return self.new - self.old


class _Pace(NamedTuple):
    # change = factor · gradient + Σ kept, kept being what is no part of this gradient.
    factor: float
    kept: tuple[tuple[str, float], ...] = ()
    note: str = "Each part of the gradient moves it by the part times −η."


class _Numbers(NamedTuple):
    settings: Any
    step: int
    old: float
    new: float
    gradient: float
    slots: Mapping[str, float]
    updated_slots: Mapping[str, float]


def movement(leaves: Leaves, node: int, edge: int, most: int = MOST_SAMPLES) -> Movement | None:
    """Return why the weight of `edge` or the bias of `node` moved; None where it is fixed.

    One of `node` and `edge` is −1. Of more than `most` samples the strongest stand alone.
    """
    trace = leaves.trace
    if not is_trained(leaves, node, edge):
        return None
    slot = leaves.slot(node, edge)
    old, new, gradient = (
        float(each[slot]) for each in (trace.theta, trace.updated, trace.gradient)
    )
    optimizer = trace.training.optimizer
    slots, after = (
        {name: float(values[slot]) for name, values in each.items()}
        for each in (trace.slots, trace.updated_slots)
    )
    pace = PACES[optimizer.name](_Numbers(optimizer, trace.step, old, new, gradient, slots, after))
    penalties = [(text, evaluate(term)) for term, text in _penalties(leaves, edge)]
    parts = _samples(leaves, node, edge, gradient - sum(value for _, value in penalties), most)
    parts += [Cause(f"penalty {text}", value, 0.0) for text, value in penalties]
    causes = [cause._replace(move=pace.factor * (cause.part or 0.0)) for cause in parts]
    causes += [Cause(words, None, move) for words, move in pace.kept]
    return Movement(old, new, gradient, tuple(causes), pace.note)


def is_trained(leaves: Leaves, node: int, edge: int) -> bool:
    """Whether an update can change the parameter."""
    if edge >= 0:
        return leaves.network.edges[edge].trainable
    found = leaves.network.nodes[node]
    return isinstance(found, Unit) and found.trainable_bias


def _penalties(leaves: Leaves, edge: int) -> list[tuple[Any, str]]:
    return penalty_terms(leaves, edge) if edge >= 0 else []


def _samples(leaves: Leaves, node: int, edge: int, total: float, most: int) -> list[Cause]:
    """Return the samples' parts of the data's gradient `total`."""
    trace = leaves.trace
    values = np.sum([sample_gradients(leaves, *each) for each in members(leaves, node, edge)], 0)
    if trace.training.batch_reduction == "mean":
        values = values / len(trace.batch)
    ranked = np.argsort(-np.abs(values), kind="stable").tolist()
    kept = ranked if len(values) <= most + 1 else ranked[:most]
    found = [_cause(leaves, sample, float(values[sample])) for sample in kept]
    left_out = len(trace.batch) - len(kept)
    if left_out:
        others = [float(values[sample]) for sample in ranked[len(kept) :]]
        rest = (
            math.fsum(others)
            if len(values) == len(trace.batch)
            else total - sum(cause.part or 0.0 for cause in found)
        )
        found.append(Cause(f"the other {grouped(left_out)} samples together", rest, 0.0))
    return found


def _cause(leaves: Leaves, sample: int, part: float) -> Cause:
    row = int(leaves.trace.rows[sample]) + 1
    return Cause(f"sample {sample + 1} (row {grouped(row)})", part, 0.0, sample)


def _sgd(n: _Numbers) -> _Pace:
    return _Pace(-n.settings.learning_rate)


def _momentum(n: _Numbers) -> _Pace:
    rate, mu = n.settings.learning_rate, n.settings.momentum
    return _Pace(-rate, (("momentum, −η·μ·v", -rate * mu * n.slots["velocity"]),))


def _nesterov(n: _Numbers) -> _Pace:
    rate, mu = n.settings.learning_rate, n.settings.momentum
    kept = ("momentum, −η·μ²·v", -rate * mu * mu * n.slots["velocity"])
    note = "Each part of the gradient moves it by the part times −η·(1 + μ)."
    return _Pace(-rate * (1.0 + mu), (kept,), note)


def _scaled(n: _Numbers, slot: str) -> _Pace:
    root = math.sqrt(n.updated_slots[slot]) + n.settings.epsilon
    note = "Each part of the gradient moves it by the part times −η/(√s′ + ε)."
    return _Pace(-n.settings.learning_rate / root, (), note)


def _adagrad(n: _Numbers) -> _Pace:
    return _scaled(n, "square_sum")


def _rmsprop(n: _Numbers) -> _Pace:
    return _scaled(n, "square_mean")


def _adam(n: _Numbers) -> _Pace:
    beta1, beta2 = n.settings.beta1, n.settings.beta2
    root = math.sqrt(n.updated_slots["square_mean"] / (1.0 - beta2**n.step)) + n.settings.epsilon
    size = -n.settings.learning_rate / (1.0 - beta1**n.step) / root
    kept = ("moving mean, β₁·m", size * beta1 * n.slots["mean"])
    note = "Each part of the gradient moves it by the part times −η·(1 − β₁)/((1 − β₁ᵗ)(√v̂ + ε))."
    return _Pace(size * (1.0 - beta1), (kept,), note)


def _adamw(n: _Numbers) -> _Pace:
    pace = _adam(n)
    decay = -n.settings.learning_rate * n.settings.weight_decay * n.old
    return pace._replace(kept=(*pace.kept, ("weight decay, −η·λ·w", decay)))


def _rprop(n: _Numbers) -> _Pace:
    note = (
        "Rprop takes only the sign of the gradient, the length of the step comes from before: "
        "each part has its share of the step."
    )
    return _Pace((n.new - n.old) / n.gradient if n.gradient else 0.0, (), note)


PACES: Mapping[str, Callable[[_Numbers], _Pace]] = MappingProxyType(
    {
        "sgd": _sgd,
        "momentum": _momentum,
        "nesterov": _nesterov,
        "adagrad": _adagrad,
        "rmsprop": _rmsprop,
        "adam": _adam,
        "adamw": _adamw,
        "rprop": _rprop,
    }
)
