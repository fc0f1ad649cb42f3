"""Import of the largest table there may be: time and memory, without a window and with one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.e2e.command_line import environment

ROWS, COLUMNS = 100_000, 20
SECONDS, MEGABYTES = 3.0, 400.0

SCRIPT = """
import resource, sys, time
from bpviz.engine.csv_import import import_csv
start, own = time.perf_counter(), time.process_time()
data = import_csv(sys.argv[1], ["c19"], scaling="standard", test_fraction=0.2)
taken = time.perf_counter() - start, time.process_time() - own
unit = 1024 if sys.platform == "linux" else 1024 * 1024
print(*taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""

# The dialog's own work: read, choose, convert; what the person does between is left out.
IN_A_WINDOW = """
import resource, sys, time
from pathlib import Path
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QProgressBar
from bpviz.app import create_window
from bpviz.ui.panels.form import Choice
from bpviz.ui.panels.import_dialog import ImportDialog
app = QApplication([])
window = create_window()
window.show()
app.processEvents()
start, own, shares, rows = time.perf_counter(), time.process_time(), set(), []
dialog = ImportDialog(Path(sys.argv[1]), window)
dialog.chosen.connect(rows.append)
dialog.open()
bar = dialog.findChild(QProgressBar)
def work(done):
    while not done():
        app.processEvents()
        shares.add(bar.value())
        time.sleep(0.002)
work(bar.isHidden)
dialog.findChild(Choice, "import.scaling").set_key("standard")
dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok).click()
work(lambda: bool(rows))
taken = time.perf_counter() - start, time.process_time() - own
assert len(rows[0].inputs) == 100_000 and rows[0].scaling, rows[0].scaling
unit = 1024 if sys.platform == "linux" else 1024 * 1024
print(*taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, len(shares))
"""


@pytest.mark.parametrize("script", [SCRIPT, IN_A_WINDOW], ids=["command", "window"])
@pytest.mark.skipif(sys.platform == "win32", reason="measures with the resource module")
def test_import_of_100_000_rows(
    benchmark: BenchmarkFixture, tmp_path: Path, script: str, request: pytest.FixtureRequest
) -> None:
    table = tmp_path / "large.csv"
    header = ",".join(f"c{column}" for column in range(COLUMNS))
    values = np.random.default_rng(1).normal(size=(ROWS, COLUMNS))
    np.savetxt(table, values, fmt="%.6f", delimiter=",", header=header, comments="")
    measured = []

    def measure() -> None:
        done = subprocess.run(
            [sys.executable, "-c", script, str(table)],
            capture_output=True, text=True, check=True,
            env={**environment(), "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        measured.append([float(number) for number in done.stdout.split()])

    benchmark.pedantic(measure, rounds=3)  # type: ignore[no-untyped-call]
    seconds, own, memory, *shares = (min(numbers) for numbers in zip(*measured, strict=True))
    where = request.node.callspec.id
    print(  # noqa: T201
        f"\n{where}: import of {ROWS:,} x {COLUMNS}, scaled: {seconds:.2f} s, of which {own:.2f} s "
        f"its own (at most {SECONDS:g}), {memory:.0f} MB at most (of {MEGABYTES:g})"
    )
    # The process's own time: other programs on the machine count less.
    assert own <= SECONDS
    assert memory <= MEGABYTES
    # With a window the bar moves on while the work goes on.
    assert all(count >= 10 for count in shares)
