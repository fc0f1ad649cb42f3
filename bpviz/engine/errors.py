"""What can go wrong in the engine: a value that is no finite number."""

from __future__ import annotations

MAX_LINE = 300


class NonFinite(Exception):  # noqa: N818  (it names a state, not a mistake)
    """A value became infinite or not a number.

    `place` is the id of the first bad node or the name of the first bad edge, `cause` says why in
    words; `where` is both in one line of at most 300 characters.
    """

    def __init__(self, place: str, cause: str) -> None:
        line = f"{place}: {cause}"
        if len(line) > MAX_LINE:
            line = line[: MAX_LINE - 1] + "…"
        super().__init__(line)
        self.place = place
        self.cause = cause
        self.where = line


def in_words(value: float) -> str:
    """Return how a bad value is called: "infinite", "minus infinite" or "not a number"."""
    if value != value:
        return "not a number"
    if value in (float("inf"), float("-inf")):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:.6g}"
