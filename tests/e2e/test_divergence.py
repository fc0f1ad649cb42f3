"""Divergence: training stops at the last finite iteration and says why; no bad number is kept."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.player import Player
from bpviz.model.data import TableData
from bpviz.model.network import Activation, Edge, Input, Network, Unit
from bpviz.model.schema import Session
from bpviz.model.session import load_session, save_session
from bpviz.model.training import LossName, Sgd, Training
from tests.e2e.command_line import CommandLine


def chain(
    activation: Activation,
    weight: float,
    rate: float,
    *,
    inputs: tuple[float, ...] = (1.0,),
    loss: LossName = "squared_error",
    out: float = 1.0,
) -> Session:
    """x -> h -> y, the first unit with `activation` and `weight`, the second with weight `out`."""
    nodes = (Input("x"), Unit("h", activation=activation), Unit("y", activation="identity"))
    edges = (Edge("x", "h", weight), Edge("h", "y", out))
    rows = tuple((value,) for value in inputs)
    return Session(
        network=Network(nodes, edges, ("y",)),
        data=TableData(rows, () if loss == "output_value" else tuple((0.0,) for _ in inputs)),
        training=Training(loss=loss, optimizer=Sgd(rate)),
    )


class Case(NamedTuple):
    """What training meets, what it says, and whether the session starts finite.

    The window says it in the drawing's names and signs, and counts rows as its table does.
    """

    session: Session
    words: str
    starts: bool = True
    drawn: str = ""

    def in_window(self) -> str:
        """Return what the window says."""
        return self.drawn or self.words


CASES = {
    "exp(1000)": Case(
        chain("exp", 1000.0, 0.1),
        "h: exp(1000) is infinite (row 0)",
        False,
        "h: exp(1000) is infinite (row 1)",
    ),
    "exp while training": Case(
        chain("exp", 1.0, 0.5, loss="output_value", out=-1.0), "h: after the update exp("
    ),
    "weights of 1e100": Case(
        chain("identity", 1e100, 0.1),
        "h->y: its weight would become",
        True,
        "h → y: its weight would become",
    ),
    "weights of 1e100, large inputs": Case(
        chain("identity", 1e100, 0.1, inputs=(1e60,)), "y: the squared_error of the output", False
    ),
    "weights of 1e100, product": Case(
        chain("square", 1e100, 0.1, inputs=(1e60,)),
        "h: square(1e+160) is infinite",
        False,
        "h: square(1e160) is infinite (row 1)",
    ),
    "learning rate 1e6": Case(chain("identity", 0.5, 1e6), "y: after the update the squared_error"),
    "log(0)": Case(
        chain("log", 1.0, 0.1, inputs=(1.0, 0.0)),
        "h: log(0) is minus infinite (row 1)",
        False,
        "h: log(0) is minus infinite (row 2)",
    ),
}
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def no_constant(name: str) -> float:
    raise AssertionError(f"{name} in a file")


def plain(text: str) -> dict[str, Any]:
    """Return JSON as it is; AssertionError where it holds NaN or an infinity."""
    told: dict[str, Any] = json.loads(text, parse_constant=no_constant)
    return told


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


def assert_saved_finite(path: str, iteration: int) -> None:
    saved = plain(Path(path).read_text())
    kept = load_session(path)
    assert kept.progress.iteration == iteration
    for edge in saved["network"]["edges"]:
        assert abs(edge["weight"]) <= 1e100
    assert all(map(math.isfinite, kept.progress.curve.train))


@ALL
def test_the_command_stops_at_the_last_finite_iteration(
    run: CommandLine, case: Case, kernel: str
) -> None:
    save_session(case.session, "wild.json")
    ran = run("train", "wild.json", "--iterations", "50", "--save", "last.json", "--csv", "c.csv")
    assert ran.status == 3
    assert ran.error.count("\n") == 1
    assert case.words in ran.error
    told = plain(ran.out)
    assert told["stopped"] == "non_finite"
    assert told["where"].startswith(case.words)
    assert told["iteration"] < 50
    assert (told["loss"] is None) == (told["outputs"] is None) == (not case.starts)
    if not case.starts:
        assert told["iteration"] == 0
    assert_saved_finite("last.json", told["iteration"])
    rows = Path("c.csv").read_text().splitlines()[1:]
    assert all(math.isfinite(float(row.split(",")[2])) for row in rows)
    if told["iteration"]:
        assert run("verify", "last.json").out == "identical\n"
    again = run("train", "last.json", "--iterations", "1", "-o", "r.json")
    assert again.status == 3
    assert plain(Path("r.json").read_text())["iteration"] == told["iteration"]


@ALL
def test_the_player_stops_there_too_and_plots_nothing_bad(
    case: Case, qtbot: QtBot, tmp_path: Path
) -> None:
    document = Document(case.session)
    player = Player(document)
    heard: list[str] = []
    player.stopped.connect(heard.append)
    player.run()
    qtbot.waitUntil(lambda: bool(heard))
    assert not player.running
    assert case.in_window() in heard[0]
    curve = document.timeline.curve
    assert np.isfinite(curve.train).all()
    assert all(np.isfinite(sizes).all() for sizes in curve.gradients.sizes)
    path = tmp_path / "stopped.json"
    document.save(path)
    assert_saved_finite(str(path), player.iteration)
    assert [0, *curve.iteration][-1] == player.iteration


def test_a_bad_row_outside_the_batch_stops_it_as_well(run: CommandLine) -> None:
    """The loss is over all rows: one that no batch has met yet counts."""
    session = chain("log", 1.0, 0.01, inputs=(1.0, 2.0, 0.0))
    training = msgspec.structs.replace(session.training, batch_size=1)
    save_session(msgspec.structs.replace(session, training=training), "rows.json")
    ran = run("train", "rows.json", "--iterations", "1")
    assert ran.status == 3
    assert plain(ran.out)["where"].startswith("h: log(0) is minus infinite (row 2)")
