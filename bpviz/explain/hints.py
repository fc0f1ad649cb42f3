"""Hints: the formula of a quantity, uncovered term by term, out of its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.engine.hiding import Hidden
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Expression, Number, Partial, Rest, Symbol, leaves
from bpviz.explain.latex import to_latex
from bpviz.explain.numbers import latex_number
from bpviz.explain.quantities import Quantity
from bpviz.explain.questions import is_hidden
from bpviz.explain.subject import Subject, explain_subject
from bpviz.model.network import Input
from bpviz.model.schema import Notation


class Hint(NamedTuple):
    """One step of help: words, and a formula in LaTeX."""

    words: str
    latex: str


def hints(
    quantity: Quantity,
    trace: Trace,
    sample: int = 0,
    notation: Notation | None = None,
    digits: int = 4,
    hidden: Hidden | None = None,
) -> tuple[Hint, ...]:
    """Return the hints: each formula in symbols, then one number after the other, never the result.

    Of a derivation in several lines, the line the quantity stands in comes last. A number that is
    `hidden`, to be predicted itself, is not told.
    """
    place = quantity.sample if quantity.sample >= 0 else sample
    lines = _lines(quantity, trace, place, notation)
    inputs = frozenset(node.id for node in trace.program.network.inputs)

    def is_secret(leaf: Expression) -> bool:
        reference = leaf.reference if isinstance(leaf, (Symbol, Partial)) else None
        # What leads to the number asked for goes by its name: ∂E/∂a to δ, z to the value.
        other = reference is not None and reference.name != quantity.name
        return bool(hidden and other and reference and is_hidden(reference, hidden, inputs))

    return tuple(_hints(lines, digits, is_secret))


def _hints(
    lines: Sequence[Line], digits: int, is_secret: Callable[[Expression], bool]
) -> Iterator[Hint]:
    known: set[str] = set()
    for line in lines:
        formula = f"{to_latex(line.left, digits)} = {to_latex(line.right, digits)}"
        yield Hint(f"The formula: {line.rule}" if line.rule else "The formula", formula)
        if line is lines[-1] and _is_leaf(line.right):
            # Its number would be the result.
            continue
        for leaf in leaves(line.right):
            name = to_latex(leaf, digits)
            if isinstance(leaf, (Symbol, Partial)) and name not in known:
                known.add(name)
                if is_secret(leaf):
                    yield Hint("Hidden too, to be predicted by itself", name)
                    continue
                yield Hint("With", f"{name} = {latex_number(leaf.value, digits)}")
        if line is not lines[-1]:
            known.add(to_latex(line.left, digits))
            result = latex_number(line.result, digits)
            yield Hint("That gives", f"{to_latex(line.left, digits)} = {result}")
        elif not any(map(is_secret, leaves(line.right))):
            numbers = to_latex(line.numbers, digits)
            yield Hint("All put in", f"{to_latex(line.left, digits)} = {numbers}")


def _is_leaf(expression: Expression) -> bool:
    return isinstance(expression, (Symbol, Partial, Number, Rest))


def _lines(
    quantity: Quantity, trace: Trace, sample: int, notation: Notation | None
) -> tuple[Line, ...]:
    network, kind, name = trace.program.network, quantity.kind, quantity.name
    if kind in ("gradient", "bias_gradient"):
        edge, node = network.edge_index.get(name, -1), network.node_index.get(name, -1)
        subject = Subject(edge=edge) if kind == "gradient" else Subject(node=node)
        batch = quantity.sample < 0
        told = explain_subject(trace, subject, "gradient", sample, batch=batch, notation=notation)
        return told.lines
    if kind == "dloss_da" and isinstance(network.node(name), Input):
        subject = Subject(node=network.node_index[name])
        return explain_subject(trace, subject, "error", sample, notation=notation).lines
    if kind == "loss" and quantity.sample < 0:
        return explain(trace, Frame("reduce", "reduce"), sample, notation=notation).lines[:1]
    frame = _frame(quantity, network.node_index, network.edge_index)
    lines = explain(trace, frame, sample, notation=notation).lines
    # ∂E/∂a is the first line on the way to δ.
    return lines[:1] if kind == "dloss_da" else lines


def _frame(quantity: Quantity, nodes: dict[str, int], edges: dict[str, int]) -> Frame:
    node, edge = nodes.get(quantity.name, -1), edges.get(quantity.name, -1)
    return {
        "z": Frame("forward", "pre_activation", node),
        "a": Frame("forward", "activation", node),
        "loss": Frame("loss", "loss"),
        "delta": Frame("backward", "delta", node),
        "dloss_da": Frame("backward", "delta", node),
        "update": Frame("update", "update", -1, edge),
        "bias_update": Frame("update", "update", node),
    }[quantity.kind]
