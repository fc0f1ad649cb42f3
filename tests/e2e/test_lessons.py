"""The five lessons: their figures, digit by digit, and their bytes."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bpviz.cli import main
from bpviz.engine.backprop import trace
from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.model.expression import parse_expression
from bpviz.model.network import Network
from bpviz.model.schema import Session
from bpviz.model.session import decode_session, encode_session, load_session, missing
from tests.test_architecture import ROOT

LESSONS = ROOT / "resources" / "lessons"
NAMES = ("S1", "S2", "S3", "S4", "S5")


def record(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return what `bpviz trace` says of a lesson."""
    assert main(["trace", str(LESSONS / f"{name}.bpviz.json")]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def agrees(value: float, printed: str) -> bool:
    """Whether `value` lies within half a unit of the last digit printed."""
    digits = len(printed.partition(".")[2])
    return abs(value - float(printed)) <= 0.5000001 * 10.0**-digits


def assert_figures(found: dict[str, float], printed: dict[str, str]) -> None:
    wrong = {
        key: (found[key], text) for key, text in printed.items() if not agrees(found[key], text)
    }
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_what_the_writer_writes(name: str) -> None:
    data = (LESSONS / f"{name}.bpviz.json").read_bytes()
    loaded = decode_session(data)
    assert encode_session(loaded.session) == data
    assert not loaded.notices
    assert not missing(loaded.session)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_says_where_its_text_errs(name: str) -> None:
    session = load_session(LESSONS / f"{name}.bpviz.json")
    assert session.title.startswith(name)
    assert re.search(r"^## Where the text errs\n\n- ", session.notes, re.MULTILINE)
    assert session.notation is not msgspec.UNSET


@pytest.mark.parametrize("name", NAMES)
def test_levels_of_a_lesson_are_drawn_in_columns(name: str) -> None:
    network = load_session(LESSONS / f"{name}.bpviz.json").network
    for level, ids in enumerate(network.levels):
        assert {network.node(i).position[0] for i in ids} == {240.0 * level}
        rows = sorted(network.node(i).position[1] for i in ids)
        assert all(b - a >= 160.0 for a, b in pairwise(rows))


def test_s1(capsys: pytest.CaptureFixture[str]) -> None:
    told = record("S1", capsys)
    weights = ("x1->y", "x2->y", "u->x1", "u->x2")
    for sample, (y, error, gradients) in enumerate(
        (
            (".6171332220", ".0732934848",
             ("-.0497400117", "-.0418458026", "-.0078369418", "-.0022489183")),
            (".5976798652", ".1786106106",
             (".0576755219", ".0825573217", "-.0241707363", "-.0070265772")),
        )
    ):  # fmt: skip
        one = told["samples"][sample]
        assert agrees(one["nodes"]["y"]["a"], y)
        assert agrees(one["loss"], error)
        found = {edge: one["edges"][edge]["gradient"] for edge in weights}
        assert_figures(found, dict(zip(weights, gradients, strict=True)))
    mean = (".0039677551", ".0203557596", "-.0160038390", "-.0046377478")
    assert_figures(told["gradients"]["edges"], dict(zip(weights, mean, strict=True)))
    assert agrees(told["loss"], ".1259520477")


def test_the_update_that_s1_prints_would_climb() -> None:
    session = load_session(LESSONS / "S1.bpviz.json")
    assert loss_after_step(session, -1.0) < loss_after_step(session, 0.0)
    assert loss_after_step(session, +1.0) > loss_after_step(session, 0.0)


def loss_after_step(session: Session, sign: float) -> float:
    program = compile(session.network)
    rows = make_rows(session.data, session.training.loss)
    state = state_of(session, program)
    gradient = trace(program, rows, session.training, state).gradient
    state.theta = state.theta + sign * 0.5 * gradient
    return trace(program, rows, session.training, state).loss


def test_s2(capsys: pytest.CaptureFixture[str]) -> None:
    nodes = record("S2", capsys)["samples"][0]["nodes"]
    assert (nodes["q"]["a"], nodes["f"]["a"]) == (3.0, -12.0)
    assert {name: nodes[name]["dloss_da"] for name in "zqxy"} == {
        "z": 3.0, "q": -4.0, "x": -4.0, "y": -4.0,
    }  # fmt: skip


def test_s2_is_the_graph_of_its_expression() -> None:
    lesson = load_session(LESSONS / "S2.bpviz.json").network
    made = parse_expression("(x+y)*z")

    def bare(network: Network, names: dict[str, str]) -> list[tuple[str, str, float, bool]]:
        return [
            (names.get(e.source, e.source), names.get(e.target, e.target), e.weight, e.trainable)
            for e in network.edges
        ]

    assert bare(made, {"u1": "q", "u2": "f"}) == bare(lesson, {})
    assert [n.position for n in made.nodes] == [n.position for n in lesson.nodes]


@pytest.mark.parametrize(("name", "change"), [("x", -4.0), ("y", -4.0), ("z", 3.0)])
def test_s2_moved_by_one(name: str, change: float) -> None:
    session = load_session(LESSONS / "S2.bpviz.json")
    values = dict(zip("xyz", (-2.0, 5.0, -4.0), strict=True))
    values[name] += 1.0
    data = msgspec.structs.replace(session.data, inputs=(tuple(values.values()),))
    assert loss_after_step(msgspec.structs.replace(session, data=data), 0.0) == -12.0 + change


def test_s3(capsys: pytest.CaptureFixture[str]) -> None:
    told = record("S3", capsys)
    sample = told["samples"][0]
    hidden, output = sample["nodes"]["h"], sample["nodes"]["o"]
    found = {
        "r_h": hidden["a"], "r_o": output["a"], "E": told["loss"], "delta_o": output["delta"],
        "w_o'": sample["edges"]["h->o"]["gradient"], "delta_h": hidden["delta"],
        "w_h'": sample["edges"]["i->h"]["gradient"],
        "w_o": told["updated"]["edges"]["h->o"], "w_h": told["updated"]["edges"]["i->h"],
        "E after": told["loss_after"],
    }  # fmt: skip
    printed = {
        "r_h": ".5498339973", "r_o": ".5817351420", "E": ".0506462599",
        "delta_o": "-.0774400036", "w_o'": "-.0425791468", "delta_h": "-.0115006106",
        "w_h'": "-.0057503053", "w_o": ".6212895734", "w_h": ".4028751526",
        "E after": ".0497277626",
    }  # fmt: skip
    assert_figures(found, printed)


def test_s3_no_slope_is_no_lowest_error() -> None:
    """The saturated output of the notes: a gradient of nothing, and an error far from its least."""
    session = load_session(LESSONS / "S3.bpviz.json")
    first, last = session.network.edges
    edges = (first, msgspec.structs.replace(last, weight=-40.0))
    network = msgspec.structs.replace(session.network, edges=edges)
    program = compile(network)
    changed = msgspec.structs.replace(session, network=network)
    rows = make_rows(session.data, session.training.loss)
    told = trace(program, rows, session.training, state_of(changed, program))
    assert told.loss == pytest.approx(0.405, abs=5e-4)
    assert told.edge_gradients(0)[1] == pytest.approx(-1.4e-10, abs=5e-12)


def test_s4(capsys: pytest.CaptureFixture[str]) -> None:
    told = record("S4", capsys)
    nodes, gradients = told["samples"][0]["nodes"], told["gradients"]
    found = {f"a{k}": nodes[f"h{k}"]["a"] for k in (1, 2, 3)}
    found |= {f"d{k}": nodes[f"h{k}"]["delta"] for k in (1, 2, 3)}
    found |= {"Z": nodes["y"]["z"], "C": told["loss"], "d": nodes["y"]["delta"]}
    assert found == pytest.approx(
        {"a1": 0.6, "a2": 1.2, "a3": 1.8, "Z": 3.2, "C": 1.44, "d": 2.4}
        | {"d1": 1.68, "d2": 1.92, "d3": 2.16},
        abs=1e-12,
    )
    assert gradients["edges"] == pytest.approx(
        {"x1->h1": 1.68, "x2->h1": 3.36, "x1->h2": 1.92, "x2->h2": 3.84, "x1->h3": 2.16}
        | {"x2->h3": 4.32, "h1->y": 1.44, "h2->y": 2.88, "h3->y": 4.32},
        abs=1e-12,
    )
    assert gradients["biases"] == pytest.approx({"h1": 5.76, "h2": 5.76, "h3": 5.76, "y": 2.4})
    assert len({told["updated"]["biases"][f"h{k}"] for k in (1, 2, 3)}) == 1


def test_s5(capsys: pytest.CaptureFixture[str]) -> None:
    told = record("S5", capsys)
    nodes, gradients = told["samples"][0]["nodes"], told["gradients"]["edges"]
    updated = told["updated"]
    found = {
        "z1": nodes["h1"]["z"], "z2": nodes["h2"]["z"], "a1": nodes["h1"]["a"],
        "a2": nodes["h2"]["a"], "z": nodes["y"]["z"], "y": nodes["y"]["a"], "E": told["loss"],
        "d": nodes["y"]["delta"], "d1": nodes["h1"]["delta"], "d2": nodes["h2"]["delta"],
        **gradients,
        "new h1->y": updated["edges"]["h1->y"], "new h2->y": updated["edges"]["h2->y"],
        "new b2": updated["biases"]["y"], "E after": told["loss_after"],
    }  # fmt: skip
    printed = {
        "z1": ".41", "z2": ".47", "a1": ".6010878788", "a2": ".6153837564",
        "z": "1.0914213568", "y": ".7486492779", "E": ".0026368967", "d": "-.0193256940",
        "h1->y": "-.0116164404", "h2->y": "-.0118927182", "d1": "-.0027803633",
        "d2": "-.0032018928", "x1->h1": "-.0013901817", "x1->h2": "-.0016009464",
        "x2->h1": "-.0008341090", "x2->h2": "-.0009605678", "new h1->y": ".6011616440",
        "new h2->y": ".7011892718", "new b2": ".3019325694", "E after": ".0025699851",
    }  # fmt: skip
    assert len(found) >= len(printed)
    assert_figures(found, printed)


@pytest.mark.parametrize("name", ["S1", "S3", "S4", "S5"])
def test_a_lesson_learns(name: str, tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    path = str(LESSONS / f"{name}.bpviz.json")
    assert main(["train", path, "--iterations", "200", "-o", str(out)]) == 0
    program_loss = loss_after_step(load_session(path), 0.0)
    assert json.loads(out.read_text())["loss"] < 0.9 * program_loss
