"""trace, train, check and verify: what they write, and that it fits together."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bpviz.engine.datasets import make_rows
from bpviz.engine.program import compile
from bpviz.engine.state import state_of
from bpviz.engine.trainer import Trainer
from bpviz.model.edit import apply
from bpviz.model.history import History, Train, save_history
from bpviz.model.network import Unit
from bpviz.model.schema import Session
from bpviz.model.session import load_session, save_session
from bpviz.model.training import Adam
from bpviz.model.verbs import set_edge
from tests.e2e.command_line import LESSONS, S5, CommandLine


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


@pytest.fixture
def moons(run: CommandLine) -> str:
    """Return a session with shuffled batches, the last one shorter, Adam and test rows."""
    made = run(
        "new", "--layers", "2-4-1", "--data", "moons", "--activation", "tanh",
        "--loss", "binary_cross_entropy", "--seed", "5", "-o", "moons.json",
    )  # fmt: skip
    assert (made.status, made.out, made.error) == (0, "", "")
    session = load_session("moons.json")
    data = msgspec.structs.replace(session.data, samples=50, noise=0.1)
    training = msgspec.structs.replace(
        session.training, batch_size=10, shuffle=True, l2=0.01, optimizer=Adam(0.05)
    )
    data = msgspec.structs.replace(data, samples=46)
    save_session(msgspec.structs.replace(session, data=data, training=training), "moons.json")
    return "moons.json"


class TestTrace:
    def test_the_keys_in_their_order(self, run: CommandLine) -> None:
        told = run.document("trace", S5)
        assert list(told) == [
            "format", "version", "iteration", "epoch", "rows", "loss", "penalty", "loss_after",
            "samples", "gradients", "updated",
        ]  # fmt: skip
        assert (told["format"], told["version"]) == ("bpviz-trace", 1)
        sample = told["samples"][0]
        assert list(sample) == ["row", "loss", "nodes", "edges"]
        assert list(sample["nodes"]["h1"]) == ["z", "a", "slope", "dloss_da", "delta"]
        assert list(sample["nodes"]["x1"]) == ["a", "dloss_da"]
        assert list(told["gradients"]) == list(told["updated"]) == ["edges", "biases"]
        assert list(told["gradients"]["biases"]) == ["h1", "h2", "y"]

    def test_softmax_has_probabilities(self, run: CommandLine) -> None:
        run("new", "--layers", "2-3", "--loss", "softmax_cross_entropy", "-o", "new.json")
        chances = run.document("trace", "new.json")["samples"][0]["probabilities"]
        assert math.fsum(chances) == pytest.approx(1.0, abs=1e-15)

    def test_into_a_file(self, run: CommandLine) -> None:
        assert run("trace", S5, "-o", "trace.json").out == ""
        assert json.loads(Path("trace.json").read_text()) == run.document("trace", S5)

    def test_rows_choose_samples_and_nothing_else(self, run: CommandLine, moons: str) -> None:
        whole = run.document("trace", moons)
        assert len(whole["rows"]) == 10
        first, last = sorted(whole["rows"])[2], sorted(whole["rows"])[5]
        part = run.document("trace", moons, "--rows", f"{first}-{last}")
        kept = [s for s in whole["samples"] if first <= s["row"] <= last]
        assert part == {**whole, "samples": kept}

    def test_rows_outside_the_batch(self, run: CommandLine, moons: str) -> None:
        beside = next(r for r in range(23) if r not in run.document("trace", moons)["rows"])
        assert "in this batch" in run("trace", moons, "--rows", str(beside)).refusal()

    def test_every_iteration_is_the_one_that_training_makes(
        self, run: CommandLine, moons: str
    ) -> None:
        assert run("train", moons, "--iterations", "7", "--save", "t.json", "-o", "r").status == 0
        for iteration in range(1, 12):
            ahead = run.document("trace", moons, "--iteration", str(iteration))
            back = run.document("trace", "t.json", "--iteration", str(iteration))
            assert ahead == back
            assert ahead["iteration"] == iteration
            assert ahead["epoch"] == (iteration - 1) // 3 + 1
        result = json.loads(Path("r").read_text())
        seventh = run.document("trace", moons, "--iteration", "7")
        assert seventh["updated"] == result["parameters"]

    def test_one_that_has_passed_needs_the_history(self, run: CommandLine) -> None:
        run("train", S5, "--iterations", "5", "--save", "t.json", "-o", "r.json")
        raw = json.loads(Path("t.json").read_text())
        del raw["history"]
        Path("t.json").write_text(json.dumps(raw))
        assert "history" in run("trace", "t.json", "--iteration", "2").refusal()
        assert run("trace", "t.json", "--iteration", "6").status == 0

    def test_a_million_numbers_are_too_many(self, run: CommandLine) -> None:
        run("new", "--layers", "2-100-100-1", "--data", "spiral", "-o", "new.json")
        assert "--rows" in run("trace", "new.json").refusal()
        assert run("trace", "new.json", "--rows", "0-9", "-o", "t.json").status == 0

    def test_a_value_that_is_not_finite(self, run: CommandLine) -> None:
        run("new", "--expression", "log(x-y)", "--values", "x=1,y=2", "-o", "log.json")
        for command in (("trace",), ("check",), ("export", "--table", "t.md")):
            ran = run(command[0], "log.json", *command[1:])
            assert ran.status == 3
            assert "u2" in ran.line()

    def test_a_saved_session_has_the_same_record(self, run: CommandLine, moons: str) -> None:
        save_session(load_session(moons), "again.json")
        assert run("trace", moons).out == run("trace", "again.json").out


class TestTrain:
    def test_the_result(self, run: CommandLine) -> None:
        told = run.document("train", S5, "--iterations", "1")
        assert list(told) == [
            "format", "version", "iteration", "epoch", "loss", "test_loss", "stopped", "where",
            "parameters", "outputs",
        ]  # fmt: skip
        traced = run.document("trace", S5)
        assert told["parameters"] == traced["updated"]
        assert told["loss"] == traced["loss_after"]
        assert (told["iteration"], told["epoch"], told["stopped"]) == (1, 1, "iterations")
        assert (told["test_loss"], told["where"]) == (None, None)
        assert len(told["outputs"]) == 1

    def test_no_iterations_change_nothing(self, run: CommandLine) -> None:
        told = run.document("train", S5, "--iterations", "0")
        assert (told["iteration"], told["epoch"]) == (0, 0)
        assert told["parameters"]["biases"]["y"] == 0.3

    def test_in_pieces_or_at_once_is_the_same(self, run: CommandLine, moons: str) -> None:
        at_once = run.document("train", moons, "--iterations", "20", "--save", "whole.json")
        here = moons
        for number, count in enumerate(("1", "1", "6", "12")):
            told = run.document("train", here, "--iterations", count, "--save", f"{number}.json")
            here = f"{number}.json"
        assert told == at_once
        whole, pieces = load_session("whole.json"), load_session(here)
        assert whole.network == pieces.network
        assert whole.progress.optimizer == pieces.progress.optimizer
        for path in ("whole.json", here):
            ran = run("verify", path)
            assert (ran.status, ran.out) == (0, "identical\n")

    def test_epochs_end_where_every_row_was_seen(self, run: CommandLine, moons: str) -> None:
        told = run.document("train", moons, "--iterations", "4", "--save", "t.json")
        assert (told["iteration"], told["epoch"]) == (4, 2)
        told = run.document("train", "t.json", "--epochs", "1")
        assert (told["iteration"], told["epoch"], told["stopped"]) == (6, 2, "epochs")
        told = run.document("train", moons, "--epochs", "3")
        assert (told["iteration"], told["epoch"]) == (9, 3)

    def test_until_a_loss_is_reached(self, run: CommandLine, moons: str) -> None:
        told = run.document(
            "train", moons, "--epochs", "500", "--until-loss", "0.3", "--csv", "loss.csv"
        )
        assert told["stopped"] == "loss"
        losses = [float(row["loss"]) for row in rows_of("loss.csv")]
        assert told["loss"] == losses[-1] <= 0.3
        assert min(losses[:-1]) > 0.3
        assert told["iteration"] % 3 == 0

    def test_the_curve(self, run: CommandLine, moons: str) -> None:
        told = run.document("train", moons, "--iterations", "8", "--csv", "l.csv", "--save", "t")
        rows = rows_of("l.csv")
        assert list(rows[0]) == ["iteration", "epoch", "loss", "test_loss"]
        assert [(row["iteration"], row["epoch"]) for row in rows] == [
            ("0", "0"), ("3", "1"), ("6", "2"), ("8", "3"),
        ]  # fmt: skip
        assert float(rows[-1]["loss"]) == told["loss"]
        assert float(rows[-1]["test_loss"]) == told["test_loss"]
        curve = load_session("t").progress.curve
        assert curve.iteration == (0, 3, 6, 8)
        assert curve.train == tuple(float(row["loss"]) for row in rows)

    def test_without_test_rows_the_column_is_empty(self, run: CommandLine) -> None:
        run("train", S5, "--iterations", "2", "--csv", "loss.csv", "-o", "r.json")
        assert [row["test_loss"] for row in rows_of("loss.csv")] == ["", "", ""]

    def test_a_long_curve_is_thinned(self, run: CommandLine) -> None:
        run(
            "train", S5, "--iterations", "12000", "--csv", "loss.csv", "--save", "t.json", "-o", "r"
        )
        rows = rows_of("loss.csv")
        assert 4_000 < len(rows) <= 10_000
        assert rows[-1]["iteration"] == "12000"
        gaps = {int(b["iteration"]) - int(a["iteration"]) for a, b in zip(rows, rows[1:])}  # noqa: B905, RUF007
        assert gaps <= {1, 2}
        assert len(load_session("t.json").progress.curve.iteration) <= 10_000

    def test_what_is_not_finite_stops_at_the_last_finite_iteration(self, run: CommandLine) -> None:
        session = load_session(S5)
        network = session.network
        units = tuple(
            msgspec.structs.replace(node, activation="square") if isinstance(node, Unit) else node
            for node in network.nodes
        )
        wild = msgspec.structs.replace(
            session,
            network=msgspec.structs.replace(network, nodes=units),
            training=msgspec.structs.replace(
                session.training,
                optimizer=msgspec.structs.replace(session.training.optimizer, learning_rate=1e6),
            ),
        )
        save_session(wild, "wild.json")
        ran = run("train", "wild.json", "--iterations", "100", "--save", "last.json")
        assert ran.status == 3
        assert ran.error.count("\n") == 1
        told = json.loads(ran.out)
        assert told["stopped"] == "non_finite"
        assert told["where"]
        last = load_session("last.json")
        assert last.progress.iteration == told["iteration"] < 100
        assert run("verify", "last.json").out == "identical\n"

    def test_after_an_edit_the_line_goes_on(self, run: CommandLine) -> None:
        """A history of training, an edit, training: all of it replays."""
        run("train", S5, "--iterations", "4", "--save", "t.json", "-o", "r.json")
        edited = with_edit(load_session("t.json"))
        save_session(edited, "t.json")
        run("train", "t.json", "--iterations", "3", "--save", "u.json", "-o", "r.json")
        assert run("verify", "u.json").out == "identical\n"
        entries = json.loads(Path("u.json").read_text())["history"]["entries"]
        assert [entry.get("train") for entry in entries] == [4, None, 3]

    def test_from_inside_the_line_its_future_is_replayed(self, run: CommandLine) -> None:
        run("train", S5, "--iterations", "4", "--save", "t.json", "-o", "r.json")
        save_session(with_edit(load_session("t.json")), "t.json")
        run("train", "t.json", "--iterations", "6", "--save", "end.json", "-o", "end")
        end = load_session("end.json")
        assert end.history is not msgspec.UNSET
        # The same file with the position after the second iteration, before the edit.
        early = trained(load_session(S5), 2)
        history = msgspec.structs.replace(end.history, position=(0, 2))
        save_session(msgspec.structs.replace(early, history=history), "early.json")
        told = run.document("train", "early.json", "--iterations", "8", "--save", "again.json")
        assert told == json.loads(Path("end").read_text())
        assert load_session("again.json").network == end.network
        assert load_session("again.json").history == end.history


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="") as file:
        return list(csv.DictReader(file))


def trained(session: Session, count: int) -> Session:
    """Return `session` after `count` iterations, without history."""
    from bpviz.engine.state import with_state

    program = compile(session.network)
    state = state_of(session, program)
    rows = make_rows(session.data, session.training.loss)
    Trainer(program, rows, session.training).advance(state, count)
    return with_state(session, program, state)


def with_edit(session: Session) -> Session:
    """Return `session` with a weight edited at the end of its history."""
    saved: Any = session.history
    edit = set_edge(session, ["h1->y"], "weight", 0.125)
    bare = msgspec.structs.replace(session, history=msgspec.UNSET)
    start = msgspec.structs.replace(
        bare,
        network=saved.start.network,
        data=saved.start.data,
        training=saved.start.training,
        progress=saved.start.progress,
    )
    entries = tuple(Train(entry["train"], entry["kernel"]) for entry in saved.entries)
    history = save_history(History(start, (*entries, edit), (len(entries) + 1, 0)))
    return msgspec.structs.replace(apply(session, edit), history=history)


class TestCheck:
    @pytest.mark.parametrize("name", ["S1", "S3", "S4", "S5"])
    def test_the_worst_parameter_is_named(self, run: CommandLine, name: str) -> None:
        ran = run("check", LESSONS / f"{name}.bpviz.json")
        assert ran.status == 0
        worst, parameter = ran.out.split()
        assert float(worst) < 1e-8
        network = load_session(LESSONS / f"{name}.bpviz.json").network
        assert parameter in {*network.edge_index, *network.node_index}

    def test_a_wrong_gradient_fails(
        self, run: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from bpviz.engine import gradcheck

        result = gradcheck.CheckResult(2e-5, "h1->y", ("x1->h1",), ())
        monkeypatch.setattr(gradcheck, "check_gradients", lambda _session: result)
        ran = run("check", S5)
        assert ran.status == 1
        assert "h1->y" in ran.out
        assert "x1->h1" in ran.out


class TestVerify:
    def test_a_history_that_ends_elsewhere(self, run: CommandLine) -> None:
        run("train", S5, "--iterations", "5", "--save", "t.json", "-o", "r.json")
        raw = json.loads(Path("t.json").read_text())
        edge = raw["network"]["edges"][4]
        for change, status in ((1e-9, 0), (1e-3, 1)):
            edge["weight"] += change
            Path("t.json").write_text(json.dumps(raw))
            ran = run("verify", "t.json")
            assert ran.status == status
            difference, name = ran.out.split()
            assert float(difference) == pytest.approx(change, rel=1e-4)
            assert name == "h1->y"

    def test_what_the_optimizer_remembers_counts(self, run: CommandLine, moons: str) -> None:
        run("train", moons, "--iterations", "5", "--save", "t.json", "-o", "r.json")
        raw = json.loads(Path("t.json").read_text())
        slots = raw["progress"]["optimizer"]["edges"]["x1->h1_1"]
        slot = next(iter(slots))
        slots[slot] += 0.5
        Path("t.json").write_text(json.dumps(raw))
        ran = run("verify", "t.json")
        assert ran.status == 1
        assert f"x1->h1_1 ({slot})" in ran.out
