"""Names and texts as people write them: what a session could not hold is refused at once."""

from __future__ import annotations

import re

from bpviz.model.checks import MAX_TEXT, check_text
from bpviz.model.edit import EditError
from bpviz.model.files import FormatError


def one_line(text: str, what: str = "name") -> str:
    """Return `text` as a name or title, white space folded into single spaces.

    EditError, which calls it `what`, where it is too long or holds a control character.
    """
    folded = re.sub(r"\s+", " ", text).strip()
    _check(folded, what, MAX_TEXT)
    return folded


def many_lines(text: str, what: str) -> str:
    """Return `text` of any length; EditError where it holds a control character.

    Line ends of other systems become newlines.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    _check(plain, what, None)
    return plain


def _check(text: str, what: str, limit: int | None) -> None:
    try:
        check_text(text, what, limit)
    except FormatError as error:
        raise EditError(str(error)) from None
