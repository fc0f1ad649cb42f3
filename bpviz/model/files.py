"""Files on disk: the one way to write, and the one kind of error for what was read."""

from __future__ import annotations

import contextlib
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

SIZE_LIMIT = 64 * 1024 * 1024
LINE_LIMIT = 300
QUOTE_LIMIT = 40


class FormatError(ValueError):
    """Something read breaks the format; `str` is one line of at most 300 characters.

    `place` names where (`network.edges[3].target`, empty for the file as a whole) and `message`
    what is wrong there.
    """

    def __init__(self, place: str, message: str) -> None:
        super().__init__(one_line(f"{place}: {message}" if place else message))
        self.place = place
        self.message = message


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return `text` on one line of at most `limit` printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(value: object) -> str:
    """Return `value` as it is quoted in an error: in double quotes, cut to 40 characters."""
    text = one_line(str(value), QUOTE_LIMIT)
    return f'"{text}"'


def read_limited(path: str | os.PathLike[str], limit: int = SIZE_LIMIT) -> bytes:
    """Return the file's bytes; FormatError where it is larger than `limit`, OSError otherwise.

    Reads one byte beyond the limit at most, so a device or a growing file can't fill the memory.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = b"" if size > limit else file.read(limit + 1)
    if size > limit or len(data) > limit:
        shown = f"{math.ceil(max(size, len(data)) / 1024 / 1024)} MB"
        raise FormatError("", f"file of {shown}: at most {limit // 1024 // 1024} MB can be read")
    return data


def atomic_write(
    path: str | os.PathLike[str],
    data: bytes | Iterable[bytes],
    goes_on: Callable[[], bool] | None = None,
) -> None:
    """Write `data` to `path` whole or not at all; OSError leaves what was there intact.

    `goes_on` is asked before each part of `data` and before it takes the place of what was there:
    InterruptedError where it says no. Written to a new file in the same folder, flushed to disk,
    then renamed over the old one. The old file's mode is kept and a symbolic link stays one.
    """
    target = Path(os.path.realpath(path))
    parts = (data,) if isinstance(data, bytes) else data
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        # A pipe or a device (/dev/stdout) has nothing to lose and can't be renamed over.
        with open(target, "wb") as file:
            _write(file, parts, goes_on)
        return
    mode = _mode_of(target)
    descriptor, name = _file_beside(target)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _write(file, parts, goes_on)
            file.flush()
            os.fsync(file.fileno())
        _ask(goes_on)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def _write(file: IO[bytes], parts: Iterable[bytes], goes_on: Callable[[], bool] | None) -> None:
    for part in parts:
        _ask(goes_on)
        file.write(part)


def _ask(goes_on: Callable[[], bool] | None) -> None:
    if goes_on is not None and not goes_on():
        raise InterruptedError("given up")


def _file_beside(target: Path) -> tuple[int, str]:
    """Open a new file in the folder of `target`; an OSError names `target`, not the new file."""
    try:
        return tempfile.mkstemp(prefix=f".{target.name[:40]}.", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from None


def _mode_of(target: Path) -> int:
    """Return the mode the written file gets: the old file's, or the one the umask gives."""
    with contextlib.suppress(FileNotFoundError):
        mode = stat.S_IMODE(target.stat().st_mode)
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied", str(target))
        return mode
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can open folders."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
