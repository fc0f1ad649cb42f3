"""Edits carried over to a session that moved on since they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bpviz.model.edit import Change, Edit, EditError, PlacedEdge, PlacedNode, PlacedSlots, apply
from bpviz.model.network import Unit
from bpviz.model.schema import Session, Slots


def replayed(session: Session, edit: Edit) -> Session:
    """Return the session behind `edit`, an entry that stands behind training.

    Replayed on another machine, training may end in other last bits than those the edit was
    saved with; it then starts from the present ones. Raises EditError where it does not fit.
    """
    try:
        return apply(session, edit)
    except EditError:
        return apply(session, rebased(edit, session))


def rebased(edit: Edit, session: Session) -> Edit:
    """Return `edit` with what training moves (weights, biases, progress) read off `session`.

    An edit made from numbers of before a run then applies to those after it.
    """
    changes = (_rebased(change, session) for change in edit.changes)
    return Edit(edit.label, tuple(change for change in changes if change is not None))


def _rebased(change: Change, session: Session) -> Change | None:
    """Return the change as it applies to `session`, None where there is nothing to forget."""
    network = session.network
    kind, _, rest = change.key.partition("/")
    name, _, field = rest.partition("/")
    before: Any = change.before
    if change.key == "progress":
        before = session.progress
    elif kind == "progress":
        known: Slots = getattr(session.progress.optimizer, name)
        if field not in known:
            return None
        before = PlacedSlots(list(known).index(field), known[field])
    elif kind == "edges" and name in network.edge_index:
        weight = network.edge(name).weight
        if field == "weight":
            before = weight
        elif isinstance(before, PlacedEdge):
            edge = msgspec.structs.replace(before.edge, weight=weight)
            before = PlacedEdge(before.index, edge)
    elif kind == "nodes" and name in network.node_index:
        node = network.node(name)
        if isinstance(node, Unit):
            if field == "bias":
                before = node.bias
            elif isinstance(before, PlacedNode) and isinstance(before.node, Unit):
                unit = msgspec.structs.replace(before.node, bias=node.bias)
                before = PlacedNode(before.index, unit)
    return change if before is change.before else Change(change.key, before, change.after)


def rebased_tail(entries: Sequence[Any], edit: Edit) -> list[Any]:
    """Return the entries behind a cosmetic `edit` put in before them, made to apply after it.

    Of each thing the edit changes, the first later edit of the same thing starts from the new
    value.
    """
    waiting = {change.key: change.after for change in edit.changes}
    tail: list[Any] = []
    for entry in entries:
        if waiting and isinstance(entry, Edit):
            entry = Edit(
                entry.label, tuple(_after_cosmetic(change, waiting) for change in entry.changes)
            )
        tail.append(entry)
    return tail


def _after_cosmetic(change: Change, waiting: dict[str, Any]) -> Change:
    if change.key == "bookmarks" and change.key in waiting:
        merged = _merged(change, waiting[change.key])
        waiting[change.key] = merged.after
        return merged
    if change.key in waiting:
        return Change(change.key, waiting.pop(change.key), change.after)
    before = change.before
    if isinstance(before, PlacedNode):
        for field in ("label", "position"):
            key = f"{change.key}/{field}"
            if key in waiting:
                node = msgspec.structs.replace(before.node, **{field: waiting.pop(key)})
                before = PlacedNode(before.index, node)
    return change if before is change.before else Change(change.key, before, change.after)


def _merged(change: Change, present: tuple[Any, ...]) -> Change:
    """Return a change of bookmarks that takes and adds the same ones, but from `present` on."""
    kept = [each for each in present if each not in change.before or each in change.after]
    added = [each for each in change.after if each not in change.before]
    return Change(change.key, present, (*kept, *added))
