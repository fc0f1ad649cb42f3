"""Expressions: their graphs, what merges, and every refusal."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpviz.model.expression import ExpressionError, parse_expression
from bpviz.model.files import LINE_LIMIT
from bpviz.model.network import Network, Power, Unit, activation_name

FUNCTIONS: dict[str, Callable[[float], float]] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1.0 / (1.0 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "square": lambda z: z * z,
    "reciprocal": lambda z: 1.0 / z,
}


def value_of(network: Network, inputs: dict[str, float]) -> float:
    """Compute the output node by node, independently of the engine."""
    values = dict(inputs)
    for level in network.levels[1:]:
        for node_id in level:
            unit = network.node(node_id)
            assert isinstance(unit, Unit)
            terms = [edge.weight * values[edge.source] for edge in network.incoming[node_id]]
            if unit.combine == "sum":
                z = sum(terms) + unit.bias
            else:
                z = math.prod(terms) if unit.combine == "product" else max(terms)
            if isinstance(unit.activation, Power):
                values[node_id] = z**unit.activation.exponent
            else:
                values[node_id] = FUNCTIONS[activation_name(unit.activation)](z)
    return values[network.outputs[0]]


def shape(text: str) -> list[tuple[str, str, list[tuple[str, float]]]]:
    """Return each unit as (combine or activation, id, incoming edges)."""
    network = parse_expression(text)
    return [
        (
            unit.combine if unit.activation == "identity" else activation_name(unit.activation),
            unit.id,
            [(edge.source, edge.weight) for edge in network.incoming[unit.id]],
        )
        for unit in network.units
    ]


def test_the_graph_of_the_lesson() -> None:
    network = parse_expression("(x+y)*z")
    assert [node.id for node in network.nodes] == ["x", "y", "z", "u1", "u2"]
    assert [edge.name for edge in network.edges] == ["x->u1", "y->u1", "u1->u2", "z->u2"]
    assert network.outputs == ("u2",)
    assert value_of(network, {"x": -2.0, "y": 5.0, "z": -4.0}) == -12.0


def test_nothing_is_trainable() -> None:
    network = parse_expression("3*x + sigmoid(y) - 2")
    assert not any(edge.trainable for edge in network.edges)
    assert not any(unit.trainable_bias for unit in network.units)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x+x", [("sum", "u1", [("x", 2.0)])]),
        ("x-x", [("sum", "u1", [("x", 0.0)])]),
        ("-x+y", [("sum", "u1", [("x", -1.0), ("y", 1.0)])]),
        ("x-y-y", [("sum", "u1", [("x", 1.0), ("y", -2.0)])]),
        ("x*x", [("square", "u1", [("x", 1.0)])]),
        ("x**2", [("square", "u1", [("x", 1.0)])]),
        ("x*x*x", [("power", "u1", [("x", 1.0)])]),
        ("x*x*y", [("square", "u1", [("x", 1.0)]), ("product", "u2", [("u1", 1.0), ("y", 1.0)])]),
        ("max(x,x)", [("sum", "u1", [("x", 1.0)])]),
        ("x", [("sum", "u1", [("x", 1.0)])]),
        ("x/y", [("reciprocal", "u1", [("y", 1.0)]), ("product", "u2", [("x", 1.0), ("u1", 1.0)])]),
        ("x+3", [("sum", "u1", []), ("sum", "u2", [("x", 1.0), ("u1", 1.0)])]),
        ("(x+y)*(y+x)", [("sum", "u1", [("x", 1.0), ("y", 1.0)]), ("square", "u2", [("u1", 1.0)])]),
        ("u1*u3", [("product", "u2", [("u1", 1.0), ("u3", 1.0)])]),
    ],
)
def test_what_merges(text: str, expected: list[tuple[str, str, list[tuple[str, float]]]]) -> None:
    assert shape(text) == expected


def test_equal_parts_are_one_node_so_that_fan_out_shows() -> None:
    network = parse_expression("(x+y)*z + (x+y)")
    assert len(network.units) == 3
    assert len(network.outgoing["u1"]) == 2


def test_a_constant_is_a_unit_with_a_fixed_bias() -> None:
    constant = parse_expression("x*2.5").node("u1")
    assert isinstance(constant, Unit)
    assert (constant.bias, constant.trainable_bias, constant.label) == (2.5, False, "2.5")


@st.composite
def expressions(draw: st.DrawFn) -> str:
    leaf = st.sampled_from(["x", "y", "z", "2", "0.5"])
    tree = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
            st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: "".join(t)),
            inner.map(lambda t: f"(-{t})"),
            inner.map(lambda t: f"tanh({t})"),
            inner.map(lambda t: f"sigmoid({t})**3"),
            st.tuples(inner, inner).map(lambda t: f"max({t[0]},{t[1]})"),
            st.tuples(inner, inner).map(lambda t: f"{t[0]}/(3+tanh({t[1]}))"),
        ),
        max_leaves=12,
    )
    return f"x+{draw(tree)}"


@given(expressions())
def test_the_graph_has_the_value_of_the_text(text: str) -> None:
    inputs = {"x": 0.7, "y": -1.3, "z": 0.4}
    names: dict[str, object] = {**FUNCTIONS, **inputs, "max": max}
    # The text is made above, of the names above: here Python itself is the reference.
    code = compile(ast.parse(text, mode="eval"), "expression", "eval")
    expected = eval(code, {"__builtins__": {}}, names)
    network = parse_expression(text)
    assert value_of(network, inputs) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert len({edge.name for edge in network.edges}) == len(network.edges)


@given(expressions())
def test_nodes_of_the_layout_keep_clear_of_each_other(text: str) -> None:
    network = parse_expression(text)
    assert len({node.position for node in network.nodes}) == len(network.nodes)
    for edge in network.edges:
        assert network.node(edge.source).position[0] < network.node(edge.target).position[0]


def test_edges_that_skip_a_level_do_not_run_through_a_node() -> None:
    network = parse_expression("sigmoid(tanh(x))+x")
    skipping = network.node("x").position[1]
    between = [network.node(name).position[1] for name in ("u1", "u2")]
    assert all(abs(row - skipping) > 1.0 for row in between)


REFUSED = [
    ("", "invalid syntax"),
    ("x+", "invalid syntax"),
    ("x\ny", "invalid syntax"),
    ("\0", "null bytes"),
    ("3", "no name"),
    ("__import__('os').system('true')", "not offered"),
    ("x.y", '"x.y" is not offered'),
    ("x[0]", "not offered"),
    ("lambda: x", "not offered"),
    ("x if y else z", "not offered"),
    ("x<y", "not offered"),
    ("True*x", "not offered"),
    ("1j*x", "not offered"),
    ("'a'", "not offered"),
    ("x//y", "not offered"),
    ("x%y", "not offered"),
    ("~x", "not offered"),
    ("max(*x)", "not offered"),
    ("sin(x=1)", "not offered"),
    ("f(x)", 'no function "f"'),
    ("sin(x,y)", "sin takes one operand"),
    ("max(x)", "two operands"),
    ("sin", "is a function"),
    ("2**x", "constant"),
    ("x**(1/0)", "constant"),
    ("x**1e999", "beyond 1e100"),
    ("1e999*x", "beyond 1e100"),
    ("10**400*x*" + "9" * 5000, "digits"),
    ("ä+x", "letters"),
    ("(" * 300 + "x" + ")" * 300, "parentheses"),
    ("-" * 5000 + "x", "nested"),
    ("x" * 10_001, "longer"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_refusals_are_one_line(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as caught:
        parse_expression(text)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) <= LINE_LIMIT


def test_a_long_sum_is_no_deep_nesting() -> None:
    network = parse_expression("+".join(["x"] * 2000))
    assert [edge.weight for edge in network.edges] == [2000.0]
