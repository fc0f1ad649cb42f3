"""Bad session files: every command refuses with one line that names the place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command_line import S5, CommandLine

Change = Callable[[dict[str, Any]], object]

COMMANDS: dict[str, tuple[str, ...]] = {
    "trace": (),
    "train": ("--iterations", "1"),
    "check": (),
    "verify": (),
    "export": ("--table", "table.md"),
}


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


def lesson() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(S5).read_bytes())
    return document


WHOLE_FILES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("truncated", Path(S5).read_bytes()[:-40], "line"),
    ("not JSON", b"weights: [1, 2]\n", "line 1"),
    ("not UTF-8", b'{"format": "\xff\xfe"}', ""),
    ("a list", b"[1, 2, 3]", "not a bpviz session"),
    ("nested", b"[" * 100_000 + b"]" * 100_000, "nest"),
    ("nested objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nest"),
    ("NaN", Path(S5).read_bytes().replace(b"0.5,", b"NaN,", 1), "NaN"),
    ("Infinity", Path(S5).read_bytes().replace(b"0.5,", b"-Infinity,", 1), "-inf"),
    ("1e999", Path(S5).read_bytes().replace(b"0.5,", b"1e999,", 1), ""),
    ("a duplicate key", Path(S5).read_bytes().replace(b'"notes"', b'"title"', 1), "title"),
]


@pytest.mark.parametrize(("data", "names"), [row[1:] for row in WHOLE_FILES],
                         ids=[row[0] for row in WHOLE_FILES])  # fmt: skip
@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_session(run: CommandLine, command: str, data: bytes, names: str) -> None:
    Path("bad.json").write_bytes(data)
    line = run(command, "bad.json", *COMMANDS[command]).refusal()
    assert line.startswith("bpviz: bad.json: ")
    assert names in line


def edge(document: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = document["network"]["edges"][index]
    return found


def node(document: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = document["network"]["nodes"][index]
    return found


CHANGES: list[tuple[str, Change, str]] = [
    ("another format", lambda d: d.update(format="bpviz-trace"), "format:"),
    ("a newer version", lambda d: d.update(version=2), "version: 2 is newer"),
    ("version 0", lambda d: d.update(version=0), "version:"),
    ("version true", lambda d: d.update(version=True), "version:"),
    ("no network", lambda d: d.pop("network"), "network"),
    ("no optimizer", lambda d: d["training"].pop("optimizer"), "training"),
    ("an unknown key", lambda d: d["training"].update(rate=1), "rate"),
    ("an unknown key at the top", lambda d: d.update(colour="red"), "colour"),
    ("a bool for a number", lambda d: edge(d, 3).update(weight=True), "network.edges[3].weight"),
    ("a text for a number", lambda d: edge(d, 3).update(weight="1"), "network.edges[3].weight"),
    ("an unknown activation", lambda d: node(d, 2).update(activation="magic"), "nodes[2]"),
    ("an unknown kind", lambda d: node(d, 2).update(kind="magic"), "nodes[2]"),
    ("a bad id", lambda d: node(d, 0).update(id="1 x"), "nodes[0]"),
    ("a duplicate id", lambda d: node(d, 1).update(id="x1"), "nodes[1].id"),
    ("a dangling edge", lambda d: edge(d, 3).update(target="h9"),
     'network.edges[3].target: no node "h9"'),
    ("a duplicate edge", lambda d: d["network"]["edges"].append(edge(d, 0)), "edges[6]"),
    ("a cycle", lambda d: d["network"]["edges"].append(
        {"source": "y", "target": "h1", "weight": 1.0}), "cycle: "),
    ("an edge into an input", lambda d: edge(d, 0).update(target="x2"), "edges[0].target"),
    ("an output that is none", lambda d: d["network"].update(outputs=["nobody"]), "outputs[0]"),
    ("a row too short", lambda d: d["data"].update(inputs=[[1, 2], [1]], targets=[[1], [1]]),
     "data.inputs[1]"),
    ("a target too few", lambda d: d["data"].update(inputs=[[1, 2], [1, 2]]), "data.targets"),
    ("a number out of range", lambda d: edge(d, 1).update(weight=1e101), "edges[1].weight"),
    ("a rate of 0", lambda d: d["training"]["optimizer"].update(learning_rate=0),
     "training.optimizer.learning_rate"),
    ("a batch of 0", lambda d: d["training"].update(batch_size=0), "training.batch_size"),
    ("a long title", lambda d: d.update(title="x" * 201), "title"),
    ("a control character", lambda d: d.update(title="a\u0007b"), "title"),
    ("a lone surrogate", lambda d: d.update(title="\ud800"), ""),
    ("a long id", lambda d: edge(d, 0).update(source="x" * 5000), "edges[0].source"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "names"), [row[1:] for row in CHANGES],
                         ids=[row[0] for row in CHANGES])  # fmt: skip
def test_a_session_that_breaks_the_format(run: CommandLine, change: Change, names: str) -> None:
    document = lesson()
    change(document)
    Path("bad.json").write_text(json.dumps(document))
    line = run("trace", "bad.json").refusal()
    assert names in line


def test_a_file_of_100_mb(run: CommandLine) -> None:
    with Path("big.json").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert "64 MB" in run("trace", "big.json").refusal()


def test_files_that_are_none(run: CommandLine, tmp_path: Path) -> None:
    assert "nobody.json" in run("trace", "nobody.json").refusal()
    assert run("trace", tmp_path).refusal()
    assert len(run("trace", "x" * 4000).refusal()) < 300


INCOMPLETE: list[tuple[str, Change, str]] = [
    ("no rows", lambda d: d["data"].update(inputs=[], targets=[]), "no rows"),
    ("no outputs", lambda d: d["network"].update(outputs=[]), "no unit is marked"),
    ("too many columns", lambda d: d["data"].update(inputs=[[1, 2, 3]]), "3 columns"),
    ("an empty product", lambda d: d["network"]["nodes"].append(
        {"id": "p", "kind": "unit", "combine": "product"}), "product unit"),
    ("an empty network", lambda d: d.update(network={}), "network"),
    ("generated rows", lambda d: d.update(data={"source": "generator", "name": "sine"}),
     "1 column"),
    ("generated targets", lambda d: (
        d.update(data={"source": "generator", "name": "spiral", "encoding": "signed"}),
        d["training"].update(loss="binary_cross_entropy")), "targets from 0 to 1"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("change", "names"), [row[1:] for row in INCOMPLETE],
                         ids=[row[0] for row in INCOMPLETE])  # fmt: skip
def test_an_incomplete_session(run: CommandLine, command: str, change: Change, names: str) -> None:
    document = lesson()
    change(document)
    Path("part.json").write_text(json.dumps(document))
    line = run(command, "part.json", *COMMANDS[command]).refusal()
    assert "incomplete session: " in line
    assert names in line
    assert not Path("table.md").exists()


def test_a_history_that_leads_elsewhere_is_left_out(run: CommandLine) -> None:
    assert run("train", S5, "--iterations", "3", "--save", "t.json", "-o", "r.json").status == 0
    document = json.loads(Path("t.json").read_text())
    document["training"]["optimizer"]["learning_rate"] = 0.2
    Path("t.json").write_text(json.dumps(document))
    ran = run("trace", "t.json")
    assert ran.status == 0
    assert json.loads(ran.out)["iteration"] == 1
    assert "history" in ran.error
    assert ran.error.count("\n") == 1
    assert "history: does not end in" in run("verify", "t.json").refusal()
