"""From ∂a/∂w of a unit back to the parameter: chain, activation, sum and product rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from bpviz.explain.combine import by_weight, edge_term, winner
from bpviz.explain.expression import (
    Expression,
    Maximum,
    Partial,
    Product,
    Rest,
    Sum,
    evaluate,
)
from bpviz.explain.formulas import slope_formula
from bpviz.explain.influence import Influence
from bpviz.explain.rewriting import (
    MOST_TERMS,
    Fact,
    Rewriting,
    Term,
    added,
    derivative,
    size,
)
from bpviz.model.network import activation_name

# A line with more leaves than this names its factors δ.
MOST_LEAVES = 32
# With more units in a level their formulas are not written out side by side.
MOST_FORMULAS = 3
RULES = MappingProxyType(
    {
        "relu": "ReLU rule",
        "leaky_relu": "leaky ReLU rule",
        "elu": "ELU rule",
        "gelu": "GELU rule",
        "silu": "SiLU rule",
        "sin": "sine rule",
        "cos": "cosine rule",
        "exp": "exponential rule",
        "log": "logarithm rule",
        "sqrt": "square root rule",
        "square": "power rule",
        "power": "power rule",
        "abs": "absolute value rule",
    }
)
CHAIN = "chain rule"


def activation_rule(name: str) -> str:
    """Return the name of the rule that gives an activation's slope."""
    return RULES.get(name, f"{name} rule")


def open_units(rewriting: Rewriting, influence: Influence, nodes: frozenset[int]) -> None:
    """Write the lines that take the derivatives of these units, all of one level."""
    _gather(rewriting, "a", nodes)
    _chain(rewriting, influence, nodes)
    _slopes(rewriting, influence, nodes)
    _cancel(rewriting, nodes)
    _gather(rewriting, "z", nodes)
    _name(rewriting, influence, nodes)
    crowded = len(nodes) > MOST_FORMULAS and not rewriting.holds
    if crowded:
        rewriting.hold()
    unseen = rewriting.holds and not crowded
    _define(rewriting, influence, nodes)
    _split(rewriting, influence, nodes, unseen=unseen)
    if crowded:
        rewriting.release()
    _factor(rewriting, influence)


def _gather(rewriting: Rewriting, kind: str, nodes: frozenset[int]) -> None:
    """Put together what is to be multiplied by the same derivative."""
    found: dict[int, list[Term]] = {}
    for term in rewriting.terms:
        if term.kind == kind and term.node in nodes:
            found.setdefault(term.node, []).append(term)
    if all(len(terms) == 1 for terms in found.values()):
        return
    merged = {node: _merged(terms) for node, terms in found.items()}
    terms: list[Term] = []
    for term in rewriting.terms:
        if term.kind != kind or term.node not in merged:
            terms.append(term)
        elif term is found[term.node][0]:
            terms.append(merged[term.node])
    rewriting.line("common factor", terms)


def _merged(terms: Sequence[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    together = added([term.coefficient for term in terms])
    return replace(terms[0], factors=(together,), cancels=None)


def _chain(rewriting: Rewriting, influence: Influence, nodes: frozenset[int]) -> None:
    def change(term: Term) -> list[Term]:
        slope = _slope(influence, term.node)
        return [term.times(slope, piece=influence.d_z(term.node), kind="slope")]

    rewriting.each(CHAIN, lambda term: term.kind == "a" and term.node in nodes, change)


def _slope(influence: Influence, node: int) -> Expression:
    # f′(z); of the identity, which has no sign of its own, ∂a/∂z.
    leaves = influence.leaves
    slope = leaves.slope(node)
    if activation_name(leaves.unit(node).activation) != "identity":
        return slope
    return Partial(leaves.value(node), leaves.z(node), slope.value, slope.reference)


def _slopes(rewriting: Rewriting, influence: Influence, nodes: frozenset[int]) -> None:
    leaves = influence.leaves
    names: list[str] = []
    fact: Fact | None = None
    terms: list[Term] = []
    for term in rewriting.terms:
        if term.kind != "slope" or term.node not in nodes:
            terms.append(term)
            continue
        activation = leaves.unit(term.node).activation
        names.append(activation_name(activation))
        formula = slope_formula(activation, leaves.z(term.node), leaves.value(term.node))
        if names[-1] == "identity":
            terms.append(replace(term, factors=term.factors[:-1], kind="z"))
        else:
            terms.append(replace(term, factors=(*term.factors[:-1], formula), kind="z"))
        if fact is None:
            fact = Fact(_slope(influence, term.node), formula)
        else:
            fact = replace(fact, more=fact.more + 1)
    rules = dict.fromkeys(activation_rule(name) for name in names)
    if rules:
        rewriting.line(", ".join(rules), terms, fact)


def _cancel(rewriting: Rewriting, nodes: frozenset[int]) -> None:
    """Let the sigmoid's slope cancel against the loss: (a − t)/(a(1 − a))·a(1 − a) = a − t."""
    terms = [
        replace(term, factors=(term.cancels,), cancels=None)
        if term.cancels is not None and term.kind == "z" and term.node in nodes
        else term
        for term in rewriting.terms
    ]
    if terms != rewriting.terms:
        rewriting.line("cancelling", terms)


def _name(rewriting: Rewriting, influence: Influence, nodes: frozenset[int]) -> None:
    """Put δ for what stands before ∂z/∂w, where a line gets long: it is all of ∂E/∂z."""
    if sum(size(term.tree) for term in rewriting.terms) <= MOST_LEAVES:
        return
    terms: list[Term] = []
    fact: Fact | None = None
    for term in rewriting.terms:
        if term.kind != "z" or term.node not in nodes or size(term.coefficient) < 3:
            terms.append(term)
            continue
        delta = influence.leaves.delta(term.node)
        terms.append(replace(term, factors=(delta,)))
        more = -1 if fact is None else fact.more
        fact = Fact(delta, term.coefficient) if fact is None else replace(fact, more=more + 1)
    if fact is not None:
        rewriting.line("definition of δ", terms, fact)


def _define(rewriting: Rewriting, influence: Influence, nodes: frozenset[int]) -> None:
    """Put the formula of z in its place."""
    leaves = influence.leaves

    def change(term: Term) -> Term:
        if rewriting.holds:
            # Nobody sees this line: its names need not be written.
            return replace(term, kind="formula")
        formula = _formula(influence, term.node)
        piece = derivative(formula, influence.by, influence.dz[term.node])
        return term.times(piece=piece, kind="formula")

    chosen = [term for term in rewriting.terms if term.kind == "z" and term.node in nodes]
    if not chosen:
        return
    first, fact = chosen[0].node, None
    if not rewriting.holds:
        fact = Fact(leaves.z(first), _formula(influence, first), len(chosen) - 1)
    places = set(map(id, chosen))
    terms = [change(term) if id(term) in places else term for term in rewriting.terms]
    rewriting.line("definition of z", terms, fact)


def _formula(influence: Influence, node: int) -> Expression:
    """Return z of a unit; of many terms those that depend on the parameter come first."""
    leaves = influence.leaves
    unit, edges = leaves.unit(node), leaves.incoming(node)
    kept = edges
    if len(edges) > MOST_TERMS + 1:
        ranked = sorted(edges, key=lambda edge: not influence.depends(edge))
        kept = sorted(ranked[:MOST_TERMS])
    parts: list[Expression] = [edge_term(leaves, edge) for edge in kept]
    others = sorted(set(edges) - set(kept))
    left_out = leaves.edge_values[others].tolist() if others else []
    if unit.combine == "product":
        if left_out:
            parts.append(Rest(len(left_out), math.prod(left_out), "factors"))
        return Product(tuple(parts))
    if unit.combine == "max":
        if left_out:
            parts.append(Rest(len(left_out), max(left_out)))
        return Maximum(tuple(parts))
    if left_out:
        parts.append(Rest(len(left_out), math.fsum(left_out)))
    if unit.has_bias or node in influence.biases:
        parts.append(leaves.bias(node))
    return Sum(tuple(parts))


def _split(
    rewriting: Rewriting, influence: Influence, nodes: frozenset[int], *, unseen: bool
) -> None:
    """Take the sums, products and maxima apart, down to ∂(w·a)/∂w.

    What is `unseen` needs no such derivative in writing: only the factors before it are used.
    """
    leaves = influence.leaves
    chosen = [term for term in rewriting.terms if term.kind == "formula" and term.node in nodes]
    combines = dict.fromkeys(leaves.unit(term.node).combine for term in chosen)
    rules = [rule for combine in combines for rule in _split_rules(influence, combine, chosen)]

    weak, tails = _folded(influence, chosen)
    places = set(map(id, chosen))

    def change(term: Term) -> list[Term]:
        return _parts(influence, term, weak, unseen=unseen)

    rewriting.each(
        ", ".join(dict.fromkeys(rules)) or CHAIN,
        lambda term: id(term) in places,
        change,
        whole=None if rewriting.holds else lambda term: _parts(influence, term),
        more=tails,
    )


def _folded(influence: Influence, terms: Sequence[Term]) -> tuple[frozenset[int], list[Term]]:
    """Return the edges that are too weak to be followed one by one, and what they come to.

    Where many units use the value of one node, the strongest of these terms stand for themselves;
    the others are summed at once: Σ δ·w, times the derivative of the node's value. Without that
    a derivation through wide layers would take a term for each of their edges.
    """
    leaves, program = influence.leaves, influence.leaves.trace.program
    strengths: dict[int, list[tuple[float, int]]] = {}
    for term in terms:
        if leaves.unit(term.node).combine != "sum":
            continue
        edges = np.array(leaves.incoming(term.node), np.int64)
        edges = edges[influence.depending[edges]]
        strength = evaluate(term.coefficient) * leaves.weights[edges]
        sources = program.source[edges].tolist()
        for place, (source, edge) in enumerate(zip(sources, edges.tolist(), strict=True)):
            if edge not in influence.edges:
                strengths.setdefault(source, []).append((float(strength[place]), edge))
    weak: set[int] = set()
    tails: list[Term] = []
    for source, found in strengths.items():
        if len(found) > MOST_TERMS + 1:
            found.sort(key=lambda each: -abs(each[0]))
            left_out = found[MOST_TERMS:]
            weak.update(edge for _, edge in left_out)
            rest = Rest(len(left_out), math.fsum(value for value, _ in left_out))
            tails.append(Term((rest,), influence.d_value(source), source, "a"))
    return frozenset(weak), tails


def _split_rules(influence: Influence, combine: str, terms: Sequence[Term]) -> list[str]:
    leaves = influence.leaves
    nodes = [term.node for term in terms if leaves.unit(term.node).combine == combine]
    edges = [leaves.incoming(node) for node in nodes]
    drops = any(not influence.depends(edge) for some in edges for edge in some)
    if combine == "product":
        return ["product rule", "constant rule"] if drops else ["product rule"]
    if combine == "max":
        return ["maximum rule"]
    drops |= any(leaves.unit(node).has_bias and node not in influence.biases for node in nodes)
    return ["sum rule", "constant rule"] if drops else ["sum rule"]


def _parts(
    influence: Influence,
    term: Term,
    weak: frozenset[int] = frozenset(),
    *,
    unseen: bool = False,
) -> list[Term]:
    leaves = influence.leaves
    combine = leaves.unit(term.node).combine
    edges = leaves.incoming(term.node)
    edges = [edge for edge in edges if edge not in weak and influence.depends(edge)]
    if combine == "max":
        best = winner(leaves, leaves.incoming(term.node))
        edges = [edge for edge in edges if edge == best]
    found = []
    for edge in edges:
        others = other_factors(influence, edge)
        if unseen:
            found.append(term.times(*others, node=edge, kind="product"))
            continue
        piece = derivative(edge_term(leaves, edge), influence.by, influence.change(edge))
        found.append(term.times(*others, piece=piece, node=edge, kind="product"))
    if term.node in influence.biases:
        piece = derivative(leaves.bias(term.node), influence.by, 1.0)
        found.append(term.times(piece=piece, node=-1, kind="product"))
    return found


def other_factors(influence: Influence, edge: int) -> tuple[Expression, ...]:
    """Return the other factors where the edge leads into a product; none elsewhere."""
    _, target = influence.leaves.ends(edge)
    if influence.leaves.unit(target).combine != "product":
        return ()
    through = by_weight(influence.leaves, edge)
    return through.factors[1:] if isinstance(through, Product) else ()


def _factor(rewriting: Rewriting, influence: Influence) -> None:
    """Take ∂(w·a)/∂w: the constant comes out, and ∂w/∂w is 1."""
    leaves = influence.leaves
    both = False

    def change(term: Term) -> list[Term]:
        nonlocal both
        done = Term(term.factors)
        if term.node < 0:
            return [done]
        edge, (source, _) = term.node, leaves.ends(term.node)
        found = []
        if edge in influence.edges:
            found.append(done.times(leaves.value(source)))
        if source in influence.da:
            piece = influence.d_value(source)
            found.append(done.times(leaves.weight(edge), piece=piece, node=source, kind="a"))
        both |= len(found) > 1
        return found

    terms: list[Term] = []
    for term in rewriting.terms:
        terms += change(term) if term.kind == "product" else [term]
    rule = "product rule" if both else "constant factor rule"
    before = [term for term in rewriting.terms if term.kind == "product"]
    fact = None
    if before and before[0].piece is not None:
        first = added([_beyond(before[0], new) for new in change(before[0])])
        fact = Fact(before[0].piece, first, len(before) - 1)
    if before and all(term.node < 0 for term in before):
        rule = "derivative of a variable by itself"
    rewriting.line(rule, terms, fact)


def _beyond(before: Term, after: Term) -> Expression:
    return replace(after, factors=after.factors[len(before.factors) :]).tree
