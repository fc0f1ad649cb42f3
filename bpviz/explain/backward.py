"""The lines of the backward pass: ∂E/∂a, δ, and the gradients of weights and biases."""

from __future__ import annotations

import math

from bpviz.explain.combine import by_source, by_weight, folded
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Expression, Product, Sum, evaluate, product
from bpviz.explain.formulas import difference_to_target, loss_derivative, slope_formula
from bpviz.explain.joining import fused, loss_place
from bpviz.explain.symbols import Leaves
from bpviz.model.network import activation_name


def contribution_term(leaves: Leaves, edge: int) -> Product:
    """Return what comes back along an edge to its source: ∂z/∂a of the target times its δ."""
    _, target = leaves.ends(edge)
    return product(by_source(leaves, edge), leaves.delta(target))


def contributions(leaves: Leaves, node: int) -> tuple[Expression, ...]:
    """Return what comes back to a node along its outgoing edges, folded beyond `LIMIT`."""
    edges = leaves.outgoing(node)
    return folded(
        len(edges),
        lambda place: contribution_term(leaves, edges[place]),
        lambda rest: math.fsum(evaluate(contribution_term(leaves, edges[place])) for place in rest),
    )


def loss_part(leaves: Leaves, node: int) -> Expression | None:
    """Return ∂E/∂a that an output has from the loss itself; None for other nodes."""
    outputs = leaves.network.outputs
    node_id = leaves.network.nodes[node].id
    if node_id not in outputs:
        return None
    place = loss_place(leaves, outputs.index(node_id))
    return loss_derivative(leaves.trace.training.loss, place)


def error_line(leaves: Leaves, node: int) -> Line:
    """Return ∂E/∂a of a node: from the loss, and from every edge that leaves it."""
    error, own = leaves.error(node), loss_part(leaves, node)
    back = contributions(leaves, node)
    terms = back if own is None else (own, *back)
    right = terms[0] if len(terms) == 1 else Sum(terms)
    rule = "sum over paths" if len(terms) > 1 else "chain rule" if back else "loss"
    targets = {leaves.unit(leaves.ends(edge)[1]).combine for edge in leaves.outgoing(node)}
    several = "Σ " if len(leaves.outgoing(node)) > 1 else ""
    plain = own is None and targets == {"sum"}
    name = f"∂{error.of.text}/∂a"
    return Line(error, right, error.value, rule, f"{name} = {several}w·δ" if plain else "")


def slope_line(leaves: Leaves, node: int) -> Line:
    """Return ∂a/∂z of a unit in terms of z and a."""
    slope = leaves.slope(node)
    activation = leaves.unit(node).activation
    right = slope_formula(activation, leaves.z(node), leaves.value(node))
    return Line(slope, right, slope.value, f"derivative of {activation_name(activation)}")


def delta_lines(leaves: Leaves, node: int) -> list[Line]:
    """Return the lines that lead to δ = ∂E/∂z of a unit."""
    delta, error = leaves.delta(node), error_line(leaves, node)
    slope = slope_line(leaves, node)
    if fused(leaves, node):
        return [error, *_fused_delta_lines(leaves, node, slope)]
    if activation_name(leaves.unit(node).activation) == "identity":
        brief = f"δ = ∂{leaves.loss_name}/∂a"
        return [error, Line(delta, leaves.error(node), delta.value, "identity", brief)]
    right = Product((leaves.error(node), leaves.slope(node)))
    brief = f"δ = ∂{leaves.loss_name}/∂a·{leaves.slope(node).text.partition('(')[0]}(z)"
    return [error, slope, Line(delta, right, delta.value, "chain rule", brief)]


def _fused_delta_lines(leaves: Leaves, node: int, slope: Line) -> list[Line]:
    # The slope of the sigmoid cancels against the loss: computed so, it cannot be lost.
    delta = leaves.delta(node)
    column = leaves.network.outputs.index(leaves.network.nodes[node].id)
    own = difference_to_target(loss_place(leaves, column))
    back = contributions(leaves, node)
    rule = "sigmoid with cross-entropy"
    if not back:
        return [Line(delta, own, delta.value, rule, f"δ = a − {leaves.target_name}")]
    through = Product((leaves.slope(node), Sum(back)))
    return [slope, Line(delta, Sum((own, through)), delta.value, rule)]


def gradient_line(leaves: Leaves, edge: int) -> Line:
    """Return ∂E/∂w of an edge: δ at its head times ∂z/∂w, for a sum the value at its tail."""
    _, target = leaves.ends(edge)
    gradient = leaves.gradient(edge)
    right = product(leaves.delta(target), by_weight(leaves, edge))
    plain = leaves.unit(target).combine == "sum"
    name = f"∂{gradient.of.text}/∂{gradient.by.text}"
    return Line(gradient, right, gradient.value, "chain rule", f"{name} = δ·a" if plain else "")


def bias_gradient_line(leaves: Leaves, node: int) -> Line:
    """Return ∂E/∂b of a sum unit: its δ."""
    gradient = leaves.bias_gradient(node)
    name = f"∂{gradient.of.text}/∂{gradient.by.text}"
    return Line(gradient, leaves.delta(node), gradient.value, "chain rule", f"{name} = δ")
