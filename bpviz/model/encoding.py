"""A session as the bytes of a file, piece by piece: nobody has to wait for a large one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from bpviz.model.data import TableData
from bpviz.model.edit import Change, Edit
from bpviz.model.history import ABSENT_KEYS, History, fill
from bpviz.model.network import Network
from bpviz.model.plain import left_out, tidy
from bpviz.model.schema import (
    HistoryStart,
    OptimizerState,
    Progress,
    SavedHistory,
    SavedRun,
    Session,
)

# Items of a list encoded at once, and changes of an edit.
MANY: Final = 64
# Each of these keys has lines of its own inside, and each item of a long list there a line.
LINED: Final = ("network", "data", "history")
TABLES: Final = ("inputs", "targets", "test_inputs", "test_targets")
_encode: Final = msgspec.json.encode

Shape: TypeAlias = Callable[[Any], Any]


class Long(NamedTuple):
    """Items encoded one after the other, each as `shape` makes it; those of a mapping by name."""

    items: Iterable[Any] | Mapping[str, Any]
    shape: Shape


class Open(dict[str, Any]):
    """An object with something long inside."""


def session_pieces(session: Session, given: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """Yield the file's bytes: JSON, a node, edge or row a line.

    What is `given` for a key, as `opened` returns it, is written in place of the session's own.
    UnicodeEncodeError at a text with half a character.
    """
    given = given or {}
    plain = {
        key: given[key] if key in given else opened(getattr(session, key))
        for key in session.__struct_fields__
        if key in given or not left_out(session, key)
    }
    yield b"{\n"
    for place, (key, value) in enumerate(plain.items(), 1):
        comma = b",\n" if place < len(plain) else b"\n"
        yield b' "%s": ' % key.encode()
        yield from _lined(value) if key in LINED and isinstance(value, dict) else pieces(value)
        yield comma
    yield b"}\n"


def pieces(value: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the JSON of what `opened` returned, without white space."""
    if isinstance(value, Long):
        yield from _items(value)
    elif isinstance(value, Open):
        for place, (key, item) in enumerate(value.items()):
            yield b"%b%b:" % (b"," if place else b"{", _encode(key))
            yield from pieces(item)
        yield b"}"
    else:
        yield _encode(value)


def opened(value: Any) -> Any:  # noqa: ANN401
    """Return `value` as JSON values in the format's own shape, what may be long left to `pieces`.

    Takes the parts of a session.
    """
    if isinstance(value, Network):
        return Open(nodes=Long(value.nodes, shaped), edges=Long(value.edges, shaped),
                    outputs=value.outputs)  # fmt: skip
    if isinstance(value, TableData):
        bare = shaped(msgspec.structs.replace(value, **dict.fromkeys(TABLES, ())))
        return Open(bare | {name: Long(getattr(value, name), _as_it_is) for name in TABLES})
    if isinstance(value, SavedHistory):
        return history_object(value.start, Long(value.entries, shaped), value.position)
    if isinstance(value, OptimizerState):
        slots = {kind: Long(getattr(value, kind), _as_it_is) for kind in ("edges", "biases")}
        return Open(step=value.step, **slots)
    if isinstance(value, HistoryStart | Progress | SavedRun):
        return Open((key, opened(getattr(value, key))) for key in value.__struct_fields__)
    if isinstance(value, tuple) and value and isinstance(value[0], SavedRun):
        return Long(value, opened)
    return shaped(value)


def history_object(start: HistoryStart, entries: Long, position: tuple[int, int]) -> Open:
    """Return a history for `pieces`; the entries may be shaped, or encoded already."""
    return Open(start=opened(start), entries=entries, position=position)


def start_of(history: History) -> HistoryStart:
    """Return what a file holds of the session that `history` starts from."""
    start = history.start
    return HistoryStart(start.network, start.data, start.training, start.progress)


def shaped_entry(entry: Any) -> Any:  # noqa: ANN401
    """Return an entry of a history as it is written; one already encoded as it is."""
    if isinstance(entry, Edit) and (
        len(entry.changes) > MANY or any(_is_large(each) for each in entry.changes)
    ):
        return Open(label=entry.label, changes=Long(entry.changes, _shaped_change))
    if isinstance(entry, Edit):
        plain = msgspec.to_builtins(entry)
        for change in plain["changes"]:
            fill(change)
        tidy(plain)
        return plain
    return shaped(entry)


def shaped(value: Any) -> Any:  # noqa: ANN401
    """Return `value` as JSON values in the format's own shape, all at once."""
    plain = msgspec.to_builtins(value)
    tidy(plain)
    return plain


def _shaped_change(change: Change) -> Any:  # noqa: ANN401
    if _is_large(change):
        return Open(key=change.key, before=opened(change.before), after=opened(change.after))
    plain = msgspec.to_builtins(change)
    fill(plain)
    tidy(plain)
    return plain


def _is_large(change: Change) -> bool:
    return change.key in ("data", "progress") and change.key not in ABSENT_KEYS


def _as_it_is(value: Any) -> Any:  # noqa: ANN401
    return value


def _lined(value: dict[str, Any]) -> Iterator[bytes]:
    """Yield an object a key a line, a long list in it an item a line."""
    yield b"{\n"
    for place, (key, item) in enumerate(value.items(), 1):
        yield b'  "%b": ' % key.encode()
        if isinstance(item, Long) and item.items:
            yield b"[\n   "
            yield from _joined(item, b",\n   ")
            yield b"\n  ]"
        else:
            yield from pieces(item)
        yield b",\n" if place < len(value) else b"\n"
    yield b" }"


def _items(value: Long) -> Iterator[bytes]:
    if isinstance(value.items, Mapping):
        yield b"{"
        for place, (key, item) in enumerate(value.items.items()):
            yield b"%b%b:%b" % (b"," if place else b"", _encode(key), _encode(value.shape(item)))
        yield b"}"
    else:
        yield b"["
        yield from _joined(value, b",")
        yield b"]"


def _joined(value: Long, comma: bytes) -> Iterator[bytes]:
    for place, item in enumerate(value.items):
        made = value.shape(item)
        before = comma if place else b""
        if isinstance(made, Open):
            yield before
            yield from pieces(made)
        else:
            yield before + (made if isinstance(made, bytes) else _encode(made))
