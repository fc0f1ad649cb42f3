"""Reading sessions and writing results, with every fault as one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bpviz.cli.errors import CommandError, shown_path
from bpviz.engine.datasets import Rows, make_rows
from bpviz.engine.program import Program, compile
from bpviz.engine.readiness import problems
from bpviz.model.files import FormatError, atomic_write
from bpviz.model.session import Loaded, Session, encode_session, read_session


def load(path: str, *, complete: bool = True) -> Session:
    """Return the session at `path`, which must be `complete` or need not be.

    What was left out of it is said on standard error; where it can't be used, that alone is said.
    """
    loaded = read(path)
    if complete:
        require_complete(loaded.session)
    tell(path, loaded)
    return loaded.session


def read(path: str) -> Loaded:
    """Return what the file at `path` holds, and what was left out of it, without a word."""
    try:
        return read_session(path)
    except FormatError as error:
        raise CommandError(f"{shown_path(path)}: {error}") from None
    except OSError as error:
        raise CommandError(f"{shown_path(path)}: {reason(error)}") from None


def tell(path: str, loaded: Loaded) -> None:
    """Say on standard error what was left out of the session at `path`."""
    for notice in loaded.notices:
        sys.stderr.write(f"bpviz: {shown_path(path)}: {notice}\n")


def prepare(session: Session) -> tuple[Program, Rows]:
    """Return program and rows of a complete session; CommandError says what it lacks."""
    require_complete(session)
    return compile(session.network), make_rows(session.data, session.training.loss)


def require_complete(session: Session) -> None:
    """Raise CommandError where `session` lacks what tracing and training need."""
    lacks = problems(session)
    if lacks:
        more = f" (and {len(lacks) - 1} more)" if len(lacks) > 1 else ""
        raise CommandError(f"incomplete session: {lacks[0]}{more}")


def write(path: str, data: bytes) -> None:
    """Write `data` to `path` whole or not at all; CommandError where that fails."""
    with writing(path):
        atomic_write(path, data)


def save(session: Session, path: str) -> None:
    """Write `session` to `path` whole or not at all; CommandError where that fails."""
    with writing(path):
        atomic_write(path, encode_session(session))


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn the faults of writing to `path` into CommandError."""
    try:
        yield
    except FormatError as error:
        raise CommandError(f"{shown_path(path)} is not written: {error}") from None
    except OSError as error:
        raise CommandError(f"{shown_path(path)} is not written: {reason(error)}") from None


def require_writable(path: str | None) -> None:
    """Raise CommandError at once where `path` can't be written: not after hours of training."""
    if path is None:
        return
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise CommandError(f"{shown_path(path)} is not written: no folder {shown_path(folder)}")
    if os.path.isdir(path):
        raise CommandError(f"{shown_path(path)} is not written: it is a folder")
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise CommandError(f"{shown_path(path)} is not written: permission denied")


def require_apart(written: Mapping[str, str | None], **kept: str | None) -> None:
    """Raise CommandError where a file `written`, by option, would overwrite another or one `kept`.

    Devices, such as /dev/null, take anything from anybody.
    """
    taken = {os.path.realpath(path): f"the {what}" for what, path in kept.items() if path}
    for option, path in written.items():
        if path is None or (os.path.exists(path) and not os.path.isfile(path)):
            continue
        held = taken.setdefault(os.path.realpath(path), f"what {option} writes")
        if held != f"what {option} writes":
            raise CommandError(f"{option} {shown_path(path)} would overwrite {held}")


def write_out(data: bytes, path: str | None) -> None:
    """Write `data` to the file at `path`, or to standard output."""
    if path is not None:
        write(path, data)
        return
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(data.decode())
    else:
        sys.stdout.flush()
        binary.write(data)


def reason(error: OSError) -> str:
    """Return why the disk refused, in the system's words."""
    return error.strerror or type(error).__name__
