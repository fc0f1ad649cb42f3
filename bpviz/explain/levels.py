"""The lines of a derivation, level by level from the loss down; those left out are jumped over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bpviz.explain.combine import winner
from bpviz.explain.expression import Expression, Rest, evaluate
from bpviz.explain.influence import Influence
from bpviz.explain.loss_rules import open_loss
from bpviz.explain.rewriting import MOST_TERMS, Rewriting, Term
from bpviz.explain.unit_rules import CHAIN, activation_rule, open_units, other_factors
from bpviz.model.counts import grouped
from bpviz.model.network import activation_name

# Levels from the loss on, and before the parameter, that get a line for each rule.
LEVELS_IN_FULL = 2
# Of the levels between, which have one line each, so many are shown; of a few more all of them.
MOST_BETWEEN = 14
SHOWN_BETWEEN = 12
# So many of those before the parameter are always shown.
LAST_BETWEEN = 2
COMBINED = {"sum": "sum rule", "product": "product rule", "max": "maximum rule"}


class Gap(NamedTuple):
    """Lines left out before the step `at`: how many, and by which rules they come about.

    `start` is what to ask `derive` for, to see lines of this gap.
    """

    at: int
    lines: int
    rules: str
    start: int

    @property
    def note(self) -> str:
        """What stands in the place of the lines."""
        layers = "one layer after another"
        return f"{grouped(self.lines)} lines are left out: {self.rules}, over and over, {layers}"


class Levels:
    """Writes the lines of one sample; `gaps` tells what was left out.

    Of the middle levels `SHOWN_BETWEEN` from the `start`-th on are shown. All levels left out are
    jumped over at once: what they would come to is known, δ of their units.
    """

    def __init__(self, influence: Influence, left: Expression, start: int = 0) -> None:
        self._influence = influence
        self.rewriting = Rewriting(left, evaluate(left))
        self.gaps: list[Gap] = []
        level = influence.leaves.trace.program.node_level
        found: dict[int, set[int]] = {}
        for node in influence.carriers:
            found.setdefault(int(level[node]), set()).add(node)
        self._levels = [frozenset(found[place]) for place in sorted(found, reverse=True)]
        self._middle = max(len(self._levels) - LEVELS_IN_FULL - 1, 0)
        self._start = self._within(start)

    def _within(self, start: int) -> int:
        return min(max(start, 0), max(self._middle - LAST_BETWEEN - SHOWN_BETWEEN, 0))

    def write(self) -> Iterator[float]:
        """Write the lines; yield how much is done, 0 to 1, after each level."""
        open_loss(self.rewriting, self._influence)
        shown = self._shown()
        last = -1
        for done, place in enumerate(shown):
            if place > last + 1:
                self._jump(last + 1, place)
            brief = LEVELS_IN_FULL <= place < len(self._levels) - 1
            self._open(self._levels[place], brief=brief)
            last = place
            yield (done + 1) / len(shown)

    def _shown(self) -> list[int]:
        """Return the levels whose lines are shown."""
        count = len(self._levels)
        if self._middle <= MOST_BETWEEN:
            return list(range(count))
        first = LEVELS_IN_FULL + self._start
        tail = range(count - 1 - LAST_BETWEEN, count)
        window = range(first, min(first + SHOWN_BETWEEN, tail.start))
        return [*range(LEVELS_IN_FULL), *window, *tail]

    def _open(self, nodes: frozenset[int], *, brief: bool) -> None:
        held = self.rewriting.holds
        if brief and not held:
            self.rewriting.hold()
        open_units(self.rewriting, self._influence, nodes)
        if brief and not held:
            self.rewriting.release()

    def _jump(self, first: int, behind: int) -> None:
        """Leave out the levels from `first` to before `behind`."""
        skipped = frozenset[int]().union(*self._levels[first:behind])
        before = first < LEVELS_IN_FULL + self._start
        start = self._start - SHOWN_BETWEEN if before else self._start + SHOWN_BETWEEN
        rules = _rules(self._influence, skipped)
        at = len(self.rewriting.steps)
        self.gaps.append(Gap(at, behind - first, rules, self._within(start)))
        kept = [t for t in self.rewriting.terms if t.piece is None or t.node not in skipped]
        self.rewriting.line("definition of δ", [*kept, *_behind(self._influence, skipped)])


def last_line(influence: Influence, left: Expression) -> Rewriting:
    """Return the derivation of a sample of which nobody sees but the last line."""
    levels = Levels(influence, left)
    levels.rewriting.hold()
    for _ in levels.write():
        pass
    levels.rewriting.release()
    return levels.rewriting


def _rules(influence: Influence, nodes: frozenset[int]) -> str:
    units = [influence.leaves.unit(node) for node in nodes]
    slopes = sorted({activation_rule(activation_name(unit.activation)) for unit in units})
    combined = sorted({COMBINED[unit.combine] for unit in units})
    return ", ".join([CHAIN, *slopes, "definition of z", *combined, "constant factor rule"])


def _behind(influence: Influence, skipped: frozenset[int]) -> list[Term]:
    """Return what the units `skipped` leave to be derived: Σ δ·w·∂a/∂w over the edges from outside.

    All levels from the loss down to theirs must be among them, or be written already.
    """
    leaves, program = influence.leaves, influence.leaves.trace.program
    inside = np.zeros(len(program.node_ids), np.bool_)
    inside[list(skipped)] = True
    own = np.zeros(len(influence.depending), np.bool_)
    own[list(influence.edges)] = True
    crossing = influence.depending & inside[program.target] & (own | ~inside[program.source])
    terms: list[Term] = []
    strengths: dict[int, list[tuple[float, int]]] = {}
    for edge in np.flatnonzero(crossing).tolist():
        source, target = leaves.ends(edge)
        combine = leaves.unit(target).combine
        if combine == "max" and edge != winner(leaves, leaves.incoming(target)):
            continue
        before = Term((leaves.delta(target), *other_factors(influence, edge)))
        if own[edge]:
            terms.append(before.times(leaves.value(source)))
        if inside[source] or source not in influence.da:
            continue
        if combine == "sum" and not own[edge]:
            strength = float(leaves.trace.delta[leaves.sample, target] * leaves.weights[edge])
            strengths.setdefault(source, []).append((strength, edge))
        else:
            terms.append(_onward(influence, before, edge))
    for source, found in strengths.items():
        terms += _strongest(influence, source, found)
    terms += [Term((leaves.delta(node),)) for node in sorted(influence.biases & skipped)]
    return terms


def _onward(influence: Influence, before: Term, edge: int) -> Term:
    source, _ = influence.leaves.ends(edge)
    weight, piece = influence.leaves.weight(edge), influence.d_value(source)
    return before.times(weight, piece=piece, node=source, kind="a")


def _strongest(influence: Influence, source: int, found: list[tuple[float, int]]) -> list[Term]:
    """Return the terms of the edges out of a node; of many the strongest, and the rest."""
    kept, left_out = found, found[:0]
    if len(found) > MOST_TERMS + 1:
        ranked = sorted(found, key=lambda each: -abs(each[0]))
        kept, left_out = sorted(ranked[:MOST_TERMS], key=lambda each: each[1]), ranked[MOST_TERMS:]
    leaves = influence.leaves
    terms = [
        _onward(influence, Term((leaves.delta(leaves.ends(edge)[1]),)), edge) for _, edge in kept
    ]
    if left_out:
        rest = Rest(len(left_out), math.fsum(strength for strength, _ in left_out))
        terms.append(Term((rest,), influence.d_value(source), source, "a"))
    return terms
