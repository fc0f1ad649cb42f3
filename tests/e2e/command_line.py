"""Running the command line within the test, and in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bpviz.cli import main
from tests.test_architecture import ROOT

LESSONS = ROOT / "resources" / "lessons"
S5 = str(LESSONS / "S5.bpviz.json")
LINE_LIMIT = 300


@dataclass(frozen=True)
class Ran:
    """Exit status and what was written."""

    status: int
    out: str
    error: str

    def refusal(self) -> str:
        """Return the one line of a refused command."""
        assert self.status == 2, self
        return self.line()

    def line(self) -> str:
        """Return the one line on standard error."""
        assert not self.out
        assert self.error.startswith("bpviz: ")
        assert self.error.endswith("\n")
        assert self.error.count("\n") == 1
        assert len(self.error.rstrip("\n")) <= LINE_LIMIT
        assert "Traceback" not in self.error
        return self.error.rstrip("\n")


class CommandLine:
    """Runs `bpviz` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ran:
        self._capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = self._capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    def document(self, *arguments: str | Path) -> dict[str, Any]:
        """Run a command that succeeds and return the JSON it prints."""
        ran = self(*arguments)
        assert ran.status == 0, ran
        assert not ran.error
        result: dict[str, Any] = json.loads(ran.out)
        return result


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of somebody who sits at no screen."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    kept = {key: value for key, value in os.environ.items() if key not in hidden}
    return kept | {"PYTHONPATH": str(ROOT)} | changes


def process(*arguments: str | Path, cwd: Path | None = None, **changes: str) -> Ran:
    """Run `python -m bpviz` as a process of its own, without a screen."""
    done = subprocess.run(
        [sys.executable, "-m", "bpviz", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment(**changes),
        cwd=cwd,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
