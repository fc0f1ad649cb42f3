"""Sessions in files: the strict reader and the writer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from bpviz.model.checks import check_session, missing
from bpviz.model.files import SIZE_LIMIT, FormatError, atomic_write, quoted, read_limited
from bpviz.model.history import ends_in
from bpviz.model.network import Unit
from bpviz.model.plain import convert, to_plain
from bpviz.model.schema import (
    FORMAT,
    VERSION,
    Bookmark,
    Curve,
    Lesson,
    Loaded,
    Notation,
    OptimizerState,
    Progress,
    SavedHistory,
    Session,
    session_schema,
)
from bpviz.model.strict_json import parse_json

__all__ = [
    "Bookmark",
    "Curve",
    "Lesson",
    "Loaded",
    "Notation",
    "OptimizerState",
    "Progress",
    "SavedHistory",
    "Session",
    "decode_session",
    "encode_session",
    "load_session",
    "missing",
    "read_session",
    "save_session",
    "session_schema",
]


def load_session(path: str | os.PathLike[str]) -> Session:
    """Return the session in the file at `path`; FormatError or OSError."""
    return read_session(path).session


def read_session(path: str | os.PathLike[str]) -> Loaded:
    """Return the session in the file at `path` with notices; FormatError or OSError."""
    return decode_session(read_limited(path))


def save_session(session: Session, path: str | os.PathLike[str]) -> None:
    """Write `session` to `path` whole or not at all.

    FormatError where the session breaks the format (nothing is written), OSError where the disk
    refuses (what was there stays).
    """
    atomic_write(path, encode_session(session))


def decode_session(data: bytes) -> Loaded:
    """Return the session that `data` holds; FormatError names the first place that is wrong."""
    raw = parse_json(data)
    _check_header(raw)
    session = convert(raw, Session)
    _check_left_out_keys(raw, session)
    check_session(session)
    if session.history is not msgspec.UNSET and not ends_in(session.history, session):
        reset = msgspec.structs.replace(session, history=msgspec.UNSET, progress=Progress())
        return Loaded(reset, (HISTORY_DROPPED,))
    return Loaded(session)


HISTORY_DROPPED: Final = (
    "history: does not end in the file's own network, data and training; it was left out, and "
    "the session starts at iteration 0"
)


def _check_header(raw: object) -> None:
    if not isinstance(raw, dict):
        raise FormatError("", "not a bpviz session: the file holds no JSON object")
    if "format" not in raw:
        raise FormatError("format", f'missing; a session says "{FORMAT}"')
    if raw["format"] != FORMAT or not isinstance(raw["format"], str):
        raise FormatError("format", f'{quoted(raw["format"])} is not "{FORMAT}"')
    version = raw.get("version")
    if "version" not in raw:
        raise FormatError("version", "missing")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise FormatError("version", f"must be an integer from 1 to {VERSION}")
    if version > VERSION:
        shown = quoted(version).strip('"') if version < 10**40 else "a larger number"
        raise FormatError("version", f"{shown} is newer than this program reads ({VERSION})")


def _check_left_out_keys(raw: dict[str, Any], session: Session) -> None:
    """Refuse a bias on units that have none: only sum units know the key."""
    nodes = session.network.nodes
    for index, (node, given) in enumerate(zip(nodes, raw["network"].get("nodes", ()), strict=True)):
        if not isinstance(node, Unit) or node.combine == "sum":
            continue
        for key in ("bias", "trainable_bias", "bias_share"):
            if key in given:
                raise FormatError(
                    f"network.nodes[{index}].{key}", "unknown key: only sum units have a bias"
                )


def encode_session(session: Session) -> bytes:
    """Return the file's bytes: JSON, a node, edge or row a line.

    FormatError where the session breaks the format or the file would pass 64 MB.
    """
    check_session(session)
    plain = to_plain(session)
    try:
        data = ("\n".join(_lines(plain)) + "\n").encode()
    except UnicodeEncodeError:
        raise FormatError("", "a text holds half a character, which no file can") from None
    if len(data) > SIZE_LIMIT:
        size = len(data) / 1024 / 1024
        raise FormatError("", f"the session takes {size:.1f} MB; at most 64 MB can be saved")
    return data


def _lines(plain: dict[str, Any]) -> Iterator[str]:
    """Yield the file's lines: keys a line each, long lists an item a line."""
    yield "{"
    keys = list(plain)
    for key in keys:
        comma = "" if key == keys[-1] else ","
        value = plain[key]
        if key in ("network", "data", "history") and isinstance(value, dict):
            yield f' "{key}": {{'
            inner = list(value)
            for name in inner:
                end = "" if name == inner[-1] else ","
                yield from _entry(name, value[name], end)
            yield f" }}{comma}"
        else:
            yield f' "{key}": {_encode(value)}{comma}'
    yield "}"


def _entry(name: str, value: object, end: str) -> Iterator[str]:
    if isinstance(value, list | tuple) and value and isinstance(value[0], dict | list | tuple):
        yield f'  "{name}": ['
        last = len(value) - 1
        for index, item in enumerate(value):
            yield f"   {_encode(item)}" + ("" if index == last else ",")
        yield f"  ]{end}"
    else:
        yield f'  "{name}": {_encode(value)}{end}'


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()
