"""Tests with both kernels: the compiled one is made once, while the first tests run."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bpviz.engine import numba_setup
from bpviz.engine.numba_setup import WarmUp

_COMPILING = pytest.StashKey[WarmUp | None]()
_KERNEL_CACHE = pytest.StashKey[Path]()
_IS_LOADED = numba_setup.is_loaded


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile the fast kernel, where tests need it, while the first others run.

    It is kept between test runs: only a change of its sources compiles it anew.
    """
    asked = {"compiled_kernel", "kernel"}
    if session.config.option.collectonly or not any(
        asked & set(getattr(item, "fixturenames", ())) for item in session.items
    ):
        return
    _begin(session.config)


def _begin(config: pytest.Config) -> None:
    cache = getattr(config, "cache", None)
    folder = tempfile.mkdtemp() if cache is None else cache.mkdir("numba")
    config.stash[_KERNEL_CACHE] = Path(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(folder))
        config.stash[_COMPILING] = numba_setup.warm_up()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the compiler, should it still be at work."""
    child = config.stash.get(_COMPILING, None)
    if child is not None:
        child.stop()


@pytest.fixture(autouse=True)
def numpy_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test compute with numpy, whatever others have loaded, unless it asks for both."""
    monkeypatch.setattr(numba_setup, "is_loaded", lambda: False)


@pytest.fixture
def compiled_kernel(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    """Have the compiled kernel at hand; skipped where there is no numba."""
    pytest.importorskip("numba", reason="the compiled kernel needs numba")
    if _COMPILING not in pytestconfig.stash:
        _begin(pytestconfig)
    child = pytestconfig.stash[_COMPILING]
    if child is not None:
        child.wait()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(pytestconfig.stash[_KERNEL_CACHE]))
    monkeypatch.setattr(numba_setup, "is_loaded", _IS_LOADED)
    assert numba_setup.prepare() == "ready"


@pytest.fixture(params=["numpy", "numba"])
def kernel(request: pytest.FixtureRequest) -> str:
    """Run a test with each kernel, which is then the one that is chosen for small networks."""
    if request.param == "numba":
        request.getfixturevalue("compiled_kernel")
    return str(request.param)
