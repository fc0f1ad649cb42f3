"""Orders of the nodes in columns with few crossing links: barycentre sweeps and exchanges.

Source: Sugiyama, Tagawa, Toda, "Methods for visual understanding of hierarchical system
structures" (1981), with the exchange of neighbours of Gansner et al., "A technique for drawing
directed graphs" (1993).
"""

from __future__ import annotations

import random
from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Final, TypeAlias

Columns: TypeAlias = list[list[int]]
Links: TypeAlias = Sequence[Sequence[int]]

# Sweeps without fewer crossings after which no more are tried, and the most there are.
PATIENCE: Final = 4
MOST_SWEEPS: Final = 24
# How many links sweeps and exchanges look at in all, so that any network is done in a moment.
SWEEP_WORK: Final = 40_000
EXCHANGE_WORK: Final = 80_000
# Small networks are tried again from other orders; and how often sweeps and exchanges take turns.
START_WORK: Final = 1_000
MOST_STARTS: Final = 16
MOST_TURNS: Final = 2


def crossings(columns: Columns, after: Links) -> int:
    """Count the crossing links; `after` holds for each node those it leads to, one column on.

    Counts inversions in a sorted list: O(links · log links), but for moving the list's tail.
    """
    total = 0
    place = _places(columns)
    for column in columns[:-1]:
        seen: list[int] = []
        for node in column:
            ends = [place[target] for target in after[node]]
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                insort(seen, end)
    return total


def untangled(columns: Columns, after: Links, share: float = 1.0) -> Columns:
    """Return `columns` with their nodes in another order, never with more crossings.

    `after` holds for each node, numbered from 0, those of the next column that it is linked to.
    `share` is how much of all the work that is done at most may be done here.
    """
    before: list[list[int]] = [[] for _ in after]
    for source, targets in enumerate(after):
        for target in targets:
            before[target].append(source)
    best = _improved(columns, before, after, share)
    fewest = crossings(best, after)
    starts = int(START_WORK * share) // (1 + sum(map(len, after)))
    for seed in range(min(MOST_STARTS, starts)):
        if not fewest:
            break
        draw = random.Random(seed)
        start = [draw.sample(column, len(column)) for column in columns]
        found = _improved(start, before, after, share / 2)
        count = crossings(found, after)
        if count < fewest:
            best, fewest = found, count
    return best


def _improved(columns: Columns, before: Links, after: Links, share: float) -> Columns:
    """Sweep and exchange in turns, as long as each turn removes crossings."""
    fewest, work = -1, share
    for _ in range(MOST_TURNS):
        columns = _swept(columns, before, after, work)
        columns = _exchanged(columns, before, after, int(EXCHANGE_WORK * work))
        found, work = crossings(columns, after), work / 2
        if not found or found == fewest:
            break
        fewest = found
    return columns


def _swept(columns: Columns, before: Links, after: Links, share: float) -> Columns:
    """Order every column by the mean place of its neighbours, there and back; keep the best."""
    columns = [list(column) for column in columns]
    best, fewest, waited = [list(column) for column in columns], crossings(columns, after), 0
    most = 2 + int(SWEEP_WORK * share) // (1 + sum(map(len, after)))
    for sweep in range(min(MOST_SWEEPS, most)):
        there = sweep % 2 == 0
        # Ties stay as they are in one sweep and turn round in the next ones.
        turned = sweep % 4 >= 2
        order = range(1, len(columns)) if there else range(len(columns) - 2, -1, -1)
        for number in order:
            beside = columns[number - 1 if there else number + 1]
            neighbours = before if there else after
            columns[number] = _by_barycentre(columns[number], neighbours, beside, turned)
        found = crossings(columns, after)
        waited += 1
        if found < fewest:
            best, fewest, waited = [list(column) for column in columns], found, 0
        if not fewest or waited >= PATIENCE:
            break
    return best


def _by_barycentre(
    column: list[int], neighbours: Links, beside: list[int], turned: bool
) -> list[int]:
    place = {node: index for index, node in enumerate(beside)}
    centres: dict[int, float] = {}
    for index, node in enumerate(column):
        found = neighbours[node]
        centres[node] = sum([place[each] for each in found]) / len(found) if found else float(index)
    return sorted(reversed(column) if turned else column, key=centres.__getitem__)


def _exchanged(columns: Columns, before: Links, after: Links, work: int) -> Columns:
    """Exchange neighbours in a column as long as that removes crossings, or all work is used up."""
    place = _places(columns)
    gained = True
    while gained and work > 0:
        gained = False
        for column in columns:
            ways = [(_at(before[node], place), _at(after[node], place)) for node in column]
            for index in range(len(column) - 1):
                upper, lower = ways[index], ways[index + 1]
                work -= len(upper[0]) + len(upper[1]) + len(lower[0]) + len(lower[1])
                if _gain(upper, lower) > 0:
                    gained = True
                    ways[index], ways[index + 1] = lower, upper
                    column[index], column[index + 1] = column[index + 1], column[index]
            place.update({node: index for index, node in enumerate(column)})
            if work <= 0:
                break
    return columns


def _at(nodes: Sequence[int], place: dict[int, int]) -> list[int]:
    return sorted(place[node] for node in nodes)


def _gain(upper: tuple[list[int], list[int]], lower: tuple[list[int], list[int]]) -> int:
    """Return how many crossings of the links of two neighbours go when they change places."""
    return sum(
        _inversions(above, below) - _inversions(below, above)
        for above, below in zip(upper, lower, strict=True)
    )


def _inversions(above: list[int], below: list[int]) -> int:
    """Count the pairs of ends, both sorted, of which the one from above is the lower."""
    return sum(len(above) - bisect_right(above, end) for end in below)


def _places(columns: Columns) -> dict[int, int]:
    return {node: index for column in columns for index, node in enumerate(column)}
