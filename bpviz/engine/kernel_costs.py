"""What an iteration costs with either kernel: a rule from the shape alone, fitted to measurements.

numpy's kernel pays for each call, so for each level, and multiplies whole matrices, missing edges
included where they are not too many, with a library that has no equal on large ones. The compiled
kernel pays for each edge and each vector of samples. Nanoseconds, on one core with AVX-512;
elsewhere the two grow alike.
"""

from __future__ import annotations

from typing import Final

from bpviz.engine.blocks import Level, SumBlock
from bpviz.engine.program import Program

# numpy: of a level, of a place of a matrix, of a place and a sample, of a unit and a sample.
CALLS, PLACE, PLACE_SAMPLE, UNIT_SAMPLE = 8000.0, 2.3, 0.33, 1.2
# Of an edge of a block whose few edges are computed one by one, and of such an edge and a sample.
LINK, LINK_SAMPLE = 60.0, 2.0
# Of a block of product or max units, of one of its terms and a sample.
TERM_CALLS, TERM_SAMPLE = 12_000.0, 6.0
# numba: of an edge; of an edge and 32 samples at most, and of a sample there; of a unit likewise.
EDGE, EDGE_TILE, EDGE_SAMPLE, UNIT_TILE = 4.0, 2.0, 0.28, 40.0
TILE: Final = 32
# Of the three products of a block the last is left out where the sources are inputs.
WITHOUT_PUSH: Final = 2.0 / 3.0


def numpy_cost(program: Program, batch: int) -> float:
    """Return the estimated nanoseconds of an iteration of numpy's kernel."""
    cost = 0.0
    for level in program.levels[1:]:
        cost += CALLS + UNIT_SAMPLE * (level.stop - level.start) * batch
        if level.sums is not None:
            cost += _numpy_sums(level.sums, batch)
        for block in level.terms:
            cost += TERM_CALLS + TERM_SAMPLE * block.sources.size * batch
    return cost


def _numpy_sums(block: SumBlock, batch: int) -> float:
    products = 1.0 if block.feeds_units else WITHOUT_PUSH
    if block.is_sparse:
        return CALLS + block.size * (LINK + LINK_SAMPLE * products * batch)
    return block.shape[0] * block.shape[1] * (PLACE + PLACE_SAMPLE * products * batch)


def numba_cost(program: Program, batch: int) -> float:
    """Return the estimated nanoseconds of an iteration of the compiled kernel."""
    tiles = -(-batch // TILE)
    lanes = -(-batch // 8) * 8
    passes = EDGE_TILE * tiles + EDGE_SAMPLE * lanes
    cost = 0.0
    for level in program.levels[1:]:
        cost += UNIT_TILE * (level.stop - level.start) * tiles
        products = WITHOUT_PUSH if not _feeds_units(level) else 1.0
        cost += _edges(level) * (EDGE + products * passes)
    return cost


def _feeds_units(level: Level) -> bool:
    return bool(level.terms) or (level.sums is not None and level.sums.feeds_units)


def _edges(level: Level) -> int:
    edges = sum(block.sources.size for block in level.terms)
    return edges + (0 if level.sums is None else level.sums.size)
