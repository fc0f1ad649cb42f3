"""What can be asked at a frame: the quantities that it computes, each of a hideable kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.engine.hiding import Hidden, of_batch
from bpviz.explain.explanation import Explanation
from bpviz.explain.expression import Number, Partial, Reference, Symbol, leaves
from bpviz.explain.quantities import Quantity, quantity_text
from bpviz.model.network import Input
from bpviz.model.schema import Notation


class Question(NamedTuple):
    """A quantity to predict, and the hidden number that it is: its kind and its name."""

    quantity: Quantity
    kind: str

    @property
    def name(self) -> str:
        """The id, edge name or "" under which the number is hidden."""
        batch = self.kind == "gradients" and self.quantity.sample < 0
        return of_batch(self.quantity.name) if batch else self.quantity.name

    def text(self, trace: Trace, notation: Notation | None = None) -> str:
        """Return the question in words."""
        return f"What is {quantity_text(self.quantity, trace.program.network, notation)}?"


# The kind under which each quantity is hidden.
KINDS_OF_QUANTITIES = {
    "a": "values", "z": "values", "slope": "values", "probability": "values", "loss": "loss",
    "new_loss": "loss", "delta": "errors", "dloss_da": "errors", "gradient": "gradients",
    "bias_gradient": "gradients", "numeric": "gradients", "bias_numeric": "gradients",
    "new_weight": "updates", "new_bias": "updates", "update": "updates", "bias_update": "updates",
}  # fmt: skip
# What the leaves of formulas are called, by the kind under which their numbers are hidden.
KINDS_OF_LEAVES = {
    "z": "values", "value": "values", "slope": "values", "term": "values", "loss": "loss",
    "batch_loss": "loss", "dloss_da": "errors", "delta": "errors", "loss_contribution": "errors",
    "contribution": "errors", "gradient": "gradients", "bias_gradient": "gradients",
    "batch_gradient": "gradients", "bias_batch_gradient": "gradients", "new_weight": "updates",
    "new_bias": "updates",
}  # fmt: skip


def questions_at(trace: Trace, frame: Frame, sample: int) -> tuple[Question, ...]:
    """Return what the frame computes that one can be asked for, in order."""
    return tuple(_questions(trace, frame, sample))


def _questions(trace: Trace, frame: Frame, sample: int) -> Iterator[Question]:
    network = trace.program.network
    node = network.nodes[frame.node].id if frame.node >= 0 else ""
    edge = network.edges[frame.edge].name if frame.edge >= 0 else ""
    kind = frame.kind
    if kind == "pre_activation":
        yield Question(Quantity("z", node, sample), "values")
    elif kind == "activation":
        yield Question(Quantity("a", node, sample), "values")
    elif kind == "loss":
        yield Question(Quantity("loss", "", sample), "loss")
    elif kind == "delta":
        yield Question(Quantity("delta", node, sample), "errors")
    elif kind == "gradient":
        yield Question(Quantity("gradient", edge, sample), "gradients")
    elif kind == "bias_gradient":
        yield Question(Quantity("bias_gradient", node, sample), "gradients")
    elif kind == "gradients":
        for each in network.incoming[node]:
            yield Question(Quantity("gradient", each.name, sample), "gradients")
        if network.node(node).has_bias:  # type: ignore[union-attr]
            yield Question(Quantity("bias_gradient", node, sample), "gradients")
    elif kind == "input_gradient":
        for each_node in network.inputs:
            yield Question(Quantity("dloss_da", each_node.id, sample), "errors")
    elif kind == "reduce":
        yield from _of_the_batch(trace)
    elif kind == "update":
        changed = Quantity("update", edge) if edge else Quantity("bias_update", node)
        yield Question(changed, "updates")


def _of_the_batch(trace: Trace) -> Iterator[Question]:
    """Yield the batch's gradients, where they are not just those of the only sample."""
    if len(trace.rows) == 1:
        return
    network = trace.program.network
    for edge in network.edges:
        yield Question(Quantity("gradient", edge.name), "gradients")
    for node in network.nodes:
        if not isinstance(node, Input) and node.has_bias:
            yield Question(Quantity("bias_gradient", node.id), "gradients")


def gives_away(told: Explanation, hidden: Hidden, inputs: frozenset[str] = frozenset()) -> bool:
    """Whether the explanation shows a number that is hidden; `inputs` are never hidden."""
    return bool(hidden.kinds) and any(
        _is_hidden(reference, hidden, inputs)
        for line in told.lines
        for side in (line.left, line.right)
        for leaf in leaves(side)
        if isinstance(leaf, (Symbol, Partial, Number)) and (reference := leaf.reference) is not None
    )


def _is_hidden(reference: Reference, hidden: Hidden, inputs: frozenset[str]) -> bool:
    kind = KINDS_OF_LEAVES.get(reference.quantity, "")
    if not kind or (kind == "values" and reference.name in inputs):
        return False
    name = "" if kind == "loss" else reference.name
    if "batch" in reference.quantity and kind == "gradients":
        name = of_batch(name)
    return hidden.covers(kind, name)
