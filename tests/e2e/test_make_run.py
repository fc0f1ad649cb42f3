"""`make run` for real, but for the installation: with a screen in memory, and without one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bpviz.model.session import load_session
from tests.test_architecture import ROOT

# Runs beside the program on the same screen; prints how many colours the screen shows.
LOOK = """
import sys, time
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
end = time.monotonic() + 40
colours = 0
while colours < 50 and time.monotonic() < end:
    time.sleep(0.2)
    app.processEvents()
    image = app.primaryScreen().grabWindow(0).toImage()
    points = ((x, y) for x in range(0, image.width(), 6) for y in range(0, image.height(), 6))
    colours = len({image.pixel(x, y) for x, y in points})
print(colours)
"""
# make_run starts the program in its own place, so the two share the screen and end together.
BOTH = """
packaging/make_run >run.log 2>&1 & program=$!
"$0" -c "$1"
kill -0 $program && echo running
kill $program
wait $program
cat run.log
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the project that is installed already: as this one is."""
    shutil.copytree(ROOT / "packaging", tmp_path / "packaging")
    (tmp_path / "packaging" / "setup").write_text("#!/bin/bash\n")
    (tmp_path / "resources").symlink_to(ROOT / "resources")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/bash\nPYTHONPATH={ROOT} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return tmp_path


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of somebody who sits at no screen."""
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    return {key: value for key, value in os.environ.items() if key not in hidden} | changes


def test_without_a_display_it_makes_a_demonstration(clone: Path) -> None:
    result = subprocess.run(
        [clone / "packaging" / "make_run"],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("No display here: ")
    demo = clone / "bpviz-demo"
    assert {path.name for path in demo.iterdir()} == {
        "S5.bpviz.json",
        "S5.trace.json",
        "S5-drawing.png",
        "S5-loss.png",
    }
    session = load_session(demo / "S5.bpviz.json")
    assert session.progress.iteration == 200
    assert session.progress.curve.train[-1] < session.progress.curve.train[0]
    assert json.loads((demo / "S5.trace.json").read_text())["iteration"] == 201
    for picture in demo.glob("*.png"):
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) > 10_000


@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="needs xvfb: packaging/apt-test.txt")
def test_with_a_display_a_window_opens(clone: Path) -> None:
    screen = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
    result = subprocess.run(
        [*screen, "bash", "-c", BOTH, sys.executable, LOOK],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    colours, running, *said = result.stdout.splitlines()
    assert int(colours) >= 50, result.stdout + result.stderr
    assert running == "running"
    assert [line for line in said if "Terminated" not in line] == []
