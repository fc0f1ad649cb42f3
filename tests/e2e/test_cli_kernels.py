"""The command line and the compiled kernel: it is used where it is ready, and waited for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bpviz.cli import kernel as cli_kernel
from bpviz.engine import numba_setup
from tests.e2e.command_line import S5, CommandLine


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(capsys)


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note when the compiled kernel is waited for; it is not to be had."""
    calls: list[str] = []

    def prepare() -> str:
        calls.append("prepare")
        return "absent"

    monkeypatch.setattr(numba_setup, "prepare", prepare)
    monkeypatch.setattr(numba_setup, "load", lambda: calls.append("load"))
    return calls


def entries(path: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Path(path).read_text())["history"]["entries"]
    return found


def test_runs_traces_and_replays_are_the_same_kernels(run: CommandLine, kernel: str) -> None:
    whole = run.document("train", S5, "--iterations", "100", "--save", "whole.json")
    run("train", S5, "--iterations", "60", "--save", "part.json")
    part = run.document("train", "part.json", "--iterations", "40", "--save", "part.json")
    assert part == whole
    assert entries("whole.json") == [{"train": 100, "kernel": kernel}]
    for path in ("whole.json", "part.json"):
        assert run("verify", path).out == "identical\n"
        assert run("verify", path).status == 0
    last = run.document("trace", "whole.json", "--iteration", "100")
    assert last["updated"]["edges"] == whole["parameters"]["edges"]
    assert run.document("trace", S5, "--iteration", "100") == last


def test_what_one_kernel_made_the_other_verifies_almost(
    run: CommandLine, compiled_kernel: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("train", S5, "--iterations", "400", "--save", "t.json")
    monkeypatch.setattr(numba_setup, "is_loaded", lambda: False)
    monkeypatch.setattr(numba_setup, "state", lambda: "absent")
    found = run("verify", "t.json")
    assert found.status == 0
    assert found.out == "identical\n" or float(found.out.split()[0]) < 1e-12


def test_only_a_run_that_gains_by_it_waits_for_the_compiler(
    run: CommandLine, prepared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("train", S5, "--iterations", "100")
    assert prepared == ["load"]
    monkeypatch.setattr(cli_kernel, "WORTH_COMPILING", 1e4)
    run("train", S5, "--iterations", "100")
    assert prepared == ["load", "prepare"]
    run("new", "--layers", "2-300-300-1", "-o", "wide.json")
    run("train", "wide.json", "--iterations", "2")
    assert prepared == ["load", "prepare"]


def test_verify_waits_where_the_history_names_it(run: CommandLine, prepared: list[str]) -> None:
    run("train", S5, "--iterations", "5", "--save", "t.json")
    prepared.clear()
    run("verify", "t.json")
    assert prepared == []
    text = Path("t.json").read_text()
    Path("t.json").write_text(text.replace('"kernel":"numpy"', '"kernel":"numba"'))
    run("verify", "t.json")
    run("trace", "t.json", "--iteration", "2")
    assert prepared[:2] == ["prepare", "prepare"]


def test_ctrl_c_while_it_compiles_saves_where_the_session_stands(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(numba_setup, "prepare", interrupted)
    ran = run("train", S5, "--iterations", str(10**12), "--save", "t.json")
    assert ran.status == 130
    assert "interrupted after iteration 0" in ran.error
    saved, first = json.loads(Path("t.json").read_text()), json.loads(Path(S5).read_text())
    assert saved["network"]["edges"][0]["weight"] == first["network"]["edges"][0]["weight"]
    assert "history" not in saved
