"""What `make run` starts, with and without a display."""

from __future__ import annotations

import pytest

from tests.packaging.conftest import Machine

LESSON = "resources/lessons/S5.bpviz.json"


@pytest.fixture
def set_up(machine: Machine) -> Machine:
    """Return a machine where bpviz is installed, as a command that only notes its calls."""
    machine.add("python", "exit 0", folder=machine.project / ".venv" / "bin")
    setup = machine.project / "packaging" / "setup"
    setup.write_text(f'#!/bin/bash\necho "setup $*" >>{machine.calls_file}\n')
    return machine


def commands(machine: Machine) -> list[str]:
    """Return the calls of bpviz."""
    prefix = "-m bpviz "
    calls = machine.calls("python")
    return [call.removeprefix(prefix) for call in calls if call.startswith(prefix)]


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_display_the_window_opens_on_s5(set_up: Machine, variable: str) -> None:
    set_up.environment = {variable: ":0"}
    assert set_up.run("make_run").returncode == 0
    assert set_up.calls("setup") == ["run"]
    assert commands(set_up) == [LESSON]


@pytest.mark.parametrize(
    ("variable", "why"),
    [("DISPLAY", "The display :7 takes no window: "), ("NOTHING", "No display here: ")],
)
def test_without_one_it_says_so_and_makes_the_demonstration(
    set_up: Machine, variable: str, why: str
) -> None:
    refuses = '[ "$1" = -c ] && { echo "qt.qpa.xcb: could not connect" >&2; exit 134; }; exit 0'
    set_up.add("python", refuses, folder=set_up.project / ".venv" / "bin")
    set_up.environment = {variable: ":7"}
    result = set_up.run("make_run")
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout.splitlines()[0].startswith(why)
    train, trace, export = commands(set_up)
    assert train.startswith(f"train {LESSON} --iterations 200 --save bpviz-demo/S5.bpviz.json")
    assert trace == "trace bpviz-demo/S5.bpviz.json -o bpviz-demo/S5.trace.json"
    assert export.startswith("export bpviz-demo/S5.bpviz.json --diagram ")


def test_a_failure_of_bpviz_is_a_failure_of_make_run(set_up: Machine) -> None:
    set_up.add("python", "exit 3", folder=set_up.project / ".venv" / "bin")
    assert set_up.run("make_run").returncode == 3
