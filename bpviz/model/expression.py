"""Expressions such as `(x+y)*z` as computational graphs; the text is parsed, never evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TypeAlias

import msgspec

from bpviz.model.counts import grouped
from bpviz.model.files import one_line
from bpviz.model.layout import arranged
from bpviz.model.network import (
    ID_PATTERN,
    Activation,
    Combine,
    Edge,
    Input,
    Network,
    Node,
    Power,
    Unit,
)

LONGEST_TEXT = 10_000
MOST_NODES = 2_000
LARGEST_NUMBER = 1e100
FUNCTIONS = ("sigmoid", "tanh", "relu", "exp", "log", "sqrt", "sin", "cos", "abs")

Terms: TypeAlias = list[tuple[str, float]]
_Key: TypeAlias = tuple[object, ...]

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
}


class ExpressionError(ValueError):
    """An expression that cannot become a graph; the text is one line that says why."""


def parse_expression(text: str) -> Network:
    """Return the computational graph of `text`, laid out, with all weights and biases fixed.

    Inputs keep the names in the text, in the order of their first mention; units are u1, u2, …;
    the last node is the output. Raises ExpressionError.
    """
    if len(text) > LONGEST_TEXT:
        raise ExpressionError(f"expression: longer than {grouped(LONGEST_TEXT)} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
        forms = _Forms()
        root = forms.of(tree.body)
        network = _Lowering(forms).network(root)
    except (RecursionError, MemoryError):
        raise ExpressionError("expression: nested too deeply") from None
    except ExpressionError:
        raise
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        raise ExpressionError(one_line(f"expression{where}: {error.msg}", 300)) from None
    except ValueError as error:
        raise ExpressionError(one_line(f"expression: {error}", 300)) from None
    places = arranged(network)
    nodes = tuple(msgspec.structs.replace(n, position=places[n.id]) for n in network.nodes)
    return Network(nodes, network.edges, network.outputs)


class _Forms:
    """All sub-expressions as written; equal ones are one form, known by its number.

    `uses` counts the places a form stands in, over distinct parents.
    """

    def __init__(self) -> None:
        self.keys: list[_Key] = []
        self.uses: list[int] = []
        self._known: dict[_Key, int] = {}

    def of(self, tree: ast.expr) -> int:
        """Return the form of a syntax tree; raises ExpressionError on what is not offered."""
        spine: list[ast.BinOp] = []
        while isinstance(tree, ast.BinOp) and not isinstance(tree.op, ast.Pow):
            spine.append(tree)
            tree = tree.left
        form = self._leaf(tree)
        # Long sums lean to the left: a loop, so that their length is not the depth of calls.
        for entry in reversed(spine):
            name = _OPERATORS.get(type(entry.op))
            if name is None:
                raise _refusal(entry)
            form = self._intern((name, form, self.of(entry.right)))
        return form

    def _leaf(self, tree: ast.expr) -> int:
        if isinstance(tree, ast.Name):
            return self._intern(("name", _name(tree.id)))
        if isinstance(tree, ast.Constant):
            return self._intern(("number", _number(tree)))
        if isinstance(tree, ast.UnaryOp):
            return self._signed(tree)
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow):
            return self._power(tree)
        if isinstance(tree, ast.Call):
            return self._call(tree)
        raise _refusal(tree)

    def _signed(self, tree: ast.UnaryOp) -> int:
        if isinstance(tree.op, ast.UAdd):
            return self.of(tree.operand)
        if not isinstance(tree.op, ast.USub):
            raise _refusal(tree)
        if isinstance(tree.operand, ast.Constant):
            return self._intern(("number", -_number(tree.operand)))
        return self._intern(("neg", self.of(tree.operand)))

    def _power(self, tree: ast.BinOp) -> int:
        exponent = _constant(tree.right)
        base = self.of(tree.left)
        if exponent == 1.0:
            return base
        return self._intern(("power", base, exponent))

    def _call(self, tree: ast.Call) -> int:
        if not isinstance(tree.func, ast.Name) or tree.keywords:
            raise _refusal(tree)
        name = tree.func.id
        if any(isinstance(argument, ast.Starred) for argument in tree.args):
            raise _refusal(tree)
        if name == "max":
            if len(tree.args) < 2:
                raise ExpressionError("expression: max takes two operands or more")
            return self._intern(("max", *(self.of(argument) for argument in tree.args)))
        if name not in FUNCTIONS:
            offered = ", ".join((*FUNCTIONS, "max"))
            raise ExpressionError(f"expression: no function {_quoted(name)}; there are {offered}")
        if len(tree.args) != 1:
            raise ExpressionError(f"expression: {name} takes one operand, not {len(tree.args)}")
        return self._intern(("call", name, self.of(tree.args[0])))

    def _intern(self, key: _Key) -> int:
        found = self._known.get(key)
        if found is not None:
            return found
        form = self._known[key] = len(self.keys)
        self.keys.append(key)
        self.uses.append(0)
        if key[0] not in ("name", "number"):
            for part in key[1:]:
                if isinstance(part, int):
                    self.uses[part] += 1
        return form


class _Lowering:
    """Makes the nodes and edges of a graph from its forms; equal nodes are made once."""

    def __init__(self, forms: _Forms) -> None:
        self._forms = forms
        names = [key[1] for key in forms.keys if key[0] == "name"]
        self._inputs: list[Node] = [Input(str(name)) for name in names]
        self._used = {node.id for node in self._inputs}
        self._units: list[Node] = []
        self._edges: list[Edge] = []
        self._made: dict[_Key, str] = {}
        self._lowered: dict[int, str] = {}
        self._count = 0

    def network(self, root: int) -> Network:
        """Return the graph whose output is the form `root`."""
        if not self._inputs:
            raise ExpressionError("expression: no name in it, so nothing to differentiate by")
        output = self.node(root)
        if output in self._used:
            output = self._unit("sum", "identity", [(output, 1.0)])
        return Network((*self._inputs, *self._units), tuple(self._edges), (output,))

    def node(self, form: int) -> str:
        """Return the id of the node that holds the value of `form`."""
        if form not in self._lowered:
            self._lowered[form] = self._make(form)
        return self._lowered[form]

    def _make(self, form: int) -> str:
        kind, *parts = self._forms.keys[form]
        if kind == "name":
            return str(parts[0])
        if kind == "number":
            return self._constant(float(str(parts[0])))
        if kind in ("add", "sub", "neg"):
            return self._sum(form)
        if kind in ("mul", "div"):
            return self._product(form)
        if kind == "max":
            return self._maximum([part for part in parts if isinstance(part, int)])
        if kind == "power":
            base, exponent = parts
            return self._raised(self.node(_form(base)), float(str(exponent)))
        name, operand = parts
        return self._function(_activation(str(name)), self.node(_form(operand)))

    def _sum(self, form: int) -> str:
        merged: dict[str, float] = {}
        for operand, weight in self._sum_terms(form):
            source = self.node(operand)
            merged[source] = merged.get(source, 0.0) + weight
        terms = list(merged.items())
        if len(terms) == 1 and terms[0][1] == 1.0:
            return terms[0][0]
        return self._unit("sum", "identity", terms)

    def _sum_terms(self, form: int) -> list[tuple[int, float]]:
        """Flatten a chain of + and − as it is written, but not through a form used elsewhere."""
        keys, uses = self._forms.keys, self._forms.uses
        terms: list[tuple[int, float]] = []
        sign = 1.0
        here = form
        while keys[here][0] in ("add", "sub", "neg") and (here == form or uses[here] == 1):
            kind, left, *right = keys[here]
            if kind == "neg":
                sign = -sign
            else:
                terms.append(self._unsigned(_form(right[0]), sign if kind == "add" else -sign))
            here = _form(left)
        terms.append((here, sign))
        return terms[::-1]

    def _unsigned(self, form: int, sign: float) -> tuple[int, float]:
        keys, uses = self._forms.keys, self._forms.uses
        while keys[form][0] == "neg" and uses[form] == 1:
            form, sign = _form(keys[form][1]), -sign
        return form, sign

    def _product(self, form: int) -> str:
        counts: dict[str, int] = {}
        for operand, below in self._factors(form):
            if below:
                factor = self._function("reciprocal", self.node(operand))
            elif self._forms.keys[operand] == ("number", 1.0):
                continue
            else:
                factor = self.node(operand)
            counts[factor] = counts.get(factor, 0) + 1
        sources = [self._raised(factor, float(count)) for factor, count in counts.items()]
        if not sources:
            return self._constant(1.0)
        if len(sources) == 1:
            return sources[0]
        return self._unit("product", "identity", [(source, 1.0) for source in sources])

    def _factors(self, form: int) -> list[tuple[int, bool]]:
        """Flatten a chain of × and ÷; True marks a divisor."""
        keys, uses = self._forms.keys, self._forms.uses
        factors: list[tuple[int, bool]] = []
        here = form
        while keys[here][0] in ("mul", "div") and (here == form or uses[here] == 1):
            kind, left, right = keys[here]
            factors.append((_form(right), kind == "div"))
            here = _form(left)
        factors.append((here, False))
        return factors[::-1]

    def _maximum(self, operands: list[int]) -> str:
        sources = list(dict.fromkeys(self.node(operand) for operand in operands))
        if len(sources) == 1:
            return sources[0]
        return self._unit("max", "identity", [(source, 1.0) for source in sources])

    def _raised(self, source: str, exponent: float) -> str:
        if exponent == 1.0:
            return source
        if exponent == 2.0:
            return self._function("square", source)
        return self._function(Power(exponent=exponent), source)

    def _function(self, activation: Activation, source: str) -> str:
        return self._unit("sum", activation, [(source, 1.0)])

    def _constant(self, value: float) -> str:
        return self._unit("sum", "identity", [], bias=value)

    def _unit(
        self, combine: Combine, activation: Activation, terms: Terms, bias: float = 0.0
    ) -> str:
        # x + y and y + x are one node; the first one written gives the order of its edges.
        order = tuple(terms) if combine == "max" else frozenset(terms)
        key = (combine, activation, order, bias, not terms)
        if key in self._made:
            return self._made[key]
        if len(self._units) + len(self._inputs) >= MOST_NODES:
            raise ExpressionError(f"expression: more than {grouped(MOST_NODES)} nodes")
        name = self._made[key] = self._fresh_name()
        label = name if terms else f"{bias:.12g}".replace("-", "−")
        self._units.append(
            Unit(
                name,
                combine=combine,
                activation=activation,
                bias=bias,
                trainable_bias=False,
                label=label,
            )
        )
        self._edges += [Edge(source, name, weight, trainable=False) for source, weight in terms]
        return name

    def _fresh_name(self) -> str:
        self._count += 1
        while f"u{self._count}" in self._used:
            self._count += 1
        return f"u{self._count}"


def _form(part: object) -> int:
    if not isinstance(part, int):
        raise TypeError(f"not a form: {part!r}")
    return part


def _activation(name: str) -> Activation:
    unit: Unit = msgspec.convert({"kind": "unit", "id": "u", "activation": name}, Unit)
    return unit.activation


def _name(name: str) -> str:
    if not re.match(ID_PATTERN, name):
        raise ExpressionError(
            f"expression: the name {_quoted(name)} is not of letters a-z, digits and _, 64 at most"
        )
    if name in (*FUNCTIONS, "max"):
        raise ExpressionError(f"expression: {name} is a function: write {name}(…)")
    return name


def _number(tree: ast.Constant) -> float:
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal(tree)
    return _in_range(float(value) if abs(value) <= LARGEST_NUMBER else float("inf"))


def _in_range(value: float) -> float:
    if not abs(value) <= LARGEST_NUMBER:
        raise ExpressionError("expression: a number beyond 1e100")
    return value


def _constant(tree: ast.expr) -> float:
    """Return the value of an exponent, which may be calculated from numbers."""
    if isinstance(tree, ast.Constant):
        return _number(tree)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.UAdd | ast.USub):
        value = _constant(tree.operand)
        return value if isinstance(tree.op, ast.UAdd) else -value
    if isinstance(tree, ast.BinOp):
        left, right = _constant(tree.left), _constant(tree.right)
        if isinstance(tree.op, ast.Add):
            return _in_range(left + right)
        if isinstance(tree.op, ast.Sub):
            return _in_range(left - right)
        if isinstance(tree.op, ast.Mult):
            return _in_range(left * right)
        if isinstance(tree.op, ast.Div) and right != 0.0:
            return _in_range(left / right)
    raise ExpressionError("expression: an exponent must be a constant number")


def _refusal(tree: ast.AST) -> ExpressionError:
    written = _quoted(ast.unparse(tree))
    return ExpressionError(
        f"expression: {written} is not offered; there are + - * / ** ( ) numbers, names, "
        f"{' '.join(FUNCTIONS)} max"
    )


def _quoted(text: str) -> str:
    return f'"{one_line(text, 40)}"'
