"""Whether the compiled kernel can be had, and the cache on disk that holds its machine code.

Compiling takes half a minute, so it is done once for a machine: by `prepare`, which waits, or by
`warm_up` in a child process. What is compiled lies in the user's cache folder, or in
NUMBA_CACHE_DIR where that is set, so the program itself may stand where nobody can write.

A process uses the compiled kernel from `load` or `prepare` on, and then to its end: whatever
becomes of the cache, what it replays keeps its bits. numba is not imported before.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal, TypeAlias

import platformdirs

from bpviz.model.files import atomic_write

try:
    import fcntl
except ImportError:  # not on Windows: there nobody waits for another process
    fcntl = None  # type: ignore[assignment]

NumbaState: TypeAlias = Literal["absent", "cold", "compiling", "ready"]

# Files in the cache folder: there is code; numba can't compile it, and why; who compiles.
READY, FAILED, LOCK = "ready", "failed", "lock"
# What the machine code is made of, besides numba.
SOURCES: Final = ("numba_*.py", "functions.py", "kernels.py")
# Code that no program has loaded for so long is of a version that is gone.
UNUSED_SECONDS: Final = 60 * 24 * 3600.0
# Tells the module that its standard input is a lifeline.
CHILD: Final = "--child"
CPU_LINES: Final = ("model name", "flags", "Features", "CPU part")


def state() -> NumbaState:
    """Return whether the compiled kernel can be had.

    "absent": there is no numba, or it can't be used; "cold": nothing is compiled yet; "compiling":
    some process is at it; "ready": its code is in the cache.
    """
    if not _is_installed():
        return "absent"
    folder = cache_folder()
    if (folder / READY).exists():
        return "ready"
    if (folder / FAILED).exists() or not _is_writable(folder):
        return "absent"
    return "compiling" if _is_locked(folder / LOCK) else "cold"


def is_ready() -> bool:
    """Whether the compiled kernel can be used without compiling first."""
    return state() == "ready"


def is_loaded() -> bool:
    """Whether this process has the compiled kernel, and uses it where it is the faster one."""
    kernel = sys.modules.get("bpviz.engine.numba_kernel")
    return kernel is not None and kernel.driver.cache_info().currsize > 0


def cache_folder() -> Path:
    """Return the folder for the machine code of this program, numba, Python and processor."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    root = Path(given) if given else platformdirs.user_cache_path("bpviz") / "numba"
    return root / f"bpviz-{_fingerprint()}"


@cache
def _is_installed() -> bool:
    return importlib.util.find_spec("numba") is not None


@cache
def _fingerprint() -> str:
    digest = hashlib.sha256()
    for part in (sys.version, _version("numba"), _version("llvmlite"), _version("numpy"), _cpu()):
        digest.update(part.encode() + b"\0")
    here = Path(__file__).parent
    for path in sorted(path for pattern in SOURCES for path in here.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _cpu() -> str:
    """Return what the processor can do, for a home folder that several machines share."""
    text = f"{platform.system()} {platform.machine()} {platform.processor()}"
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        text += "".join(sorted({line for line in lines if line.startswith(CPU_LINES)}))
    return text


def _is_writable(folder: Path) -> bool:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


# -- compiling ---------------------------------------------------------------------------------


def prepare() -> NumbaState:
    """Compile into the cache what is missing there, and load it; it may take a minute.

    Waits for another process that is at it. Returns the state: "absent" where it can't be done.
    """
    if state() not in ("cold", "compiling"):
        load()
        return state()
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / LOCK):
            if not (folder / READY).exists():
                _compile(folder)
    except OSError:
        # No room, or no right to write: another time perhaps.
        return "absent"
    load()
    return state()


def _compile(folder: Path) -> None:
    try:
        from bpviz.engine.numba_kernel import driver

        driver()
    except OSError:
        raise
    except Exception as error:
        # A numba that doesn't fit this numpy or this Python; its next version is another folder.
        atomic_write(folder / FAILED, f"{type(error).__name__}: {error}\n".encode())
    else:
        atomic_write(folder / READY, b"")
        _remove_unused(folder)


def _remove_unused(ours: Path) -> None:
    """Remove the code of versions that nobody has used for long."""
    for folder in ours.parent.glob("bpviz-" + "[0-9a-f]" * 16):
        with contextlib.suppress(OSError):
            last_used = (folder / READY).stat().st_mtime
            if folder != ours and time.time() - last_used > UNUSED_SECONDS:
                shutil.rmtree(folder)


def load() -> bool:
    """Bring the cached code, where there is some, into this process; return whether it is there.

    It takes up to a second, so a window calls it in a thread.
    """
    if not is_loaded() and is_ready():
        from bpviz.engine.numba_kernel import driver

        try:
            driver()
        except Exception:
            # The cache is no good: what is compiled next takes its place.
            (cache_folder() / READY).unlink(missing_ok=True)
            return False
        with contextlib.suppress(OSError):
            os.utime(cache_folder() / READY)
    return is_loaded()


class WarmUp:
    """A child process that fills the cache. It ends, at the latest, with the process that began it.

    What it has compiled by then is lost.
    """

    def __init__(self) -> None:
        environment = dict(os.environ)
        above = str(Path(__file__).parents[2])
        environment["PYTHONPATH"] = os.pathsep.join(
            part for part in (above, environment.get("PYTHONPATH")) if part
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bpviz.engine.warm_up", CHILD],
            # Closed when this process ends, however it ends: the child waits for that.
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    @property
    def is_running(self) -> bool:
        """Whether the child is still at it."""
        return self._process.poll() is None

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the child's end; subprocess.TimeoutExpired after `seconds`."""
        self._process.wait(seconds)
        self.stop()

    def stop(self) -> None:
        """End the child; what it has compiled so far is lost."""
        if self.is_running:
            self._process.kill()
        self._process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Close the child's lifeline, as the end of this process does."""
        if self._process.stdin is not None:
            self._process.stdin.close()


def warm_up() -> WarmUp | None:
    """Start to compile in a child process, where there is something to compile; else None.

    Returns at once. Ask `state` from time to time: it becomes "ready", or "absent".
    """
    if state() != "cold":
        return None
    try:
        return WarmUp()
    except OSError:
        return None


# -- one process at a time ---------------------------------------------------------------------


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Wait until no other process holds `path`, and hold it; it is let go when the process dies."""
    if not path.exists():
        atomic_write(path, b"")
    with open(path, "rb") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_locked(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
