"""Sessions in files: the strict reader and the writer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from bpviz.model.checks import check_session, checking, missing
from bpviz.model.encoding import session_pieces
from bpviz.model.files import SIZE_LIMIT, FormatError, atomic_write, quoted, read_limited
from bpviz.model.history import ends_in
from bpviz.model.network import Unit
from bpviz.model.plain import convert
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
    return b"".join(encoding(session))


def encoding(session: Session, given: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """Yield the file's bytes piece by piece, empty ones while the session is checked.

    What is `given` for a key, as `opened` returns it, is written in place of the session's own.
    FormatError where the session breaks the format or the file would pass 64 MB.
    """
    for _ in checking(session):
        yield b""
    size = 0
    try:
        for piece in session_pieces(session, given):
            size += len(piece)
            yield piece
    except UnicodeEncodeError:
        raise FormatError("", "a text holds half a character, which no file can") from None
    if size > SIZE_LIMIT:
        shown = size / 1024 / 1024
        raise FormatError("", f"the session takes {shown:.1f} MB; at most 64 MB can be saved")
