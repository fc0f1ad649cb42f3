"""What an optimizer remembers of a name belongs to the thing it was, not to a new one of that name.

What is deleted leaves its optimizer state behind in the session's progress, so that undoing gives
it back. A thing that comes later under the same name must not find it there.
"""

from __future__ import annotations

from collections.abc import Iterator

from bpviz.model.edit import Change, Edit, PlacedEdge, PlacedNode, PlacedSlots
from bpviz.model.network import Unit
from bpviz.model.schema import Session, Slots


def forgetting(edit: Edit, session: Session) -> Edit:
    """Return `edit` with the optimizer state left under the names that it brings in taken away."""
    remembered = session.progress.optimizer
    left = {change.key for change in edit.changes if _holds_parameter(change.before)}
    came = [c.key for c in edit.changes if _holds_parameter(c.after) and c.key not in left]
    changes = [
        *_forgotten("edges", remembered.edges, came),
        *_forgotten("biases", remembered.biases, came),
    ]
    return Edit(edit.label, (*edit.changes, *changes)) if changes else edit


def _holds_parameter(placed: object) -> bool:
    """Whether a node or an edge that leaves or arrives has a weight or a bias."""
    if isinstance(placed, PlacedNode):
        return isinstance(placed.node, Unit) and placed.node.combine == "sum"
    return isinstance(placed, PlacedEdge)


def _forgotten(kind: str, slots: Slots, came: list[str]) -> Iterator[Change]:
    """Yield the changes that take the slots of what `came` out, the last place first."""
    if not slots:
        return
    prefix = "edges/" if kind == "edges" else "nodes/"
    names = {key.removeprefix(prefix) for key in came if key.startswith(prefix)} & slots.keys()
    if not names:
        return
    for index, name in reversed(list(enumerate(slots))):
        if name in names:
            yield Change(f"progress/{kind}/{name}", PlacedSlots(index, slots[name]), None)
