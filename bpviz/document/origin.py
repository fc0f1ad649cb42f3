"""Where the value of a weight or bias comes from: the last update, or the edit that set it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from bpviz.document.line import Line
from bpviz.document.line_map import NO_NAMES, told
from bpviz.model.edit import Edit
from bpviz.model.history import Place, Train


class Origin(NamedTuple):
    """What gave a parameter the value that it has at a place of the line.

    `update`: training; `place` is where its last update begins. `edit`: an edit called `label`,
    behind `place`, took it from `before` (None: it was not there) to `after`. `start`: the line
    begins with it. `since` tells the edits of other things behind that, which change what comes.
    """

    kind: Literal["update", "edit", "start"]
    place: Place
    label: str = ""
    before: float | None = None
    after: float | None = None
    since: tuple[str, ...] = ()


class _Set(NamedTuple):
    before: float | None
    after: float | None


def origin(line: Line, here: Place, name: str, names: Mapping[str, str] = NO_NAMES) -> Origin:
    """Return where the weight of the edge `name`, or the bias of that unit, comes from at `here`.

    What was fixed while it was trained was not moved by that.
    """
    entry, inside = here
    since: list[str] = []
    fixed = False
    if inside:
        return Origin("update", (entry, inside - 1))
    for index in range(entry - 1, -1, -1):
        found = line.entry(index)
        if isinstance(found, Train):
            if not fixed:
                return Origin("update", (index, found.train - 1), since=tuple(reversed(since)))
            continue
        assert found is not None
        change = _set_by(found, name)
        if change is not None:
            before, after = change
            others = tuple(reversed(since))
            return Origin("edit", (index, 0), found.label, before, after, others)
        fixed = _was_fixed(found, name, fixed)
        if not found.is_cosmetic:
            since.append(told(found, names))
    return Origin("start", (0, 0), since=tuple(reversed(since)))


def next_edits(
    line: Line, place: Place, name: str, names: Mapping[str, str] = NO_NAMES
) -> tuple[Origin | None, tuple[str, ...]]:
    """Return what edits do right behind the update that begins at `place`, before the next one.

    The one that sets the parameter, if one does, and what the others change.
    """
    train = line.entry(place[0])
    if not isinstance(train, Train) or place[1] + 1 < train.train:
        return None, ()
    own: Origin | None = None
    others: list[str] = []
    for index in range(place[0] + 1, len(line)):
        found = line.entry(index)
        if not isinstance(found, Edit):
            break
        change = _set_by(found, name)
        if change is not None:
            first = change.before if own is None else own.before
            own = Origin("edit", (index, 0), found.label, first, change.after)
        elif not found.is_cosmetic:
            others.append(told(found, names))
    return own, tuple(others)


def _set_by(edit: Edit, name: str) -> _Set | None:
    """Return what `edit` makes of the parameter's value; None where it leaves it alone."""
    found = [
        change for change in edit.changes if _field(change.key, name) in ("", "weight", "bias")
    ]
    if not found:
        return None
    before, after = _value(found[0].before), _value(found[-1].after)
    return None if before == after else _Set(before, after)


def _was_fixed(edit: Edit, name: str, fixed: bool) -> bool:
    """Return whether the parameter was fixed before `edit`, being `fixed` behind it."""
    for change in edit.changes:
        field = _field(change.key, name)
        if field in ("trainable", "trainable_bias"):
            return not change.before
        if field == "" and change.before is not None:
            placed = getattr(change.before, "edge", None) or change.before.node
            return not (getattr(placed, "trainable", False) or getattr(placed, "trainable_bias", 0))
    return fixed


def _field(key: str, name: str) -> str | None:
    """Return the field of the edge or node `name` that a key stands for; "" for all of it."""
    kind, _, rest = key.partition("/")
    owner, _, field = rest.partition("/")
    return field if kind in ("edges", "nodes") and owner == name else None


def _value(end: Any) -> float | None:  # noqa: ANN401
    """Return the weight or bias in one end of a change; None where there is none."""
    edge, node = getattr(end, "edge", None), getattr(end, "node", None)
    if edge is not None:
        end = edge.weight
    elif node is not None:
        end = getattr(node, "bias", None)
    return None if end is None else float(end)
