"""Exit statuses, and the error whose one line goes to standard error."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1
REFUSED: Final = 2
NON_FINITE: Final = 3
INTERRUPTED: Final = 130

LINE_LIMIT: Final = 300
PATH_LIMIT: Final = 60


class CommandError(Exception):
    """A command can't go on; `str` is one line of at most 300 characters."""

    def __init__(self, message: str, status: int = REFUSED) -> None:
        super().__init__(one_line(f"bpviz: {message}", LINE_LIMIT))
        self.status = status


def one_line(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` printable characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shown_path(path: str) -> str:
    """Return `path` for an error: its end, where it is long."""
    return path if len(path) <= PATH_LIMIT else "…" + path[1 - PATH_LIMIT :]
