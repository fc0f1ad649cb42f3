"""new: what the sessions hold that it makes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bpviz.model.session import load_session
from tests.e2e.command_line import CommandLine


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


def test_without_data_there_is_one_row_of_halves(run: CommandLine) -> None:
    assert run("new", "--layers", "2-4-2-1", "-o", "new.json").status == 0
    raw = json.loads(Path("new.json").read_text())
    assert raw["data"]["inputs"] == [[0.5, 0.5]]
    assert raw["data"]["targets"] == [[0.5]]
    assert raw["training"]["loss"] == "half_squared_error"
    assert "progress" not in raw
    assert "history" not in raw
    ids = [node["id"] for node in raw["network"]["nodes"]]
    assert ids == ["x1", "x2", "h1_1", "h1_2", "h1_3", "h1_4", "h2_1", "h2_2", "y1"]
    units = [node for node in raw["network"]["nodes"] if node["kind"] == "unit"]
    assert [unit["activation"] for unit in units] == ["sigmoid"] * 6 + ["identity"]
    assert {unit["bias"] for unit in units} == {0.0}
    assert run("trace", "new.json").status == 0


def test_the_seed_makes_the_weights(run: CommandLine) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        run("new", "--layers", "3-3-1", "--seed", seed, "-o", name)
    assert Path("a").read_bytes() == Path("b").read_bytes()
    assert load_session("a").network.edges != load_session("c").network.edges


@pytest.mark.parametrize(
    ("arguments", "activation"),
    [
        (("--loss", "binary_cross_entropy"), "sigmoid"),
        (("--loss", "softmax_cross_entropy"), "identity"),
        (("--loss", "squared_error"), "identity"),
        (("--loss", "output_value"), "identity"),
        (("--loss", "huber", "--output-activation", "relu"), "relu"),
    ],
)
def test_the_output_activation(
    run: CommandLine, arguments: tuple[str, ...], activation: str
) -> None:
    made = run("new", "--layers", "2-3-2", *arguments, "-o", "new.json")
    assert made.status == 0
    last = load_session("new.json").network.units[-1]
    assert last.activation == activation
    assert run("check", "new.json").status == 0


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", "half_squared_error"])
def test_classes_on_several_outputs_are_one_hot(run: CommandLine, loss: str) -> None:
    made = run("new", "--layers", "2-3-3", "--data", "blobs3", "--loss", loss, "-o", "new.json")
    assert made.status == 0
    assert run("train", "new.json", "--epochs", "1", "-o", "r.json").status == 0


def test_activations_with_a_parameter(run: CommandLine) -> None:
    run("new", "--layers", "1-2-1", "--activation", "leaky_relu:0.25", "-o", "new.json")
    raw = json.loads(Path("new.json").read_text())
    assert raw["network"]["nodes"][1]["activation"] == {"name": "leaky_relu", "slope": 0.25}


def test_an_initial_constant(run: CommandLine) -> None:
    run("new", "--layers", "2-2-1", "--init", "constant:0.25", "-o", "new.json")
    assert {edge.weight for edge in load_session("new.json").network.edges} == {0.25}


def test_a_table_from_a_file(run: CommandLine) -> None:
    Path("iris.csv").write_text("a;b;kind\n1,5;2;red\n2,5;3;blue\n3,5;4;red\n")
    made = run(
        "new", "--layers", "2-3-2", "--csv", "iris.csv", "--target", "kind",
        "--loss", "softmax_cross_entropy", "-o", "iris.json",
    )  # fmt: skip
    assert made.status == 0
    raw = json.loads(Path("iris.json").read_text())["data"]
    assert raw["inputs"] == [[1.5, 2.0], [2.5, 3.0], [3.5, 4.0]]
    assert raw["targets"] == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    assert raw["class_names"] == ["blue", "red"]


def test_signed_targets_ask_for_tanh(run: CommandLine) -> None:
    Path("signed.csv").write_text("x,y\n1,-1\n2,1\n")
    run("new", "--layers", "1-1", "--csv", "signed.csv", "--target", "y", "-o", "new.json")
    assert load_session("new.json").network.units[-1].activation == "tanh"


def test_an_expression(run: CommandLine) -> None:
    made = run("new", "--expression", "(x+y)*z", "--values", "x=-2,y=5,z=-4", "-o", "graph.json")
    assert made.status == 0
    nodes = run.document("trace", "graph.json")["samples"][0]["nodes"]
    assert nodes["u2"]["a"] == -12.0
    assert [nodes[name]["dloss_da"] for name in ("z", "u1", "x", "y")] == [3, -4, -4, -4]
    raw = json.loads(Path("graph.json").read_text())
    assert raw["data"]["targets"] == []
    assert raw["training"]["loss"] == "output_value"


def test_an_expression_that_begins_with_a_minus(run: CommandLine) -> None:
    assert run("new", "--expression=-x+y", "--values", "x=1,y=3", "-o", "g.json").status == 0
    assert run.document("trace", "g.json")["loss"] == 2.0
