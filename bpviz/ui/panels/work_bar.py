"""A bar that does work in slices, shows how much is done, and gives it up on request."""

from __future__ import annotations

from time import thread_time
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from bpviz.document.slices import SLICE, Slices, Work
from bpviz.ui.panels.progress_row import ProgressRow

# What takes no longer than this, in seconds of work, is done at once.
AT_ONCE: Final = 0.08


class WorkBar(QWidget):
    """Seen only while there is work; `ended` carries the work that is done, `cancelled` nothing."""

    ended = Signal(object)
    cancelled = Signal()

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._work: Work | None = None
        self._slices = Slices(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        self._row = ProgressRow(layout, "work", "How much is done", "Give it up")
        self.bar, self.cancel = self._row.bar, self._row.cancel
        self.bar.setFormat(words)
        self._slices.advanced.connect(self._on_advanced)
        self._slices.ended.connect(self._on_ended)
        self.cancel.clicked.connect(self._on_cancelled)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether there is work under way."""
        return self._slices.busy

    def begin(self, work: Work) -> bool:
        """Do `work`, at once where it is short; return whether it is done."""
        self.stop()
        end = thread_time() + AT_ONCE
        work.work(lambda: thread_time() >= end)
        if work.ended:
            self.ended.emit(work)
            return True
        self._work = work
        self._row.show_share(work.share)
        self.show()
        self._slices.begin(work, SLICE)
        return False

    def stop(self) -> None:
        """Give up what is under way, without a word."""
        self._slices.cancel()
        self._work = None
        self.hide()

    def _on_advanced(self) -> None:
        self._row.show_share(self._slices.share)

    def _on_ended(self) -> None:
        work = self._work
        self.stop()
        self.ended.emit(work)

    def _on_cancelled(self) -> None:
        self.stop()
        self.cancelled.emit()
