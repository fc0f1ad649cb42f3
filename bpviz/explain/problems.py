"""What a session lacks, as one sentence that a person reads: no place in a file, and what to do."""

from __future__ import annotations

import re
from typing import Final

_PLACE: Final = re.compile(
    r"data\.(?P<test>test_)?(?P<field>inputs|targets)(?:\[(?P<row>\d+)\])?: (?P<what>.+)"
)
_SENTENCES: Final = {
    "network: no nodes yet": "The network has no nodes yet: add an input, a unit and an output",
    "network: no units yet": "The network has no units yet: add one after the inputs",
    "network.outputs: no unit is marked as an output":
        "No unit is marked as an output: nothing is compared with the targets",
    "data: no rows":
        "There are no rows yet: choose a data set, draw points, or type and paste rows",
    "data.test_targets: no targets for the test rows": "The test rows have no targets",
}  # fmt: skip


def in_words(problem: str) -> str:
    """Return as a sentence what a session lacks.

    `problem` is a line of `engine.readiness`, which begins with a place in the session's file:
    "data.targets[2]: …". Empty stays empty.
    """
    if problem in _SENTENCES:
        return _SENTENCES[problem]
    found = _PLACE.fullmatch(problem)
    if found is None:
        text = problem.removeprefix("network: ")
        return text[:1].upper() + text[1:]
    field, what = found["field"], found["what"].replace("_cross_entropy", " cross-entropy")
    test = "test " if found["test"] else ""
    if found["row"] is None:
        return f"The {test}rows have {what.replace(' column', f' {field[:-1]} column', 1)}"
    row = int(found["row"]) + 1
    return f"The {field} of {test}row {row} do not suit the loss: {what}"
