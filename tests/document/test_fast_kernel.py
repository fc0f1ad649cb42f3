"""The window's side of the compiled kernel: it never waits, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bpviz.document.document import Document
from bpviz.document.fast_kernel import FastKernel
from bpviz.document.player import Player
from bpviz.engine import numba_setup
from bpviz.engine.numba_setup import NumbaState
from bpviz.model.history import Train
from tests.document.examples import xor_session


class Child:
    """A child process that compiles for as long as a test wants it to."""

    def __init__(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bpviz.document.fast_kernel.FIRST_LOOK", 1)
    monkeypatch.setattr("bpviz.document.fast_kernel.EVERY_LOOK", 5)


def test_it_is_made_then_loaded_and_the_run_goes_on_in_an_entry_of_its_own(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, compiled_kernel: None
) -> None:
    child = Child()
    children = [child]
    state: list[NumbaState] = ["cold"]
    loaded = [False]

    def load() -> bool:
        loaded[0] = True
        return True

    monkeypatch.setattr(numba_setup, "state", lambda: state[0])
    monkeypatch.setattr(numba_setup, "warm_up", children.pop)
    monkeypatch.setattr(numba_setup, "load", load)
    monkeypatch.setattr(numba_setup, "is_loaded", lambda: loaded[0])
    document = Document(xor_session())
    player = Player(document)
    fast = FastKernel()
    fast.arrived.connect(player.on_kernel_arrived)
    player.run()
    fast.start()
    qtbot.waitUntil(lambda: not children and player.iteration > 50)
    state[0] = "compiling"
    before = player.iteration
    qtbot.waitUntil(lambda: player.iteration > before + 50)
    with qtbot.waitSignal(fast.arrived):
        state[0] = "ready"
    before = player.iteration
    qtbot.waitUntil(lambda: player.iteration > before + 50)
    player.pause()
    assert not child.is_running
    made = [s.entry for s in document.timeline.line.segments]
    assert [entry.kernel for entry in made if isinstance(entry, Train)] == ["numpy", "numba"]
    fast.stop()


def test_the_child_ends_with_the_window(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    child = Child()
    monkeypatch.setattr(numba_setup, "state", lambda: "cold")
    monkeypatch.setattr(numba_setup, "warm_up", lambda: child)
    fast = FastKernel()
    asked: list[bool] = []
    fast.arrived.connect(lambda: asked.append(True))
    fast.start()
    qtbot.wait(30)
    assert child.is_running
    fast.stop()
    assert not child.is_running
    assert not asked


def test_without_numba_nothing_is_started(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    looks: list[int] = []

    def state() -> NumbaState:
        looks.append(1)
        return "absent"

    monkeypatch.setattr(numba_setup, "state", state)
    monkeypatch.setattr(numba_setup, "warm_up", lambda: pytest.fail("nothing to compile with"))
    fast = FastKernel()
    fast.start()
    qtbot.wait(40)
    assert looks == [1]
    fast.stop()


def test_a_child_that_fails_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    begun: list[Child] = []

    def warm_up() -> Child:
        begun.append(Child())
        return begun[-1]

    monkeypatch.setattr(numba_setup, "state", lambda: "cold")
    monkeypatch.setattr(numba_setup, "warm_up", warm_up)
    fast = FastKernel()
    fast.start()
    qtbot.waitUntil(lambda: bool(begun))
    begun[0].stop()
    qtbot.wait(40)
    assert len(begun) == 1
    fast.stop()


def test_a_running_child_is_ended_by_its_lifeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    child = numba_setup.warm_up()
    assert child is not None
    assert child.is_running
    child.let_go()
    child.wait(30)
    assert not child.is_running
    assert not numba_setup.is_ready()
