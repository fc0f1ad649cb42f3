"""What there is to explain of one node or edge, at any frame: its value, error, gradient, update.

Each is one aspect, explained as the frame that computes it; it is known from that frame on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.engine.snapshot import Snapshot
from bpviz.explain.backward import bias_gradient_line, error_line, gradient_line
from bpviz.explain.derivation import EXPLAINERS, MOST_LINES, explain
from bpviz.explain.explanation import Explanation, Line, explained
from bpviz.explain.expression import Number
from bpviz.explain.joining import (
    batch_loss_line,
    gradient_parts,
    joined_line,
    penalty_line,
    whole_batch,
)
from bpviz.explain.names import NotedLeaves
from bpviz.explain.symbols import Leaves
from bpviz.model.network import Edge, Input, Network
from bpviz.model.schema import Notation

Aspect: TypeAlias = Literal["value", "error", "gradient", "update"]
ASPECTS: tuple[Aspect, ...] = ("value", "error", "gradient", "update")


class Subject(NamedTuple):
    """A node or an edge, by its position in the network, −1 for none; or else the loss."""

    node: int = -1
    edge: int = -1
    is_loss: bool = False


def subject_named(network: Network, node_id: str = "", edge_name: str = "") -> Subject | None:
    """Return the node or edge of that name, None where there is none."""
    if node_id in network.node_index:
        return Subject(node=network.node_index[node_id])
    if edge_name in network.edge_index:
        return Subject(edge=network.edge_index[edge_name])
    return None


def aspects(network: Network, subject: Subject) -> tuple[Aspect, ...]:
    """Return what there is to explain of the subject, in the order in which it is computed."""
    if subject.is_loss:
        return ("value", "error")
    if subject.edge >= 0:
        return ASPECTS
    node = network.nodes[subject.node]
    if isinstance(node, Input):
        return ("value", "error")
    return ASPECTS if node.has_bias else ("value", "error")


def known(snapshot: Snapshot, network: Network, subject: Subject) -> tuple[Aspect, ...]:
    """Return the aspects of the subject that are computed at the snapshot's frame."""
    if subject.is_loss:
        outputs = [network.node_index[output] for output in network.outputs]
        found = {"value": snapshot.loss_known, "error": snapshot.dloss_da_known[outputs].all()}
    elif subject.edge >= 0:
        found = {
            "value": snapshot.edge_term_known[subject.edge],
            "error": snapshot.edge_contribution_known[subject.edge],
            "gradient": snapshot.edge_gradient_known[subject.edge],
            "update": snapshot.edge_update_known[subject.edge],
        }
    else:
        node = subject.node
        is_input = isinstance(network.nodes[node], Input)
        error = snapshot.dloss_da_known if is_input else snapshot.delta_known
        found = {
            "value": snapshot.value_known[node],
            "error": error[node],
            "gradient": snapshot.bias_gradient_known[node],
            "update": snapshot.bias_update_known[node],
        }
    return tuple(each for each in aspects(network, subject) if found[each])


def explain_subject(
    trace: Trace,
    subject: Subject,
    aspect: Aspect,
    sample: int,
    digits: int = 10,
    *,
    batch: bool = False,
    penalized: bool = True,
    notation: Notation | None = None,
) -> Explanation:
    """Explain an aspect of a node, an edge or the loss for the chosen sample (place in the batch).

    With `batch` a gradient, and the loss, is followed on to that of the whole batch, where
    `penalized` with the penalties.
    """
    leaves = NotedLeaves(trace, sample, notation)
    if subject.is_loss:
        if aspect == "error":
            return _sent(leaves, digits)
        return _loss(leaves, digits, batch=batch, penalized=batch and penalized)
    if aspect == "gradient":
        return _gradient(leaves, subject, digits, batch=batch, penalized=penalized)
    if subject.edge < 0 and isinstance(leaves.network.nodes[subject.node], Input):
        return INPUTS[aspect](leaves, subject.node, digits)
    return explain(trace, _frame(leaves.network, subject, aspect), sample, digits, notation)


def _frame(network: Network, subject: Subject, aspect: Aspect) -> Frame:
    if subject.edge < 0:
        return {
            "value": Frame("forward", "activation", subject.node),
            "error": Frame("backward", "delta", subject.node),
            "update": Frame("update", "update", subject.node),
        }[aspect]
    source, target = _ends(network, network.edges[subject.edge])
    return {
        "value": Frame("forward", "term", target, subject.edge),
        "error": Frame("backward", "contribution", source, subject.edge),
        "update": Frame("update", "update", -1, subject.edge),
    }[aspect]


def _ends(network: Network, edge: Edge) -> tuple[int, int]:
    return network.node_index[edge.source], network.node_index[edge.target]


def _gradient(
    leaves: Leaves, subject: Subject, digits: int, *, batch: bool, penalized: bool
) -> Explanation:
    lines: list[Line] = []
    if subject.edge >= 0:
        label = leaves.edge_label(subject.edge)
        words = f"δ at the head of {label} times how z there changes with the weight"
        lines.append(gradient_line(leaves, subject.edge))
    else:
        label = f"the bias of {leaves.label(subject.node)}"
        words = f"z of {leaves.label(subject.node)} changes as much as its bias does"
        lines.append(bias_gradient_line(leaves, subject.node))
    if batch and whole_batch(leaves) and len(leaves.trace.rows) > 1:
        words += "; then the samples are joined"
        joined = gradient_parts if penalized else joined_line
        lines.append(joined(leaves, subject.node, subject.edge))
    return explained(f"Gradient of {label}", words, lines, digits)


def _loss(leaves: Leaves, digits: int, *, batch: bool, penalized: bool) -> Explanation:
    """Return how the loss is made of outputs and targets, and that of the batch of the samples'."""
    told = EXPLAINERS["loss"](leaves, Frame("loss", "loss"), digits)
    words, lines = told.sentence.partition(": ")[0], list(told.lines)
    training = leaves.trace.training
    if batch and whole_batch(leaves) and len(leaves.trace.rows) > 1:
        words += "; then the samples are joined"
        lines.append(batch_loss_line(leaves))
    if penalized and (training.l1 or training.l2):
        words += ", and the penalty comes to it"
        lines.append(penalty_line(leaves))
    return explained("Loss", words, lines, digits)


def _sent(leaves: Leaves, digits: int) -> Explanation:
    """Return what the loss sends back to each output: ∂E/∂a, without what else feeds on it."""
    nodes = [leaves.network.node_index[output] for output in leaves.network.outputs]
    lines = [
        error_line(leaves, node)
        if not leaves.outgoing(node)
        else EXPLAINERS["contribution"](
            leaves, Frame("backward", "contribution", node), digits
        ).lines[0]
        for node in nodes[:MOST_LINES]
    ]
    words = "How much the loss changes with each output"
    return explained("Loss to the outputs", words, lines, digits, more=len(nodes) - len(lines))


def _input_value(leaves: Leaves, node: int, digits: int) -> Explanation:
    value, row = leaves.value(node), int(leaves.trace.rows[leaves.sample]) + 1
    line = Line(value, Number(value.value), value.value, "data")
    words = f"Row {row} of the data gives this number"
    return explained(f"Input {leaves.label(node)}", words, [line], digits)


def _input_error(leaves: Leaves, node: int, digits: int) -> Explanation:
    label = leaves.label(node)
    words = f"How much the loss changes with {label}"
    return explained(f"Error at {label}", words, [error_line(leaves, node)], digits)


INPUTS: Mapping[Aspect, Callable[[Leaves, int, int], Explanation]] = {
    "value": _input_value,
    "error": _input_error,
}
