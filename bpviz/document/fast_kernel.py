"""The compiled kernel comes while the window is open: made by a child process, never waited for."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QThread, QTimer, Signal

from bpviz.engine import numba_setup
from bpviz.engine.numba_setup import WarmUp

# The window opens and paints first; compiling takes much longer than a look at whether it ended.
FIRST_LOOK: Final = 300
EVERY_LOOK: Final = 1000


class Loader(QThread):
    """Brings the compiled code into this process; most of that runs beside the window's work."""

    def run(self) -> None:
        """Load."""
        numba_setup.load()


class FastKernel(QObject):
    """Has the compiled kernel made where it is missing, loads it, and says when it is there."""

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._child: WarmUp | None = None
        self._loader = Loader(self)
        self._loader.finished.connect(self._on_loaded)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin, soon."""
        self._timer.start(FIRST_LOOK)

    def stop(self) -> None:
        """End whatever is under way."""
        self._timer.stop()
        self._loader.wait()
        self._end_child()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def _look(self) -> None:
        state = numba_setup.state()
        if state == "cold" and self._child is None:
            self._child = numba_setup.warm_up()
        if state == "ready":
            self._end_child()
            self._loader.start()
        elif state == "compiling" or (self._child is not None and self._child.is_running):
            self._timer.start(EVERY_LOOK)

    def _on_loaded(self) -> None:
        if numba_setup.is_loaded():
            self.arrived.emit()
