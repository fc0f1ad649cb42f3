"""The lines of the loss and of *reduce*: outputs to a loss, samples to a batch, and penalties."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.losses import LOSSES
from bpviz.explain.combine import folded
from bpviz.explain.explanation import Line
from bpviz.explain.expression import (
    HALF,
    Absolute,
    Expression,
    Fraction,
    Function,
    Partial,
    Product,
    Reference,
    Sum,
    Symbol,
    evaluate,
    number,
    power,
)
from bpviz.explain.formulas import LossPlace, loss_term
from bpviz.explain.symbols import Leaves
from bpviz.explain.text import to_text
from bpviz.model.network import Unit, activation_name

FloatArray = NDArray[np.float64]
LONGEST_FORMULA = 20


def fused(leaves: Leaves, node: int) -> bool:
    """Whether the loss of this node is computed from its z: cross-entropy on a sigmoid output."""
    fused_with = LOSSES[leaves.trace.training.loss].fused
    found = leaves.network.nodes[node]
    return (
        fused_with is not None
        and isinstance(found, Unit)
        and found.id in leaves.network.outputs
        and activation_name(found.activation) == fused_with.activation
    )


def loss_place(leaves: Leaves, column: int) -> LossPlace:
    """Return the symbols of one output's part in the loss."""
    network, loss = leaves.network, leaves.trace.training.loss
    nodes = [network.node_index[node_id] for node_id in network.outputs]
    node = nodes[column]
    softmax = loss == "softmax_cross_entropy"
    return LossPlace(
        a=leaves.value(node),
        t=leaves.target(column) if LOSSES[loss].has_targets else None,
        z=leaves.z(node) if fused(leaves, node) else None,
        probability=leaves.probability(column) if softmax else None,
        logits=tuple(map(leaves.value, nodes)) if softmax else (),
        columns=len(nodes),
    )


def loss_term_line(leaves: Leaves, column: int) -> Line:
    """Return one output's part in the loss of the sample."""
    place = loss_place(leaves, column)
    right = loss_term(leaves.trace.training.loss, place)
    name = leaves.loss_name
    node = leaves.network.node_index[leaves.network.outputs[column]]
    part = Symbol(
        f"{name}({place.a.text})",
        rf"{name}\left({place.a.latex}\right)",
        evaluate(right),
        Reference("node", leaves.network.nodes[node].id, "loss_term", leaves.sample),
    )
    return Line(part, right, part.value, "loss")


def loss_line(leaves: Leaves) -> Line:
    """Return the loss of the sample from its outputs and targets."""
    name = leaves.trace.training.loss

    def term(column: int) -> Expression:
        return loss_term(name, loss_place(leaves, column))

    terms = folded(
        len(leaves.network.outputs),
        term,
        lambda rest: math.fsum(evaluate(term(column)) for column in rest),
    )
    loss = leaves.loss()
    right = terms[0] if len(terms) == 1 else Sum(terms)
    formula = LOSSES[name].formula.replace("t", leaves.target_name)
    if len(terms) == 1:
        formula = formula.removeprefix("Σ ").replace("Σ ", "")
    brief = f"{loss.text} = {formula}" if len(formula) <= LONGEST_FORMULA else ""
    return Line(loss, right, loss.value, "loss", brief)


def joined(leaves: Leaves, parts: tuple[Expression, ...]) -> Expression:
    """Return the sum or the mean of parts that come from the samples of the batch."""
    samples = len(leaves.trace.rows)
    total = parts[0] if len(parts) == 1 else Sum(parts)
    if leaves.trace.training.batch_reduction == "sum" or samples == 1:
        return total
    return Product((Fraction(number(1.0), number(samples)), total))


def whole_batch(leaves: Leaves) -> bool:
    """Whether the trace recorded every sample of the batch, so that its sums can be followed."""
    return len(leaves.trace.rows) == len(leaves.trace.batch)


def batch_loss_line(leaves: Leaves) -> Line:
    """Return the data loss of the batch from the losses of its samples."""
    losses = leaves.trace.loss_per_sample
    parts = folded(len(losses), leaves.loss, lambda rest: float(losses[rest.start :].sum()))
    loss = leaves.batch_loss()
    mean = leaves.trace.training.batch_reduction == "mean" and len(losses) > 1
    name = leaves.loss_name
    brief = f"{name} = (1/D)·Σ {name}ᵢ" if mean else ""
    return Line(loss, joined(leaves, parts), loss.value, "mean" if mean else "sum", brief)


def sample_gradients(leaves: Leaves, node: int, edge: int) -> FloatArray:
    """Return ∂E_i/∂w of one parameter for every sample of the batch, [B]."""
    trace = leaves.trace
    if edge < 0:
        return trace.delta[:, node]
    source, target = leaves.ends(edge)
    delta, value = trace.delta[:, target], trace.a[:, source]
    combine, edges = leaves.unit(target).combine, leaves.incoming(target)
    if combine == "sum":
        return delta * value
    weights = trace.theta[trace.program.edge_slot[edges]]
    terms = weights * trace.a[:, [leaves.ends(other)[0] for other in edges]]
    own = edges.index(edge)
    if combine == "max":
        return np.where(terms.argmax(axis=1) == own, delta * value, 0.0)
    return np.asarray(delta * value * np.delete(terms, own, axis=1).prod(axis=1))


def members(leaves: Leaves, node: int, edge: int) -> list[tuple[int, int]]:
    """Return all (node, edge) that share this parameter's value; itself where none does."""
    network = leaves.network
    if edge >= 0:
        share = network.edges[edge].share
        if not share:
            return [(-1, edge)]
        tied = [place for place, other in enumerate(network.edges) if other.share == share]
        return [(-1, place) for place in tied]
    share = leaves.unit(node).bias_share
    if not share:
        return [(node, -1)]
    return [
        (place, -1)
        for place, other in enumerate(network.nodes)
        if isinstance(other, Unit) and other.bias_share == share
    ]


def data_gradient(leaves: Leaves, node: int, edge: int) -> Expression:
    """Return the data's part of a parameter's gradient: samples joined, members added."""
    parts = []
    for member_node, member_edge in members(leaves, node, edge):
        values = sample_gradients(leaves, member_node, member_edge)
        parts.append(joined(leaves, _sample_parts(leaves, member_node, member_edge, values)))
    return parts[0] if len(parts) == 1 else Sum(tuple(parts))


def _sample_parts(
    leaves: Leaves, node: int, edge: int, values: FloatArray
) -> tuple[Expression, ...]:
    by = leaves.member(node, edge)

    def part(sample: int) -> Partial:
        found = by.reference
        assert found is not None
        quantity = "gradient" if edge >= 0 else "bias_gradient"
        reference = Reference(found.kind, found.name, quantity, sample)
        return Partial(leaves.loss(sample), by, float(values[sample]), reference)

    return folded(len(values), part, lambda rest: float(values[rest.start :].sum()))


def penalty_factors(leaves: Leaves) -> tuple[Symbol, Symbol]:
    """Return the strengths of the l2 and l1 penalties."""
    training = leaves.trace.training
    return (
        leaves.setting("λ₂", r"\lambda_2", training.l2, "l2"),
        leaves.setting("λ₁", r"\lambda_1", training.l1, "l1"),
    )


def gradient_parts(leaves: Leaves, node: int, edge: int) -> Line:
    """Return a parameter's gradient of the whole objective: data, then penalties."""
    gradient, name = leaves.batch_gradient(node, edge), "w" if edge >= 0 else "b"
    terms = [data_gradient(leaves, node, edge)]
    brief = f"{to_text(gradient)} = {_brief_join(leaves)}∂{leaves.loss_name}ᵢ/∂{name}"
    if edge >= 0 and leaves.network.edges[edge].trainable:
        penalties = penalty_terms(leaves, edge)
        terms += [term for term, _ in penalties]
        brief += "".join(f" + {text}" for _, text in penalties)
    right = terms[0] if len(terms) == 1 else Sum(tuple(terms))
    rule = leaves.trace.training.batch_reduction
    if len(terms) == 1 and len(leaves.trace.rows) == 1:
        brief = to_text(gradient)
    return Line(gradient, right, gradient.value, rule, brief)


def penalty_terms(leaves: Leaves, edge: int) -> list[tuple[Expression, str]]:
    """Return what each penalty adds to the gradient of a trainable weight, and its brief form."""
    l2, l1 = penalty_factors(leaves)
    weight, terms = leaves.weight(edge), list[tuple[Expression, str]]()
    if l2.value:
        terms.append((Product((l2, weight)), "λ₂·w"))
    if l1.value:
        terms.append((Product((l1, Function("sign", weight))), "λ₁·sign(w)"))
    return terms


def penalty_gradient_line(leaves: Leaves, edge: int) -> Line:
    """Return ∂P/∂w, what the penalties add to the gradient of a trainable weight."""
    parts = penalty_terms(leaves, edge)
    right = parts[0][0] if len(parts) == 1 else Sum(tuple(term for term, _ in parts))
    by, value = leaves.parameter(-1, edge), evaluate(right)
    penalty = Symbol("P", "P", float(leaves.trace.penalty), Reference("network", "", "penalty"))
    reference = Reference("edge", leaves.network.edges[edge].name, "penalty_gradient")
    left = Partial(penalty, by, value, reference)
    return Line(left, right, value, "penalty", "")


def joined_line(leaves: Leaves, node: int, edge: int) -> Line:
    """Return a parameter's gradient of the samples joined, before any penalty."""
    right = data_gradient(leaves, node, edge)
    by, value = leaves.parameter(node, edge), evaluate(right)
    assert by.reference is not None
    prefix = "" if edge >= 0 else "bias_"
    reference = by.reference._replace(quantity=f"{prefix}data_gradient")
    left = Partial(leaves.batch_loss(), by, value, reference)
    name = "w" if edge >= 0 else "b"
    brief = f"{to_text(left)} = {_brief_join(leaves)}∂{leaves.loss_name}ᵢ/∂{name}"
    rule = leaves.trace.training.batch_reduction
    return Line(left, right, value, rule, brief if len(leaves.trace.rows) > 1 else "")


def _brief_join(leaves: Leaves) -> str:
    if len(leaves.trace.rows) == 1:
        return ""
    return "(1/D)·Σ " if leaves.trace.training.batch_reduction == "mean" else "Σ "


def penalty_line(leaves: Leaves) -> Line:
    """Return the penalty on the trainable weights; a shared value counts once."""
    trace = leaves.trace
    slots = trace.program.edge_slot
    counted = np.flatnonzero(trace.program.counted[slots]).tolist() if len(slots) else []
    weights = trace.theta[slots[counted]]
    l2, l1 = penalty_factors(leaves)
    terms: list[Expression] = []
    brief: list[str] = []
    if l2.value:
        brief.append("½·λ₂·Σ w²")
        squares = folded(
            len(counted),
            lambda place: power(leaves.weight(counted[place]), 2.0),
            lambda rest: float((weights[rest.start :] ** 2).sum()),
        )
        terms.append(Product((HALF, l2, Sum(squares))))
    if l1.value:
        brief.append("λ₁·Σ |w|")
        sizes = folded(
            len(counted),
            lambda place: Absolute(leaves.weight(counted[place])),
            lambda rest: float(np.abs(weights[rest.start :]).sum()),
        )
        terms.append(Product((l1, Sum(sizes))))
    penalty = Symbol("P", "P", float(trace.penalty), Reference("network", "", "penalty"))
    return Line(penalty, Sum(tuple(terms)), penalty.value, "penalty", f"P = {' + '.join(brief)}")
