"""How long it takes to open a window, beside a plain window with as many widgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bpviz.app import create_window, start_session
from bpviz.ui.style import apply_theme

KINDS = (QLabel, QToolButton, QLineEdit, QComboBox)
ROW = 8
# As measured 0.7: most panels wait until they are seen. With all built at once it was 1.5.
MOST = 1.1


class Stopwatch:
    """Seconds of this process."""

    seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        start = process_time()
        yield
        self.seconds = process_time() - start


def plain_window(count: int) -> QMainWindow:
    """Return a window of `count` widgets in rows."""
    window = QMainWindow()
    middle = QWidget()
    column = QVBoxLayout(middle)
    window.setCentralWidget(middle)
    for start in range(0, count, ROW):
        line = QWidget()
        row = QHBoxLayout(line)
        column.addWidget(line)
        for place in range(start, min(start + ROW, count)):
            row.addWidget(KINDS[place % len(KINDS)]())
    return window


def show(window: QMainWindow) -> None:
    window.show()
    QApplication.processEvents()


def close(window: QMainWindow) -> None:
    window.hide()
    window.deleteLater()
    QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


@pytest.mark.filterwarnings("ignore")
def test_a_window_opens_in_a_few_times_that_of_a_plain_one(qapp: QApplication) -> None:
    apply_theme(qapp, "dark")
    ours, plain = [], []
    for _ in range(3):
        watch = Stopwatch()
        with watch.running():
            window = create_window(start_session())
            show(window)
        ours.append(watch.seconds)
        count = len(window.findChildren(QWidget))
        window.closeEvent(QCloseEvent())
        close(window)
        with watch.running():
            other = plain_window(count)
            show(other)
        plain.append(watch.seconds)
        close(other)
    ratio = min(ours[1:]) / min(plain[1:])
    assert ratio <= MOST, ratio
