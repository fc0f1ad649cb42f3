"""History: one line of entries, edits and training, with a position that may stand inside one."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from bpviz.model.checks import check_network
from bpviz.model.data import Data
from bpviz.model.edit import (
    TRAINING_FIELDS,
    Change,
    Edit,
    EditError,
    PlacedEdge,
    PlacedNode,
    PlacedSlots,
    apply,
)
from bpviz.model.files import FormatError
from bpviz.model.network import Activation, Combine, Position
from bpviz.model.plain import convert, tidy
from bpviz.model.rebase import rebased
from bpviz.model.schema import (
    Bookmark,
    HistoryStart,
    Lesson,
    Notation,
    Progress,
    SavedHistory,
    Session,
)
from bpviz.model.training import Training

KernelName: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^(numpy|numba)\Z")]


class Train(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A training entry: `train` iterations with one kernel."""

    train: int
    kernel: KernelName = "numpy"


Entry: TypeAlias = Edit | Train
Place: TypeAlias = tuple[int, int]


class History(msgspec.Struct, frozen=True):
    """A line of entries from `start`; `position` = (entries done, iterations inside the next)."""

    start: Session
    entries: tuple[Entry, ...] = ()
    position: Place = (0, 0)


_SESSION_TYPES: dict[str, Any] = {
    "title": str,
    "notes": str,
    "outputs": tuple[str, ...],
    "data": Data,
    "progress": Progress,
    "bookmarks": tuple[Bookmark, ...],
    "lesson": Lesson,
    "notation": Notation,
}
_NODE_TYPES: dict[str, Any] = {
    "label": str,
    "position": Position,
    "combine": Combine,
    "activation": Activation,
    "bias": float,
    "trainable_bias": bool,
    "bias_share": str,
}
_EDGE_TYPES: dict[str, Any] = {"weight": float, "trainable": bool, "share": str}
# What a session may lack altogether.
ABSENT_KEYS = ("lesson", "notation")


def _type_of(key: str, place: str) -> Any:  # noqa: ANN401
    """Return the type of the values an edit's `key` takes."""
    kind, _, rest = key.partition("/")
    owner, _, field = rest.partition("/")
    if key in _SESSION_TYPES:
        return _SESSION_TYPES[key]
    if kind == "training" and owner in TRAINING_FIELDS and not field:
        return _training_types()[owner]
    if kind == "progress" and owner in ("edges", "biases") and field:
        return PlacedSlots
    if kind == "nodes" and owner:
        return _NODE_TYPES.get(field) if field else PlacedNode
    if kind == "edges" and owner:
        return _EDGE_TYPES.get(field) if field else PlacedEdge
    raise FormatError(place, "no such key")


def _training_types() -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(Training)}


def save_history(history: History) -> SavedHistory:
    """Return `history` as it is written into a session file."""
    entries: list[dict[str, Any]] = []
    for entry in history.entries:
        plain = msgspec.to_builtins(entry)
        for change in plain.get("changes", ()):
            fill(change)
        tidy(plain)
        entries.append(plain)
    start = HistoryStart(
        history.start.network, history.start.data, history.start.training, history.start.progress
    )
    return SavedHistory(start, tuple(entries), history.position)


def restore_history(saved: SavedHistory, session: Session) -> History:
    """Return the saved history of `session` ready for use.

    What a history's start does not hold (title, notes …) is taken from `session` and carried back
    over the edits. FormatError names the place of a fault.
    """
    entries = _entries(saved)
    check_network(saved.start.network)
    entry, inside = saved.position
    here = entries[entry] if entry < len(entries) else None
    if entry > len(entries) or (inside and not (isinstance(here, Train) and inside < here.train)):
        raise FormatError("history.position", "lies outside the history")
    fields: dict[str, Any] = {
        "history": msgspec.UNSET,
        "runs": (),
        "network": saved.start.network,
        "data": saved.start.data,
        "training": saved.start.training,
        "progress": saved.start.progress,
    }
    for done in reversed(entries[:entry]):
        for change in reversed(done.changes if isinstance(done, Edit) else ()):
            if change.key in ("title", "notes", "bookmarks", "lesson", "notation"):
                fields[change.key] = change.before
    return History(msgspec.structs.replace(session, **fields), entries, (entry, inside))


def _entries(saved: SavedHistory) -> tuple[Entry, ...]:
    """Return the entries restored; kept with `saved`, for a long line takes its time."""
    known: dict[str, tuple[Entry, ...]] = saved.__dict__
    if "restored" not in known:
        known["restored"] = tuple(
            _restore_entry(entry, f"history.entries[{index}]")
            for index, entry in enumerate(saved.entries)
        )
    return known["restored"]


def fill(change: dict[str, Any]) -> None:
    """Write null where a session had no lesson or no notation before, or has none any more."""
    if change.get("key") in ABSENT_KEYS:
        after = change.pop("after", None)
        change.setdefault("before", None)
        change["after"] = after


def _end(end: object, key: str, kind: Any, where: str) -> Any:  # noqa: ANN401
    """Return one end of a change as the model has it; null is what does not exist."""
    if end is None and key in ABSENT_KEYS:
        return msgspec.UNSET
    if end is None and key != "training/batch_size":
        return None
    return convert(end, kind, where)


def _restore_entry(plain: dict[str, Any], place: str) -> Entry:
    if "train" in plain:
        train = convert(plain, Train, place)
        if train.train < 1:
            raise FormatError(f"{place}.train", "must be 1 or more")
        assert isinstance(train, Train)
        return train
    listed = plain.get("changes")
    for change in listed if isinstance(listed, list | tuple) else ():
        if isinstance(change, dict):
            fill(change)
    edit = convert(plain, Edit, place)
    changes = []
    for index, change in enumerate(edit.changes):
        where = f"{place}.changes[{index}]"
        kind = _type_of(change.key, f"{where}.key")
        if kind is None:
            raise FormatError(f"{where}.key", "no such key")
        before, after = (
            _end(end, change.key, kind, where) for end in (change.before, change.after)
        )
        changes.append(Change(change.key, before, after))
    return Edit(edit.label, tuple(changes))


def ends_in(saved: SavedHistory, session: Session) -> bool:
    """Whether the saved history leads to the session's own network, data and training.

    Edits are replayed exactly. Parameters that training moved can't be told without replaying it:
    only their names count here, and `bpviz verify` settles the rest.
    """
    try:
        history = restore_history(saved, session)
        state = history.start
        entry, inside = history.position
        trained = bool(inside)
        for done in history.entries[:entry]:
            if isinstance(done, Train):
                trained = True
                continue
            state = apply(state, rebased(done, state) if trained else done)
    except (FormatError, EditError):
        return False
    mine, other = (
        (structure(s) if trained else (s.network, s.data, s.training)) for s in (state, session)
    )
    return mine == other


def structure(session: Session) -> tuple[object, ...]:
    """Return all of `session` that the engine reads, but for weights, biases and progress."""
    network = session.network
    nodes = tuple(
        msgspec.structs.replace(node, bias=0.0) if hasattr(node, "bias") else node
        for node in network.nodes
    )
    edges = tuple((edge.name, edge.trainable, edge.share) for edge in network.edges)
    return nodes, edges, network.outputs, session.data, session.training
