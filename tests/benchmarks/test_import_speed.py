"""Import of the largest table there may be: time and memory, as the command line does it."""

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
start = time.perf_counter()
data = import_csv(sys.argv[1], ["c19"], scaling="standard", test_fraction=0.2)
taken = time.perf_counter() - start
unit = 1024 if sys.platform == "linux" else 1024 * 1024
print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="measures with the resource module")
def test_import_of_100_000_rows(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    table = tmp_path / "large.csv"
    header = ",".join(f"c{column}" for column in range(COLUMNS))
    values = np.random.default_rng(1).normal(size=(ROWS, COLUMNS))
    np.savetxt(table, values, fmt="%.6f", delimiter=",", header=header, comments="")
    measured = []

    def measure() -> None:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(table)],
            capture_output=True, text=True, env=environment(), check=True,
        )  # fmt: skip
        measured.append([float(number) for number in done.stdout.split()])

    benchmark.pedantic(measure, rounds=3)  # type: ignore[no-untyped-call]
    seconds, memory = (min(numbers) for numbers in zip(*measured, strict=True))
    print(  # noqa: T201
        f"\nimport of {ROWS:,} x {COLUMNS}, scaled: {seconds:.2f} s (at most {SECONDS:g}), "
        f"{memory:.0f} MB at most (of {MEGABYTES:g})"
    )
    assert seconds <= SECONDS
    assert memory <= MEGABYTES
