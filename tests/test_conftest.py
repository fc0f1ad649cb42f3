"""The rules of conftest.py hold: each of these short tests must fail, and for its own reason."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SINNERS = {
    "timer": ("left behind", "timer = QTimer(); KEPT.append(timer); timer.start(50_000)"),
    "single_shot": ("single shot to come", "QTimer.singleShot(50_000, divide)"),
    "animation": (
        "left behind",
        "move = QVariantAnimation(startValue=0.0, endValue=1.0, duration=50_000);"
        " KEPT.append(move); move.start()",
    ),
    "window": (
        "left behind",
        "second = QWidget(); second.show(); KEPT.append(second)",
    ),
    "thread": (
        "left behind",
        "threading.Thread(target=time.sleep, args=(3,), daemon=True).start()",
    ),
    "modal_dialog": ("would wait for a person", "QDialog(window).exec()"),
    "modal_question": ("would wait for a person", "QMessageBox.question(window, 'a', 'b')"),
    "file_dialog": ("would wait for a person", "QFileDialog.getOpenFileName(window)"),
    # Qt itself asks: there is no such file.
    "modal_in_qt": (
        "waited for a person",
        "dialog = QFileDialog(window, options=QFileDialog.Option.DontUseNativeDialog);"
        " dialog.setFileMode(QFileDialog.FileMode.ExistingFile); dialog.open();"
        " dialog.findChild(QLineEdit, 'fileNameEdit').setText('/missing/x'); dialog.accept();"
        " dialog.close()",
    ),
    "menu": ("would wait for a person", "QMenu.exec([], window.pos())"),
    "qt_warning": ("Qt messages with level WARNING", "qWarning('careful')"),
    "late_qt_warning": (
        "while the test was torn down",
        "request.addfinalizer(warn)",
    ),
    "python_warning": ("DeprecationWarning", "warnings.warn('old', DeprecationWarning)"),
    "slot": ("Exceptions caught in Qt event loop", "QTimer.singleShot(0, divide); qtbot.wait(1)"),
}
SAINTS = {
    "plain": "window.show()",
    "open": "dialog = QDialog(window); dialog.open(); qtbot.wait(500)",
    "stopped_timer": "timer = QTimer(window); timer.start(50_000); timer.stop()",
    "fired": "QTimer.singleShot(0, window, window.update)",
    "excused": "qWarning('QWindowsWindow::propagateSizeHints()')",
    "plot": "import pyqtgraph; window.plot = pyqtgraph.PlotWidget(window); window.show()",
    "settings": "QSettings('bpviz', 'bpviz').setValue('seen', 1)",
    "settings_again": "assert QSettings('bpviz', 'bpviz').value('seen') is None",
}
HEAD = """
import threading, time, warnings
from PySide6.QtCore import QSettings, QTimer, QVariantAnimation, qWarning
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QMenu, QMessageBox, QWidget

KEPT = []

def divide():
    1 / 0

def warn():
    qWarning("too late")
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of the sinners and saints under the project's own rules."""
    folder = tmp_path_factory.mktemp("rules")
    shutil.copy(TESTS / "conftest.py", folder)
    shutil.copy(TESTS.parent / "pyproject.toml", folder)
    texts = {name: text for name, (_, text) in SINNERS.items()} | SAINTS
    opening = "    window = QWidget(); qtbot.addWidget(window)"
    bodies = (
        f"def test_{name}(qtbot, request):\n{opening}\n    {text}\n" for name, text in texts.items()
    )
    (folder / "test_rules.py").write_text("\n".join([HEAD, *bodies]))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_rules.py"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    ).stdout


@pytest.mark.parametrize("name", SINNERS)
def test_a_broken_rule_fails_the_test(report: str, name: str) -> None:
    reason, _ = SINNERS[name]
    section = re.search(
        rf"^_+ (?:ERROR at \w+ of )?test_{name} _+$(.*?)^(?:_{(5,)}|=+) ", report, re.M | re.S
    )
    assert section, report
    assert reason in section.group(1)


def test_what_keeps_the_rules_passes(report: str) -> None:
    assert not re.findall(rf"^(?:FAILED|ERROR) \S+::test_(?:{'|'.join(SAINTS)})\b.*$", report, re.M)
    assert re.search(r"\b\d+ passed", report), report


def test_rules_are_set_for_every_run() -> None:
    options = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["tool"]["pytest"]
    ini = options["ini_options"]
    assert ini["filterwarnings"][0] == "error"
    assert ini["qt_log_level_fail"] == "WARNING"
    assert ini["qt_log_ignore"] == ["propagateSizeHints"]
    assert "--strict-markers" in ini["addopts"]
    assert ini["xfail_strict"] is True
