"""Names, titles and texts that no file can hold never get into a session."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bpviz.model import verbs
from bpviz.model.checks import MAX_TEXT
from bpviz.model.edit import EditError, apply
from bpviz.model.files import FormatError
from bpviz.model.pages import add_page, change_page
from bpviz.model.schema import Bookmark, Expectation, Page, Session
from bpviz.model.session import decode_session, encode_session
from bpviz.model.texts import many_lines, one_line
from tests.document.examples import xor_session

LONGEST = "x" * MAX_TEXT
# What no name or title can hold, and what is said of it.
BAD_NAMES = (
    (LONGEST + "y", "201 characters; at most 200"),
    ("bell\a", "contains the character U+0007"),
    ("nothing\0", "contains the character U+0000"),
    ("half\ud83d", "contains the character U+D83D"),
)
PAGES = (Page("One", "a"), Page("Two", "b"))


def changed(title: str = "One", text: str = "a", printed: str = "") -> Page:
    expect = (Expectation("E", printed, 0.5),) if printed else ()
    return Page(title, text, expect=expect)


WRITERS: dict[str, Callable[[Session, str], Any]] = {
    "title": lambda session, text: verbs.set_text(session, "title", text),
    "label": lambda session, text: verbs.set_node(session, ["h1_1"], "label", text),
    "page": lambda session, text: add_page(session, PAGES, 0, Page(text)),
    "page's title": lambda session, text: change_page(session, PAGES, 0, changed(text), "Write"),
    "figure": lambda session, text: change_page(session, PAGES, 0, changed(printed=text), "Write"),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("text", "why"), BAD_NAMES, ids=["long", "bell", "nul", "half"])
def test_no_verb_writes_a_name_that_no_file_holds(writer: str, text: str, why: str) -> None:
    with pytest.raises(EditError, match=re.escape(why)) as refused:
        WRITERS[writer](xor_session(), text)
    told = str(refused.value)
    assert "\n" not in told
    assert len(told) < 100


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("text", [LONGEST, "tab\tand\nline", "\N{GRINNING FACE}", "δ ≤ ½"])
def test_what_is_written_can_be_saved_and_read_again(writer: str, text: str) -> None:
    edited = apply(xor_session(), WRITERS[writer](xor_session(), text))
    read = decode_session(encode_session(edited)).session
    assert (read.title, read.network, read.lesson) == (
        edited.title,
        edited.network,
        edited.lesson,
    )


@pytest.mark.parametrize("text", ["bell\a", "half\udc00"])
def test_no_text_of_many_lines_holds_what_no_file_does(text: str) -> None:
    session = xor_session()
    with pytest.raises(EditError, match=r"^notes: contains the character U\+"):
        verbs.set_text(session, "notes", text)
    with pytest.raises(EditError, match=r"^text: contains the character U\+"):
        change_page(session, PAGES, 0, changed(text=text), "Write")


def test_a_text_that_was_there_hinders_no_other_change() -> None:
    pages = (Page("bell\a", "bell\a"),)
    edit = change_page(xor_session(), pages, 0, Page("bell\a", "bell\a", grain="term"), "Write")
    assert edit.changes[0].after.pages[0].grain == "term"


def test_white_space_is_folded_in_one_line_and_kept_in_many() -> None:
    assert one_line("  a\tb \r\n c ") == "a b c"
    assert many_lines("a\tb\r\nc\rd\n", "notes") == "a\tb\nc\nd\n"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("lesson", "pages", 0, "title"), "lesson.pages[0].title"),
        (("lesson", "pages", 0, "text"), "lesson.pages[0].text"),
        (("lesson", "pages", 0, "panel"), "lesson.pages[0].panel"),
        (("notation", "loss_symbol"), "notation.loss_symbol"),
        (("view", "key"), "view.key"),
        (("bookmarks", 0, "name"), "bookmarks[0].name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_half_a_character_is_refused_with_its_place(path: tuple[Any, ...], place: str) -> None:
    session = msgspec.structs.replace(
        apply(xor_session(), add_page(xor_session(), (), 0, Page("One", "a", panel="explain"))),
        bookmarks=(Bookmark("here", (0, 0), -1),),
    )
    document = json.loads(encode_session(session))
    document["notation"] = {"loss_symbol": "E"}
    document["view"] = {"key": "value"}
    owner = document
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = "\N{GRINNING FACE}"
    decode_session(json.dumps(document).encode())  # two halves, escaped, are whole
    owner[path[-1]] = "half \ud83d"
    with pytest.raises(FormatError) as refused:
        decode_session(json.dumps(document).encode())
    assert str(refused.value) == f"{place}: contains a lone surrogate, half a character"


def test_half_a_character_in_a_key_is_refused() -> None:
    document = json.loads(encode_session(xor_session()))
    document["view"] = {"half \ud83d": 1}
    with pytest.raises(FormatError, match="view: contains a lone surrogate"):
        decode_session(json.dumps(document).encode())


def test_a_session_with_half_a_character_is_not_written() -> None:
    bad = msgspec.structs.replace(xor_session(), view={"half \ud83d": 1})
    with pytest.raises(FormatError, match="half a character"):
        encode_session(bad)
