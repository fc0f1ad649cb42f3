"""The layout of formulas, with a font of whole numbers: no Qt."""

from __future__ import annotations

import math

import pytest

from bpviz.explain.expression import (
    Absolute,
    Expression,
    Fraction,
    Function,
    Given,
    Maximum,
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
    number,
    power,
)
from bpviz.explain.rewriting import derivative
from bpviz.ui.formula.boxes import Box, Drawn, Extent, Fence, Rule, Style, Text, hits, inks
from bpviz.ui.formula.names import name_box
from bpviz.ui.formula.page import FormulaLine, Page, lay_out
from bpviz.ui.formula.typesetter import Typesetter

SIZE = 20


class Fixed:
    """Every sign is half as wide as high."""

    def extent(self, text: str, style: Style) -> Extent:
        return Extent(0.5 * len(text), 0.7, 0.2)


def symbol(name: str, value: float = 1.0) -> Symbol:
    return Symbol(name, name, value, Reference("node", name, "value"))


A, B, C = symbol("a"), symbol("b"), symbol("c")


def box_of(expression: Expression) -> Box:
    return Typesetter(Fixed()).box(expression, SIZE)


def ink_of(box: Box) -> list[Drawn]:
    return list(inks(box, 0.0, 0.0))


def written(box: Box) -> str:
    """Return the signs of a formula from left to right."""
    found = [
        (drawn.x, drawn.box.ink.text if isinstance(drawn.box.ink, Text) else drawn.box.ink.sign)
        for drawn in ink_of(box)
        if isinstance(drawn.box.ink, Text | Fence)
    ]
    return "".join(text for _, text in sorted(found, key=lambda each: each[0]))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (Sum((A, B, C)), "a+b+c"),
        (difference(A, B), "a−b"),
        (Sum((A, number(-0.5))), "a−0.5"),
        (Sum((number(-0.5), A)), "−0.5+a"),
        (Sum((A, Product((number(-2.0), B)))), "a−2·b"),
        (difference(A, number(-2.0)), "a−(−2)"),
        (difference(A, Sum((B, C))), "a−(b+c)"),
        (Sum((A, difference(B, C))), "a+b−c"),
        (Negative(Negative(A)), "−(−a)"),
        (Product((A, number(-2.0))), "a·(−2)"),
        (Product((number(-2.0), A)), "−2·a"),
        (Product((Sum((A, B)), C)), "(a+b)·c"),
        (Product((Sum((A,)), C)), "a·c"),
        (power(A, 2.0), "a2"),
        (power(difference(A, B), 2.0), "(a−b)2"),
        (power(number(-2.0), 2.0), "(−2)2"),
        (power(number(1e-7), 2.0), "(1·10−7)2"),
        (Function("sigmoid", A), "σ(a)"),
        (Function("relu", A), "ReLU(a)"),
        (Function("gelu_slope", A), "GELU′(a)"),
        (Absolute(difference(A, B)), "|a−b|"),
        (Maximum((A, B)), "max(a,b)"),
        (Given(number(1.0), "z > 0"), "1[z > 0]"),
        (Rest(3, 0.5), "… (3 more terms)"),
        (Rest(3, 0.5, shown=True), "… (3 more terms: 0.5)"),
        (Sum(()), "0"),
        (Product(()), "1"),
        (number(-0.0), "0"),
        (number(math.inf), "∞"),
        (number(-math.inf), "−∞"),
        (number(math.nan), "not a number"),
        (Number(0.5, text="½"), "½"),
    ],
)
def test_signs_and_brackets(expression: Expression, text: str) -> None:
    assert written(box_of(expression)) == text


def test_exponents_stand_high_and_small() -> None:
    base, two = ink_of(box_of(power(A, 2.0)))
    assert two.y < base.y
    assert isinstance(base.box.ink, Text)
    assert isinstance(two.box.ink, Text)
    assert two.box.ink.size < base.box.ink.size


def test_a_fraction_has_its_parts_above_and_below_the_bar() -> None:
    box = box_of(Fraction(Sum((A, B)), C))
    drawn = ink_of(box)
    bar = next(each for each in drawn if isinstance(each.box.ink, Rule))
    above = [each for each in drawn if isinstance(each.box.ink, Text) and each.y < 0]
    (below,) = (each for each in drawn if isinstance(each.box.ink, Text) and each.y > 0)
    assert len(above) == 3
    assert all(each.y + each.box.descent < bar.y - bar.box.height for each in above)
    assert below.y - below.box.ascent > bar.y
    assert bar.box.width == box.width
    middle = below.x + below.box.width / 2
    assert middle == pytest.approx(box.width / 2)


def test_brackets_grow_with_what_they_hold() -> None:
    small = ink_of(box_of(Function("sigmoid", A)))
    tall = ink_of(box_of(Function("sigmoid", Fraction(A, B))))
    assert not [each for each in small if isinstance(each.box.ink, Fence)]
    fences = [each.box for each in tall if isinstance(each.box.ink, Fence)]
    inside = box_of(Fraction(A, B))
    assert len(fences) == 2
    assert all(fence.ascent >= inside.ascent for fence in fences)
    assert all(fence.descent >= inside.descent for fence in fences)


def test_a_root_covers_its_radicand() -> None:
    radicand = box_of(Sum((A, B)))
    drawn = ink_of(box_of(Function("sqrt", Sum((A, B)))))
    (bar,) = (each for each in drawn if isinstance(each.box.ink, Rule))
    assert bar.box.width >= radicand.width
    assert bar.y <= -radicand.ascent


def test_every_leaf_can_be_pointed_at_where_it_stands() -> None:
    partial = Partial(A, B, 2.0, Reference("edge", "x->h", "gradient"))
    tree = Sum((Product((A, partial)), Fraction(B, Power(C, number(2.0)))))
    box = box_of(tree)
    found = list(hits(box, 0.0, 0.0))
    assert [hit.reference.name for hit in found] == ["a", "x->h", "b", "c"]
    assert all(hit.width > 0.0 and hit.height > 0.0 for hit in found)
    assert found[0].x + found[0].width <= found[1].x


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\delta_{h_{1}}", "δh1"),
        (r"w_{x_{1} \to h_{1}}", "wx1→h1"),
        (r"\sigma'\left(z_{y}\right)", "σ′(zy)"),
        (r"\text{two \_ words \textasciitilde{}}", "two _ words ~"),
        (r"\hat{m}", "mˆ"),
        (r"s_{\min}", "smin"),
        (r"w \cdot a", "w·a"),
        (r"\unknown x", "unknownx"),
        (r"a_{", "a"),
        (r"\frac", "  "),
        ("", ""),
    ],
)
def test_names(latex: str, text: str) -> None:
    assert written(name_box(Fixed(), latex, SIZE)) == text


def test_sums_have_their_limits_below_and_above() -> None:
    drawn = ink_of(name_box(Fixed(), r"\sum_{i=1}^{D} E", SIZE))
    at = {each.box.ink.text: each for each in drawn if isinstance(each.box.ink, Text)}
    assert at["D"].y + at["D"].box.descent <= at["∑"].y - at["∑"].box.ascent
    assert at["i"].y - at["i"].box.ascent >= at["∑"].y + at["∑"].box.descent
    assert at["E"].x >= at["∑"].x + at["∑"].box.width


def gaps(latex: str) -> dict[str, tuple[float, float]]:
    """The room before and behind each sign of a formula, in pixels."""
    drawn = sorted(ink_of(name_box(Fixed(), latex, SIZE)), key=lambda each: each.x)
    found: dict[str, tuple[float, float]] = {}
    for place, each in enumerate(drawn):
        assert isinstance(each.box.ink, Text)
        before = each.x - drawn[place - 1].x - drawn[place - 1].box.width if place else 0.0
        behind = drawn[place + 1].x - each.x - each.box.width if place + 1 < len(drawn) else 0.0
        found[each.box.ink.text] = (before, behind)
    return found


@pytest.mark.parametrize("latex", ["-3", "b = -3", "(-3)", r"2 \cdot -3", r"\quad -3", r"f(1, -3)"])
def test_a_minus_before_a_number_stands_close_to_it(latex: str) -> None:
    assert gaps(latex)["−"][1] < 0.1 * SIZE


def test_an_operator_has_the_same_room_on_both_sides() -> None:
    for latex, sign in ((r"a - b", "−"), (r"a + b", "+"), (r"a \cdot b", "·"), ("a = b", "=")):
        before, behind = gaps(latex)[sign]
        assert before == pytest.approx(behind)
        assert before >= 0.18 * SIZE
    assert gaps("a = -b")["="] == pytest.approx((0.25 * SIZE, 0.25 * SIZE))


def test_a_function_stands_apart_from_its_factors_not_from_brackets() -> None:
    assert min(gaps(r"t \ln p")["ln"]) > 0.1 * SIZE
    assert gaps(r"t = \max(z)")["max"][1] == 0.0
    assert gaps(r"-\ln p")["ln"][0] < 0.1 * SIZE


def page_of(expression: Expression, width: float) -> Page:
    line = FormulaLine(expression, A)
    return lay_out([line], Typesetter(Fixed(), 4, width - 80.0), SIZE, width)


def test_long_sums_are_broken_at_their_operators() -> None:
    terms = tuple(Product((symbol(name), number(0.25))) for name in "abcdefgh")
    wide = page_of(Sum(terms), 10_000.0)
    narrow = page_of(Sum(terms), 300.0)
    assert narrow.width <= 300.0
    assert narrow.height > 2 * wide.height
    begins: dict[float, str] = {}
    for each in narrow.drawn:
        if isinstance(each.box.ink, Text):
            begins.setdefault(each.y, each.box.ink.text)
    # The products stay whole.
    assert list(begins.values())[1:] == ["+"] * (len(begins) - 1)
    assert [hit.reference.name for hit in narrow.hits] == ["a", *"abcdefgh"]


def test_bracketed_sums_are_broken_too_and_fractions_stacked() -> None:
    long = Sum(tuple(symbol(name) for name in "abcdefghijklmnop"))
    assert page_of(Product((Fraction(A, B), long)), 260.0).width <= 260.0
    assert page_of(Fraction(long, A), 300.0).width <= 300.0


def test_equal_signs_stand_below_each_other() -> None:
    lines = [
        FormulaLine(Sum((A, B)), C),
        FormulaLine(Sum((number(0.5), number(0.25))), role="numbers"),
        FormulaLine(Number(0.75, C.reference), role="result", tone="positive"),
    ]
    page = lay_out(lines, Typesetter(Fixed(), 4, 320.0), SIZE, 400.0)
    signs = [each for each in page.drawn if isinstance(each.box.ink, Text)
             and each.box.ink.text == "="]  # fmt: skip
    assert len({each.x for each in signs}) == 1
    assert len({each.y for each in signs}) == 3
    (card,) = page.cards
    assert [card.y < each.y < card.y + card.height for each in signs] == [False, True, True]
    result = page.drawn[-1].box.ink
    assert result == Text("0.75", "bold", 23, "positive")


def test_a_rule_that_several_lines_of_a_card_share_is_named_once() -> None:
    def captions(*names: str) -> list[Drawn]:
        lines = [FormulaLine(Number(1.0), A, role="result", caption=name) for name in names]
        page = lay_out(lines, Typesetter(Fixed(), 4, 320.0), SIZE, 400.0)
        assert len(page.cards) == 1
        return [each for each in page.drawn if isinstance(each.box.ink, Text)
                and each.box.ink.text in names]  # fmt: skip

    assert len(captions("data", "data", "data")) == 1
    above, inside = captions("data", "other")
    assert inside.x > above.x == 0.0


@pytest.mark.parametrize("width", [160.0, 240.0, 10_000.0])
def test_the_derivative_of_something_long_is_broken_where_it_has_no_room(width: float) -> None:
    inside = Product((Fraction(number(1.0), number(42.0)), Sum(tuple(map(symbol, "abcdefgh")))))
    partial = derivative(inside, symbol("w"), 1.0)
    page = page_of(partial, width + 80.0)
    assert page.width <= width + 80.0
    signs = [each.box.ink.text for each in page.drawn if isinstance(each.box.ink, Text)]
    # Whichever form it has, all of it is there, in brackets that fit.
    assert signs.count("∂") == 2
    assert [sign for sign in signs if sign in "abcdefgh"] == list("aabcdefgh"), "a = ∂…"
    sizes = {each.box.ink.size for each in page.drawn if isinstance(each.box.ink, Text)}
    assert max(sizes) == SIZE
