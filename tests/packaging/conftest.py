"""A machine made of a few commands, to see what the set-up scripts do on other machines."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What the scripts may count on everywhere.
ORDINARY = (
    *("basename", "bash", "cat", "cksum", "cut", "dirname", "env", "grep", "head", "ls", "mkdir"),
    *("mktemp", "rm", "sed", "tail", "chmod"),
)


class Machine:
    """A folder of commands, and a copy of the set-up scripts that sees no others."""

    def __init__(self, folder: Path) -> None:
        self.commands = folder / "bin"
        self.project = folder / "project"
        self.calls_file = folder / "calls"
        self.environment: dict[str, str] = {}
        self.commands.mkdir(parents=True)
        shutil.copytree(ROOT / "packaging", self.project / "packaging")
        shutil.copy(ROOT / "pyproject.toml", self.project)
        for name in ORDINARY:
            found = shutil.which(name)
            assert found, name
            (self.commands / name).symlink_to(found)
        self.add("uname", "echo Linux")
        self.add("id", "echo 1000")

    def add(self, name: str, script: str = "", *, folder: Path | None = None) -> None:
        """Add the command `name`, which notes how it is called, then does `script`."""
        target = (folder or self.commands) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(f'#!/bin/bash\necho "{name} $*" >>{self.calls_file}\n{script}\n')
        target.chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the project's packaging folder."""
        self.calls_file.write_text("")
        script, *arguments = command
        return subprocess.run(
            [str(self.project / "packaging" / script), *arguments],
            cwd=self.project,
            env={"PATH": str(self.commands), "HOME": os.environ["HOME"], **self.environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call of the command `name` in the last run."""
        lines = self.calls_file.read_text().splitlines()
        return [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a Linux machine with hardly anything on it, used by nobody in particular."""
    return Machine(tmp_path)
