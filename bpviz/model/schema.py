"""The schema of a session: network, data, training settings, progress, and what lessons add."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from bpviz.model.data import Data
from bpviz.model.network import Network
from bpviz.model.training import Training

FORMAT: Final = "bpviz-session"
VERSION: Final = 1

Slots: TypeAlias = dict[str, dict[str, float]]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class OptimizerState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the optimizer remembers: its step count and, by name, each parameter's slots."""

    step: Count = 0
    edges: Slots = {}
    biases: Slots = {}


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Loss over all rows at some iterations; `test` is empty without test rows."""

    iteration: tuple[int, ...] = ()
    train: tuple[float, ...] = ()
    test: tuple[float, ...] = ()


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far training has come; weights and biases themselves stand in the network."""

    iteration: Count = 0
    kernel: str = "numpy"
    versions: dict[str, str] = {}
    optimizer: OptimizerState = OptimizerState()
    curve: Curve = Curve()


class HistoryStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The state a saved history starts from."""

    network: Network
    data: Data
    training: Training
    progress: Progress = Progress()


class SavedHistory(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """A history as saved: start, entries as plain JSON, position (entry, iterations inside)."""

    start: HistoryStart
    entries: tuple[dict[str, Any], ...] = ()
    position: tuple[Count, Count] = (0, 0)


class SavedRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run kept beside the active one: a whole history line of its own."""

    name: str
    history: SavedHistory


class Bookmark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A named place: a history position and a frame within the iteration there."""

    name: str
    position: tuple[Count, Count] = (0, 0)
    frame: int = -1


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure a lesson prints beside the one the program computes."""

    quantity: str
    printed: str
    computed: float


class Page(_Part, frozen=True):
    """One page of a lesson: its text and the view it sets."""

    title: str
    text: str = ""
    position: tuple[Count, Count] | msgspec.UnsetType = msgspec.UNSET
    grain: str = ""
    overlay: str = ""
    selection: tuple[str, ...] = ()
    panel: str = ""
    expect: tuple[Expectation, ...] = ()


class Lesson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ordered pages."""

    pages: tuple[Page, ...] = ()


class Notation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names and index orders of the text a session follows."""

    loss_symbol: str = "E"
    target_symbol: str = "t"
    weight_layer: Literal["target", "source"] = "target"
    weight_order: Literal["to_from", "from_to"] = "to_from"


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is saved: what is drawn, what it learns from, how, and how far it has come."""

    format: Literal["bpviz-session"] = FORMAT
    version: Literal[1] = VERSION
    title: str = ""
    notes: str = ""
    network: Network
    data: Data
    training: Training
    progress: Progress = Progress()
    history: SavedHistory | msgspec.UnsetType = msgspec.UNSET
    runs: tuple[SavedRun, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    lesson: Lesson | msgspec.UnsetType = msgspec.UNSET
    notation: Notation | msgspec.UnsetType = msgspec.UNSET
    view: dict[str, Any] = {}


class Loaded(msgspec.Struct, frozen=True):
    """A session read from a file, and lines about what was left out on the way."""

    session: Session
    notices: tuple[str, ...] = ()


def session_schema() -> dict[str, Any]:
    """Return the JSON Schema of session files."""
    schema: dict[str, Any] = msgspec.json.schema(Session)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
