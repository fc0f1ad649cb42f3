"""A small card over the window while a file is written or read: how far it is, and a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from bpviz.document.slices import SLICE, Slices, Work, time_over
from bpviz.ui.panels.progress_row import ProgressRow

WIDTH = 420
TOP = 110
# What takes no longer than this, in seconds, is done without showing anything; so long is the
# disk waited for where only it is still at work.
AT_ONCE = 0.05
DISK = 0.25
# Milliseconds between two looks at what was given up.
REST = 20


class FileWork(Work, Protocol):
    """Work on a file, in slices and beside the window."""

    @property
    def waits(self) -> bool:
        """Whether all that is left is done by the disk."""

    def cancel(self) -> None:
        """Give it up: no file is changed by it."""


class FileBar(QFrame):
    """Does one piece of work on a file at a time; what begins takes the place of what was on."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self._work: FileWork | None = None
        self._then: list[Callable[[], object]] = []
        self._slices = Slices(self)
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        self._row = ProgressRow(
            QHBoxLayout(self), "file", "How much of the file is done",
            "Give it up; no file is changed (Esc)",
        )  # fmt: skip
        self.bar, self.cancel_button = self._row.bar, self._row.cancel
        self.cancel_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._slices.advanced.connect(self._on_advanced)
        self._slices.ended.connect(self._on_ended)
        self.cancel_button.clicked.connect(self.cancel)
        self._escape.activated.connect(self.cancel)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether there is work under way."""
        return self._work is not None

    def begin(self, words: str, work: FileWork, then: Callable[[], None]) -> None:
        """Do `work`, at once where it is short, and call `then`."""
        self.cancel()
        self._work, self._then = work, [then]
        work.work(time_over(AT_ONCE))
        if work.waits:
            work.work(time_over(DISK))
        if work.ended:
            self._on_ended()
            return
        self.bar.setFormat(f"{words}… %p %")
        self._escape.setEnabled(True)
        self._on_advanced()
        self.setFixedWidth(min(WIDTH, self._window.width()))
        self.adjustSize()
        self.move(QPoint((self._window.width() - self.width()) // 2, TOP))
        self.show()
        self.raise_()
        self._slices.begin(work, SLICE)

    def when_idle(self, then: Callable[[], object]) -> None:
        """Call `then` once what is under way has ended; now, where there is nothing."""
        if self.busy:
            self._then.append(then)
        else:
            then()

    def cancel(self) -> None:
        """Give up what is under way: what would have come after it does not."""
        work, self._then = self._work, []
        self._leave()
        if work is None:
            return
        work.cancel()
        if not work.ended:
            self._see_out(work)

    def _see_out(self, work: FileWork) -> None:
        """Stay with a thread that can't be stopped until it has ended by itself."""
        left = Slices(self, rest=REST)
        left.ended.connect(work.cancel)
        left.ended.connect(left.deleteLater)
        left.begin(work, 0.0)

    def under_way(self) -> list[Slices]:
        """Return what does the work, and what sees out what was given up."""
        return self.findChildren(Slices)

    def _leave(self) -> None:
        self._slices.cancel()
        self._work = None
        self._escape.setEnabled(False)
        self.hide()

    def _on_advanced(self) -> None:
        if self._work is not None:
            self._row.show_share(self._work.share)

    def _on_ended(self) -> None:
        then, self._then = self._then, []
        self._leave()
        for each in then:
            each()
