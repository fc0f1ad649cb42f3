"""What can be asked at a frame: the quantities that it computes, each of a hideable kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.engine.hiding import Hidden, is_joined, of_batch, of_sum
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
        kind, name, sample = self.quantity
        if kind == "z":
            return of_sum(name)
        of_all = self.kind in ("gradients", "loss") and sample < 0
        return of_batch(name) if of_all else name

    def is_hidden(self, hidden: Hidden) -> bool:
        """Whether the number is hidden."""
        if self.quantity.kind == "z":
            return hidden.covers_sum(self.quantity.name)
        return hidden.covers(self.kind, self.name)

    def reveals(self, trace: Trace) -> tuple[tuple[str, str], ...]:
        """Return all that is no secret any more once this number is known, each (kind, name)."""
        own, name = (self.kind, self.name), self.quantity.name
        if self.kind in ("gradients", "loss") and not is_joined(trace, self.kind):
            # The batch has one sample: its numbers are the batch's.
            return own, (self.kind, name), (self.kind, of_batch(name))
        return (own,)

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
    "new_bias": "updates", "probability": "values",
}  # fmt: skip


def questions_in(trace: Trace, step: Iterable[Frame], sample: int) -> tuple[Question, ...]:
    """Return what a step through these frames computes that one can be asked for, in order."""
    found = (each for frame in step for each in questions_at(trace, frame, sample))
    # At the grain of terms a gradient stands in its own frame and in that of its unit.
    return tuple(dict.fromkeys(found))


def questions_at(trace: Trace, frame: Frame, sample: int) -> Iterator[Question]:
    """Yield what the frame computes that one can be asked for, in order."""
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
    """Yield the batch's loss and gradients, where they are not just those of the only sample."""
    if is_joined(trace, "loss"):
        yield Question(Quantity("loss"), "loss")
    if not is_joined(trace, "gradients"):
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
        is_hidden(reference, hidden, inputs)
        for line in told.lines
        for side in (line.left, line.right)
        for leaf in leaves(side)
        if isinstance(leaf, (Symbol, Partial, Number)) and (reference := leaf.reference) is not None
    )


def is_hidden(reference: Reference, hidden: Hidden, inputs: frozenset[str] = frozenset()) -> bool:
    """Whether what a leaf of a formula stands for is hidden; `inputs` are never hidden."""
    quantity, name = reference.quantity, reference.name
    kind = KINDS_OF_LEAVES.get(quantity, "")
    if not kind or (kind == "values" and name in inputs):
        return False
    if quantity == "z":
        return hidden.covers_sum(name)
    source, is_edge, target = name.partition("->")
    if quantity == "term":
        # w·a gives away a at the edge's tail, and z at its head in part.
        own = source not in inputs and hidden.covers(kind, source)
        return own or hidden.covers_sum(target)
    if quantity == "contribution" and is_edge:
        return hidden.covers(kind, source) or hidden.covers(kind, target)
    name = "" if kind == "loss" else name
    return hidden.covers(kind, of_batch(name) if "batch" in quantity else name)
