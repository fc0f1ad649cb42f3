"""Where the compiled kernel's code is kept, who compiles it, and what is said meanwhile."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from bpviz.engine import numba_setup, warm_up

IS_LOADED = numba_setup.is_loaded
fcntl = pytest.importorskip("fcntl", reason="no file locks here")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(numba_setup, "_is_installed", lambda: True)
    monkeypatch.setattr(numba_setup, "is_loaded", IS_LOADED)


def compiler(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> list[str]:
    """Put a stand-in for the compiler in place; return the calls it gets."""
    module = ModuleType("bpviz.engine.numba_kernel")
    calls: list[str] = []

    @cache
    def driver() -> None:
        calls.append(numba_setup.state())
        if error is not None:
            raise error

    module.driver = driver  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bpviz.engine.numba_kernel", module)
    return calls


def test_without_numba_it_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba_setup, "_is_installed", lambda: False)
    assert numba_setup.state() == numba_setup.prepare() == "absent"
    assert numba_setup.warm_up() is None
    assert not numba_setup.is_ready()


def test_it_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = compiler(monkeypatch)
    assert numba_setup.state() == "cold"
    assert numba_setup.prepare() == "ready"
    assert calls == ["compiling"]
    assert numba_setup.prepare() == numba_setup.state() == "ready"
    assert numba_setup.is_ready()
    assert len(calls) == 1
    assert numba_setup.warm_up() is None
    assert numba_setup.load()
    assert len(calls) == 1


def test_a_numba_that_cannot_compile_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = compiler(monkeypatch, ImportError("Numba needs NumPy 9.9 or less"))
    assert numba_setup.prepare() == numba_setup.prepare() == "absent"
    assert len(calls) == 1
    reason = (numba_setup.cache_folder() / numba_setup.FAILED).read_text()
    assert reason == "ImportError: Numba needs NumPy 9.9 or less\n"


def test_a_full_disk_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(monkeypatch, OSError(28, "No space left on device"))
    assert numba_setup.prepare() == "absent"
    assert numba_setup.state() == "cold"


def test_a_folder_that_cannot_be_made_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    calls = compiler(monkeypatch)
    assert numba_setup.prepare() == "absent"
    assert calls == []


def test_another_process_at_work_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(monkeypatch)
    folder = numba_setup.cache_folder()
    folder.mkdir(parents=True)
    lock = folder / numba_setup.LOCK
    lock.write_bytes(b"")
    assert numba_setup.state() == "cold"
    with open(lock, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert numba_setup.state() == "compiling"
        assert numba_setup.warm_up() is None
    assert numba_setup.state() == "cold"


def test_every_source_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = numba_setup.cache_folder()
    numba_setup._fingerprint.cache_clear()
    assert numba_setup.cache_folder() == folder
    numba_setup._fingerprint.cache_clear()
    monkeypatch.setattr(numba_setup, "_version", lambda package: f"9.9 of {package}")
    try:
        assert numba_setup.cache_folder() != folder
    finally:
        numba_setup._fingerprint.cache_clear()


def test_the_default_folder_is_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "mine"))
    assert tmp_path / "mine" in numba_setup.cache_folder().parents


def test_a_child_can_be_stopped() -> None:
    child = numba_setup.warm_up()
    assert child is not None
    assert child.is_running
    child.stop()
    assert not child.is_running
    child.stop()


def test_the_module_to_run_says_whether_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(monkeypatch)
    monkeypatch.setattr("os.nice", lambda steps: steps)
    assert warm_up.main() == 0
    compiler(monkeypatch, RuntimeError("no"))
    (numba_setup.cache_folder() / numba_setup.READY).unlink()
    assert warm_up.main() == 1
