"""Hints: the formula of a quantity, uncovered term by term, out of its explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import Frame
from bpviz.explain.derivation import explain
from bpviz.explain.explanation import Line
from bpviz.explain.expression import Expression, Number, Partial, Rest, Symbol, leaves
from bpviz.explain.latex import to_latex
from bpviz.explain.numbers import latex_number
from bpviz.explain.quantities import Quantity
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
) -> tuple[Hint, ...]:
    """Return the hints: each formula in symbols, then one number after the other, never the result.

    Of a derivation in several lines, the line the quantity stands in comes last.
    """
    place = quantity.sample if quantity.sample >= 0 else sample
    lines = _lines(quantity, trace, place, notation)
    return tuple(_hints(lines, digits))


def _hints(lines: Sequence[Line], digits: int) -> Iterator[Hint]:
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
                yield Hint("With", f"{name} = {latex_number(leaf.value, digits)}")
        if line is not lines[-1]:
            known.add(to_latex(line.left, digits))
            result = latex_number(line.result, digits)
            yield Hint("That gives", f"{to_latex(line.left, digits)} = {result}")
        else:
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
