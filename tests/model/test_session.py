"""The strict reader: what is refused is refused in one line that names its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from bpviz.model.edit import Change, Edit, PlacedNode, apply
from bpviz.model.files import FormatError
from bpviz.model.history import History, save_history
from bpviz.model.network import Unit
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session, load_session, save_session
from tests.model.examples import sessions, small_session


@given(sessions())
def test_a_session_read_back_is_the_same_to_the_byte(session: Session) -> None:
    data = encode_session(session)
    again = decode_session(data)
    assert again.session == session
    assert not again.notices
    assert encode_session(again.session) == data


def test_keys_stand_in_the_order_of_the_format(tmp_path: Path) -> None:
    save_session(small_session(), tmp_path / "s.bpviz.json")
    raw = json.loads((tmp_path / "s.bpviz.json").read_bytes())
    assert list(raw) == ["format", "version", "title", "notes", "network", "data", "training"]
    assert list(raw["network"]["nodes"][0]) == ["id", "kind", "label", "position"]
    assert list(raw["network"]["nodes"][2]) == [
        "id", "kind", "combine", "activation", "bias", "trainable_bias", "label", "position",
    ]  # fmt: skip
    assert load_session(tmp_path / "s.bpviz.json") == small_session()


def test_defaults_are_those_of_the_format() -> None:
    raw = {
        "format": "bpviz-session", "version": 1,
        "network": {
            "nodes": [{"id": "x", "kind": "input"}, {"id": "y", "kind": "unit"}],
            "edges": [{"source": "x", "target": "y", "weight": 2}],
            "outputs": ["y"],
        },
        "data": {"inputs": [[1]], "targets": [[0]], "source": "table"},
        "training": {"loss": "squared_error", "optimizer": {"name": "adam", "learning_rate": 1}},
    }  # fmt: skip
    session = decode_session(json.dumps(raw).encode()).session
    unit = session.network.units[0]
    assert (unit.label, unit.bias, unit.combine, unit.activation) == ("y", 0.0, "sum", "sigmoid")
    assert session.network.edges[0].trainable
    assert session.training.batch_reduction == "mean"
    assert session.training.batch_size is None


def _set(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(raw: Any) -> None:
        for key in path[:-1]:
            raw = raw[key]
        raw[path[-1]] = value

    return change


def _add_edge(source: str, target: str) -> Callable[[dict[str, Any]], None]:
    def change(raw: Any) -> None:
        raw["network"]["edges"].append({"source": source, "target": target, "weight": 1})

    return change


NAN, INFINITE = float("nan"), float("inf")
MALFORMED = [
    (_set("format", value="other"), 'format: "other" is not "bpviz-session"'),
    (_set("version", value=2), "version: 2 is newer than this program reads (1)"),
    (_set("version", value=True), "version: must be an integer from 1 to 1"),
    (_set("extra", value=1), "extra: unknown key"),
    (_set("network", "edges", 3, "target", value="h9"), 'network.edges[3].target: no node "h9"'),
    (_set("network", "edges", 3, "wieght", value=1), "network.edges[3].wieght: unknown key"),
    (_set("network", "edges", 3, "weight", value=True), "network.edges[3].weight: "),
    (_set("network", "edges", 3, "weight", value="1"), 'network.edges[3].weight: "1": '),
    (_set("network", "edges", 3, "weight", value=NAN), "network.edges[3].weight: NaN"),
    (_set("network", "edges", 3, "weight", value=INFINITE), "network.edges[3].weight: inf"),
    (_set("network", "edges", 3, "weight", value=10**400), "network.edges[3].weight: "),
    (_set("network", "edges", 3, "weight", value=1e101), "network.edges[3].weight: 1e+101"),
    (_set("network", "nodes", 2, "activation", value="foo"), "network.nodes[2].activation: "),
    (_set("network", "nodes", 2, "activation", value="power"), "network.nodes[2].activation: "),
    (_set("network", "nodes", 2, "combine", value="max"), "network.nodes[2].bias: unknown key"),
    (_set("network", "nodes", 2, "id", value="x1"), 'network.nodes[2].id: duplicate id "x1"'),
    (_set("network", "nodes", 2, "id", value="1h"), "network.nodes[2].id: "),
    (_set("network", "nodes", 2, "id", value="h\n"), "network.nodes[2].id: "),
    (_set("network", "nodes", 0, "bias", value=1), "network.nodes[0].bias: unknown key"),
    (_set("network", "nodes", 2, "label", value="a\tb"), "network.nodes[2].label: "),
    (_set("network", "nodes", 2, "label", value="a" * 201), "network.nodes[2].label: 201"),
    (_set("network", "nodes", 2, "label", value="\ud800"), "network.nodes[2].label: "),
    (_set("network", "nodes", 2, "position", value=[1]), "network.nodes[2].position: "),
    (_set("network", "nodes", 2, "position", value=[1, 2e6]), "network.nodes[2].position[1]: "),
    (_set("network", "outputs", value=["x1"]), 'network.outputs[0]: "x1" is an input'),
    (_set("network", "outputs", value=["q"]), 'network.outputs[0]: no node "q"'),
    (_add_edge("y1", "h1_1"), "network.edges: a cycle: h1_1 -> y1 -> h1_1"),
    (_add_edge("h1_1", "h1_1"), "network.edges: a cycle: h1_1 -> h1_1"),
    (_add_edge("x1", "h1_1"), 'network.edges[6]: duplicate edge "x1->h1_1"'),
    (_add_edge("h1_1", "x1"), 'network.edges[6].target: "x1" is an input'),
    (_set("data", "inputs", value=[[1, 2], [1]]), "data.inputs[1]: 1 numbers"),
    (_set("data", "inputs", value=[[1, 2], [1, 2]]), "data.targets: 1 rows, but 2 rows"),
    (_set("data", "inputs", value=[[NAN, 2]]), "data.inputs[0][0]: NaN"),
    (_set("data", "source", value="web"), "data.source: "),
    (_set("training", "batch_size", value=0), "training.batch_size: "),
    (_set("training", "optimizer", "learning_rate", value=0), "training.optimizer.learning_rate: "),
    (_set("training", "optimizer", "name", value="x"), "training.optimizer.name: "),
    (_set("training", "optimizer", value={"name": "sgd"}), "training.optimizer.learning_rate: mis"),
    (_set("title", value="a" * 201), "title: 201 characters"),
    (_set("title", value=None), "title: "),
    (_set("view", value={"a": [INFINITE]}), "view.a[0]: no finite number"),
]


@pytest.mark.parametrize(("change", "line"), MALFORMED, ids=[line for _, line in MALFORMED])
def test_malformed_sessions_name_the_place(
    change: Callable[[dict[str, Any]], None], line: str
) -> None:
    raw = json.loads(encode_session(small_session()))
    change(raw)
    with pytest.raises(FormatError) as refusal:
        decode_session(json.dumps(raw).encode())
    assert str(refusal.value).startswith(line)
    assert len(str(refusal.value)) <= 300
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("key", ["format", "version", "network", "data", "training"])
def test_required_keys_are_required(key: str) -> None:
    raw = json.loads(encode_session(small_session()))
    del raw[key]
    with pytest.raises(FormatError, match=f"^{key}: missing"):
        decode_session(json.dumps(raw).encode())


WHOLE = encode_session(small_session())
NOT_JSON = [
    (b"", "line 1, column 1: the file is empty"),
    (WHOLE[:200], "line "),
    (b"hello", "line 1, column 1: not JSON"),
    (b"[]", "not a bpviz session"),
    (b"\xff\xfe\x00", "byte 0: not UTF-8 text"),
    (b"[" * 100_000, "not a bpviz session: nested too deeply"),
    (b'{"a":' * 100_000, "not a bpviz session: nested too deeply"),
    (WHOLE.replace(b"0.3", b"1e999"), "data.inputs[0][1]: inf"),
    (WHOLE.replace(b"0.3", b"NaN"), "data.inputs[0][1]: NaN"),
    (WHOLE.replace(b"0.3", b"1" * 5000), "a number with too many digits"),
    (WHOLE.replace(b'"bias":', b'"bias":1,"bias":'), 'network.nodes[2].bias: duplicate key "bias"'),
    (WHOLE.replace(b'"title"', b'"title":"","title"'), 'title: duplicate key "title"'),
]  # fmt: skip


@pytest.mark.parametrize(("data", "line"), NOT_JSON, ids=[line for _, line in NOT_JSON])
def test_broken_files_name_the_place(data: bytes, line: str) -> None:
    with pytest.raises(FormatError) as refusal:
        decode_session(data)
    assert str(refusal.value).startswith(line)


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.bpviz.json"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(FormatError, match="file of 100 MB: at most 64 MB"):
        load_session(path)


def test_values_are_quoted_short() -> None:
    raw = json.loads(WHOLE)
    raw["network"]["edges"][0]["target"] = "h" * 64
    with pytest.raises(FormatError) as refusal:
        decode_session(json.dumps(raw).encode())
    assert "h" * 40 not in str(refusal.value)


@pytest.mark.parametrize(
    "name", ["progress", "history", "lesson", "notation", "runs", "bookmarks", "view"]
)
def test_null_is_no_value_for_an_optional_key(name: str) -> None:
    raw = json.loads(WHOLE)
    raw[name] = None
    with pytest.raises(FormatError, match=name):
        decode_session(json.dumps(raw).encode())


def test_a_file_just_over_the_limit_is_not_called_as_large_as_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.bpviz.json"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    with pytest.raises(FormatError, match="file of 65 MB: at most 64 MB"):
        load_session(path)


def test_a_history_that_adds_a_unit_that_multiplies_is_saved() -> None:
    session = small_session()
    unit = Unit("p", combine="product")
    edit = Edit("Add p", (Change("nodes/p", None, PlacedNode(len(session.network.nodes), unit)),))
    after = apply(session, edit)
    history = save_history(History(session, (edit,), (1, 0)))
    whole = msgspec.structs.replace(after, history=history)
    data = encode_session(whole)
    assert encode_session(decode_session(data).session) == data
