"""What a frame computes, in words, symbols and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.explain.backward import (
    bias_gradient_line,
    contribution_term,
    delta_lines,
    error_line,
    gradient_line,
    loss_part,
)
from bpviz.explain.combine import brief_pre_activation, edge_term, edge_value, pre_activation
from bpviz.explain.explanation import Explanation, Line, explained
from bpviz.explain.expression import Number, Reference, Symbol, evaluate
from bpviz.explain.formulas import activated
from bpviz.explain.joining import (
    batch_loss_line,
    gradient_parts,
    joined_line,
    loss_line,
    loss_term_line,
    penalty_gradient_line,
    penalty_line,
    whole_batch,
)
from bpviz.explain.names import NotedLeaves
from bpviz.explain.symbols import Leaves
from bpviz.explain.updates import fixed_line, update_lines
from bpviz.model.network import Unit, activation_name
from bpviz.model.schema import Notation

MOST_LINES = 6
COMBINE_WORDS = {
    "sum": "adds up its weighted inputs",
    "product": "multiplies its weighted inputs",
    "max": "takes the largest of its weighted inputs",
}


def explain(
    trace: Trace,
    frame: Frame,
    sample: int,
    digits: int = 10,
    notation: Notation | None = None,
) -> Explanation:
    """Explain `frame` of `trace` for the chosen sample (its place in the batch).

    Numbers in the sentence have up to `digits` significant digits. `notation` gives the letters
    of loss and target.
    """
    chosen = frame.sample if frame.sample >= 0 else sample
    return EXPLAINERS[frame.kind](NotedLeaves(trace, chosen, notation), frame, digits)


def _input(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    inputs = [leaves.network.node_index[node.id] for node in leaves.network.inputs]
    symbols = [leaves.value(node) for node in inputs[:MOST_LINES]]
    lines = [Line(found, Number(found.value), found.value, "data") for found in symbols]
    row = int(leaves.trace.rows[leaves.sample]) + 1
    more = len(inputs) - len(lines)
    return explained("Inputs", f"Row {row} of the data enters", lines, digits, more=more)


def _term(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label, edge = leaves.label(frame.node), leaves.edge_label(frame.edge)
    noun = "factor" if leaves.unit(frame.node).combine == "product" else "term"
    part = Symbol(
        f"w·a({leaves.arrow(frame.edge)})",
        r"w \cdot a",
        edge_value(leaves, frame.edge),
        Reference("edge", leaves.network.edges[frame.edge].name, "term", leaves.sample),
    )
    line = Line(part, edge_term(leaves, frame.edge), part.value, noun, "w·a")
    place = leaves.incoming(frame.node).index(frame.edge) + 1
    return explained(
        f"{noun.capitalize()} {place} of {label}", f"What comes along {edge}", [line], digits
    )


def _z_line(leaves: Leaves, node: int) -> Line:
    z = leaves.z(node)
    brief = brief_pre_activation(leaves, node)
    return Line(z, pre_activation(leaves, node), z.value, leaves.unit(node).combine, brief)


def _a_line(leaves: Leaves, node: int) -> Line:
    activation = leaves.unit(node).activation
    a = leaves.value(node)
    return Line(a, activated(activation, leaves.z(node)), a.value, activation_name(activation), "a")


def _pre_activation(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label = leaves.label(frame.node)
    words = f"{label} {COMBINE_WORDS[leaves.unit(frame.node).combine]}"
    return explained(f"Pre-activation of {label}", words, [_z_line(leaves, frame.node)], digits)


def activation_lines(leaves: Leaves, node: int) -> list[Line]:
    """Return how a unit gets its z, and from it its value."""
    return [_z_line(leaves, node), _a_line(leaves, node)]


def _activation(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label, unit = leaves.label(frame.node), leaves.unit(frame.node)
    name = activation_name(unit.activation).replace("_", " ")
    then = "passes that on" if name == "identity" else f"applies {name}"
    words = f"{label} {COMBINE_WORDS[unit.combine]} and {then}"
    lines = activation_lines(leaves, frame.node)
    return explained(f"Value of {label}", words, lines, digits)


def _loss_term(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label = leaves.label(frame.node)
    column = leaves.network.outputs.index(leaves.network.nodes[frame.node].id)
    line = loss_term_line(leaves, column)
    return explained(f"Part of {label} in the loss", f"{label} adds to the loss", [line], digits)


def _loss(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    if leaves.trace.training.loss == "output_value":
        words = "The objective is the value of the graph itself"
    else:
        words = "The loss compares outputs and targets"
    return explained("Loss", words, [loss_line(leaves)], digits)


def _contribution(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label = leaves.label(frame.node)
    if frame.edge < 0:
        right = loss_part(leaves, frame.node)
        assert right is not None
        title, words, rule = f"Loss to {label}", f"What the loss sends back to {label}", "loss"
        reference = Reference(
            "node", leaves.network.nodes[frame.node].id, "loss_contribution", leaves.sample
        )
    else:
        edge = leaves.edge_label(frame.edge)
        right = contribution_term(leaves, frame.edge)
        title, words, rule = (
            f"Contribution along {edge}",
            f"What comes back along {edge}",
            "chain rule",
        )
        name = leaves.network.edges[frame.edge].name
        reference = Reference("edge", name, "contribution", leaves.sample)
    part = Symbol("c", "c", evaluate(right), reference)
    return explained(title, words, [Line(part, right, part.value, rule)], digits)


def _delta(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label, count = leaves.label(frame.node), len(leaves.outgoing(frame.node))
    output = leaves.network.nodes[frame.node].id in leaves.network.outputs
    origin = "from the loss" if output else ""
    if count:
        edges = "through one edge" if count == 1 else f"through {count} edges"
        origin = f"{origin} and {edges}" if origin else edges
    lines = delta_lines(leaves, frame.node)
    if not origin:
        words = f"Nothing depends on {label}, so no error comes back"
    elif activation_name(leaves.unit(frame.node).activation) == "identity":
        words = f"The error reaches {label} {origin}"
    else:
        words = f"The error reaches {label} {origin} and is scaled by the slope there"
    shown = lines if len(lines) < 3 else [lines[0], lines[-1]]
    sentence = explained("", words, shown, digits).sentence
    return Explanation(f"Error signal of {label}", sentence, tuple(lines))


def _gradients(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label, unit = leaves.label(frame.node), leaves.unit(frame.node)
    edges = leaves.incoming(frame.node)
    lines = [gradient_line(leaves, edge) for edge in edges[:MOST_LINES]]
    more = len(edges) - len(lines)
    if unit.has_bias:
        lines.append(bias_gradient_line(leaves, frame.node))
    if unit.combine == "sum":
        words = f"Each gradient into {label} is δ times the value at the edge's tail"
    else:
        words = f"Each gradient into {label} is δ times how z changes with the weight"
    if not edges:
        words = f"The gradient of the bias of {label} is δ"
    return explained(f"Gradients into {label}", words, lines, digits, more=more)


def _gradient(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    edge = leaves.edge_label(frame.edge)
    words = f"δ at the head of {edge} times how z there changes with the weight"
    line = gradient_line(leaves, frame.edge)
    return explained(f"Gradient of {edge}", words, [line], digits)


def _bias_gradient(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    label = leaves.label(frame.node)
    words = f"z of {label} changes as much as its bias does"
    line = bias_gradient_line(leaves, frame.node)
    return explained(f"Gradient of the bias of {label}", words, [line], digits)


def _input_gradient(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    inputs = [leaves.network.node_index[node.id] for node in leaves.network.inputs]
    lines = []
    for node in inputs[:MOST_LINES]:
        line = error_line(leaves, node)
        # The brief form says only ∂E/∂a; with several inputs each needs its name.
        name = f"∂{leaves.loss_name}/∂{leaves.name(node).whole}"
        brief = f"{name} {line.brief.partition(' ')[2]}" if line.brief else ""
        lines.append(Line(line.left, line.right, line.result, line.rule, brief))
    words = "How much the loss changes with each input"
    more = len(inputs) - len(lines)
    return explained("Error at the inputs", words, lines, digits, more=more)


def trained_parameters(leaves: Leaves) -> list[tuple[int, int]]:
    """Return all trainable parameters as (node, edge): weights first, then biases."""
    network = leaves.network
    found = [(-1, place) for place, edge in enumerate(network.edges) if edge.trainable]
    for place, node in enumerate(network.nodes):
        if isinstance(node, Unit) and node.trainable_bias:
            found.append((place, -1))
    return found


def _sample_gradient(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    place, count = leaves.sample + 1, len(leaves.trace.batch)
    trained = trained_parameters(leaves)
    lines = [
        gradient_line(leaves, edge) if edge >= 0 else bias_gradient_line(leaves, node)
        for node, edge in trained[:MOST_LINES]
    ]
    words = f"Sample {place} of {count} has gradients of its own"
    return explained(
        f"Sample {place} of {count}", words, lines, digits, more=len(trained) - len(lines)
    )


def _reduce_words(leaves: Leaves) -> str:
    count = len(leaves.trace.batch)
    if count == 1:
        return "The batch has one sample, so its gradients are the batch's"
    verb = "averaged" if leaves.trace.training.batch_reduction == "mean" else "added up"
    return f"The losses and gradients of the {count} samples are {verb}"


def _mean(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    if not whole_batch(leaves):
        return Explanation("Joining the samples", _reduce_words(leaves))
    trained = trained_parameters(leaves)
    shown = [joined_line(leaves, node, edge) for node, edge in trained[:MOST_LINES]]
    lines, more = [batch_loss_line(leaves), *shown], len(trained) - len(shown)
    return explained("Joining the samples", _reduce_words(leaves), lines, digits, more=more)


def _penalty(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    edges = [edge for _, edge in trained_parameters(leaves) if edge >= 0]
    shown = [penalty_gradient_line(leaves, edge) for edge in edges[:MOST_LINES]]
    lines, more = [penalty_line(leaves), *shown], len(edges) - len(shown)
    words = "Large weights are penalized, and each weight's gradient gets its part of that"
    return explained("Penalty", words, lines, digits, more=more)


def _reduce(leaves: Leaves, _frame: Frame, digits: int) -> Explanation:
    trained, training = trained_parameters(leaves), leaves.trace.training
    words = _reduce_words(leaves)
    if not whole_batch(leaves):
        return Explanation("Joining the samples", words)
    lines = [batch_loss_line(leaves)]
    if training.l1 or training.l2:
        lines.append(penalty_line(leaves))
        words += ", and the penalty is added"
    shown = trained[:MOST_LINES]
    lines += [gradient_parts(leaves, node, edge) for node, edge in shown]
    more = len(trained) - len(shown)
    return explained("Joining the samples", words, lines, digits, more=more)


def _update(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    title, name, trainable = _parameter(leaves, frame)
    if not trainable:
        line = fixed_line(leaves, frame.node, frame.edge)
        return explained(title, f"{name} is fixed and keeps its value", [line], digits)
    lines = update_lines(leaves, frame.node, frame.edge)
    if leaves.trace.training.optimizer.name == "sgd":
        words = f"{name} moves against its gradient"
    else:
        words = f"{name} takes a step of {lines[-1].rule}"
    sentence = explained("", words, [lines[-1]], digits).sentence
    return Explanation(title, sentence, tuple(lines))


def _update_line(leaves: Leaves, frame: Frame, digits: int) -> Explanation:
    title, name, _ = _parameter(leaves, frame)
    line = update_lines(leaves, frame.node, frame.edge)[frame.part]
    return explained(title, f"{name}, {line.rule}", [line], digits)


def _parameter(leaves: Leaves, frame: Frame) -> tuple[str, str, bool]:
    # Title, name, and whether the parameter is trained.
    if frame.edge >= 0:
        edge = leaves.edge_label(frame.edge)
        trainable = leaves.network.edges[frame.edge].trainable
        return f"New weight of {edge}", f"The weight of {edge}", trainable
    label = leaves.label(frame.node)
    return f"New bias of {label}", f"The bias of {label}", leaves.unit(frame.node).trainable_bias


EXPLAINERS: Mapping[str, Callable[[Leaves, Frame, int], Explanation]] = MappingProxyType(
    {
        "input": _input,
        "term": _term,
        "pre_activation": _pre_activation,
        "activation": _activation,
        "loss_term": _loss_term,
        "loss": _loss,
        "contribution": _contribution,
        "delta": _delta,
        "gradient": _gradient,
        "bias_gradient": _bias_gradient,
        "gradients": _gradients,
        "input_gradient": _input_gradient,
        "sample_gradient": _sample_gradient,
        "mean": _mean,
        "penalty": _penalty,
        "reduce": _reduce,
        "update_line": _update_line,
        "update": _update,
    }
)
