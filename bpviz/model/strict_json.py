"""JSON read strictly: duplicate keys are found, and a schema's complaint names its place."""

from __future__ import annotations

import json
import re
from typing import Any

from bpviz.model.files import FormatError, quoted


def parse_json(data: bytes) -> Any:  # noqa: ANN401
    """Return the JSON value in `data`; FormatError with line and column where it is none.

    NaN and Infinity come through as numbers, for the check that can name their place.
    """
    duplicates: list[tuple[dict[str, Any], str]] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            duplicates.append((found, key))
        return found

    try:
        raw = json.loads(data.decode("utf-8-sig"), object_pairs_hook=build)
    except json.JSONDecodeError as error:
        raise FormatError(f"line {error.lineno}, column {error.colno}", _plainly(error)) from None
    except UnicodeDecodeError as error:
        raise FormatError(f"byte {error.start}", "not UTF-8 text") from None
    except RecursionError:
        raise FormatError("", "not a bpviz session: nested too deeply") from None
    except ValueError:
        # The only other refusal of the parser: an integer of thousands of digits.
        raise FormatError("", "a number with too many digits") from None
    if duplicates:
        owner, key = duplicates[0]
        place = _place_of(raw, owner)
        raise FormatError(f"{place}.{key}".lstrip("."), f"duplicate key {quoted(key)}")
    if _HALF_CHARACTER.search(data):
        _refuse_half_characters(raw)
    return raw


# What can be half of a character of two parts; only where the other half lacks it is refused.
_HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")


def _refuse_half_characters(raw: object) -> None:
    """Raise FormatError at a text with a lone surrogate: it could never be written again."""
    stack: list[tuple[str, object]] = [("", raw)]
    while stack:
        place, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((place, key) for key in value)
            stack.extend((f"{place}.{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((f"{place}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value):
            shown = quoted(place.lstrip("."))[1:-1]
            raise FormatError(shown, "contains a lone surrogate, half a character")


def _plainly(error: json.JSONDecodeError) -> str:
    if error.pos >= len(error.doc.rstrip()):
        return (
            "the file ends in the middle of the JSON" if error.doc.strip() else "the file is empty"
        )
    return f"not JSON: {error.msg[0].lower()}{error.msg[1:]}"


def _place_of(raw: object, wanted: object) -> str:
    """Return the path at which `wanted` (by identity) stands inside `raw`."""
    stack: list[tuple[str, object]] = [("", raw)]
    while stack:
        place, value = stack.pop()
        if value is wanted:
            return place.lstrip(".")
        if isinstance(value, dict):
            stack.extend((f"{place}.{key}", item) for key, item in value.items())
        elif isinstance(value, list):
            stack.extend((f"{place}[{index}]", item) for index, item in enumerate(value))
    return ""


_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_WORDS = (
    ("`str`", "text"),
    ("`float`", "a number"),
    ("`int`", "an integer"),
    ("`bool`", "true or false"),
    ("`array`", "a list"),
    ("`object`", "an object"),
    ("`null`", "null"),
)


def located(complaint: str, place: str, raw: object) -> FormatError:
    """Return msgspec's `complaint` as one line that starts with the place.

    `raw` is the value that was converted; it stands at `place`.
    """
    message, _, path = complaint.partition(" - at `")
    path = path.rstrip("`").removeprefix("key in ").removeprefix("$")
    where = f"{place}{path}".lstrip(".")
    if found := _UNKNOWN.fullmatch(message):
        return FormatError(f"{where}.{quoted(found[1])[1:-1]}".lstrip("."), "unknown key")
    if found := _MISSING.fullmatch(message):
        return FormatError(f"{where}.{found[1]}".lstrip("."), "missing")
    value = _value_at(raw, path)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        message = f"{quoted(value) if isinstance(value, str) else _number(value)}: {message}"
    for word, plain in _WORDS:
        message = message.replace(word, plain)
    return FormatError(where, message[0].lower() + message[1:])


def _number(value: float) -> str:
    try:
        return quoted(value)[1:-1]
    except ValueError:
        return "a huge integer"


def _value_at(raw: object, path: str) -> object:
    """Return the value at msgspec's `path` ("[...]" is an unknown key), None where it is lost."""
    for key, index in re.findall(r"\.([A-Za-z_0-9]+)|\[(\d+|\.\.\.)\]", path):
        try:
            raw = raw[key] if key else raw[int(index)]  # type: ignore[index]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return raw
