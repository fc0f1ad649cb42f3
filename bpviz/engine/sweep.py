"""One pass over some rows, forward and backward, unrolled into a list of array calls.

A sweep owns its buffers and holds every call with its arguments bound, so that a pass is a plain
loop over calls, no array is made on the way, and the loop's cost is a few per cent of the calls'.
Rows are those of the program (see `program`), the batch index is last.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bpviz.engine.blocks import Group, Level, SumBlock, TermBlock
from bpviz.engine.calls import TERM_CALLS, Call, MaxCalls, Scratch, SumCalls, TermCalls, buffer
from bpviz.engine.functions import ACTIVATIONS
from bpviz.engine.losses import Loss
from bpviz.engine.outputs import Outputs
from bpviz.engine.program import Program
from bpviz.engine.sparse import Links, SparseCalls, links, pulled

FloatArray = NDArray[np.float64]


class Sweep:
    """Buffers and calls for `width` rows of a program with one loss.

    `x` [I, width] and `t` [K, width] are filled by the caller; `forward` then leaves z, a [R,
    width], `backward` slope, g = ∂loss/∂a, d = ∂loss/∂z and the summed gradient in the vector
    `gradient` [P], `losses` the loss of each row in `loss` [width]. Where `whole`, z, slope and d
    are there for every unit and g for the inputs too; else only what the gradient needs. Outputs
    whose loss is computed from z (`Loss.fused`) have in g only what other units pass back.
    """

    def __init__(
        self,
        program: Program,
        loss: Loss,
        width: int,
        theta: FloatArray,
        gradient: FloatArray,
        *,
        whole: bool = False,
    ) -> None:
        self.program = program
        self.width = width
        self.theta, self.gradient = theta, gradient
        self._whole = whole
        rows = program.row_count
        self.z, self.a, self.slope, self.g, self.d = (buffer(rows, width) for _ in range(5))
        self.work = buffer(2, rows, width)
        self.scratch = Scratch()
        for ones in (self.z, self.a, self.slope):
            ones.fill(1.0)
        self.x = self.a[1 : 1 + program.input_count]
        self.t = buffer(program.output_count if loss.has_targets else 0, width)
        self.loss = buffer(width)
        self.forward: list[Call] = []
        self.backward: list[Call] = []
        self.flat_a, self.flat_z = self.a.reshape(-1), self.z.reshape(-1)
        self._sums: dict[int, SumCalls | SparseCalls] = {}
        self._terms: dict[int, TermCalls] = {}
        for level in program.levels[1:]:
            self._forward_level(level)
        self._outputs = Outputs(self, loss)
        self.losses = self._outputs.losses
        self._backward()

    # -- rows --------------------------------------------------------------------------------

    def copied(self, level: Level) -> bool:
        """Whether z and a, g and d of `level` are the same rows: nothing to compute between."""
        return level.is_linear and not self._whole

    # -- forward -----------------------------------------------------------------------------

    def _forward_level(self, level: Level) -> None:
        z = self.a if self.copied(level) else self.z
        if level.sums is not None:
            kind = SparseCalls if level.sums.is_sparse else SumCalls
            calls = self._sums[level.start] = kind(self, level.sums)
            self.forward += calls.forward(z[level.sums.start : level.sums.stop])
        for block in level.terms:
            terms = self._terms[block.start] = TERM_CALLS[block.combine](self, block)
            self.forward += terms.forward(z[block.start : block.stop])
        if z is self.z:
            for group in level.groups:
                function = ACTIVATIONS[group.activation].function
                rows = slice(group.start, group.stop)
                self.forward.append(
                    partial(function, z[rows], self.a[rows], self.work[:, rows], group.parameter)
                )

    # -- backward ----------------------------------------------------------------------------

    def _backward(self) -> None:
        self.backward += self._slopes()
        pushes = [
            block
            for level in self.program.levels
            for block in ([] if level.sums is None else [level.sums])
            if (block.is_sparse or not block.exclusive) and self.pushes(block)
        ]
        terms = any(level.terms for level in self.program.levels)
        if pushes or terms:
            self.backward.append(partial(self.g.fill, 0.0))
        self.backward += self._outputs.gradients
        waiting = self._links()
        for level in reversed(self.program.levels[1:]):
            self.backward += self._pulled(level, waiting)
            self.backward += self._deltas(level)
            d = self.g if self.copied(level) else self.d
            if level.sums is not None:
                block = level.sums
                self.backward += self._sums[level.start].backward(d[block.start : block.stop])
            for term in level.terms:
                self.backward += self._terms[term.start].backward(d[term.start : term.stop])

        if self._whole:
            self.backward += self._pulled(self.program.levels[0], waiting)

    def _links(self) -> Links | None:
        """Return the edges whose part in ∂loss/∂a their sources collect."""
        found = [
            links(level.sums, copied=self.copied(level))
            for level in self.program.levels
            if level.sums is not None and level.sums.is_sparse
        ]
        return (
            Links(*(np.concatenate(parts) for parts in zip(*found, strict=True))) if found else None
        )

    def _pulled(self, level: Level, waiting: Links | None) -> list[Call]:
        if waiting is None:
            return []
        source = waiting.source
        return pulled(self, waiting.where((level.start <= source) & (source < level.stop)))

    def pushes(self, block: SumBlock | TermBlock) -> bool:
        """Whether ∂loss/∂a of the block's sources is wanted."""
        return block.feeds_units or self._whole

    def _slopes(self) -> list[Call]:
        """Return a call per run of rows with one activation, also across levels.

        Rows of ones between two levels get a slope that nobody reads.
        """
        groups: list[Group] = []
        for level in self.program.levels[1:]:
            for group in level.groups:
                if group.activation == "identity":
                    continue  # its slope stays 1
                last = groups[-1] if groups else None
                if (
                    last is not None
                    and (last.activation, last.parameter) == (group.activation, group.parameter)
                    and group.start - last.stop <= (group.start == level.start)
                ):
                    groups[-1] = Group(last.activation, last.parameter, last.start, group.stop)
                else:
                    groups.append(group)
        calls: list[Call] = []
        for group in groups:
            rows = slice(group.start, group.stop)
            calls.append(
                partial(
                    ACTIVATIONS[group.activation].slope, self.z[rows], self.a[rows],
                    self.slope[rows], self.work[:, rows], group.parameter,
                )
            )  # fmt: skip
        return calls

    def _deltas(self, level: Level) -> list[Call]:
        """Return the calls for d = slope · g of one level, plus the losses computed from z."""
        rows = slice(level.start, level.stop)
        if self.copied(level):
            return []
        direct = self._outputs.direct(level)
        if direct and not self._whole:
            return direct
        product = partial(np.multiply, self.slope[rows], self.g[rows], self.d[rows])
        return [product, *self._outputs.deltas(level)]

    def shown_g(self) -> FloatArray:
        """Return ∂loss/∂a [R, width] as it is shown: with outputs whose loss comes from z."""
        return self._outputs.shown(self.g)

    def winners(self) -> list[NDArray[np.intp]]:
        """Return the place of the winning edge [U, width] of each block of max units."""
        return [terms.winner for terms in self._terms.values() if isinstance(terms, MaxCalls)]
