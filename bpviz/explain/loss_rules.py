"""From ∂E/∂w to ∂a/∂w of the outputs: the rules of each loss, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from bpviz.explain.expression import (
    HALF,
    Expression,
    Fraction,
    Negative,
    Number,
    Partial,
    Sum,
    Symbol,
    difference,
    evaluate,
    number,
    power,
)
from bpviz.explain.formulas import (
    SMALLEST_SLOPE,
    LossPlace,
    difference_to_target,
    loss_derivative,
    loss_term,
)
from bpviz.explain.influence import Influence
from bpviz.explain.joining import fused, loss_place
from bpviz.explain.rewriting import Fact, Rewriting, Term, added, derivative

TWO = number(2.0)
SQUARES: Mapping[str, tuple[Expression, ...]] = MappingProxyType(
    {"half_squared_error": (HALF,), "squared_error": ()}
)
RULES = MappingProxyType(
    {
        "absolute_error": "absolute value rule",
        "huber": "Huber rule",
        "binary_cross_entropy": "cross-entropy rule",
        "softmax_cross_entropy": "softmax with cross-entropy rule",
    }
)


def open_loss(rewriting: Rewriting, influence: Influence) -> None:
    """Write the lines that lead from ∂E/∂w to the outputs that depend on the parameter."""
    leaves, name = influence.leaves, influence.leaves.trace.training.loss
    columns = range(len(leaves.network.outputs))
    terms = {column: loss_term(name, loss_place(leaves, column)) for column in columns}
    whole = derivative(added(list(terms.values())), influence.by, influence.gradient)
    rewriting.line("definition of the loss", [Term((), whole)])
    mine = [_of_column(influence, column, terms[column]) for column in influence.columns]
    if not mine:
        fact = Fact(whole, Number(0.0))
        rewriting.line("constant rule", [], fact)
        return
    left_out = len(mine) < len(terms)
    rewriting.line("sum rule, constant rule" if left_out else "sum rule", mine)
    for stage in _stages(name):
        stage(rewriting, influence)


def _of_column(influence: Influence, column: int, term: Expression) -> Term:
    piece = derivative(term, influence.by, influence.loss_change(column))
    return Term((), piece, influence.output(column), "loss")


def _stages(name: str) -> list[Callable[[Rewriting, Influence], None]]:
    if name == "output_value":
        return [_outputs]
    if name in SQUARES or name == "mean_squared_error":
        return [_constant_factor, _square, _sum, _constant, _simplify]
    if name in ("absolute_error", "huber"):
        return [_outer, _sum, _constant, _simplify]
    return [_direct]


def _place(influence: Influence, term: Term) -> LossPlace:
    return loss_place(influence.leaves, _column(influence, term))


def _column(influence: Influence, term: Term) -> int:
    network = influence.leaves.network
    return network.outputs.index(network.nodes[term.node].id)


def _each(rewriting: Rewriting, rule: str, change: Callable[[Term], Term]) -> None:
    rewriting.each(rule, lambda term: term.kind == "loss", lambda term: [change(term)])


def _outputs(rewriting: Rewriting, influence: Influence) -> None:
    def change(term: Term) -> Term:
        return Term((), influence.d_value(term.node), term.node, "a")

    _each(rewriting, "definition of the loss", change)


def _front(name: str, place: LossPlace) -> tuple[Expression, ...]:
    # The constant before the square.
    if name in SQUARES:
        return SQUARES[name]
    return (Fraction(number(1.0), number(place.columns)),) if place.columns > 1 else ()


def _error(place: LossPlace) -> Sum:
    assert place.t is not None
    return difference(place.a, place.t)


def _d_error(influence: Influence, term: Term) -> Expression:
    error = _error(_place(influence, term))
    return derivative(error, influence.by, influence.da[term.node])


def _constant_factor(rewriting: Rewriting, influence: Influence) -> None:
    name = influence.leaves.trace.training.loss

    def change(term: Term) -> Term:
        place = _place(influence, term)
        error = _error(place)
        value = 2.0 * evaluate(error) * influence.da[term.node]
        return Term(
            _front(name, place),
            derivative(power(error, 2.0), influence.by, value),
            term.node,
            "loss",
        )

    _each(rewriting, "constant factor rule", change)


def _square(rewriting: Rewriting, influence: Influence) -> None:
    def change(term: Term) -> Term:
        error = _error(_place(influence, term))
        return term.times(TWO, error, piece=_d_error(influence, term))

    _each(rewriting, "chain rule, power rule", change)


def _outer(rewriting: Rewriting, influence: Influence) -> None:
    name = influence.leaves.trace.training.loss

    def change(term: Term) -> Term:
        outer = loss_derivative(name, _place(influence, term))
        return term.times(outer, piece=_d_error(influence, term))

    _each(rewriting, f"chain rule, {RULES[name]}", change)


def _sum(rewriting: Rewriting, influence: Influence) -> None:
    def change(term: Term) -> Term:
        target = _place(influence, term).t
        assert target is not None
        piece = Sum(
            (
                influence.d_value(term.node),
                Negative(Partial(target, influence.by, 0.0)),
            )
        )
        return term.times(piece=piece)

    _each(rewriting, "sum rule", change)


def _constant(rewriting: Rewriting, influence: Influence) -> None:
    constant: list[Symbol] = []

    def change(term: Term) -> Term:
        place = _place(influence, term)
        assert place.t is not None
        constant.append(place.t)
        return term.times(piece=influence.d_value(term.node))

    terms = [change(term) if term.kind == "loss" else term for term in rewriting.terms]
    first = Partial(constant[0], influence.by, 0.0)
    rewriting.line("constant rule", terms, Fact(first, Number(0.0), len(constant) - 1))


def _simplify(rewriting: Rewriting, influence: Influence) -> None:
    name = influence.leaves.trace.training.loss
    terms: list[Term] = []
    fact: Fact | None = None
    for term in rewriting.terms:
        outer = loss_derivative(name, _place(influence, term))
        terms.append(replace(term, factors=(outer,), kind="a"))
        fact = fact or Fact(term.coefficient, outer, len(rewriting.terms) - 1)
    rewriting.line("simplifying", terms, fact)


def _direct(rewriting: Rewriting, influence: Influence) -> None:
    """Write ∂E/∂a at once; where a sigmoid is too flat for that, ∂E/∂z."""
    name = influence.leaves.trace.training.loss

    def change(term: Term) -> Term:
        place = _place(influence, term)
        if not fused(influence.leaves, term.node):
            outer = loss_derivative(name, place)
            return Term((outer,), influence.d_value(term.node), term.node, "a")
        error = difference_to_target(place)
        if place.a.value * (1.0 - place.a.value) < SMALLEST_SLOPE:
            return Term((error,), influence.d_z(term.node), term.node, "z")
        outer = loss_derivative(name, place)
        return Term((outer,), influence.d_value(term.node), term.node, "a", cancels=error)

    _each(rewriting, RULES[name], change)
