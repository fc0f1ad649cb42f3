"""The data of a session: rows written out, or a named generator that makes them anew."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

Row: TypeAlias = tuple[float, ...]
Rows: TypeAlias = tuple[Row, ...]

GeneratorName: TypeAlias = Literal[
    "xor_points", "and_points", "or_points", "circles", "moons", "spiral", "gaussians",
    "linear", "blobs3", "plane", "sine", "parabola",
]  # fmt: skip
Encoding: TypeAlias = Literal["binary", "signed", "one_hot"]


class ColumnScaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an import did to one column: stored = (original − offset) / scale."""

    column: str
    offset: float
    scale: float


class Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an import scaled its columns."""

    method: Literal["none", "standard", "minmax"] = "none"
    columns: tuple[ColumnScaling, ...] = ()


class TableData(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="source",
    tag="table",
):
    """Rows in the order of the input nodes and of the network's outputs."""

    inputs: Rows = ()
    targets: Rows = ()
    test_inputs: Rows = ()
    test_targets: Rows = ()
    input_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    scaling: Scaling | msgspec.UnsetType = msgspec.UNSET


class GeneratorData(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    tag_field="source",
    tag="generator",
):
    """A named data set; `samples` counts train and test rows together."""

    name: GeneratorName
    samples: Annotated[int, msgspec.Meta(ge=2, le=100_000)] = 500
    noise: float = 0.0
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    test_fraction: Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)] = 0.5
    encoding: Encoding = "binary"


Data: TypeAlias = TableData | GeneratorData
