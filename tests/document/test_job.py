"""A job keeps Python's collector out of its thread, and others' jobs keep it out of theirs."""

from __future__ import annotations

import gc
import threading

import pytest

from bpviz.document import job
from bpviz.document.job import Job
from bpviz.engine.csv_cells import Progress


def waiting(until: threading.Event) -> Job[str]:
    """Return a started job that ends with "done" once `until` is set, or when it is cancelled."""

    def work(progress: Progress) -> str:
        while not until.wait(0.001) and progress(0.5):
            pass
        return "done"

    made = Job(work)
    made.start()
    return made


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_of_two_jobs_lets_the_collector_in_again(first: int) -> None:
    gates = (threading.Event(), threading.Event())
    jobs = [waiting(gate) for gate in gates]
    assert not gc.isenabled()
    gates[first].set()
    assert jobs[first].result() == "done"
    assert not gc.isenabled(), "the other one is at work"
    gates[1 - first].set()
    assert jobs[1 - first].result() == "done"
    assert gc.isenabled()


def test_a_job_that_does_not_hear_keeps_the_collector_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs: the job is given up, its thread goes on."""
    monkeypatch.setattr(job, "PATIENCE", 0.01)
    gate = threading.Event()
    deaf: Job[bool] = Job(lambda progress: gate.wait(10.0))
    deaf.start()
    deaf.cancel()
    assert not deaf.done
    assert not gc.isenabled()
    gate.set()
    deaf.wait(10.0)
    assert waiting(gate).result() == "done"
    assert gc.isenabled()


def test_what_a_job_raises_comes_with_its_result() -> None:
    def work(progress: Progress) -> None:
        raise OSError("no space left")

    failing = Job(work)
    failing.start()
    with pytest.raises(OSError, match="no space left"):
        failing.result()
    assert gc.isenabled()
