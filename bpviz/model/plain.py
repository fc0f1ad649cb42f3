"""Between the schema's objects and plain JSON values, in the format's own shape."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from bpviz.model.data import TableData
from bpviz.model.files import FormatError
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.strict_json import located
from bpviz.model.training import Sgd, Training


def convert(raw: object, kind: Any, place: str = "") -> Any:  # noqa: ANN401
    """Return `raw` as the schema type `kind`; FormatError with `place` in front."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise located(str(error), place, raw) from None
    except (OverflowError, RecursionError) as error:
        raise FormatError(place, f"number out of range ({type(error).__name__})") from None


OPTIONAL_KEYS: Final = ("progress", "runs", "bookmarks", "view")
_EMPTY: Final = Session(
    network=Network(),
    data=TableData(),
    training=Training(loss="output_value", optimizer=Sgd(1.0)),
)


def left_out(session: Session, key: str) -> bool:
    """Whether the file does not mention `key`: an optional one that is empty or not there."""
    value = getattr(session, key)
    return value is msgspec.UNSET or (key in OPTIONAL_KEYS and value == getattr(_EMPTY, key))


def tidy(plain: Any) -> None:  # noqa: ANN401
    """Bring nodes, edges and tables found anywhere in `plain` into the format's own shape.

    A node's id stands first, only sum units show a bias, and optional keys left empty are left
    out.
    """
    if isinstance(plain, list | tuple):
        if plain and isinstance(plain[0], dict | list | tuple):
            for item in plain:
                tidy(item)
        return
    if not isinstance(plain, dict):
        return
    if "key" in plain:
        # A change, of which a long history has hundreds of thousands, mostly of numbers.
        for value in (plain.get("before"), plain.get("after")):
            if isinstance(value, dict | list | tuple):
                tidy(value)
        return
    if plain.get("kind") in ("input", "unit") and "id" in plain:
        _tidy_node(plain)
    for key in ("bias_share", "share"):
        if plain.get(key) == "":
            del plain[key]
    if plain.get("source") == "table":
        for key in ("input_names", "target_names", "class_names"):
            if not plain.get(key):
                plain.pop(key, None)
        return
    for value in plain.values():
        # A long history is mostly numbers: no call for each of them.
        if isinstance(value, dict | list | tuple):
            tidy(value)


def _tidy_node(plain: dict[str, Any]) -> None:
    rest = dict(plain)
    plain.clear()
    plain["id"] = rest.pop("id")
    plain.update(rest)
    if plain["kind"] == "unit" and plain["combine"] != "sum":
        # What was tidied before, as a saved history was, has neither.
        plain.pop("bias", None)
        plain.pop("trainable_bias", None)
