"""Common mistakes: the wrong values they lead to, and which of them a wrong answer looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.backprop import Trace
from bpviz.explain.numbers import TYPED_SIGNS
from bpviz.explain.quantities import Quantity, value_of
from bpviz.model.network import Input

FloatArray = NDArray[np.float64]

WITHIN: Final = 0.005
FEWEST_DIGITS: Final = 2
WORDS: Final = MappingProxyType(
    {
        "sign": "The size is right, the sign is not.",
        "half": "It is off by a factor 2: look whether the loss has a ½ or not.",
        "slope": "It looks as if the slope of the activation was forgotten.",
        "path": "It looks as if a path was forgotten: what comes back along all edges adds up.",
        "mean": "Sum and mean are mixed up: look how the samples are joined.",
        "activation": "That is the sum z; the activation is still to be applied.",
        "rate": "It looks as if the learning rate was forgotten.",
    }
)
SQUARES: Final = frozenset({"half_squared_error", "squared_error", "mean_squared_error", "huber"})


class Mistake(NamedTuple):
    """A wrong value and the mistake (a key of WORDS) that leads to it."""

    name: str
    value: float


def is_right(typed: float, text: str, value: float) -> bool:
    """Whether `typed`, written as `text`, is right.

    It is within 0.5 % of `value`, or equals it when that is rounded to the digits typed, two
    significant ones at least. An exact zero must be typed as 0.
    """
    if value == 0.0 or typed == 0.0:
        return value == typed
    if abs(typed - value) <= WITHIN * abs(value):
        return True
    unit = _last_digit(text)
    return unit is not None and abs(typed - value) <= 0.5000001 * unit


def _last_digit(text: str) -> float | None:
    """Return what one unit of the last digit typed is worth; None with too few digits, or n/m."""
    plain = "".join(text.translate(TYPED_SIGNS).split()).lower().lstrip("+-").replace(",", ".")
    match = re.fullmatch(r"(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?", plain, re.ASCII)
    if match is None:
        return None
    whole, decimals, exponent = match[1], match[2] or "", int(match[3] or "0")
    if len((whole + decimals).lstrip("0")) < FEWEST_DIGITS:
        return None
    return float(10.0 ** (exponent - len(decimals)))


def digits_right(text: str, typed: float, value: float) -> int:
    """Return to how many significant digits a right answer agrees with `value`; at most 10."""
    if value == 0.0:
        return 1
    found = 1
    for digits in range(1, 11):
        if float(f"{typed:.{digits - 1}e}") == float(f"{value:.{digits - 1}e}"):
            found = digits
    shown = len(re.sub(r"[eE].*|\D", "", text).lstrip("0"))
    return min(found, shown) if shown and "/" not in text else found


def recognised(
    typed: float, text: str, quantity: Quantity, trace: Trace, sample: int = 0
) -> tuple[str, ...]:
    """Return the names of the mistakes whose wrong value the answer equals, likeliest first.

    A right answer is none, however near a mistake comes to it.
    """
    found: list[str] = []
    if is_right(typed, text, value_of(quantity, trace, sample)):
        return ()
    for mistake in mistakes(quantity, trace, sample):
        if mistake.name not in found and is_right(typed, text, mistake.value):
            found.append(mistake.name)
    return tuple(found)


def mistakes(quantity: Quantity, trace: Trace, sample: int = 0) -> tuple[Mistake, ...]:
    """Return the wrong values that common mistakes lead to, none equal to the right one."""
    right = value_of(quantity, trace, sample)
    return tuple(
        wrong
        for wrong in _Wrong(quantity, trace, sample, right).all()
        if np.isfinite(wrong.value) and abs(wrong.value - right) > 2 * WITHIN * abs(right)
    )


class _Wrong:
    """Works out wrong values of one quantity."""

    def __init__(self, quantity: Quantity, trace: Trace, sample: int, right: float) -> None:
        self._quantity, self._trace, self._right = quantity, trace, right
        self._sample = quantity.sample if quantity.sample >= 0 else sample
        self._network = trace.program.network
        self._of_batch = quantity.sample < 0 and quantity.kind in (
            "gradient", "bias_gradient", "loss",
        )  # fmt: skip

    def all(self) -> Iterator[Mistake]:
        """Yield every wrong value."""
        kind = self._quantity.kind
        if kind in ("update", "bias_update"):
            yield Mistake("rate", self._right / self._trace.training.optimizer.learning_rate)
        if kind == "a":
            yield from self._values()
        yield Mistake("sign", -self._right)
        if kind in ("delta", "dloss_da", "gradient", "bias_gradient"):
            for name, value in self._errors():
                yield Mistake(name, value)
        own = self._own()
        count = len(self._trace.batch)
        if self._of_batch and count > 1:
            other = own * count if self._is_mean else own / count
            yield Mistake("mean", self._right - own + other)
        if kind not in ("z", "a") and self._trace.training.loss in SQUARES:
            yield Mistake("half", self._right + own)
            yield Mistake("half", self._right - 0.5 * own)

    @property
    def _is_mean(self) -> bool:
        return self._trace.training.batch_reduction == "mean"

    def _own(self) -> float:
        """Return the part that the samples give: all but the penalty."""
        if not self._of_batch or self._quantity.kind == "loss":
            return self._right
        parts = [self._summed(each, each.right_errors()) for each in self._tied()]
        return float(np.sum(parts))

    def _tied(self) -> Iterator[_Wrong]:
        """Yield what shares this parameter, itself among them."""
        program, network = self._trace.program, self._network
        of_edge = self._quantity.kind == "gradient"
        slots = program.edge_slot if of_edge else program.bias_slot
        index = network.edge_index if of_edge else network.node_index
        slot = slots[index[self._quantity.name]]
        members = np.array([slot])
        shares = program.shares
        if shares is not None and slot in shares.members:
            members = shares.members[shares.group == shares.group[shares.members == slot]]
        names = list(index)
        for place in np.flatnonzero(np.isin(slots, members)).tolist():
            quantity = self._quantity._replace(name=names[place])
            yield _Wrong(quantity, self._trace, self._sample, self._right)

    def _summed(self, owner: _Wrong, errors: FloatArray) -> float:
        """Return what errors [B] of `owner` make of the batch's gradient."""
        total = sum(owner.carried(errors[sample], sample) for sample in range(len(errors)))
        return total / len(errors) if self._is_mean else total

    def _values(self) -> Iterator[Mistake]:
        node = self._network.node_index[self._quantity.name]
        if isinstance(self._network.nodes[node], Input):
            return
        yield Mistake("activation", float(self._trace.z[self._sample, node]))

    def _errors(self) -> Iterator[tuple[str, float]]:
        """Yield δ, ∂E/∂a or gradient without the unit's slope, and without one of the paths."""
        if not self._of_batch:
            for name, errors in self._wrong_errors():
                yield name, self.carried(errors[self._sample], self._sample)
            return
        right = self.right_errors()
        for name, errors in self._wrong_errors():
            # The penalty, and what others that share the parameter give, stay as they are.
            yield name, self._right + self._summed(self, errors - right)

    def right_errors(self) -> FloatArray:
        """Return the right δ of every sample [B] that the gradient is made of."""
        name = self._quantity.name
        if self._quantity.kind == "gradient":
            name = self._network.edges[self._network.edge_index[name]].target
        errors: FloatArray = self._trace.delta[:, self._network.node_index[name]]
        return errors

    def carried(self, error: float, sample: int) -> float:
        """Return what comes of a wrong δ: itself, or times what the weight carries."""
        if self._quantity.kind != "gradient":
            return error
        edge = self._network.edge_index[self._quantity.name]
        program, trace = self._trace.program, self._trace
        source = int(program.source[edge])
        return float(error * trace.term_slopes(sample)[edge] * trace.a[sample, source])

    def _wrong_errors(self) -> Iterator[tuple[str, FloatArray]]:
        """Yield the wrong δ (or ∂E/∂a) of every sample [B], by mistake."""
        trace, name = self._trace, self._quantity.name
        if self._quantity.kind == "gradient":
            name = self._network.edges[self._network.edge_index[name]].target
        node = self._network.node_index[name]
        is_input = isinstance(self._network.nodes[node], Input)
        slope = np.ones(len(trace.rows)) if is_input else trace.slope[:, node]
        whole = self._quantity.kind == "dloss_da"
        if whole:
            slope = np.ones(len(trace.rows))
        elif not is_input:
            yield "slope", trace.dloss_da[:, node]
        outgoing = self._network.outgoing[self._network.nodes[node].id]
        parts = [self._way_back(edge.name) for edge in outgoing]
        after = self._without_later_slopes(node)
        if after is not None:
            yield "slope", after * slope
        others = len(parts) + (name in self._network.outputs)
        for part in parts:
            if others > 1:
                yield "path", (trace.dloss_da[:, node] - part) * slope
                yield "path", part * slope

    def _way_back(self, edge_name: str) -> FloatArray:
        """Return what one edge brings back to its source, for every sample [B]."""
        edge = self._network.edge_index[edge_name]
        rows = range(len(self._trace.rows))
        return np.array([self._trace.edge_contributions(row)[edge] for row in rows])

    def _without_later_slopes(self, node: int) -> FloatArray | None:
        """Return ∂E/∂a where the slopes of the units that follow were forgotten."""
        trace, network = self._trace, self._network
        edges = network.outgoing[network.nodes[node].id]
        if not edges or network.nodes[node].id in network.outputs:
            return None
        total = np.zeros(len(trace.rows))
        for edge in edges:
            place = network.edge_index[edge.name]
            target = network.node_index[edge.target]
            local = np.array([trace.local_gradients(row)[place] for row in range(len(total))])
            total += local * trace.dloss_da[:, target]
        return total
