"""What holds for every test: own settings, no modal dialogs, nothing left behind, no warnings.

Python warnings are errors and Qt warnings fail the test (see pyproject.toml). A test that expects
a Qt warning announces it: `@pytest.mark.qt_log_ignore("regular expression")`.
"""

from __future__ import annotations

import gc
import itertools
import os
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before Qt is loaded: nothing may appear on the screen of whoever runs the tests.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As the program has it, also where a test loads numpy first.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from PySide6.QtCore import (
    QAbstractAnimation,
    QCoreApplication,
    QEvent,
    QMessageLogContext,
    QObject,
    QProcess,
    QSettings,
    Qt,
    QThread,
    QThreadPool,
    QTimeLine,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import (
    QApplication,
    QColorDialog,
    QDialog,
    QFileDialog,
    QFontDialog,
    QInputDialog,
    QMenu,
    QMessageBox,
    QWidget,
)
from shiboken6 import getCppPointer, isValid

from tests.kernels import (
    compiled_kernel,
    kernel,
    numpy_unless_asked,
    pytest_collection_finish,
    pytest_unconfigure,
)

__all__ = [
    "compiled_kernel",
    "kernel",
    "numpy_unless_asked",
    "pytest_collection_finish",
    "pytest_unconfigure",
]

# Slow machines are no failure, and the same commit gives the same result twice.
settings.register_profile(
    "default", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("default"), max_examples=2000)
settings.load_profile("default")

# Qt keeps one tool-tip window for the whole program.
_KEPT_WINDOWS = {"QTipLabel"}
# How long a menu may stay open in a test.
POPUP_SECONDS = 10.0
_FAILED = pytest.StashKey[bool]()
_QT_LOG_LEVELS = {
    QtMsgType.QtWarningMsg: "warning",
    QtMsgType.QtCriticalMsg: "critical",
    QtMsgType.QtFatalMsg: "fatal",
}


# --- settings ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Home folders, a fresh one for each test; the cache folder is shared, for its fonts."""
    root = tmp_path_factory.mktemp("homes")
    numbers = itertools.count(1)

    def fresh() -> Iterator[Path]:
        while True:
            home = root / str(next(numbers))
            home.mkdir()
            yield home

    return fresh()


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, _homes: Iterator[Path]) -> None:
    """Point settings, data and recovery files of this test at an empty folder."""
    home = next(_homes)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home.parent / "cache"))
    for variable, folder in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
    ):
        monkeypatch.setenv(variable, str(home / folder))
    for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
            QSettings.setPath(form, scope, str(home / scope.name))


# --- modal dialogs ----------------------------------------------------------------------------

# What can't be replaced, the exec of a menu at hand and what Qt opens by itself, is closed by
# `Watch` before long.
_MODAL = (
    (QDialog, ("exec",)),
    (QMenu, ("exec",)),
    (QDrag, ("exec",)),
    (QMessageBox, ("exec", "about", "aboutQt", "critical", "information", "question", "warning")),
    (
        QFileDialog,
        (
            "exec",
            "getExistingDirectory",
            "getExistingDirectoryUrl",
            "getOpenFileName",
            "getOpenFileNames",
            "getOpenFileUrl",
            "getOpenFileUrls",
            "getSaveFileName",
            "getSaveFileUrl",
        ),
    ),
    (QInputDialog, ("exec", "getDouble", "getInt", "getItem", "getMultiLineText", "getText")),
    (QColorDialog, ("exec", "getColor")),
    (QFontDialog, ("exec", "getFont")),
)


@pytest.fixture(autouse=True, scope="session")
def _no_modal_dialogs() -> Iterator[None]:
    """Fail at once where a test would wait for ever: a modal dialog, menu or drag.

    A test that needs the answer of one replaces that function with monkeypatch.
    """

    def forbid(owner: type, name: str) -> Callable[..., object]:
        def forbidden(*_args: object, **_kwargs: object) -> object:
            raise AssertionError(f"{owner.__name__}.{name} would wait for a person")

        return forbidden

    with pytest.MonkeyPatch.context() as patch:
        for owner, names in _MODAL:
            for name in names:
                if name in vars(owner):
                    patch.setattr(owner, name, forbid(owner, name))
        yield


# --- leftovers --------------------------------------------------------------------------------


class Watch:
    """Remembers, weakly, all that was started, and tells what of it still runs."""

    def __init__(self) -> None:
        self._started: list[tuple[weakref.ref[Any], Callable[[Any], bool]]] = []
        self._shots: list[tuple[float, weakref.ref[QObject] | None, str]] = []
        self._windows: set[int] = set()
        self._threads: set[threading.Thread] = set()
        self.waited: list[str] = []
        self._guard: QTimer | None = None
        self._popup_since = 0.0

    def start_guard(self) -> None:
        """Look after modal windows that wait for a person; an application must be there."""
        if self._guard is None:
            self._guard = QTimer(interval=200)
            self._guard.timeout.connect(self._end_waiting)
            self._guard.start()

    def _end_waiting(self) -> None:
        now = time.monotonic()
        popup = QApplication.activePopupWidget()
        self._popup_since = self._popup_since or now if popup else 0.0
        modal = QApplication.activeModalWidget()
        # exec() makes a dialog modal to the application, open() to its window only.
        if modal and modal.windowModality() == Qt.WindowModality.ApplicationModal:
            self.waited.append(repr(modal))
            modal.close()
        elif popup and now - self._popup_since > POPUP_SECONDS:
            self.waited.append(repr(popup))
            popup.close()

    def begin(self) -> None:
        """Take what is there now for what may stay."""
        self.waited.clear()
        self._started.clear()
        self._shots.clear()
        self._windows = {_address(widget) for widget in QApplication.topLevelWidgets()}
        self._threads = set(threading.enumerate())

    def watch(self, patch: pytest.MonkeyPatch, owner: type, runs: Callable[[Any], bool]) -> None:
        """Remember every object whose `start` is called; `runs` tells whether it still does."""
        original = owner.start  # type: ignore[attr-defined]

        def start(this: Any, *args: Any, **kwargs: Any) -> Any:
            self._started.append((weakref.ref(this), runs))
            return original(this, *args, **kwargs)

        patch.setattr(owner, "start", start)

    def watch_single_shots(self, patch: pytest.MonkeyPatch) -> None:
        """Remember when each single shot is due and whose it is."""
        original = QTimer.singleShot

        def single_shot(milliseconds: int, *args: Any) -> None:
            receivers = [*args, getattr(args[-1], "__self__", None)]
            receiver = next((each for each in receivers if isinstance(each, QObject)), None)
            owner = None if receiver is None else weakref.ref(receiver)
            self._shots.append((time.monotonic() + milliseconds / 1000, owner, repr(args[-1])))
            original(milliseconds, *args)

        patch.setattr(QTimer, "singleShot", staticmethod(single_shot))

    def leftovers(self) -> list[str]:
        """Return a line for each thing that should have ended and has not."""
        found = [
            f"runs: {thing!r}"
            for thing, runs in ((reference(), runs) for reference, runs in self._started)
            if thing is not None and isValid(thing) and runs(thing)
        ]
        found += [
            f"single shot to come: {name}"
            for due, receiver, name in self._shots
            if due > time.monotonic() and (receiver is None or _alive(receiver()))
        ]
        found += [f"window: {widget!r}" for widget in self.windows()]
        found += [f"thread: {each!r}" for each in self._fresh_threads()]
        if QThreadPool.globalInstance().activeThreadCount():
            found.append("a task of the global thread pool")
        return found

    def windows(self) -> list[QWidget]:
        """Return the top-level widgets that were not there at the beginning."""
        return [
            widget
            for widget in QApplication.topLevelWidgets()
            if _address(widget) not in self._windows
            and widget.metaObject().className() not in _KEPT_WINDOWS
        ]

    def _fresh_threads(self) -> set[threading.Thread]:
        return {
            thread
            for thread in set(threading.enumerate()) - self._threads
            # What Qt's own threads look like when they have called Python once.
            if not isinstance(thread, threading._DummyThread)
        }


def _address(widget: QWidget) -> int:
    # Not id(): Python's side of a widget that Qt owns comes and goes.
    return int(getCppPointer(widget)[0])


def _alive(thing: QObject | None) -> bool:
    return thing is not None and isValid(thing)


@pytest.fixture(autouse=True, scope="session")
def _watch() -> Iterator[Watch]:
    watch = Watch()
    with pytest.MonkeyPatch.context() as patch:
        watch.watch(patch, QTimer, lambda timer: bool(timer.isActive()))
        watch.watch(patch, QThread, lambda thread: bool(thread.isRunning()))
        running = QAbstractAnimation.State.Running
        watch.watch(patch, QAbstractAnimation, lambda each: bool(each.state() == running))
        moving = QTimeLine.State.Running
        watch.watch(patch, QTimeLine, lambda each: bool(each.state() == moving))
        idle = QProcess.ProcessState.NotRunning
        watch.watch(patch, QProcess, lambda each: bool(each.state() != idle))
        watch.watch_single_shots(patch)
        yield watch


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest, _watch: Watch) -> Iterator[None]:
    """Fail a test that leaves a timer, animation, thread, process or window behind."""
    if "qapp" in request.fixturenames:
        request.getfixturevalue("qapp")
        _watch.start_guard()
    _watch.begin()
    yield
    _delete_what_is_due()
    left = _watch.leftovers()
    if left:  # perhaps only held by a cycle of references
        gc.collect()
        _delete_what_is_due()
        left = _watch.leftovers()
    for widget in _watch.windows():  # the next test starts clean
        widget.close()
        widget.deleteLater()
    _delete_what_is_due()
    if _watch.waited:
        pytest.fail("waited for a person: " + ", ".join(_watch.waited), pytrace=False)
    # The traceback of a failed test keeps all of its objects alive.
    if left and not request.node.stash.get(_FAILED, False):
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)


def _delete_what_is_due() -> None:
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note a failure for `_nothing_left_behind`."""
    report = yield
    if call.when in ("setup", "call") and call.excinfo is not None:
        item.stash[_FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Fail on Qt warnings while a test is torn down; pytest-qt watches only until then."""
    allowed = list(item.config.getini("qt_log_ignore"))
    mark = item.get_closest_marker("qt_log_ignore")
    allowed += mark.args if mark else ()
    said: list[str] = []

    def on_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind in _QT_LOG_LEVELS and not any(re.search(each, text) for each in allowed):
            said.append(f"{_QT_LOG_LEVELS[kind]}: {text}")

    previous = qInstallMessageHandler(on_message)
    try:
        result = yield
    finally:
        qInstallMessageHandler(previous)
    if said:
        pytest.fail("Qt said while the test was torn down:\n  " + "\n  ".join(said), pytrace=False)
    return result
