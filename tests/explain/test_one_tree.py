"""Text, LaTeX and drawing of each formula are read back, and come to the numbers of its tree."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bpviz.engine.backprop import Trace
from bpviz.engine.frames import frames
from bpviz.explain.chain import derive
from bpviz.explain.copying import latex_of_tables
from bpviz.explain.derivation import explain
from bpviz.explain.expression import (
    Expression,
    Number,
    Partial,
    Reference,
    Symbol,
    difference,
    evaluate,
    leaves,
    number,
    power,
    product,
    with_numbers,
)
from bpviz.explain.influence import parameter_named, parameter_names
from bpviz.explain.latex import to_latex
from bpviz.explain.paths import paths
from bpviz.explain.subject import Subject, aspects, explain_subject
from bpviz.explain.text import to_text
from bpviz.ui.formula.boxes import hits
from bpviz.ui.formula.typesetter import Typesetter
from tests.explain.random_traces import random_trace
from tests.explain.reading import (
    drawn_text,
    latex_names_in,
    latex_value,
    names_in,
    text_value,
    unwritten,
)
from tests.explain.test_chain import lesson, lines_of
from tests.explain.test_derivation import magnitude
from tests.explain.test_matrix_table import tables_at
from tests.ui.test_formula_layout import Fixed

ALL = 17
SIZE = 20


def formulas(made: Trace, pick: int) -> Iterator[tuple[str, Expression]]:
    """Iterate over the formulas of every kind of explanation of a trace."""
    sample = pick % len(made.rows)
    for frame in frames(made.program, "term", made.training, len(made.rows)):
        for line in explain(made, frame, sample, 6).lines:
            yield frame.kind, line.right
    network = made.program.network
    everything = [Subject(node=node) for node in range(len(network.nodes))]
    everything += [Subject(edge=edge) for edge in range(len(network.edges))]
    for subject in everything:
        for aspect in aspects(network, subject):
            for line in explain_subject(made, subject, aspect, sample, batch=True).lines:
                yield aspect, line.right
    names = parameter_names(network)
    node, edge = parameter_named(network, names[pick % len(names)])
    for step in lines_of(derive(made, node, edge, sample)):
        yield step.rule, step.right
        if step.fact is not None:
            yield f"fact of {step.rule}", step.fact.right
    found = paths(made, node, edge, sample, most=5)
    yield "paths", found.line.right
    for path in found.shown:
        yield "path", path.product
        yield "path's formula", path.formula


def check(kind: str, tree: Expression) -> None:
    """Read all that is written of a tree back."""
    expected, scale, left_out = evaluate(tree), max(1.0, magnitude(tree)), unwritten(tree)
    numbers = with_numbers(tree)
    drawing = Typesetter(Fixed(), ALL).box(numbers, SIZE)
    half = [0.5] * to_text(numbers).count("½")
    halves = {"½": half}
    read = {
        "symbols as text": text_value(to_text(tree, ALL), names_in(tree), left_out),
        "numbers as text": text_value(to_text(numbers, ALL), halves, left_out),
        "symbols as LaTeX": latex_value(to_latex(tree, ALL), latex_names_in(tree), left_out),
        "numbers as LaTeX": latex_value(to_latex(numbers, ALL), {r"\tfrac{1}{2}": half}, left_out),
        "drawing": text_value(drawn_text(drawing), halves, left_out),
    }
    for how, value in read.items():
        assert math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-12 * scale), (
            kind, how, value, expected, to_text(tree), to_latex(tree),
        )  # fmt: skip
    pointed = [hit.reference for hit in hits(Typesetter(Fixed()).box(tree, SIZE), 0.0, 0.0)]
    assert pointed == references(tree), (kind, to_text(tree))


def references(tree: Expression) -> list[Reference]:
    return [
        leaf.reference
        for leaf in leaves(tree)
        if isinstance(leaf, (Symbol, Partial, Number)) and leaf.reference is not None
    ]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), pick=st.integers(0, 50))
def test_every_way_of_writing_comes_to_the_number_of_the_tree(seed: int, pick: int) -> None:
    made = random_trace(seed)
    assume(made is not None)
    assert made is not None
    # A third of them each time: what is alike stands in a row.
    for kind, tree in islice(formulas(made, pick), pick % 3, None, 3):
        check(kind, tree)


@pytest.mark.parametrize("name", ["S1", "S2", "S3", "S4", "S5", "T5_softmax", "T6_dead_relu"])
def test_every_formula_of_the_lessons_says_the_same_in_each_way(name: str) -> None:
    _, made = lesson(name)
    for kind, tree in formulas(made, 1):
        check(kind, tree)


def test_the_readers_find_mistakes() -> None:
    a, b = Symbol("a", "a", 3.0), Symbol("b", "b", -2.0)
    tree = product(difference(a, b), power(b, 2.0))
    left_out = unwritten(tree)
    names = names_in(tree)
    assert names == latex_names_in(tree) == {"a": [3.0], "b": [-2.0, -2.0]}
    assert text_value("(a − b)·b²", names, left_out) == 20.0
    assert text_value("a − b·b²", names, left_out) == 11.0
    assert text_value("(3 − (−2))·(−2)²", {}, left_out) == 20.0
    assert latex_value(r"\left(a - b\right) \cdot b^{2}", names, left_out) == 20.0
    assert latex_value(r"\frac{a - b}{b}", names, left_out) == -2.5
    for wrong in ("(a − b·b²", "a − c", "a b", "", "a − b", "a − b·b·b"):
        with pytest.raises(AssertionError):
            text_value(wrong, names, left_out)
    other = Typesetter(Fixed(), ALL).box(product(number(5.0), power(number(-2.0), 2.0)), SIZE)
    assert drawn_text(other) == "5·(−2)^(2)"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_matrices_in_latex_hold_the_numbers_of_their_cells(seed: int) -> None:
    _, made = lesson(("S1", "S3", "S4", "S5")[seed % 4])
    layers = tables_at(made, -1)
    latex = latex_of_tables(layers, ALL)
    bodies = re.findall(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", latex)
    tables = [table for layer in layers for table in layer.tables]
    assert len(bodies) == len(tables)
    for body, table in zip(bodies, tables, strict=True):
        cells = [[latex_value(cell, {}, unwritten(number(0.0))) for cell in line.split(" & ")]
                 for line in body.split(r" \\ ")]  # fmt: skip
        np.testing.assert_allclose(
            cells, [[cell.value for cell in row] for row in table.cells], rtol=1e-12
        )
