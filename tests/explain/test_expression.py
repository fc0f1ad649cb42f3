"""Expression trees: their values, and how they are written as text and LaTeX."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpviz.explain.expression import (
    FUNCTIONS,
    HALF,
    Absolute,
    Expression,
    Fraction,
    Function,
    Given,
    Maximum,
    Minimum,
    Negative,
    Number,
    Partial,
    Power,
    Product,
    Reference,
    Rest,
    Sum,
    Symbol,
    difference,
    evaluate,
    leaves,
    number,
    power,
    product,
    with_numbers,
)
from bpviz.explain.formulas import SHAPES
from bpviz.explain.latex import to_latex
from bpviz.explain.text import to_text

W = Symbol("w", "w", -0.3, Reference("edge", "x->y", "weight"))
A = Symbol("a_x", "a_x", 0.5, Reference("node", "x", "value", 0))
B = Symbol("b", "b", 2.0)
T = Symbol("t", "t", 1.0)

CASES: list[tuple[Expression, str, str, str, float]] = [
    (Product((W, A)), "w·a_x", "−0.3·0.5", r"w \cdot a_x", -0.15),
    (Product((A, W)), "a_x·w", "0.5·(−0.3)", r"a_x \cdot w", -0.15),
    (Sum((Product((W, A)), B)), "w·a_x + b", "−0.3·0.5 + 2", r"w \cdot a_x + b", 1.85),
    (Sum((B, Product((W, A)))), "b + w·a_x", "2 − 0.3·0.5", r"b + w \cdot a_x", 1.85),
    (difference(B, W), "b − w", "2 − (−0.3)", "b - w", 2.3),
    (
        Product((HALF, power(difference(A, T), 2.0))),
        "½·(a_x − t)²",
        "½·(0.5 − 1)²",
        r"\tfrac{1}{2} \cdot \left(a_x - t\right)^{2}",
        0.125,
    ),
    (power(W, 2.0), "w²", "(−0.3)²", "w^{2}", 0.09),
    (power(A, -1.5), "a_x^−1.5", "0.5^−1.5", "a_x^{-1.5}", 0.5**-1.5),
    (Power(A, B), "a_x^b", "0.5²", "a_x^{b}", 0.25),
    (
        Fraction(Product((A, W)), Sum((Function("sqrt", B), T))),
        "a_x·w/(√(b) + t)",
        "0.5·(−0.3)/(√(2) + 1)",
        r"\frac{a_x \cdot w}{\sqrt{b} + t}",
        -0.15 / (math.sqrt(2.0) + 1.0),
    ),
    (
        Product((Fraction(T, B), Sum((A, W)))),
        "(t/b)·(a_x + w)",
        "(1/2)·(0.5 − 0.3)",
        r"\frac{t}{b} \cdot \left(a_x + w\right)",
        0.1,
    ),
    (Negative(Sum((A, B))), "−(a_x + b)", "−(0.5 + 2)", r"-\left(a_x + b\right)", -2.5),
    (Negative(W), "−w", "−(−0.3)", "-w", 0.3),
    (Absolute(W), "|w|", "|−0.3|", r"\left|w\right|", 0.3),
    (Maximum((W, A)), "max(w, a_x)", "max(−0.3, 0.5)", r"\max\left(w, a_x\right)", 0.5),
    (Minimum((W, A)), "min(w, a_x)", "min(−0.3, 0.5)", r"\min\left(w, a_x\right)", -0.3),
    (Given(A, "z > 0"), "a_x [z > 0]", "0.5 [z > 0]", r"a_x\ [z > 0]", 0.5),
    (Partial(B, A, 4.0), "∂b/∂a_x", "4", r"\frac{\partial b}{\partial a_x}", 4.0),
    (Sum(()), "0", "0", "0", 0.0),
    (Product(()), "1", "1", "1", 1.0),
    (
        Sum((A, Rest(12, 3.5))),
        "a_x + … (12 more terms)",
        "0.5 + … (12 more terms: 3.5)",
        r"a_x + \dots\ \text{(12 more terms)}",
        4.0,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "symbols", "numbers", "latex", "value"), CASES)
def test_written_and_evaluated(
    tree: Expression, symbols: str, numbers: str, latex: str, value: float
) -> None:
    assert to_text(tree) == symbols
    assert to_text(with_numbers(tree)) == numbers
    assert to_latex(tree) == latex
    assert evaluate(tree) == pytest.approx(value, rel=1e-14)
    assert evaluate(with_numbers(tree)) == evaluate(tree)


def test_numbers_keep_what_they_refer_to() -> None:
    tree = with_numbers(Sum((Product((W, A)), B)))
    found = [leaf.reference for leaf in leaves(tree) if isinstance(leaf, Number)]
    assert found == [W.reference, A.reference, None]


def test_products_are_taken_apart() -> None:
    assert product(A, Product((W, B)), T) == Product((A, W, B, T))


def test_what_is_no_expression_is_refused() -> None:
    for function in (to_text, to_latex, evaluate):
        with pytest.raises(TypeError, match="Expression"):
            function(Expression())


def python(text: str) -> float:
    """Return the value of a text made of numbers, read by Python's own grammar."""
    return float(eval(text.replace("·", "*").replace("−", "-").replace("²", "**2")))


numbers = st.integers(-9, 9).map(lambda whole: number(whole / 2.0))
trees = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Sum(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Product(tuple(parts))),
        st.tuples(inner, inner).map(lambda pair: difference(*pair)),
        inner.map(Negative),
        inner.map(lambda base: power(base, 2.0)),
        st.tuples(inner, st.integers(1, 8)).map(lambda p: Fraction(p[0], number(p[1]))),
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(trees)
def test_text_means_what_the_tree_means(tree: Expression) -> None:
    # Python reads −x² as −(x²), as people do.
    assert math.isclose(python(to_text(tree, 17)), evaluate(tree), rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_slopes_are_the_derivatives_of_the_values(name: str) -> None:
    parameter = {"leaky_relu": 0.1, "elu": 0.8, "power": 3.0}.get(name, math.nan)
    shape, step = SHAPES[name], 1e-5

    def value(z: float) -> float:
        return evaluate(shape.value(Symbol("z", "z", z), parameter))

    for z in (0.3, 1.7, 25.0) if name in ("log", "sqrt") else (-30.0, -1.3, -0.2, 0.4, 2.1, 30.0):
        at, a = Symbol("z", "z", z), Symbol("a", "a", value(z))
        slope = evaluate(shape.slope(at, a, parameter))
        numeric = (value(z + step) - value(z - step)) / (2.0 * step)
        assert slope == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_functions_survive_large_arguments() -> None:
    for name in ("sigmoid", "tanh", "softplus", "silu", "gelu", "gelu_slope"):
        for z in (-800.0, 800.0):
            assert math.isfinite(FUNCTIONS[name].value(z, math.nan))
    assert FUNCTIONS["gelu_slope"].value(800.0, math.nan) == 1.0
