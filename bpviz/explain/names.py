"""Names as a textbook writes them: quantities by the network's labels, letters by `notation`."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bpviz.engine.backprop import Trace
from bpviz.explain.expression import Symbol
from bpviz.explain.parts import Name, name_of
from bpviz.explain.symbols import FloatArray, Leaves
from bpviz.model.names import pretty_name
from bpviz.model.network import Unit
from bpviz.model.session import Notation

# Letters of the calculus itself: a node called so goes by a_E, not by E.
TAKEN = frozenset("abwzpEJP")
# To see whether indices tell all units of a larger network apart takes longer than a step may.
MOST_NAMED = 500


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

    def incoming(self, node: int) -> list[int]:
        """Return the positions of the edges into the node, in edge order."""
        if node not in self._edges_into:
            self._edges_into[node] = super().incoming(node)
        return self._edges_into[node]

    def name(self, node: int) -> Name:
        """Return what formulas call the node."""
        if node not in self._name_of:
            self._name_of[node] = super().name(node)
        return self._name_of[node]

    def value(self, node: int) -> Symbol:
        """Return the value of a node, by its label where that is a letter with indices."""
        if node not in self._value_of:
            self._value_of[node] = super().value(node)
        return self._value_of[node]

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
            return name.whole, name.whole_latex
        if letter == self.target_name and len(self.network.outputs) == 1:
            return letter, latex
        if name.letter and self._indexed:
            return name.text(letter), name.latex(latex)
        return f"{letter}_{name.whole}", f"{latex}_{{{name.whole_latex}}}"

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
        return symbol.text, symbol.latex


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
    name = name_of(pretty_name(share))
    if name.letter == letter:
        return name.whole, name.whole_latex
    return f"{letter}_{name.whole}", f"{letter}_{{{name.whole_latex}}}"
