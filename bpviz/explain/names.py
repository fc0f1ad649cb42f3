"""Names as a textbook writes them: quantities by the network's labels, letters by `notation`."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.explain.expression import Symbol
from bpviz.explain.latex import escaped
from bpviz.explain.symbols import FloatArray, Leaves, cut
from bpviz.model.network import Input, Unit
from bpviz.model.session import Notation

RAISED, LOWERED, PLAIN = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉", "0123456789"
LOWER = str.maketrans(PLAIN, LOWERED)
TO_PLAIN = str.maketrans(RAISED + LOWERED, PLAIN + PLAIN)
# A label such as x, x1, x₁, a²₁, r_h or h1_2: a letter with what stands above and below it.
QUANTITY = re.compile(
    rf"([A-Za-z])([{RAISED}]{{0,2}})([{LOWERED}0-9]{{0,3}}(?:_[A-Za-z0-9]{{1,6}})?)"
)
# Letters of the calculus itself: a node called so goes by a_E, not by E.
TAKEN = frozenset("abwzpEJP")
# To see whether indices tell all units of a larger network apart takes longer than a step may.
MOST_NAMED = 500
SPECIAL = {"→": r" \to ", "σ": r"\sigma "}


class Name(NamedTuple):
    """A letter with an upper and a lower index; the letter is "" where the label is no such."""

    letter: str
    upper: str
    lower: str
    label: str

    def text(self, letter: str) -> str:
        """Return `letter` with these indices, as text."""
        if not self.lower or self.lower.isdigit():
            return f"{letter}{self._raised}{self.lower.translate(LOWER)}"
        return f"{letter}{self._raised}_{self.lower}"

    def latex(self, letter: str) -> str:
        """Return `letter` with these indices, as LaTeX."""
        upper = f"^{{{self.upper}}}" if self.upper else ""
        lower = f"_{{{self.lower.replace('_', ',')}}}" if self.lower else ""
        return f"{letter}{upper}{lower}"

    @property
    def _raised(self) -> str:
        return self.upper.translate(str.maketrans(PLAIN, RAISED))


def name_of(label: str) -> Name:
    """Return the parts of a label."""
    match = QUANTITY.fullmatch(label)
    if not match:
        return Name("", "", "", label)
    lower = match[3].translate(TO_PLAIN).removeprefix("_")
    return Name(match[1], match[2].translate(TO_PLAIN), lower, label)


def words(label: str) -> str:
    """Return any label for LaTeX's math mode, upright."""
    parts = re.split(rf"([{RAISED}]+|[{LOWERED}]+|[{''.join(SPECIAL)}])", label)
    return "".join(map(_word, filter(None, parts)))


def _word(part: str) -> str:
    if part in SPECIAL:
        return SPECIAL[part]
    if part[0] in RAISED or part[0] in LOWERED:
        sign = "^" if part[0] in RAISED else "_"
        return f"{{}}{sign}{{{part.translate(TO_PLAIN)}}}"
    return rf"\text{{{escaped(part)}}}"


class NamedLeaves(Leaves):
    """Leaves that go by the names a text would use.

    A unit labelled r_h has the value r_h, the pre-activation z_h and the error signal δ_h, where
    all units are labelled so; otherwise y goes with z_y and δ_y. A weight is w_h where each unit
    has one edge only, w¹₁₂ where labels such as a²₁ count layer and place, else w(x→y); the edge
    `own`, whose weight is spoken of, then has plainly w.
    """

    def __init__(
        self, trace: Trace, sample: int, notation: Notation | None = None, own: int = -1
    ) -> None:
        self.notation = notation or Notation()
        self.own = own
        super().__init__(
            trace,
            sample,
            loss_name=self.notation.loss_symbol,
            target_name=self.notation.target_symbol,
        )
        # What is made once: a derivation asks for the same names over and over.
        self._name_of: dict[int, Name] = {}
        self._weight_of: dict[int, Symbol] = {}
        self._value_of: dict[int, Symbol] = {}
        self._edges_into: dict[int, list[int]] = {}

    def at(self, sample: int) -> NamedLeaves:
        """Return the leaves of another sample; names and weights are the same."""
        others = NamedLeaves(self.trace, sample, self.notation, self.own)
        others._name_of, others._weight_of = self._name_of, self._weight_of
        others._edges_into = self._edges_into
        return others

    def label(self, node: int) -> str:
        """Return the node's label, cut; its id where the label is empty or not the only one."""
        found = self.network.nodes[node]
        return cut(found.label) if self._labels[found.label] == 1 and found.label else found.id

    def incoming(self, node: int) -> list[int]:
        """Return the positions of the edges into the node, in edge order."""
        if node not in self._edges_into:
            self._edges_into[node] = super().incoming(node)
        return self._edges_into[node]

    def name(self, node: int) -> Name:
        """Return the parts of the node's label."""
        if node not in self._name_of:
            self._name_of[node] = name_of(self.label(node))
        return self._name_of[node]

    def value(self, node: int) -> Symbol:
        """Return the value of a node, by its label where that is a letter with indices."""
        if node not in self._value_of:
            self._value_of[node] = self._named_value(node)
        return self._value_of[node]

    def _named_value(self, node: int) -> Symbol:
        symbol = super().value(node)
        name = self.name(node)
        if not isinstance(self.network.nodes[node], Input):
            return symbol
        latex = name.latex(name.letter) if name.letter else words(name.label)
        return Symbol(symbol.text, latex, symbol.value, symbol.reference)

    def weight(self, edge: int, *, updated: bool = False) -> Symbol:
        """Return the weight of an edge; a shared one goes by the name of what is shared."""
        if updated:
            return self._named_weight(edge, updated=True)
        if edge not in self._weight_of:
            self._weight_of[edge] = self._named_weight(edge)
        return self._weight_of[edge]

    def _named_weight(self, edge: int, *, updated: bool = False) -> Symbol:
        symbol = super().weight(edge, updated=updated)
        text, latex = self._weight_names(edge, symbol)
        return Symbol(text, latex, symbol.value, symbol.reference)

    def bias(self, node: int, *, updated: bool = False) -> Symbol:
        """Return the bias of a sum unit; a shared one goes by the name of what is shared."""
        symbol = super().bias(node, updated=updated)
        share = self.unit(node).bias_share
        if not share:
            return symbol
        text, latex = _shared("b", share)
        return Symbol(text, latex, symbol.value, symbol.reference)

    def member(self, node: int, edge: int) -> Symbol:
        """Return the parameter at this place alone: a shared one by the place's own name."""
        if self.is_shared(node, edge):
            return super().weight(edge) if edge >= 0 else super().bias(node)
        return super().member(node, edge)

    def is_shared(self, node: int, edge: int) -> bool:
        """Whether the parameter has its value together with others."""
        return bool(self.network.edges[edge].share if edge >= 0 else self.unit(node).bias_share)

    @cached_property
    def term_slopes(self) -> FloatArray:
        """Return ∂z/∂(w·a) of every edge, of this sample, [E]."""
        return self.trace.term_slopes(self.sample)

    @cached_property
    def weights(self) -> FloatArray:
        """Return the weight of every edge before the update, [E]."""
        return np.take(self.trace.theta, self.trace.program.edge_slot)

    @cached_property
    def edge_values(self) -> FloatArray:
        """Return w·a of every edge, of this sample, [E]."""
        return np.asarray(self.weights * self.trace.a[self.sample, self.trace.program.source])

    @cached_property
    def _labels(self) -> Counter[str]:
        return Counter(node.label for node in self.network.nodes)

    @cached_property
    def _indexed(self) -> bool:
        # Whether the indices alone tell the units apart, and all units share a letter.
        places = [place for place, node in enumerate(self.network.nodes) if isinstance(node, Unit)]
        names = [self.name(place) for place in places]
        indices = {(name.upper, name.lower) for name in names}
        letters = {name.letter for name in names}
        return len(indices) == len(names) > 1 and len(letters) == 1 and all(n.lower for n in names)

    @cached_property
    def _chained(self) -> bool:
        return self._indexed and all(len(edges) < 2 for edges in self.network.incoming.values())

    def _names(self, letter: str, latex: str, node: int) -> tuple[str, str]:
        name = self.name(node)
        taken = not name.lower and name.letter in TAKEN | {self.target_name}
        if letter == "a" and name.letter and not taken:
            return name.label, name.latex(name.letter)
        if letter == self.target_name and len(self.network.outputs) == 1:
            return letter, latex
        if name.letter and self._indexed:
            return name.text(letter), name.latex(latex)
        below = name.latex(name.letter) if name.letter else words(name.label)
        return f"{letter}_{name.label}", f"{latex}_{{{below}}}"

    def _weight_names(self, edge: int, symbol: Symbol) -> tuple[str, str]:
        share = self.network.edges[edge].share
        if share:
            return _shared("w", share)
        source, target = map(self.name, self.ends(edge))
        if self._chained:
            return target.text("w"), target.latex("w")
        if self._indexed and target.upper and source.lower.isdigit() and target.lower.isdigit():
            layer = int(target.upper) - (self.notation.weight_layer == "source")
            ends = (target.lower, source.lower)
            to, start = ends if self.notation.weight_order == "to_from" else ends[::-1]
            apart = "," if max(len(to), len(start)) > 1 else ""
            name = Name("w", str(layer), f"{to}{apart}{start}", "")
            return name.text("w"), name.latex("w")
        if edge == self.own:
            return "w", "w"
        arrow = r" \to ".join(
            name.latex(name.letter) if name.letter else words(name.label)
            for name in (source, target)
        )
        return symbol.text, f"w_{{{arrow}}}"


class NotedLeaves(Leaves):
    """Plain leaves whose weights go by the names of the session's `notation`."""

    def __init__(self, trace: Trace, sample: int, notation: Notation | None = None) -> None:
        self._named = NamedLeaves(trace, sample, notation)
        letters = self._named.notation
        super().__init__(
            trace, sample, loss_name=letters.loss_symbol, target_name=letters.target_symbol
        )

    def weight(self, edge: int, *, updated: bool = False) -> Symbol:
        """Return the weight of an edge, as a derivation calls it."""
        if len(self.network.nodes) > MOST_NAMED:
            return super().weight(edge, updated=updated)
        return self._named.weight(edge, updated=updated)

    def bias(self, node: int, *, updated: bool = False) -> Symbol:
        """Return the bias of a sum unit; a shared one goes by the name of what is shared."""
        if not self._named.is_shared(node, -1):
            return super().bias(node, updated=updated)
        return self._named.bias(node, updated=updated)

    def member(self, node: int, edge: int) -> Symbol:
        """Return the parameter at this place alone: a shared one by the place's own name."""
        if not self._named.is_shared(node, edge):
            return super().member(node, edge)
        return super().weight(edge) if edge >= 0 else super().bias(node)


def _shared(letter: str, share: str) -> tuple[str, str]:
    name = name_of(share)
    if name.letter == letter:
        return name.text(letter), name.latex(letter)
    return f"{letter}_{share}", f"{letter}_{{{words(share)}}}"
