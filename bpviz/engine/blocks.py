"""The parts of a compiled network: levels, their blocks of units, groups of equal activation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
# A product costs less than the edges alone as far as the matrix has this many places an edge, and
# this many more.
PLACES_PER_EDGE, PLACES = 4, 2000


@dataclass(frozen=True, eq=False)
class SumBlock:
    """The sum units of one level: z[start:stop] = W @ A.

    A is the rows first…last where `gathered` is None, else a row of ones and the rows `gathered`.
    θ[offset : offset + size] is W itself, or its `entries` (flat positions in W).
    """

    start: int
    stop: int
    first: int
    last: int
    gathered: IntArray | None
    offset: int
    width: int
    entries: IntArray | None
    feeds_units: bool
    exclusive: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Shape (targets, 1 + sources) of W."""
        return self.stop - self.start, self.width

    @property
    def is_sparse(self) -> bool:
        """Whether the matrix has so few edges that they are computed one by one."""
        places = (self.stop - self.start) * self.width
        return self.entries is not None and places > PLACES_PER_EDGE * self.size + PLACES

    @property
    def size(self) -> int:
        """Number of θ's entries that belong to the block."""
        return (self.stop - self.start) * self.width if self.entries is None else len(self.entries)


@dataclass(frozen=True, eq=False)
class TermBlock:
    """Product or max units of one level and one fan-in K: z[start:stop] over K terms w·a.

    `sources` [K, U] are the rows of the sources in edge order, θ[offset : offset + K·U] their
    weights in the same shape; `edges` [K, U] the positions of the edges in the network.
    """

    combine: str
    start: int
    stop: int
    sources: IntArray
    edges: IntArray
    offset: int
    feeds_units: bool


@dataclass(frozen=True)
class Group:
    """Neighbouring rows of one level with the same activation."""

    activation: str
    parameter: float
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Level:
    """One topological level: its rows start…stop, their blocks and activation groups."""

    start: int
    stop: int
    sums: SumBlock | None
    terms: tuple[TermBlock, ...]
    groups: tuple[Group, ...]

    @property
    def is_linear(self) -> bool:
        """Whether every unit of the level has the identity as activation."""
        return all(group.activation == "identity" for group in self.groups)


@dataclass(frozen=True, eq=False)
class Shares:
    """Parameters that hold one value: θ's positions `members`, group by group.

    Group i starts at `starts[i]` within `members`; `group` is the group of each member.
    """

    members: IntArray
    starts: IntArray
    group: IntArray
